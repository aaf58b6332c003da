#include "schemas/codec/frame_codec.hpp"

#include "base/limits.hpp"
#include "schemas/codec/guarded.hpp"

#include <frames.capnp.h>

namespace vedette::schemas {

namespace {

constexpr std::size_t head_bytes = 2;
constexpr std::size_t source_bytes = 256;
constexpr std::size_t text_bytes = 4096;
/// What a parser that works in wide steps may read behind a record.
constexpr std::size_t parser_padding = 64;

using std::string_view;

std::string finish(frame_type type, capnp::MessageBuilder& message) {
  const char head[head_bytes] = {static_cast<char>(frame_version), static_cast<char>(type)};
  auto out = to_bytes(message, {head, head_bytes});
  VEDETTE_ASSERT(out.size() <= base::limits::frame_bytes);
  return out;
}

struct encoder {
  std::string operator()(const hello_frame& f) const {
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<wire::Hello>();
    out.setSource(as_data(f.source));
    out.setSession(f.session);
    out.setCommittedBelow(f.committed_below);
    out.setSoftware(as_data(f.software));
    return finish(frame_type::hello, message);
  }
  std::string operator()(const batch_frame& f) const {
    VEDETTE_ASSERT(f.records.size() <= base::limits::batch_events);
    std::size_t total = 0;
    for (const auto r : f.records)
      total += r.size() + 16;
    VEDETTE_ASSERT(total <= base::limits::frame_bytes);
    capnp::MallocMessageBuilder message{static_cast<unsigned>(total / sizeof(capnp::word) + 128)};
    auto out = message.initRoot<wire::Batch>();
    out.setSource(as_data(f.source));
    out.setSession(f.session);
    out.setSequence(f.sequence);
    auto records = out.initRecords(static_cast<unsigned>(f.records.size()));
    for (unsigned i = 0; i < f.records.size(); ++i)
      records.set(i, as_data(f.records[i]));
    return finish(frame_type::batch, message);
  }
  std::string operator()(const ack_frame& f) const {
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<wire::Ack>();
    out.setSession(f.session);
    out.setSequence(f.sequence);
    out.setAccepted(f.accepted);
    out.setDuplicate(f.duplicate);
    out.setQuarantined(f.quarantined);
    out.setSkipped(f.skipped);
    out.setPending(f.pending);
    return finish(frame_type::ack, message);
  }
  std::string operator()(const credit_frame& f) const {
    capnp::MallocMessageBuilder message;
    message.initRoot<wire::Credit>().setBatches(f.batches);
    return finish(frame_type::credit, message);
  }
  std::string operator()(const end_frame& f) const {
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<wire::End>();
    out.setSource(as_data(f.source));
    out.setSession(f.session);
    return finish(frame_type::end, message);
  }
  std::string operator()(const error_frame& f) const {
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<wire::Error>();
    out.setCode(static_cast<std::uint8_t>(f.code));
    out.setSequence(f.sequence);
    out.setText(as_data(string_view{f.text}.substr(0, text_bytes)));
    return finish(frame_type::error, message);
  }
};

std::string source_of(capnp::Data::Reader d) {
  if (d.size() == 0 || d.size() > source_bytes)
    refuse(base::ec::malformed,
           "decoding a frame: its source has " + std::to_string(d.size()) + " bytes, not 1..256");
  return text(d);
}

std::string short_text(capnp::Data::Reader d) {
  if (d.size() > text_bytes)
    refuse(base::ec::too_large,
           "decoding a frame: a text of " + std::to_string(d.size()) + " bytes, more than 4096");
  return text(d);
}

hello_frame read(wire::Hello::Reader in) {
  return {source_of(in.getSource()), in.getSession(), in.getCommittedBelow(),
          short_text(in.getSoftware())};
}

batch_frame read(wire::Batch::Reader in) {
  batch_frame f{source_of(in.getSource()), in.getSession(), in.getSequence(), {}, nullptr};
  if (f.sequence == 0)
    refuse(base::ec::malformed, "decoding a BATCH frame: sequence 0; sequences start at 1");
  const auto records = in.getRecords();
  if (records.size() > base::limits::batch_events)
    refuse(base::ec::too_large, "decoding a BATCH frame: " + std::to_string(records.size()) +
                                    " records, more than " +
                                    std::to_string(base::limits::batch_events));
  f.records.reserve(records.size());
  for (const auto r : records)
    f.records.push_back(view(r));
  return f;
}

ack_frame read(wire::Ack::Reader in) {
  return {in.getSession(),     in.getSequence(), in.getAccepted(), in.getDuplicate(),
          in.getQuarantined(), in.getSkipped(),  in.getPending()};
}

credit_frame read(wire::Credit::Reader in) {
  return {in.getBatches()};
}

end_frame read(wire::End::Reader in) {
  return {source_of(in.getSource()), in.getSession()};
}

error_frame read(wire::Error::Reader in) {
  return {enumerator(in.getCode(), base::ec::shutting_down, "an ERROR frame's code"),
          in.getSequence(), short_text(in.getText())};
}

template <class Root>
base::result<frame> body(const char* what, const kj::Array<capnp::word>& words, std::size_t size) {
  std::optional<frame> out;
  if (auto done = guarded<Root>(what, words, size, [&](auto in) { out = read(in); }); !done)
    return done.err();
  return *std::move(out);
}

} // namespace

std::string encode(const frame& f) {
  return std::visit(encoder{}, f);
}

base::result<frame> decode_frame(string_view bytes) {
  if (bytes.size() > base::limits::frame_bytes)
    return base::error{base::ec::too_large,
                       "decoding a frame: " + std::to_string(bytes.size()) + " bytes, more than " +
                           std::to_string(base::limits::frame_bytes) + "; send smaller batches"};
  if (bytes.size() < head_bytes)
    return base::error{base::ec::malformed, "decoding a frame: shorter than its two bytes of head"};
  const auto version = static_cast<std::uint8_t>(bytes[0]);
  const auto type = static_cast<std::uint8_t>(bytes[1]);
  if (version != frame_version)
    return base::error{base::ec::unsupported, "decoding a frame: protocol version " +
                                                  std::to_string(version) +
                                                  ", this build speaks 1; upgrade the older side"};
  const auto content = bytes.substr(head_bytes);
  auto words = aligned(content, parser_padding);
  switch (static_cast<frame_type>(type)) {
  case frame_type::hello:
    return body<wire::Hello>("a HELLO frame", words, content.size());
  case frame_type::batch: {
    auto f = body<wire::Batch>("a BATCH frame", words, content.size());
    if (f) // the views point into `words`, whose storage moves along
      std::get<batch_frame>(*f).memory = std::make_shared<kj::Array<capnp::word>>(kj::mv(words));
    return f;
  }
  case frame_type::ack:
    return body<wire::Ack>("an ACK frame", words, content.size());
  case frame_type::credit:
    return body<wire::Credit>("a CREDIT frame", words, content.size());
  case frame_type::end:
    return body<wire::End>("an END frame", words, content.size());
  case frame_type::error:
    return body<wire::Error>("an ERROR frame", words, content.size());
  }
  return base::error{base::ec::unsupported, "decoding a frame: type " + std::to_string(type) +
                                                " is none that this build knows"};
}

} // namespace vedette::schemas

#include "base/alert.hpp"
#include "base/limits.hpp"
#include "schemas/codec/event_codec.hpp"
#include "schemas/codec/event_columns.hpp"
#include "schemas/codec/guarded.hpp"
#include "schemas/codec/guid.hpp"

#include <events.capnp.h>

#include <algorithm>
#include <limits>

namespace vedette::schemas {

namespace {

[[noreturn]] void malformed(const char* why) {
  refuse(base::ec::malformed, std::string{"decoding events: "} + why);
}

/// Walks the columns in their order; every take is checked against what is left.
class event_decoder {
 public:
  event_decoder(wire::EventBatch::Reader in, base::event_batch& out)
      : in_{in}, out_{out}, widths_{view(in.getWidths())}, planes_{view(in.getPlanes())},
        distinct_{in.getDistinct()}, n_{in.getCount()} {}

  void run();

 private:
  /// The next column's values, `count` of them, in `values_`. `dense`: it must have a plane.
  void take(std::size_t count, bool dense = false);
  template <class E>
  void take_enum(E base::event::*member, E last, const char* what);
  template <class T>
  void take_number(T base::event::*member, std::uint64_t flip = 0);
  /// The next column as counts; their sum, which is then bounded by the bytes of a dense column.
  std::size_t take_counts(std::vector<std::uint32_t>& counts, std::size_t count);
  /// The next text column; afterwards `text(i)` is its i-th value.
  void take_texts(std::size_t count, bool dense = false);
  [[nodiscard]] std::string_view text(std::size_t i) const { return dictionary_[values_[i]]; }

  void numbers();
  void matches();
  void dictionaries();
  void ids();
  void plain_texts();
  void lists();

  wire::EventBatch::Reader in_;
  base::event_batch& out_;
  std::string_view widths_, planes_;
  capnp::List<std::uint32_t>::Reader distinct_;
  std::size_t n_;
  std::size_t column_ = 0;
  std::size_t text_ = 0;        ///< next text column
  std::size_t first_entry_ = 0; ///< of that column, in `entries_`
  std::vector<std::uint64_t> values_;
  std::vector<std::uint8_t> kinds_;
  std::vector<std::uint32_t> resources_, targets_, match_values_;
  std::span<base::match> matches_;
  std::vector<std::string_view> entries_;    ///< of all dictionaries
  std::vector<std::string_view> dictionary_; ///< of the current column, the empty string first
};

void event_decoder::take(std::size_t count, bool dense) {
  const unsigned width =
      column_ < widths_.size() ? static_cast<unsigned char>(widths_[column_]) : 0;
  ++column_;
  if (width > 8)
    malformed("a column is wider than 8 bytes");
  if (dense && width == 0 && count > 0)
    malformed("a column that bounds others is empty");
  if (width != 0 && count > planes_.size() / width)
    malformed("a column is longer than the batch");
  values_.assign(count, 0);
  for (unsigned p = 0; p < width; ++p) {
    const auto* plane = reinterpret_cast<const unsigned char*>(planes_.data()) + p * count;
    for (std::size_t i = 0; i < count; ++i)
      values_[i] |= std::uint64_t{plane[i]} << (8 * p);
  }
  planes_.remove_prefix(width * count);
}

template <class E>
void event_decoder::take_enum(E base::event::*member, E last, const char* what) {
  take(n_);
  for (std::size_t i = 0; i < n_; ++i)
    out_.events[i].*member = enumerator(values_[i], last, what);
}

template <class T>
void event_decoder::take_number(T base::event::*member, std::uint64_t flip) {
  take(n_);
  for (std::size_t i = 0; i < n_; ++i) {
    if (values_[i] > std::numeric_limits<T>::max())
      malformed("a number is too large for its field");
    out_.events[i].*member = static_cast<T>(values_[i] ^ flip);
  }
}

std::size_t event_decoder::take_counts(std::vector<std::uint32_t>& counts, std::size_t count) {
  take(count);
  counts.resize(count);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (values_[i] > planes_.size())
      malformed("a list is longer than the batch");
    counts[i] = static_cast<std::uint32_t>(values_[i]);
    sum += counts[i];
  }
  if (sum > planes_.size()) // one byte at least follows for each
    malformed("lists are longer than the batch");
  return sum;
}

void event_decoder::take_texts(std::size_t count, bool dense) {
  take(count, dense);
  const auto& distinct = distinct_;
  const std::size_t size = text_ < distinct.size() ? distinct[static_cast<unsigned>(text_)] : 0;
  ++text_;
  dictionary_.resize(size + 1);
  std::copy_n(entries_.begin() + static_cast<std::ptrdiff_t>(first_entry_), size,
              dictionary_.begin() + 1);
  first_entry_ += size;
  for (const auto v : values_)
    if (v > size)
      malformed("a text is not in its dictionary");
}

void event_decoder::numbers() {
  const auto unit = in_.getTimeUnit();
  const auto base_ns = static_cast<std::uint64_t>(in_.getTimeBase());
  take(n_, true);
  kinds_.resize(n_);
  for (std::size_t i = 0; i < n_; ++i)
    kinds_[i] = static_cast<std::uint8_t>(enumerator(values_[i], id_text, "an event id's kind"));
  take(n_);
  for (std::size_t i = 0; i < n_; ++i)
    out_.events[i].time =
        base::event_time{base::duration{static_cast<std::int64_t>(base_ns + values_[i] * unit)}};
  using e = base::event;
  take_enum(&e::provider, base::cloud::other, "an event's cloud");
  take_enum(&e::result, base::outcome::failed, "an event's outcome");
  take_enum(&e::actor, base::identity_type::anonymous, "an event's identity type");
  take_enum(&e::holder, base::session_class::long_term, "an event's session class");
  take_enum(&e::origin, base::origin_class::other, "an event's origin class");
  take_enum(&e::client, base::client_class::browser, "an event's client class");
  take_enum(&e::target, base::target_class::everyone, "an event's target class");
  take_enum(&e::grant, base::grant_class::public_trust, "an event's grant class");
  take(n_);
  for (std::size_t i = 0; i < n_; ++i) {
    auto& event = out_.events[i];
    if (values_[i] > (flag_read_only | flag_has_source | flag_has_place))
      refuse(base::ec::unsupported,
             "decoding events: a flag is of a later build; upgrade this one");
    event.read_only = values_[i] & flag_read_only;
    event.has_source = values_[i] & flag_has_source;
    event.has_place = values_[i] & flag_has_place;
  }
  take_number(&e::asn);
  take_number(&e::bytes);
  take_number(&e::count, 1);
  take_number(&e::routed_kind);
  if (std::ranges::any_of(values_, [](auto v) {
        return v > static_cast<std::uint64_t>(base::entity_kind::tenant);
      }))
    refuse(base::ec::unsupported,
           "decoding events: an entity kind is of a later build; upgrade this one");
}

void event_decoder::matches() {
  std::vector<std::uint32_t> counts;
  matches_ = out_.memory.array<base::match>(take_counts(counts, n_));
  std::size_t next = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    out_.events[i].matches = std::span<const base::match>{matches_}.subspan(next, counts[i]);
    next += counts[i];
  }
  take(matches_.size(), true);
  for (std::size_t i = 0; i < matches_.size(); ++i) {
    if (values_[i] > std::numeric_limits<std::uint16_t>::max())
      malformed("a rule index is too large");
    matches_[i].rule = {static_cast<std::uint16_t>(values_[i])};
  }
  take(matches_.size());
  for (std::size_t i = 0; i < matches_.size(); ++i) {
    if (values_[i] > std::numeric_limits<std::uint32_t>::max())
      malformed("marks of a match are too large");
    matches_[i].marks = static_cast<std::uint32_t>(values_[i]);
  }
}

void event_decoder::dictionaries() {
  std::size_t total = 0;
  for (const auto d : distinct_)
    total += d;
  if (total > planes_.size())
    malformed("dictionaries are longer than the batch");
  const auto texts = out_.memory.copy(view(in_.getTexts()));
  take(total, true);
  entries_.resize(total);
  std::size_t at = 0;
  for (std::size_t i = 0; i < total; ++i) {
    if (values_[i] > texts.size() - at)
      malformed("a dictionary entry lies outside the texts");
    entries_[i] = texts.substr(at, values_[i]);
    at += values_[i];
  }
}

void event_decoder::ids() {
  const auto guids = view(in_.getGuids());
  const auto wanted = static_cast<std::size_t>(std::ranges::count(kinds_, std::uint8_t{id_guid}));
  if (guids.size() != wanted * guid_bytes)
    malformed("GUIDs are not as many as announced");
  auto texts = out_.memory.array<char>(wanted * guid_text);
  take_texts(n_);
  std::size_t g = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    if (kinds_[i] == id_guid) {
      format_guid(guids.data() + g * guid_bytes, texts.data() + g * guid_text);
      out_.events[i].id = {texts.data() + g * guid_text, guid_text};
      ++g;
    } else if (kinds_[i] == id_text) {
      out_.events[i].id = text(i);
    }
  }
}

void event_decoder::plain_texts() {
  for (const auto member : text_members) {
    take_texts(n_);
    for (std::size_t i = 0; i < n_; ++i)
      out_.events[i].*member = text(i);
  }
  take_texts(n_);
  for (std::size_t i = 0; i < n_; ++i) {
    const auto t = text(i);
    auto& bytes = out_.events[i].source.bytes;
    if (t.size() == 4) {
      bytes[10] = bytes[11] = 0xff;
      std::memcpy(bytes.data() + 12, t.data(), 4);
    } else if (t.size() == 16) {
      std::memcpy(bytes.data(), t.data(), 16);
    } else if (!t.empty()) {
      malformed("an address is neither 4 nor 16 bytes");
    }
  }
  take_texts(n_);
  for (std::size_t i = 0; i < n_; ++i) {
    const auto t = text(i);
    if (t.size() == sizeof(base::geo_point))
      std::memcpy(&out_.events[i].place, t.data(), t.size());
    else if (!t.empty())
      malformed("a place is not 8 bytes");
  }
}

void event_decoder::lists() {
  const auto deal = [&](const std::vector<std::uint32_t>& counts, auto set) {
    std::size_t total = 0;
    for (const auto c : counts)
      total += c;
    take_texts(total, true);
    auto all = out_.memory.array<std::string_view>(total);
    for (std::size_t i = 0; i < total; ++i)
      all[i] = text(i);
    std::size_t next = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      set(i, std::span<const std::string_view>{all}.subspan(next, counts[i]));
      next += counts[i];
    }
  };
  deal(resources_, [&](std::size_t i, auto span) { out_.events[i].resources = span; });
  deal(targets_, [&](std::size_t i, auto span) { out_.events[i].targets = span; });
  deal(match_values_, [&](std::size_t i, auto span) { matches_[i].values = span; });
}

void event_decoder::run() {
  if (n_ > base::limits::batch_events)
    refuse(base::ec::too_large, "decoding events: " + std::to_string(n_) +
                                    " in one batch, more than " +
                                    std::to_string(base::limits::batch_events));
  if (n_ > planes_.size())
    malformed("fewer bytes than events");
  out_.tenant.value = schemas::text(in_.getTenant());
  out_.source = schemas::text(in_.getSource());
  out_.generation = {in_.getGeneration()};
  out_.events.resize(n_);
  numbers();
  take_counts(resources_, n_);
  take_counts(targets_, n_);
  matches();
  take_counts(match_values_, matches_.size());
  dictionaries();
  ids();
  plain_texts();
  lists();
}

} // namespace

base::result<std::shared_ptr<base::event_batch>> decode_events(std::string_view bytes) {
  if (bytes.size() > base::limits::frame_bytes)
    return base::error{base::ec::too_large, "decoding events: " + std::to_string(bytes.size()) +
                                                " bytes, more than " +
                                                std::to_string(base::limits::frame_bytes)};
  auto batch = std::make_shared<base::event_batch>();
  const auto words = aligned(bytes);
  if (auto done = guarded<wire::EventBatch>("events", words, bytes.size(),
                                            [&](auto in) {
                                              event_decoder{in, *batch}.run();
                                            });
      !done)
    return done.err();
  return batch;
}

} // namespace vedette::schemas

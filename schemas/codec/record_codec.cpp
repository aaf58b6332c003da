#include "schemas/codec/record_codec.hpp"

#include "base/hash.hpp"
#include "base/limits.hpp"
#include "schemas/codec/guarded.hpp"
#include "schemas/codec/zstd_contexts.hpp"

#include <log.capnp.h>

#include <bit>

namespace vedette::schemas {

namespace {

static_assert(std::endian::native == std::endian::little,
              "the header is copied as it lies in memory");

constexpr std::string_view magic = "VDTL";
constexpr std::uint8_t version = 1;
constexpr std::uint8_t codec_zstd = 1;
/// The fastest regular level: about 380 MB/s of event batches a core.
constexpr int record_level = 1;

struct header {
  char magic[4];
  std::uint8_t version;
  std::uint8_t codec;
  std::uint16_t reserved;
  std::uint32_t raw;
  std::uint32_t stored;
  std::uint64_t checksum;
};
static_assert(sizeof(header) == 24);
constexpr std::size_t checked_head = offsetof(header, checksum);

std::uint64_t checksum_of(const header& h, std::string_view payload) {
  const auto head = base::hash64({reinterpret_cast<const char*>(&h), checked_head});
  return base::hash64(payload, head);
}

void write_starts(const std::vector<base::epoch_start>& starts,
                  capnp::List<wire::LogEpoch>::Builder out) {
  for (unsigned i = 0; i < starts.size(); ++i) {
    out[i].setEpoch(starts[i].epoch.value);
    out[i].setFirst(starts[i].first.value);
  }
}

std::vector<base::epoch_start> read_starts(capnp::List<wire::LogEpoch>::Reader in) {
  std::vector<base::epoch_start> out;
  for (const auto s : in)
    out.push_back({{s.getEpoch()}, {s.getFirst()}});
  if (!base::epoch_history::well_formed(out))
    refuse(base::ec::malformed, "the starts of epochs must grow");
  return out;
}

base::error corrupt(std::string why) {
  return {base::ec::corrupt, "reading a log record of " + std::move(why) +
                                 "; the store is damaged here, restore it or accept the loss"};
}

} // namespace

base::result<std::string> encode_record(base::receive_time written,
                                        std::span<const log_entry> entries) {
  std::size_t total = 0;
  for (const auto& e : entries)
    total += e.body.size() + 64;
  if (total > base::limits::log_record_bytes)
    return base::error{base::ec::too_large,
                       "encoding a log record: " + std::to_string(total) +
                           " bytes exceed the limit of one group commit; commit smaller groups"};
  capnp::MallocMessageBuilder message{static_cast<unsigned>(total / sizeof(capnp::word) + 64)};
  auto root = message.initRoot<wire::LogRecord>();
  root.setWritten(written.time_since_epoch().count());
  auto list = root.initEntries(static_cast<unsigned>(entries.size()));
  for (unsigned i = 0; i < entries.size(); ++i) {
    auto out = list[i];
    out.setPartition(entries[i].partition.value);
    out.setKind(static_cast<std::uint8_t>(entries[i].kind));
    out.setFoldVersion(entries[i].fold_version);
    out.setEpoch(entries[i].epoch.value);
    out.setIndex(entries[i].index.value);
    out.setBody(as_data(entries[i].body));
  }
  const auto words = capnp::messageToFlatArray(message);
  const auto raw = words.asBytes();
  std::string out(sizeof(header) + ZSTD_compressBound(raw.size()), '\0');
  const auto stored =
      ZSTD_compressCCtx(zstd().compress.get(), out.data() + sizeof(header),
                        out.size() - sizeof(header), raw.begin(), raw.size(), record_level);
  VEDETTE_ASSERT(!ZSTD_isError(stored)); // the bound was honoured; nothing else can fail
  out.resize(sizeof(header) + stored);
  header h{};
  std::memcpy(h.magic, magic.data(), magic.size());
  h.version = version;
  h.codec = codec_zstd;
  h.raw = static_cast<std::uint32_t>(raw.size());
  h.stored = static_cast<std::uint32_t>(stored);
  h.checksum = checksum_of(h, std::string_view{out}.substr(sizeof(header)));
  std::memcpy(out.data(), &h, sizeof(h));
  return out;
}

base::result<log_record> decode_record(std::string_view bytes) {
  header h{};
  const auto size = std::to_string(bytes.size()) + " bytes";
  if (bytes.size() < sizeof(h))
    return corrupt(size + ": shorter than its header");
  std::memcpy(&h, bytes.data(), sizeof(h));
  if (std::string_view{h.magic, magic.size()} != magic)
    return corrupt(size + ": it does not begin with " + std::string{magic});
  const auto payload = bytes.substr(sizeof(h));
  // Before the version is believed, so that a flipped bit in it is damage and not another build.
  if (payload.size() != h.stored || checksum_of(h, payload) != h.checksum)
    return corrupt(size + ": its checksum does not hold");
  if (h.version != version || h.codec != codec_zstd || h.reserved != 0)
    return base::error{base::ec::unsupported,
                       "reading a log record: version " + std::to_string(h.version) + ", codec " +
                           std::to_string(h.codec) +
                           " is not one this build reads; use the build that wrote it"};
  if (h.raw > base::limits::log_record_bytes + (std::size_t{1} << 20))
    return corrupt(size + ": it claims to expand to " + std::to_string(h.raw) + " bytes");
  if (h.raw == 0 || h.raw % sizeof(capnp::word) != 0)
    return corrupt(size + ": its payload is not whole words");
  auto words = kj::heapArray<capnp::word>(h.raw / sizeof(capnp::word));
  const auto expanded = ZSTD_decompressDCtx(zstd().expand.get(), words.begin(), h.raw,
                                            payload.data(), payload.size());
  if (ZSTD_isError(expanded) || expanded != h.raw)
    return corrupt(size + ": its payload does not expand");
  log_record record;
  auto done =
      guarded<wire::LogRecord>("a log record", words, h.raw, [&](wire::LogRecord::Reader in) {
        record.written = base::receive_time{base::duration{in.getWritten()}};
        record.entries.reserve(in.getEntries().size());
        for (const auto e : in.getEntries()) {
          if (e.getKind() == 0)
            refuse(base::ec::malformed, "decoding a log record: an entry has no kind");
          record.entries.push_back(
              {{e.getPartition()},
               {e.getEpoch()},
               {e.getIndex()},
               enumerator(e.getKind(), entry_kind::unparked, "a log entry's kind"),
               e.getFoldVersion(),
               text(e.getBody())});
        }
      });
  if (!done && done.err().code == base::ec::malformed)
    return corrupt(size + ": " + done.err().context);
  if (!done)
    return done.err();
  return record;
}

std::string encode_history(const std::vector<base::epoch_start>& starts) {
  capnp::MallocMessageBuilder message;
  write_starts(starts,
               message.initRoot<wire::History>().initStarts(static_cast<unsigned>(starts.size())));
  return to_bytes(message);
}

base::result<std::vector<base::epoch_start>> decode_history(std::string_view bytes) {
  std::vector<base::epoch_start> out;
  const auto words = aligned(bytes);
  auto done = guarded<wire::History>("the history of a log", words, bytes.size(),
                                     [&](auto in) { out = read_starts(in.getStarts()); });
  if (!done)
    return base::error{base::ec::corrupt, done.err().context};
  return out;
}

std::string encode_run(const log_run& run) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::LogRun>();
  out.setFirstRecord(run.first_record);
  out.setBytesBefore(run.bytes_before);
  out.setEntriesBefore(run.entries_before);
  out.setBegan(run.began.time_since_epoch().count());
  const auto count = static_cast<unsigned>(run.before.size());
  auto partitions = out.initPartitions(count);
  auto positions = out.initPositions(count);
  auto promised = out.initPromised(count);
  auto resets = out.initResets(count);
  auto histories = out.initHistories(count);
  unsigned i = 0;
  for (const auto& [partition, s] : run.before) {
    partitions.set(i, partition.value);
    positions.set(i, s.last.value);
    promised.set(i, s.promised.value);
    resets.set(i, s.reset.value);
    write_starts(s.history, histories.init(i, static_cast<unsigned>(s.history.size())));
    ++i;
  }
  return to_bytes(message);
}

base::result<log_run> decode_run(std::string_view bytes) {
  log_run run;
  const auto words = aligned(bytes);
  auto done =
      guarded<wire::LogRun>("the start of a run of the log", words, bytes.size(), [&](auto in) {
        run.first_record = in.getFirstRecord();
        run.bytes_before = in.getBytesBefore();
        run.entries_before = in.getEntriesBefore();
        run.began = base::receive_time{base::duration{in.getBegan()}};
        const auto partitions = in.getPartitions();
        const auto positions = in.getPositions();
        const auto promised = in.getPromised();
        const auto resets = in.getResets();
        const auto histories = in.getHistories();
        if (partitions.size() != positions.size() || promised.size() != resets.size() ||
            promised.size() != histories.size() ||
            (promised.size() != partitions.size() && promised.size() != 0))
          refuse(base::ec::malformed, "as many partitions as standings were expected");
        for (unsigned i = 0; i < partitions.size(); ++i) {
          auto& s = run.before[{partitions[i]}];
          s.last = {positions[i]};
          if (promised.size() == 0)
            continue; // written before there were epochs
          s.promised = {promised[i]};
          s.reset = {resets[i]};
          s.history = read_starts(histories[i]);
        }
      });
  if (!done)
    return base::error{base::ec::corrupt, done.err().context};
  return run;
}

} // namespace vedette::schemas

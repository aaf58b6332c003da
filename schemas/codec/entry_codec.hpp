// Bodies of log entries as values: what detectors write and fold (docs/formats/log.md).
//
// Remembers nothing. Decoding checks everything before use; errors as for the other codecs.
// Called by actors only.
#pragma once

#include "base/alert.hpp"
#include "base/event.hpp"
#include "base/fold_place.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::schemas {

struct quarantined_entry {
  std::string reason, head;

  friend bool operator==(const quarantined_entry&, const quarantined_entry&) = default;
};

/// Where a batch waited while its partition had no primary; names it for ever.
struct parked_name {
  base::partition_id keeper;
  base::epoch epoch;
  base::entry_index index; ///< of the parked entry
  base::entry_index below; ///< nothing of that keeper and epoch below it will come again

  friend bool operator==(const parked_name&, const parked_name&) = default;
};

/// A partition's share of one collector batch.
struct batch_entry {
  base::tenant_id tenant;
  std::string source;
  std::uint64_t session = 0, sequence = 0, committed_below = 0;
  base::receive_time received;
  base::event_time source_watermark;
  std::shared_ptr<const base::event_batch> events; ///< null when there are none
  std::vector<quarantined_entry> quarantined;
  std::optional<parked_name> parked;
};

struct source_mark_entry {
  base::tenant_id tenant;
  std::string source;
  base::event_time watermark;
  bool holds = true;

  friend bool operator==(const source_mark_entry&, const source_mark_entry&) = default;
};

struct tick_entry {
  base::receive_time now;
  std::vector<source_mark_entry> sources;

  friend bool operator==(const tick_entry&, const tick_entry&) = default;
};

struct day_maximum_entry {
  std::string account, rule, measure;
  base::day_number day = 0;
  double value = 0;

  friend bool operator==(const day_maximum_entry&, const day_maximum_entry&) = default;
};

/// What one fold raised for one tenant.
struct emitted_entry {
  std::uint64_t of_entry = 0;
  base::tenant_id tenant;
  std::vector<base::alert> alerts;
  std::vector<day_maximum_entry> maxima;

  friend bool operator==(const emitted_entry&, const emitted_entry&) = default;
};

struct answered_entry {
  std::vector<std::uint64_t> emitted;

  friend bool operator==(const answered_entry&, const answered_entry&) = default;
};

/// A batch kept for another partition.
struct parked_entry {
  base::partition_id home;
  base::tenant_id tenant;
  base::receive_time received;
  std::string batch; ///< encoded batch_entry

  friend bool operator==(const parked_entry&, const parked_entry&) = default;
};

/// Its home has committed what was parked for it, up to and with that index.
struct unparked_entry {
  base::partition_id home;
  base::entry_index through;

  friend bool operator==(const unparked_entry&, const unparked_entry&) = default;
};

/// Copies pass over a record of an earlier entry.
struct skip_entry {
  base::entry_index entry;
  std::uint32_t record = base::whole_entry;

  friend bool operator==(const skip_entry&, const skip_entry&) = default;
};

/// Another generation of content is in force from here on.
struct config_entry {
  base::generation generation;
  std::string hash; ///< of the content, 64 hex digits
  base::receive_time at;

  friend bool operator==(const config_entry&, const config_entry&) = default;
};

/// One input of a tenant's fold; several tenants share a log.
struct tenant_entry {
  base::tenant_id tenant;
  std::string input; ///< actors/tenant_codec.hpp

  friend bool operator==(const tenant_entry&, const tenant_entry&) = default;
};

[[nodiscard]] std::string encode(const tenant_entry& e);
[[nodiscard]] base::result<tenant_entry> decode_tenant_entry(std::string_view bytes);
[[nodiscard]] std::string encode(const config_entry& e);
[[nodiscard]] base::result<config_entry> decode_config_entry(std::string_view bytes);
[[nodiscard]] std::string encode(const parked_entry& e);
[[nodiscard]] base::result<parked_entry> decode_parked_entry(std::string_view bytes);
[[nodiscard]] std::string encode(const unparked_entry& e);
[[nodiscard]] base::result<unparked_entry> decode_unparked_entry(std::string_view bytes);
[[nodiscard]] std::string encode(const skip_entry& e);
[[nodiscard]] base::result<skip_entry> decode_skip_entry(std::string_view bytes);
[[nodiscard]] std::string encode(const batch_entry& e);
[[nodiscard]] std::string encode(const tick_entry& e);
[[nodiscard]] std::string encode(const emitted_entry& e);
[[nodiscard]] std::string encode(const answered_entry& e);
[[nodiscard]] base::result<batch_entry> decode_batch_entry(std::string_view bytes);
[[nodiscard]] base::result<tick_entry> decode_tick_entry(std::string_view bytes);
[[nodiscard]] base::result<emitted_entry> decode_emitted_entry(std::string_view bytes);
[[nodiscard]] base::result<answered_entry> decode_answered_entry(std::string_view bytes);

} // namespace vedette::schemas

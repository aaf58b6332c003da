// What a partition knows beside its entities, as bytes (docs/formats/log.md, "Checkpoints").
//
// Remembers nothing. Called by the fold host of a partition.
#pragma once

#include "base/alert.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::schemas {

struct partition_checkpoint {
  struct taken_batches {
    base::tenant_id tenant;
    std::string source;
    std::uint64_t session = 0, below = 1;
    std::vector<std::uint64_t> above;
    base::receive_time last;

    friend bool operator==(const taken_batches&, const taken_batches&) = default;
  };
  struct source {
    base::tenant_id tenant;
    std::string name;
    base::event_time watermark;
    base::receive_time last;
    bool holds = true;

    friend bool operator==(const source&, const source&) = default;
  };
  struct outbox_item {
    std::uint64_t index = 0;
    std::string body; ///< encoded emitted_entry

    friend bool operator==(const outbox_item&, const outbox_item&) = default;
  };
  struct waiting_entity {
    base::tenant_id tenant;
    base::entity_kind kind = base::entity_kind::identity;
    std::string key;
    base::event_time due;
    bool news = false;

    friend bool operator==(const waiting_entity&, const waiting_entity&) = default;
  };

  struct parked_item {
    base::partition_id home;
    base::epoch epoch;
    base::entry_index index;
    base::tenant_id tenant;
    base::receive_time received;
    std::uint64_t bytes = 0;

    friend bool operator==(const parked_item&, const parked_item&) = default;
  };

  base::receive_time now;
  std::vector<taken_batches> batches;
  std::vector<source> sources;
  std::vector<outbox_item> outbox;
  std::vector<std::string> unemitted;
  std::vector<waiting_entity> waiting;
  std::vector<config_entry> generations; ///< ascending; the last is in force, none: generation 1
  base::hash128 digest;                  ///< of everything the fold has said
  base::receive_time reported;           ///< when growing alerts were reported last
  std::vector<std::string> concluded;    ///< tenants whose sources had all ended
  std::vector<parked_item> parked;       ///< by home, then as they came

  friend bool operator==(const partition_checkpoint&, const partition_checkpoint&) = default;
};

[[nodiscard]] std::string encode(const partition_checkpoint& c);
[[nodiscard]] base::result<partition_checkpoint>
decode_partition_checkpoint(std::string_view bytes);

} // namespace vedette::schemas

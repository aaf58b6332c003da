// The offline engine: records in, final alerts out, on any number of threads.
//
// The caller pushes records in the order in which they are to count; they are packed into units of
// about a megabyte. Workers parse units in parallel and fold them in order, each worker the
// partitions that are its own, so every entity sees the same events in the same order at any thread
// count. Bounded: `units_max` units are under way, then `push` blocks. With one thread everything
// happens in `push`. Not thread-safe; one caller.
#pragma once

#include "base/alert.hpp"
#include "base/tenant_settings.hpp"
#include "detect/engine.hpp"
#include "detect/ruleset.hpp"
#include "ingest/enrich/address_book.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/normaliser.hpp"
#include "ingest/taxonomy.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::replay {

struct pipeline_options {
  base::tenant_id tenant{"local"};
  int threads = 1;
  /// Nothing can have happened later than this; what claims to is matched statelessly only.
  base::receive_time now;
  /// Place in ingest::formats() of the one format that is read; else every format.
  std::size_t format = ingest::normaliser::any_format;
  /// Memory for recognising ids seen before, all threads together.
  std::size_t dedup_bytes = std::size_t{32} << 20;
};

/// What the records are judged by; shared, immutable.
struct content {
  std::shared_ptr<const ingest::taxonomy> activities;
  std::shared_ptr<const ingest::address_book> book; ///< may be null
  std::shared_ptr<const detect::ruleset> rules;
  std::shared_ptr<const base::tenant_settings> tenant;
  std::shared_ptr<const ingest::mapping_set> mappings = nullptr; ///< null: none
};

struct tally {
  std::uint64_t records = 0, bytes = 0, events = 0, skipped = 0, quarantined = 0, duplicates = 0;
  std::uint64_t late = 0, ahead = 0, matches = 0;
  std::map<std::string, std::uint64_t, std::less<>> quarantine_reasons;
  std::map<std::string, std::uint64_t, std::less<>> skip_reasons;

  void add(const tally& other);
};

/// What is known of one entity before its windows are closed.
using entity_visitor = std::function<void(const detect::entity_ref&, const detect::entity_state&)>;

struct outcome {
  std::vector<base::alert> alerts;         ///< final, in no particular order
  std::vector<detect::day_maximum> maxima; ///< for the severity ladder
  std::uint64_t entities = 0;
  std::uint64_t entity_bytes = 0; ///< hot state of all of them, before their windows are closed
  /// Of each identity, by what last acted as it; in no particular order.
  std::map<base::session_class, std::vector<std::size_t>> identity_bytes;
  base::event_time watermark; ///< the newest event there was; 1970 without any
};

class pipeline {
 public:
  static constexpr std::size_t unit_bytes = std::size_t{1} << 20;
  static constexpr std::size_t unit_records = 1024;
  static constexpr int units_max = 8; ///< per thread

  pipeline(content what, pipeline_options how);
  ~pipeline();
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  /// Goes on from what was known when the newest event was `watermark`. Before the first `push`.
  void restore(detect::entity_ref ref, detect::entity_state state);
  void restore(base::event_time watermark);
  /// One record; its bytes are copied.
  void push(std::string_view record);
  /// A record that is none, for the reason given.
  void reject(std::string_view reason, std::uint64_t bytes);
  /// Waits for everything pushed and says what is to be said; `keep` sees every entity before its
  /// last word. Once.
  outcome finish(const entity_visitor& keep = {});

  /// After `finish`.
  [[nodiscard]] const tally& counted() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::replay

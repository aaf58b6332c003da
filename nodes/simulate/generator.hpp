// Synthetic CloudTrail of many tenants: benign identities with habits, and labelled attacks.
//
// Same options, same bytes, on every machine and compiler: the random numbers, the clock and the
// formatting are ours, and nothing reads the real clock. Attacks are written from the attacker's
// side and know no detection threshold; the labels say what a detector should have found.
//
// Remembers one small object per identity, per planned attack and per nightly job, and with late
// delivery the records not yet delivered (at most `late_records_max`); memory does not grow with
// `events`. Called by `vedette simulate`, the benchmarks and the tests. docs/simulate.md is the
// guide.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::simulate {

/// In which order records come out.
enum class delivery : std::uint8_t {
  ordered, ///< by event time
  late, ///< as CloudTrail delivers: files of five minutes, late by up to 15, shuffled inside, 1 in
        ///< 200 twice
};

/// Records held back by `delivery::late`; above it the oldest file goes out early.
inline constexpr std::size_t late_records_max = 65'536;
/// Upper bound of `options::events`, so that planning fits 64 bits.
inline constexpr std::uint64_t events_max = 10'000'000'000;
/// Upper bound of `options::span`.
inline constexpr std::chrono::days span_max{366};

struct options {
  std::uint64_t seed = 1;
  int tenants = 3;
  /// Records to write, met exactly unless the attacks alone need more: attacks are never cut short.
  std::uint64_t events = 100'000;
  base::event_time start = std::chrono::sys_days{std::chrono::January / 12 / 2026};
  base::duration span = std::chrono::hours{24};
  std::string scenario = "mixed"; ///< one of scenarios()
  int identities_per_tenant = 200;
  double attacks_per_tenant = 4; ///< over the whole span; the kinds take turns over all tenants
  simulate::delivery delivery = simulate::delivery::ordered;
};

/// What is true about one attack. `first`, `last` and `event_ids` cover the attacker's own events.
struct label {
  std::string id;     ///< "attack-0007", counted in order of planned start
  std::string attack; ///< its scenario's name, e.g. "stolen-lambda-token"
  std::string tenant;
  std::vector<std::string> rules; ///< rule ids that must fire, each once at least
  std::string identity;           ///< ARN of the role or user whose credentials were abused
  std::string source;             ///< the attacker's address
  std::string story;              ///< one sentence for a reader
  base::event_time first, last;
  std::vector<std::string> event_ids; ///< CloudTrail eventIDs in order of event time
};

struct scenario_info {
  std::string_view name;
  std::string_view summary;
};

/// Every scenario, `mixed`, `benign` and `demo` first, then one per attack.
[[nodiscard]] const std::vector<scenario_info>& scenarios();

/// `options` filled in as a scenario suggests ("demo": 3 tenants, one working day, 30,000 records,
/// each attack once). An unknown name gets the defaults and is refused by check().
[[nodiscard]] options suggested(std::string_view scenario);

/// Empty when `o` can be generated, else one line saying what is wrong with it.
[[nodiscard]] std::string check(const options& o);

/// Files that say what the synthetic addresses are.
enum class list_kind : std::uint8_t {
  cloud_ranges, ///< AWS ip-ranges.json
  tor,          ///< an address a line
  vpn,          ///< a network a line
  asn,          ///< CSV: start,end,asn,name
  geo,          ///< CSV: start,end,country,latitude,longitude
};

/// Same text for every seed: addresses belong to places, not to runs.
[[nodiscard]] std::string list_file(list_kind kind);

class generator {
 public:
  /// `o` must pass check(). O(tenants * identities + attacks).
  explicit generator(const options& o);
  ~generator();
  generator(generator&&) noexcept;
  generator& operator=(generator&&) noexcept;

  /// Replaces both with the next record, one JSON object without a newline; false after the last.
  /// Keeps the strings' memory, so it allocates nothing once they have grown.
  bool next(std::string& tenant, std::string& record);

  /// Labels of attacks that have begun; complete once next() has returned false. Under late
  /// delivery an attack is labelled when it happens, which is before its records are delivered.
  [[nodiscard]] const std::vector<label>& labels() const;

  [[nodiscard]] const std::vector<std::string>& tenants() const;
  /// The tenant's settings as YAML, with the keys of base::tenant_settings; empty for an unknown
  /// name.
  [[nodiscard]] std::string tenant_settings(std::string_view tenant) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// One label as a JSON object on one line.
[[nodiscard]] std::string to_json(const label& l);

} // namespace vedette::simulate

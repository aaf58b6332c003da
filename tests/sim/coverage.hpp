// How often each fault and each path of the protocol happened, over many seeds: a path that no seed
// took was not tested.
//
// A flat list of counters. Added up by tests/sim/runner.cpp; filled by everything below it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vedette::sim {

enum class mark : std::uint8_t {
  crash,
  unsynced_lost,
  wipe,
  old_copy,
  pause,
  disk_slow,
  disk_full,
  write_refused, // nodes
  message_lost,
  message_doubled,
  cut_two_way,
  cut_one_way,
  cut_coordinator, // network
  coordinator_down,
  leases_expired_together,
  coordinator_wiped,
  table_rebuilt, // coordinator
  swap_won,
  swap_lost,
  swap_unknown,
  swap_fenced,
  lease_expired,
  lease_revoked,
  office_ended,
  promoted,
  reclaimed,
  shrunk,
  grown,
  created,
  replaced,
  move_begun,
  move_finished,
  drained, // table
  served,
  stepped_down,
  stale_refused,
  truncated,
  log_reread,
  seeded,
  seed_restarted, // replicas
  trimmed,
  state_rotted,
  digest_alarm,
  primary_outvoted,
  batch_resent,
  duplicate_dropped,
  append_refused,
  alert_emitted,
  alert_resent, // folds
  alert_repeated,
  action_called,
  action_resumed,
  generation_changed, // only the real folds
  older_generation_folded,
  alert_revised,
  intent_written,
  outcome_written,
  count_
};

inline constexpr std::size_t marks = static_cast<std::size_t>(mark::count_);
/// Only folds of the kind leave such a mark.
[[nodiscard]] constexpr bool belongs(mark m, bool real_folds) noexcept {
  const bool of_real = m >= mark::generation_changed;
  const bool of_model = m >= mark::state_rotted && m <= mark::primary_outvoted;
  return real_folds ? !of_model : !of_real;
}

[[nodiscard]] std::string_view to_string(mark m) noexcept;

struct coverage {
  std::array<std::uint64_t, marks> hits{};

  void hit(mark m) noexcept { ++hits[static_cast<std::size_t>(m)]; }
  void add(const coverage& other) noexcept {
    for (std::size_t i = 0; i < marks; ++i)
      hits[i] += other.hits[i];
  }
};

} // namespace vedette::sim

// All incidents of one tenant: joins each alert to the one it belongs to, opens and merges, and
// knows which incident an alert went to.
//
// Two alerts belong together when they share an identity, a session, an address or their main
// resource and their verdicts lie within the span of each other; an incident takes no alert that
// would stretch it over more than seven spans, so that a noisy identity does not end up with one
// incident for life. Private, own and corporate addresses, and addresses shared by more than
// limits::address_identities identities, join nobody. A closed incident takes no new alerts; what
// comes after opens another. An alert that connects two open incidents merges them: the one opened
// first goes on, the other points to it.
//
// Remembers limits::incidents_kept incidents (merged, then closed, then the longest unchanged leave
// first) and the index of their keys. A key leads to the incident that took it last. Called by
// tenant_state; a pure value.
#pragma once

#include "base/tenant_settings.hpp"
#include "respond/incidents/incident.hpp"
#include "respond/incidents/incident_rules.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

struct joined {
  std::string incident; ///< empty: a withdrawn alert that was never seen standing
  bool opened = false;
  std::vector<std::string> merged;    ///< incidents that now point to it
  std::vector<std::string> new_rules; ///< incident rules that hold since this alert
};

class incident_book {
 public:
  /// Where a key of some alert leads.
  struct key_entry {
    std::string incident;
    std::vector<std::uint64_t> identities; ///< hashes; kept for addresses only

    friend bool operator==(const key_entry&, const key_entry&) = default;
  };
  /// All there is to know; a checkpoint stores this and a restored book goes on the same.
  struct data {
    std::map<std::string, incident, std::less<>> incidents;
    std::map<std::string, key_entry, std::less<>> keys;
    std::map<std::string, std::string, std::less<>> homes; ///< alert id -> incident id
    std::uint64_t opened = 0;

    friend bool operator==(const data&, const data&) = default;
  };

  incident_book() = default;
  explicit incident_book(data d) : data_{std::move(d)} {}

  /// Takes a new alert or a new revision of one. O(keys x log + alerts of the incident).
  joined take(const base::alert& a, base::receive_time at, base::duration span,
              const base::tenant_settings& tenant, std::span<const incident_rule> rules);
  /// Forgets which incident an alert went to, when the alert itself is forgotten.
  void forget(std::string_view alert);

  [[nodiscard]] const incident* find(std::string_view id) const;
  [[nodiscard]] incident* find(std::string_view id);
  /// Follows `merged_into` to the incident that goes on; null when unknown.
  [[nodiscard]] const incident* survivor(std::string_view id) const;
  /// The incident an alert went to, after merges; empty when unknown.
  [[nodiscard]] std::string home_of(std::string_view alert) const;

  [[nodiscard]] const data& all() const noexcept { return data_; }

 private:
  [[nodiscard]] std::vector<std::string> keys_of(const base::alert& a,
                                                 const base::tenant_settings& tenant) const;
  [[nodiscard]] std::vector<std::string>
  candidates(const base::alert& a, const std::vector<std::string>& keys, base::duration span) const;
  incident& open(const base::alert& a, base::receive_time at);
  void merge(incident& into, incident& from, base::receive_time at);
  void claim(incident& i, const base::alert& a, const std::vector<std::string>& keys);
  void record(incident& i, const base::alert& a, base::receive_time at);
  std::vector<std::string> judge(incident& i, base::receive_time at,
                                 std::span<const incident_rule> rules);
  void make_room();

  data data_;
};

} // namespace vedette::respond

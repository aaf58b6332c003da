// What all attacks share: a victim whose credentials were taken, a place to work from, a tool.
//
// Every attack is one file of this folder, written from the attacker's side: what real intruders do
// in what order and how fast. No attack includes anything of a detector.
#pragma once

#include "nodes/simulate/task.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace vedette::simulate {

struct place;

/// Where and when an attack is to happen.
struct plan {
  tenant* where;
  prng random;
  base::event_time start;
  identity* again = nullptr; ///< whoever was robbed before, to go on with where the kind fits
};

class attack : public task {
 public:
  explicit attack(const plan& p) : task{*p.where, p.random, p.start, 0}, again_{p.again} {}
  [[nodiscard]] label* about() final { return &about_; }
  [[nodiscard]] identity* victim() const { return victim_; }

 protected:
  /// Chooses whom to rob, and writes the identity on the label.
  void rob(kind k);
  /// Chooses an address of the place, and writes it on the label.
  void work_from(const place& p);
  /// Begins the attacker's next record with the victim's key.
  void begin(call& c, std::string_view action);

  label about_;
  identity* again_;
  identity* victim_ = nullptr;
  session stolen_;
  std::uint32_t address_ = 0;
  std::string_view tool_;
};

struct attack_kind {
  std::string_view name; ///< also the scenario's name
  std::string_view summary;
  std::unique_ptr<attack> (*make)(const plan&);
};

[[nodiscard]] std::span<const attack_kind> attack_kinds();

std::unique_ptr<attack> stolen_lambda_token(const plan&);
std::unique_ptr<attack> mass_download(const plan&);
std::unique_ptr<attack> multi_bucket_download(const plan&);
std::unique_ptr<attack> protection_disabled(const plan&);
std::unique_ptr<attack> mining_many_regions(const plan&);
std::unique_ptr<attack> unusual_compute(const plan&);
std::unique_ptr<attack> snapshots_shared(const plan&);
std::unique_ptr<attack> permission_recon(const plan&);
std::unique_ptr<attack> impossible_travel(const plan&);
std::unique_ptr<attack> new_admin(const plan&);
std::unique_ptr<attack> audit_tampering(const plan&);

} // namespace vedette::simulate

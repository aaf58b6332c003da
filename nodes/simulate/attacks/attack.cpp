#include "nodes/simulate/attacks/attack.hpp"

#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

namespace vedette::simulate {

namespace {

constexpr attack_kind attack_table[] = {
    {"stolen-lambda-token", "a function's token used from a rented server", stolen_lambda_token},
    {"mass-download", "one bucket copied out object by object", mass_download},
    {"multi-bucket-download", "a look through many buckets, some of each taken",
     multi_bucket_download},
    {"protection-disabled", "versioning, locks and backups switched off", protection_disabled},
    {"mining-many-regions", "graphics machines asked for in every region", mining_many_regions},
    {"unusual-compute", "dozens of large machines in one region", unusual_compute},
    {"snapshots-shared", "disk and database copies handed to a foreign account", snapshots_shared},
    {"permission-recon", "a leaked key tried on everything", permission_recon},
    {"impossible-travel", "one person signs in on two continents", impossible_travel},
    {"new-admin", "a new user with administrator rights", new_admin},
    {"audit-tampering", "the audit trail stopped or narrowed", audit_tampering},
};

} // namespace

std::span<const attack_kind> attack_kinds() {
  return attack_table;
}

void attack::rob(kind k) {
  victim_ = again_ != nullptr && again_->kind == k ? again_ : &take_victim(*tenant_, k, random_);
  about_.identity = arn_of(*tenant_, *victim_);
}

void attack::work_from(const place& p) {
  address_ = address_in(p, random_);
  put_address(about_.source, address_);
}

void attack::begin(call& c, std::string_view action) {
  if (stolen_.key.empty()) { // taken when the attack begins, not when it is planned
    bool renewed = false;
    stolen_ = session_at(*tenant_, *victim_, 0, due_, random_, renewed);
  }
  start_call(c, *tenant_, *victim_, stolen_, due_);
  c.address = address_;
  c.agent = tool_;
  c.what = &find_action(action);
}

} // namespace vedette::simulate

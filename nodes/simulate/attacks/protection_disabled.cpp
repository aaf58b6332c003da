// Before a ransom note comes the work that makes the damage final: versions off, expiry to a day,
// replication gone, database backups and deletion protection away.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/names.hpp"
#include "nodes/simulate/objects.hpp"
#include "nodes/simulate/places.hpp"

namespace vedette::simulate {

namespace {

class disarm final : public attack {
 public:
  explicit disarm(const plan& p) : attack{p} {
    rob(kind::person);
    work_from(attackers(random_.one_in(2) ? place_use::hosting : place_use::tor, random_));
    tool_ = "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2023 prompt/off";
    buckets_ = random_.between(3, 6);
    first_ = random_.below(apps);
    steps_ = 1 + buckets_ * per_bucket + 2;
    about_.rules = {"storage-delete-protection-disabled"};
    about_.story = victim_->name + "'s key switches off versioning, replication and backups of " +
                   std::to_string(buckets_) + " buckets and two databases from " + about_.source +
                   ".";
  }

 private:
  static constexpr std::uint32_t per_bucket = 5;

  bool fill(call& c, std::uint32_t step) override {
    pace(3'000, 25'000);
    if (step == 0) {
      begin(c, "s3:ListBuckets");
      return true;
    }
    if (step > buckets_ * per_bucket) {
      begin(c, "rds:ModifyDBInstance");
      c.arg[0] = app_names[(first_ + step) % apps];
      return true;
    }
    const std::uint32_t nth = (step - 1) / per_bucket;
    switch ((step - 1) % per_bucket) {
    case 0:
      begin(c, "s3:GetBucketVersioning");
      break;
    case 1:
      begin(c, "s3:PutBucketVersioning");
      c.arg[0] = R"("Status":"Suspended")";
      break;
    case 2:
      begin(c, "s3:PutBucketVersioning");
      c.arg[0] = R"("Status":"Suspended","MfaDelete":"Disabled")";
      break;
    case 3:
      begin(c, "s3:PutBucketLifecycle");
      c.arg[0] = "1";
      c.arg[1] = "cleanup";
      break;
    default:
      begin(c, "s3:DeleteBucketReplication");
    }
    c.bucket = tenant_->buckets[nth == 0 ? lake_buckets : bucket_of_app(first_ + nth)];
    return true;
  }

  std::uint32_t buckets_ = 0, first_ = 0;
};

} // namespace

std::unique_ptr<attack> protection_disabled(const plan& p) {
  return std::make_unique<disarm>(p);
}

} // namespace vedette::simulate

// A key found in a public repository, a bucket with something in it, and `aws s3 sync` to a rented
// disk: everything is taken, as fast as the line allows.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/objects.hpp"
#include "nodes/simulate/places.hpp"

namespace vedette::simulate {

namespace {

class copy final : public attack {
 public:
  explicit copy(const plan& p) : attack{p} {
    rob(kind::program);
    work_from(attackers(random_.one_in(3) ? place_use::vpn : place_use::hosting, random_));
    tool_ = random_.one_in(3) ? "rclone/v1.65.2"
                              : "aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0-18-amd64 "
                                "exe/x86_64.debian.12 prompt/off command/s3.sync";
    steps_ = random_.between(1'800, 4'500);
    bucket_ = random_.one_in(2) ? random_.below(lake_buckets) : bucket_of_app(victim_->app + 3);
    first_object_ = random_.below(500'000);
    about_.rules = {"storage-objects-suspicious-download"};
    about_.story = "The key of " + victim_->name + " copies the bucket " +
                   tenant_->buckets[bucket_] + " to a server at " + about_.source +
                   ", object by object.";
  }

 private:
  bool fill(call& c, std::uint32_t step) override {
    if (step == 0)
      begin(c, "sts:GetCallerIdentity");
    else if (step == 1)
      begin(c, "s3:ListBuckets");
    else if (step == 2 || (step - 2) % 1000 == 0) {
      begin(c, "s3:ListObjects");
      c.bucket = tenant_->buckets[bucket_];
    } else {
      begin(c, "s3:GetObject");
      use_object(c, bucket_, first_object_ + step);
    }
    if (step < 3)
      pace(5'000, 40'000);
    else
      pace(120, 700); // ten connections at once
    return true;
  }

  std::uint32_t bucket_ = 0;
  std::uint64_t first_object_ = 0;
};

} // namespace

std::unique_ptr<attack> mass_download(const plan& p) {
  return std::make_unique<copy>(p);
}

} // namespace vedette::simulate

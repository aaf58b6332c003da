// An intruder on somebody's laptop does not know where the valuables are: lists all buckets, opens
// one after the other and takes a few dozen files of each.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/objects.hpp"
#include "nodes/simulate/places.hpp"

#include <algorithm>
#include <vector>

namespace vedette::simulate {

namespace {

class rummage final : public attack {
 public:
  explicit rummage(const plan& p) : attack{p} {
    rob(kind::person);
    work_from(attackers(random_.one_in(2) ? place_use::vpn : place_use::residential, random_));
    tool_ = random_.one_in(2) ? "S3 Browser/11.6.7 (https://s3browser.com)"
                              : "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/windows#10 "
                                "md/arch#amd64 lang/python#3.12.2";
    const std::uint32_t buckets = random_.between(9, 16);
    std::vector<std::uint32_t> all(tenant_->buckets.size());
    for (std::uint32_t i = 0; i < all.size(); ++i)
      all[i] = i;
    for (std::uint32_t i = 0; i < buckets; ++i) {
      std::swap(all[i], all[i + random_.below(static_cast<std::uint32_t>(all.size()) - i)]);
      const std::uint32_t objects = random_.between(30, 80);
      steps_ += objects + 1;
      visits_.push_back({all[i], objects});
    }
    steps_ += 1;
    about_.rules = {"storage-objects-multi-bucket-download"};
    about_.story = victim_->name + "'s key goes through " + std::to_string(buckets) +
                   " buckets from " + about_.source + " and takes some files of each.";
  }

 private:
  struct visit {
    std::uint32_t bucket, objects;
  };

  bool fill(call& c, std::uint32_t step) override {
    if (step == 0) {
      begin(c, "s3:ListBuckets");
      pace(6'000, 30'000);
      return true;
    }
    const visit& now = visits_[at_];
    if (taken_ == 0) {
      begin(c, "s3:ListObjects");
      c.bucket = tenant_->buckets[now.bucket];
    } else {
      begin(c, "s3:GetObject");
      use_object(c, now.bucket, 700'000 + taken_ * 13);
    }
    if (++taken_ > now.objects) {
      taken_ = 0;
      ++at_;
      pace(4'000, 20'000);
    } else {
      pace(700, 2'500);
    }
    return true;
  }

  std::vector<visit> visits_;
  std::size_t at_ = 0;
  std::uint32_t taken_ = 0;
};

} // namespace

std::unique_ptr<attack> multi_bucket_download(const plan& p) {
  return std::make_unique<rummage>(p);
}

} // namespace vedette::simulate

// Somebody else's account mines for free: a script walks down the list of regions and asks each for
// as many graphics machines as the quota gives. Many regions have no quota and refuse.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/places.hpp"

#include <utility>
#include <vector>

namespace vedette::simulate {

namespace {

class mine final : public attack {
 public:
  explicit mine(const plan& p) : attack{p} {
    rob(p.again != nullptr ? p.again->kind : random_.one_in(2) ? kind::program : kind::person);
    work_from(attackers(random_.one_in(3) ? place_use::residential : place_use::hosting, random_));
    tool_ = "Boto3/1.28.17 md/Botocore#1.31.17 ua/2.0 os/linux#5.4.0-169-generic md/arch#x86_64 "
            "lang/python#3.8.10";
    for (const auto& r : regions())
      regions_.push_back(r.name);
    for (std::size_t i = 0; i + 1 < regions_.size(); ++i)
      std::swap(regions_[i],
                regions_[i + random_.below(static_cast<std::uint32_t>(regions_.size() - i))]);
    // The script reads the list of regions and leaves out few of it.
    regions_.resize(random_.between(13, 17));
    steps_ = 1 + static_cast<std::uint32_t>(regions_.size()) * per_region;
    about_.rules = {"compute-allocation-many-regions"};
    about_.story = victim_->name + "'s key asks for graphics machines in " +
                   std::to_string(regions_.size()) + " regions within minutes, from " +
                   about_.source + ".";
  }

 private:
  static constexpr std::uint32_t per_region = 4;

  bool fill(call& c, std::uint32_t step) override {
    pace(1'000, 9'000);
    if (step == 0) {
      begin(c, "ec2:DescribeRegions");
      return true;
    }
    const std::string_view region = regions_[(step - 1) / per_region];
    switch ((step - 1) % per_region) {
    case 0:
      begin(c, "servicequotas:GetServiceQuota");
      break;
    case 1:
      begin(c, "ec2:CreateKeyPair");
      c.arg[0] = "node";
      break;
    case 2:
      begin(c, "ec2:CreateSecurityGroup");
      c.arg[0] = "node-open";
      break;
    default: {
      begin(c, "ec2:RunInstances");
      c.region = region;
      constexpr std::string_view types[] = {"p3.16xlarge", "g4dn.12xlarge", "g5.24xlarge",
                                            "c5.24xlarge"};
      const std::string_view type = random_.pick(types);
      ask_for_machines(c, type, random_.between(1, 6), random_);
      if (random_.below(10) < 4)
        fail(c, "Client.VcpuLimitExceeded",
             "You have requested more vCPU capacity than your current vCPU limit of 0 allows for "
             "the instance bucket that "
             "the specified instance type belongs to. Please visit "
             "http://aws.amazon.com/contact-us/ec2-request to "
             "request an adjustment to this limit.");
    }
    }
    c.region = region;
    return true;
  }

  std::vector<std::string_view> regions_;
};

} // namespace

std::unique_ptr<attack> mining_many_regions(const plan& p) {
  return std::make_unique<mine>(p);
}

} // namespace vedette::simulate

// A quieter miner stays in the region where machines are normal and hopes that sixty more go
// unnoticed until the bill comes.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/places.hpp"

namespace vedette::simulate {

namespace {

class fleet final : public attack {
 public:
  explicit fleet(const plan& p) : attack{p} {
    rob(kind::person);
    work_from(attackers(random_.one_in(2) ? place_use::hosting : place_use::vpn, random_));
    tool_ = "aws-cli/2.13.5 Python/3.11.4 Linux/5.10.0-26-amd64 exe/x86_64.debian.11 prompt/off "
            "command/ec2.run-instances";
    steps_ = 2 + random_.between(9, 14);
    about_.rules = {"compute-allocation-unusual"};
    about_.story = victim_->name +
                   "'s key starts dozens of 96-core machines within a quarter of an hour, from " +
                   about_.source + ".";
  }

 private:
  bool fill(call& c, std::uint32_t step) override {
    if (step == 0) {
      begin(c, "ec2:DescribeImages");
    } else if (step == 1) {
      begin(c, "ec2:DescribeInstanceTypes");
      c.arg[0] = "c5.24xlarge";
    } else {
      begin(c, "ec2:RunInstances");
      ask_for_machines(c, "c5.24xlarge", random_.between(5, 10), random_);
    }
    pace(20'000, 85'000);
    return true;
  }
};

} // namespace

std::unique_ptr<attack> unusual_compute(const plan& p) {
  return std::make_unique<fleet>(p);
}

} // namespace vedette::simulate

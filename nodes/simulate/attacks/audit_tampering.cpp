// First blind the cameras: look at the trails, then stop, narrow or delete them, and the network's
// flow logs too.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/places.hpp"

namespace vedette::simulate {

namespace {

class blind final : public attack {
 public:
  explicit blind(const plan& p) : attack{p} {
    rob(kind::person);
    constexpr place_use uses[] = {place_use::hosting, place_use::vpn, place_use::tor};
    work_from(attackers(random_.pick(uses), random_));
    tool_ = "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2023 prompt/off";
    way_ = random_.below(3);
    steps_ = 5;
    about_.rules = {"audit-log-tampered"};
    constexpr std::string_view verbs[] = {"stops", "narrows", "deletes"};
    about_.story = victim_->name + "'s key " + std::string{verbs[way_]} +
                   " the organisation's audit trail from " + about_.source + ".";
  }

 private:
  bool fill(call& c, std::uint32_t step) override {
    constexpr std::string_view order[] = {"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus",
                                          "", "ec2:DescribeFlowLogs", "ec2:DeleteFlowLogs"};
    constexpr std::string_view ways[] = {"cloudtrail:StopLogging", "cloudtrail:PutEventSelectors",
                                         "cloudtrail:DeleteTrail"};
    begin(c, step == 2 ? ways[way_] : order[step]);
    c.arg[0] = "organisation-trail";
    pace(3'000, 20'000);
    return true;
  }

  std::uint32_t way_ = 0;
};

} // namespace

std::unique_ptr<attack> audit_tampering(const plan& p) {
  return std::make_unique<blind>(p);
}

} // namespace vedette::simulate

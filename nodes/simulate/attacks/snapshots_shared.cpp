// The quiet way to take a database: copy the disk inside the account, then give the copy to an
// account of one's own, where nobody looks.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/names.hpp"
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

namespace vedette::simulate {

namespace {

class snapshot_share final : public attack {
 public:
  explicit snapshot_share(const plan& p) : attack{p} {
    rob(kind::person);
    work_from(attackers(random_.one_in(3) ? place_use::hosting : place_use::vpn, random_));
    tool_ = "aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0-18-amd64 exe/x86_64.debian.12 prompt/off";
    disks_ = random_.between(4, 8);
    steps_ = 2 + disks_ * 2 + 2;
    for (int i = 0; i < 12; ++i)
      account_ += static_cast<char>('0' + (i == 0 ? 9 : random_.below(10)));
    about_.rules = {"snapshots-export-multiple"};
    about_.story = victim_->name + "'s key shares " + std::to_string(disks_) +
                   " disk copies and a database copy with the foreign account " + account_ +
                   ", from " + about_.source + ".";
  }

 private:
  bool fill(call& c, std::uint32_t step) override {
    pace(8'000, 60'000);
    if (step < 2) {
      begin(c, step == 0 ? "ec2:DescribeVolumes" : "ec2:DescribeSnapshots");
      return true;
    }
    const std::uint32_t nth = (step - 2) / 2;
    const bool create = step % 2 == 0;
    if (nth < disks_) {
      if (create) {
        begin(c, "ec2:CreateSnapshot");
        put_hex(c.arg[0], random_, 17);
        c.arg[1] = "migration";
        snapshot_.clear();
        put_hex(snapshot_, random_, 17);
        c.arg[2] = snapshot_;
      } else {
        begin(c, "ec2:ModifySnapshotAttribute");
        c.arg[0] = snapshot_;
        c.arg[1] = account_;
      }
      return true;
    }
    begin(c, create ? "rds:CreateDBSnapshot" : "rds:ModifyDBSnapshotAttribute");
    c.arg[0] = "migration-final";
    c.arg[1] = create ? std::string_view{app_names[victim_->app]} : std::string_view{account_};
    return true;
  }

  std::uint32_t disks_ = 0;
  std::string account_, snapshot_;
};

} // namespace

std::unique_ptr<attack> snapshots_shared(const plan& p) {
  return std::make_unique<snapshot_share>(p);
}

} // namespace vedette::simulate

// Doors for later: a user with a harmless name, a key, a password, and every right there is.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

namespace vedette::simulate {

namespace {

class door final : public attack {
 public:
  explicit door(const plan& p) : attack{p} {
    rob(kind::person);
    work_from(attackers(random_.one_in(2) ? place_use::vpn : place_use::hosting, random_));
    tool_ = "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2023 prompt/off";
    constexpr std::string_view names[] = {"svc-backup", "cloudwatch-agent", "terraform-ci2",
                                          "support-ro", "admin.tmp"};
    name_ = random_.pick(names);
    role_too_ = random_.one_in(2);
    steps_ = role_too_ ? 8 : 6;
    about_.rules = {"identity-created", "iam-policy-attached"};
    about_.story = victim_->name + "'s key creates the user " + name_ +
                   " with a password, a key and administrator rights, from " + about_.source + ".";
  }

 private:
  bool fill(call& c, std::uint32_t step) override {
    constexpr std::string_view order[] = {"sts:GetCallerIdentity", "iam:ListUsers",
                                          "iam:CreateUser",        "iam:AttachUserPolicy",
                                          "iam:CreateAccessKey",   "iam:CreateLoginProfile",
                                          "iam:CreateRole",        "iam:AttachRolePolicy"};
    begin(c, order[step]);
    c.arg[0] = step < 6 ? std::string_view{name_} : std::string_view{"maintenance"};
    if (step == 3 || step == 7)
      c.arg[1] = "arn:aws:iam::aws:policy/AdministratorAccess";
    if (step == 4) {
      c.arg[1] = "AKIA";
      put_upper(c.arg[1], random_, 16);
    }
    if (step == 6)
      c.arg[1] = R"(\"AWS\":\"arn:aws:iam::912345678901:root\")";
    pace(2'000, 30'000);
    return true;
  }

  std::string name_;
  bool role_too_ = false;
};

} // namespace

std::unique_ptr<attack> new_admin(const plan& p) {
  return std::make_unique<door>(p);
}

} // namespace vedette::simulate

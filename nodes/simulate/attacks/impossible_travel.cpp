// A phished password: the owner signs in at the office as every day, and within the hour somebody
// signs in with the same name from another continent.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

namespace vedette::simulate {

namespace {

constexpr std::string_view phished_browser =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36";

class phish final : public attack {
 public:
  explicit phish(const plan& p) : attack{p} {
    rob(kind::person);
    const place& from = attackers(place_use::residential, random_);
    work_from(from);
    tool_ = phished_browser;
    steps_ = owners_steps + 1 + random_.between(4, 9);
    owner_.address = address_in(office(tenant_->city), random_);
    for (session* s : {&owner_, &stolen_}) {
      s->console = true;
      s->key = "ASIA";
      put_upper(s->key, random_, 16);
    }
    about_.rules = {"impossible-travel"};
    about_.story = victim_->name + " signs in from the office in " +
                   std::string{office(tenant_->city).city} + " and, within the hour, from " +
                   std::string{from.city} + " (" + about_.source + ").";
  }

 private:
  static constexpr std::uint32_t owners_steps = 4;

  bool fill(call& c, std::uint32_t step) override {
    constexpr std::string_view looks[] = {
        "s3:ListBuckets",          "ec2:DescribeInstances",         "iam:ListUsers",
        "rds:DescribeDBInstances", "cloudformation:DescribeStacks", "monitoring:DescribeAlarms"};
    const bool owner = step < owners_steps;
    const bool sign_in = step == 0 || step == owners_steps;
    session& s = owner ? owner_ : stolen_;
    if (sign_in)
      s.created = due_;
    const std::string_view what = sign_in ? "signin:ConsoleLogin" : random_.pick(looks);
    if (owner) {
      start_call(c, *tenant_, *victim_, owner_, due_);
      c.what = &find_action(what);
      c.agent = phished_browser;
    } else {
      begin(c, what);
    }
    c.mfa = owner;
    if (step + 1 == owners_steps)
      pace(8 * 60'000, 35 * 60'000);
    else
      pace(10'000, 90'000);
    return !owner;
  }

  session owner_;
};

} // namespace

std::unique_ptr<attack> impossible_travel(const plan& p) {
  return std::make_unique<phish>(p);
}

} // namespace vedette::simulate

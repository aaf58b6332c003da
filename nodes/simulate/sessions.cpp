// How long credentials live and where they are used from, per kind of identity.
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"
#include "nodes/simulate/world.hpp"

namespace vedette::simulate {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

base::duration lifetime(kind k, bool console) {
  switch (k) {
  case kind::person:
    return console ? base::duration{hours{8}} : base::duration{hours{24}};
  case kind::employee:
    return hours{8};
  case kind::pipeline:
    return hours{1};
  case kind::function:
    return minutes{150};
  default:
    return hours{6};
  }
}

std::uint32_t workload_address(const tenant& t, const identity& who, std::uint32_t which,
                               prng& random) {
  switch (who.kind) {
  case kind::pipeline: // GitHub's runners are not in AWS, CodeBuild's hosts are
    return who.session_name == "GitHubActions" ? address_in(runners(), random)
                                               : cloud_address(who.region, random);
  case kind::function:
    return cloud_address(who.region, random);
  case kind::program: // a partner with two fixed servers
    return address_in(home(t.city), 20 + who.number % 5 * 2 + which);
  default: // everything in a VPC leaves through the tenant's gateways
    return egress_address(who.region, t.index, who.number);
  }
}

} // namespace

session& session_at(const tenant& t, identity& who, std::uint32_t which, base::event_time now,
                    prng& random, bool& renewed) {
  session& s = who.sessions[which];
  renewed = now >= s.expires;
  if (!renewed)
    return s;
  const bool person = who.kind == kind::person || who.kind == kind::employee;
  s.console = person && which == 1;
  if (is_role(who.kind) || s.console) {
    s.key.assign("ASIA");
    put_upper(s.key, random, 16);
  }
  s.address = person ? person_address(t, who, now) : workload_address(t, who, which, random);
  s.created = now;
  s.expires = now + lifetime(who.kind, s.console) + std::chrono::seconds{random.below(1800)};
  if (person && !s.console) {
    // The key on a laptop moves with the person: look again in the morning.
    s.expires = t.day_start(now) + hours{24};
  }
  return s;
}

} // namespace vedette::simulate

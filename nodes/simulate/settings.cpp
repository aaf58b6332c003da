// What a tenant would have configured about itself, in the form the product reads.
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"
#include "nodes/simulate/world.hpp"

namespace vedette::simulate {

namespace {

void put_place(std::string& out, const place& p) {
  out += "  - ";
  put_address(out, p.first);
  out += '/';
  put_number(out, static_cast<std::uint64_t>(p.prefix));
  out += '\n';
}

void put_roles(std::string& out, const tenant& t, std::initializer_list<kind> of) {
  for (const kind k : of)
    for (std::uint32_t i = 0; i < t.count(k); ++i)
      out += "  - " + arn_of(t, t.identities[t.first_of[static_cast<std::size_t>(k)] + i]) + "\n";
}

} // namespace

std::string settings_yaml(const tenant& t) {
  std::string out = "# Settings of the synthetic tenant " + t.name + ".\naccounts:\n";
  for (const auto& account : t.accounts)
    out += "  - \"" + account + "\"\n";
  out += "own_networks:\n";
  for (const std::uint32_t region : {std::uint32_t{t.region}, std::uint32_t{t.second_region}}) {
    out += "  - ";
    put_address(out, egress_address(region, t.index, 0));
    out += "/30\n";
  }
  out += "corporate_networks:\n";
  put_place(out, office(t.city));
  out += "ci_roles:\n";
  put_roles(out, t, {kind::pipeline, kind::drift, kind::stackset});
  out += "backup_roles:\n";
  put_roles(out, t, {kind::backup, kind::copier});
  out += "break_glass:\n  - arn:aws:iam::" + t.accounts[0] + ":user/break-glass\n";
  out += "allowed_regions: []\nsensitive_resources:\n";
  for (std::uint32_t i = 0; i < backup_buckets; ++i)
    out += "  - " + t.buckets[lake_buckets + i] + "\n";
  return out;
}

} // namespace vedette::simulate

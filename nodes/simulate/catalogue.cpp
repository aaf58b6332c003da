#include "nodes/simulate/catalogue.hpp"

#include "base/assert.hpp"
#include "nodes/simulate/catalogue_tables.hpp"
#include "nodes/simulate/names.hpp"
#include "nodes/simulate/text.hpp"

#include <algorithm>
#include <vector>

namespace vedette::simulate {

namespace {

bool before(const action& a, const action& b) {
  return a.service != b.service ? a.service < b.service : a.name < b.name;
}

const std::vector<action>& sorted_actions() {
  static const std::vector<action> sorted = [] {
    std::vector<action> all;
    for (const auto part :
         {compute_actions(), storage_actions(), identity_actions(), platform_actions()})
      all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end(), before);
    return all;
  }();
  return sorted;
}

void put_variable(std::string& out, char what, const call& c, prng& random) {
  switch (what) {
  case 'A':
    out += c.tenant->accounts[c.who->account];
    break;
  case 'R':
    out += c.region;
    break;
  case 'b':
    out += c.bucket;
    break;
  case 'k':
    out += c.key;
    break;
  case '1':
  case '2':
  case '3':
  case '4':
    out += c.arg[static_cast<std::size_t>(what - '1')];
    break;
  case 'u':
    out += c.who->name;
    break;
  case 'a':
    out += app_names[c.who->app];
    break;
  case 't':
    out += c.tenant->name;
    break;
  case 'T':
    put_time(out, c.time);
    break;
  case 'L':
    put_long_time(out, c.time);
    break;
  case 'E':
    put_long_time(out, c.time + std::chrono::hours{1});
    break;
  case 'h':
    put_hex(out, random, 17);
    break;
  case 'H':
    put_hex(out, random, 8);
    break;
  case 'U':
    put_uuid(out, random);
    break;
  case 'X':
    put_upper(out, random, 17);
    break;
  case 'n':
    put_number(out, random.between(1, 9));
    break;
  case 'N':
    put_number(out, random.between(1000, 9999));
    break;
  case 'S':
    for (int i = 0; i < 4; ++i)
      put_base64(out, random, 100);
    break;
  default:
    VEDETTE_ASSERT(what == '%');
    out += '%';
  }
}

} // namespace

const action& find_action(std::string_view name) {
  const auto colon = name.find(':');
  VEDETTE_ASSERT(colon != std::string_view::npos);
  action wanted;
  wanted.service = name.substr(0, colon);
  wanted.name = name.substr(colon + 1);
  const auto at =
      std::lower_bound(sorted_actions().begin(), sorted_actions().end(), wanted, before);
  VEDETTE_ASSERT(at != sorted_actions().end() && at->service == wanted.service &&
                 at->name == wanted.name);
  return *at;
}

std::span<const action> all_actions() {
  return sorted_actions();
}

void expand(std::string& out, std::string_view text, const call& c, prng& random) {
  while (true) {
    const auto at = text.find('%');
    if (at == std::string_view::npos || at + 1 == text.size()) {
      out += text;
      return;
    }
    out += text.substr(0, at);
    put_variable(out, text[at + 1], c, random);
    text.remove_prefix(at + 2);
  }
}

void ask_for_machines(call& c, std::string_view type, std::uint32_t count, prng& random) {
  c.arg[0].assign(type);
  c.arg[1].clear();
  put_number(c.arg[1], count);
  std::string& items = c.arg[2];
  items.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    items += i == 0 ? R"({"instanceId":"i-0)" : R"(,{"instanceId":"i-0)";
    put_hex(items, random, 16);
    items
        .append(
            R"(","imageId":"ami-0abcdef1234567890","instanceState":{"code":0,"name":"pending"},"instanceType":")")
        .append(type)
        .append(R"(","placement":{"availabilityZone":")")
        .append(c.region);
    items += R"(a","tenancy":"default"}})";
  }
}

} // namespace vedette::simulate

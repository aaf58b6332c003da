#include "io/aws/response/policy_text.hpp"

#include "base/json_writer.hpp"

#include <simdjson.h>

#include <vector>

namespace vedette::io {

namespace {

using base::ec;
using base::error;
using simdjson::dom::element;

std::string sid_of(element statement) {
  std::string_view sid;
  return statement["Sid"].get(sid) == simdjson::SUCCESS ? std::string{sid} : std::string{};
}

} // namespace

base::result<std::string> with_statement(std::string_view policy, std::string_view add,
                                         std::string_view remove) {
  simdjson::dom::parser parser, other;
  element root, added;
  const simdjson::padded_string text{policy.empty() ? std::string_view{"{}"} : policy};
  const simdjson::padded_string new_text{add.empty() ? std::string_view{"{}"} : add};
  simdjson::dom::object members;
  if (parser.parse(text).get(root) != simdjson::SUCCESS || root.get(members) != simdjson::SUCCESS ||
      other.parse(new_text).get(added) != simdjson::SUCCESS)
    return error{ec::malformed, "changing a bucket's policy: it is not JSON"};
  const auto gone = add.empty() ? std::string{remove} : sid_of(added);
  std::vector<element> kept;
  const auto keep = [&](element s) {
    if (gone.empty() || sid_of(s) != gone)
      kept.push_back(s);
  };
  base::json_writer w;
  w.begin_object();
  bool version = false;
  for (const auto& [name, value] : members) {
    if (name != "Statement") {
      version = version || name == "Version";
      w.key(name).raw(simdjson::minify(value));
    } else if (simdjson::dom::array all; value.get(all) == simdjson::SUCCESS) {
      for (const auto s : all)
        keep(s);
    } else {
      keep(value); // a single one may stand without brackets
    }
  }
  if (!version)
    w.member("Version", "2012-10-17");
  w.key("Statement").begin_array();
  for (const auto s : kept)
    w.raw(simdjson::minify(s));
  if (!add.empty())
    w.raw(simdjson::minify(added));
  w.end_array().end_object();
  if (kept.empty() && add.empty())
    return std::string{};
  return std::string{w.text()};
}

} // namespace vedette::io

#include "respond/executor.hpp"

#include "base/json_writer.hpp"

namespace vedette::respond {
namespace {

const std::string* find(const prior_values& values, std::string_view name) {
  const auto it = values.find(name);
  return it == values.end() ? nullptr : &it->second;
}

} // namespace

base::result<std::string> fill_deferred(std::string_view text, base::receive_time attempt,
                                        const prior_values& prior, const prior_values& results) {
  const bool document = text.starts_with('{') || text.starts_with('[');
  const auto time = base::format_rfc3339(attempt);
  std::string out;
  std::size_t at = 0;
  while (true) {
    const auto open = text.find("${", at);
    out += text.substr(at, open - at);
    if (open == std::string_view::npos)
      return out;
    const auto close = text.find('}', open);
    const auto name =
        text.substr(open + 2, close == std::string_view::npos ? close : close - open - 2);
    const std::string* value = nullptr;
    if (close == std::string_view::npos)
      ;
    else if (name == "attempt.time")
      value = &time;
    else if (name.starts_with("prior."))
      value = find(prior, name.substr(6));
    else if (name.starts_with("result."))
      value = find(results, name.substr(7));
    if (!value)
      return base::error{base::ec::not_found, "filling ${" + std::string{name} +
                                                  "}: the target did not tell this value"};
    if (document) {
      base::json_writer json;
      json.value(*value);
      out += json.text().substr(1, json.text().size() - 2);
    } else {
      out += *value;
    }
    at = close + 1;
  }
}

} // namespace vedette::respond

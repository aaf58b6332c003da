#include "nodes/server/api/json.hpp"

namespace vedette::server {

base::result<json_document> json_document::parse(std::string_view text, std::string_view what) {
  if (text.size() > text_max)
    return base::error{base::ec::too_large, std::string{"reading "} + std::string{what} +
                                                ": it has " + std::to_string(text.size()) +
                                                " bytes"};
  json_document out;
  out.parser_ = std::make_unique<simdjson::dom::parser>();
  const auto code = out.parser_->parse(text.data(), text.size()).get(out.root_);
  if (code != simdjson::SUCCESS)
    return base::error{base::ec::malformed,
                       std::string{"reading "} + std::string{what} +
                           ": it is not JSON: " + simdjson::error_message(code)};
  return out;
}

std::optional<json_value> at(json_value from, std::string_view path) {
  while (!path.empty()) {
    const auto dot = path.find('.');
    simdjson::dom::object object;
    if (from.get(object) != simdjson::SUCCESS ||
        object.at_key(path.substr(0, dot)).get(from) != simdjson::SUCCESS)
      return std::nullopt;
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return from;
}

std::string text_of(json_value v) {
  std::string_view text;
  if (v.get(text) == simdjson::SUCCESS)
    return std::string{text};
  return v.is_null() ? std::string{} : to_text(v);
}

std::string text_at(json_value from, std::string_view path) {
  const auto v = at(from, path);
  return v ? text_of(*v) : std::string{};
}

std::uint64_t number_at(json_value from, std::string_view path) {
  std::uint64_t out = 0;
  const auto v = at(from, path);
  return v && v->get(out) == simdjson::SUCCESS ? out : 0;
}

bool flag_at(json_value from, std::string_view path) {
  bool out = false;
  const auto v = at(from, path);
  return v && v->get(out) == simdjson::SUCCESS && out;
}

std::vector<json_value> list_of(json_value v) {
  std::vector<json_value> out;
  simdjson::dom::array array;
  if (v.get(array) == simdjson::SUCCESS)
    for (const auto e : array)
      out.push_back(e);
  return out;
}

std::vector<json_value> list_at(json_value from, std::string_view path) {
  const auto v = at(from, path);
  return v ? list_of(*v) : std::vector<json_value>{};
}

std::vector<std::string> texts_at(json_value from, std::string_view path) {
  std::vector<std::string> out;
  for (const auto v : list_at(from, path))
    out.push_back(text_of(v));
  return out;
}

std::string to_text(json_value v) {
  return simdjson::minify(v);
}

} // namespace vedette::server

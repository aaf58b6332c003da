#include "nodes/client/render.hpp"

#include "base/json_writer.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace vedette::client {

namespace {

using server::json_value;
using kind = simdjson::dom::element_type;

void write_json(base::json_writer& w, json_value v) {
  switch (v.type()) {
  case kind::OBJECT:
    w.begin_object();
    for (const auto [key, value] : simdjson::dom::object(v)) {
      w.key(key);
      write_json(w, value);
    }
    w.end_object();
    break;
  case kind::ARRAY:
    w.begin_array();
    for (const auto e : server::list_of(v))
      write_json(w, e);
    w.end_array();
    break;
  case kind::STRING:
    w.value(std::string_view(v));
    break;
  default:
    w.raw(server::to_text(v));
  }
}

/// Whether a reader of YAML would take the plain text for something that is no string.
bool reads_as_other(const std::string& text) {
  constexpr std::string_view words[] = {"true", "false", "null", "yes", "no",   "on",
                                        "off",  "~",     "y",    "n",   ".nan", ".inf"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (text.empty() || std::find(std::begin(words), std::end(words), lower) != std::end(words))
    return true;
  // Numbers, dates, and whatever else begins like one.
  return text.find_first_not_of("0123456789+-.eExX_:TZ ") == std::string::npos ||
         (text.front() >= '0' && text.front() <= '9');
}

void write_yaml(YAML::Emitter& y, json_value v) {
  switch (v.type()) {
  case kind::OBJECT:
    y << YAML::BeginMap;
    for (const auto [key, value] : simdjson::dom::object(v)) {
      y << YAML::Key << std::string{key} << YAML::Value;
      write_yaml(y, value);
    }
    y << YAML::EndMap;
    break;
  case kind::ARRAY: {
    const auto elements = server::list_of(v);
    if (elements.empty())
      y << YAML::Flow;
    y << YAML::BeginSeq;
    for (const auto e : elements)
      write_yaml(y, e);
    y << YAML::EndSeq;
    break;
  }
  case kind::STRING: {
    const auto text = server::text_of(v);
    if (reads_as_other(text))
      y << YAML::DoubleQuoted;
    y << text;
    break;
  }
  case kind::NULL_VALUE:
    y << YAML::Null;
    break;
  default:
    y << server::to_text(v);
  }
}

bool is_plain(json_value v) {
  return !v.is_object() && !v.is_array();
}

bool is_empty(json_value v) {
  if (v.is_array())
    return server::list_of(v).empty();
  simdjson::dom::object o;
  if (v.get(o) == simdjson::SUCCESS)
    return o.size() == 0;
  return server::text_of(v).empty();
}

void outline(std::string& out, json_value v, int indent);

void outline_member(std::string& out, std::string_view name, json_value v, int indent) {
  if (is_empty(v))
    return;
  out.append(static_cast<std::size_t>(indent), ' ');
  out += harmless(name);
  out += ':';
  const auto elements = server::list_of(v);
  if (is_plain(v)) {
    out += " " + harmless(server::text_of(v)) + "\n";
  } else if (v.is_array() && std::all_of(elements.begin(), elements.end(), is_plain)) {
    for (std::size_t i = 0; i < elements.size(); ++i)
      out += (i == 0 ? " " : ", ") + harmless(server::text_of(elements[i]));
    out += "\n";
  } else {
    out += "\n";
    outline(out, v, indent + 2);
  }
}

void outline(std::string& out, json_value v, int indent) {
  simdjson::dom::object object;
  if (v.get(object) == simdjson::SUCCESS) {
    for (const auto [key, value] : object)
      outline_member(out, key, value, indent);
    return;
  }
  if (v.is_array()) {
    for (const auto e : server::list_of(v)) {
      std::string element;
      outline(element, e, indent + 2);
      if (element.empty())
        continue;
      // The dash takes the place of the first line's indentation.
      element[static_cast<std::size_t>(indent)] = '-';
      out += element;
    }
    return;
  }
  out.append(static_cast<std::size_t>(indent), ' ');
  out += harmless(server::text_of(v)) + "\n";
}

} // namespace

std::string to_pretty_json(json_value v) {
  base::json_writer w{2};
  write_json(w, v);
  return std::string{w.text()} + "\n";
}

std::string to_yaml(json_value v) {
  YAML::Emitter y;
  write_yaml(y, v);
  return std::string{y.c_str(), y.size()} + "\n";
}

std::string to_yaml(const std::vector<json_value>& elements) {
  YAML::Emitter y;
  if (elements.empty())
    y << YAML::Flow;
  y << YAML::BeginSeq;
  for (const auto e : elements)
    write_yaml(y, e);
  y << YAML::EndSeq;
  return std::string{y.c_str(), y.size()} + "\n";
}

std::string to_outline(json_value v, int indent) {
  std::string out;
  outline(out, v, indent);
  return out;
}

std::string harmless(std::string_view text) {
  std::string out{text};
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

} // namespace vedette::client

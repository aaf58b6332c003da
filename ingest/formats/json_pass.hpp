// One forward pass over a record with simdjson: where its own fields stand, and the few values a
// format asks for.
//
// The fields come in any order; of those given twice the first counts, which `take` sees to. Texts
// are views into the record, or into the parser's buffer when they had escapes: they die with the
// next record. Included by the formats only: simdjson is a large header.
#pragma once

#include "base/limits.hpp"
#include "ingest/json_reader.hpp"

#include <cstring>
#include <simdjson.h>
#include <span>
#include <string_view>
#include <vector>

namespace vedette::ingest {

namespace od = simdjson::ondemand;

/// Longer names of fields are not read.
inline constexpr std::size_t key_bytes_max = 63;

/// The scalar as written, without what follows it; does not consume it.
inline std::string_view token_of(od::value& v) noexcept {
  auto token = v.raw_json_token();
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\t' ||
                            token.back() == '\r'))
    token.remove_suffix(1);
  return token;
}

/// Sets `out` to the text (or number or boolean as written) unless it has a value already.
inline void take(od::value& v, std::string_view& out) noexcept {
  if (!out.empty())
    return;
  const auto token = token_of(v);
  if (token.empty())
    return;
  const char first = token.front();
  if (first == '"') {
    if (token.size() < 2 || token.back() != '"')
      return;
    const auto body = token.substr(1, token.size() - 2);
    if (body.empty())
      return;
    if (std::memchr(body.data(), '\\', body.size()) == nullptr)
      out = body;
    else if (std::string_view unescaped; v.get_string().get(unescaped) == simdjson::SUCCESS)
      out = unescaped;
  } else if (first == '-' || (first >= '0' && first <= '9') || first == 't' || first == 'f') {
    out = token;
  }
}

/// As `take`, for a field that must be text: true when it is there and is something else.
inline bool take_text(od::value& v, std::string_view& out) noexcept {
  const auto token = token_of(v);
  if (!token.empty() && token.front() != '"' && token != "null" && out.empty())
    return true;
  take(v, out);
  return false;
}

/// Sets `out` to the sub-object's or array's JSON, or to the scalar as written, unless it is set.
inline void take_json(od::value& v, json_value& out) noexcept {
  if (out)
    return;
  const auto token = token_of(v);
  if (token.empty())
    return;
  std::string_view raw;
  if (token.front() == '{') {
    od::object object;
    if (v.get_object().get(object) == simdjson::SUCCESS &&
        object.raw_json().get(raw) == simdjson::SUCCESS)
      out = {json_kind::object, raw};
  } else if (token.front() == '[') {
    od::array array;
    if (v.get_array().get(array) == simdjson::SUCCESS &&
        array.raw_json().get(raw) == simdjson::SUCCESS)
      out = {json_kind::array, raw};
  } else if (token.front() == '"' && token.size() >= 2 && token.back() == '"') {
    out = {json_kind::text, token};
  } else {
    out = read_value(token);
  }
}

/// The key's bytes as written. Keys longer than `key_bytes_max`, and so than any we look for, come
/// back empty.
inline std::string_view key_of(const od::field& f) noexcept {
  const char* begin = f.key().raw();
  const void* end = std::memchr(begin, '"', key_bytes_max + 1);
  return end == nullptr
             ? std::string_view{}
             : std::string_view{begin,
                                static_cast<std::size_t>(static_cast<const char*>(end) - begin)};
}

/// Calls `use(key, value)` for each field; the error when the text ends or breaks on the way.
template <class Use>
simdjson::error_code each_field(od::object& object, Use&& use) noexcept {
  for (auto item : object) {
    od::field f;
    if (auto error = std::move(item).get(f); error != simdjson::SUCCESS)
      return error;
    if (auto error = use(key_of(f), f.value()); error != simdjson::SUCCESS)
      return error;
  }
  return simdjson::SUCCESS;
}

/// Whether the value is an object; does not consume it.
inline bool is_object(od::value& v) noexcept {
  const auto token = token_of(v);
  return !token.empty() && token.front() == '{';
}

/// The same for the value's fields, when it is an object; nothing otherwise.
template <class Use>
simdjson::error_code inside(od::value& v, Use&& use) noexcept {
  if (!is_object(v))
    return simdjson::SUCCESS;
  od::object object;
  if (auto error = v.get_object().get(object); error != simdjson::SUCCESS)
    return error;
  return each_field(object, use);
}

/// The pass itself; one per reader, keeps its buffers.
class json_pass {
 public:
  /// Calls `use(key, value)` for each field of the record. Empty when the text is one JSON object;
  /// otherwise why it is not. `json` needs 64 readable bytes behind it. O(length).
  template <class Use>
  [[nodiscard]] std::string_view run(std::string_view json, Use&& use) {
    fields_.clear();
    if (json.size() > base::limits::record_bytes)
      return "record is larger than 4 MiB";
    od::document document;
    auto error = parser_.iterate(json.data(), json.size(), json.size() + simdjson::SIMDJSON_PADDING)
                     .get(document);
    if (error == simdjson::UTF8_ERROR)
      return "record is not UTF-8";
    if (error == simdjson::EMPTY)
      return "record is empty";
    constexpr std::string_view broken = "record is truncated or not valid JSON";
    if (error != simdjson::SUCCESS)
      return broken;
    od::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS)
      return "record is not a JSON object";
    error = each_field(object, [&](std::string_view key, od::value& v) {
      if (fields_.size() < fields_max)
        fields_.push_back({key, v.raw_json_token().data()});
      return use(key, v);
    });
    const char* rest = nullptr;
    if (error != simdjson::SUCCESS || document.current_location().get(rest) == simdjson::SUCCESS)
      return broken;
    return {};
  }

  /// All of the record's own fields, in its order.
  [[nodiscard]] std::span<const json_field> fields() const noexcept { return fields_; }

 private:
  /// A record has thirty fields; a forged one with more keeps its first ones findable.
  static constexpr std::size_t fields_max = 256;

  od::parser parser_;
  std::vector<json_field> fields_;
};

/// Fills `out` anew from a record whose fields `use(key, value, out)` takes; as json_pass::run.
template <class Record, class Use>
[[nodiscard]] std::string_view read_record(std::string_view json, json_pass& pass, Record& out,
                                           Use&& use) {
  out = {};
  const auto wrong =
      pass.run(json, [&](std::string_view key, od::value& v) { return use(key, v, out); });
  out.fields = pass.fields();
  return wrong;
}

} // namespace vedette::ingest

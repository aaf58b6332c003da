// JSON output, streamed into a string; a thin door to RapidJSON's writer so that no other file of
// ours includes it. Invalid UTF-8 in values is replaced by U+FFFD, so output is always valid JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::base {

class json_writer {
 public:
  /// `indent` spaces per level; 0 writes everything on one line.
  explicit json_writer(int indent = 0);
  ~json_writer();
  json_writer(const json_writer&) = delete;
  json_writer& operator=(const json_writer&) = delete;

  json_writer& begin_object();
  json_writer& end_object();
  json_writer& begin_array();
  json_writer& end_array();
  json_writer& key(std::string_view name);

  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view{text}); }
  json_writer& value(const std::string& text) { return value(std::string_view{text}); }
  json_writer& value(bool v);
  json_writer& value(std::uint64_t v);
  json_writer& value(std::int64_t v);
  json_writer& value(std::uint32_t v) { return value(std::uint64_t{v}); }
  json_writer& value(int v) { return value(std::int64_t{v}); }
  json_writer& value(double v); ///< shortest form that reads back equal; null when not finite
  json_writer& null();
  /// Text that is JSON already; the caller vouches for it.
  json_writer& raw(std::string_view json);

  template <class T>
  json_writer& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }

  template <class Range>
  json_writer& array(std::string_view name, const Range& values) {
    key(name);
    begin_array();
    for (const auto& v : values)
      value(v);
    return end_array();
  }

  /// What was written so far.
  [[nodiscard]] std::string_view text() const;
  /// Starts over, keeping the memory.
  void clear();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::base

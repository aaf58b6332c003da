// Reading members of a small JSON object with one verdict at the end: every `take` that fails is
// noted, the first one is told.
//
// Absent members leave the default unless they are needed. Numbers of 64 bits come as strings, as
// etcd's gateway and our own records write them; plain ones are taken too. Used in io/coordination/
// only; includes simdjson, so never from a header that others see.
#pragma once

#include "base/result.hpp"

#include <simdjson.h>

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace vedette::io {

class json_members {
 public:
  /// `from` outlives this.
  explicit json_members(simdjson::dom::element from) {
    if (from.get(object_) != simdjson::SUCCESS)
      failed_ = "not an object";
  }

  json_members& need(std::string_view name, std::string& out) {
    if (!take_text(name, out))
      fail(name);
    return *this;
  }
  json_members& take(std::string_view name, std::string& out) {
    return has(name) ? need(name, out) : *this;
  }
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) json_members& need(std::string_view name, T& out) {
    std::uint64_t wide = 0;
    if (!take_number(name, wide) || wide > std::numeric_limits<T>::max())
      fail(name);
    else
      out = static_cast<T>(wide);
    return *this;
  }
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) json_members& take(std::string_view name, T& out) {
    return has(name) ? need(name, out) : *this;
  }
  json_members& take(std::string_view name, bool& out) {
    if (has(name) && object_[name].get(out) != simdjson::SUCCESS)
      fail(name);
    return *this;
  }
  json_members& take(std::string_view name, double& out) {
    if (has(name) && object_[name].get(out) != simdjson::SUCCESS)
      fail(name);
    return *this;
  }
  /// Calls `each` with every element of an array that is there.
  template <class F>
  json_members& each(std::string_view name, F each_of) {
    simdjson::dom::array list;
    if (!has(name))
      return *this;
    if (object_[name].get(list) != simdjson::SUCCESS) {
      fail(name);
      return *this;
    }
    for (const auto element : list)
      if (!each_of(element))
        fail(name);
    return *this;
  }

  [[nodiscard]] bool has(std::string_view name) const {
    simdjson::dom::element ignored;
    return failed_.empty() && object_[name].get(ignored) == simdjson::SUCCESS;
  }
  void fail(std::string_view name) {
    if (failed_.empty())
      failed_ = std::string{"member '"} + std::string{name} + "' is missing or not what it must be";
  }
  /// Empty when all went well.
  [[nodiscard]] const std::string& failed() const noexcept { return failed_; }

 private:
  bool take_text(std::string_view name, std::string& out) {
    std::string_view text;
    if (!failed_.empty() || object_[name].get(text) != simdjson::SUCCESS)
      return false;
    out = text;
    return true;
  }
  bool take_number(std::string_view name, std::uint64_t& out) {
    std::string_view text;
    if (!failed_.empty())
      return false;
    if (object_[name].get(text) != simdjson::SUCCESS)
      return object_[name].get(out) == simdjson::SUCCESS;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return code == std::errc{} && end == text.data() + text.size();
  }

  simdjson::dom::object object_;
  std::string failed_;
};

} // namespace vedette::io

// Failures of the world are values: what was tried, on what, why it failed, what to do.
//
// `result<T>` holds a T or an `error`; reading the one that is not there is our mistake and
// asserts.
#pragma once

#include "base/assert.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace vedette::base {

/// One vocabulary for everything that can go wrong; actors carry it as a CAF error of category
/// "cdr".
enum class ec : std::uint8_t {
  none = 0,
  invalid_argument, ///< a value given by the user is not acceptable
  not_found,        ///< the thing asked for is not there
  unreadable,       ///< input cannot be opened, read or decompressed
  malformed,        ///< input was read and does not have the shape it must have
  too_large,        ///< a stated limit was exceeded
  unsupported,      ///< well-formed, but a version or feature that this build lacks
  conflict,         ///< held by another process, or changed under us
  unavailable,      ///< the other side cannot be reached, or is overloaded: try again later
  denied,           ///< the credential does not allow it
  stale_epoch,      ///< the sender acted on an old partition map
  io,               ///< the operating system or the store refused a read or write
  disk_full,        ///< no space left
  timed_out,        ///< no answer before the deadline
  corrupt,          ///< stored bytes fail their checksum or do not decode
  shutting_down,    ///< this node is draining
};

[[nodiscard]] std::string_view to_string(ec code) noexcept;

struct error {
  ec code = ec::none;
  std::string context; ///< one line: what was tried, on what, why it failed, what to do

  friend bool operator==(const error&, const error&) = default;
};

/// "malformed: reading rules/a.yaml: line 3: unknown modifier 'foo'"
[[nodiscard]] std::string to_string(const error& e);

template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : held_{std::in_place_index<0>, std::move(value)} {}
  result(error e) : held_{std::in_place_index<1>, std::move(e)} {}

  [[nodiscard]] explicit operator bool() const noexcept { return held_.index() == 0; }
  [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }

  T& operator*() & { return get(); }
  const T& operator*() const& { return get(); }
  T&& operator*() && { return std::move(get()); }
  T* operator->() { return &get(); }
  const T* operator->() const { return &get(); }

  [[nodiscard]] const error& err() const {
    VEDETTE_ASSERT(held_.index() == 1);
    return std::get<1>(held_);
  }

 private:
  T& get() {
    VEDETTE_ASSERT(held_.index() == 0);
    return std::get<0>(held_);
  }
  const T& get() const {
    VEDETTE_ASSERT(held_.index() == 0);
    return std::get<0>(held_);
  }

  std::variant<T, error> held_;
};

/// A result that carries nothing but whether it worked: `return status{};` means done.
class [[nodiscard]] status {
 public:
  status() = default;
  status(error e) : failed_{std::move(e)} {}

  [[nodiscard]] explicit operator bool() const noexcept { return !failed_; }
  [[nodiscard]] const error& err() const {
    VEDETTE_ASSERT(failed_.has_value());
    return *failed_;
  }

 private:
  std::optional<error> failed_;
};

} // namespace vedette::base

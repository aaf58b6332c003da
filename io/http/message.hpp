// What a request asks and what a response says: plain values, no library behind them.
#pragma once

#include "base/ip_address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::io {

enum class http_method : std::uint8_t { get, head, post, put, del, other };

[[nodiscard]] std::string_view to_string(http_method m) noexcept;

/// Names compare without case, order is kept.
class http_headers {
 public:
  void set(std::string_view name, std::string value); ///< replaces
  void add(std::string_view name, std::string value);
  /// The first value, empty when absent.
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  [[nodiscard]] auto begin() const noexcept { return all_.begin(); }
  [[nodiscard]] auto end() const noexcept { return all_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

/// Path parameters or query parameters, decoded.
using http_parameters = std::vector<std::pair<std::string, std::string>>;

/// The first value of that name; nothing when absent.
[[nodiscard]] std::optional<std::string_view> find(const http_parameters& in,
                                                   std::string_view name);

struct http_request {
  http_method method = http_method::get;
  std::string path;           ///< percent-decoded, begins with '/', without the query
  http_parameters parameters; ///< what the route's {names} matched
  http_parameters query;
  http_headers headers;
  std::string body; ///< decompressed
  base::ip_address peer;
  bool tls = false;
};

struct http_response {
  int status = 200;
  http_headers headers;
  std::string body;
};

/// The standard phrase ("Not Found"); empty for codes without one.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// Splits "a=1&b=x%20y+z"; nothing when an escape is broken or there are more than 64 pairs.
[[nodiscard]] std::optional<http_parameters> parse_query(std::string_view text);
/// Decodes %XX; nothing on a broken escape or a NUL, escaped or not. `plus_is_space` is for
/// queries.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
/// Encodes all but A-Za-z0-9-._~ .
[[nodiscard]] std::string percent_encode(std::string_view text);

/// A 2xx answer that is JSON already.
[[nodiscard]] http_response json_response(std::string json, int status = 200);
[[nodiscard]] http_response text_response(std::string text, int status = 200);

} // namespace vedette::io

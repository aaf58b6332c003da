// Reading JSON that came in a body, from a record of the store, or from a node: looked up by dotted
// path, absent when it is not there. A thin door to simdjson's tree, bounded by `text_max`.
//
// Used by the API, its stores, and the commands that ask it.
#pragma once

#include "base/result.hpp"

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

using json_value = simdjson::dom::element;

class json_document {
 public:
  /// Larger texts are refused; the API itself answers at most a page.
  static constexpr std::size_t text_max = std::size_t{256} << 20;

  /// `what` names the text for the message. Error malformed. O(length).
  [[nodiscard]] static base::result<json_document> parse(std::string_view text,
                                                         std::string_view what);

  [[nodiscard]] json_value root() const noexcept { return root_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_; ///< owns what `root_` points into
  json_value root_;
};

/// "identity.id" below `from`; nothing when a part is absent or no object.
[[nodiscard]] std::optional<json_value> at(json_value from, std::string_view path);
/// Strings as they are, numbers and booleans as written, null and absent as "".
[[nodiscard]] std::string text_at(json_value from, std::string_view path);
/// The value itself as `text_at` would give it; objects and arrays as JSON on one line.
[[nodiscard]] std::string text_of(json_value v);
/// 0 when absent or negative.
[[nodiscard]] std::uint64_t number_at(json_value from, std::string_view path);
[[nodiscard]] bool flag_at(json_value from, std::string_view path);
/// Elements of an array; empty when it is none.
[[nodiscard]] std::vector<json_value> list_at(json_value from, std::string_view path);
[[nodiscard]] std::vector<json_value> list_of(json_value v);
/// An array's elements as text.
[[nodiscard]] std::vector<std::string> texts_at(json_value from, std::string_view path);
/// On one line.
[[nodiscard]] std::string to_text(json_value v);

} // namespace vedette::server

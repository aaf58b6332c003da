// The API calls the generator knows, with the JSON their records carry.
//
// Parameters and answers are templates: literal JSON with % and one character for what varies (the
// list stands at expand()). Constant tables; found by name in O(log n), once per habit or attack.
#pragma once

#include "nodes/simulate/record.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vedette::simulate {

enum action_flags : std::uint8_t {
  reads = 1,  ///< readOnly
  data = 2,   ///< a data event
  global = 4, ///< logged in us-east-1 whatever the caller's region
  coded = 8,  ///< denials are AccessDeniedException
};

struct action {
  std::string_view service; ///< "s3"
  std::string_view name;    ///< "GetObject"
  std::uint8_t flags = 0;
  std::string_view request = "null";
  std::string_view response = "null";
  std::string_view missing = {}; ///< error code when the thing asked for is not there
  std::string_view api_version = {};
  std::string_view resource_type = {}; ///< with `resource`: the resources member
  std::string_view resource = {};      ///< template of the ARN
};

/// `name` is "service:Action". A name not in the tables is our mistake and asserts.
[[nodiscard]] const action& find_action(std::string_view name);
[[nodiscard]] std::span<const action> all_actions();

/// Appends `text` with these replaced: %A account %R region %b bucket %k key %1..%4 arguments
/// %u the caller's name %a its application %t tenant %T time %L long time %h 17 hex digits
/// %H 8 hex digits %U UUID %X 17 capitals %E an hour from now %n 1..9 %N 1000..9999 %S 400 base64
/// characters %% percent.
void expand(std::string& out, std::string_view text, const call& c, prng& random);

/// Arguments of ec2:RunInstances: `count` machines of `type`, with the answer's instance list.
void ask_for_machines(call& c, std::string_view type, std::uint32_t count, prng& random);

} // namespace vedette::simulate

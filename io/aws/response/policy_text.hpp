// A bucket's policy with one statement more or less. Pure.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace vedette::io {

/// `policy` without the statement whose Sid is that of `add` or is `remove`, and with `add` when it
/// is not empty; an empty `policy` is one without statements. Empty when no statement is left: then
/// the policy is to be deleted. Everything else stays as it was. Error malformed.
[[nodiscard]] base::result<std::string>
with_statement(std::string_view policy, std::string_view add, std::string_view remove);

} // namespace vedette::io

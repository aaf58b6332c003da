// Completion scripts made from the commands as they are declared, so that they cannot fall behind.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>

namespace vedette::client {

/// `shell`: bash, zsh or fish. Knows commands, their commands, and options; what follows an option
/// is left to the shell's file names. O(commands).
[[nodiscard]] std::string completion(const CLI::App& program, std::string_view shell);

} // namespace vedette::client

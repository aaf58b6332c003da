// Places at which a test lets the process die. Nothing in builds for use.
//
// Only with VEDETTE_FAILPOINTS (presets `dev` and `tsan`): FAILPOINT=NAME:VALUE in the environment
// ends the process at `failpoint(NAME, VALUE)` as an internal error does.
#pragma once

#include <string_view>

namespace vedette::actors {

#ifdef VEDETTE_FAILPOINTS
void failpoint(std::string_view name, std::string_view value) noexcept;
#else
inline void failpoint(std::string_view, std::string_view) noexcept {}
#endif

} // namespace vedette::actors

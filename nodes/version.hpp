// Which build this is: for `version`, `bench` and the log's first line.
#pragma once

namespace vedette {

[[nodiscard]] const char* version();
/// Short commit id, with "+" when the tree had changes; "unknown" outside a checkout.
[[nodiscard]] const char* commit();

} // namespace vedette

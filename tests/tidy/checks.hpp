// What a reviewer would otherwise have to look for by hand. Each check returns its complaints, one
// line each ("path:line: what is wrong"), none when the tree is in order.
#pragma once

#include "tests/tidy/tree.hpp"

namespace vedette::tidy {

using complaints = std::vector<std::string>;

// Who may see what (layers.cpp).
/// Pure folders neither include nor call what does I/O, reads a clock or starts a thread.
[[nodiscard]] complaints impure_code(const tree& t);
/// Every include of ours is allowed by the table in cmake/vedette.cmake.
[[nodiscard]] complaints forbidden_includes(const tree& t);
/// Third-party headers stand only where the same table links their library.
[[nodiscard]] complaints forbidden_libraries(const tree& t);

// Files (files.cpp).
[[nodiscard]] complaints long_files(const tree& t);
[[nodiscard]] complaints headers_without_paragraph(const tree& t);
[[nodiscard]] complaints headers_nobody_includes(const tree& t);
/// Marks of unfinished work, and paths that only exist on the author's machine.
[[nodiscard]] complaints leftovers(const tree& t);

// Promises (promises.cpp).
/// A limit without a test is a number somebody hoped for.
[[nodiscard]] complaints untested_limits(const tree& t);
/// A detection that cannot show what it catches and what it spares.
[[nodiscard]] complaints rules_without_cases(const tree& t);
/// Pages that name a file which is not there.
[[nodiscard]] complaints stale_paths(const tree& t);
/// The two pages of promises quote tests by the beginning of their names; the tests must exist.
[[nodiscard]] complaints unknown_tests(const tree& t);
/// `./dev x` in a page where ./dev knows no x, and commands that ./dev does not explain.
[[nodiscard]] complaints unknown_commands(const tree& t);

} // namespace vedette::tidy

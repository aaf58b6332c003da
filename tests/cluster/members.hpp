// The stores that tests of assignments speak of. Used by tests/cluster: the table, its recovery and
// the controller.
#pragma once

#include "cluster/table.hpp"

namespace vedette::test {

/// One store a node, the n-th in its n-th incarnation.
inline const cluster::member a{{"a"}, {1}}, b{{"b"}, {2}}, c{{"c"}, {3}}, d{{"d"}, {4}};

} // namespace vedette::test

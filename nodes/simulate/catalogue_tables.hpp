// The catalogue's parts, by theme. Constant tables; only catalogue.cpp joins them.
#pragma once

#include "nodes/simulate/catalogue.hpp"

#include <span>

namespace vedette::simulate {

[[nodiscard]] std::span<const action> compute_actions();  ///< EC2, containers, functions, scaling
[[nodiscard]] std::span<const action> storage_actions();  ///< S3, databases, snapshots, backup
[[nodiscard]] std::span<const action> identity_actions(); ///< IAM, STS, sign-in, organisations
[[nodiscard]] std::span<const action>
platform_actions(); ///< logs, metrics, secrets, queues, trails

} // namespace vedette::simulate

// The records of a cluster as the values that stand in etcd: compact JSON, docs/coordination.md.
//
// 64-bit numbers are strings, so that no tool on the way rounds them. Readers skip members they do
// not know, which is how later builds add some; what a reader does know must have its shape
// (ec::malformed) and bounds. Pure; O(length).
#pragma once

#include "base/result.hpp"
#include "cluster/coordinator_words.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace vedette::io {

[[nodiscard]] std::string to_json(const cluster::cluster_record& r);
[[nodiscard]] std::string to_json(const cluster::store_record& r);
[[nodiscard]] std::string to_json(const cluster::node_record& r);
/// `proposal` marks who put it, so that one whose answer was lost can be told from another's.
[[nodiscard]] std::string to_json(const cluster::assignment& a, std::uint64_t proposal);

[[nodiscard]] std::string to_json(const cluster::document_record& d);

struct stored_assignment {
  cluster::assignment value;
  std::uint64_t proposal = 0;
};

[[nodiscard]] base::result<cluster::cluster_record> read_cluster_record(std::string_view json);
[[nodiscard]] base::result<cluster::store_record> read_store_record(std::string_view json);
[[nodiscard]] base::result<cluster::node_record> read_node_record(std::string_view json);
[[nodiscard]] base::result<cluster::document_record> read_document(std::string_view json);
[[nodiscard]] base::result<stored_assignment> read_assignment(std::string_view json);

} // namespace vedette::io

#include "io/coordination/judgements.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vedette::io {

using base::ec;
using base::error;

cluster::proposal_outcome settle(const cluster::swap_request& request,
                                 const std::optional<cluster::versioned_assignment>& seen) {
  if (seen && seen->at > request.base && seen->value == request.next)
    return cluster::proposal_outcome::won;
  const auto at = seen ? seen->at : cluster::revision{};
  return at == request.base ? cluster::proposal_outcome::unknown : cluster::proposal_outcome::lost;
}

base::result<open_verdict> judge_open(const open_request& request,
                                      const std::optional<cluster::cluster_record>& present,
                                      const std::string& where) {
  if (request.record.partitions == 0)
    return error{ec::invalid_argument,
                 fmt::format("opening the cluster at {}: 0 partitions were asked for", where)};
  if (request.anew && (request.known_id.empty() || request.known_id != request.record.id))
    return error{ec::invalid_argument,
                 fmt::format("making the table at {} anew: only a store that belongs to the "
                             "cluster may",
                             where)};
  if (!present) {
    if (request.found_if_absent || request.anew) {
      if (request.record.id.empty())
        return error{ec::invalid_argument,
                     fmt::format("founding a cluster at {}: it needs an id", where)};
      if (!request.known_id.empty() && request.known_id != request.record.id)
        return error{ec::invalid_argument,
                     fmt::format("founding cluster {} at {}: this store belongs to cluster {}; use "
                                 "that id, or an empty data directory",
                                 request.record.id, where, request.known_id)};
      return open_verdict::found;
    }
    if (!request.known_id.empty())
      return error{ec::conflict,
                   fmt::format("opening cluster {} at {}: it is not there, the coordinator was "
                               "wiped or this is another prefix; restore it, correct the prefix, "
                               "or run `vedette cluster rebuild-table`",
                               request.known_id, where)};
    return error{ec::not_found,
                 fmt::format("opening the cluster at {}: none is there; start the node that founds "
                             "it first, or correct the prefix",
                             where)};
  }
  if (present->format > record_format_max)
    return error{ec::unsupported,
                 fmt::format("opening cluster {} at {}: its records have format {}, this build "
                             "reads up to {}; install the cluster's version",
                             present->id, where, present->format, record_format_max)};
  if (!request.known_id.empty() && request.known_id != present->id)
    return error{
        ec::denied,
        fmt::format("opening cluster {} at {}: this store belongs to cluster {}; give each "
                    "cluster a prefix of its own, or this node an empty data directory",
                    present->id, where, request.known_id)};
  if (request.record.partitions != present->partitions)
    return error{ec::denied,
                 fmt::format("opening cluster {} at {}: it has {} partitions, this node is set to "
                             "{}; the number is fixed when a cluster is made: set {} here",
                             present->id, where, present->partitions, request.record.partitions,
                             present->partitions)};
  if (!request.anew)
    return open_verdict::take;
  if (present->generation >= request.record.generation)
    return error{ec::conflict,
                 fmt::format("making the table of cluster {} at {} anew: it is generation {} "
                             "already, so somebody was first; look at `vedette status`",
                             present->id, where, present->generation)};
  return open_verdict::found;
}

base::status check_node_id(const cluster::node_id& node) {
  const auto& text = node.value;
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (text.empty() || text.size() > 64 || !plain)
    return error{ec::invalid_argument, fmt::format("node id of {} bytes: it must be 1 to 64 of "
                                                   "[A-Za-z0-9._-]; set --node-id",
                                                   text.size())};
  return {};
}

base::status check_join(const cluster::node_record& node, base::duration ttl) {
  if (auto id = check_node_id(node.id); !id)
    return id;
  if (ttl < lease_min)
    return error{ec::invalid_argument,
                 fmt::format("joining as node {}: a lease of {} is shorter than {}, the shortest "
                             "that etcd grants",
                             node.id.value, base::format_duration(ttl),
                             base::format_duration(lease_min))};
  return {};
}

base::result<cluster::start_verdict>
judge_join(const cluster::node_record& node, const std::optional<cluster::store_record>& recorded,
           const std::optional<cluster::node_record>& live) {
  if (live && live->incarnation == node.incarnation && live->stamp >= node.stamp)
    return error{
        ec::conflict,
        fmt::format("joining as node {}: another process holds that id with a copy of this "
                    "data directory; stop one of them, and empty its data directory",
                    node.id.value)};
  return cluster::judge_start(node.id, {node.incarnation, node.stamp}, recorded, live);
}

std::optional<estrangement> judge_record(const cluster::cluster_record& opened,
                                         const cluster::cluster_record& present) {
  if (present.id != opened.id || present.partitions != opened.partitions)
    return estrangement::other_cluster;
  if (present.generation == opened.generation)
    return std::nullopt;
  return present.generation > opened.generation ? estrangement::rebuilt : estrangement::restored;
}

error not_open() {
  return {ec::invalid_argument, "asking the coordinator: no cluster is open; open one first"};
}
error not_joined(const char* what) {
  return {ec::invalid_argument, fmt::format("{}: this node is no member; join first", what)};
}
error too_many_calls() {
  return {ec::unavailable, fmt::format("asking the coordinator: {} calls are under way; wait for "
                                       "answers",
                                       calls_in_flight_max)};
}
error deposed(const cluster::node_id& about) {
  return {ec::conflict, fmt::format("ending node {}: the office that ordered it was lost to "
                                    "another controller, which will judge anew",
                                    about.value)};
}

coordinator_estranged estranged_by(estrangement kind, const std::string& where,
                                   const std::string& cluster_id) {
  const char* what = "another cluster answers there";
  const char* advice = "this node serves on what it knows and starts nothing new; bring the "
                       "coordinator back as it was, or run `vedette cluster rebuild-table`";
  if (kind == estrangement::wiped)
    what = "its record is gone: data were wiped";
  if (kind == estrangement::restored)
    what = "its revision went backwards: an old backup was restored";
  if (kind == estrangement::rebuilt) {
    what = "its table was rebuilt";
    advice = "nothing is to be done: this node opens it again";
  }
  return {kind, fmt::format("cluster {} at {}: {}; {}", cluster_id, where, what, advice)};
}

} // namespace vedette::io

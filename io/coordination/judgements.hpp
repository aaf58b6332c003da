// What both coordinators must decide alike: whether a handle may open what it finds, and whether
// what it is given can be a key or a lease.
//
// Pure; every refusal says what to do.
#pragma once

#include "io/coordination/coordinator.hpp"

namespace vedette::io {

/// The newest format of the records that this build reads.
inline constexpr std::uint32_t record_format_max = 1;

enum class open_verdict : std::uint8_t { take, found };
/// `where` names the prefix in the text.
[[nodiscard]] base::result<open_verdict>
judge_open(const open_request& request, const std::optional<cluster::cluster_record>& present,
           const std::string& where);

/// 1..64 of [A-Za-z0-9._-]: it is part of a key, and is typed by operators.
[[nodiscard]] base::status check_node_id(const cluster::node_id& node);
[[nodiscard]] base::status check_join(const cluster::node_record& node, base::duration ttl);

/// cluster::judge_start, for a record whose stamp was counted since the store was judged.
[[nodiscard]] base::result<cluster::start_verdict>
judge_join(const cluster::node_record& node, const std::optional<cluster::store_record>& recorded,
           const std::optional<cluster::node_record>& live);
/// What it means that the record that was opened now reads like this; nothing when it is the same
/// cluster still.
[[nodiscard]] std::optional<estrangement> judge_record(const cluster::cluster_record& opened,
                                                       const cluster::cluster_record& present);

// Texts that both say.
[[nodiscard]] base::error not_open();
[[nodiscard]] base::error not_joined(const char* what);
[[nodiscard]] base::error too_many_calls();
[[nodiscard]] base::error deposed(const cluster::node_id& about);
[[nodiscard]] coordinator_estranged estranged_by(estrangement kind, const std::string& where,
                                                 const std::string& cluster_id);

} // namespace vedette::io

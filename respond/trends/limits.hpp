// The bounds of what trends remember of one tenant, each beside the reason for its number. At every
// one of them at once the counts cost about 4 MB; a typical tenant's, 30 cells a day, 200 KB.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vedette::respond::limits {

/// Days counted, the newest ones: two years and a month, so that a year can be laid beside the one
/// before.
inline constexpr std::int32_t trend_days = 800;
/// Different (rule, severity, resource class) of one day; what comes on top is counted together.
inline constexpr std::size_t trend_cells = 512;
/// Different rules a tenant was ever counted under; four times what is shipped with all of Sigma's.
inline constexpr std::size_t trend_rules = 4'096;
/// Bytes of a rule's name that are kept; the longest one shipped has 40.
inline constexpr std::size_t trend_rule_bytes = 128;
/// Rises from one month to the next that a report names, of severities and of rules each.
inline constexpr std::size_t trend_peaks = 10;
/// Alerts a month must have for what it grew by to be among the peaks: one to three is no trend.
inline constexpr std::uint64_t trend_peak_base = 10;

} // namespace vedette::respond::limits

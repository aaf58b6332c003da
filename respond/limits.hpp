// The bounds of what is remembered about one tenant, each beside the reason for its number. A
// tenant at every limit at once costs its aggregator about 60 MB; a typical one stays under 1 MB.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vedette::respond::limits {

/// Alerts kept for reading; at 130 high and 230 medium a day (a large tenant) that is four weeks.
inline constexpr std::size_t alerts_kept = 10'000;
/// Ids of alerts that fell out of the above and must not be taken for new when resent.
inline constexpr std::size_t alerts_remembered = 65'536;
/// Incidents kept for reading; closed and merged ones go first.
inline constexpr std::size_t incidents_kept = 2'000;
/// Alerts listed in one incident; more are counted. Nobody reads a list of thousands.
inline constexpr std::size_t incident_alerts = 256;
/// Things one incident can be joined by: identities, sessions, addresses, resources.
inline constexpr std::size_t incident_keys = 256;
/// Lines of an incident's story; lines about alerts give way to lines about people and actions.
inline constexpr std::size_t incident_timeline = 512;
/// Identities behind one address after which the address stops joining alerts: it is a shared exit.
inline constexpr std::size_t address_identities = 8;
/// Actions kept for reading; finished ones go first. With none finished nothing new is planned.
inline constexpr std::size_t actions_kept = 4'000;
/// Actions of one incident: eight steps for each of the 16 resources an alert lists, twice.
inline constexpr std::size_t incident_actions = 256;
/// Calls of one action that failed in a way worth trying again.
inline constexpr std::uint32_t action_attempts = 5;
/// Series of day maxima: (rule, measure) of 200 accounts for every shipped rule that learns
/// volumes.
inline constexpr std::size_t baseline_series = 4'096;
/// Days one series holds: 30 closed ones, and the two that are not closed yet.
inline constexpr int baseline_days = 32;
/// Playbooks in force for one tenant, and steps of one.
inline constexpr std::size_t playbooks = 1'000;
inline constexpr std::size_t playbook_steps = 32;
/// One playbook file; the largest shipped one is under 10 KB.
inline constexpr std::size_t playbook_bytes = std::size_t{1} << 20;
/// A parameter after its placeholders were filled: the size limit of an AWS policy document is 10
/// KB.
inline constexpr std::size_t parameter_bytes = 16'384;
/// Texts people give with a command (a reason to reject), and outcome texts of executors.
inline constexpr std::size_t free_text_bytes = 1'024;
/// Different people whose approvals are kept on one action; two are ever needed.
inline constexpr std::size_t approvals = 8;

} // namespace vedette::respond::limits

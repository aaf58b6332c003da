// The commands of `vedette`, one file each below commands/. Each `add_…` declares its options on
// the application and runs when chosen; what it returns becomes the exit code (docs: 0 done, 1
// failed or not found, 2 usage, 3 input partly unreadable, 4 cluster unreachable).
#pragma once

#include "base/result.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace vedette::cli {

enum exit_code : int { done = 0, failed = 1, usage = 2, input_trouble = 3, unreachable = 4 };

/// The chosen command; main runs it after parsing.
using action = std::function<int()>;

void add_replay(CLI::App& app, action& chosen);
void add_normalize(CLI::App& app, action& chosen);
void add_simulate(CLI::App& app, action& chosen);
void add_rules(CLI::App& app, action& chosen);
void add_send(CLI::App& app, action& chosen);
void add_status(CLI::App& app, action& chosen); ///< and nodes, partitions, tenants, sources
void add_apply(CLI::App& app, action& chosen);
void add_node(CLI::App& app, action& chosen);
void add_partition(CLI::App& app, action& chosen);
void add_cluster(CLI::App& app, action& chosen);
void add_partition_recover(CLI::App& partition, action& chosen); ///< below `partition`
void add_alerts(CLI::App& app, action& chosen);
void add_trends(CLI::App& app, action& chosen);
void add_incidents(CLI::App& app, action& chosen);
void add_actions(CLI::App& app, action& chosen);
void add_identity(CLI::App& app, action& chosen);
void add_quarantine(CLI::App& app, action& chosen);
void add_gaps(CLI::App& app, action& chosen);
void add_keys(CLI::App& app, action& chosen);
void add_tokens(CLI::App& app, action& chosen);
void add_config(CLI::App& app, action& chosen);
void add_completion(CLI::App& app, action& chosen);
void add_bench(CLI::App& app, action& chosen);
void add_version(CLI::App& app, action& chosen);

/// Of `--columns`, wherever records are cut out of files.
inline constexpr const char* columns_help =
    "Order of the columns of log lines that come without a header, as its format string or header "
    "names them; in one quoted text";

/// "vedette: <what was tried>: …" on stderr; returns the exit code that fits the error.
int complain(const base::error& e);

} // namespace vedette::cli

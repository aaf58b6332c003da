// What every command that asks a node shares: its options, and the ways it shows an answer.
//
// Lists print a table, one JSON object a line, or a YAML sequence; single things an outline,
// indented JSON, or YAML. Errors and what could not be reached go to stderr.
#pragma once

#include "nodes/client/node_client.hpp"
#include "nodes/vedette/commands.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace vedette::cli {

struct remote_flags {
  client::connection_flags to;
  std::string format = "table";
};

/// --server, --token-file, --data-dir, -o/--format.
void add_remote_options(CLI::App& command, remote_flags& flags);

[[nodiscard]] base::result<client::node_client> connect(const remote_flags& flags);

using cell = std::function<std::string(server::json_value)>;
struct column {
  std::string heading;
  cell text;
};
/// The member at a dotted path.
[[nodiscard]] cell member(std::string path);
/// A time, in the local zone.
[[nodiscard]] cell time(std::string path);
/// The first 12 characters of an id, which every `show` takes for the whole.
[[nodiscard]] cell id(std::string path);
/// How many elements the list has.
[[nodiscard]] cell length(std::string path);
[[nodiscard]] std::string local_time_of(const std::string& rfc3339);

struct list_view {
  std::string path;
  client::query parameters;
  std::size_t limit = 500; ///< 0: the list has no pages
  std::vector<column> columns;
  std::string empty; ///< what to say when there is nothing
  std::string order; ///< path of the member to sort by; empty: as answered
  bool newest_first = false;
  std::string inner; ///< the member of each element that is meant; empty: the element
};
/// Asks, prints, and returns the exit code.
[[nodiscard]] int show_list(const remote_flags& flags, const list_view& view);

/// Prints what the node says at `path`; as a table, what `text` makes of it, else an outline.
[[nodiscard]] int show_one(const remote_flags& flags, const std::string& path,
                           const std::function<std::string(server::json_value)>& text = {});
/// The same for an answer at hand.
[[nodiscard]] int print_one(const remote_flags& flags, server::json_value v,
                            const std::function<std::string(server::json_value)>& text = {});
void print(const std::string& text);

/// The whole id of an abbreviated one, which must fit exactly one element of the list. Errors:
/// not_found, conflict (several), what the node said.
[[nodiscard]] base::result<std::string> whole_id(client::node_client& node,
                                                 const std::string& abbreviated,
                                                 std::string_view list, const std::string& path);
/// "/v1/alerts/" and the id, percent-encoded.
[[nodiscard]] std::string path_of(std::string_view collection, const std::string& id);

} // namespace vedette::cli

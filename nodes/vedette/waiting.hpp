// Commands that wait: for the end of what they began, by asking a list again and again, or for the
// user, by showing a list again and again (--watch).
//
// Remembers the last answer. Blocks; ended by its time limit, or by the user.
#pragma once

#include "nodes/vedette/remote.hpp"

#include <functional>
#include <string>

namespace vedette::cli {

struct wait_flags {
  bool no_wait = false;
  unsigned timeout_seconds = 120;
};
/// --no-wait, --timeout.
void add_wait_options(CLI::App& command, wait_flags& flags);

struct item_state {
  bool meant = false; ///< this element of the list is the one
  bool done = false;
  std::string so_far; ///< what to say when the time is over
};
struct waited {
  server::json_document page; ///< owns `item`
  server::json_value item;
};
/// Asks the list about twice a second until the element that is meant is done. Errors: failed with
/// what it is so far, not_found, and what the node said; a node that does not answer meanwhile is
/// asked again.
[[nodiscard]] base::result<waited>
wait_until(client::node_client& node, const std::string& list, const wait_flags& flags,
           const std::string& what, const std::function<item_state(server::json_value)>& look);

/// --watch, for commands that show something.
void add_watch_option(CLI::App& command, bool& watch);
/// Shows once, or every two seconds until the user ends it; the screen is cleared on a terminal.
[[nodiscard]] int show_again(bool watch, const std::function<int()>& show);

} // namespace vedette::cli

#include "nodes/vedette/waiting.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace vedette::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto ask_every = 400ms;
constexpr auto show_every = 2s;

} // namespace

void add_wait_options(CLI::App& command, wait_flags& flags) {
  command.add_flag("--no-wait", flags.no_wait, "Return when it has begun");
  command
      .add_option("--timeout", flags.timeout_seconds,
                  "Wait so long for its end, then say how far it is")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 86'400U))
      ->capture_default_str();
}

base::result<waited> wait_until(client::node_client& node, const std::string& list,
                                const wait_flags& flags, const std::string& what,
                                const std::function<item_state(server::json_value)>& look) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{flags.timeout_seconds};
  for (;;) {
    auto page = node.get(list);
    std::string so_far = page ? "it is not in the list any more" : base::to_string(page.err());
    if (page) {
      for (const auto item : server::list_at(page->root(), "items"))
        if (auto state = look(item); state.meant) {
          if (state.done)
            return waited{std::move(*page), item};
          so_far = std::move(state.so_far);
        }
    } else if (page.err().code == base::ec::denied) {
      return page.err();
    }
    if (std::chrono::steady_clock::now() >= until)
      return base::error{
          base::ec::conflict,
          fmt::format(
              "{}: not done after {} s: {}; it goes on, look again or give it more --timeout", what,
              flags.timeout_seconds, so_far)};
    std::this_thread::sleep_for(ask_every);
  }
}

void add_watch_option(CLI::App& command, bool& watch) {
  command.add_flag("-w,--watch", watch, "Show it again every two seconds");
}

int show_again(bool watch, const std::function<int()>& show) {
  if (!watch)
    return show();
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  for (;;) {
    if (terminal)
      std::fputs("\x1b[H\x1b[2J", stdout);
    // A node that does not answer now may do so in a moment; wrong usage stays wrong.
    if (const int code = show(); code == usage)
      return code;
    if (!terminal)
      std::fputs("\n", stdout);
    std::fflush(stdout);
    std::this_thread::sleep_for(show_every);
  }
}

} // namespace vedette::cli

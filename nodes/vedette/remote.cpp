#include "nodes/vedette/remote.hpp"

#include "base/time.hpp"
#include "nodes/client/render.hpp"
#include "nodes/vedette/output/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace vedette::cli {

void add_remote_options(CLI::App& command, remote_flags& flags) {
  command.add_option("--server", flags.to.server,
                     "Node to ask, http://HOST:PORT; also VEDETTE_SERVER");
  command
      .add_option("--token-file", flags.to.token_file,
                  "File with the token; also VEDETTE_TOKEN_FILE")
      ->type_name("FILE");
  command
      .add_option("--data-dir", flags.to.data_dir,
                  "Data directory of a node on this machine, for its token")
      ->type_name("DIR")
      ->capture_default_str();
  command.add_option("-o,--format", flags.format, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->capture_default_str();
}

base::result<client::node_client> connect(const remote_flags& flags) {
  auto to = client::find_node(flags.to, client::from_process);
  if (!to)
    return to.err();
  return client::node_client{std::move(*to)};
}

cell member(std::string path) {
  return [path = std::move(path)](server::json_value v) { return server::text_at(v, path); };
}

std::string local_time_of(const std::string& rfc3339) {
  const auto t = base::parse_rfc3339(rfc3339);
  if (!t || *t == base::event_time{})
    return "-";
  return local_time(std::chrono::floor<std::chrono::seconds>(*t).time_since_epoch().count());
}

cell time(std::string path) {
  return [path = std::move(path)](server::json_value v) {
    return local_time_of(server::text_at(v, path));
  };
}

cell id(std::string path) {
  return [path = std::move(path)](server::json_value v) {
    return server::text_at(v, path).substr(0, 12);
  };
}

cell length(std::string path) {
  return [path = std::move(path)](server::json_value v) {
    return std::to_string(server::list_at(v, path).size());
  };
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int show_list(const remote_flags& flags, const list_view& view) {
  auto node = connect(flags);
  if (!node)
    return complain(node.err());
  auto found = node->list(view.path, view.parameters, view.limit);
  if (!found)
    return complain(found.err());
  auto items = std::move(found->items);
  if (!view.inner.empty())
    for (auto& v : items)
      if (const auto inner = server::at(v, view.inner))
        v = *inner;
  if (!view.order.empty())
    std::stable_sort(items.begin(), items.end(), [&](auto a, auto b) {
      auto x = server::text_at(a, view.order), y = server::text_at(b, view.order);
      return view.newest_first ? y < x : x < y;
    });
  if (flags.format == "json") {
    for (const auto v : items)
      print(server::to_text(v) + "\n");
  } else if (flags.format == "yaml") {
    print(client::to_yaml(items));
  } else if (items.empty()) {
    print(view.empty + "\n");
  } else {
    std::vector<std::string> heading;
    for (const auto& c : view.columns)
      heading.push_back(c.heading);
    table t{std::move(heading)};
    for (const auto v : items) {
      std::vector<std::string> cells;
      for (const auto& c : view.columns)
        cells.push_back(c.text(v));
      t.row(std::move(cells));
    }
    t.print();
  }
  std::fflush(stdout);
  for (const auto& who : found->unreachable)
    std::fprintf(stderr, "vedette: %s did not answer; the list lacks it\n",
                 client::harmless(who).c_str());
  if (found->more)
    std::fprintf(stderr, "vedette: there are more than %zu; raise --limit or narrow the filter\n",
                 view.limit);
  return found->unreachable.empty() ? done : unreachable;
}

int print_one(const remote_flags& flags, server::json_value v,
              const std::function<std::string(server::json_value)>& text) {
  if (flags.format == "json")
    print(client::to_pretty_json(v));
  else if (flags.format == "yaml")
    print(client::to_yaml(v));
  else
    print(text ? text(v) : client::to_outline(v));
  return done;
}

int show_one(const remote_flags& flags, const std::string& path,
             const std::function<std::string(server::json_value)>& text) {
  auto node = connect(flags);
  if (!node)
    return complain(node.err());
  auto found = node->get(path);
  if (!found)
    return complain(found.err());
  return print_one(flags, found->root(), text);
}

base::result<std::string> whole_id(client::node_client& node, const std::string& abbreviated,
                                   std::string_view list, const std::string& path) {
  constexpr std::size_t whole = 32, looked_at = 20'000;
  if (abbreviated.size() >= whole)
    return abbreviated;
  auto found = node.list(list, {}, looked_at);
  if (!found)
    return found.err();
  std::string match;
  for (const auto v : found->items) {
    auto candidate = server::text_at(v, path);
    if (!candidate.starts_with(abbreviated) || candidate == match)
      continue;
    if (!match.empty())
      return base::error{base::ec::conflict,
                         fmt::format("looking up {}: it fits {} and {}; give more of the id",
                                     abbreviated, match, candidate)};
    match = std::move(candidate);
  }
  if (match.empty())
    return base::error{base::ec::not_found,
                       fmt::format("looking up {}: no id begins like that", abbreviated)};
  return match;
}

std::string path_of(std::string_view collection, const std::string& id) {
  return std::string{collection} + "/" + io::percent_encode(id);
}

} // namespace vedette::cli

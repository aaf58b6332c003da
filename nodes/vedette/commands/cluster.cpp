// cluster rebuild-table: the table from what the stores hold, when the coordinator has lost it.
#include "base/json_writer.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

#include <map>

namespace vedette::cli {

namespace {

using server::json_value;
using server::text_at;
using server::texts_at;

struct rebuild_flags {
  remote_flags remote;
  bool accept_missing = false, dry_run = false;
};

std::string rebuilt_text(json_value v) {
  const bool dry = server::flag_at(v, "dry_run");
  const auto items = server::list_at(v, "items");
  std::map<std::string, std::size_t> leads;
  std::string lost;
  for (const auto p : items) {
    ++leads[text_at(p, "primary")];
    if (!server::at(p, "missing"))
      continue;
    const auto nodes = texts_at(p, "missing");
    lost += nodes.empty() ? fmt::format("  partition {} begins empty: no node that was heard has a "
                                        "copy\n",
                                        text_at(p, "partition"))
                          : fmt::format("  partition {}: not heard: {}; what only those held is "
                                        "lost\n",
                                        text_at(p, "partition"), fmt::join(nodes, ", "));
  }
  auto out =
      fmt::format("cluster {}: {} generation {} of its table from the stores of {}: {} "
                  "partitions\n",
                  text_at(v, "cluster"), dry ? "would make" : "made", text_at(v, "generation"),
                  fmt::join(texts_at(v, "heard"), ", "), items.size());
  for (const auto& [node, n] : leads)
    out += fmt::format("  {} leads {}\n", node, n);
  for (const auto d : server::list_at(v, "documents"))
    out +=
        fmt::format("  {} is in force as version {}\n", text_at(d, "name"), text_at(d, "version"));
  out += lost;
  if (!dry)
    out += "  the other copies catch up; see `vedette partitions`\n";
  return out;
}

int rebuild(const rebuild_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  base::json_writer body;
  body.begin_object().member("accept_missing", f.accept_missing).member("dry_run", f.dry_run);
  body.end_object();
  auto said = node->post("/v1/cluster/rebuild-table", std::string{body.text()});
  if (!said)
    return complain(said.err());
  return print_one(f.remote, said->root(), rebuilt_text);
}

} // namespace

void add_cluster(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("cluster", "Repair what the cluster cannot repair itself");
  c->require_subcommand(1);
  c->footer("Example: vedette cluster rebuild-table --dry-run");
  auto f = std::make_shared<rebuild_flags>();
  auto* r = c->add_subcommand("rebuild-table",
                              "Make the table anew from what the nodes' stores hold, when etcd was "
                              "emptied or restored from an old backup while they ran");
  r->footer("Example: vedette cluster rebuild-table --dry-run\n"
            "         vedette cluster rebuild-table");
  r->add_flag("--accept-missing", f->accept_missing,
              "Yes: what only copies that are not heard held is given up");
  r->add_flag("--dry-run", f->dry_run, "Only show the table that would be made");
  add_remote_options(*r, f->remote);
  r->callback([f, &chosen] { chosen = [f] { return rebuild(*f); }; });
}

} // namespace vedette::cli

// node drain|undrain: take what a node leads away from it, and give it work again.
#include "nodes/vedette/remote.hpp"
#include "nodes/vedette/waiting.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

using server::json_value;
using server::number_at;
using server::text_at;

struct node_flags {
  remote_flags remote;
  wait_flags wait;
  std::string id;
};

std::string path_for(const node_flags& f, const char* what) {
  return path_of("/v1/nodes", f.id) + "/" + what;
}

std::string drained_text(json_value v) {
  const auto holds = number_at(v, "holds");
  auto out = fmt::format("node {} leads nothing any more", text_at(v, "id"));
  if (holds > 0)
    out += fmt::format(
        "; it still holds copies of {} partitions, which move where there are other nodes for them",
        holds);
  return out + "\n";
}

int drain(const node_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto begun = node->post(path_for(f, "drain"), {});
  if (!begun)
    return complain(begun.err());
  if (f.wait.no_wait)
    return print_one(f.remote, begun->root(), [](json_value v) {
      return fmt::format("node {} drains: it leads {} partitions and holds {}\n",
                         text_at(v, "node"), text_at(v, "leads"), text_at(v, "holds"));
    });
  auto drained = wait_until(*node, "/v1/nodes", f.wait, "draining node " + f.id, [&](json_value n) {
    const bool it = text_at(n, "id") == f.id;
    return item_state{it, it && server::flag_at(n, "draining") && number_at(n, "leads") == 0,
                      it ? fmt::format("it leads {} partitions still", text_at(n, "leads"))
                         : std::string{}};
  });
  if (!drained)
    return complain(drained.err());
  return print_one(f.remote, drained->item, drained_text);
}

int undrain(const node_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto done_so = node->post(path_for(f, "undrain"), {});
  if (!done_so)
    return complain(done_so.err());
  return print_one(f.remote, done_so->root(), [](json_value v) {
    return fmt::format("node {} takes part again\n", text_at(v, "node"));
  });
}

} // namespace

void add_node(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("node", "Take work away from a node, or give it some again");
  c->require_subcommand(1);
  c->footer("Example: vedette node drain n2");
  auto f = std::make_shared<node_flags>();

  auto* d = c->add_subcommand(
      "drain", "The node hands over what it leads, and its copies where others have room; "
               "until undrain or its next start");
  d->footer("Example: vedette node drain n2 --timeout 120");
  d->add_option("id", f->id, "Its name, as `vedette nodes` shows it")->required();
  add_wait_options(*d, f->wait);
  add_remote_options(*d, f->remote);
  d->callback([f, &chosen] { chosen = [f] { return drain(*f); }; });

  auto* u = c->add_subcommand("undrain", "The node takes part again");
  u->footer("Example: vedette node undrain n2");
  u->add_option("id", f->id, "Its name, as `vedette nodes` shows it")->required();
  add_remote_options(*u, f->remote);
  u->callback([f, &chosen] { chosen = [f] { return undrain(*f); }; });
}

} // namespace vedette::cli

// partition: move its copies elsewhere; recover is in a file of its own.
#include "base/json_writer.hpp"
#include "nodes/vedette/remote.hpp"
#include "nodes/vedette/waiting.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

using server::json_value;
using server::text_at;
using server::texts_at;

struct partition_flags {
  remote_flags remote;
  wait_flags wait;
  std::uint32_t id = 0;
  std::vector<std::string> to;
};

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

int move(const partition_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  base::json_writer body;
  body.begin_object().array("to", f.to).end_object();
  auto begun = node->post(path_of("/v1/partitions", std::to_string(f.id)) + "/move",
                          std::string{body.text()});
  if (!begun)
    return complain(begun.err());
  const auto to = texts_at(begun->root(), "to");
  if (f.wait.no_wait || to.empty())
    return print_one(f.remote, begun->root(), [&](json_value v) {
      return fmt::format("partition {} moves to {}\n", text_at(v, "partition"), joined(to));
    });
  auto moved = wait_until(
      *node, "/v1/partitions", f.wait, fmt::format("moving partition {}", f.id), [&](json_value p) {
        const bool it = text_at(p, "partition") == std::to_string(f.id);
        const auto state = text_at(p, "state");
        const bool there = it && texts_at(p, "replicas") == to &&
                           text_at(p, "primary") == to.front() &&
                           (state == "serving" || state == "under-replicated");
        return item_state{it, there,
                          it ? fmt::format("it is {}, led by {}, with copies at {}", state,
                                           text_at(p, "primary"), joined(texts_at(p, "replicas")))
                             : std::string{}};
      });
  if (!moved)
    return complain(moved.err());
  return print_one(f.remote, moved->item, [](json_value p) {
    return fmt::format("partition {} is led by {}, with copies at {}\n", text_at(p, "partition"),
                       text_at(p, "primary"), joined(texts_at(p, "replicas")));
  });
}

} // namespace

void add_partition(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("partition", "Where a partition lives");
  c->require_subcommand(1);
  c->footer("Example: vedette partition move 7 --to n3");
  auto f = std::make_shared<partition_flags>();
  auto* m = c->add_subcommand(
      "move", "Give a partition another primary and other copies; nothing is lost meanwhile");
  m->footer("Example: vedette partition move 7 --to n3,n1");
  m->add_option("id", f->id, "Its number, as `vedette partitions` shows it")->required();
  m->add_option(
       "--to", f->to,
       "Its primary first, then further copies; who is not named stays as far as copies are "
       "kept, the old primary last")
      ->required()
      ->delimiter(',')
      ->type_name("NODE");
  add_wait_options(*m, f->wait);
  add_remote_options(*m, f->remote);
  m->callback([f, &chosen] { chosen = [f] { return move(*f); }; });
  add_partition_recover(*c, chosen);
}

} // namespace vedette::cli

// partition recover: go on with a surviving copy when the last in-sync one is gone for good.
#include "base/json_writer.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

using server::json_value;
using server::text_at;

struct recover_flags {
  remote_flags remote;
  std::uint32_t id = 0;
  bool accept_loss = false, dry_run = false;
  std::string from;
};

std::string copies_text(json_value v) {
  std::string out;
  for (const auto c : server::list_at(v, "copies")) {
    out += fmt::format("  {}: {}", text_at(c, "node"), text_at(c, "state"));
    if (server::at(c, "last"))
      out += fmt::format(", its log ends at entry {} of epoch {}", text_at(c, "last"),
                         text_at(c, "epoch"));
    if (server::flag_at(c, "in_sync") && text_at(c, "state") != "in sync")
      out += "; it was in sync";
    out += "\n";
  }
  return out;
}

std::string recovered_text(json_value v) {
  const auto partition = text_at(v, "partition");
  if (const auto refused = text_at(v, "refused"); !refused.empty())
    return fmt::format("partition {} would not be recovered\n{}  {}\n", partition, copies_text(v),
                       refused);
  if (server::flag_at(v, "dry_run"))
    return fmt::format("partition {} would go on with the copy of {}; what others committed behind "
                       "its end would be gone\n{}",
                       partition, text_at(v, "from"), copies_text(v));
  auto out = fmt::format("partition {} goes on with the copy of {} in epoch {}; what others "
                         "committed behind its end is gone\n{}",
                         partition, text_at(v, "from"), text_at(v, "epoch"), copies_text(v));
  if (server::number_at(v, "min_in_sync") > 1)
    out += fmt::format("  it serves when {} copies are in sync; see `vedette partitions`\n",
                       text_at(v, "min_in_sync"));
  return out;
}

int recover(const recover_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  base::json_writer body;
  body.begin_object().member("accept_loss", f.accept_loss).member("dry_run", f.dry_run);
  if (!f.from.empty())
    body.member("from", f.from);
  body.end_object();
  auto said = node->post(path_of("/v1/partitions", std::to_string(f.id)) + "/recover",
                         std::string{body.text()});
  if (!said)
    return complain(said.err());
  const int shown = print_one(f.remote, said->root(), recovered_text);
  return text_at(said->root(), "refused").empty() ? shown : failed;
}

} // namespace

void add_partition_recover(CLI::App& partition, action& chosen) {
  auto f = std::make_shared<recover_flags>();
  auto* c = partition.add_subcommand(
      "recover", "Go on with a surviving copy when all copies in sync are gone for good; what only "
                 "those held is lost");
  c->footer("Example: vedette partition recover 7 --dry-run\n"
            "         vedette partition recover 7 --accept-loss");
  c->add_option("id", f->id, "Its number, as `vedette partitions` shows it")->required();
  c->add_flag("--accept-loss", f->accept_loss, "Yes: what only the lost copies held is given up");
  c->add_flag("--dry-run", f->dry_run, "Only show what each copy holds and which would be taken");
  c->add_option("--from", f->from, "The node whose copy it is; else the one that is farthest")
      ->type_name("NODE");
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] { chosen = [f] { return recover(*f); }; });
}

} // namespace vedette::cli

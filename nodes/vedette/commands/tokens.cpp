#include "base/json_writer.hpp"
#include "io/files/text_file.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

using server::json_value;
using server::text_at;

struct token_flags {
  remote_flags remote;
  std::string name, out;
  std::vector<std::string> roles{"viewer"}, tenants;
  bool all_tenants = false;
};

std::string joined(json_value v, const char* path) {
  std::string out;
  for (const auto& text : server::texts_at(v, path))
    out += (out.empty() ? "" : ",") + text;
  return out;
}

int list(const token_flags& f) {
  return show_list(f.remote, {"/v1/tokens",
                              {},
                              0,
                              {{"TOKEN", member("name")},
                               {"ROLES", [](json_value v) { return joined(v, "roles"); }},
                               {"TENANTS",
                                [](json_value v) {
                                  return server::flag_at(v, "all_tenants") ? "all"
                                                                           : joined(v, "tenants");
                                }},
                               {"CREATED", time("created")},
                               {"ROTATED", time("rotated")},
                               {"BY", member("created_by")}},
                              "No tokens.",
                              "name",
                              false,
                              {}});
}

/// Shows a token that was made: into a file only its owner can read, or once on the terminal.
int hand_over(const token_flags& f, json_value v) {
  if (f.out.empty())
    return print_one(f.remote, v, [](json_value made) {
      return fmt::format(
          "{}\n\nThis is the token {}. It is not kept anywhere and not shown again.\n",
          text_at(made, "token"), text_at(made, "name"));
    });
  if (auto ok = io::write_text(f.out, text_at(v, "token") + "\n", 0600); !ok)
    return complain(ok.err());
  print(fmt::format("token {} is in {}\n", text_at(v, "name"), f.out));
  return done;
}

int make(const token_flags& f, const std::string& body) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto answer = node->post("/v1/tokens", body);
  if (!answer)
    return complain(answer.err());
  return hand_over(f, answer->root());
}

int create(const token_flags& f) {
  base::json_writer w;
  w.begin_object().member("name", f.name).array("roles", f.roles).array("tenants", f.tenants);
  w.member("all_tenants", f.all_tenants).end_object();
  return make(f, std::string{w.text()});
}

int rotate(const token_flags& f) {
  base::json_writer w;
  w.begin_object().member("rotate", f.name).end_object();
  return make(f, std::string{w.text()});
}

int revoke(const token_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto answer = node->del(client::path_with("/v1/tokens", {{"name", f.name}}));
  if (!answer)
    return complain(answer.err());
  return print_one(f.remote, answer->root(), [](json_value v) {
    return fmt::format("token {} is revoked\n", text_at(v, "revoked"));
  });
}

} // namespace

void add_tokens(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("tokens", "Who may ask the node what");
  auto f = std::make_shared<token_flags>();
  c->require_subcommand(0, 1);
  c->footer(
      "Example: vedette tokens create --name soc --role analyst --all-tenants --out soc.token");
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] {
    if (!chosen)
      chosen = [f] { return list(*f); };
  });
  auto* l = c->add_subcommand("list", "Tokens, never their secrets");
  l->footer("Example: vedette tokens list -o json");
  add_remote_options(*l, f->remote);
  l->callback([f, &chosen] { chosen = [f] { return list(*f); }; });

  auto* m = c->add_subcommand("create", "Make a token");
  m->footer(
      "Example: vedette tokens create --name acme-ro --role viewer --tenant acme --out acme.token");
  m->add_option("--name", f->name, "1..64 of [a-z0-9._-]")->required();
  m->add_option("--role", f->roles, "viewer, analyst, responder, approver, admin, collector")
      ->delimiter(',')
      ->capture_default_str();
  m->add_option("--tenant", f->tenants, "Tenants it sees")->delimiter(',');
  m->add_flag("--all-tenants", f->all_tenants, "It sees every tenant");
  m->add_option("--out", f->out, "Write the token here, readable by you only")->type_name("FILE");
  add_remote_options(*m, f->remote);
  m->callback([f, &chosen] { chosen = [f] { return create(*f); }; });

  auto* r = c->add_subcommand(
      "rotate", "Another secret under the same name; the old one stops working at once");
  r->footer("Example: vedette tokens rotate acme-ro --out acme.token");
  r->add_option("name", f->name, "Its name")->required();
  r->add_option("--out", f->out, "Write the token here, readable by you only")->type_name("FILE");
  add_remote_options(*r, f->remote);
  r->callback([f, &chosen] { chosen = [f] { return rotate(*f); }; });

  auto* d = c->add_subcommand("revoke", "It stops working at once");
  d->footer("Example: vedette tokens revoke acme-ro");
  d->add_option("name", f->name, "Its name")->required();
  add_remote_options(*d, f->remote);
  d->callback([f, &chosen] { chosen = [f] { return revoke(*f); }; });
}

} // namespace vedette::cli

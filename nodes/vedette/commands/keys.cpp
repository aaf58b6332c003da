#include "base/json_writer.hpp"
#include "io/zmq/curve_keys.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

using server::json_value;
using server::text_at;

struct key_flags {
  remote_flags remote;
  std::string tenant, source, public_key, out;
  bool listen = false, no_send = false;
};

int list(const key_flags& f) {
  return show_list(f.remote, {"/v1/keys",
                              {},
                              0,
                              {{"PUBLIC KEY", member("public_key")},
                               {"TENANT", member("tenant")},
                               {"SOURCE", member("source")},
                               {"SENDS", member("may_send")},
                               {"LISTENS", member("may_listen")},
                               {"CREATED", time("created")},
                               {"REVOKED", time("revoked")}},
                              "No keys. Make one: vedette keys create --tenant T --out T.key",
                              "created",
                              false,
                              {}});
}

/// The pair goes into a file of its own; the secret half is never printed.
int make(const key_flags& f, const std::string& body) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto answer = node->post("/v1/keys", body);
  if (!answer)
    return complain(answer.err());
  const auto v = answer->root();
  io::curve_keys keys{text_at(v, "public_key"), text_at(v, "secret_key"), text_at(v, "server_key")};
  if (auto ok = io::save_curve_keys(f.out, keys); !ok) {
    // Nobody has the secret half now.
    (void)node->del(client::path_with("/v1/keys", {{"public_key", keys.public_key}}));
    return complain(ok.err());
  }
  if (f.remote.format == "table") {
    print(fmt::format("key of tenant {} is in {}\npublic key {}\n", text_at(v, "tenant"), f.out,
                      keys.public_key));
    return done;
  }
  base::json_writer w;
  w.begin_object().member("public_key", keys.public_key).member("tenant", text_at(v, "tenant"));
  w.member("file", f.out).end_object();
  auto doc = server::json_document::parse(w.text(), "the answer");
  return doc ? print_one(f.remote, doc->root()) : complain(doc.err());
}

int create(const key_flags& f) {
  base::json_writer w;
  w.begin_object().member("tenant", f.tenant).member("source", f.source);
  w.member("may_send", !f.no_send).member("may_listen", f.listen).end_object();
  return make(f, std::string{w.text()});
}

int rotate(const key_flags& f) {
  base::json_writer w;
  w.begin_object().member("rotate", f.public_key).end_object();
  return make(f, std::string{w.text()});
}

int revoke(const key_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto answer = node->del(client::path_with("/v1/keys", {{"public_key", f.public_key}}));
  if (!answer)
    return complain(answer.err());
  return print_one(f.remote, answer->root(), [](json_value v) {
    return fmt::format("key {} is revoked\n", text_at(v, "revoked"));
  });
}

} // namespace

void add_keys(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("keys", "Keys of collectors and subscribers");
  auto f = std::make_shared<key_flags>();
  c->require_subcommand(0, 1);
  c->footer("Example: vedette keys create --tenant acme --out acme.key");
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] {
    if (!chosen)
      chosen = [f] { return list(*f); };
  });
  auto* l = c->add_subcommand("list", "Public halves, revoked ones too");
  l->footer("Example: vedette keys list");
  add_remote_options(*l, f->remote);
  l->callback([f, &chosen] { chosen = [f] { return list(*f); }; });

  auto* m =
      c->add_subcommand("create", "Make a key pair and write it into a file only you can read");
  m->footer("Example: vedette keys create --tenant acme --source eu-trail --out acme.key");
  m->add_option("--tenant", f->tenant, "Whom its events belong to")->required();
  m->add_option("--source", f->source, "Begins the names of its sources");
  m->add_option("--out", f->out, "The key file, for `vedette send --key-file`; must not exist")
      ->type_name("FILE")
      ->required();
  m->add_flag("--listen", f->listen, "It may subscribe to the tenant's alerts");
  m->add_flag("--no-send", f->no_send, "It may not send events");
  add_remote_options(*m, f->remote);
  m->callback([f, &chosen] { chosen = [f] { return create(*f); }; });

  auto* r = c->add_subcommand(
      "rotate", "Make another pair with the same rights; the old one stops working at once");
  r->footer("Example: vedette keys rotate 'PUBLIC-KEY' --out new.key");
  r->add_option("public_key", f->public_key, "As `list` shows it")->required();
  r->add_option("--out", f->out, "The new key file; must not exist")->type_name("FILE")->required();
  add_remote_options(*r, f->remote);
  r->callback([f, &chosen] { chosen = [f] { return rotate(*f); }; });

  auto* d = c->add_subcommand("revoke", "It stops working at once");
  d->footer("Example: vedette keys revoke 'PUBLIC-KEY'");
  d->add_option("public_key", f->public_key, "As `list` shows it")->required();
  add_remote_options(*d, f->remote);
  d->callback([f, &chosen] { chosen = [f] { return revoke(*f); }; });
}

} // namespace vedette::cli

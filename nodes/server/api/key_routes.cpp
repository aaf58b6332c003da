// Keys of collectors and subscribers: made, rotated, revoked and listed by admins of their tenants.
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

void write(base::json_writer& w, const key_info& k) {
  w.member("public_key", k.public_key)
      .member("tenant", k.owner.tenant.value)
      .member("source", k.owner.source);
  w.member("may_send", k.owner.may_send).member("may_listen", k.owner.may_listen);
  w.member("created", base::format_rfc3339(k.created)).member("created_by", k.created_by);
  if (k.revoked)
    w.member("revoked", base::format_rfc3339(*k.revoked));
}

void list_keys(const context_ptr& c, const exchange_ptr& x) {
  base::json_writer w;
  w.begin_object().key("items").begin_array();
  for (const auto& k : c->keys.all())
    if (x->who.sees(k.owner.tenant)) {
      w.begin_object();
      write(w, k);
      w.end_object();
    }
  w.end_array().end_object();
  x->answer(std::string{w.text()});
}

bool may_touch_key(const context_ptr& c, const exchange_ptr& x, const std::string& public_key) {
  for (const auto& k : c->keys.all())
    if (k.public_key == public_key && x->who.sees(k.owner.tenant))
      return true;
  x->refuse(
      {base::ec::not_found, "looking up key " + public_key.substr(0, 40) + ": it is not known"});
  return false;
}

void answer_made(const exchange_ptr& x, const base::result<key_made>& made) {
  if (!made) {
    x->refuse(made.err());
    return;
  }
  base::json_writer w;
  w.begin_object();
  write(w, made->info);
  w.member("secret_key", made->keys.secret_key)
      .member("server_key", made->keys.server_key)
      .end_object();
  x->answer(std::string{w.text()}, 201);
}

void create_key(const context_ptr& c, const exchange_ptr& x) {
  auto body = json_document::parse(x->request.body, "the body");
  if (!body) {
    x->refuse(body.err());
    return;
  }
  const auto root = body->root();
  if (const auto old = text_at(root, "rotate"); !old.empty()) {
    if (may_touch_key(c, x, old))
      run_apart(c->node, [c, x, old] { answer_made(x, c->keys.rotate(old, x->who.name)); });
    return;
  }
  io::key_owner owner;
  owner.tenant.value = text_at(root, "tenant");
  owner.source = text_at(root, "source");
  owner.may_listen = flag_at(root, "may_listen");
  owner.may_send = !at(root, "may_send") || flag_at(root, "may_send");
  if (!x->who.sees(owner.tenant)) {
    x->refuse({base::ec::denied, "making a key: '" + x->who.name + "' does not see that tenant"});
    return;
  }
  run_apart(c->node, [c, x, owner] { answer_made(x, c->keys.create(owner, x->who.name)); });
}

void revoke_key(const context_ptr& c, const exchange_ptr& x) {
  const std::string public_key{io::find(x->request.query, "public_key").value_or("")};
  if (!may_touch_key(c, x, public_key))
    return;
  run_apart(c->node, [c, x, public_key] {
    if (auto ok = c->keys.revoke(public_key); !ok) {
      x->refuse(ok.err());
      return;
    }
    base::json_writer w;
    w.begin_object().member("revoked", public_key).end_object();
    x->answer(std::string{w.text()});
  });
}

} // namespace

void add_key_routes(route_book& book) {
  using io::http_method;
  book.add(http_method::get, "/v1/keys", {io::role::admin},
           {"Collector and subscriber keys, public halves", {}, {}}, list_keys);
  book.add(
      http_method::post, "/v1/keys", {io::role::admin},
      {"Makes a key pair, or one instead of another; the only answer that holds the secret half",
       {},
       "{tenant, source, may_send, may_listen}, or {rotate: public key}"},
      create_key);
  book.add(http_method::del, "/v1/keys", {io::role::admin},
           {"Revokes a key at once", {{"public_key", "percent-encoded"}}, {}}, revoke_key);
}

} // namespace vedette::server

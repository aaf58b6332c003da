// Tokens: made, rotated, revoked and listed by admins, within the tenants they see themselves.
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

#include <algorithm>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

/// An admin of some tenants must not reach beyond them through a token of its own making.
bool covers(const io::principal& who, const token_info& t) {
  if (who.all_tenants)
    return true;
  return !t.all_tenants && std::all_of(t.tenants.begin(), t.tenants.end(),
                                       [&](const auto& x) { return who.sees(x); });
}

void write(base::json_writer& w, const token_info& t) {
  w.member("name", t.name);
  w.key("roles").begin_array();
  for (const auto r : t.roles)
    w.value(to_string(r));
  w.end_array().key("tenants").begin_array();
  for (const auto& tenant : t.tenants)
    w.value(tenant.value);
  w.end_array().member("all_tenants", t.all_tenants);
  w.member("created", base::format_rfc3339(t.created))
      .member("rotated", base::format_rfc3339(t.rotated));
  w.member("created_by", t.created_by);
}

void list_tokens(const context_ptr& c, const exchange_ptr& x) {
  base::json_writer w;
  w.begin_object().key("items").begin_array();
  for (const auto& t : c->tokens.all())
    if (covers(x->who, t)) {
      w.begin_object();
      write(w, t);
      w.end_object();
    }
  w.end_array().end_object();
  x->answer(std::string{w.text()});
}

bool may_touch_token(const context_ptr& c, const exchange_ptr& x, const std::string& name) {
  for (const auto& t : c->tokens.all())
    if (t.name == name && covers(x->who, t))
      return true;
  x->refuse({base::ec::not_found, "looking up token " + name + ": there is none of that name"});
  return false;
}

/// Reads {name, roles, tenants, all_tenants}. Error invalid_argument.
base::result<token_info> wanted_of(json_value body, const io::principal& who) {
  token_info t;
  t.name = text_at(body, "name");
  t.created_by = who.name;
  t.all_tenants = flag_at(body, "all_tenants");
  for (const auto& name : texts_at(body, "roles")) {
    const auto r = io::parse_role(name);
    if (!r)
      return base::error{base::ec::invalid_argument,
                         "making a token: the role '" + name.substr(0, 32) +
                             "' is not one of viewer, analyst, responder, approver, "
                             "admin, collector"};
    t.roles.push_back(*r);
  }
  for (auto& name : texts_at(body, "tenants"))
    t.tenants.push_back({std::move(name)});
  if (!covers(who, t))
    return base::error{base::ec::denied, "making a token: '" + who.name +
                                             "' cannot give away tenants that it does not see"};
  return t;
}

void answer_made(const exchange_ptr& x, const base::result<token_made>& made) {
  if (!made) {
    x->refuse(made.err());
    return;
  }
  base::json_writer w;
  w.begin_object();
  write(w, made->info);
  w.member("token", made->token).end_object();
  x->answer(std::string{w.text()}, 201);
}

void create_token(const context_ptr& c, const exchange_ptr& x) {
  auto body = json_document::parse(x->request.body, "the body");
  if (!body) {
    x->refuse(body.err());
    return;
  }
  if (const auto name = text_at(body->root(), "rotate"); !name.empty()) {
    if (may_touch_token(c, x, name))
      run_apart(c->node, [c, x, name] { answer_made(x, c->tokens.rotate(name)); });
    return;
  }
  auto wanted = wanted_of(body->root(), x->who);
  if (!wanted) {
    x->refuse(wanted.err());
    return;
  }
  run_apart(c->node, [c, x, wanted = *wanted] { answer_made(x, c->tokens.create(wanted)); });
}

void revoke_token(const context_ptr& c, const exchange_ptr& x) {
  const std::string name{io::find(x->request.query, "name").value_or("")};
  if (!may_touch_token(c, x, name))
    return;
  run_apart(c->node, [c, x, name] {
    if (auto ok = c->tokens.revoke(name); !ok)
      x->refuse(ok.err());
    else
      x->answer("{\"revoked\":\"" + name + "\"}");
  });
}

} // namespace

void add_token_routes(route_book& book) {
  using io::http_method;
  book.add(http_method::get, "/v1/tokens", {io::role::admin}, {"Tokens, never the secrets", {}, {}},
           list_tokens);
  book.add(http_method::post, "/v1/tokens", {io::role::admin},
           {"Makes a token, or another secret for one; the only answer that holds the secret",
            {},
            "{name, roles, tenants or all_tenants}, or {rotate: name}"},
           create_token);
  book.add(http_method::del, "/v1/tokens", {io::role::admin},
           {"Revokes a token", {{"name", "of the token"}}, {}}, revoke_token);
}

} // namespace vedette::server

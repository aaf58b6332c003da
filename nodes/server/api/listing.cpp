#include "nodes/server/api/listing.hpp"

#include "nodes/server/api/tenant_waves.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::server {

namespace {

/// One page on its way.
struct page {
  exchange_ptr x;
  listing what;
  std::optional<list_cursor> from;
  std::size_t limit = 0, taken = 0;
  std::vector<std::string> items;
  std::optional<list_cursor> last;
};
using page_ptr = std::shared_ptr<page>;

void finish(const page_ptr& p, const std::vector<std::string>& unreachable) {
  base::json_writer w;
  w.begin_object();
  w.key("items").begin_array();
  for (const auto& i : p->items)
    w.raw(i);
  w.end_array();
  if (p->taken >= p->limit && p->last)
    w.member("next", to_string(*p->last));
  if (!unreachable.empty())
    w.array("unreachable", unreachable);
  w.end_object();
  p->x->answer(std::string{w.text()});
}

bool take(const page_ptr& p, const base::tenant_id& tenant, const actors::answer& a) {
  auto doc = a.ok() ? json_document::parse(a.json, "an aggregator's answer")
                    : base::result<json_document>{a.problem};
  if (!doc)
    return false;
  for (const auto v : list_of(doc->root())) {
    if (p->taken >= p->limit)
      return true;
    ++p->taken;
    p->last = list_cursor{tenant, number_at(v, "number")};
    auto shown = p->what.show ? p->what.show(v) : to_text(v);
    if (!shown.empty())
      p->items.push_back(std::move(shown));
  }
  return true;
}

} // namespace

void answer_list(const std::shared_ptr<api_context>& c, const exchange_ptr& x, listing what) {
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  if (!tenants) {
    x->refuse(tenants.err());
    return;
  }
  auto wanted = page_of(x->request);
  if (!wanted) {
    x->refuse(wanted.err());
    return;
  }
  auto p = std::make_shared<page>();
  p->x = x;
  p->what = std::move(what);
  p->from = std::move(wanted->cursor);
  p->limit = wanted->limit;
  if (p->from)
    std::erase_if(*tenants, [&](const auto& t) { return t < p->from->tenant; });
  tenant_waves w;
  w.context = c;
  w.tenants = std::move(*tenants);
  w.deadline = c->node.clock->monotonic() + patience;
  w.question = [p](const base::tenant_id& tenant) {
    actors::tenant_query q;
    q.tenant = tenant;
    p->what.aim(q, p->from && p->from->tenant == tenant ? p->from->number : 0, p->limit - p->taken);
    return q;
  };
  w.take = [p](const base::tenant_id& tenant, const actors::answer& a) {
    return take(p, tenant, a);
  };
  w.enough = [p] { return p->taken >= p->limit; };
  w.done = [p](const std::vector<std::string>& unreachable) { finish(p, unreachable); };
  c->node.run([w = std::move(w)](caf::event_based_actor* self) { ask_in_waves(self, w); });
}

void find_one(
    const std::shared_ptr<api_context>& c, const exchange_ptr& x, actors::tenant_query::about what,
    std::string id, base::duration wait,
    std::function<void(caf::event_based_actor*, const base::tenant_id&, std::string)> then) {
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  if (!tenants) {
    x->refuse(tenants.err());
    return;
  }
  c->node.run([c, x, what, wait, id = std::move(id), then = std::move(then),
               tenants = std::move(*tenants)](caf::event_based_actor* self) {
    auto all = gathering::of(tenants.size(), [self, x, id, then, tenants](gathering::all& answers) {
      const actors::answer* why = nullptr;
      for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i].ok()) {
          then(self, tenants[i], std::move(answers[i].json));
          return;
        }
        // "Cannot tell" weighs more than "not here".
        if (why == nullptr || answers[i].problem.code != base::ec::not_found)
          why = &answers[i];
      }
      x->refuse(why != nullptr ? why->problem
                               : base::error{base::ec::not_found,
                                             "looking up " + id + ": the token sees no tenant"});
    });
    for (std::size_t i = 0; i < tenants.size(); ++i) {
      actors::tenant_query q;
      q.tenant = tenants[i];
      q.what = what;
      q.id = id;
      ask(self, c->node.aggregator_of(tenants[i]), wait, all->slot(i), std::move(q));
    }
  });
}

void command_one(const std::shared_ptr<api_context>& c, const exchange_ptr& x,
                 actors::tenant_query::about what, respond::operator_command command) {
  const auto id = command.id;
  find_one(c, x, what, id, patience / 2,
           [c, x, command = std::move(command)](caf::event_based_actor* self,
                                                const base::tenant_id& tenant, const std::string&) {
             actors::tenant_command order{tenant, command};
             order.command.at = c->node.clock->now();
             ask(
                 self, c->node.aggregator_of(tenant), patience / 2,
                 [x](actors::answer a) {
                   if (a.ok())
                     x->answer(std::move(a.json));
                   else
                     x->refuse(a.problem);
                 },
                 std::move(order));
           });
}

} // namespace vedette::server

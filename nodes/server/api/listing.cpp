#include "nodes/server/api/listing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::server {

namespace {

constexpr std::size_t wave = 16;

/// One page on its way.
struct page {
  std::shared_ptr<api_context> context;
  exchange_ptr x;
  listing what;
  std::vector<base::tenant_id> tenants;
  std::size_t next_tenant = 0;
  std::optional<list_cursor> from;
  std::size_t limit = 0, taken = 0;
  base::duration deadline{};
  std::vector<std::string> items, unreachable;
  std::optional<list_cursor> last;

  [[nodiscard]] base::duration time_left() const { return deadline - context->node.clock->monotonic(); }
};
using page_ptr = std::shared_ptr<page>;

void finish(const page_ptr& p) {
  base::json_writer w;
  w.begin_object();
  w.key("items").begin_array();
  for (const auto& i : p->items)
    w.raw(i);
  w.end_array();
  if (p->taken >= p->limit && p->last)
    w.member("next", to_string(*p->last));
  if (!p->unreachable.empty())
    w.array("unreachable", p->unreachable);
  w.end_object();
  p->x->answer(std::string{w.text()});
}

void take(const page_ptr& p, const base::tenant_id& tenant, const actors::answer& a) {
  auto doc = a.ok() ? json_document::parse(a.json, "an aggregator's answer") : base::result<json_document>{a.problem};
  if (!doc) {
    p->unreachable.push_back(tenant.value);
    return;
  }
  for (const auto v : list_of(doc->root())) {
    if (p->taken >= p->limit)
      return;
    ++p->taken;
    p->last = list_cursor{tenant, number_at(v, "number")};
    auto shown = p->what.show ? p->what.show(v) : to_text(v);
    if (!shown.empty())
      p->items.push_back(std::move(shown));
  }
}

void next_wave(caf::event_based_actor* self, const page_ptr& p) {
  if (p->next_tenant >= p->tenants.size() || p->taken >= p->limit) {
    finish(p);
    return;
  }
  const auto left = p->time_left();
  if (left <= base::duration::zero()) {
    for (auto i = p->next_tenant; i < p->tenants.size(); ++i)
      p->unreachable.push_back(p->tenants[i].value);
    finish(p);
    return;
  }
  const auto first = p->next_tenant;
  const auto count = std::min(wave, p->tenants.size() - first);
  p->next_tenant += count;
  auto all = gathering::of(count, [self, p, first](gathering::all& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i)
      take(p, p->tenants[first + i], answers[i]);
    next_wave(self, p);
  });
  for (std::size_t i = 0; i < count; ++i) {
    const auto& tenant = p->tenants[first + i];
    actors::tenant_query q;
    q.tenant = tenant;
    p->what.aim(q, p->from && p->from->tenant == tenant ? p->from->number : 0, p->limit - p->taken);
    ask(self, p->context->node.aggregator_of(tenant), left, all->slot(i), std::move(q));
  }
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
  p->context = c;
  p->x = x;
  p->what = std::move(what);
  p->tenants = std::move(*tenants);
  p->from = std::move(wanted->cursor);
  p->limit = wanted->limit;
  if (p->from)
    std::erase_if(p->tenants, [&](const auto& t) { return t < p->from->tenant; });
  p->deadline = c->node.clock->monotonic() + patience;
  c->node.run([p](caf::event_based_actor* self) { next_wave(self, p); });
}

void find_one(const std::shared_ptr<api_context>& c, const exchange_ptr& x, actors::tenant_query::about what,
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
                               : base::error{base::ec::not_found, "looking up " + id + ": the token sees no tenant"});
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

void command_one(const std::shared_ptr<api_context>& c, const exchange_ptr& x, actors::tenant_query::about what,
                 respond::operator_command command) {
  const auto id = command.id;
  find_one(c, x, what, id, patience / 2,
           [c, x, command = std::move(command)](caf::event_based_actor* self, const base::tenant_id& tenant,
                                                const std::string&) {
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

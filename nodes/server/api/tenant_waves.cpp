#include "nodes/server/api/tenant_waves.hpp"

#include <algorithm>
#include <utility>

namespace vedette::server {

namespace {

constexpr std::size_t wave = 16;

struct asking {
  tenant_waves what;
  std::size_t next = 0;
  std::vector<std::string> unreachable;
};

void go_on(caf::event_based_actor* self, const std::shared_ptr<asking>& a) {
  const auto& w = a->what;
  if (a->next >= w.tenants.size() || (w.enough && w.enough())) {
    w.done(a->unreachable);
    return;
  }
  const auto left = w.deadline - w.context->node.clock->monotonic();
  if (left <= base::duration::zero()) {
    for (; a->next < w.tenants.size(); ++a->next)
      a->unreachable.push_back(w.tenants[a->next].value);
    w.done(a->unreachable);
    return;
  }
  const auto first = a->next;
  const auto count = std::min(wave, w.tenants.size() - first);
  a->next += count;
  auto all = gathering::of(count, [self, a, first](gathering::all& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto& tenant = a->what.tenants[first + i];
      if (!a->what.take(tenant, answers[i]))
        a->unreachable.push_back(tenant.value);
    }
    go_on(self, a);
  });
  for (std::size_t i = 0; i < count; ++i) {
    const auto& tenant = w.tenants[first + i];
    ask(self, w.context->node.aggregator_of(tenant), left, all->slot(i), w.question(tenant));
  }
}

} // namespace

void ask_in_waves(caf::event_based_actor* self, tenant_waves what) {
  go_on(self, std::make_shared<asking>(asking{std::move(what), 0, {}}));
}

} // namespace vedette::server

// What is known of one identity, and what could not be read.
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/listing.hpp"
#include "nodes/server/api/route_book.hpp"

#include <algorithm>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

/// Records of one partition that a single look-up goes through at most.
constexpr std::uint64_t look_up_max = 10'000;
constexpr std::size_t identity_alerts_max = 100;

void answer_identity(const exchange_ptr& x, const std::string& profile,
                     const actors::answer& alerts) {
  base::json_writer w;
  w.begin_object().key("profile").raw(profile).key("alerts").begin_array();
  auto doc = alerts.ok() ? json_document::parse(alerts.json, "an aggregator's answer")
                         : base::result<json_document>{alerts.problem};
  if (doc)
    for (const auto v : list_of(doc->root()))
      if (const auto alert = at(v, "alert"))
        w.raw(to_text(*alert));
  w.end_array();
  w.key("unreachable").begin_array();
  if (!doc)
    w.value("alerts");
  w.end_array().end_object();
  x->answer(std::string{w.text()});
}

void show_identity(const context_ptr& c, const exchange_ptr& x) {
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  if (auto ok = check_query(x->request, {"tenant"}); !ok)
    tenants = ok.err();
  if (!tenants) {
    x->refuse(tenants.err());
    return;
  }
  c->node.run([c, x, id = x->parameter("id"), tenants = *tenants](caf::event_based_actor* self) {
    auto all = gathering::of(tenants.size(), [c, self, x, id, tenants](gathering::all& answers) {
      const auto found =
          std::find_if(answers.begin(), answers.end(), [](const auto& a) { return a.ok(); });
      if (found == answers.end()) {
        base::error why{base::ec::not_found,
                        "looking up identity " + id + ": nothing is known of it"};
        for (const auto& a : answers)
          if (a.problem.code != base::ec::not_found)
            why = a.problem;
        x->refuse(why);
        return;
      }
      actors::tenant_query q;
      q.tenant = tenants[static_cast<std::size_t>(found - answers.begin())];
      q.alerts.identity = id;
      q.alerts.limit = identity_alerts_max;
      const auto& home = c->node.aggregator_of(q.tenant);
      // What is left of the two seconds.
      ask(
          self, home, patience / 8,
          [x, profile = found->json](const actors::answer& a) { answer_identity(x, profile, a); },
          std::move(q));
    });
    for (std::size_t i = 0; i < tenants.size(); ++i) {
      const auto p =
          c->node.routing.partition_of(tenants[i].value, base::entity_kind::identity, id);
      ask(self, c->node.detectors.of(p), patience, all->slot(i), p, actors::atom::identity::value,
          tenants[i].value, id);
    }
  });
}

struct quarantined {
  std::string received, id, json;
};

void add_records(std::vector<quarantined>& to, const actors::answer& a) {
  auto doc = json_document::parse(a.json, "a partition's answer");
  if (!doc)
    return;
  for (const auto v : list_of(doc->root()))
    to.push_back({text_at(v, "received"), text_at(v, "id"), to_text(v)});
}

/// Asks every partition for every tenant meant.
void ask_quarantine(const context_ptr& c, const std::vector<base::tenant_id>& tenants,
                    std::uint64_t limit,
                    std::function<void(std::vector<quarantined>&, std::size_t)> then) {
  c->node.run([=](caf::event_based_actor* self) {
    const auto partitions = c->node.routing.partitions;
    auto all = gathering::of(tenants.size() * partitions, [then](gathering::all& answers) {
      std::vector<quarantined> found;
      std::size_t silent = 0;
      for (const auto& a : answers) {
        if (a.ok())
          add_records(found, a);
        else
          ++silent;
      }
      then(found, silent);
    });
    std::size_t i = 0;
    for (const auto& t : tenants)
      for (base::partition_id p; p.value < partitions; ++p.value)
        ask(self, c->node.detectors.of(p), patience, all->slot(i++), p,
            actors::atom::quarantine::value, t.value, limit);
  });
}

void list_quarantine(const context_ptr& c, const exchange_ptr& x) {
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  if (auto ok = check_query(x->request, {"tenant", "limit"}); !ok)
    tenants = ok.err();
  auto page = page_of(x->request);
  if (!tenants || !page) {
    x->refuse(tenants ? page.err() : tenants.err());
    return;
  }
  ask_quarantine(c, *tenants, page->limit,
                 [x, limit = page->limit](auto& found, std::size_t silent) {
                   std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
                     return a.received != b.received ? a.received > b.received : a.id < b.id;
                   });
                   const bool more = found.size() > limit;
                   if (more)
                     found.resize(limit);
                   base::json_writer w;
                   w.begin_object().key("items").begin_array();
                   for (const auto& q : found)
                     w.raw(q.json);
                   w.end_array()
                       .member("more", more)
                       .member("partitions_unreachable", std::uint64_t{silent})
                       .end_object();
                   x->answer(std::string{w.text()});
                 });
}

void show_quarantined(const context_ptr& c, const exchange_ptr& x) {
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  if (auto ok = check_query(x->request, {"tenant"}); !ok)
    tenants = ok.err();
  if (!tenants) {
    x->refuse(tenants.err());
    return;
  }
  ask_quarantine(
      c, *tenants, look_up_max, [x, id = x->parameter("id")](auto& found, std::size_t silent) {
        const auto one =
            std::find_if(found.begin(), found.end(), [&](const auto& q) { return q.id == id; });
        if (one != found.end())
          x->answer(one->json);
        else if (silent > 0)
          x->refuse({base::ec::unavailable,
                     "looking up quarantined record " + id + ": a partition did not answer"});
        else
          x->refuse({base::ec::not_found,
                     "looking up quarantined record " + id + ": there is none of that id"});
      });
}

} // namespace

void add_identity_routes(route_book& book) {
  using io::http_method;
  const std::pair<std::string, std::string> tenant{"tenant", "only this tenant"};
  book.add(http_method::get, "/v1/identities/{id}", {io::role::viewer},
           {"What is known of one identity: profile, networks, services, its alerts; the id "
            "percent-encoded",
            {tenant},
            {}},
           show_identity);
  book.add(http_method::get, "/v1/quarantine",
           {io::role::analyst, io::role::responder, io::role::approver},
           {"Records that could not be read, newest first",
            {tenant, {"limit", "1..1000; 100 unless given"}},
            {}},
           list_quarantine);
  book.add(http_method::get, "/v1/quarantine/{id}",
           {io::role::analyst, io::role::responder, io::role::approver},
           {"One of them", {tenant}, {}}, show_quarantined);
}

} // namespace vedette::server

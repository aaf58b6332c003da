// Puts a question to a fold of this process and turns its answer into a reply.
//
// Used by gates and by the desk that answers other nodes; `then` runs in the asking actor.
#pragma once

#include "actors/error.hpp"
#include "actors/interfaces.hpp"
#include "actors/remote.hpp"

#include <functional>
#include <type_traits>
#include <utility>

namespace vedette::actors {

inline reply reply_of(const share_result& r) {
  return r.ok() ? reply{r.taken} : reply{r.problem};
}
inline share_result share_result_of(reply r) {
  if (auto* taken = std::get_if<partition_batch_result>(&r))
    return {*taken, {}};
  auto* e = std::get_if<base::error>(&r);
  return {{}, e != nullptr ? std::move(*e) : not_what_was_asked()};
}

template <class Self, class Then>
void ask_fold(Self* self, base::partition_id partition, const folding_detector& fold,
              const question& what, Then then) {
  const auto failed = [then](const caf::error& e) { then(reply{from_caf(e)}); };
  const auto answered = [then](const answer& a) {
    then(a.ok() ? reply{a.json} : reply{a.problem});
  };
  if (const auto* b = std::get_if<partition_batch>(&what))
    self->request(fold, caf::infinite, batch_shares{{{partition, *b}}})
        .then([then](const batch_results& r) { then(reply_of(r.shares.front())); }, failed);
  else if (const auto* p = std::get_if<park_request>(&what))
    self->request(fold, caf::infinite, partition, *p)
        .then([then](atom::done) { then(reply{acknowledged{}}); }, failed);
  else if (const auto* d = std::get_if<drain_request>(&what))
    self->request(fold, caf::infinite, partition, *d)
        .then([then](atom::done) { then(reply{acknowledged{}}); }, failed);
  else if (const auto* c = std::get_if<parked_question>(&what))
    self->request(fold, caf::infinite, partition, *c)
        .then([then](const parked_count& n) { then(reply{n}); }, failed);
  else if (const auto* a = std::get_if<pressure_question>(&what))
    self->request(fold, caf::infinite, partition, *a)
        .then([then](const alert_pressure& n) { then(reply{n}); }, failed);
  else if (const auto* i = std::get_if<identity_question>(&what))
    self->request(fold, caf::infinite, partition, atom::identity::value, i->tenant, i->key)
        .then(answered, failed);
  else if (const auto* q = std::get_if<quarantine_question>(&what))
    self->request(fold, caf::infinite, partition, atom::quarantine::value, q->tenant, q->limit)
        .then(answered, failed);
  else if (std::holds_alternative<status_question>(what))
    self->request(fold, caf::infinite, partition, atom::status::value)
        .then([then](const std::string& text) { then(reply{text}); }, failed);
  else
    then(reply{base::error{base::ec::invalid_argument,
                           "asking a partition of events: that is a question to a tenant's"}});
}

template <class Self, class Then>
void ask_fold(Self* self, base::partition_id, const folding_aggregator& fold, const question& what,
              Then then) {
  const auto failed = [then](const caf::error& e) { then(reply{from_caf(e)}); };
  const auto answered = [then](const answer& a) {
    then(a.ok() ? reply{a.json} : reply{a.problem});
  };
  if (const auto* d = std::get_if<delivery>(&what))
    self->request(fold, caf::infinite, *d)
        .then([then](atom::done) { then(reply{acknowledged{}}); }, failed);
  else if (const auto* c = std::get_if<tenant_command>(&what))
    self->request(fold, caf::infinite, *c).then(answered, failed);
  else if (const auto* q = std::get_if<tenant_query>(&what))
    self->request(fold, caf::infinite, *q).then(answered, failed);
  else if (std::holds_alternative<status_question>(what))
    self->request(fold, caf::infinite, atom::status::value)
        .then([then](const std::string& text) { then(reply{text}); }, failed);
  else
    then(reply{base::error{base::ec::invalid_argument,
                           "asking a tenant's partition: that is a question to one of events"}});
}

} // namespace vedette::actors

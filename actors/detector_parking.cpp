#include "actors/detector_parking.hpp"

#include "actors/error.hpp"
#include "actors/fold_steps.hpp"
#include "actors/wire_values.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace vedette::actors {

namespace {

/// Until a keeper is asked again.
constexpr std::chrono::milliseconds ask_keepers_again{50};

desk_time now_of(detector_pointer self) {
  return self->clock().now().time_since_epoch();
}

std::uint64_t bytes_left(const detector_state& st, base::partition_id home) {
  const auto at = st.fold->parked().all().find(home);
  return at == st.fold->parked().all().end() ? 0 : at->second.bytes;
}

/// The oldest that is kept for a home, as many as one message holds; the last one's index.
base::result<std::pair<drain_request, base::entry_index>>
oldest_of(const detector_state& st, base::partition_id home, const parked_batches::waiting& kept) {
  drain_request out;
  base::entry_index through;
  std::uint64_t bytes = 0;
  for (const auto& i : kept.items) {
    if (out.batches.size() == park_batches_max ||
        (!out.batches.empty() && bytes + i.bytes > park_bytes_max))
      break;
    auto body = st.fold->parked_body(home, i);
    if (!body)
      return body.err();
    auto entry = schemas::decode_batch_entry(**body);
    if (!entry)
      return entry.err();
    entry->parked =
        schemas::parked_name{st.copy->partition(), i.epoch, i.index, kept.items.front().index};
    out.batches.push_back(batch_of(std::move(*entry)));
    bytes += i.bytes;
    through = i.index;
  }
  return std::pair{std::move(out), through};
}

void ask_keeper(detector_pointer self, base::partition_id keeper) {
  auto& st = self->state;
  st.home.unheard[keeper].asking = true;
  const auto told = [self, keeper, term = st.term](std::optional<std::uint64_t> batches,
                                                   base::entry_index oldest,
                                                   const std::string& why) {
    auto& now = self->state;
    if (now.term == term && now.home.heard(keeper, batches, oldest, now_of(self)))
      spdlog::warn("partition {}: partition {} keeps batches for it, or may, and {}; they come "
                   "late",
                   now.copy->partition().value, keeper.value, why);
  };
  self->request(st.args.partition_of(keeper), caf::infinite, keeper,
                parked_question{st.copy->partition(), true})
      .then([told](const parked_count& n) { told(n.batches, n.oldest, "does not give them back"); },
            [told](const caf::error& e) { told({}, {}, base::to_string(from_caf(e))); });
}

/// Why it cannot be parked here.
std::optional<base::error> refusal(detector_pointer self, const park_request& r) {
  const auto& st = self->state;
  if (auto why = closed(st))
    return why;
  // None of these is `unavailable`: another keeper would take it, and what is here is older.
  if (st.keeper.about_to_serve(r.home, bytes_left(st, r.home), now_of(self)))
    return base::error{
        base::ec::conflict,
        fmt::format("parking for partition {}: it is about to be served; tell it itself",
                    r.home.value)};
  const auto coming = st.keeper.to_come.find(r.home);
  for (const auto& b : r.batches) {
    if (!state::is_tenant(b.tenant.value))
      return base::error{base::ec::malformed,
                         fmt::format("parking for partition {}: a batch names no tenant that can "
                                     "be; the sender runs another build",
                                     r.home.value)};
    if (auto ok = st.fold->parked().room(
            r.home, b.received, coming == st.keeper.to_come.end() ? 0 : coming->second.bytes);
        !ok)
      return ok.err();
  }
  return std::nullopt;
}

/// Appends one batch for its home; `then` once it is committed, or may be.
void park_one(detector_pointer self, base::partition_id home, const partition_batch& b,
              std::function<void(const base::status&)> then) {
  auto& coming = self->state.keeper.to_come[home];
  const auto key = key_of(b);
  auto& waiting = coming.batches[key];
  waiting.push_back(std::move(then));
  if (waiting.size() > 1)
    return;
  auto bytes = b.encoded ? *b.encoded : schemas::encode(entry_of(b));
  const auto size = bytes.size();
  coming.bytes += size;
  const auto ended = [self, home, key, size](const base::status& how) {
    auto& all = self->state.keeper.to_come;
    const auto at = all.find(home);
    if (at == all.end())
      return;
    at->second.bytes -= size;
    auto waited = at->second.batches.extract(key);
    if (at->second.batches.empty())
      all.erase(at);
    if (waited)
      for (auto& w : waited.mapped())
        w(how);
  };
  append(self, state::entry_kind::parked,
         std::make_shared<const std::string>(
             schemas::encode(schemas::parked_entry{home, b.tenant, b.received, std::move(bytes)})),
         {.then = [ended](base::entry_index) { ended({}); },
          .failed = [ended](const base::error& e) { ended(e); }});
}

} // namespace

caf::result<atom::done> park(detector_pointer self, park_request& r) {
  if (const auto why = refusal(self, r))
    return to_caf(*why);
  auto promise = self->make_response_promise<atom::done>();
  const auto one = for_all(r.batches.size(), answer_to(promise));
  for (const auto& b : r.batches)
    park_one(self, r.home, b, one);
  return promise;
}

caf::result<parked_count> count_parked(detector_pointer self, const parked_question& q) {
  auto& st = self->state;
  if (const auto why = closed(st))
    return to_caf(*why);
  if (q.serving)
    st.keeper.asked[q.home] = now_of(self);
  give_back(self);
  parked_count out;
  if (const auto at = st.fold->parked().all().find(q.home); at != st.fold->parked().all().end())
    out = {at->second.items.size(), at->second.items.front().index};
  if (const auto at = st.keeper.to_come.find(q.home); at != st.keeper.to_come.end())
    out.batches += at->second.batches.size();
  return out;
}

void give_back(detector_pointer self) {
  auto& st = self->state;
  if (!st.term || st.draining)
    return;
  for (const auto& [home, kept] : st.fold->parked().all()) {
    if (st.keeper.giving_back.contains(home))
      continue;
    auto oldest = oldest_of(st, home, kept);
    if (!oldest)
      return give_up(self, oldest.err());
    st.keeper.giving_back.insert(home);
    self->request(st.args.partition_of(home), caf::infinite, home, std::move(oldest->first))
        .then(
            [self, home = home, through = oldest->second, term = st.term](atom::done) {
              if (self->state.term != term)
                return;
              self->state.keeper.gave_back[home] = now_of(self);
              append(self, state::entry_kind::unparked,
                     std::make_shared<const std::string>(
                         schemas::encode(schemas::unparked_entry{home, through})),
                     {.then = [self, home](base::entry_index) {
                       self->state.keeper.giving_back.erase(home);
                       give_back(self);
                     }});
            },
            // The gate here goes down with its node; a tick tries again if it does not.
            [self, home = home, term = st.term](const caf::error&) {
              if (self->state.term == term)
                self->state.keeper.giving_back.erase(home);
            });
  }
}

void ask_keepers(detector_pointer self) {
  for (const auto keeper : self->state.args.keepers)
    self->state.home.wait_for(keeper, now_of(self));
  go_on_asking(self);
}

void go_on_asking(detector_pointer self) {
  auto& home = self->state.home;
  std::vector<base::partition_id> silent;
  for (const auto& [keeper, k] : home.unheard)
    if (!k.asking)
      silent.push_back(keeper);
  for (const auto keeper : silent)
    ask_keeper(self, keeper);
  if (home.closed() && !std::exchange(home.beating, true))
    self->ask_again_in(ask_keepers_again);
}

caf::result<atom::done> take_back(detector_pointer self, drain_request& d) {
  if (const auto why = closed(self->state))
    return to_caf(*why);
  // It may have been parked while this partition served and could not commit: then nobody asked.
  for (const auto& b : d.batches)
    if (b.parked)
      self->state.home.wait_for(b.parked->keeper, now_of(self));
  go_on_asking(self);
  auto promise = self->make_response_promise<atom::done>();
  const auto one = for_all(d.batches.size(), answer_to(promise));
  for (auto& b : d.batches)
    append_batch(self, b, [one](const base::result<partition_batch_result>& r) {
      one(r ? base::status{} : base::status{r.err()});
    });
  return promise;
}

} // namespace vedette::actors

#include "tests/sim/real/detector_fold.hpp"

#include "actors/partition_keys.hpp"
#include "tests/sim/collector.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/real/content.hpp"
#include "tests/sim/real/source.hpp"
#include "tests/sim/real/truth.hpp"

namespace vedette::sim::real {
namespace {

/// Small enough that entities leave memory and alerts that only grow are reported while it runs.
actors::partition_limits small_limits() {
  actors::partition_limits l;
  l.cache_bytes = std::size_t{24} << 10;
  l.coalesce = std::chrono::seconds{2};
  return l;
}

} // namespace

detector_fold::detector_fold(partition_host& host)
    : host_{host}, store_{std::make_shared<host_store>(host)} {}

// --- the state ---

void detector_fold::fold_failed(const base::error& why) {
  host_.around().check.violate(
      fmt::format("partition {} cannot be folded: {}", host_.id().value, base::to_string(why)));
}

void detector_fold::load(const checkpoint& from) {
  store_->restore(from);
  fold_ = std::make_unique<actors::partition_state>(host_.id(), store_, content::shared(),
                                                    small_limits());
  if (auto ok = fold_->recover(); !ok)
    fold_failed(ok.err());
}

checkpoint detector_fold::image() {
  const auto changes = fold_->checkpoint();
  const auto out = store_->keep(*changes, actors::partition_meta(host_.id()));
  out->applied = applied();
  out->digest = digest();
  fold_->checkpointed(fold_->applied());
  return out;
}

bool detector_fold::apply(const cluster::entry& e) {
  const state::log_entry entry{host_.id(),     e.epoch,
                               e.index,        static_cast<state::entry_kind>(e.kind),
                               e.fold_version, *e.body};
  // What this copy appended itself it folds as it has it, all others as it is written.
  const auto mine = appended_.find(e.index.value);
  const auto* batch =
      mine != appended_.end() && term_ == e.epoch ? mine->second.batch.get() : nullptr;
  if (auto ok = fold_->prepare(entry, batch); !ok) {
    fold_failed(ok.err());
    return false;
  }
  (void)fold_->apply(entry, batch);
  if (entry.kind == state::entry_kind::config && host_.serving())
    host_.around().hit(mark::generation_changed);
  return false;
}

void detector_fold::answer(std::uint64_t through) {
  while (!appended_.empty() && appended_.begin()->first <= through) {
    const auto done = std::move(appended_.begin()->second);
    appended_.erase(appended_.begin());
    under_way_.erase(done.key);
    for (const auto& reply : done.replies)
      reply();
  }
}

// --- a term ---

void detector_fold::begin_term(base::epoch e) {
  term_ = e;
  announced_ = fold_->generation();
  (void)announce(host_.at().generation_known());
}

void detector_fold::end_term() {
  term_.reset();
  const bool lost = !appended_.empty();
  appended_.clear();
  under_way_.clear();
  emitting_.clear();
  sent_.clear();
  answered_.clear();
  answering_.clear();
  running_.clear();
  running_count_ = 0;
  if (!lost)
    return;
  if (auto ok = fold_->reload_ids(); !ok)
    fold_failed(ok.err());
}

bool detector_fold::append(state::entry_kind kind, std::string body) {
  return host_
      .append(static_cast<std::uint8_t>(kind), std::make_shared<const std::string>(std::move(body)))
      .has_value();
}

bool detector_fold::announce(base::generation g) {
  if (g <= announced_)
    return true;
  if (!append(state::entry_kind::config, schemas::encode(content::shared()->at(g.value)->entry())))
    return false;
  announced_ = g;
  return true;
}

void detector_fold::take_batch(const batch& b, const accept& accepted, const refuse& refused) {
  auto& w = host_.around();
  if (!host_.serving()) {
    refused(host_.at().primary_of(host_.id()));
    return;
  }
  auto entry = *b.real;
  entry.committed_below = b.below;
  if (fold_->knows(entry)) {
    w.hit(mark::duplicate_dropped);
    accepted();
    return;
  }
  if (const auto known = under_way_.find(b.key); known != under_way_.end()) {
    w.hit(mark::duplicate_dropped);
    appended_.at(known->second).replies.push_back(accepted);
    return;
  }
  if (entry.events->generation < announced_)
    w.hit(mark::older_generation_folded);
  if (!announce(entry.events->generation)) {
    w.hit(mark::append_refused);
    refused({});
    return;
  }
  entry.events = fold_->without_duplicates(entry.tenant, entry.events);
  auto kept = std::make_shared<const schemas::batch_entry>(std::move(entry));
  const auto index = host_.append(static_cast<std::uint8_t>(state::entry_kind::batch),
                                  std::make_shared<const std::string>(schemas::encode(*kept)));
  if (!index) {
    w.hit(mark::append_refused);
    if (auto ok = fold_->reload_ids(); !ok)
      fold_failed(ok.err());
    refused({});
    return;
  }
  appended_[index->value] = {b.key, std::move(kept), {accepted}};
  under_way_[b.key] = index->value;
  host_.run_orders();
}

void detector_fold::take_alert(const delivery&, const accept&) {
  VEDETTE_ASSERT(false && "alerts are a tenant's");
}

void detector_fold::react() {
  if (!host_.serving() || !term_)
    return;
  (void)announce(host_.at().generation_known());
  say_alerts();
  note_answers();
  send_outbox();
  take_tick();
  host_.run_orders();
}

void detector_fold::say_alerts() {
  auto& w = host_.around();
  for (const auto& [of, said] : fold_->unemitted()) {
    if (emitting_.count(of) > 0)
      continue;
    if (!append(state::entry_kind::emitted, schemas::encode(said)))
      return;
    emitting_.insert(of);
    w.hit(mark::alert_emitted);
    for (const auto& a : said.alerts)
      if (a.revision > 1)
        w.hit(mark::alert_revised);
  }
}

void detector_fold::note_answers() {
  schemas::answered_entry done;
  for (const auto index : answered_)
    if (fold_->outbox().count(index) > 0 && answering_.count(index) == 0)
      done.emitted.push_back(index);
  if (!done.emitted.empty() && append(state::entry_kind::answered, schemas::encode(done)))
    answering_.insert(done.emitted.begin(), done.emitted.end());
}

void detector_fold::send_outbox() {
  auto& w = host_.around();
  for (const auto& [index, said] : fold_->outbox()) {
    if (answered_.count(index) > 0)
      continue;
    const auto before = sent_.find(index);
    if (before != sent_.end() && host_.now() - before->second < milliseconds{400})
      continue;
    if (before != sent_.end())
      w.hit(mark::alert_resent);
    const auto target = w.aggregator_of(0);
    const auto to = host_.at().primary_of(target);
    if (to.value.empty())
      continue;
    sent_[index] = host_.now();
    delivery d{{host_.id().value, term_->value, index, 0}, 0, said, index, 0};
    if (w.opts.wrong.running_count_outbox) {
      const auto number = running_.emplace(index, running_count_ + 1);
      running_count_ += number.second ? 1 : 0;
      d.at = {host_.id().value, 0, number.first->second, 0};
    }
    const auto heard = host_.guarded([this, index = index, term = term_] {
      if (!host_.serving() || term_ != term)
        return;
      answered_.insert(index);
      react();
    });
    w.send(host_.at().index, to, [&w, d, target, heard, sender = host_.at().id](node& receiver) {
      if (auto* h = receiver.host(target))
        h->fold().take_alert(d, [&w, heard, sender, from = receiver.index] {
          w.send(from, sender, [heard](node&) { heard(); });
        });
    });
  }
}

schemas::tick_entry detector_fold::tick_now() const {
  schemas::tick_entry t;
  t.now = wall_time(host_.around().time.now());
  for (const auto& c : host_.around().collectors)
    t.sources.push_back(c->mark());
  return t;
}

void detector_fold::take_tick() {
  if (host_.now() < ticked_at_ + milliseconds{500})
    return;
  ticked_at_ = host_.now();
  const auto t = tick_now();
  if (fold_->wants_tick(t))
    (void)append(state::entry_kind::tick, schemas::encode(t));
}

bool detector_fold::at_rest() const {
  return fold_->unemitted().empty() && fold_->outbox().empty() && !fold_->wants_tick(tick_now());
}

void detector_fold::judge() const {
  host_.around().real->detector_at_rest(host_.id(), *fold_);
}

} // namespace vedette::sim::real

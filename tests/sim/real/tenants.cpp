#include "tests/sim/real/tenants.hpp"

#include "actors/partition_keys.hpp"
#include "actors/tenant_codec.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/real/content.hpp"
#include "tests/sim/real/source.hpp"
#include "tests/sim/real/truth.hpp"

namespace vedette::sim::real {

tenant_partition::tenant_partition(partition_host& host)
    : host_{host}, store_{std::make_shared<host_store>(host)} {}

// --- the state ---

void tenant_partition::fold_failed(const base::error& why) {
  host_.around().check.violate(
      fmt::format("partition {} cannot be folded: {}", host_.id().value, base::to_string(why)));
}

void tenant_partition::load(const checkpoint& from) {
  store_->restore(from);
  fold_ = std::make_unique<actors::tenants_fold>(host_.id(), store_, content::shared());
  if (auto ok = fold_->recover(); !ok)
    fold_failed(ok.err());
}

checkpoint tenant_partition::image() {
  const auto out = store_->keep(*fold_->checkpoint(), actors::tenants_meta(host_.id()));
  out->applied = applied();
  out->digest = digest();
  return out;
}

std::optional<base::hash128> tenant_partition::digest_after(std::uint64_t index) const {
  return index % host_.around().limits.digest_every == 0 ? std::optional{digest()} : std::nullopt;
}

bool tenant_partition::apply(const cluster::entry& e) {
  entry_to_write mine;
  // What this copy appended itself it folds as it has it, all others as it is written.
  if (auto at = appended_.extract(e.index.value); at && term_ == e.epoch) {
    mine = std::move(at.mapped());
  } else {
    auto read = fold_->understand(e);
    if (!read) {
      fold_failed(read.err());
      return false;
    }
    mine.says = std::move(*read);
  }
  const bool of_tenant = mine.says.input.has_value();
  auto answers = fold_->apply(e.index, std::move(mine.says));
  if (!answers) {
    fold_failed(answers.err());
    return false;
  }
  for (const auto& a : *answers)
    carry_out(a.tenant, a.said);
  if (mine.then)
    mine.then(of_tenant ? answers->front().said : respond::outputs{});
  return false;
}

// --- a term ---

base::receive_time tenant_partition::wall() const {
  return wall_time(host_.around().time.now());
}

std::function<void()> tenant_partition::in_term(std::function<void()> what) const {
  return host_.guarded([this, term = term_, what = std::move(what)] {
    if (term && term_ == term && host_.serving())
      what();
  });
}

void tenant_partition::begin_term(base::epoch e) {
  term_ = e;
  if (fold_->in_force())
    announced_ = fold_->in_force()->number;
  else
    fold_->begin_under(content::shared()->at(host_.at().generation_known().value));
  announce(host_.at().generation_known());
  // What another node called may still be under way.
  resume_at_ = host_.now() + seconds{1};
}

void tenant_partition::end_term() {
  term_.reset();
  to_write_.clear();
  appended_.clear();
  arriving_.clear();
  begun_.clear();
  resume_at_.reset();
}

void tenant_partition::journal(const base::tenant_id& tenant, respond::input in, told then) {
  auto body = schemas::encode(schemas::tenant_entry{tenant, actors::encode(in)});
  const auto kind = actors::kind_of(in);
  to_write_.push_back({kind, {tenant, std::move(in), nullptr}, std::move(body), std::move(then)});
}

void tenant_partition::announce(base::generation g) {
  if (g <= announced_)
    return;
  announced_ = g;
  const auto& c = content::shared()->at(g.value);
  to_write_.push_back({state::entry_kind::config, {{}, {}, c}, schemas::encode(c->entry()), {}});
}

void tenant_partition::write() {
  while (!to_write_.empty()) {
    auto& next = to_write_.front();
    const auto index = host_.append(static_cast<std::uint8_t>(next.kind),
                                    std::make_shared<const std::string>(next.body));
    if (!index)
      return;
    appended_[index->value] = std::move(next);
    to_write_.pop_front();
  }
}

void tenant_partition::react() {
  if (!host_.serving() || !term_)
    return;
  announce(host_.at().generation_known());
  resume_when_due();
  tick_when_due();
  write();
  host_.run_orders();
}

void tenant_partition::take_batch(const batch&, const accept&, const refuse&) {
  VEDETTE_ASSERT(false && "batches are a detector's");
}

void tenant_partition::take_alert(const delivery& d, const accept& accepted) {
  auto& w = host_.around();
  if (!host_.serving() || !term_)
    return; // the sender asks again, whom the table names then
  // The broken outbox is caught by receivers that trust positions; ids would hide it.
  if (w.opts.wrong.running_count_outbox && w.real->arrived.count(d.at) > 0) {
    accepted();
    return;
  }
  auto& waiting = arriving_[d.at];
  waiting.push_back(accepted);
  if (waiting.size() > 1)
    return;
  auto inputs = d.said->alerts.size() + (d.said->maxima.empty() ? 0 : 1);
  const auto done = [this, at = d.at] {
    host_.around().real->arrived.insert(at);
    if (auto all = arriving_.extract(at))
      for (const auto& reply : all.mapped())
        reply();
  };
  const auto one = [&inputs, &done]() -> told {
    return --inputs > 0 ? told{} : told{[done](const respond::outputs&) { done(); }};
  };
  if (!d.said->maxima.empty()) {
    respond::day_maxima_told maxima{{}, wall()};
    for (const auto& m : d.said->maxima)
      maxima.maxima.push_back({m.account, {m.rule}, m.measure, m.day, m.value});
    journal(d.said->tenant, std::move(maxima), one());
  }
  for (const auto& a : d.said->alerts) {
    const auto* tenant = fold_->find(d.said->tenant);
    const auto* known = tenant == nullptr ? nullptr : tenant->find_alert(a.id);
    if (known != nullptr && known->alert.revision >= a.revision)
      w.hit(mark::alert_repeated);
    journal(d.said->tenant, respond::alert_arrived{a, wall()}, one());
  }
  react();
}

// --- actions ---

void tenant_partition::carry_out(const base::tenant_id& tenant, const respond::outputs& said) {
  if (!term_ || !host_.serving())
    return; // the copy that serves says and does it
  auto& w = host_.around();
  for (const auto& p : said.publish)
    w.real->published(p.alert);
  if (!said.intents.empty()) {
    respond::intents_committed committed{{}, wall()};
    for (const auto& a : said.intents)
      committed.actions.push_back({a.id, a.plan_hash});
    w.hit(mark::intent_written);
    journal(tenant, std::move(committed));
  }
  for (const auto& a : said.runnable)
    attempt(tenant, a);
}

void tenant_partition::attempt(const base::tenant_id& tenant, const respond::action& a) {
  auto& w = host_.around();
  const auto look = w.uniform(milliseconds{1}, milliseconds{30});
  const bool seen = !w.chance.chance(w.sky.loss);
  host_.at().after(seen ? look : instant{seconds{1}}, in_term([this, tenant, id = a.id, seen] {
                     const respond::action_attempt begun{id, {}, wall()};
                     journal(tenant, begun, [this, tenant, id, seen](const respond::outputs& said) {
                       if (said.refused || !term_)
                         return;
                       if (seen)
                         call(tenant, id);
                       else
                         conclude(tenant, id, respond::attempt_result::try_again);
                     });
                     react();
                   }));
}

void tenant_partition::call(const base::tenant_id& tenant, const std::string& action) {
  auto& w = host_.around();
  w.hit(begun_.insert(action).second ? mark::action_called : mark::action_resumed);
  const auto ended = std::make_shared<bool>(false);
  const auto end = [this, tenant, action, ended](respond::attempt_result how) {
    return in_term([this, tenant, action, ended, how] {
      if (!std::exchange(*ended, true))
        conclude(tenant, action, how);
    });
  };
  w.call_cloud(truth::key_of(action), host_.at().index, end(respond::attempt_result::done));
  host_.at().after(seconds{2}, end(respond::attempt_result::try_again));
}

void tenant_partition::conclude(const base::tenant_id& tenant, const std::string& action,
                                respond::attempt_result how) {
  if (how == respond::attempt_result::done)
    host_.around().hit(mark::outcome_written);
  journal(tenant, respond::action_outcome{action, how, {}, {}, wall()});
  react();
}

void tenant_partition::resume_when_due() {
  if (!resume_at_ || host_.now() < *resume_at_)
    return;
  resume_at_.reset();
  for (const auto& [name, tenant] : fold_->tenants()) {
    respond::outputs left;
    left.intents = tenant->uncommitted_intents();
    left.runnable = tenant->runnable_actions();
    if (!tenant->actions({.state = respond::action_state::attempted, .limit = 1}).empty())
      host_.around().hit(mark::action_resumed);
    journal({name}, respond::responder_changed{wall()});
    carry_out({name}, left);
  }
}

void tenant_partition::tick_when_due() {
  if (host_.now() < ticked_at_ + seconds{1})
    return;
  ticked_at_ = host_.now();
  for (const auto& [name, tenant] : fold_->tenants())
    if (!tenant->actions({.state = respond::action_state::approved, .limit = 1}).empty())
      journal({name}, respond::tick{wall(), {}});
}

bool tenant_partition::at_rest() const {
  if (!to_write_.empty() || !arriving_.empty() || resume_at_)
    return false;
  for (const auto& [name, tenant] : fold_->tenants())
    for (const auto* a : tenant->actions({.limit = ~std::size_t{0}}))
      if (!respond::is_final(a->state))
        return false;
  return true;
}

void tenant_partition::judge() const {
  host_.around().real->tenants_at_rest(*fold_);
}

} // namespace vedette::sim::real

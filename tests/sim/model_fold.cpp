#include "tests/sim/model_fold.hpp"

#include "tests/sim/node.hpp"
#include "tests/sim/partition_host.hpp"

namespace vedette::sim {
namespace {

struct model_image final : fold_image {
  explicit model_image(const fold_state& s) : state{s} {
    applied = s.applied;
    digest = {0, s.digest};
  }
  fold_state state;
};

} // namespace

checkpoint model_fold::image() {
  return std::make_shared<const model_image>(state_);
}

void model_fold::load(const checkpoint& from) {
  state_ = from ? static_cast<const model_image&>(*from).state : fold_state{};
}

void model_fold::judge() const {
  host_.around().check.final_state(state_);
}

void model_fold::answer(std::uint64_t through) {
  const auto answer_all = [&](auto& duties) {
    for (auto it = duties.begin(); it != duties.end();) {
      if (it->second.index > through) {
        ++it;
        continue;
      }
      const auto replies = std::move(it->second.replies);
      it = duties.erase(it);
      for (const auto& reply : replies)
        reply();
    }
  };
  answer_all(batches_);
  answer_all(arriving_);
}

void model_fold::end_term() {
  batches_.clear();
  arriving_.clear();
  emitting_.clear();
  answering_.clear();
  sent_.clear();
  answered_.clear();
  intending_.clear();
  concluding_.clear();
  calling_.clear();
  running_.clear();
  running_count_ = 0;
}

void model_fold::take_batch(const batch& b, const accept& accepted, const refuse& refused) {
  if (!host_.serving()) {
    refused(host_.at().primary_of(host_.id()));
    return;
  }
  if (state_.knows(b.key)) {
    host_.around().hit(mark::duplicate_dropped);
    accepted();
    return;
  }
  if (const auto under_way = batches_.find(b.key); under_way != batches_.end()) {
    host_.around().hit(mark::duplicate_dropped);
    under_way->second.replies.push_back(accepted);
    return;
  }
  const auto index = host_.append(static_cast<std::uint8_t>(kind::batch), encode(b));
  if (!index) {
    host_.around().hit(mark::append_refused);
    refused({});
    return;
  }
  batches_[b.key] = {index->value, {accepted}};
  host_.run_orders();
}

void model_fold::take_alert(const delivery& d, const accept& accepted) {
  if (!host_.serving())
    return; // the sender asks again, whom the table names then
  const bool same_place = state_.arrived.count(d.at) > 0;
  // The broken outbox is caught by receivers that trust positions; content ids would hide it.
  const bool same_content =
      !host_.around().opts.wrong.running_count_outbox && state_.alerts.count(d.alert);
  if (same_place || same_content) {
    host_.around().hit(mark::alert_repeated);
    accepted();
    return;
  }
  if (const auto under_way = arriving_.find(d.at); under_way != arriving_.end()) {
    under_way->second.replies.push_back(accepted);
    return;
  }
  const std::uint64_t numbers[] = {d.at.partition, d.at.epoch, d.at.entry, d.at.index, d.alert};
  const auto index = host_.append(static_cast<std::uint8_t>(kind::arrived), encode(numbers));
  if (!index)
    return;
  arriving_[d.at] = {index->value, {accepted}};
  host_.run_orders();
}

bool model_fold::append(kind k, std::span<const std::uint64_t> numbers) {
  return host_.append(static_cast<std::uint8_t>(k), encode(numbers)).has_value();
}

void model_fold::react() {
  if (!host_.serving())
    return;
  say_alerts();
  send_outbox();
  act();
  host_.run_orders();
}

void model_fold::say_alerts() {
  for (const auto& [raised_by, alerts] : state_.unemitted) {
    if (emitting_.count(raised_by) > 0)
      continue;
    const std::uint64_t numbers[] = {raised_by};
    if (!append(kind::emitted, numbers))
      return;
    emitting_.insert(raised_by);
    host_.around().hit(mark::alert_emitted);
  }
  for (const auto& [entry, said] : state_.outbox) {
    std::size_t answered = 0;
    for (std::size_t i = 0; i < said.alerts.size(); ++i)
      answered += answered_.count({entry, i});
    if (answered < said.alerts.size() || answering_.count(entry) > 0)
      continue;
    const std::uint64_t numbers[] = {entry};
    if (!append(kind::answered, numbers))
      return;
    answering_.insert(entry);
  }
}

void model_fold::send_outbox() {
  for (const auto& [entry, said] : state_.outbox) {
    for (std::size_t i = 0; i < said.alerts.size(); ++i) {
      const std::pair key{entry, std::uint64_t{i}};
      if (answered_.count(key) > 0)
        continue;
      const auto before = sent_.find(key);
      if (before != sent_.end() && host_.now() - before->second < milliseconds{400})
        continue;
      if (before != sent_.end())
        host_.around().hit(mark::alert_resent);
      const auto target = host_.around().aggregator_of(said.alerts[i]);
      const auto to = host_.at().primary_of(target);
      if (to.value.empty())
        continue;
      sent_[key] = host_.now();
      delivery d{{host_.id().value, said.epoch, entry, i}, said.alerts[i], nullptr, entry, i};
      if (host_.around().opts.wrong.running_count_outbox) {
        const auto number = running_.emplace(key, running_count_ + 1);
        running_count_ += number.second ? 1 : 0;
        d.at = {host_.id().value, 0, number.first->second, 0};
      }
      const auto heard = host_.guarded([this, key] {
        if (!host_.serving())
          return;
        answered_.insert(key);
        react();
      });
      const auto deliver = [&w = host_.around(), d, target, heard,
                            sender = host_.at().id](node& receiver) {
        if (auto* h = receiver.host(target))
          h->fold().take_alert(d, [&w, heard, sender, from = receiver.index] {
            w.send(from, sender, [heard](node&) { heard(); });
          });
      };
      host_.around().send(host_.at().index, to, deliver);
    }
  }
}

void model_fold::act() {
  for (const auto& [alert, times] : state_.alerts) {
    const auto action = state_.actions.find(alert);
    if (action == state_.actions.end()) {
      if (intending_.count(alert) > 0)
        continue;
      const std::uint64_t numbers[] = {alert};
      if (!append(kind::intent, numbers))
        return;
      intending_.insert(alert);
      continue;
    }
    if (action->second.done || concluding_.count(alert) > 0)
      continue;
    auto& called = calling_[alert];
    if (called != instant{} && host_.now() - called < seconds{2})
      continue;
    host_.around().hit(intending_.count(alert) > 0 && called == instant{} ? mark::action_called
                                                                          : mark::action_resumed);
    called = host_.now();
    host_.around().call_cloud(alert, host_.at().index, host_.guarded([this, id = alert] {
      if (!host_.serving() || concluding_.count(id) > 0)
        return;
      const std::uint64_t numbers[] = {id};
      if (append(kind::outcome, numbers))
        concluding_.insert(id);
      host_.run_orders();
    }));
  }
}

bool model_fold::at_rest() const {
  if (!state_.unemitted.empty() || !state_.outbox.empty() ||
      state_.actions.size() != state_.alerts.size())
    return false;
  for (const auto& [alert, a] : state_.actions)
    if (!a.done)
      return false;
  return true;
}

} // namespace vedette::sim

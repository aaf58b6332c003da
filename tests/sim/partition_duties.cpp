// What a serving primary does beside replication: takes batches and alerts, says what the fold
// raised, sends its outbox, runs actions.
#include "tests/sim/node.hpp"
#include "tests/sim/partition_host.hpp"

namespace vedette::sim {

void partition_host::forget_duties() {
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

void partition_host::take_batch(const batch& b, const std::function<void()>& accepted,
                                const std::function<void(cluster::node_id)>& refused) {
  if (replica_.role() != cluster::replica_role::serving) {
    refused(node_.primary_of(id_));
    return;
  }
  if (fold_.knows(b.key)) {
    world_.hit(mark::duplicate_dropped);
    accepted();
    return;
  }
  if (const auto under_way = batches_.find(b.key); under_way != batches_.end()) {
    world_.hit(mark::duplicate_dropped);
    under_way->second.replies.push_back(accepted);
    return;
  }
  const auto index = replica_.append(static_cast<std::uint8_t>(kind::batch), 1, encode(b), now());
  if (!index) {
    world_.hit(mark::append_refused);
    refused({});
    return;
  }
  batches_[b.key] = {index->value, {accepted}};
  run_orders();
}

void partition_host::take_alert(const delivery& d, const std::function<void()>& accepted) {
  if (replica_.role() != cluster::replica_role::serving)
    return; // the sender asks again, whom the table names then
  const bool same_place = fold_.arrived.count(d.at) > 0;
  // The broken outbox is caught by receivers that trust positions; content ids would hide it.
  const bool same_content = !world_.opts.wrong.running_count_outbox && fold_.alerts.count(d.alert);
  if (same_place || same_content) {
    world_.hit(mark::alert_repeated);
    accepted();
    return;
  }
  if (const auto under_way = arriving_.find(d.at); under_way != arriving_.end()) {
    under_way->second.replies.push_back(accepted);
    return;
  }
  const std::uint64_t numbers[] = {d.at.partition, d.at.epoch, d.at.entry, d.at.index, d.alert};
  const auto index =
      replica_.append(static_cast<std::uint8_t>(kind::arrived), 1, encode(numbers), now());
  if (!index)
    return;
  arriving_[d.at] = {index->value, {accepted}};
  run_orders();
}

bool partition_host::append(kind k, body b) {
  return replica_.append(static_cast<std::uint8_t>(k), 1, std::move(b), now()).has_value();
}

void partition_host::react() {
  if (replica_.role() != cluster::replica_role::serving)
    return;
  say_alerts();
  send_outbox();
  act();
  run_orders();
}

void partition_host::say_alerts() {
  for (const auto& [raised_by, alerts] : fold_.unemitted) {
    if (emitting_.count(raised_by) > 0)
      continue;
    const std::uint64_t numbers[] = {raised_by};
    if (!append(kind::emitted, encode(numbers)))
      return;
    emitting_.insert(raised_by);
    world_.hit(mark::alert_emitted);
  }
  for (const auto& [entry, said] : fold_.outbox) {
    std::size_t answered = 0;
    for (std::size_t i = 0; i < said.alerts.size(); ++i)
      answered += answered_.count({entry, i});
    if (answered < said.alerts.size() || answering_.count(entry) > 0)
      continue;
    const std::uint64_t numbers[] = {entry};
    if (!append(kind::answered, encode(numbers)))
      return;
    answering_.insert(entry);
  }
}

void partition_host::send_outbox() {
  for (const auto& [entry, said] : fold_.outbox) {
    for (std::size_t i = 0; i < said.alerts.size(); ++i) {
      const std::pair key{entry, std::uint64_t{i}};
      if (answered_.count(key) > 0)
        continue;
      const auto before = sent_.find(key);
      if (before != sent_.end() && now() - before->second < milliseconds{400})
        continue;
      if (before != sent_.end())
        world_.hit(mark::alert_resent);
      const auto target = world_.aggregator_of(said.alerts[i]);
      const auto to = node_.primary_of(target);
      if (to.value.empty())
        continue;
      sent_[key] = now();
      delivery d{{id_.value, said.epoch, entry, i}, said.alerts[i], entry, i};
      if (world_.opts.wrong.running_count_outbox) {
        const auto number = running_.emplace(key, running_count_ + 1);
        running_count_ += number.second ? 1 : 0;
        d.at = {id_.value, 0, number.first->second, 0};
      }
      const auto heard = guarded([this, key] {
        if (replica_.role() != cluster::replica_role::serving)
          return;
        answered_.insert(key);
        react();
      });
      const auto deliver = [&w = world_, d, target, heard, sender = node_.id](node& receiver) {
        if (auto* h = receiver.host(target))
          h->take_alert(d, [&w, heard, sender, from = receiver.index] {
            w.send(from, sender, [heard](node&) { heard(); });
          });
      };
      world_.send(node_.index, to, deliver);
    }
  }
}

void partition_host::act() {
  for (const auto& [alert, times] : fold_.alerts) {
    const auto action = fold_.actions.find(alert);
    if (action == fold_.actions.end()) {
      if (intending_.count(alert) > 0)
        continue;
      const std::uint64_t numbers[] = {alert};
      if (!append(kind::intent, encode(numbers)))
        return;
      intending_.insert(alert);
      continue;
    }
    if (action->second.done || concluding_.count(alert) > 0)
      continue;
    auto& called = calling_[alert];
    if (called != instant{} && now() - called < seconds{2})
      continue;
    world_.hit(intending_.count(alert) > 0 && called == instant{} ? mark::action_called
                                                                  : mark::action_resumed);
    called = now();
    world_.call_cloud(alert, node_.index, guarded([this, id = alert] {
                        if (replica_.role() != cluster::replica_role::serving ||
                            concluding_.count(id) > 0)
                          return;
                        const std::uint64_t numbers[] = {id};
                        if (append(kind::outcome, encode(numbers)))
                          concluding_.insert(id);
                        run_orders();
                      }));
  }
}

bool partition_host::at_rest() const {
  if (!fold_.unemitted.empty() || !fold_.outbox.empty() ||
      fold_.actions.size() != fold_.alerts.size())
    return false;
  for (const auto& [alert, a] : fold_.actions)
    if (!a.done)
      return false;
  return true;
}

} // namespace vedette::sim

#include "io/coordination/etcd_engine.hpp"

#include "io/coordination/judgements.hpp"
#include "io/coordination/record_json.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace vedette::io::etcd {

using base::ec;
using base::error;
using cluster::proposal_outcome;

engine::engine(const etcd_settings& settings, const clock& time, engine_output out)
    : settings_{settings}, out_{std::move(out)}, net_{settings, time} {}

engine::ask engine::begin(call_id call) const {
  return {call, net_.now() + settings_.call_deadline};
}

std::string engine::key(std::string_view suffix) const {
  return settings_.prefix + std::string{suffix};
}

bool engine::refuse(const std::function<coordinator_event(error)>& as) {
  if (cluster_)
    return false;
  auto why = not_open();
  if (estranged_)
    why = {ec::conflict, "asking the coordinator: it is no longer the one that was opened; open it "
                         "again"};
  out_.answer(as(std::move(why)));
  return true;
}

void engine::done(call_id call, call_kind kind, base::status outcome) {
  out_.answer(call_done{call, kind, std::move(outcome)});
}

std::optional<key_value> engine::only(const txn_reply& reply, std::size_t which) const {
  if (which >= reply.found.size() || reply.found[which].empty())
    return std::nullopt;
  return reply.found[which].front();
}

txn engine::guarded() const {
  return txn{}.if_value(key("cluster"), cluster_value_);
}

void engine::transact(const txn& t, const ask& a, std::function<void(txn_outcome)> then) {
  const auto floor = highest_;
  net_.call({"/v3/kv/txn", t.body(), a.deadline, a.urgent},
            [this, floor, then = std::move(then)](call_outcome got) {
              txn_outcome out{got.what, {}, std::move(got.why), got.sent_at};
              if (got.what == fate::answered) {
                auto reply = messages_.transaction(got.body);
                if (!reply) {
                  out.what = fate::unanswered;
                  out.why = reply.err();
                } else if (cluster_ && !same_cluster(reply->head, floor)) {
                  out.what = fate::refused;
                  out.why = {ec::conflict, "asking etcd: it is no longer the one that was opened"};
                } else {
                  out.reply = std::move(*reply);
                }
              }
              then(std::move(out));
            });
}

// --- the cluster ---

void engine::open(call_id call, const open_request& request) {
  const auto a = begin(call);
  transact_open(txn{}.then_get(key("cluster")), a, [this, a, request](const txn_reply& reply) {
    const auto failed = [&](error why) {
      out_.answer(cluster_opened{a.call, std::move(why), false, {}});
    };
    const auto record = only(reply, 0);
    std::optional<cluster::cluster_record> present;
    if (record) {
      auto read = read_cluster_record(record->value);
      if (!read)
        return failed(read.err());
      present = *read;
    }
    const auto verdict = judge_open(request, present, key(""));
    if (!verdict)
      return failed(verdict.err());
    if (*verdict == open_verdict::take)
      opened(a, request, *record, reply.head, false);
    else if (request.anew)
      found_anew(a, request, record);
    else
      found(a, request);
  });
}

void engine::transact_open(const txn& t, const ask& a, std::function<void(txn_reply)> then) {
  net_.call({"/v3/kv/txn", t.body(), a.deadline, a.urgent},
            [this, a, then = std::move(then)](call_outcome got) {
              if (got.what != fate::answered)
                return out_.answer(cluster_opened{a.call, std::move(got.why), false, {}});
              auto reply = messages_.transaction(got.body);
              if (!reply)
                return out_.answer(cluster_opened{a.call, reply.err(), false, {}});
              then(std::move(*reply));
            });
}

void engine::found(const ask& a, const open_request& request) {
  const auto value = to_json(request.record);
  const auto t = txn{}
                     .if_created_at(key("cluster"), 0)
                     .then_put(key("cluster"), value)
                     .then_get(key("cluster"))
                     .else_get(key("cluster"));
  transact_open(t, a, [this, a, request, value](const txn_reply& reply) {
    const auto record = only(reply, 0);
    if (!record) {
      out_.answer(cluster_opened{
          a.call,
          error{ec::unavailable, "founding a cluster: its record was taken away meanwhile; again"},
          false,
          {}});
      return;
    }
    // Failed because a first attempt had been applied, or because another was first.
    opened(a, request, *record, reply.head, record->value == value);
  });
}

void engine::found_anew(const ask& a, const open_request& request,
                        const std::optional<key_value>& present) {
  auto t = txn{};
  if (present)
    t.if_modified_at(key("cluster"), present->modified);
  else
    t.if_created_at(key("cluster"), 0);
  for (const auto* folder : {"partitions/", "documents/", "stores/", "nodes/"})
    t.then_delete_below(key(folder));
  t.then_delete(key("controller"))
      .then_put(key("cluster"), to_json(request.record))
      .then_get(key("cluster"));
  transact_open(t, a, [this, a, request](const txn_reply& reply) {
    const auto record = only(reply, 0);
    // Two that make it anew at once write the same record: only the one that won may go on.
    if (!reply.succeeded || !record) {
      out_.answer(cluster_opened{
          a.call,
          error{ec::conflict, "making the table anew: another change was first, or the answer was "
                              "lost; look at `vedette status`, and again"},
          false,
          {}});
      return;
    }
    auto taken = request;
    taken.anew = false;
    opened(a, taken, *record, reply.head, true);
  });
}

void engine::opened(const ask& a, const open_request& request, const key_value& record,
                    const header& head, bool founded) {
  auto read = read_cluster_record(record.value);
  const auto verdict = read ? judge_open(request, *read, key("")) : read.err();
  if (!verdict) {
    out_.answer(cluster_opened{a.call, verdict.err(), false, {}});
    return;
  }
  stop_watch();
  watching_ = false;
  drop_view(not_open());
  cluster_ = *read;
  cluster_value_ = record.value;
  etcd_id_ = head.cluster_id;
  highest_ = head.revision;
  estranged_ = false;
  out_.answer(cluster_opened{a.call, *cluster_, founded, {highest_}});
  pulse();
}

// --- stores and partitions ---

void engine::read_store(call_id call, const cluster::node_id& node) {
  const auto failed = [call](error why) -> coordinator_event {
    return store_read{call, std::move(why), {}};
  };
  if (refuse(failed))
    return;
  transact(ask_node_keys(node), begin(call), [this, call, failed](txn_outcome got) {
    if (got.what != fate::answered)
      return out_.answer(failed(std::move(got.why)));
    auto stands = read_node_keys(got.reply);
    if (!stands)
      return out_.answer(failed(stands.err()));
    out_.answer(store_read{call, stands->store, std::move(stands->live)});
  });
}

txn engine::ask_node_keys(const cluster::node_id& node) const {
  return txn{}.then_get(key(store_key(node))).then_get(key(node_key(node)));
}

base::result<engine::node_keys> engine::read_node_keys(const txn_reply& reply) const {
  node_keys out;
  if (const auto kv = only(reply, 0)) {
    auto read = read_store_record(kv->value);
    if (!read)
      return read.err();
    out.store = *read;
    out.store_modified = kv->modified;
  }
  if (const auto kv = only(reply, 1)) {
    auto read = read_node_record(kv->value);
    if (!read)
      return read.err();
    out.live = std::move(*read);
    out.node_modified = kv->modified;
    out.lease = kv->lease;
  }
  return out;
}

void engine::write_store(call_id call, const cluster::node_id& node,
                         const cluster::store_record& record) {
  const auto kind = call_kind::write_store;
  if (refuse([call](error why) -> coordinator_event {
        return call_done{call, kind, std::move(why)};
      }))
    return;
  if (auto good = check_node_id(node); !good)
    return done(call, kind, std::move(good));
  const auto t = guarded().then_put(key(store_key(node)), to_json(record));
  transact(t, begin(call), [this, call](const txn_outcome& got) {
    if (got.what != fate::answered)
      done(call, kind, got.why);
    else if (!got.reply.succeeded)
      done(call, kind, error{ec::conflict, "writing a store's record: another cluster is there"});
    else
      done(call, kind, {});
  });
}

void engine::reread(call_id call, base::partition_id partition) {
  const auto failed = [call, partition](error why) -> coordinator_event {
    return partition_read{call, partition, std::move(why)};
  };
  if (refuse(failed))
    return;
  transact(txn{}.then_get(key(cluster::partition_key(partition))), begin(call),
           [this, call, partition, failed](txn_outcome got) {
             if (got.what != fate::answered)
               return out_.answer(failed(std::move(got.why)));
             std::optional<cluster::versioned_assignment> seen;
             if (const auto kv = only(got.reply, 0)) {
               auto read = read_assignment(kv->value);
               if (!read)
                 return out_.answer(failed(read.err()));
               seen = {{kv->modified}, std::move(read->value)};
             }
             out_.answer(partition_read{call, partition, std::move(seen)});
           });
}

txn engine::guarded_at(const std::string& where, cluster::revision base) const {
  auto t = guarded();
  if (base.value == 0)
    t.if_created_at(where, 0);
  else
    t.if_modified_at(where, base.value);
  return t;
}

bool engine::judge_put(const txn_outcome& got, const std::function<bool(const std::string&)>& ours,
                       proposal_outcome& outcome, cluster::revision& at, std::string& why) const {
  if (got.what != fate::answered) {
    if (got.what == fate::unanswered)
      outcome = proposal_outcome::unknown;
    why = got.why.context;
    return true;
  }
  const auto present = got.reply.succeeded ? std::nullopt : only(got.reply, 0);
  // An earlier attempt may have been applied and its answer lost.
  if (!got.reply.succeeded && !(present && ours(present->value)))
    return false;
  outcome = proposal_outcome::won;
  at = {got.reply.succeeded ? got.reply.head.revision : present->modified};
  return true;
}

void engine::swap(call_id call, const cluster::swap_request& request) {
  swap_done answer{call, {request.token, request.partition, proposal_outcome::lost, {}}, {}};
  if (refuse([&](error why) -> coordinator_event {
        answer.why = why.context;
        return answer;
      }))
    return;
  std::random_device chance;
  const auto proposal = std::uint64_t{chance()} << 32 | chance();
  const auto where = key(cluster::partition_key(request.partition));
  auto t = guarded_at(where, request.base);
  if (request.fence.value != 0)
    t.if_created_at(key("controller"), request.fence.value);
  t.then_put(where, to_json(request.next, proposal)).else_get(where).else_get(key("controller"));
  transact(t, begin(call),
           [this, answer, proposal, fence = request.fence](const txn_outcome& got) mutable {
             auto& a = answer.answer;
             const auto ours = [proposal](const std::string& value) {
               const auto read = read_assignment(value);
               return read && read->proposal == proposal;
             };
             if (!judge_put(got, ours, a.outcome, a.at, answer.why)) {
               const auto office = only(got.reply, 1);
               const bool deposed = fence.value != 0 && (!office || office->created != fence.value);
               answer.why = deposed ? "swapping a partition: this controller was deposed"
                                    : "swapping a partition: another change was first";
             }
             out_.answer(std::move(answer));
           });
}

void engine::put_document(call_id call, const cluster::document_swap& request) {
  document_put answer{call, request.name, proposal_outcome::lost, {}, {}};
  if (refuse([&](error why) -> coordinator_event {
        answer.why = why.context;
        return answer;
      }))
    return;
  const auto where = key(cluster::document_key(request.name));
  auto t = guarded_at(where, request.base);
  t.then_put(where, to_json(request.next)).else_get(where);
  transact(t, begin(call), [this, answer, next = request.next](const txn_outcome& got) mutable {
    const auto ours = [&next](const std::string& value) {
      const auto read = read_document(value);
      return read && *read == next;
    };
    if (!judge_put(got, ours, answer.outcome, answer.at, answer.why))
      answer.why = "putting a document: another change was first";
    out_.answer(std::move(answer));
  });
}

// --- the office ---

void engine::campaign(call_id call) {
  campaign_done answer{call, proposal_outcome::lost, {}, {}};
  const auto failed = [&](error why) -> coordinator_event {
    answer.why = why.context;
    return answer;
  };
  if (refuse(failed))
    return;
  if (!session_)
    return out_.answer(failed(not_joined("campaigning for controller")));
  const auto office = key("controller");
  const auto lease = session_->lease;
  const auto t = guarded()
                     .if_created_at(office, 0)
                     .if_leased(key(node_key(session_->node.id)), lease)
                     .then_put(office, session_->node.id.value, lease)
                     .else_get(office);
  transact(t, begin(call), [this, answer, lease](const txn_outcome& got) mutable {
    if (got.what == fate::unanswered) {
      answer.outcome = proposal_outcome::unknown;
      answer.why = got.why.context;
    } else if (got.what == fate::refused) {
      answer.why = got.why.context;
    } else if (got.reply.succeeded) {
      answer.outcome = proposal_outcome::won;
      answer.created = {got.reply.head.revision};
    } else if (const auto held = only(got.reply, 0); held && held->lease == lease) {
      answer.outcome = proposal_outcome::won;
      answer.created = {held->created};
    } else {
      answer.why = held ? fmt::format("campaigning for controller: {} holds it", held->value)
                        : "campaigning for controller: this node's membership ended";
    }
    out_.answer(std::move(answer));
  });
}

void engine::resign(call_id call, cluster::revision fence) {
  const auto kind = call_kind::resign;
  if (refuse([call](error why) -> coordinator_event {
        return call_done{call, kind, std::move(why)};
      }))
    return;
  const auto t = txn{}.if_created_at(key("controller"), fence.value).then_delete(key("controller"));
  transact(t, begin(call), [this, call](const txn_outcome& got) {
    // Not holding it any more is what was asked for.
    done(call, kind, got.what == fate::answered ? base::status{} : base::status{got.why});
  });
}

} // namespace vedette::io::etcd

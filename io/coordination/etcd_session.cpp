#include "io/coordination/etcd_engine.hpp"
#include "io/coordination/judgements.hpp"
#include "io/coordination/record_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace vedette::io::etcd {

using base::ec;
using base::error;

namespace {

std::uint64_t draw_lease() {
  std::random_device chance;
  // Drawn here, so that granting it twice is one lease; signed and not 0 over there.
  return (std::uint64_t{chance()} << 31 | chance()) + 1;
}

std::uint64_t in_seconds(base::duration d) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(d).count());
}

} // namespace

// --- joining ---

struct engine::joining {
  ask a;
  cluster::node_record node;
  base::duration ttl{};
  std::uint64_t lease = draw_lease();
  std::uint64_t node_modified = 0, store_modified = 0; ///< 0: absent
  std::uint64_t predecessor = 0;                       ///< its lease
  base::duration granted_at{};
};

void engine::join(call_id call, const cluster::node_record& node, base::duration ttl) {
  const auto failed = [call](error why) -> coordinator_event {
    return node_joined{call, std::move(why), {}};
  };
  if (refuse(failed))
    return;
  if (auto good = check_join(node, ttl); !good)
    return out_.answer(failed(good.err()));
  if (session_)
    return out_.answer(failed(
        {ec::invalid_argument, fmt::format("joining as node {}: this handle joined as {} already; "
                                           "leave first",
                                           node.id.value, session_->node.id.value)}));
  auto j = std::make_shared<joining>();
  j->a = begin(call);
  j->node = node;
  j->ttl = ttl;
  transact(ask_node_keys(node.id), j->a, [this, j, failed](txn_outcome got) {
    if (got.what != fate::answered)
      return out_.answer(failed(std::move(got.why)));
    auto stands = read_node_keys(got.reply);
    if (!stands)
      return out_.answer(failed(stands.err()));
    j->store_modified = stands->store_modified;
    j->node_modified = stands->node_modified;
    j->predecessor = stands->lease;
    // Of a join of ours whose answer was lost: both records are our own.
    if (stands->live && leases_.count(stands->lease) > 0)
      stands->live.reset(), stands->store.reset();
    const auto verdict = judge_join(j->node, stands->store, stands->live);
    if (!verdict || *verdict != cluster::start_verdict::go)
      return out_.answer(node_joined{j->a.call, verdict, {}});
    join_grant(j);
  });
}

void engine::join_grant(const std::shared_ptr<joining>& j) {
  leases_.insert(j->lease);
  net_.call({"/v3/lease/grant", grant_body(j->lease, in_seconds(j->ttl)), j->a.deadline, true},
            [this, j](const call_outcome& got) {
              const bool again = got.why.context.find("lease already exists") != std::string::npos;
              if (got.what != fate::answered && !again)
                return join_failed(j, got.why);
              if (!again)
                if (auto read = messages_.grant(got.body); !read)
                  return join_failed(j, read.err());
              join_write(j);
            });
}

void engine::join_write(const std::shared_ptr<joining>& j) {
  const auto node = key(node_key(j->node.id));
  const auto store = key(store_key(j->node.id));
  auto t = guarded();
  if (j->node_modified == 0)
    t.if_created_at(node, 0);
  else
    t.if_modified_at(node, j->node_modified);
  if (j->store_modified == 0)
    t.if_created_at(store, 0);
  else
    t.if_modified_at(store, j->store_modified);
  t.then_put(node, to_json(j->node), j->lease)
      .then_put(store, to_json(cluster::store_record{j->node.incarnation, j->node.stamp}))
      .then_get(node)
      .else_get(node);
  transact(t, j->a, [this, j](const txn_outcome& got) {
    if (got.what != fate::answered)
      return join_failed(j, got.why);
    if (!cluster_)
      return join_failed(j, not_open());
    const auto held = only(got.reply, 0);
    // Also when the transaction failed because a first attempt had been applied.
    if (!held || held->lease != j->lease)
      return join_failed(
          j, {ec::conflict, fmt::format("joining as node {}: another process took that id in the "
                                        "same moment; stop it, or choose another --node-id",
                                        j->node.id.value)});
    if (j->predecessor != 0)
      revoke_lease(j->predecessor, j->a.deadline, nullptr);
    session_ = session{j->node, j->lease, j->ttl, held->modified};
    member_ = true;
    keep_alive(j->lease);
    out_.heard(got.sent_at);
    out_.answer(node_joined{j->a.call, cluster::start_verdict::go, {held->modified}});
  });
}

void engine::join_failed(const std::shared_ptr<joining>& j, error why) {
  // Whatever was written under it goes with it.
  revoke_lease(j->lease, net_.now() + settings_.call_deadline, nullptr);
  out_.answer(node_joined{j->a.call, std::move(why), {}});
}

void engine::revoke_lease(std::uint64_t lease, base::duration deadline,
                          std::function<void(call_outcome)> then) {
  net_.call({"/v3/lease/revoke", lease_body(lease), deadline, true},
            [then = std::move(then)](call_outcome got) {
              if (then)
                then(std::move(got));
            });
}

// --- the session ---

void engine::update_node(call_id call, const cluster::node_record& node) {
  const auto kind = call_kind::update_node;
  if (refuse([call](error why) -> coordinator_event {
        return call_done{call, kind, std::move(why)};
      }))
    return;
  if (!session_)
    return done(call, kind, not_joined("changing the node's record"));
  if (node.id != session_->node.id)
    return done(call, kind,
                error{ec::invalid_argument,
                      fmt::format("changing the record of node {}: this session is node {}'s",
                                  node.id.value, session_->node.id.value)});
  const auto where = key(node_key(node.id));
  const auto value = to_json(node);
  const auto lease = session_->lease;
  const auto t = guarded()
                     .if_modified_at(where, session_->node_modified)
                     .if_leased(where, lease)
                     .then_put(where, value, lease)
                     .then_get(where)
                     .else_get(where);
  transact(t, begin(call), [this, call, value, lease, node](const txn_outcome& got) {
    if (got.what != fate::answered)
      return done(call, kind, got.why);
    const auto held = only(got.reply, 0);
    if (session_ && session_->lease == lease && held && held->lease == lease) {
      session_->node_modified = held->modified;
      if (held->value == value) {
        session_->node = node;
        return done(call, kind, {});
      }
    }
    done(call, kind,
         error{ec::conflict, "changing the node's record: it changed in the same "
                             "moment; look whether the session stands, and again"});
  });
}

void engine::leave(call_id call) {
  const auto kind = call_kind::leave;
  if (refuse([call](error why) -> coordinator_event {
        return call_done{call, kind, std::move(why)};
      }))
    return;
  member_ = false;
  if (!session_)
    return done(call, kind, {});
  const auto lease = session_->lease;
  session_.reset();
  revoke_lease(lease, begin(call).deadline, [this, call](const call_outcome& got) {
    const bool gone = got.what == fate::answered || got.why.code == ec::not_found;
    done(call, kind, gone ? base::status{} : base::status{got.why});
  });
}

void engine::keep_alive(std::uint64_t lease) {
  if (!session_ || session_->lease != lease)
    return;
  const auto started = net_.now();
  const auto every = session_->ttl / 3;
  net_.call({"/v3/lease/keepalive", lease_body(lease), started + every, true},
            [this, lease, started, every](const call_outcome& got) {
              if (!session_ || session_->lease != lease)
                return;
              if (got.what == fate::answered) {
                const auto read = messages_.keep_alive(got.body);
                if (read && read->ttl_seconds == 0)
                  return lose_session("its lease ended before it could be renewed");
              }
              // One that failed took its whole turn with trying.
              net_.at(std::max(started + every, net_.now() + std::chrono::milliseconds{50}),
                      [this, lease] { keep_alive(lease); });
            });
}

void engine::lose_session(const std::string& why) {
  const auto node = session_->node.id.value;
  session_.reset();
  out_.heard(std::nullopt);
  out_.news(session_lost{
      fmt::format("node {} is no member any more: {}; join again with the next stamp", node, why)});
}

// --- the pulse ---

void engine::schedule_pulse(base::duration sent_at) {
  const auto turn = ++pulse_turn_;
  net_.at(std::max(sent_at + settings_.pulse, net_.now() + std::chrono::milliseconds{10}),
          [this, turn] {
            if (turn == pulse_turn_)
              pulse();
          });
}

void engine::pulse() {
  if (!cluster_ || pulsing_)
    return;
  pulsing_ = true;
  auto t = txn{}.then_get(key("cluster"));
  if (session_)
    t.then_get(key(node_key(session_->node.id)));
  const auto floor = highest_;
  const auto lease = session_ ? session_->lease : 0;
  const auto started = net_.now();
  net_.call({"/v3/kv/txn", t.body(), started + settings_.call_deadline, true},
            [this, floor, lease, started](call_outcome got) {
              pulsing_ = false;
              txn_outcome out{got.what, {}, std::move(got.why), got.sent_at};
              if (got.what == fate::answered) {
                auto reply = messages_.transaction(got.body);
                if (reply) {
                  out.reply = std::move(*reply);
                } else {
                  out.what = fate::unanswered;
                  out.why = reply.err();
                }
              }
              if (cluster_)
                pulse_answered(out, floor, lease);
              if (cluster_)
                schedule_pulse(started);
            });
}

void engine::pulse_answered(const txn_outcome& got, std::uint64_t floor, std::uint64_t lease) {
  if (got.what != fate::answered)
    return reach(false, got.why.context);
  const auto record = only(got.reply, 0);
  if (record && record->value != cluster_value_) {
    const auto read = read_cluster_record(record->value);
    if (!read)
      return estrange(estrangement::other_cluster);
    if (const auto kind = judge_record(*cluster_, *read))
      return estrange(*kind);
    cluster_value_ = record->value; // a later build added to it
  }
  if (!record)
    return estrange(estrangement::wiped);
  if (!same_cluster(got.reply.head, floor))
    return;
  reach(true, {});
  if (session_ && session_->lease == lease) {
    const auto held = only(got.reply, 1);
    if (!held || held->lease != lease)
      return lose_session(held ? "another process holds its id"
                               : "its lease ended, or the controller ended it");
  }
  if (!member_ || (session_ && session_->lease == lease))
    out_.heard(got.sent_at);
  tend_watch();
  if (stream_live_)
    out_.news(view_proved{{got.reply.head.revision}, got.sent_at});
}

void engine::reach(bool reachable, const std::string& why) {
  if (reachable == reachable_)
    return;
  reachable_ = reachable;
  out_.news(reach_changed{reachable, why});
}

bool engine::same_cluster(const header& head, std::uint64_t floor) {
  if (head.cluster_id != etcd_id_)
    estrange(estrangement::other_cluster);
  else if (head.revision < floor)
    estrange(estrangement::restored);
  else
    highest_ = std::max(highest_, head.revision);
  return cluster_.has_value();
}

void engine::estrange(estrangement kind) {
  const auto id = cluster_->id;
  stop_watch();
  watching_ = false;
  drop_view(not_open());
  session_.reset();
  cluster_.reset();
  estranged_ = true;
  ++pulse_turn_;
  out_.heard(std::nullopt);
  out_.news(estranged_by(kind, key(""), id));
}

// --- ending another's membership ---

struct engine::revoking {
  ask a;
  cluster::node_id node;
  cluster::revision fence;
};

void engine::revoke(call_id call, const cluster::node_id& node, cluster::revision fence) {
  const auto kind = call_kind::revoke;
  if (refuse([call](error why) -> coordinator_event {
        return call_done{call, kind, std::move(why)};
      }))
    return;
  const auto r = std::make_shared<revoking>(revoking{begin(call), node, fence});
  const auto where = key(node_key(node));
  transact(txn{}.then_get(where), r->a, [this, r, where](const txn_outcome& got) {
    if (got.what != fate::answered)
      return done(r->a.call, call_kind::revoke, got.why);
    const auto seen = only(got.reply, 0);
    if (!seen)
      return done(r->a.call, call_kind::revoke, {});
    // The key goes, not the lease: only a transaction can be fenced. The node sees it at its next
    // pulse, and no later join of it is hit.
    auto t = guarded().if_modified_at(where, seen->modified);
    if (r->fence.value != 0)
      t.if_created_at(key("controller"), r->fence.value);
    t.then_delete(where).else_get(where).else_get(key("controller"));
    transact(t, r->a, [this, r, modified = seen->modified](const txn_outcome& ended) {
      if (ended.what != fate::answered)
        return done(r->a.call, call_kind::revoke, ended.why);
      const auto still = only(ended.reply, 0);
      if (ended.reply.succeeded || !still)
        return done(r->a.call, call_kind::revoke, {});
      if (still->modified == modified)
        return done(r->a.call, call_kind::revoke, deposed(r->node));
      done(r->a.call, call_kind::revoke,
           error{ec::conflict, fmt::format("ending node {}: its record changed in the same "
                                           "moment; judge again",
                                           r->node.value)});
    });
  });
}

} // namespace vedette::io::etcd

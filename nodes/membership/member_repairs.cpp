// Of the member: what an operator orders when the cluster cannot repair itself. A partition goes on
// with a copy that was not in sync; the table is begun anew and filled.
#include "nodes/membership/member.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace vedette::membership {
namespace {

using namespace std::chrono_literals;
using base::ec;

constexpr base::duration claim_patience = 10s;

} // namespace

void member::recover(base::partition_id partition, const cluster::member& survivor,
                     cluster::revision base, std::function<void(base::result<base::epoch>)> done) {
  const auto refusal = [&](ec code, const std::string& why) {
    done(base::error{code, fmt::format("recovering partition {} from node {}: {}", partition.value,
                                       survivor.node.value, why)});
  };
  const auto found = seen_.table.find(partition);
  if (found == seen_.table.end())
    return refusal(ec::not_found, "there is no such partition");
  if (found->second.at != base)
    return refusal(ec::conflict, "its assignment changed meanwhile; look at it, and again");
  const auto node = seen_.nodes.find(survivor.node);
  if (node == seen_.nodes.end() || node->second.incarnation != survivor.incarnation)
    return refusal(ec::not_found, "that node is no member any more, or another store is there now");
  auto next = cluster::recover_accepting_loss(found->second.value, survivor);
  if (!next)
    return done(next.err());
  swapping what;
  what.by = author::recovery;
  what.request.partition = partition;
  what.request.base = base;
  what.done = [done = std::move(done), epoch = next->epoch](const base::status& s) {
    done(s ? base::result<base::epoch>{epoch} : base::result<base::epoch>{s.err()});
  };
  what.request.next = std::move(*next);
  swap(std::move(what));
}

base::status member::may_claim(std::uint64_t seen) const {
  const auto refusal = [](ec code, std::string why) {
    return base::error{code, "making the table anew: " + std::move(why)};
  };
  if (args_.standalone)
    return refusal(ec::conflict, "a node that stands alone has no other coordinator");
  if (claiming_)
    return refusal(ec::conflict, "this node is at it already");
  if (seen != id_.generation)
    return refusal(ec::conflict,
                   fmt::format("generation {} of it was begun since generation {} was looked at; "
                               "look at `vedette status`, and again",
                               id_.generation, seen));
  if (seen_.state == standing::estranged)
    return {};
  if (seen_.state == standing::joining)
    return refusal(ec::unavailable,
                   "the coordinator is not within reach, or this node is just joining: " +
                       seen_.why);
  std::size_t all = 0;
  for (const auto& group : cluster::partition_groups(seen_.cluster))
    all += group.size();
  if (seen_.cluster.generation > 1 && seen_.table.size() < all)
    return {};
  return refusal(ec::conflict, fmt::format("the coordinator holds the whole table, generation {}; "
                                           "nothing is to be made",
                                           seen_.cluster.generation));
}

void member::claim_table(std::uint64_t seen,
                         std::function<void(base::result<std::uint64_t>)> done) {
  if (auto ok = may_claim(seen); !ok)
    return done(ok.err());
  claiming_ = std::move(done);
  claimed_ = 0;
  claim_until_ = now() + claim_patience;
  if (session_) {
    static_cast<void>(args_.coordinator->leave());
    session_ = watching_ = false;
    set_state(standing::joining, "the table is being made anew");
  }
  enter(step::open);
}

void member::claimed(base::result<std::uint64_t> outcome) {
  if (const auto done = std::exchange(claiming_, nullptr))
    done(std::move(outcome));
}

void member::put_table(std::uint64_t generation,
                       const std::map<base::partition_id, cluster::assignment>& table,
                       std::function<void(base::status)> done) {
  if (!session_ || id_.generation != generation)
    return done(base::error{ec::conflict,
                            fmt::format("filling generation {} of the table: it was begun anew "
                                        "meanwhile, or this node lost its session",
                                        generation)});
  if (table.empty())
    return done({});
  struct filling {
    std::size_t left;
    base::status worst;
    std::function<void(base::status)> done;
  };
  const auto all = std::make_shared<filling>(filling{table.size(), {}, std::move(done)});
  for (const auto& [partition, value] : table) {
    swapping what;
    what.by = author::rebuild;
    what.request = {0, partition, {}, value, {}};
    what.done = [all](const base::status& s) {
      if (!s && all->worst)
        all->worst = s;
      if (--all->left == 0)
        all->done(all->worst);
    };
    swap(std::move(what));
  }
}

} // namespace vedette::membership

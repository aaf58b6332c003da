// Seeding a replica that the log no longer reaches, or whose state is wrong: one checkpoint of the
// primary's fold in chunks, then the tail behind it.
#include "cluster/replica.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace vedette::cluster {

bool replica::far_behind(const replica_peer& p, instant now) const {
  return !p.seeded && p.match.value + limits_.tail_max < last_.value &&
         now - p.heard_at <= limits_.lag_max;
}

void replica::seed(replica_peer& p, instant now) {
  if (p.mode == peer_mode::seeding || outvoted_)
    return;
  // A checkpoint may stand before what an in-sync store acknowledged. One that is wrong leaves the
  // set first; one that lies before our log's beginning holds nothing that could be lost by it.
  const auto members = commit_members();
  const bool counts = std::ranges::find(members, member{p.node, p.incarnation}) != members.end();
  if (counts && !p.too_old)
    return;
  p.mode = peer_mode::seeding;
  ++p.session;
  p.checkpoint_id = ++last_checkpoint_;
  p.manifest.reset();
  p.staged_below = p.next_chunk = 0;
  p.unanswered.clear();
  p.reading = 0;
  p.progress_at = now;
  p.backoff = limits_.seeding_retry;
  order_out(open_checkpoint{p.checkpoint_id});
}

void replica::end_seeding(replica_peer& p) {
  if (p.checkpoint_id == 0)
    return;
  order_out(close_checkpoint{p.checkpoint_id});
  p.checkpoint_id = 0;
  p.manifest.reset();
}

void replica::checkpoint_opened(std::uint64_t id, const opened_checkpoint& what, instant now) {
  const auto p = std::ranges::find(peers_, id, &replica_peer::checkpoint_id);
  if (!leads() || id == 0 || p == peers_.end()) {
    order_out(close_checkpoint{id});
    return;
  }
  VEDETTE_ASSERT(!p->manifest);
  VEDETTE_ASSERT(what.chunks >= 1 && what.at <= told_);
  VEDETTE_ASSERT(what.at.value + 1 >= first_kept_.value);
  auto history = history_;
  history.cut(what.at);
  p->manifest = checkpoint_manifest{.id = id,
                                    .from = self_.incarnation,
                                    .at = {history_.epoch_at(what.at), what.at},
                                    .history = history.starts(),
                                    .keys = what.keys,
                                    .bytes = what.bytes,
                                    .chunks = what.chunks,
                                    .checksum = what.checksum};
  p->pinned = what.at;
  p->progress_at = p->heard_at = now; // nothing was said to it while the checkpoint was taken
  pump_chunks(*p);
}

void replica::pump_chunks(replica_peer& p) {
  const auto end = std::min(p.staged_below + limits_.chunk_window, p.manifest->chunks);
  while (p.next_chunk < end)
    order_out(read_chunk{p.checkpoint_id, p.next_chunk++});
}

void replica::chunk_was_read(std::uint64_t id, std::uint32_t number,
                             std::shared_ptr<const std::string> bytes, instant now) {
  const auto p = std::ranges::find(peers_, id, &replica_peer::checkpoint_id);
  if (!leads() || id == 0 || p == peers_.end() || !p->manifest)
    return;
  VEDETTE_ASSERT(bytes != nullptr && number < p->manifest->chunks);
  send_to(*p, checkpoint_chunk{*p->manifest, number, std::move(bytes)}, now);
}

void replica::take_chunk_staged(replica_peer& p, const chunk_staged& c, instant now) {
  if (p.mode != peer_mode::seeding || !p.manifest || c.id != p.checkpoint_id ||
      c.below > p.manifest->chunks)
    return;
  // May fall: a store that was restarted begins again.
  if (c.below > p.staged_below) {
    p.progress_at = now;
    p.backoff = limits_.seeding_retry;
  }
  p.staged_below = c.below;
  p.next_chunk = std::max(p.next_chunk, c.below);
  pump_chunks(p);
}

} // namespace vedette::cluster

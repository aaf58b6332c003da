#include "actors/committer.hpp"

#include "actors/error.hpp"
#include "base/json_writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace vedette::actors {

namespace {

void flush(committer_actor::stateful_pointer<committer_state> self) {
  auto& st = self->state;
  if (st.group.empty())
    return;
  const auto began = std::chrono::steady_clock::now();
  const auto ok = st.args.store->log().append(st.group);
  if (st.args.wrote)
    st.args.wrote(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  ++st.groups;
  st.entries += st.group.size();
  auto waiting = std::move(st.waiting);
  st.group.clear();
  st.waiting.clear();
  st.group_bytes = 0;
  for (auto& w : waiting) {
    if (ok)
      w.deliver(atom::done::value);
    else
      w.deliver(to_caf(ok.err()));
  }
  if (!ok)
    spdlog::error("writing the log: {}; nothing is acknowledged until the store is opened anew",
                  base::to_string(ok.err()));
  if (ok && st.args.sync_interval.count() > 0 && !st.unsynced_since) {
    st.unsynced_since = self->clock().now();
    self->delayed_send(self, st.args.sync_interval, atom::flush::value);
  }
}

/// The store remembers a failure and refuses every later append, so saying it is all that is left.
void sync_when_due(committer_actor::stateful_pointer<committer_state> self) {
  auto& st = self->state;
  if (!st.unsynced_since || self->clock().now() - *st.unsynced_since < st.args.sync_interval)
    return;
  st.unsynced_since.reset();
  if (auto ok = st.args.store->log().sync(); !ok)
    spdlog::error("syncing the log: {}; nothing is acknowledged until the store is opened anew",
                  base::to_string(ok.err()));
}

} // namespace

committer_actor::behavior_type committer(committer_actor::stateful_pointer<committer_state> self,
                                         committer_args args) {
  self->state.args = std::move(args);
  return {
      [self](write_request& request) -> caf::typed_response_promise<atom::done> {
        auto& st = self->state;
        auto promise = self->make_response_promise<atom::done>();
        for (auto& e : request.entries) {
          st.group_bytes += e.body.size();
          st.group.push_back(std::move(e));
        }
        st.waiting.push_back(promise);
        if (st.group_bytes >= st.args.group_bytes_max) {
          flush(self);
        } else if (request.urgent) {
          // Behind what is in the mailbox already: a burst of alerts still shares a record.
          if (!std::exchange(st.urgent_flush_under_way, true))
            self->send(self, atom::flush::value);
        } else if (!st.flush_under_way && !st.urgent_flush_under_way) {
          // Everything already in the mailbox comes before this message, so a busy node fills its
          // groups without waiting and an idle one waits no longer than the linger.
          st.flush_under_way = true;
          self->delayed_send(self, st.args.linger, atom::flush::value);
        }
        return promise;
      },
      [self](const checkpoint_request& request) -> caf::result<atom::done> {
        // What a checkpoint covers must be in the log before it.
        flush(self);
        auto& st = self->state;
        if (auto ok = st.args.store->entities().apply(*request.changes); !ok)
          return to_caf(ok.err());
        for (const auto& [partition, index] : request.changes->positions()) {
          st.args.checkpoints[partition] = index;
          if (request.hold)
            st.held.try_emplace(partition, index);
        }
        if (request.trim) {
          auto upto = st.args.checkpoints;
          for (const auto& [partition, index] : st.held)
            upto[partition] = std::min(upto[partition], index);
          if (auto ok = st.args.store->log().trim(upto, st.args.keep); !ok)
            spdlog::warn("trimming the log: {}", base::to_string(ok.err()));
        }
        return atom::done::value;
      },
      [self](const release_hold& r) { self->state.held.erase(r.partition); },
      [self](const stage_request& r) -> caf::result<atom::done> {
        flush(self); // answers come in the order of requests
        auto& entities = self->state.args.store->entities();
        if (r.drop_before)
          if (auto ok = entities.drop_staged(r.partition); !ok)
            return to_caf(ok.err());
        if (auto ok = entities.stage(r.partition, r.items); !ok)
          return to_caf(ok.err());
        return atom::done::value;
      },
      [self](const switch_request& r) -> caf::result<atom::done> {
        // What was written before must lie before it.
        flush(self);
        auto& st = self->state;
        if (auto ok = st.args.store->switch_staged(r.reset.partition, r.reset, *r.beside); !ok)
          return to_caf(ok.err());
        for (const auto& [partition, index] : r.beside->positions())
          st.args.checkpoints[partition] = index;
        st.held.erase(r.reset.partition);
        return atom::done::value;
      },
      [self](atom::flush) {
        self->state.flush_under_way = self->state.urgent_flush_under_way = false;
        flush(self);
        sync_when_due(self);
      },
      [self](atom::status) {
        const auto& st = self->state;
        const auto usage = st.args.store->log().usage();
        base::json_writer w;
        w.begin_object();
        w.member("groups", st.groups).member("entries", st.entries);
        w.member("bytes_written", usage.bytes_written).member("log_bytes", usage.bytes);
        w.member("log_records", usage.records).member("log_entries", usage.entries);
        const auto memory = st.args.store->memory();
        w.member("unflushed_bytes", memory.unflushed)
            .member("block_cache_bytes", memory.block_cache);
        w.member("tables_bytes", memory.tables).member("unpacked_bytes", memory.unpacked);
        w.end_object();
        return std::string{w.text()};
      },
  };
}

} // namespace vedette::actors

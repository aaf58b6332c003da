// GET /metrics: this node in figures, for Prometheus. What others hold and lead is theirs to say.
#include "nodes/server/api/census.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/version.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

/// Families in the order in which they were first named.
class sheet {
 public:
  void set(const std::string& name, const std::string& help, double value,
           io::metric_labels labels = {}) {
    auto at = places_.find(name);
    if (at == places_.end()) {
      at = places_.emplace(name, out_.size()).first;
      out_.push_back({name, help, name.ends_with("_total"), {}});
    }
    out_[at->second].series.emplace_back(std::move(labels), value);
  }
  [[nodiscard]] std::vector<io::metric_reading> take() { return std::move(out_); }

 private:
  std::vector<io::metric_reading> out_;
  std::map<std::string, std::size_t> places_;
};

double whole(std::uint64_t n) {
  return static_cast<double>(n);
}

/// Under the names that Prometheus' own clients use. What the kernel does not say is left out.
void describe_process(sheet& s) {
  std::ifstream in{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::istringstream rest{text.substr(std::min(text.rfind(')') + 1, text.size()))};
  const std::vector<std::string> words{std::istream_iterator<std::string>{rest}, {}};
  // proc(5): of field n the word n - 3, for two are gone and they count from 1.
  if (words.size() > 21) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    s.set("process_cpu_seconds_total", "CPU time, user and system.",
          (std::stod(words[11]) + std::stod(words[12])) / ticks);
    s.set("process_virtual_memory_bytes", "Address space.", std::stod(words[20]));
    s.set("process_resident_memory_bytes", "Memory in use.",
          std::stod(words[21]) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
}

void describe_node(const api_context& c, sheet& s) {
  s.set("vedette_build_info", "1; what runs here.", 1,
        {{"version", std::string{version()}}, {"commit", std::string{commit()}}});
  const auto up = c.node.clock->monotonic() - c.started;
  s.set("vedette_uptime_seconds", "Since this process began to answer.",
        std::chrono::duration<double>(up).count());
  s.set("vedette_ready", "1 while this node takes input.", c.node.ready && c.node.ready() ? 1 : 0);
  s.set("vedette_content_generation", "Rules, lists and tenants in force.",
        whole(c.node.content()->number.value));
}

void describe_cluster(const membership::view& v, sheet& s) {
  std::uint64_t leads = 0, holds = 0, without = 0;
  for (const auto& [p, row] : v.table) {
    leads += row.value.primary == v.self.id;
    without += row.value.primary.value.empty();
    holds += is_replica(row.value, v.self.id);
  }
  s.set("vedette_partitions", "Partitions of which this node holds a copy, or which it leads.",
        whole(leads), {{"role", "leads"}});
  s.set("vedette_partitions", "", whole(holds), {{"role", "holds"}});
  s.set("vedette_partitions_without_primary", "Of the whole cluster, as this node knows it.",
        whole(without));
  s.set("vedette_partitions_moving", "Of the whole cluster, as this node knows it.",
        whole(v.moving.size()));
  s.set("vedette_nodes", "Members of the cluster, as this node knows it.", whole(v.nodes.size()));
  s.set("vedette_coordinator_reachable", "1 while the coordinator answers.", v.reachable ? 1 : 0);
  s.set("vedette_controller", "1 on the node that is the controller.",
        v.controller && *v.controller == v.self.id ? 1 : 0);
}

void describe_clocks(const clock_report& clocks, sheet& s) {
  for (const auto& [node, line] : clocks)
    s.set("vedette_clock_off_seconds",
          "What a node's clock shows beyond the time that this node goes by.",
          std::chrono::duration<double>(line.off).count(), {{"node", node.value}});
}

void describe_mesh(const io::mesh_counts& m, sheet& s) {
  constexpr std::array lanes{"control", "data", "bulk"};
  for (const auto& p : m.peers) {
    const auto& node = p.node.value;
    s.set("vedette_mesh_peer_up", "1 while this node and the peer hear each other.",
          p.alive ? 1 : 0, {{"node", node}});
    s.set("vedette_mesh_received_bytes_total", "Payload from a peer.", whole(p.received_bytes),
          {{"node", node}});
    s.set("vedette_mesh_received_messages_total", "Messages from a peer.",
          whole(p.received_messages), {{"node", node}});
    for (std::size_t i = 0; i < p.lanes.size(); ++i) {
      const io::metric_labels to{{"node", node}, {"lane", lanes[i]}};
      s.set("vedette_mesh_sent_bytes_total", "Payload to a peer.", whole(p.lanes[i].sent_bytes),
            to);
      s.set("vedette_mesh_sent_frame_bytes_total", "What they became on the wire.",
            whole(p.lanes[i].frame_bytes), to);
      s.set("vedette_mesh_sent_messages_total", "Messages to a peer.",
            whole(p.lanes[i].sent_messages), to);
      s.set("vedette_mesh_sent_frames_total", "Frames to a peer.", whole(p.lanes[i].sent_frames),
            to);
      s.set("vedette_mesh_dropped_messages_total", "Messages that could not be sent to a peer.",
            whole(p.lanes[i].dropped), to);
      s.set("vedette_mesh_queued_bytes", "Payload that waits for a peer.",
            whole(p.lanes[i].queued_bytes), to);
    }
  }
  const auto& r = m.refused;
  const auto refused = [&](const char* reason, std::uint64_t n) {
    s.set("vedette_mesh_refused_total", "Frames and keys that were refused.", whole(n),
          {{"reason", reason}});
  };
  refused("bad_frame", r.bad_frames);
  refused("other_cluster", r.other_cluster);
  refused("unknown_node", r.unknown_nodes);
  refused("wrong_key", r.wrong_keys);
  refused("former_process", r.former_process);
  refused("refused_key", r.refused_keys);
}

/// By tenant: names of sources are the collectors' own and may be many.
void describe_sources(json_value said, base::receive_time now, sheet& s) {
  struct figures {
    std::uint64_t sources = 0, accepted = 0, duplicate = 0, quarantined = 0, skipped = 0;
    base::event_time newest;
  };
  std::map<std::string, figures> tenants;
  for (const auto actor : list_at(said, "items"))
    for (const auto v : list_at(actor, "sources")) {
      auto& t = tenants[text_at(v, "tenant")];
      ++t.sources;
      t.accepted += number_at(v, "accepted");
      t.duplicate += number_at(v, "duplicate");
      t.quarantined += number_at(v, "quarantined");
      t.skipped += number_at(v, "skipped");
      t.newest = std::max(
          t.newest, base::parse_rfc3339(text_at(v, "newest_event")).value_or(base::event_time{}));
    }
  for (const auto& [tenant, t] : tenants) {
    s.set("vedette_sources", "Sources this node has heard since its start.", whole(t.sources),
          {{"tenant", tenant}});
    const auto records = [&s, &name = tenant](const char* outcome, std::uint64_t n) {
      s.set("vedette_ingest_records_total",
            "Records this node has taken in, by what became of them.", whole(n),
            {{"tenant", name}, {"outcome", outcome}});
    };
    records("accepted", t.accepted);
    records("duplicate", t.duplicate);
    records("quarantined", t.quarantined);
    records("skipped", t.skipped);
    if (t.newest != base::event_time{})
      s.set("vedette_newest_event_age_seconds", "How far behind now the newest event is.",
            std::chrono::duration<double>(now - t.newest).count(), {{"tenant", tenant}});
  }
}

/// Of the partitions this node leads.
void describe_partitions(json_value said, sheet& s) {
  for (const auto item : list_at(said, "items")) {
    const io::metric_labels p{{"partition", std::to_string(number_at(item, "partition"))}};
    if (const auto fold = at(item, "fold")) {
      const auto count = [&](const char* name, const char* help, const char* key) {
        if (at(*fold, key))
          s.set(name, help, whole(number_at(*fold, key)), p);
      };
      count("vedette_events_folded_total", "Events folded into entity state.", "events");
      count("vedette_events_late_total", "Of these, later than the allowed lateness.", "late");
      count("vedette_events_ahead_total", "Of these, dated ahead of their receipt.", "ahead");
      const bool of_tenants = !at(*fold, "events");
      if (of_tenants)
        count("vedette_alerts_published_total", "Changes of alerts, to subscribers.", "alerts");
      else
        count("vedette_alerts_raised_total", "Alerts and their revisions, by folds of events.",
              "alerts");
      count("vedette_outbox_entries", "Said, and not answered by the aggregator.", "outbox");
      count("vedette_hot_entities", "Entities held in memory.", "entities_hot");
      count("vedette_hot_entities_bytes", "Bytes they take.", "entities_hot_bytes");
      count("vedette_dedup_bytes", "Ids of events that are remembered.", "ids_bytes");
      count("vedette_actions_total", "Attempts at actions.", "actions");
      for (const auto of : list_at(*fold, "keeps")) {
        const io::metric_labels home{{"partition", std::to_string(number_at(of, "partition"))},
                                     {"keeper", std::to_string(number_at(item, "partition"))}};
        s.set("vedette_parked_batches", "Kept for a partition that has no primary.",
              whole(number_at(of, "batches")), home);
        s.set("vedette_parked_bytes", "Their bytes.", whole(number_at(of, "bytes")), home);
      }
    }
    if (const auto replica = at(item, "replica")) {
      const auto committed = number_at(*replica, "committed");
      s.set("vedette_partition_epoch", "Counts the primaries a partition has had.",
            whole(number_at(*replica, "epoch")), p);
      s.set("vedette_fold_lag_entries", "Committed, and not shown to the fold yet.",
            whole(committed - std::min(committed, number_at(*replica, "shown"))), p);
      s.set("vedette_replica_alarms_total", "Differing digests, lost stores and the like.",
            whole(number_at(*replica, "alarms")), p);
      std::uint64_t lag = 0;
      const auto last = number_at(*replica, "last");
      for (const auto copy : list_at(*replica, "replicas"))
        lag = std::max(lag, last - std::min(last, number_at(copy, "match")));
      s.set("vedette_replica_lag_entries", "Of the copy that is furthest behind.", whole(lag), p);
    }
  }
}

void describe_committer(json_value said, sheet& s) {
  s.set("vedette_commit_groups_total", "Group commits.", whole(number_at(said, "groups")));
  s.set("vedette_commit_entries_total", "Log entries in them.", whole(number_at(said, "entries")));
  s.set("vedette_log_written_bytes_total", "Handed to the store for the log.",
        whole(number_at(said, "bytes_written")));
  s.set("vedette_log_bytes", "Records of the log that are kept.",
        whole(number_at(said, "log_bytes")));
  s.set("vedette_log_entries", "Entries in them.", whole(number_at(said, "log_entries")));
  s.set("vedette_store_unflushed_bytes", "Written, in memory and in the write-ahead log only.",
        whole(number_at(said, "unflushed_bytes")));
  s.set("vedette_store_unpacked_bytes", "Log records that were read last, held in memory.",
        whole(number_at(said, "unpacked_bytes")));
  s.set("vedette_store_block_cache_bytes", "Blocks of the store held in memory.",
        whole(number_at(said, "block_cache_bytes")));
  s.set("vedette_store_tables_bytes", "Indexes and filters of the store's files.",
        whole(number_at(said, "tables_bytes")));
}

void show_metrics(const context_ptr& c, const exchange_ptr& x) {
  if (!sees_the_node(x))
    return;
  c->node.run([c, x](caf::event_based_actor* self) {
    const auto view = std::make_shared<const membership::view>(c->node.cluster());
    auto all = gathering::of(3, [c, x, view](gathering::all& said) {
      sheet s;
      describe_node(*c, s);
      describe_process(s);
      describe_cluster(*view, s);
      if (c->node.mesh)
        describe_mesh(c->node.mesh(), s);
      if (c->node.clocks)
        describe_clocks(c->node.clocks(), s);
      // What does not answer in time is missing, and the rest is there.
      const auto with = [&](const actors::answer& a, auto describe) {
        if (!a.ok())
          return;
        if (const auto doc = json_document::parse(a.json, "what this node said"))
          describe(doc->root());
      };
      with(said[0], [&](json_value v) { describe_sources(v, c->node.clock->now(), s); });
      with(said[1], [&](json_value v) { describe_partitions(v, s); });
      with(said[2], [&](json_value v) { describe_committer(v, s); });
      io::http_response r;
      r.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      r.body = c->node.metrics->text(s.take());
      x->out.respond(std::move(r));
    });
    const auto& here = view->self.id;
    ask(self, c->node.nodes, patience, all->slot(0),
        node_ask{here, actors::node_question::sources});
    ask(self, c->node.nodes, patience, all->slot(1),
        node_ask{here, actors::node_question::partitions});
    ask_status(self, c->node.committer, all->slot(2));
  });
}

} // namespace

void add_metrics_route(route_book& book) {
  book.add(io::http_method::get, "/metrics", {io::role::viewer},
           {"Prometheus text: this node, all tenants together", {}, {}}, show_metrics);
}

} // namespace vedette::server

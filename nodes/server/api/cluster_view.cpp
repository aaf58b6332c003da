#include "nodes/server/api/cluster_view.hpp"

#include "cluster/replica.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::server {

namespace {

/// The fold's figures stand beside the table's; what both say is the table's.
constexpr std::string_view of_the_table[] = {"partition", "epoch"};

void write_copies(base::json_writer& w, json_value replica, std::uint64_t last,
                  std::uint64_t& worst) {
  w.key("copies").begin_array();
  for (const auto r : list_at(replica, "replicas")) {
    const auto match = number_at(r, "match");
    const auto lag = last > match ? last - match : 0;
    worst = std::max(worst, lag);
    w.begin_object().member("node", text_at(r, "node")).member("mode", text_at(r, "mode"));
    w.member("match", match).member("lag", lag).end_object();
  }
  w.end_array();
}

void write_words(base::json_writer& w, const primary_words& said) {
  if (said.replica) {
    const auto r = *said.replica;
    std::uint64_t worst = 0;
    w.member("role", text_at(r, "role")).member("last", number_at(r, "last"));
    w.member("durable", number_at(r, "durable")).member("committed", number_at(r, "committed"));
    w.member("waiting", number_at(r, "waiting")).member("alarms", number_at(r, "alarms"));
    for (const auto* name : {"last_alarm", "problem"})
      if (const auto text = text_at(r, name); !text.empty())
        w.member(name, text);
    write_copies(w, r, number_at(r, "last"), worst);
    w.member("lag", worst);
  }
  simdjson::dom::object figures;
  if (said.fold && said.fold->get(figures) == simdjson::SUCCESS)
    for (const auto [name, value] : figures)
      if (std::ranges::find(of_the_table, name) == std::end(of_the_table))
        w.key(name).raw(to_text(value));
}

std::int64_t milliseconds_of(base::duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

std::vector<std::string> names(const std::vector<cluster::node_id>& nodes) {
  std::vector<std::string> out;
  for (const auto& n : nodes)
    out.push_back(n.value);
  return out;
}

} // namespace

std::string_view to_string(node_state s) noexcept {
  switch (s) {
  case node_state::up:
    return "up";
  case node_state::draining:
    return "draining";
  case node_state::read_only:
    return "read-only";
  case node_state::starved:
    return "starved";
  case node_state::unreachable:
    return "unreachable";
  case node_state::gone:
    return "gone";
  }
  return "";
}

std::string_view to_string(partition_health h) noexcept {
  switch (h) {
  case partition_health::serving:
    return "serving";
  case partition_health::moving:
    return "moving";
  case partition_health::under_replicated:
    return "under-replicated";
  case partition_health::preparing:
    return "preparing";
  case partition_health::failed:
    return "failed";
  case partition_health::silent:
    return "silent";
  case partition_health::no_primary:
    return "no primary";
  }
  return "";
}

cluster_view::cluster_view(membership::view seen, const io::mesh_counts& mesh, std::size_t copies,
                           std::chrono::steady_clock::time_point now, clock_report clocks)
    : seen_{std::move(seen)}, clocks_{std::move(clocks)}, copies_{copies} {
  for (const auto& p : mesh.peers) {
    known_.insert(p.node);
    if (!p.alive)
      continue;
    auto& ago = heard_[p.node];
    if (p.last_heard)
      ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - *p.last_heard);
  }
  moving_.insert(seen_.moving.begin(), seen_.moving.end());
}

bool cluster_view::hears(const cluster::node_id& node) const {
  return node == self() || (seen_.nodes.contains(node) && heard_.contains(node));
}

std::vector<cluster::node_id> cluster_view::members() const {
  std::vector<cluster::node_id> out;
  for (const auto& [id, record] : seen_.nodes)
    out.push_back(id);
  if (!seen_.nodes.contains(self()))
    out.push_back(self()); // while it has no session it still knows itself
  return out;
}

std::vector<cluster::node_id> cluster_view::primaries() const {
  std::set<cluster::node_id> out;
  for (const auto& [p, v] : seen_.table)
    if (v.value.primary == self() || seen_.nodes.contains(v.value.primary))
      out.insert(v.value.primary);
  return {out.begin(), out.end()};
}

std::vector<node_line> cluster_view::nodes() const {
  std::map<cluster::node_id, node_line> lines;
  const auto line = [&](const cluster::node_id& id) -> node_line& {
    auto& n = lines[id];
    n.record.id = id;
    return n;
  };
  for (const auto& [id, record] : seen_.nodes)
    line(id).record = record;
  line(self()).record = seen_.self;
  for (const auto& id : known_)
    line(id);
  for (const auto& [p, v] : seen_.table) {
    if (!v.value.primary.value.empty())
      ++line(v.value.primary).leads;
    for (const auto& r : v.value.replicas)
      ++line(r).holds;
    for (const auto& m : v.value.in_sync)
      ++line(m.node).in_sync;
  }
  std::vector<node_line> out;
  for (auto& [id, n] : lines) {
    n.here = id == self();
    n.controller = seen_.controller == id;
    if (const auto h = heard_.find(id); h != heard_.end())
      n.heard_ago = h->second;
    if (const auto c = clocks_.find(id); c != clocks_.end())
      n.clock = c->second;
    n.state = !n.here && !seen_.nodes.contains(id) ? node_state::gone
              : !hears(id)                         ? node_state::unreachable
              : n.record.draining                  ? node_state::draining
              : !n.record.writable                 ? node_state::read_only
              : n.record.starved                   ? node_state::starved
                                                   : node_state::up;
    out.push_back(std::move(n));
  }
  return out;
}

std::size_t cluster_view::live_copies(const cluster::assignment& a) const {
  return static_cast<std::size_t>(std::ranges::count_if(a.in_sync, [&](const cluster::member& m) {
    if (m.node == self())
      return m.incarnation == seen_.self.incarnation;
    const auto at = seen_.nodes.find(m.node);
    return at != seen_.nodes.end() && at->second.incarnation == m.incarnation && hears(m.node);
  }));
}

partition_health cluster_view::health_of(base::partition_id p) const {
  const auto at = seen_.table.find(p);
  if (at == seen_.table.end())
    return partition_health::no_primary;
  const auto& a = at->second.value;
  if (a.primary != self() && !seen_.nodes.contains(a.primary))
    return partition_health::no_primary;
  if (!hears(a.primary))
    return partition_health::silent;
  if (live_copies(a) < copies_)
    return partition_health::under_replicated;
  return moving_.contains(p) ? partition_health::moving : partition_health::serving;
}

partition_health cluster_view::health_of(base::partition_id p, const primary_words& said) const {
  const auto by_table = health_of(p);
  if (by_table == partition_health::no_primary || by_table == partition_health::silent)
    return by_table;
  if (!said.replica)
    return partition_health::silent;
  const auto role = text_at(*said.replica, "role");
  if (role == cluster::to_string(cluster::replica_role::failed))
    return partition_health::failed;
  return role == cluster::to_string(cluster::replica_role::serving) ? by_table
                                                                    : partition_health::preparing;
}

partition_counts cluster_view::partitions() const {
  partition_counts out;
  for (const auto& [p, v] : seen_.table) {
    ++out.all;
    const auto h = health_of(p);
    const bool led = h != partition_health::no_primary && h != partition_health::silent;
    ++(led ? out.with_primary : out.without_primary);
    out.under_replicated += live_copies(v.value) < copies_ ? 1 : 0;
    out.moving += moving_.contains(p) ? 1 : 0;
  }
  return out;
}

void cluster_view::describe(const node_line& n, base::json_writer& w) const {
  w.member("id", n.record.id.value).member("state", to_string(n.state));
  w.member("controller", n.controller).member("here", n.here);
  w.member("zone", n.record.zone).member("weight", n.record.weight);
  w.member("api_address", n.record.api_address).member("mesh_address", n.record.mesh_address);
  w.member("build", n.record.build);
  w.member("incarnation", fmt::format("{:016x}", n.record.incarnation.value));
  w.member("draining", n.record.draining).member("starved", n.record.starved);
  w.member("writable", n.record.writable);
  w.member("leads", n.leads).member("holds", n.holds).member("in_sync", n.in_sync);
  if (n.heard_ago)
    w.member("heard_ms_ago", std::int64_t{n.heard_ago->count()});
  if (n.clock)
    w.member("clock", to_string(n.clock->state))
        .member("clock_off_ms", milliseconds_of(n.clock->off));
}

void cluster_view::describe(base::partition_id p, const primary_words& said,
                            base::json_writer& w) const {
  const auto& a = seen_.table.at(p).value;
  w.begin_object().member("partition", p.value);
  w.member("kind", p.value >= cluster::tenant_partitions_from ? "tenants" : "events");
  w.member("state", to_string(health_of(p, said)));
  w.member("epoch", a.epoch.value).member("version", a.version);
  w.member("primary", a.primary.value).array("replicas", names(a.replicas));
  w.key("in_sync").begin_array();
  for (const auto& m : a.in_sync)
    w.value(m.node.value);
  w.end_array();
  w.member("min_in_sync", a.min_in_sync).member("live_copies", live_copies(a));
  w.member("wanted_copies", copies_).member("moving", moving_.contains(p));
  if (a.loss_epoch.value != 0)
    w.member("loss_epoch", a.loss_epoch.value);
  w.member("answered", said.replica.has_value());
  w.member("parked", said.parked).member("parked_bytes", said.parked_bytes);
  write_words(w, said);
  w.end_object();
}

void cluster_view::describe_short(base::json_writer& w) const {
  const auto lines = nodes();
  const auto up = std::ranges::count_if(lines, [](const node_line& n) {
    return n.state != node_state::unreachable && n.state != node_state::gone;
  });
  const auto p = partitions();
  w.begin_object().member("id", seen_.cluster.id);
  w.member("generation", seen_.cluster.generation);
  w.member("membership", membership::to_string(seen_.state));
  w.key("coordinator").begin_object().member("reachable", seen_.reachable);
  if (!seen_.why.empty())
    w.member("why", seen_.why);
  w.end_object();
  w.member("controller", seen_.controller ? seen_.controller->value : std::string{});
  w.key("nodes").begin_object().member("known", lines.size());
  w.member("up", static_cast<std::uint64_t>(up)).end_object();
  w.key("clocks_off").begin_array();
  for (const auto& n : lines)
    if (n.clock && n.clock->state != clock_state::right)
      w.begin_object()
          .member("node", n.record.id.value)
          .member("clock", to_string(n.clock->state))
          .member("off_ms", milliseconds_of(n.clock->off))
          .end_object();
  w.end_array();
  w.key("partitions").begin_object().member("all", p.all).member("with_primary", p.with_primary);
  w.member("without_primary", p.without_primary).member("under_replicated", p.under_replicated);
  w.member("moving", p.moving).end_object();
  w.key("self").begin_object();
  for (const auto& n : lines)
    if (n.here) {
      w.member("id", n.record.id.value).member("state", to_string(n.state));
      w.member("controller", n.controller).member("leads", n.leads).member("holds", n.holds);
    }
  w.end_object().end_object();
}

} // namespace vedette::server

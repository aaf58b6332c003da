// status, nodes, partitions, tenants, sources: how the cluster is.
#include "nodes/vedette/remote.hpp"
#include "nodes/vedette/waiting.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace vedette::cli {

namespace {

using server::json_value;
using server::number_at;
using server::text_at;

struct sums {
  std::uint64_t events = 0, alerts = 0, quarantined = 0, hot_bytes = 0, outbox = 0;
  std::uint64_t parked = 0, parked_bytes = 0, homes = 0; ///< for partitions without a primary
};

std::string lists_text(json_value v) {
  std::string out;
  for (const auto l : server::list_at(v, "lists"))
    if (!server::flag_at(l, "loaded"))
      out += fmt::format("  missing  {}: {}\n", text_at(l, "name"), text_at(l, "without"));
  return out.empty() ? "  all loaded\n" : out;
}

std::string cluster_text(json_value v) {
  const auto c = server::at(v, "cluster");
  if (!c)
    return {};
  const auto controller = text_at(*c, "controller");
  auto out = fmt::format(
      "Cluster  {} of {} nodes up, controller {}, coordinator {}\n", text_at(*c, "nodes.up"),
      text_at(*c, "nodes.known"), controller.empty() ? "NOBODY" : controller,
      server::flag_at(*c, "coordinator.reachable") ? "reachable" : "OUT OF REACH");
  if (const auto why = text_at(*c, "coordinator.why"); !why.empty())
    out += fmt::format("         {}\n", why);
  if (const auto membership = text_at(*c, "membership"); membership != "member")
    out += fmt::format("         THIS NODE IS NO MEMBER NOW ({})\n", membership);
  out += fmt::format(
      "         {} partitions: {} with a primary, {} WITHOUT, {} under-replicated, {} moving\n",
      text_at(*c, "partitions.all"), text_at(*c, "partitions.with_primary"),
      text_at(*c, "partitions.without_primary"), text_at(*c, "partitions.under_replicated"),
      text_at(*c, "partitions.moving"));
  for (const auto n : server::list_at(*c, "clocks_off"))
    out += fmt::format("         CLOCK of {} is {}; see `vedette nodes`, and set it\n",
                       text_at(n, "node"), text_at(n, "clock"));
  out += fmt::format("         this node is {}: leads {}, holds {}\n", text_at(*c, "self.state"),
                     text_at(*c, "self.leads"), text_at(*c, "self.holds"));
  return out;
}

std::string status_text(json_value v) {
  std::string out = fmt::format("Node {}  version {} ({})  {}  up {} s\n", text_at(v, "node.id"),
                                text_at(v, "node.version"), text_at(v, "node.commit"),
                                server::flag_at(v, "node.ready") ? "ready" : "NOT READY",
                                text_at(v, "node.uptime_seconds"));
  out += cluster_text(v);
  out += fmt::format("Store    sync {}: {}\n", text_at(v, "store.sync"), text_at(v, "store.risk"));
  out += fmt::format("Content  {} rules, {} playbooks, generation {} ({}) since {}\n",
                     text_at(v, "content.rules"), text_at(v, "content.playbooks"),
                     text_at(v, "content.generation"), text_at(v, "content.hash").substr(0, 12),
                     text_at(v, "content.since"));
  const auto partitions = server::list_at(v, "partitions");
  if (!partitions.empty()) {
    sums s;
    for (const auto p : partitions) {
      s.events += number_at(p, "events");
      s.alerts += number_at(p, "alerts");
      s.quarantined += number_at(p, "quarantined");
      s.hot_bytes += number_at(p, "entities_hot_bytes");
      s.outbox += number_at(p, "outbox");
      s.parked += number_at(p, "parked");
      s.parked_bytes += number_at(p, "parked_bytes");
      s.homes += number_at(p, "parked") > 0 ? 1 : 0;
    }
    out += fmt::format("Detect   {} partitions: {} events, {} alerts said, {} quarantined, {:.1f} "
                       "MB hot, {} to be "
                       "answered\n",
                       partitions.size(), s.events, s.alerts, s.quarantined,
                       static_cast<double>(s.hot_bytes) / 1e6, s.outbox);
    if (s.parked > 0)
      out += fmt::format("PARKED   {} batches, {:.1f} MB, for {} partitions without a primary\n",
                         s.parked, static_cast<double>(s.parked_bytes) / 1e6, s.homes);
    out += fmt::format("Log      {} entries in {} records, {:.1f} MB kept\n",
                       text_at(v, "committer.log_entries"), text_at(v, "committer.log_records"),
                       static_cast<double>(number_at(v, "committer.log_bytes")) / 1e6);
  }
  out += fmt::format("Sources  {}\n", server::list_at(v, "sources").size());
  out += "Lists\n" + lists_text(v);
  for (const auto& who : server::texts_at(v, "unreachable"))
    out += "NO ANSWER from " + who + "\n";
  return out;
}

/// "-" for what the node did not say.
cell said(std::string path) {
  return [path = std::move(path)](json_value v) {
    return server::at(v, path) ? text_at(v, path) : std::string{"-"};
  };
}

/// How far a clock is off, where that matters.
std::string clock_text(json_value v) {
  const auto state = text_at(v, "clock");
  if (state.empty())
    return "-";
  if (state == "right")
    return "ok";
  const auto ms = std::strtod(text_at(v, "clock_off_ms").c_str(), nullptr);
  return fmt::format("{} {:+.1f} s", state, ms / 1000);
}

std::string joined(json_value v, std::string_view path) {
  return fmt::format("{}", fmt::join(server::texts_at(v, path), ","));
}

list_view nodes_view() {
  return {
      "/v1/nodes",
      {},
      0,
      {{"NODE", member("id")},
       {"STATE", member("state")},
       {"READY", [](json_value v) { return server::at(v, "ready") ? text_at(v, "ready") : "-"; }},
       {"CONTROLLER", [](json_value v) { return server::flag_at(v, "controller") ? "*" : ""; }},
       {"ZONE", member("zone")},
       {"LEADS", member("leads")},
       {"HOLDS", member("holds")},
       {"IN-SYNC", member("in_sync")},
       {"CLOCK", clock_text},
       {"VERSION", said("version")},
       {"UP s", said("uptime_seconds")},
       {"ADDRESS", member("api_address")}},
      "No nodes.",
      {},
      false,
      {}};
}

list_view partitions_view() {
  return {"/v1/partitions",
          {},
          0,
          {{"PARTITION", member("partition")},
           {"KIND", member("kind")},
           {"EPOCH", member("epoch")},
           {"PRIMARY", member("primary")},
           {"IN-SYNC",
            [](json_value v) {
              return fmt::format("{}/{}", text_at(v, "live_copies"), text_at(v, "wanted_copies"));
            }},
           {"COPIES", [](json_value v) { return joined(v, "replicas"); }},
           {"LAG", said("lag")},
           {"PARKED", said("parked")},
           {"STATE",
            [](json_value v) {
              const auto lost = text_at(v, "loss_epoch");
              return text_at(v, "state") + (lost.empty() ? "" : ", loss in epoch " + lost);
            }},
           {"COMMITTED", said("committed")},
           {"APPLIED", said("applied")},
           {"EVENTS", said("events")},
           {"ALERTS", said("alerts")},
           {"OUTBOX", said("outbox")}},
          "No partitions.",
          {},
          false,
          {}};
}

list_view tenants_view() {
  return {"/v1/tenants",
          {},
          0,
          {{"TENANT", member("tenant")},
           {"CONFIGURED", member("configured")},
           {"SOURCES", member("sources")},
           {"LAST RECEIVED", time("last_received")}},
          "The token sees no tenant.",
          {},
          false,
          {}};
}

list_view sources_view() {
  return {"/v1/sources",
          {},
          0,
          {{"TENANT", member("tenant")},
           {"SOURCE", member("source")},
           {"NODES", [](json_value v) { return joined(v, "nodes"); }},
           {"NEWEST EVENT", time("newest_event")},
           {"RECEIVED", time("last_received")},
           {"ENDED", member("ended")},
           {"RECORDS", member("records")},
           {"ACCEPTED", member("accepted")},
           {"DUPLICATE", member("duplicate")},
           {"QUARANTINED", member("quarantined")},
           {"SKIPPED", member("skipped")},
           {"HELD", member("held")}},
          "Nothing has sent anything since the node started.",
          {},
          false,
          {}};
}

void add_simple(CLI::App& app, action& chosen, const char* name, const char* what,
                list_view (*view)()) {
  auto* c = app.add_subcommand(name, what);
  auto f = std::make_shared<remote_flags>();
  auto watch = std::make_shared<bool>(false);
  c->footer(fmt::format("Example: vedette {} --watch", name));
  add_watch_option(*c, *watch);
  add_remote_options(*c, *f);
  c->callback([f, watch, view, &chosen] {
    chosen = [f, watch, view] { return show_again(*watch, [&] { return show_list(*f, view()); }); };
  });
}

} // namespace

void add_status(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand(
      "status", "How the cluster and this node are: build, store, content, lists, partitions");
  auto f = std::make_shared<remote_flags>();
  auto watch = std::make_shared<bool>(false);
  c->footer("Example: vedette status --data-dir ./vedette-data");
  add_watch_option(*c, *watch);
  add_remote_options(*c, *f);
  c->callback([f, watch, &chosen] {
    chosen = [f, watch] {
      return show_again(*watch, [&] { return show_one(*f, "/v1/status", status_text); });
    };
  });
  add_simple(app, chosen, "nodes", "Nodes of the cluster", nodes_view);
  add_simple(app, chosen, "partitions", "Partitions and how far they are", partitions_view);
  add_simple(app, chosen, "tenants", "Tenants the token sees", tenants_view);
  add_simple(app, chosen, "sources", "What sends, and how much", sources_view);
}

} // namespace vedette::cli

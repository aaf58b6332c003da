#include "nodes/server/node.hpp"

#include "io/clock/agreed_clock.hpp"
#include "io/files/last_words.hpp"
#include "io/files/text_file.hpp"
#include "io/http/server.hpp"
#include "io/metrics/metrics.hpp"
#include "io/zmq/alert_publisher.hpp"
#include "nodes/server/actor_stage.hpp"
#include "nodes/server/api/api.hpp"
#include "nodes/server/cluster_content.hpp"
#include "nodes/server/cluster_link.hpp"
#include "nodes/server/content_library.hpp"
#include "nodes/server/executors.hpp"
#include "nodes/server/node_access.hpp"
#include "nodes/server/parts.hpp"
#include "nodes/server/zmq_gate.hpp"
#include "nodes/version.hpp"
#include "respond/alert_json.hpp"
#include "state/rocks/rocks_store.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <thread>

namespace vedette::server {

namespace {

/// How long each actor may take to put another generation in force: a commit, or a recovery's rest.
constexpr std::chrono::seconds switch_patience{30};

state::sync_policy to_store(config::sync_policy p) {
  switch (p) {
  case config::sync_policy::commit:
    return state::sync_policy::every_commit;
  case config::sync_policy::risk_interval:
    return state::sync_policy::interval;
  case config::sync_policy::risk_unsynced:
    return state::sync_policy::never;
  }
  return state::sync_policy::every_commit;
}

std::string zmq_endpoint(const config::endpoint& e) {
  return fmt::format("tcp://{}:{}", e.host, e.port);
}

/// Number of partitions is fixed when a data directory is made: entities would move otherwise.
base::status check_partitions(state::store& store, std::uint32_t wanted) {
  auto known = store.entities().meta("partitions");
  if (!known)
    return known.err();
  if (!*known) {
    state::changes c;
    c.put_meta("partitions", std::to_string(wanted));
    return store.entities().apply(c);
  }
  if (**known != std::to_string(wanted))
    return base::error{
        base::ec::invalid_argument,
        fmt::format(
            "store.partitions {}: this data directory was made with {}, which is fixed; set "
            "it back, or start with another data directory",
            wanted, **known)};
  return {};
}

std::string words_of(const base::fold_place& p) {
  if (p.partition == base::unread)
    return "a raw record";
  const auto entry = fmt::format("entry {} of partition {}", p.entry.value, p.partition.value);
  return p.record == base::whole_entry ? entry : fmt::format("record {} of {}", p.record, entry);
}

/// For commands that get `--data-dir` and no `--server`. Only an address that this machine alone
/// can reach; any other has a name, and perhaps a certificate, that only its operator knows.
base::status leave_address(const config::settings& settings, std::uint16_t port) {
  const auto path = settings.node.data_dir + "/http.address";
  const auto& listen = settings.http.listen;
  if (listen.enabled() && listen.is_loopback() && settings.http.tls_certificate.empty()) {
    const bool v6 = listen.host.find(':') != std::string::npos;
    const auto host = v6 ? "[" + listen.host + "]" : listen.host;
    return io::write_text(path, fmt::format("http://{}:{}\n", host, port), 0644);
  }
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  return {};
}

} // namespace

struct node::impl {
  explicit impl(config::settings s) : settings{std::move(s)} {}

  config::settings settings;
  io::real_clock own_clock;
  io::agreed_clock clock{own_clock};
  io::metrics metrics;
  std::shared_ptr<state::store> store;
  std::vector<io::last_words> deaths; ///< of earlier processes here
  io::curve_keys own_keys;
  parts pieces;
  std::unique_ptr<node_access> who; ///< may ask and send
  std::unique_ptr<io::alert_publisher> publisher;
  std::shared_ptr<stored_library> library;
  std::unique_ptr<cluster_link> link;
  std::unique_ptr<cluster_content> shared; ///< in a cluster
  std::unique_ptr<executors> carry_out;    ///< outlives the stage, whose responder calls it
  std::unique_ptr<actor_stage> stage;
  std::unique_ptr<zmq_gate> gate;
  std::unique_ptr<io::ingest_server> ingest;
  std::unique_ptr<io::http_server> http;
  bool running = false;

  base::status open_store();
  base::status start_publisher();
  base::result<actors::content_ptr> first_content(read_result read);
  /// Old generations that are still kept do no harm: a failure is only said.
  void prune() {
    if (const auto gone = library->prune(); !gone)
      spdlog::warn("forgetting old generations of the content: {}", base::to_string(gone.err()));
  }
};

node::node(config::settings settings) : impl_{std::make_unique<impl>(std::move(settings))} {}
node::~node() {
  drain();
}

base::status node::impl::open_store() {
  const std::filesystem::path folder{settings.node.data_dir};
  std::error_code why;
  std::filesystem::create_directories(folder, why);
  if (why)
    return base::error{base::ec::io, fmt::format("making {}: {}", folder.string(), why.message())};
  state::store_options options;
  options.sync = to_store(settings.store.sync);
  options.sync_interval = settings.store.sync_interval;
  options.clock = [this] { return clock.now(); };
  auto opened = state::open_rocks_store(folder / "store", options);
  if (!opened)
    return opened.err();
  store = std::move(*opened);
  auto said = io::keep_last_words(folder / "last-words");
  if (!said)
    return said.err();
  deaths = std::move(*said);
  for (const auto& d : deaths)
    spdlog::warn("an earlier process died {} {}, {} time{}",
                 d.place.partition == base::unread ? "reading" : "folding", words_of(d.place),
                 d.times, d.times == 1 ? "" : "s");
  return check_partitions(*store, settings.store.partitions);
}

base::status node::impl::start_publisher() {
  if (!settings.alerts.listen.enabled())
    return {};
  io::alert_publisher_settings s;
  s.subscriber_queue = static_cast<int>(settings.alerts.queue_max);
  s.listeners.front().endpoint = zmq_endpoint(settings.alerts.listen);
  if (!settings.alerts.listen.is_loopback())
    s.listeners.front().keys = own_keys;
  publisher = std::make_unique<io::alert_publisher>(s, &who->keys());
  return publisher->start();
}

/// Standalone: what was read. In a cluster: what the cluster works with.
base::result<actors::content_ptr> node::impl::first_content(read_result read) {
  if (!link->alone()) {
    shared = std::make_unique<cluster_content>(link->documents(), *library, clock);
    return shared->begin(std::move(read));
  }
  auto adopted = library->adopt(std::move(read), clock.now());
  if (!adopted)
    return adopted.err();
  if (adopted->fresh && adopted->content->number > base::generation{1})
    spdlog::info("the files changed since the last start: {}", adopted->difference.text());
  return adopted->content;
}

base::status node::start() {
  auto& m = *impl_;
  spdlog::info("vedette {} ({}) starts, data in {}", version(), commit(), m.settings.node.data_dir);
  std::vector<std::string> problems;
  auto read = read_content(m.settings, problems);
  if (!read) {
    for (const auto& p : problems)
      spdlog::error("{}", p);
    return read.err();
  }
  if (auto ok = m.open_store(); !ok)
    return ok;
  auto library = stored_library::open(m.store);
  if (!library)
    return library.err();
  m.library = std::move(*library);
  const auto& key_file = m.settings.ingest.curve_key.file;
  auto own_keys = key_file.empty()
                      ? io::load_or_create_curve_keys(m.settings.node.data_dir + "/curve.key")
                      : io::load_curve_keys(key_file);
  if (!own_keys)
    return own_keys.err();
  m.own_keys = *own_keys;
  m.who = std::make_unique<node_access>(m.store, m.clock, m.own_keys.public_key);
  if (auto ok = m.who->open(m.settings.node.data_dir + "/admin.token"); !ok)
    return ok;

  m.link = std::make_unique<cluster_link>(m.settings, m.clock, m.store, m.own_keys);
  if (auto ok = m.link->start(); !ok)
    return ok;
  if (!m.link->alone())
    if (auto ok = m.who->share(m.link->documents(), m.link->doors().self.node.value); !ok)
      return ok;
  if (auto ok = m.start_publisher(); !ok)
    return ok;
  const auto content = m.first_content(std::move(*read));
  if (!content)
    return content.err();
  m.carry_out = std::make_unique<executors>(m.settings, m.clock, m.link->doors().may_act);
  m.stage = std::make_unique<actor_stage>(
      m.settings, m.link->doors(), m.store, m.library, *content, m.clock, m.deaths, m.metrics,
      [&m](const actors::action_order& order) { return (*m.carry_out)(order); },
      [&m](const respond::published_alert& p) {
        if (m.publisher)
          m.publisher->publish(p.alert.tenant, p.alert.severity, p.alert.rule, p.number,
                               respond::to_json(p.alert, p.incident));
      });
  m.link->attach(
      m.stage->partitions(), [&m](const respond::published_alert& p) { m.stage->publish_here(p); },
      [&m](std::vector<actors::source_mark> marks) { m.stage->marks_told(std::move(marks)); });
  // In a cluster others serve meanwhile, and what this node leads may wait for them.
  if (auto ok = m.stage->wait_until_recovered(m.link->alone()); !ok)
    return ok;
  m.pieces.settings = &m.settings;
  m.pieces.clock = &m.clock;
  m.pieces.store = m.store;
  m.pieces.metrics = &m.metrics;
  if (m.shared)
    m.shared->attach([&m](const actors::content_ptr& c) {
      auto ok = m.stage->switch_to(c, switch_patience);
      if (ok)
        m.prune();
      return ok;
    });
  m.pieces.cluster_content = m.shared.get();
  m.stage->describe(m.pieces);
  m.link->describe(m.pieces);

  if (m.settings.ingest.listen.enabled()) {
    m.gate = std::make_unique<zmq_gate>(m.pieces, m.settings.ingest.credit);
    io::ingest_server_settings s;
    s.listeners.front().endpoint = zmq_endpoint(m.settings.ingest.listen);
    s.limits.frame_bytes_max = m.settings.ingest.frame_max.value;
    if (!m.settings.ingest.listen.is_loopback())
      s.listeners.front().keys = m.own_keys;
    m.ingest = std::make_unique<io::ingest_server>(s, &m.who->keys(), *m.gate);
    m.gate->serve(*m.ingest);
    if (auto ok = m.ingest->start(); !ok)
      return ok;
  }
  if (m.settings.http.listen.enabled()) {
    io::http_router router;
    add_routes(router, m.pieces, m.who->tokens(), m.who->keys());
    io::http_server_settings s;
    s.address = m.settings.http.listen.host == "*" ? "0.0.0.0" : m.settings.http.listen.host;
    if (s.address == "localhost")
      s.address = "127.0.0.1";
    s.port = m.settings.http.listen.port;
    s.certificate_file = m.settings.http.tls_certificate;
    s.key_file = m.settings.http.tls_key.file;
    s.limits.connections_max = m.settings.http.connections_max;
    s.hosts.hosts = m.settings.http.allowed_hosts;
    io::http_hooks hooks;
    hooks.authenticate = [&m](const io::http_request& r) {
      return m.who->tokens().authenticate(r);
    };
    m.http = std::make_unique<io::http_server>(s, std::move(router), std::move(hooks));
    if (auto ok = m.http->start(); !ok)
      return ok;
  }
  m.stage->start_ticking();
  m.running = true;
  m.prune();
  spdlog::info("generation {} ({}) is in force: {} rules, {} playbooks", (*content)->number.value,
               (*content)->hash.substr(0, 12), (*content)->rules->rules().size(),
               (*content)->playbooks->playbooks.size());
  if (auto ok = leave_address(m.settings, http_port()); !ok)
    spdlog::warn("commands with --data-dir will ask the usual address: {}", ok.err().context);
  // The line that scripts wait for, and from which they learn the ports.
  spdlog::info("ready: http {}, ingest {}, alerts {}", http_port(), ingest_endpoint(),
               alerts_endpoint());
  return {};
}

void node::drain() {
  auto& m = *impl_;
  const auto began = std::chrono::steady_clock::now();
  if (m.ingest)
    m.ingest->pause();
  if (m.http)
    m.http->drain(std::chrono::seconds{2});
  if (m.stage && m.running && !m.link->alone()) {
    // What this node leads goes to others while it still answers.
    m.link->member().set_draining(true);
    const auto until = began + m.settings.node.drain_timeout / 2;
    while (!m.stage->partitions().led().empty() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    if (const auto left = m.stage->partitions().led().size(); left > 0)
      spdlog::warn("{} partitions are still led here; others take them when this node is gone",
                   left);
  }
  if (m.stage && m.running) {
    const base::duration spent = std::chrono::steady_clock::now() - began;
    if (m.stage->drain(m.settings.node.drain_timeout - spent))
      spdlog::info("drained: everything taken in is folded and written down");
    else
      spdlog::warn("drained in part: the next start folds the rest from the log");
  }
  m.running = false;
  if (m.ingest)
    m.ingest->stop();
  if (m.http)
    m.http->stop();
  if (m.publisher)
    m.publisher->stop();
  if (m.shared)
    m.shared->detach();
  if (m.link)
    m.link->detach();
  // Actors may answer collectors and requests until they have ended, also those of a drain that ran
  // out of time.
  if (m.stage)
    m.stage->stop();
  m.http.reset();
  m.ingest.reset();
  m.pieces = {};
  m.stage.reset();
  m.link.reset();
  m.shared.reset();
  m.publisher.reset();
  m.who.reset();
  m.library.reset();
  m.store.reset();
}

bool node::out_of_space() const {
  const auto& m = *impl_;
  const auto why = m.running ? m.stage->partitions().failure() : std::nullopt;
  return why && why->code == base::ec::disk_full;
}

base::status node::reload(const config::settings& fresh) {
  auto& m = *impl_;
  if (!m.running)
    return base::error{base::ec::shutting_down, "reloading: this node is not running"};
  if (m.shared)
    return base::error{base::ec::invalid_argument,
                       "reloading: a node of a cluster takes its content from the cluster; put "
                       "files in force with `vedette apply`"};
  const auto in_force = m.pieces.content();
  auto with = m.settings;
  with.content = fresh.content;
  with.lists = fresh.lists;
  with.tenants = fresh.tenants;
  std::vector<std::string> problems;
  auto read = read_content(with, problems);
  for (const auto& p : problems)
    spdlog::warn("reloading: {}", p);
  if (!read)
    return base::error{read.err().code,
                       fmt::format("reloading: {} {}; generation {} stays in force",
                                   problems.size(), problems.size() == 1 ? "problem" : "problems",
                                   in_force->number.value)};
  auto adopted = m.library->adopt(std::move(*read), m.clock.now());
  if (!adopted)
    return adopted.err();
  const auto& content = *adopted->content;
  if (content.number == in_force->number) {
    spdlog::info("reloaded: nothing changed, generation {} ({}) stays in force",
                 content.number.value, content.hash.substr(0, 12));
    return {};
  }
  if (auto ok = m.stage->switch_to(adopted->content, switch_patience); !ok)
    return ok;
  spdlog::info("reloaded: generation {} ({}) is in force: {}", content.number.value,
               content.hash.substr(0, 12), adopted->difference.text());
  m.prune();
  return {};
}

std::uint16_t node::http_port() const {
  return impl_->http ? impl_->http->port() : 0;
}

std::string node::ingest_endpoint() const {
  return impl_->ingest ? impl_->ingest->endpoints().front() : std::string{"off"};
}

std::string node::alerts_endpoint() const {
  return impl_->publisher ? impl_->publisher->endpoints().front() : std::string{"off"};
}

} // namespace vedette::server

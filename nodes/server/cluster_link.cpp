#include "nodes/server/cluster_link.hpp"

#include "actors/replica_codec.hpp"
#include "io/coordination/memory_coordinator.hpp"
#include "nodes/server/clock_watch.hpp"
#include "nodes/server/cluster_settings.hpp"
#include "nodes/server/partition_stage.hpp"
#include "nodes/server/parts.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <set>
#include <thread>

namespace vedette::server {

namespace {

/// How long what the coordinator said may be believed by whoever acts on the world outside.
constexpr std::chrono::seconds act_within{1};
/// How long a start waits to hear whether its clock is right: ten heartbeats of the mesh.
constexpr std::chrono::seconds clock_patience{2};

/// Answers and promises are small and wanted at once; entries are data; checkpoints wait for both.
io::lane lane_of(const cluster::message& m) {
  if (std::holds_alternative<cluster::checkpoint_chunk>(m.body))
    return io::lane::bulk;
  const auto* a = std::get_if<cluster::append_entries>(&m.body);
  return a != nullptr ? io::lane::data : io::lane::control;
}

} // namespace

struct cluster_link::impl {
  impl(const config::settings& s, io::agreed_clock& c, std::shared_ptr<state::store> st,
       io::curve_keys k)
      : settings{s}, clock{c}, store{std::move(st)}, keys{std::move(k)} {}

  const config::settings& settings;
  io::agreed_clock& clock;
  std::shared_ptr<state::store> store;
  io::curve_keys keys;

  std::unique_ptr<io::memory_store> own_coordinator; ///< of a node without a cluster
  std::unique_ptr<membership::membership> member;
  cluster::node_id self;
  std::optional<clock_watch> clocks; ///< in a cluster, from `start` on
  std::atomic<std::size_t> members{1};

  mutable std::mutex mutex;
  // Below: protected by mutex.
  std::shared_ptr<io::mesh> mesh;              ///< never called with the mutex held
  std::shared_ptr<shared_documents> documents; ///< nor this
  partition_stage* stage = nullptr;
  std::function<void(const respond::published_alert&)> published;
  std::function<void(std::vector<actors::source_mark>)> marks;
  std::set<cluster::node_id> dead, others;
  std::vector<io::mesh_peer> peers;
  bool stopping = false;
  std::condition_variable stop_evidence;
  std::thread evidence;

  [[nodiscard]] bool alone() const {
    return settings.cluster.coordinator == config::coordinator_kind::none;
  }
  base::status make_member();
  base::status start_mesh();
  void start_documents();
  void nodes_changed(const std::map<cluster::node_id, cluster::node_record>& nodes);
  void liveness(const cluster::node_id& peer, bool alive, const std::string& why);
  void received(const cluster::node_id& from, std::string_view payload);
  void tell_evidence();
  void look_at_clocks();
  bool send(const cluster::node_id& to, io::lane lane, actors::payload_kind kind,
            std::string_view body) {
    const auto wire = the_mesh();
    return wire && wire->send(to, lane, actors::payload(kind, body));
  }
  void tell_others(io::lane lane, actors::payload_kind kind, std::string_view body) {
    std::set<cluster::node_id> to;
    {
      const std::lock_guard lock{mutex};
      to = others;
    }
    for (const auto& n : to)
      (void)send(n, lane, kind, body);
  }
  [[nodiscard]] std::shared_ptr<shared_documents> the_documents() const {
    const std::lock_guard lock{mutex};
    return documents;
  }
  [[nodiscard]] std::shared_ptr<io::mesh> the_mesh() const {
    const std::lock_guard lock{mutex};
    return mesh;
  }
  template <class F>
  void with_stage(F f) {
    const std::lock_guard lock{mutex};
    if (stage != nullptr)
      f(*stage);
  }
};

cluster_link::cluster_link(const config::settings& settings, io::agreed_clock& clock,
                           std::shared_ptr<state::store> store, const io::curve_keys& keys)
    : impl_{std::make_unique<impl>(settings, clock, std::move(store), keys)} {}

cluster_link::~cluster_link() {
  stop();
}

base::status cluster_link::impl::make_member() {
  auto made = membership_of(settings, clock, store, keys, own_coordinator);
  if (!made)
    return made.err();
  auto a = std::move(*made);
  self = a.self.id;
  membership::membership_hooks h;
  h.assigned = [this](base::partition_id p, cluster::revision at, const cluster::assignment& v) {
    with_stage([&](partition_stage& s) { s.assigned(p, at, v); });
  };
  h.proposed = [this](base::partition_id p, std::uint64_t token, cluster::proposal_outcome o) {
    with_stage([&](partition_stage& s) { s.proposed(p, token, o); });
  };
  h.table_lost = [this] {
    with_stage([](partition_stage& s) { s.table_lost(); });
    if (const auto all = the_documents())
      all->table_lost();
  };
  h.document = [this](const std::string& name, const cluster::versioned_document& d) {
    if (const auto all = the_documents())
      all->named(name, d);
  };
  h.nodes = [this](const auto& nodes) { nodes_changed(nodes); };
  h.ended = [](const std::string& why) {
    spdlog::error("this node is no member of its cluster: {}", why);
  };
  member = std::make_unique<membership::membership>(std::move(a), std::move(h));
  return {};
}

base::status cluster_link::impl::start_mesh() {
  io::mesh_settings s;
  s.listen = fmt::format("tcp://{}:{}", settings.mesh.listen.host, settings.mesh.listen.port);
  if (!settings.mesh.listen.is_loopback())
    s.keys = keys;
  s.self = self;
  s.cluster_id = member->snapshot().cluster.id;
  s.time = &clock.own();
  // What a peer may be sent of checkpoints without an answer, twice: a chunk ends with the entity
  // that fills it.
  s.queue_bytes_max[static_cast<std::size_t>(io::lane::bulk)] =
      2 * partition_stage::checkpoints_at_a_time * cluster::replica_limits{}.chunk_window *
      actors::checkpoint_source::chunk_bytes;
  io::mesh_hooks h;
  h.received = [this](const cluster::node_id& from, std::string_view payload) {
    received(from, payload);
  };
  h.liveness = [this](const cluster::node_id& peer, bool alive, const std::string& why) {
    liveness(peer, alive, why);
  };
  const auto made = std::make_shared<io::mesh>(std::move(s), std::move(h));
  if (auto ok = made->start(); !ok)
    return ok;
  std::vector<io::mesh_peer> known;
  {
    const std::lock_guard lock{mutex};
    mesh = made;
    known = peers;
  }
  made->set_peers(std::move(known));
  return {};
}

void cluster_link::impl::start_documents() {
  shared_documents::doors d;
  d.send = [this](const cluster::node_id& to, std::string words) {
    return send(to, io::lane::bulk, actors::payload_kind::shared, words);
  };
  d.others = [this] {
    std::vector<cluster::node_id> out;
    if (const auto wire = the_mesh())
      for (const auto& p : wire->counts().peers)
        if (p.alive)
          out.push_back(p.node);
    return out;
  };
  d.swap = [this](const cluster::document_swap& what, std::function<void(base::status)> done) {
    member->put_document(what, std::move(done));
  };
  const auto made = std::make_shared<shared_documents>(store, self, std::move(d));
  {
    const std::lock_guard lock{mutex};
    documents = made;
  }
  for (const auto& [name, seen] : member->snapshot().documents)
    made->named(name, seen);
}

void cluster_link::impl::nodes_changed(
    const std::map<cluster::node_id, cluster::node_record>& nodes) {
  // A node whose lease has ended may still be there: who was known stays known, under the newest
  // address.
  std::vector<io::mesh_peer> known;
  members = nodes.size();
  {
    const std::lock_guard lock{mutex};
    for (const auto& [id, record] : nodes) {
      if (id == self)
        continue;
      others.insert(id);
      io::mesh_peer peer{id, record.mesh_address, record.mesh_key, 0};
      const auto at = std::ranges::find(peers, id, &io::mesh_peer::node);
      if (at == peers.end())
        peers.push_back(std::move(peer));
      else
        *at = std::move(peer);
    }
    known = peers;
  }
  if (const auto wire = the_mesh())
    wire->set_peers(std::move(known));
}

void cluster_link::impl::liveness(const cluster::node_id& peer, bool alive,
                                  const std::string& why) {
  spdlog::info("node {} is {}: {}", peer.value, alive ? "heard" : "not heard", why);
  {
    const std::lock_guard lock{mutex};
    if (alive)
      dead.erase(peer);
    else
      dead.insert(peer);
  }
  member->peer_liveness(self, peer, alive);
  with_stage([&](partition_stage& s) { s.peer_heard(peer, alive); });
  tell_evidence();
}

void cluster_link::impl::tell_evidence() {
  std::vector<cluster::node_id> now;
  {
    const std::lock_guard lock{mutex};
    now.assign(dead.begin(), dead.end());
  }
  for (const auto& d : now)
    member->peer_liveness(self, d, false);
  if (!now.empty())
    tell_others(io::lane::control, actors::payload_kind::evidence, actors::encode_evidence(now));
}

void cluster_link::impl::look_at_clocks() {
  if (const auto wire = the_mesh())
    clocks->look(wire->counts(), members);
}

void cluster_link::impl::received(const cluster::node_id& from, std::string_view payload) {
  if (payload.empty())
    return;
  const auto body = payload.substr(1);
  const auto refused = [&](const base::error& why) {
    spdlog::warn("a message of node {} was refused: {}", from.value, base::to_string(why));
  };
  switch (static_cast<actors::payload_kind>(payload.front())) {
  case actors::payload_kind::replica: {
    auto m = actors::decode_replica_message(body);
    if (!m)
      return refused(m.err());
    with_stage([&](partition_stage& s) { s.received(from, std::move(*m)); });
    return;
  }
  case actors::payload_kind::request:
    with_stage([&](partition_stage& s) { s.asked(from, std::string{body}); });
    return;
  case actors::payload_kind::reply: {
    auto r = actors::decode_remote_reply(body);
    if (!r)
      return refused(r.err());
    r->from = from;
    with_stage([&](partition_stage& s) { s.answered(std::move(*r)); });
    return;
  }
  case actors::payload_kind::marks: {
    auto m = actors::decode_marks(body);
    if (!m)
      return refused(m.err());
    const std::lock_guard lock{mutex};
    if (stage != nullptr && marks)
      marks(std::move(*m));
    return;
  }
  case actors::payload_kind::evidence: {
    const auto e = actors::decode_evidence(body);
    if (!e)
      return refused(e.err());
    for (const auto& d : *e)
      member->peer_liveness(from, d, false);
    return;
  }
  case actors::payload_kind::node: {
    auto m = actors::decode_node_message(body);
    if (!m)
      return refused(m.err());
    with_stage([&](partition_stage& s) { s.node_told(from, std::move(*m)); });
    return;
  }
  case actors::payload_kind::shared: {
    const auto w = actors::decode_shared_bytes(body);
    if (!w)
      return refused(w.err());
    if (const auto d = the_documents())
      d->received(from, *w);
    return;
  }
  case actors::payload_kind::published: {
    const auto p = actors::decode_published(body);
    if (!p)
      return refused(p.err());
    const std::lock_guard lock{mutex};
    if (stage != nullptr && published)
      published(*p);
    return;
  }
  }
  refused({base::ec::unsupported, "it is of no kind that this build knows"});
}

base::status cluster_link::start() {
  auto& m = *impl_;
  if (auto ok = m.make_member(); !ok)
    return ok;
  if (auto ok = m.member->start(); !ok)
    return ok;
  if (m.alone())
    return {};
  if (auto ok = m.start_mesh(); !ok)
    return ok;
  m.start_documents();
  // What this node takes in is dated from its first batch on.
  m.clocks.emplace(m.clock, m.self);
  const auto until = m.clock.monotonic() + clock_patience;
  for (m.look_at_clocks(); !m.clocks->decided() && m.clock.monotonic() < until; m.look_at_clocks())
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  m.evidence = std::thread{[&m] {
    std::unique_lock lock{m.mutex};
    while (!m.stop_evidence.wait_for(lock, std::chrono::milliseconds{500},
                                     [&m] { return m.stopping; })) {
      lock.unlock();
      m.tell_evidence();
      m.look_at_clocks();
      lock.lock();
    }
  }};
  return {};
}

cluster_doors cluster_link::doors() {
  auto& m = *impl_;
  const auto seen = m.member->snapshot();
  cluster_doors d;
  d.self = {m.self, seen.self.incarnation};
  d.routing = {seen.cluster.seed, seen.cluster.partitions, seen.cluster.tenant_partitions};
  d.propose = [&m](base::partition_id p, const cluster::propose& what) {
    m.member->propose(p, what);
  };
  d.reread = [&m](base::partition_id p) { m.member->reread(p); };
  d.view = [&m] { return m.member->snapshot(); };
  d.drain = [&m](bool on) { m.member->set_draining(on); };
  if (m.alone())
    return d;
  d.may_act = [&m]() -> base::status {
    const auto heard = m.member->heard_at();
    if (heard && m.clock.monotonic() - *heard <= act_within)
      return {};
    return base::error{base::ec::unavailable,
                       "beginning a call: the coordinator was not heard within the last second, so "
                       "another node may act by now; it is tried again"};
  };
  d.send_replica = [&m](const cluster::node_id& to, const cluster::message& what) {
    return m.send(to, lane_of(what), actors::payload_kind::replica, actors::encode(what));
  };
  d.ask = [&m](const cluster::node_id& to, const actors::remote_request& r) {
    return m.send(to, io::lane::data, actors::payload_kind::request, actors::encode(r));
  };
  d.answer = [&m](const cluster::node_id& to, const actors::remote_reply& r) {
    return m.send(to, io::lane::data, actors::payload_kind::reply, actors::encode(r));
  };
  d.writable = [&m](bool on) { m.member->set_writable(on); };
  d.tell_node = [&m](const cluster::node_id& to, const actors::node_message& what) {
    return m.send(to, io::lane::data, actors::payload_kind::node, actors::encode(what));
  };
  d.tell_marks = [&m](const std::vector<actors::source_mark>& marks) {
    m.tell_others(io::lane::control, actors::payload_kind::marks, actors::encode_marks(marks));
  };
  d.publish = [&m](const respond::published_alert& p) {
    m.tell_others(io::lane::data, actors::payload_kind::published, actors::encode_published(p));
  };
  return d;
}

void cluster_link::attach(partition_stage& stage,
                          std::function<void(const respond::published_alert&)> published,
                          std::function<void(std::vector<actors::source_mark>)> marks) {
  auto& m = *impl_;
  {
    const std::lock_guard lock{m.mutex};
    m.stage = &stage;
    m.published = std::move(published);
    m.marks = std::move(marks);
  }
  const auto now = m.member->snapshot();
  m.with_stage([&](partition_stage& s) {
    for (const auto& [p, v] : now.table)
      s.assigned(p, v.at, v.value);
  });
}

void cluster_link::detach() {
  const std::lock_guard lock{impl_->mutex};
  impl_->stage = nullptr;
  impl_->published = nullptr;
  impl_->marks = nullptr;
}

void cluster_link::stop() {
  auto& m = *impl_;
  detach();
  {
    const std::lock_guard lock{m.mutex};
    m.stopping = true;
  }
  m.stop_evidence.notify_all();
  if (m.evidence.joinable())
    m.evidence.join();
  std::shared_ptr<shared_documents> documents;
  {
    const std::lock_guard lock{m.mutex};
    documents = std::move(m.documents);
    m.documents = nullptr;
  }
  documents.reset();
  if (const auto wire = m.the_mesh())
    wire->stop();
  if (m.member)
    m.member->stop();
}

shared_documents& cluster_link::documents() {
  return *impl_->the_documents();
}

bool cluster_link::alone() const noexcept {
  return impl_->alone();
}

membership::membership& cluster_link::member() {
  return *impl_->member;
}

void cluster_link::describe(parts& out) {
  auto& m = *impl_;
  out.cluster = [&m] { return m.member->snapshot(); };
  out.mesh = [this] { return mesh(); };
  out.clocks = [&m] { return m.clocks ? m.clocks->report() : clock_report{}; };
  out.move = [&m](base::partition_id p, std::vector<cluster::node_id> to,
                  std::function<void(base::status)> done) {
    m.member->move(p, std::move(to), std::move(done));
  };
  out.claim_table = [&m](std::uint64_t seen,
                         std::function<void(base::result<std::uint64_t>)> done) {
    m.member->claim_table(seen, std::move(done));
  };
  out.put_table = [&m](std::uint64_t generation,
                       std::map<base::partition_id, cluster::assignment> table,
                       std::function<void(base::status)> done) {
    m.member->put_table(generation, std::move(table), std::move(done));
  };
  out.put_document = [&m](const cluster::document_swap& what,
                          std::function<void(base::status)> done) {
    m.member->put_document(what, std::move(done));
  };
  out.recover = [&m](base::partition_id p, const cluster::member& survivor, cluster::revision base,
                     std::function<void(base::result<base::epoch>)> done) {
    m.member->recover(p, survivor, base, std::move(done));
  };
}

io::mesh_counts cluster_link::mesh() const {
  const auto wire = impl_->the_mesh();
  return wire ? wire->counts() : io::mesh_counts{};
}

} // namespace vedette::server

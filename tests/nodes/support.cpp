#include "tests/nodes/support.hpp"

#include "actors/error.hpp"
#include "base/assert.hpp"
#include "io/http/problem.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace vedette::server::testing {

namespace {

using namespace std::chrono_literals;
using actors::answer;

/// CAF 0.17 spawns a function without arguments through a null pointer, so each gets one.
using some_argument = caf::unit_t;

/// Where the one answer arrives.
struct mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<io::http_response> response;
};

struct test_sink final : io::http_responder::sink {
  explicit test_sink(std::shared_ptr<mailbox> to) : to_{std::move(to)} {}
  ~test_sink() override {
    if (!answered_)
      put(io::problem_response(500, "the responder was dropped"));
  }
  test_sink(const test_sink&) = delete;
  test_sink& operator=(const test_sink&) = delete;

  void respond(io::http_response r) override { put(std::move(r)); }
  std::shared_ptr<io::http_stream::sink> stream(io::http_response, std::string) override {
    VEDETTE_ASSERT(false); // no test goes this way to a stream
    return {};
  }

 private:
  void put(io::http_response r) {
    answered_ = true;
    const std::lock_guard hold{to_->mutex};
    VEDETTE_ASSERT(!to_->response.has_value()); // answered twice
    to_->response = std::move(r);
    to_->arrived.notify_all();
  }
  std::shared_ptr<mailbox> to_;
  bool answered_ = false;
};

/// Elements whose number lies in the open interval, at most `limit`, as one array.
std::string part_of(const std::vector<std::string>& all, std::uint64_t above, std::uint64_t below,
                    std::size_t limit) {
  std::string out = "[";
  for (const auto& element : all) {
    auto doc = json_document::parse(element, "a scripted element");
    VEDETTE_ASSERT(doc);
    const auto number = number_at(doc->root(), "number");
    if (number <= above || number >= below || limit-- == 0)
      continue;
    out += (out.size() > 1 ? "," : "") + element;
    if (limit == 0)
      break;
  }
  return out + "]";
}

answer found_in(const tenant_script& t, const std::string& id) {
  const auto at = t.by_id.find(id);
  if (at == t.by_id.end())
    return {{}, {base::ec::not_found, "looking up " + id + ": there is none of that id"}};
  return {at->second, {}};
}

/// "scripted" alone in its cluster.
membership::view alone() {
  membership::view v;
  v.cluster.id = "c1";
  v.cluster.partitions = 2;
  v.cluster.tenant_partitions = 1;
  v.self.id = {"scripted"};
  v.self.incarnation = {7};
  v.state = membership::standing::member;
  v.reachable = true;
  v.nodes[v.self.id] = v.self;
  v.controller = v.self.id;
  for (const std::uint32_t p : {0U, 1U, cluster::tenant_partitions_from})
    v.table[{p}] = {{1}, cluster::alone({v.self.id, v.self.incarnation}, {})};
  return v;
}

/// What the scripted node itself says when no test says otherwise.
std::string own_words(actors::node_question what,
                      const std::map<std::string, tenant_script>& tenants) {
  switch (what) {
  case actors::node_question::look:
    return R"({"version":"1","commit":"c","ready":true,"uptime_seconds":3})";
  case actors::node_question::partitions:
    return R"({"items":[{"partition":0,"replica":{"role":"serving"},"fold":{"events":5}},)"
           R"({"partition":1,"replica":{"role":"serving"},"fold":{"events":5}},)"
           R"({"partition":65536,"replica":{"role":"serving"},"fold":{}}]})";
  case actors::node_question::sources: {
    std::string out;
    for (const auto& [tenant, script] : tenants)
      out += (out.empty() ? "" : ",") + ("{\"tenant\":\"" + tenant) +
             "\",\"source\":\"s\",\"newest_event\":\"2026-01-02T03:00:00Z\",\"last_received\":"
             "\"2026-01-02T03:04:00Z\",\"ended\":false,\"records\":1}";
    return "{\"items\":[{\"sources\":[" + out + "]}]}";
  }
  default:
    return "{}";
  }
}

answer answer_to(const tenant_script& t, const actors::tenant_query& q) {
  using about = actors::tenant_query::about;
  switch (q.what) {
  case about::alerts:
    return {part_of(t.alerts, q.alerts.after, UINT64_MAX, q.alerts.limit), {}};
  case about::incidents:
    return {part_of(t.incidents, 0, q.incidents.before == 0 ? UINT64_MAX : q.incidents.before,
                    q.incidents.limit),
            {}};
  case about::actions:
    return {"[]", {}};
  case about::trends:
    return {t.counts, {}};
  default:
    return found_in(t, q.id);
  }
}

} // namespace

temp_folder::temp_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "vedette-nodes-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  root_ = pattern;
}

temp_folder::~temp_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

scripted_node::scripted_node()
    : cluster{alone()}, clock{*base::parse_rfc3339("2026-01-02T03:04:05Z")} {
  settings.node.id = "scripted";
  system_ = std::make_unique<caf::actor_system>(caf_config_);
  node.settings = &settings;
  node.clock = &clock;
  node.store = store;
  node.metrics = &metrics;
  auto rules = detect::ruleset::load({});
  REQUIRE(rules);
  node.content = [this, rules = *rules] {
    auto content = std::make_shared<actors::content_generation>();
    content->rules = rules;
    content->playbooks = std::make_shared<const respond::playbook_set>();
    content->tenants = settings.tenants;
    content->mappings = mappings;
    return content;
  };
  node.routing = {7, 2, 1};

  node.aggregators[node.routing.home_of("any")] = system_->spawn(
      [this](actors::aggregator_actor::pointer self, some_argument) {
        return actors::aggregator_actor::behavior_type{
            [](const actors::delivery&) { return actors::atom::done::value; },
            [this](const actors::tenant_command& c) {
              const std::lock_guard hold{mutex_};
              told_.tenants_asked.push_back(c.tenant.value);
              told_.commands.push_back(c.command);
              return c.command.id.empty() ? answer{"{\"frozen\":true}", {}}
                                          : found_in(tenants[c.tenant.value], c.command.id);
            },
            [this, self](const actors::tenant_query& q) -> caf::result<answer> {
              const std::lock_guard hold{mutex_};
              told_.tenants_asked.push_back(q.tenant.value);
              if (q.what == actors::tenant_query::about::trends)
                told_.ranges.push_back(q.alerts);
              const auto& script = tenants[q.tenant.value];
              if (script.silent)
                return self->make_response_promise<answer>();
              return answer_to(script, q);
            },
            [](const actors::content_change&) { return actors::atom::done::value; },
            [](const actors::tick&) {},
            [](actors::atom::drain) { return actors::atom::done::value; },
            [](actors::atom::status) { return std::string{"{\"partition\":65536}"}; }};
      },
      some_argument{});
  using base::partition_id;
  for (int p = 0; p < 2; ++p)
    node.detectors.groups.push_back(system_->spawn(
        [this](actors::detector_actor::pointer, some_argument) {
          return actors::detector_actor::behavior_type{
              [](const actors::batch_shares&) { return actors::batch_results{}; },
              [](partition_id, const actors::park_request&) { return actors::atom::done::value; },
              [](partition_id, const actors::drain_request&) { return actors::atom::done::value; },
              [](partition_id, const actors::pressure_question&) {
                return actors::alert_pressure{};
              },
              [](partition_id, actors::atom::parked) { return actors::atom::done::value; },
              [](partition_id, const actors::parked_question&) { return actors::parked_count{}; },
              [](const actors::content_change&) { return actors::atom::done::value; },
              [](const actors::tick&) {},
              [this](partition_id, actors::atom::identity, const std::string& tenant,
                     const std::string& key) {
                const std::lock_guard hold{mutex_};
                told_.tenants_asked.push_back(tenant);
                return found_in(tenants[tenant], key);
              },
              [this](partition_id, actors::atom::quarantine, const std::string& tenant,
                     std::uint64_t) {
                const std::lock_guard hold{mutex_};
                told_.tenants_asked.push_back(tenant);
                return answer{"[]", {}};
              },
              [](actors::atom::drain) { return actors::atom::done::value; },
              [](partition_id, actors::atom::status) { return std::string{"{\"events\":5}"}; }};
        },
        some_argument{}));
  node.ingest.push_back(system_->spawn(
      [this](actors::ingest_actor::pointer, some_argument) {
        return actors::ingest_actor::behavior_type{
            [this](const actors::raw_batch& b) -> caf::result<actors::batch_result> {
              const std::lock_guard hold{mutex_};
              told_.batches.push_back(b);
              if (ingest_fails)
                return actors::to_caf({base::ec::disk_full, "no room"});
              return ingest_answer;
            },
            [](const actors::content_change&) { return actors::atom::done::value; },
            [this](actors::atom::ended, const std::string&, const std::string& source) {
              const std::lock_guard hold{mutex_};
              told_.ended.push_back(source);
            },
            [](actors::atom::again) {},
            [](const actors::tick&) {},
            [](actors::atom::status) { return std::string{"{}"}; }};
      },
      some_argument{}));
  node.committer = system_->spawn(
      [](actors::committer_actor::pointer, some_argument) {
        return actors::committer_actor::behavior_type{
            [](const actors::write_request&) { return actors::atom::done::value; },
            [](const actors::checkpoint_request&) { return actors::atom::done::value; },
            [](const actors::release_hold&) {},
            [](const actors::stage_request&) { return actors::atom::done::value; },
            [](const actors::switch_request&) { return actors::atom::done::value; },
            [](actors::atom::flush) {},
            [](actors::atom::status) { return std::string{"{\"groups\":1}"}; }};
      },
      some_argument{});
  node.responder = system_->spawn(
      [](actors::responder_actor::pointer, some_argument) {
        return actors::responder_actor::behavior_type{
            [](const actors::action_order&) { return actors::action_report{}; },
            [](actors::atom::status) { return std::string{"{\"failed\":0}"}; }};
      },
      some_argument{});
  node.nodes = system_->spawn(
      [this](node_desk_actor::pointer self, some_argument) {
        return node_desk_actor::behavior_type{
            [this, self](const node_ask& a) -> caf::result<answer> {
              const std::lock_guard hold{mutex_};
              told_.nodes_asked.emplace_back(a.to.value, a.what);
              if (a.what == actors::node_question::seal)
                told_.repairs.push_back("seal " + a.to.value + " at " +
                                        std::to_string(a.seal.epoch.value) + " of " +
                                        std::to_string(a.seal.generation));
              if (const auto at = node_says.find({a.to.value, a.what}); at != node_says.end())
                return at->second;
              if (a.to == cluster.self.id)
                return answer{own_words(a.what, tenants), {}};
              return self->make_response_promise<answer>();
            },
            [](const node_said&) {}, [](const node_figures&) {}, [](actors::atom::beat) {}};
      },
      some_argument{});
  node.cluster = [this] { return cluster; };
  node.mesh = [this] { return mesh; };
  node.clocks = [this] { return clocks; };
  node.move = [this](base::partition_id p, const std::vector<cluster::node_id>& to,
                     const std::function<void(base::status)>& then) {
    std::vector<std::string> names;
    for (const auto& n : to)
      names.push_back(n.value);
    {
      const std::lock_guard hold{mutex_};
      told_.moves.emplace_back(p.value, std::move(names));
    }
    then(move_outcome);
  };
  const auto note = [this](std::string what) {
    const std::lock_guard hold{mutex_};
    told_.repairs.push_back(std::move(what));
  };
  node.claim_table = [this, note](std::uint64_t seen,
                                  const std::function<void(base::result<std::uint64_t>)>& then) {
    note("claim after " + std::to_string(seen));
    if (on_claim)
      on_claim();
    then(claim_outcome);
  };
  node.put_table = [this, note](std::uint64_t generation,
                                std::map<base::partition_id, cluster::assignment> table,
                                const std::function<void(base::status)>& then) {
    note("table of generation " + std::to_string(generation));
    {
      const std::lock_guard hold{mutex_};
      told_.table = std::move(table);
    }
    then(put_outcome);
  };
  node.put_document = [note](const cluster::document_swap& d,
                             const std::function<void(base::status)>& then) {
    note("document " + d.name + " " + std::to_string(d.next.version) + " behind " +
         std::to_string(d.base.value));
    then({});
  };
  node.recover = [this](base::partition_id p, const cluster::member& survivor, cluster::revision,
                        const std::function<void(base::result<base::epoch>)>& then) {
    {
      const std::lock_guard hold{mutex_};
      told_.recoveries.emplace_back(p.value, survivor);
    }
    then(recover_outcome);
  };
  node.run = [this](task t) {
    system_->spawn([](caf::event_based_actor* self, const task& what) { what(self); },
                   std::move(t));
  };
  node.ready = [this] { return ready; };
  REQUIRE(tokens.open(""));
  REQUIRE(keys.open());
  add_routes(router, node, tokens, keys);
}

scripted_node::~scripted_node() {
  const auto stop = [](const auto& a) { caf::anon_send_exit(a, caf::exit_reason::kill); };
  for (const auto& [id, a] : node.aggregators)
    stop(a);
  for (const auto& a : node.detectors.groups)
    stop(a);
  for (const auto& a : node.ingest)
    stop(a);
  stop(node.committer);
  stop(node.responder);
  stop(node.nodes);
  system_->await_all_actors_done();
}

scripted_node::record scripted_node::told() const {
  const std::lock_guard hold{mutex_};
  return told_;
}

io::http_response scripted_node::call(const io::principal& who, io::http_method method,
                                      const std::string& target, std::string body,
                                      const io::http_headers& headers) {
  io::http_call c;
  const auto mark = target.find('?');
  const auto path = target.substr(0, mark);
  const auto match = router.match(method, path);
  if (match.found == nullptr)
    return io::problem_response(match.allowed.empty() ? 404 : 405, "no route");
  const auto& roles = match.found->options.roles;
  if (!roles.empty() &&
      std::none_of(roles.begin(), roles.end(), [&](io::role r) { return who.may(r); }))
    return io::problem_response(403, "role");
  c.request.method = method;
  c.request.path = path;
  c.request.parameters = match.parameters;
  if (mark != std::string::npos)
    c.request.query = *io::parse_query(target.substr(mark + 1));
  c.request.headers = headers;
  c.request.body = std::move(body);
  c.who = who;
  auto box = std::make_shared<mailbox>();
  match.found->handler(std::move(c), io::http_responder{std::make_unique<test_sink>(box)});
  std::unique_lock hold{box->mutex};
  REQUIRE(box->arrived.wait_for(hold, 10s, [&] { return box->response.has_value(); }));
  return *box->response;
}

io::principal someone(std::vector<io::role> roles, std::vector<std::string> tenants) {
  io::principal out{"someone", std::move(roles), {}, false};
  for (auto& t : tenants)
    out.tenants.push_back({std::move(t)});
  return out;
}

io::principal a_sender() {
  return someone({io::role::collector}, {"acme"});
}

io::http_request bearing(const std::string& token) {
  io::http_request r;
  r.headers.set("Authorization", "Bearer " + token);
  return r;
}

std::vector<std::string> records_of(const cut_body& body) {
  std::vector<std::string> out;
  for (const auto& b : body.batches)
    for (const auto r : b.records)
      out.emplace_back(r);
  return out;
}

io::principal everyone(std::vector<io::role> roles) {
  return {"everyone", std::move(roles), {}, true};
}

json_document json_of(const io::http_response& r) {
  auto doc = json_document::parse(r.body, "an answer");
  INFO(r.status << " " << r.body);
  REQUIRE(doc);
  return std::move(*doc);
}

} // namespace vedette::server::testing

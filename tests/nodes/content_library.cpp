// Generations in the node's store: what makes a new one, what brings an old one back, what goes.
#include "nodes/server/content_library.hpp"
#include "actors/partition_keys.hpp"
#include "schemas/codec/checkpoint_codec.hpp"
#include "state/memory/memory_store.hpp"
#include "tests/nodes/support.hpp"

using namespace vedette;
using namespace vedette::server;
using namespace std::chrono_literals;
using schemas::document_kind;
using testing::why;

namespace {

const base::receive_time noon{std::chrono::days{20'000}};

std::string rule(const std::string& name, const std::string& level = "medium") {
  return "title: " + name + "\nname: " + name + "\nlevel: " + level +
         "\nlogsource: {product: vedette}\ndetection: {any: {outcome: denied}, condition: any}\n";
}

std::string mapping(const std::string& source) {
  return "source: " + source +
         "\nrecognise: {/x: \"*\"}\nevent: {time: /at, service: s, action: /do, identity: /who}\n";
}

read_result files(std::vector<document> documents) {
  read_result out;
  out.documents = std::move(documents);
  sort(out.documents);
  std::vector<std::string> problems;
  auto compiled = compile(out.documents, problems);
  INFO(why(compiled));
  REQUIRE(compiled);
  out.compiled = std::move(*compiled);
  return out;
}

document file(const std::string& name, const std::string& text,
              document_kind kind = document_kind::rule) {
  return make_document(kind, name, text);
}

struct shelf {
  base::receive_time now = noon;
  std::shared_ptr<state::store> store = state::make_memory_store(options());
  std::shared_ptr<stored_library> library = reopened();

  state::store_options options() {
    state::store_options o;
    o.clock = [this] { return now; };
    o.run_records = 1;
    return o;
  }
  std::shared_ptr<stored_library> reopened() const {
    auto out = stored_library::open(store);
    INFO(why(out));
    REQUIRE(out);
    return *out;
  }
  stored_library::adoption adopt(std::vector<document> documents) {
    auto out = library->adopt(files(std::move(documents)), now);
    INFO(why(out));
    REQUIRE(out);
    return *out;
  }
  void append(std::uint64_t index) {
    const state::log_entry e{{0}, {1}, {index}, state::entry_kind::tick, 1, "x"};
    REQUIRE(store->log().append(std::span{&e, 1}));
  }
  void checkpoint(std::uint64_t generation, std::uint64_t position) {
    schemas::partition_checkpoint c;
    c.generations = {{{generation}, "h", noon}};
    state::changes all;
    all.put_meta(actors::partition_meta({0}), schemas::encode(c));
    all.put_meta(actors::tenants_meta({1U << 16}),
                 schemas::encode(schemas::config_entry{{generation}, "h", noon}));
    all.position({0}, {position});
    REQUIRE(store->entities().apply(all));
  }
  std::size_t documents() const {
    std::size_t n = 0;
    REQUIRE(store->entities().scan_meta("content/document/", [&](auto, auto) {
      ++n;
      return true;
    }));
    return n;
  }
};

std::vector<std::uint64_t> numbers(const stored_library& l) {
  std::vector<std::uint64_t> out;
  for (auto g : l.kept())
    out.push_back(g.value);
  return out;
}

} // namespace

TEST_CASE("library: equal files are the same generation, any difference makes the next one",
          "[nodes][content]") {
  const std::vector<document> first{
      file("a.yaml", rule("a")),
      file("acme", "accounts: [\"111122223333\"]\n", document_kind::tenant)};
  struct change {
    std::vector<document> documents;
    bool fresh;
    const char* why;
  };
  const auto one = GENERATE_COPY(values<change>({
      {first, false, "nothing"},
      {{first[1], first[0]}, false, "another order of reading"},
      {{file("a.yaml", rule("a") + "# comment\n"), first[1]}, true, "a comment"},
      {{file("b.yaml", rule("a")), first[1]}, true, "another name"},
      {{first[0], first[1], file("b.yaml", rule("b"))}, true, "one more rule"},
      {{first[0]}, true, "one tenant less"},
      {{first[0], first[1], file("webhook", "", document_kind::executor)}, true, "an executor"},
      {{first[0], first[1], file("okta.yaml", mapping("okta"), document_kind::source)},
       true,
       "a mapping file"},
      {{first[0], first[1], {{document_kind::list, "tor.txt", std::string(64, 'a'), false}, {}}},
       true,
       "a list"},
  }));
  INFO(one.why);
  shelf s;
  CHECK(s.adopt(first).content->number == base::generation{1});
  if (GENERATE(false, true))
    s.library = s.reopened();
  s.now += 1h;
  const auto next = s.adopt(one.documents);
  CHECK(next.fresh == one.fresh);
  CHECK(next.content->number == base::generation{one.fresh ? 2U : 1U});
  CHECK(next.content->made == (one.fresh ? s.now : noon));
}

TEST_CASE("library: an old generation comes back from the store as it was", "[nodes][content]") {
  shelf s;
  const auto first = s.adopt({file("a.yaml", rule("a")), file("b.yaml", rule("b")),
                              file("acme", "break_glass: [root]\n", document_kind::tenant)});
  const auto second = s.adopt({file("0.yaml", rule("c")), file("a.yaml", rule("a", "high"))});
  CHECK(second.difference.added == std::vector<std::string>{"c"});
  CHECK(second.difference.changed == std::vector<std::string>{"a"});
  CHECK(second.difference.removed == std::vector<std::string>{"b"});
  CHECK(second.difference.tenants);
  CHECK_FALSE(second.difference.playbooks);
  CHECK(s.documents() == 5);

  const auto again = s.reopened();
  const auto old = again->find({1});
  INFO(why(old));
  REQUIRE(old);
  CHECK((*old)->hash == first.content->hash);
  REQUIRE((*old)->rules->rules().size() == 2);
  CHECK((*old)->rules->rules()[0].id.value == "a");
  CHECK((*old)->rules->rules()[0].severity == base::severity::medium);
  CHECK((*old)->tenant({"acme"}).break_glass == std::vector<std::string>{"root"});
  const auto absent = again->find({3});
  REQUIRE(!absent);
  CHECK(absent.err().code == base::ec::not_found);
  CHECK(absent.err().context.find("1 to 2") != std::string::npos);
}

TEST_CASE("library: mapping files come with the bundle they travel in, or it is not taken",
          "[nodes][content]") {
  shelf s;
  const auto one =
      files({file("a.yaml", rule("a")), file("okta.yaml", mapping("okta"), document_kind::source)});
  const auto taken = s.library->take(stored_library::bundle_of(one, {1}, noon), nullptr);
  INFO(why(taken));
  REQUIRE(taken);
  REQUIRE(taken->content->mappings != nullptr);
  REQUIRE(taken->content->mappings->sources().size() == 1);
  CHECK(taken->content->mappings->sources()[0].name == "okta");

  const auto none = files({file("a.yaml", rule("a"))});
  const auto without = s.library->take(stored_library::bundle_of(none, {2}, noon), nullptr);
  REQUIRE(without);
  CHECK(without->content->mappings->sources().empty());
  CHECK(without->difference.sources);
  CHECK(without->difference.text() == "sources changed");

  const auto bad = files(
      {file("a.yaml", rule("a")), file("okta.yaml", "source: okta\n", document_kind::source)});
  const auto refused = s.library->take(stored_library::bundle_of(bad, {3}, noon), nullptr);
  REQUIRE(!refused);
  CHECK(refused.err().context.starts_with("okta.yaml: line 1: recognise: is missing"));
}

TEST_CASE("library: generations that differ in nothing but lists share their compiled rules",
          "[nodes][content]") {
  shelf s;
  const auto first = s.adopt({file("a.yaml", rule("a"))});
  const auto second =
      s.adopt({file("a.yaml", rule("a")),
               {{document_kind::list, "tor.txt", std::string(64, 'a'), false}, {}}});
  CHECK(first.content->number != second.content->number);
  CHECK(first.content->rules == second.content->rules);
}

TEST_CASE("library: a damaged document or manifest is noticed, never compiled",
          "[nodes][content]") {
  shelf s;
  (void)s.adopt({file("a.yaml", rule("a"))});
  (void)s.adopt({file("a.yaml", rule("b"))});
  std::vector<std::pair<std::string, std::string>> stored;
  const bool manifests = GENERATE(true, false);
  REQUIRE(s.store->entities().scan_meta(manifests ? "content/generation/" : "content/document/",
                                        [&](auto name, auto value) {
                                          stored.emplace_back(name, value);
                                          return true;
                                        }));
  REQUIRE(stored.size() == 2);
  for (std::size_t i = 0; i < stored[0].second.size(); ++i) {
    auto bytes = stored[0].second;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    state::changes c;
    c.put_meta(stored[0].first, bytes);
    REQUIRE(s.store->entities().apply(c));
    const auto opened = stored_library::open(s.store);
    if (!opened)
      continue;
    for (std::uint64_t g : {1, 2}) {
      const auto found = (*opened)->find({g});
      // Padding and times carry nothing that a fold reads; what is found is what was written.
      if (found)
        CHECK((*found)->rules->rules()[0].id.value == (g == 1 ? "a" : "b"));
    }
  }
}

TEST_CASE("library: what no checkpoint and no kept entry can name is forgotten, and not before",
          "[nodes][content]") {
  shelf s;
  (void)s.adopt({file("a.yaml", rule("a"))});
  s.append(1);
  s.now += 24h;
  (void)s.adopt({file("b.yaml", rule("b"))});
  s.append(2);
  s.now += 24h;
  (void)s.adopt({file("b.yaml", rule("b")), file("c.yaml", rule("c"))});
  s.append(3);
  const auto pruned = [&] {
    const auto n = s.library->prune();
    INFO(why(n));
    REQUIRE(n);
    return *n;
  };
  const auto trim = [&] { REQUIRE(s.store->log().trim({{{0}, {4}}}, {1ns, 0})); };
  SECTION("everything is kept while the log is") {
    s.checkpoint(3, 3);
    CHECK(pruned() == 0);
  }
  SECTION("a checkpoint holds its generation though the log is gone") {
    s.now += 24h;
    s.append(4);
    trim();
    s.checkpoint(2, 4);
    CHECK(pruned() == 1);
    CHECK(numbers(*s.library) == std::vector<std::uint64_t>{2, 3});
  }
  SECTION("log and checkpoint have passed it") {
    s.now += 24h;
    s.append(4);
    trim();
    s.checkpoint(3, 4);
    CHECK(pruned() == 2);
    CHECK(numbers(*s.library) == std::vector<std::uint64_t>{3});
    CHECK(s.documents() == 2);
    CHECK(numbers(*s.reopened()) == std::vector<std::uint64_t>{3});
    REQUIRE(s.library->find({3}));
    // Numbers are never used twice.
    CHECK(s.adopt({file("a.yaml", rule("a"))}).content->number == base::generation{4});
  }
  SECTION("the newest stays whatever happens") {
    s.now += 240h;
    s.append(4);
    trim();
    s.checkpoint(9, 4);
    CHECK(pruned() == 2);
    CHECK(numbers(*s.library) == std::vector<std::uint64_t>{3});
  }
}

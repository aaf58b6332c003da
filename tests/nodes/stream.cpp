#include "nodes/server/api/alert_stream.hpp"
#include "nodes/server/api/scope.hpp"
#include "tests/nodes/support.hpp"

using namespace vedette;
using namespace vedette::server;
using namespace vedette::server::testing;

namespace {

struct text_sink final : io::http_stream::sink {
  bool write(std::string bytes) override {
    text += bytes;
    return open;
  }
  void close() override { open = false; }
  [[nodiscard]] bool is_open() const override { return open; }
  [[nodiscard]] std::size_t waiting_bytes() const override { return 0; }
  void on_end(std::function<void()>) override {}

  std::string text;
  bool open = true;
};

respond::published_alert published(const std::string& tenant, std::uint64_t number,
                                   base::severity severity = base::severity::high) {
  respond::published_alert p;
  p.number = number;
  p.alert.tenant.value = tenant;
  p.alert.severity = severity;
  p.alert.rule.value = "r";
  return p;
}

/// The ids sent, in order.
std::vector<std::string> ids(const text_sink& sink) {
  std::vector<std::string> out;
  for (std::size_t at = 0; (at = sink.text.find("id: ", at)) != std::string::npos; ++at)
    out.push_back(sink.text.substr(at + 4, sink.text.find('\n', at) - at - 4));
  return out;
}

} // namespace

TEST_CASE("stream: what arrives while it catches up comes after what was before, each number once",
          "[nodes]") {
  auto sink = std::make_shared<text_sink>();
  alert_stream stream{
      io::http_stream{sink}, someone({io::role::viewer}, {"acme"}), {{{"acme"}}, {}, {}}, true};
  stream.take(published("acme", 6));
  stream.take(published("acme", 7));
  stream.take_old("acme", 5, "{}");
  stream.take_old("acme", 6, "{}"); // the aggregator knew it already
  stream.caught_up();
  stream.take(published("acme", 8));
  stream.take(published("acme", 8));
  CHECK(ids(*sink) == std::vector<std::string>{"5", "6", "7", "8"});
}

TEST_CASE("stream: nothing of a tenant, severity or rule that was not asked for", "[nodes]") {
  auto sink = std::make_shared<text_sink>();
  alert_stream stream{io::http_stream{sink},
                      someone({io::role::viewer}, {"acme", "globex"}),
                      {{}, base::severity::medium, "r"},
                      false};
  stream.take(published("initech", 1));
  stream.take(published("acme", 1, base::severity::low));
  auto other = published("acme", 2);
  other.alert.rule.value = "s";
  stream.take(other);
  CHECK(sink->text.empty());
  stream.take(published("acme", 3, base::severity::medium));
  stream.take(published("globex", 9));
  CHECK(ids(*sink) == std::vector<std::string>{"acme:3", "acme:3,globex:9"});
}

TEST_CASE("stream: waiting_max bounds what waits; the client is sent back, not kept in memory",
          "[nodes]") {
  auto sink = std::make_shared<text_sink>();
  alert_stream stream{io::http_stream{sink}, someone({io::role::viewer}, {"acme"}), {}, true};
  for (std::uint64_t i = 1; i <= alert_stream::waiting_max; ++i)
    stream.take(published("acme", i));
  CHECK(sink->open);
  stream.take(published("acme", alert_stream::waiting_max + 1));
  CHECK_FALSE(sink->open);
}

TEST_CASE("stream: a position reads back, and nonsense is none", "[nodes]") {
  struct row {
    const char* why;
    const char* text;
    std::optional<base::tenant_id> only;
    std::optional<stream_position> position;
  };
  const base::tenant_id acme{"acme"};
  for (const auto& r :
       {row{"nothing", "", {}, stream_position{}},
        row{"one tenant", "17", acme, stream_position{{"acme", 17}}},
        row{"several", "acme:17,globex:4", {}, stream_position{{"acme", 17}, {"globex", 4}}},
        row{"a number without a tenant", "17", {}, {}}, row{"no number", "acme:x", {}, {}},
        row{"a tenant that cannot be", "A B:1", {}, {}}, row{"negative", "-1", acme, {}}}) {
    INFO(r.why);
    const auto got = parse_position(r.text, r.only);
    CHECK(got == r.position);
    if (got && !got->empty())
      CHECK(server::to_string(*got, r.only.has_value()) == r.text);
  }
}

#include "nodes/client/sender.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

namespace vedette::client {

namespace {

using namespace std::chrono_literals;

/// Whether the text ends what it began: behind one that does not, the next record would be a part
/// of it.
bool ends_itself(std::string_view text) {
  std::int64_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '{' || c == '['))
      ++depth;
    else if (!quoted && (c == '}' || c == ']'))
      --depth;
  }
  return depth <= 0 && !quoted;
}

class collector_sender final : public sender {
 public:
  static constexpr std::size_t records_max = 250;
  static constexpr std::size_t bytes_max = std::size_t{256} << 10;

  explicit collector_sender(io::collector_settings settings) : collector_{std::move(settings)} {}

  base::status connect() { return collector_.connect(10s); }

  base::status begin(std::string_view name) override {
    VEDETTE_ASSERT(lengths_.empty());
    collector_.begin(base::hash64(name) | 1U);
    return {};
  }

  base::status add(std::string_view record) override {
    if (!lengths_.empty() && text_.size() + record.size() > bytes_max)
      if (auto ok = send(); !ok)
        return ok;
    text_ += record;
    lengths_.push_back(record.size());
    return lengths_.size() >= records_max ? send() : base::status{};
  }

  void forget() override {
    text_.clear();
    lengths_.clear();
  }

  base::status settle() override {
    if (auto ok = send(); !ok)
      return ok;
    while (collector_.waiting() > 0)
      if (auto ok = collector_.pump(50ms); !ok)
        return ok;
    return {};
  }

  base::status finish() override {
    if (auto ok = send(); !ok)
      return ok;
    return collector_.finish(120s);
  }

  [[nodiscard]] sent_totals totals() const override {
    const auto& t = collector_.totals();
    return {t.accepted, t.duplicate, t.quarantined, t.skipped, t.confirmed, t.resent};
  }

 private:
  base::status send() {
    if (lengths_.empty())
      return {};
    records_.clear();
    std::size_t offset = 0;
    for (const auto length : lengths_) {
      records_.emplace_back(text_.data() + offset, length);
      offset += length;
    }
    auto ok = collector_.send(records_);
    text_.clear();
    lengths_.clear();
    return ok;
  }

  io::collector collector_;
  std::string text_;
  std::vector<std::size_t> lengths_;
  std::vector<std::string_view> records_;
};

class http_sender final : public sender {
 public:
  static constexpr std::size_t records_max = 1000;
  static constexpr std::size_t bytes_max = std::size_t{1} << 20;
  static constexpr auto patience = 60s;

  http_sender(node_client node, std::string tenant, std::string source)
      : node_{std::move(node)}, tenant_{std::move(tenant)}, source_{std::move(source)} {
    std::random_device dice;
    name_ = fmt::format("{:016x}", std::uint64_t{dice()} << 32U | dice());
  }

  base::status begin(std::string_view name) override {
    VEDETTE_ASSERT(records_ == 0);
    name_ = name;
    sequence_ = 0;
    return {};
  }

  base::status add(std::string_view record) override {
    if (records_ > 0 && (records_ >= records_max || body_.size() + record.size() > bytes_max))
      if (auto ok = send(false); !ok)
        return ok;
    body_ += record;
    body_ += '\n';
    ++records_;
    return ends_itself(record) ? base::status{} : send(false);
  }
  void forget() override {
    body_.clear();
    records_ = 0;
  }
  base::status settle() override { return records_ > 0 ? send(false) : base::status{}; }
  // The last body says that the stream has ended, so one is always kept back for it.
  base::status finish() override { return send(true); }
  [[nodiscard]] sent_totals totals() const override { return totals_; }

 private:
  base::status send(bool last) {
    const auto path = path_with(
        "/v1/ingest/auto", {{"tenant", tenant_}, {"source", source_}, {"end", last ? "true" : ""}});
    io::http_call_options options;
    options.headers.set("Idempotency-Key", fmt::format("{}-{}", name_, ++sequence_));
    options.body = std::move(body_);
    body_.clear();
    records_ = 0;
    if (options.body.empty())
      options.body = "[]";
    const auto give_up = std::chrono::steady_clock::now() + patience;
    for (;;) {
      auto answer = node_.call(io::http_method::post, path, options);
      if (answer && answer->status == 200)
        return count(answer->body);
      const bool busy = answer && (answer->status == 429 || answer->status == 503);
      const bool lost = !answer && (answer.err().code == base::ec::unavailable ||
                                    answer.err().code == base::ec::timed_out);
      // A node that never answered is not there; one that did may be restarting.
      if ((!busy && !lost) || (lost && !answered_) || std::chrono::steady_clock::now() > give_up)
        return answer ? error_of(*answer, "sending to " + node_.url()) : answer.err();
      // Under the same key, so that what was durable already counts once.
      ++totals_.resent;
      std::this_thread::sleep_for(
          wait_of(answer ? answer->headers.get("Retry-After") : std::string_view{}));
    }
  }

  static std::chrono::seconds wait_of(std::string_view retry_after) {
    int seconds = 1;
    (void)std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
    return std::chrono::seconds{std::clamp(seconds, 1, 10)};
  }

  base::status count(std::string_view json) {
    auto doc = server::json_document::parse(json, "the node's answer");
    if (!doc)
      return base::error{base::ec::io, doc.err().context};
    answered_ = true;
    totals_.accepted += server::number_at(doc->root(), "accepted");
    totals_.duplicate += server::number_at(doc->root(), "duplicate");
    totals_.quarantined += server::number_at(doc->root(), "quarantined");
    totals_.skipped += server::number_at(doc->root(), "skipped");
    return {};
  }

  node_client node_;
  std::string tenant_, source_, body_;
  std::string name_; ///< of what is under way; bodies are numbered below it
  std::size_t records_ = 0;
  bool answered_ = false;
  std::uint64_t sequence_ = 0;
  sent_totals totals_;
};

} // namespace

base::result<std::unique_ptr<sender>> open_collector(io::collector_settings settings) {
  auto out = std::make_unique<collector_sender>(std::move(settings));
  if (auto ok = out->connect(); !ok)
    return ok.err();
  return std::unique_ptr<sender>{std::move(out)};
}

base::result<std::unique_ptr<sender>> open_http(node_client node, std::string tenant,
                                                std::string source) {
  return std::unique_ptr<sender>{
      std::make_unique<http_sender>(std::move(node), std::move(tenant), std::move(source))};
}

} // namespace vedette::client

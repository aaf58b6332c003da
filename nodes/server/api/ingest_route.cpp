// Ingest over HTTP: a body of records in, 200 when they are durable.
#include "base/limits.hpp"
#include "ingest/formats/format.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/normaliser.hpp"
#include "nodes/server/api/ingest_delivery.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

#include <fmt/format.h>

namespace vedette::server {

namespace {

constexpr std::size_t key_max = 256;

void refuse_for_now(const exchange_ptr& x, const not_now& n) {
  x->respond(io::problem_response(n.status, n.why, x->request.path));
}

void answer_delivered(const exchange_ptr& x, const base::result<delivered>& done) {
  if (!done) {
    refuse_for_now(x,
                   {503, "not everything could be made durable; send the body again, with the same "
                         "Idempotency-Key if it has one: " +
                             done.err().context});
    return;
  }
  actors::batch_result sum;
  for (const auto& r : done->results) {
    sum.accepted += r.accepted;
    sum.duplicate += r.duplicate;
    sum.quarantined += r.quarantined;
    sum.skipped += r.skipped;
  }
  base::json_writer w;
  w.begin_object().member("records", std::uint64_t{done->body.records});
  w.member("accepted", sum.accepted).member("duplicate", sum.duplicate);
  w.member("quarantined", sum.quarantined).member("skipped", sum.skipped);
  w.key("left_out").begin_array();
  for (std::size_t i = 0; i < done->results.size(); ++i) {
    const auto& r = done->results[i];
    if (r.quarantined + r.skipped == 0)
      continue;
    const auto& b = done->body.batches[i];
    w.begin_object()
        .member("from", std::uint64_t{b.first})
        .member("to", std::uint64_t{b.first + b.records.size() - 1});
    w.member("quarantined", r.quarantined).member("skipped", r.skipped).end_object();
  }
  w.end_array().key("refused").begin_array();
  for (const auto& [position, why] : done->body.refused)
    w.begin_object().member("position", std::uint64_t{position}).member("reason", why).end_object();
  w.end_array().end_object();
  x->answer(std::string{w.text()});
}

void take_records(const context_ptr& c, const exchange_ptr& x, std::string only) {
  auto tenant = one_tenant_of(x->who, x->request, c->tenants.all());
  const std::string source{io::find(x->request.query, "source").value_or("")};
  const auto key = x->request.headers.get("Idempotency-Key");
  if (auto ok = check_query(x->request, {"tenant", "source", "end"}); !ok)
    tenant = ok.err();
  else if (source.size() > base::limits::key_source_bytes || key.size() > key_max)
    tenant = base::error{base::ec::invalid_argument,
                         fmt::format("?source= is at most {} bytes, Idempotency-Key {}",
                                     base::limits::key_source_bytes, key_max)};
  if (!tenant) {
    x->refuse(tenant.err());
    return;
  }
  if (const auto later = busy(*c)) {
    refuse_for_now(x, *later);
    return;
  }
  auto body = cut(x->request.body, c->node.settings->ingest.unwrap);
  if (!body) {
    x->refuse(body.err());
    return;
  }
  x->request.body = {};
  auto origin = origin_of(x->who, std::move(*tenant), {}, source, key);
  origin.only = std::move(only);
  origin.ends = io::find(x->request.query, "end") == "true";
  if (const auto later =
          deliver(c, std::move(origin), std::move(*body),
                  [x](const base::result<delivered>& done) { answer_delivered(x, done); }))
    refuse_for_now(x, *later);
}

/// Which there are the content in force says.
void take_mapped(const context_ptr& c, const exchange_ptr& x) {
  const auto name = x->parameter("source");
  const auto content = c->node.content();
  if (ingest::source_named(name, content->mappings.get()) == ingest::normaliser::any_format) {
    std::vector<std::string_view> known;
    if (content->mappings)
      for (const auto& s : content->mappings->sources())
        known.push_back(s.name);
    x->refuse({base::ec::not_found,
               fmt::format("no source is called '{}'; besides the formats there are: {}", name,
                           known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")))});
    return;
  }
  take_records(c, x, name);
}

} // namespace

void add_ingest_routes(route_book& book) {
  const auto add = [&](std::string_view name, std::string says, api_handler handler) {
    book.add(
        io::http_method::post, fmt::format("/v1/ingest/{}", name), {io::role::collector},
        {std::move(says) +
             " in any envelope; 200 when they are durable, with counts of those left out",
         {{"tenant", "needed when the token sees several"},
          {"source", "names this stream among those of the token"},
          {"end", "true: the stream has ended with this body"}},
         "JSON, or one record a line; gzip or zstd by Content-Encoding. Header Idempotency-Key: "
         "the same body "
         "under the same key counts once"},
        std::move(handler), book.context()->node.settings->http.body_max.value);
  };
  const auto of = [](std::string only) {
    return [only = std::move(only)](const context_ptr& c, const exchange_ptr& x) {
      take_records(c, x, only);
    };
  };
  add("auto", "Records of any format", of({}));
  for (const auto& format : ingest::formats())
    add(format.name, fmt::format("Records of the format {}; others are quarantined", format.name),
        of(std::string{format.name}));
  add("{source}", "Records of a source that a mapping file describes; others are quarantined",
      take_mapped);
}

} // namespace vedette::server

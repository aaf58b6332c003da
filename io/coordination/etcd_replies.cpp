#include "base/base64.hpp"
#include "io/coordination/etcd_messages.hpp"
#include "io/coordination/json_members.hpp"

#include <fmt/format.h>

namespace vedette::io::etcd {
namespace {

using base::ec;
using base::error;
using simdjson::dom::element;

error malformed(std::string_view what, std::string_view why) {
  return {ec::malformed,
          fmt::format("reading etcd's answer to {}: {}; is this address etcd's client address, and "
                      "its version 3.4 or 3.5?",
                      what, why)};
}

/// The sub-object of that name, or nothing.
std::optional<element> part(element from, std::string_view name) {
  element out;
  if (from[name].get(out) != simdjson::SUCCESS)
    return std::nullopt;
  return out;
}

bool take_bytes(json_members& m, std::string_view name, std::string& out) {
  std::string text;
  m.take(name, text);
  auto bytes = base::base64_decode(text);
  if (!bytes) {
    m.fail(name);
    return false;
  }
  out = std::move(*bytes);
  return true;
}

std::string read_header(element from, header& out) {
  const auto head = part(from, "header");
  if (!head)
    return "no header";
  json_members m{*head};
  m.take("cluster_id", out.cluster_id).take("revision", out.revision);
  return m.failed();
}

bool read_key_value(element from, key_value& out) {
  json_members m{from};
  take_bytes(m, "key", out.key);
  take_bytes(m, "value", out.value);
  m.take("create_revision", out.created).take("mod_revision", out.modified);
  m.take("lease", out.lease);
  return m.failed().empty();
}

std::string read_key_values(element from, std::vector<key_value>& out) {
  json_members m{from};
  m.each("kvs", [&](element e) { return read_key_value(e, out.emplace_back()); });
  return m.failed();
}

std::string one_line(std::string_view text) {
  std::string out{text.substr(0, 300)};
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return out;
}

refusal read_refusal(element root) {
  refusal out;
  // Unary: {"error":"text","code":N}. Streams: {"error":{"grpc_code":N,"message":"text"}}.
  auto from = root;
  if (const auto inner = part(root, "error"); inner && inner->is_object())
    from = *inner;
  std::int64_t code = 2;
  for (const auto* name : {"code", "grpc_code"})
    if (from[name].get(code) == simdjson::SUCCESS)
      break;
  out.code = static_cast<int>(code);
  std::string_view text;
  for (const auto* name : {"error", "message"})
    if (from[name].get(text) == simdjson::SUCCESS)
      break;
  out.message = one_line(text);
  return out;
}

} // namespace

struct reader::impl {
  simdjson::dom::parser parser;

  /// Parses and lets `fill` read; what it returns, when not empty, is what was wrong.
  template <class T, class F>
  base::result<T> read(std::string_view what, std::string_view body, F fill) {
    element root;
    if (const auto bad = parser.parse(body.data(), body.size()).get(root); bad)
      return malformed(what, simdjson::error_message(bad));
    T out;
    if (const std::string wrong = fill(root, out); !wrong.empty())
      return malformed(what, wrong);
    return out;
  }
};

reader::reader() : impl_{std::make_unique<impl>()} {}
reader::~reader() = default;

base::result<range_reply> reader::range(std::string_view body) {
  return impl_->read<range_reply>("a range", body, [](element root, range_reply& out) {
    if (auto wrong = read_header(root, out.head); !wrong.empty())
      return wrong;
    json_members{root}.take("more", out.more);
    return read_key_values(root, out.found);
  });
}

base::result<txn_reply> reader::transaction(std::string_view body) {
  return impl_->read<txn_reply>("a transaction", body, [](element root, txn_reply& out) {
    if (auto wrong = read_header(root, out.head); !wrong.empty())
      return wrong;
    json_members m{root};
    m.take("succeeded", out.succeeded);
    m.each("responses", [&](element e) {
      const auto got = part(e, "response_range");
      return !got || read_key_values(*got, out.found.emplace_back()).empty();
    });
    return m.failed();
  });
}

base::result<lease_reply> reader::grant(std::string_view body) {
  return impl_->read<lease_reply>("a lease's grant", body, [](element root, lease_reply& out) {
    json_members m{root};
    m.take("TTL", out.ttl_seconds);
    auto wrong = read_header(root, out.head);
    return wrong.empty() ? m.failed() : wrong;
  });
}

base::result<lease_reply> reader::keep_alive(std::string_view body) {
  // A stream of one line.
  body = body.substr(0, body.find('\n'));
  return impl_->read<lease_reply>("a lease's renewal", body, [](element root, lease_reply& out) {
    const auto result = part(root, "result");
    if (!result)
      return "no result: " + read_refusal(root).message;
    json_members m{*result};
    m.take("TTL", out.ttl_seconds);
    auto wrong = read_header(*result, out.head);
    return wrong.empty() ? m.failed() : wrong;
  });
}

base::result<std::string> reader::token(std::string_view body) {
  return impl_->read<std::string>("a login", body, [](element root, std::string& out) {
    json_members m{root};
    m.need("token", out);
    return m.failed();
  });
}

base::result<watch_reply> reader::watch_line(std::string_view line) {
  std::optional<refusal> refused;
  auto out = impl_->read<watch_reply>("a watch", line, [&](element root, watch_reply& reply) {
    const auto result = part(root, "result");
    if (!result) {
      refused = read_refusal(root);
      return std::string{};
    }
    json_members m{*result};
    m.take("watch_id", reply.watch).take("created", reply.created);
    m.take("canceled", reply.canceled).take("fragment", reply.fragment);
    m.take("compact_revision", reply.compacted_through).take("cancel_reason", reply.reason);
    m.each("events", [&](element e) {
      auto& change = reply.changes.emplace_back();
      std::string_view type;
      change.deleted = e["type"].get(type) == simdjson::SUCCESS && type == "DELETE";
      const auto what = part(e, "kv");
      return what && read_key_value(*what, change.what);
    });
    auto wrong = read_header(*result, reply.head);
    return wrong.empty() ? m.failed() : wrong;
  });
  if (refused)
    return error{ec::unavailable, fmt::format("watching etcd: {}", refused->message)};
  return out;
}

refusal reader::refused(std::string_view body) {
  element root;
  if (impl_->parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS)
    return {2, one_line(body)};
  return read_refusal(root);
}

} // namespace vedette::io::etcd

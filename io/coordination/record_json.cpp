#include "io/coordination/record_json.hpp"

#include "base/json_writer.hpp"
#include "io/coordination/json_members.hpp"

#include <fmt/format.h>

namespace vedette::io {
namespace {

using base::ec;
using base::error;
using base::json_writer;

/// One record is under a kilobyte; a value of this size is not ours.
constexpr std::size_t record_bytes_max = 64 * 1024;

std::string text_of(std::uint64_t v) {
  return std::to_string(v);
}

error malformed_record(const char* what, const std::string& why) {
  return {ec::malformed, fmt::format("reading a {} from the coordinator: {}; was it written by "
                                     "hand, or by a newer build?",
                                     what, why)};
}

/// Parses and hands the members to `fill`; what `fill` found wrong is the answer.
template <class T, class F>
base::result<T> read(const char* what, std::string_view json, F fill) {
  if (json.size() > record_bytes_max)
    return malformed_record(what, fmt::format("it has {} bytes", json.size()));
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto bad = parser.parse(json.data(), json.size()).get(root); bad)
    return malformed_record(what, simdjson::error_message(bad));
  json_members members{root};
  T out;
  fill(members, out);
  if (!members.failed().empty())
    return malformed_record(what, members.failed());
  return out;
}

} // namespace

std::string to_json(const cluster::cluster_record& r) {
  json_writer w;
  w.begin_object().member("id", r.id).member("partitions", r.partitions);
  w.member("generation", text_of(r.generation)).member("format", r.format);
  w.member("tenant_partitions", r.tenant_partitions).member("seed", text_of(r.seed)).end_object();
  return std::string{w.text()};
}

std::string to_json(const cluster::store_record& r) {
  json_writer w;
  w.begin_object().member("incarnation", text_of(r.incarnation.value));
  w.member("stamp", text_of(r.stamp)).end_object();
  return std::string{w.text()};
}

std::string to_json(const cluster::node_record& r) {
  json_writer w;
  w.begin_object().member("id", r.id.value);
  w.member("incarnation", text_of(r.incarnation.value)).member("stamp", text_of(r.stamp));
  w.member("zone", r.zone).member("weight", r.weight);
  w.member("mesh_address", r.mesh_address).member("mesh_key", r.mesh_key);
  w.member("api_address", r.api_address).member("build", r.build);
  w.member("writable", r.writable).member("draining", r.draining).member("starved", r.starved);
  w.end_object();
  return std::string{w.text()};
}

std::string to_json(const cluster::assignment& a, std::uint64_t proposal) {
  json_writer w;
  w.begin_object().member("epoch", text_of(a.epoch.value)).member("version", text_of(a.version));
  w.member("primary", a.primary.value).key("replicas").begin_array();
  for (const auto& r : a.replicas)
    w.value(r.value);
  w.end_array().key("in_sync").begin_array();
  for (const auto& m : a.in_sync)
    w.begin_object()
        .member("node", m.node.value)
        .member("incarnation", text_of(m.incarnation.value))
        .end_object();
  w.end_array().member("min_in_sync", a.min_in_sync);
  w.member("loss_epoch", text_of(a.loss_epoch.value));
  w.member("proposal", text_of(proposal)).end_object();
  return std::string{w.text()};
}

std::string to_json(const cluster::document_record& d) {
  json_writer w;
  w.begin_object().member("version", text_of(d.version)).member("hash", d.hash);
  w.member("author", d.author.value).end_object();
  return std::string{w.text()};
}

base::result<cluster::document_record> read_document(std::string_view json) {
  return read<cluster::document_record>(
      "document's record", json, [](json_members& m, cluster::document_record& out) {
        m.need("version", out.version).need("hash", out.hash).take("author", out.author.value);
        if (out.version == 0)
          m.fail("version");
        if (out.hash.size() != 64)
          m.fail("hash");
      });
}

base::result<cluster::cluster_record> read_cluster_record(std::string_view json) {
  return read<cluster::cluster_record>(
      "cluster record", json, [](json_members& m, cluster::cluster_record& out) {
        m.need("id", out.id).need("partitions", out.partitions).need("format", out.format);
        m.need("tenant_partitions", out.tenant_partitions).need("seed", out.seed);
        m.take("generation", out.generation);
        if (out.id.empty())
          m.fail("id");
        if (out.partitions == 0)
          m.fail("partitions");
        if (out.tenant_partitions == 0)
          m.fail("tenant_partitions");
      });
}

base::result<cluster::store_record> read_store_record(std::string_view json) {
  return read<cluster::store_record>("store record", json,
                                     [](json_members& m, cluster::store_record& out) {
                                       m.need("incarnation", out.incarnation.value);
                                       m.need("stamp", out.stamp);
                                     });
}

base::result<cluster::node_record> read_node_record(std::string_view json) {
  return read<cluster::node_record>(
      "node record", json, [](json_members& m, cluster::node_record& out) {
        m.need("id", out.id.value).need("incarnation", out.incarnation.value);
        m.need("stamp", out.stamp).take("zone", out.zone).take("weight", out.weight);
        m.take("mesh_address", out.mesh_address).take("mesh_key", out.mesh_key);
        m.take("api_address", out.api_address).take("build", out.build);
        m.take("writable", out.writable).take("draining", out.draining);
        m.take("starved", out.starved);
        if (out.id.value.empty())
          m.fail("id");
        if (!(out.weight >= 0))
          m.fail("weight");
      });
}

base::result<stored_assignment> read_assignment(std::string_view json) {
  return read<stored_assignment>(
      "partition's assignment", json, [](json_members& m, stored_assignment& out) {
        auto& a = out.value;
        m.need("epoch", a.epoch.value).need("version", a.version);
        m.need("primary", a.primary.value).need("min_in_sync", a.min_in_sync);
        m.take("loss_epoch", a.loss_epoch.value).take("proposal", out.proposal);
        m.each("replicas", [&](simdjson::dom::element e) {
          std::string_view text;
          if (e.get(text) != simdjson::SUCCESS || text.empty())
            return false;
          a.replicas.push_back(cluster::node_id{std::string{text}});
          return a.replicas.size() <= cluster::replicas_max;
        });
        m.each("in_sync", [&](simdjson::dom::element e) {
          json_members of_member{e};
          cluster::member one;
          of_member.need("node", one.node.value).need("incarnation", one.incarnation.value);
          a.in_sync.push_back(one);
          return of_member.failed().empty() && a.in_sync.size() <= cluster::replicas_max;
        });
        if (a.replicas.empty())
          m.fail("replicas");
        if (cluster::in_sync_member(a, a.primary) == nullptr)
          m.fail("primary");
      });
}

} // namespace vedette::io

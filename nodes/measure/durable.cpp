#include "io/http/client.hpp"
#include "nodes/measure/node_process.hpp"
#include "nodes/measure/stages.hpp"
#include "nodes/server/api/json.hpp"

namespace vedette::measure {

base::result<durable_stage> durable(const data_set& data, const std::string& program) {
  node_process node;
  if (auto ok = node.start(program); !ok)
    return ok.err();
  auto connected = connect({node.ingest()}, "bench");
  if (!connected)
    return connected.err();
  auto& collector = **connected;
  durable_stage out;
  out.cost = {"durable", 0, data.bytes(), 0};
  const double cpu_before = node.cpu_seconds();
  const auto began = std::chrono::steady_clock::now();
  if (auto ok = send_all(collector, data); !ok)
    return ok.err();
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  out.cost.events = collector.totals().accepted;
  out.cost.cpu_seconds = node.cpu_seconds() - cpu_before;
  out.kernel_bytes = node.bytes_written();
  auto authorization = node.authorization();
  if (!authorization)
    return authorization.err();
  io::http_client client;
  io::http_call_options call;
  call.headers.set("Authorization", *authorization);
  auto status = client.get(node.http() + "/v1/status", call);
  if (!status)
    return status.err();
  auto json = server::json_document::parse(status->body, "the node's status");
  if (!json)
    return json.err();
  out.bytes_written = server::number_at(json->root(), "committer.bytes_written");
  out.peak_rss_bytes = static_cast<std::uint64_t>(node.end().ru_maxrss) * 1024;
  return out;
}

} // namespace vedette::measure

#include "nodes/server/api/api.hpp"

#include "nodes/server/api/route_book.hpp"

namespace vedette::server {

void add_routes(io::http_router& router, const parts& node, token_store& tokens, key_store& keys) {
  VEDETTE_ASSERT(node.settings != nullptr && node.clock != nullptr && node.store);
  auto context = std::shared_ptr<api_context>(new api_context{
      node, tokens, keys, tenant_names{node, tokens, keys}, node.clock->monotonic(), {0}, {0}, {}});
  route_book book{router, context};
  add_status_routes(book);
  add_metrics_route(book);
  add_cluster_routes(book);
  add_recover_route(book);
  add_rebuild_route(book);
  add_alert_routes(book);
  add_stream_route(book);
  add_incident_routes(book);
  add_action_routes(book);
  add_identity_routes(book);
  add_trends_route(book);
  add_content_routes(book);
  add_token_routes(book);
  add_key_routes(book);
  add_ingest_routes(book);
  add_hec_routes(book);
  add_bulk_routes(book);
  add_hook_routes(book);
  add_otlp_route(book);
  add_apply_route(book);
  add_later_routes(book);
  book.add(
      io::http_method::get, "/openapi.json", {}, {"This description", {}, {}},
      [](const std::shared_ptr<api_context>& c, const exchange_ptr& x) { x->answer(c->openapi); });
  context->openapi = book.openapi();
}

} // namespace vedette::server

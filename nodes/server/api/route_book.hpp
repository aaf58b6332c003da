// The routes of the API with what they are for, said once: the router takes method, role and
// handler, /openapi.json is made of the rest.
//
// Filled at start by the `add_…` functions below, one per file of this folder.
#pragma once

#include "io/http/router.hpp"
#include "nodes/server/api/exchange.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::server {

struct route_doc {
  std::string summary;
  std::vector<std::pair<std::string, std::string>> query; ///< name and meaning
  std::string body;                                       ///< what the body holds; empty: no body
};

using api_handler = std::function<void(const std::shared_ptr<api_context>&, const exchange_ptr&)>;

class route_book {
 public:
  route_book(io::http_router& router, std::shared_ptr<api_context> context)
      : router_{router}, context_{std::move(context)} {}

  /// `roles` empty: open to all. `body_max` bounds the body after unpacking.
  void add(io::http_method method, std::string pattern, std::vector<io::role> roles, route_doc doc,
           api_handler handler, std::size_t body_max = std::size_t{1} << 20);

  /// OpenAPI 3.1 over everything the router holds now. O(routes).
  [[nodiscard]] std::string openapi() const;
  [[nodiscard]] const std::shared_ptr<api_context>& context() const noexcept { return context_; }

 private:
  io::http_router& router_;
  std::shared_ptr<api_context> context_;
  std::map<std::pair<std::string, io::http_method>, route_doc> docs_;
};

/// Refuses callers that do not see every tenant, for figures that are of the node as a whole.
[[nodiscard]] bool sees_the_node(const exchange_ptr& x);

void add_status_routes(route_book& book);
void add_metrics_route(route_book& book);
void add_cluster_routes(route_book& book);
void add_recover_route(route_book& book);
void add_rebuild_route(route_book& book);
void add_alert_routes(route_book& book);
void add_incident_routes(route_book& book);
void add_action_routes(route_book& book);
void add_stream_route(route_book& book);
void add_content_routes(route_book& book);
void add_identity_routes(route_book& book);
void add_trends_route(route_book& book);
void add_token_routes(route_book& book);
void add_key_routes(route_book& book);
void add_ingest_routes(route_book& book);
void add_hec_routes(route_book& book);
void add_bulk_routes(route_book& book);
void add_hook_routes(route_book& book);
void add_otlp_route(route_book& book);
void add_apply_route(route_book& book);
void add_later_routes(route_book& book);

} // namespace vedette::server

// What the API will answer and does not yet: 501 that says which work brings it, so that a client
// learns more than from a 404.
#include "nodes/server/api/route_book.hpp"

namespace vedette::server {

namespace {

struct later {
  io::http_method method;
  const char* pattern;
  const char* brings;
};

constexpr const char* configuration = "the work on configuration in the cluster";
constexpr const char* response = "the work on real response";
constexpr const char* source_work = "the work on more sources";

constexpr later routes[] = {
    {io::http_method::get, "/v1/audit", configuration},
    {io::http_method::get, "/v1/lockdowns", response},
    {io::http_method::del, "/v1/lockdowns", response},
    {io::http_method::post, "/v1/quarantine/{id}/replay", source_work},
    {io::http_method::post, "/v1/playbooks/{id}/test", response},
    {io::http_method::post, "/v1/playbooks/{id}/backtest", response},
    {io::http_method::post, "/v1/playbooks/{id}/run", response},
    {io::http_method::post, "/v1/hooks/{sender}", source_work},
};

} // namespace

void add_later_routes(route_book& book) {
  for (const auto& l : routes)
    book.add(l.method, l.pattern, {io::role::viewer, io::role::collector},
             {std::string{"Not there yet: comes with "} + l.brings, {}, {}},
             [brings = l.brings](const std::shared_ptr<api_context>&, const exchange_ptr& x) {
               x->out.respond(io::problem_response(
                   501, std::string{"this build does not do that yet; it comes with "} + brings,
                   x->request.path));
             });
}

} // namespace vedette::server

#include "nodes/server/api/route_book.hpp"

#include "nodes/version.hpp"

namespace vedette::server {

namespace {

std::string lower(std::string_view method) {
  std::string out;
  for (const char c : method)
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// "POST /v1/incidents/{id}/ack" -> "post_v1_incidents_id_ack"
std::string operation_id(std::string_view method, std::string_view pattern) {
  std::string out = lower(method);
  for (const char c : pattern) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word)
      out += c;
    else if (out.back() != '_' && c != '}')
      out += '_';
  }
  return out;
}

void write_parameter(base::json_writer& w, std::string_view name, const char* in,
                     std::string_view meaning, bool required) {
  w.begin_object();
  w.member("name", name).member("in", in).member("required", required);
  if (!meaning.empty())
    w.member("description", meaning);
  w.key("schema").begin_object().member("type", "string").end_object();
  w.end_object();
}

void write_operation(base::json_writer& w, const io::route& r, const route_doc& doc) {
  w.begin_object();
  w.member("operationId", operation_id(to_string(r.method), r.pattern))
      .member("summary", doc.summary);
  if (r.options.roles.empty()) {
    w.key("security").begin_array().end_array();
  } else {
    w.key("x-roles").begin_array();
    for (const auto role : r.options.roles)
      w.value(to_string(role));
    w.end_array();
  }
  w.key("parameters").begin_array();
  for (std::size_t open = r.pattern.find('{'); open != std::string::npos;
       open = r.pattern.find('{', open + 1))
    write_parameter(w, r.pattern.substr(open + 1, r.pattern.find('}', open) - open - 1), "path", {},
                    true);
  for (const auto& [name, meaning] : doc.query)
    write_parameter(w, name, "query", meaning, false);
  w.end_array();
  if (!doc.body.empty()) {
    w.key("requestBody").begin_object().member("description", doc.body);
    w.key("content")
        .begin_object()
        .key("application/json")
        .begin_object()
        .end_object()
        .end_object();
    w.end_object();
  }
  w.key("responses").begin_object();
  w.key("200").begin_object().member("description", "done").end_object();
  w.key("default").begin_object().member("description",
                                         "what went wrong, as RFC 9457 problem details");
  w.key("content").begin_object().key("application/problem+json").begin_object();
  w.key("schema").begin_object().member("$ref", "#/components/schemas/problem").end_object();
  w.end_object().end_object().end_object();
  w.end_object().end_object();
}

void write_components(base::json_writer& w) {
  w.key("components").begin_object();
  w.key("securitySchemes").begin_object().key("token").begin_object();
  w.member("type", "http").member("scheme", "bearer").end_object().end_object();
  w.key("schemas").begin_object().key("problem").begin_object().member("type", "object");
  w.key("properties").begin_object();
  for (const auto* name : {"type", "title", "detail", "instance"})
    w.key(name).begin_object().member("type", "string").end_object();
  w.key("status").begin_object().member("type", "integer").end_object();
  w.end_object().end_object().end_object().end_object();
}

} // namespace

void route_book::add(io::http_method method, std::string pattern, std::vector<io::role> roles,
                     route_doc doc, api_handler handler, std::size_t body_max) {
  docs_[{pattern, method}] = std::move(doc);
  io::route_options options;
  options.roles = std::move(roles);
  options.body_bytes_max = options.decoded_bytes_max = body_max;
  router_.add(method, std::move(pattern), std::move(options),
              [context = context_, handler = std::move(handler)](io::http_call call,
                                                                 io::http_responder out) {
                handler(context,
                        std::make_shared<exchange>(exchange{std::move(call.request),
                                                            std::move(call.who), std::move(out)}));
              });
}

std::string route_book::openapi() const {
  std::map<std::string, std::vector<const io::route*>> paths;
  for (const auto& r : router_.routes())
    paths[r.pattern].push_back(&r);
  base::json_writer w{1};
  w.begin_object();
  w.member("openapi", "3.1.0");
  w.key("info").begin_object().member("title", "Vedette").member("version", version()).end_object();
  w.key("security")
      .begin_array()
      .begin_object()
      .key("token")
      .begin_array()
      .end_array()
      .end_object()
      .end_array();
  w.key("paths").begin_object();
  for (const auto& [pattern, routes] : paths) {
    w.key(pattern).begin_object();
    for (const auto* r : routes) {
      const auto doc = docs_.find({pattern, r->method});
      w.key(lower(to_string(r->method)));
      write_operation(w, *r, doc == docs_.end() ? route_doc{} : doc->second);
    }
    w.end_object();
  }
  w.end_object();
  write_components(w);
  w.end_object();
  return std::string{w.text()};
}

bool sees_the_node(const exchange_ptr& x) {
  if (x->who.all_tenants)
    return true;
  x->refuse({base::ec::denied, "these figures are of all tenants together, and the token '" +
                                   x->who.name + "' does not see all of them"});
  return false;
}

} // namespace vedette::server

#include "ingest/formats/kubernetes_record.hpp"

#include "ingest/formats/json_pass.hpp"

namespace vedette::ingest {

namespace {

simdjson::error_code read_user(od::value& v, kubernetes_user& out) noexcept {
  if (out.there)
    return simdjson::SUCCESS;
  if (!is_object(v)) {
    out.misshaped = token_of(v) != "null";
    return simdjson::SUCCESS;
  }
  out.there = true;
  return inside(v, [&](std::string_view key, od::value& leaf) {
    if (key == "username")
      take(leaf, out.name);
    else if (key == "groups")
      take_json(leaf, out.groups);
    else if (key == "extra")
      take_json(leaf, out.extra);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code read_object(od::value& v, kubernetes_object& out) noexcept {
  out.there |= is_object(v);
  return inside(v, [&](std::string_view key, od::value& leaf) {
    if (key == "resource")
      take(leaf, out.resource);
    else if (key == "namespace")
      take(leaf, out.name_space);
    else if (key == "name")
      take(leaf, out.name);
    else if (key == "subresource")
      take(leaf, out.subresource);
    else if (key == "apiGroup")
      take(leaf, out.group);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code read_status(od::value& v, kubernetes_record& out) noexcept {
  return inside(v, [&](std::string_view key, od::value& leaf) {
    if (key == "code")
      take(leaf, out.code);
    else if (key == "reason")
      take(leaf, out.reason);
    else if (key == "message")
      take(leaf, out.message);
    else if (key == "status")
      take(leaf, out.status);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code read_field(std::string_view key, od::value& v, kubernetes_record& out) {
  if (key == "kind")
    take(v, out.kind);
  else if (key == "apiVersion")
    take(v, out.api_version);
  else if (key == "auditID")
    take(v, out.id);
  else if (key == "stage")
    take(v, out.stage);
  else if (key == "requestURI")
    take(v, out.uri);
  else if (key == "verb")
    take(v, out.verb);
  else if (key == "user")
    return read_user(v, out.user);
  else if (key == "impersonatedUser")
    return read_user(v, out.impersonated);
  else if (key == "sourceIPs")
    take_json(v, out.addresses);
  else if (key == "userAgent")
    take(v, out.user_agent);
  else if (key == "objectRef")
    return read_object(v, out.object);
  else if (key == "responseStatus")
    return read_status(v, out);
  else if (key == "requestObject")
    take_json(v, out.request);
  else if (key == "responseObject")
    take_json(v, out.response);
  else if (key == "requestReceivedTimestamp")
    out.time_misshaped |= take_text(v, out.received);
  else if (key == "stageTimestamp")
    take(v, out.reached);
  else if (key == "timestamp")
    take(v, out.timestamp);
  else if (key == "cluster")
    take(v, out.cluster);
  else if (key == "annotations" || key == "metadata")
    return inside(v, [&](std::string_view k, od::value& leaf) {
      if (k == "authorization.k8s.io/decision")
        take(leaf, out.decision);
      else if (k == "creationTimestamp")
        take(leaf, out.created);
      return simdjson::SUCCESS;
    });
  return simdjson::SUCCESS;
}

} // namespace

bool has_element(const json_value& list, std::string_view wanted) noexcept {
  for (element_reader e{list}; e.next();)
    if (e.value().inner() == wanted)
      return true;
  return false;
}

std::string_view read(std::string_view json, json_pass& pass, kubernetes_record& out) {
  // A call that is known, not a pointer to a function: it is on the path of every record.
  return read_record(json, pass, out, [](std::string_view key, od::value& v, kubernetes_record& r) {
    return read_field(key, v, r);
  });
}

} // namespace vedette::ingest

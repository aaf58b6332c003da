#include "ingest/formats/gcp_record.hpp"

#include "ingest/formats/json_pass.hpp"

namespace vedette::ingest {

namespace {

simdjson::error_code read_payload_field(std::string_view key, od::value& v, gcp_record& out) {
  if (key == "@type")
    take(v, out.type);
  else if (key == "serviceName")
    take(v, out.service);
  else if (key == "methodName")
    take(v, out.method);
  else if (key == "resourceName")
    take(v, out.resource);
  else if (key == "authenticationInfo")
    take_json(v, out.who);
  else if (key == "authorizationInfo")
    take_json(v, out.authorization);
  else if (key == "resourceLocation")
    take_json(v, out.locations);
  else if (key == "metadata")
    take_json(v, out.metadata);
  else if (key == "requestMetadata")
    return inside(v, [&](std::string_view k, od::value& leaf) {
      if (k == "callerIp")
        take(leaf, out.caller);
      else if (k == "callerSuppliedUserAgent")
        take(leaf, out.user_agent);
      return simdjson::SUCCESS;
    });
  else if (key == "status")
    return inside(v, [&](std::string_view k, od::value& leaf) {
      if (k == "code")
        take(leaf, out.code);
      else if (k == "message")
        take(leaf, out.message);
      return simdjson::SUCCESS;
    });
  return simdjson::SUCCESS;
}

simdjson::error_code read_payload(od::value& v, gcp_record& out) {
  if (out.has_payload)
    return simdjson::SUCCESS;
  if (!is_object(v)) {
    out.payload_misshaped = token_of(v) != "null";
    return simdjson::SUCCESS;
  }
  out.has_payload = true;
  return inside(v, [&](std::string_view key, od::value& child) {
    return read_payload_field(key, child, out);
  });
}

simdjson::error_code read_resource(od::value& v, gcp_record& out) {
  return inside(v, [&](std::string_view key, od::value& child) {
    if (key != "labels")
      return simdjson::SUCCESS;
    return inside(child, [&](std::string_view k, od::value& leaf) {
      if (k == "project_id")
        take(leaf, out.project);
      else if (k == "location")
        take(leaf, out.location);
      else if (k == "zone")
        take(leaf, out.zone);
      else if (k == "region")
        take(leaf, out.region);
      else if (k == "cluster_name")
        take(leaf, out.cluster);
      return simdjson::SUCCESS;
    });
  });
}

simdjson::error_code read_field(std::string_view key, od::value& v, gcp_record& out) {
  if (key == "protoPayload")
    return read_payload(v, out);
  if (key == "resource")
    return read_resource(v, out);
  if (key == "insertId")
    take(v, out.id);
  else if (key == "logName")
    take(v, out.log);
  else if (key == "timestamp")
    out.time_misshaped |= take_text(v, out.time);
  else if (key == "severity")
    take(v, out.severity);
  else if (key == "operation" || key == "labels")
    return inside(v, [&](std::string_view k, od::value& leaf) {
      if (k == "first")
        take(leaf, out.operation_first);
      else if (k == "last")
        take(leaf, out.operation_last);
      else if (k == "authorization.k8s.io/decision")
        take(leaf, out.decision);
      return simdjson::SUCCESS;
    });
  return simdjson::SUCCESS;
}

} // namespace

std::string_view read(std::string_view json, json_pass& pass, gcp_record& out) {
  // A call that is known, not a pointer to a function: it is on the path of every record.
  return read_record(json, pass, out, [](std::string_view key, od::value& v, gcp_record& r) {
    return read_field(key, v, r);
  });
}

} // namespace vedette::ingest

// Records of Kubernetes and Google Cloud for the tests, whole but for what a test changes.
#pragma once

#include "tests/ingest/records.hpp"

#include <string>

namespace vedette::ingest {

namespace detail {
/// `usual` are members as {name, JSON}; one whose name is in `members` is left to them.
inline std::string object_with(const std::string& members,
                               std::initializer_list<std::pair<const char*, const char*>> usual) {
  std::string out = "{";
  for (const auto& [name, json] : usual)
    if (members.find('"' + std::string{name} + "\":") == std::string::npos)
      out += '"' + std::string{name} + "\":" + json + ",";
  if (members.empty())
    out.pop_back();
  return out + members + "}";
}
} // namespace detail

/// An audit event in which a service account's pod reads a secret; members given replace its own.
inline std::string kubernetes_with(const std::string& members) {
  return detail::object_with(
      members,
      {{"kind", R"("Event")"},
       {"apiVersion", R"("audit.k8s.io/v1")"},
       {"level", R"("Metadata")"},
       {"auditID", R"("0b1ce1d6-1f9a-4c0e-9d3e-6a4f7a1f2c33")"},
       {"stage", R"("ResponseComplete")"},
       {"requestURI", R"("/api/v1/namespaces/shop/secrets/db")"},
       {"verb", R"("get")"},
       {"user",
        R"({"username":"system:serviceaccount:shop:web","uid":"u-1","groups":["system:serviceaccounts","system:authenticated"],
          "extra":{"authentication.kubernetes.io/credential-id":["JTI=7c6e0e10"],"authentication.kubernetes.io/pod-name":["web-5d9"]}})"},
       {"sourceIPs", R"(["10.4.0.17"])"},
       {"userAgent", R"("web/v0.0.0 (linux/amd64) kubernetes/$Format")"},
       {"objectRef", R"({"resource":"secrets","namespace":"shop","name":"db","apiVersion":"v1"})"},
       {"responseStatus", R"({"metadata":{},"code":200})"},
       {"requestReceivedTimestamp", R"("2026-01-02T03:04:05.123456Z")"},
       {"stageTimestamp", R"("2026-01-02T03:04:05.200000Z")"},
       {"annotations", R"({"authorization.k8s.io/decision":"allow"})"}});
}

/// An admin activity entry in which a person starts a machine; `payload` members replace those of
/// protoPayload, `members` those of the entry.
inline std::string gcp_with(const std::string& payload, const std::string& members = {}) {
  const auto proto = detail::object_with(
      payload,
      {{"@type", R"("type.googleapis.com/google.cloud.audit.AuditLog")"},
       {"authenticationInfo",
        R"({"principalEmail":"ana@example.com","principalSubject":"user:ana@example.com"})"},
       {"requestMetadata",
        R"({"callerIp":"203.0.113.9","callerSuppliedUserAgent":"google-cloud-sdk gcloud/455.0"})"},
       {"serviceName", R"("compute.googleapis.com")"},
       {"methodName", R"("v1.compute.instances.insert")"},
       {"resourceName", R"("projects/shop-prod/zones/europe-west1-b/instances/m-1")"},
       {"authorizationInfo", R"([{"permission":"compute.instances.create","granted":true}])"}});
  auto entry = detail::object_with(
      members,
      {{"insertId", R"("abc123")"},
       {"logName", R"("projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity")"},
       {"resource",
        R"({"type":"gce_instance","labels":{"project_id":"shop-prod","zone":"europe-west1-b","instance_id":"7"}})"},
       {"timestamp", R"("2026-01-02T03:04:05.5Z")"},
       {"severity", R"("NOTICE")"}});
  if (members.find("\"protoPayload\":") == std::string::npos)
    entry.insert(1, "\"protoPayload\":" + proto + ",");
  return entry;
}

} // namespace vedette::ingest

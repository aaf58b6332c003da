// Counts what the hot path takes from the heap. This program's operator new goes through here.
#include "tests/ingest/microsoft_records.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}

namespace {
void* counted(std::size_t size) noexcept {
  ++allocations;
  return std::malloc(size > 0 ? size : 1);
}
void* counted_or_throw(std::size_t size) {
  if (void* p = counted(size))
    return p;
  throw std::bad_alloc{};
}
} // namespace

void* operator new(std::size_t size) {
  return counted_or_throw(size);
}
void* operator new[](std::size_t size) {
  return counted_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}

using namespace vedette;
using namespace vedette::ingest;

namespace {

std::string cloudtrail_list() {
  std::string text = R"({"Records":[)";
  for (int i = 0; i < 500; ++i)
    text +=
        (i > 0 ? "," : "") +
        record_with(fmt::format(
            R"("eventID":"e-{0}","eventSource":"s3.amazonaws.com","eventName":"GetObject",)"
            R"("userAgent":"Boto3/1.{0}","sourceIPAddress":"203.0.{1}.{2}","requestParameters":)"
            R"({{"bucketName":"b","key":"esc\"aped/{0}"}},"resources":[{{"ARN":"arn:aws:s3:::b"}}])",
            i, i / 250, i % 250));
  return text + "]}";
}

std::string kubernetes_list() {
  std::string text = R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)";
  for (int i = 0; i < 500; ++i)
    text +=
        (i > 0 ? "," : "") +
        kubernetes_with(fmt::format(
            R"("auditID":"{0}","verb":"create","userAgent":"web/{0}","sourceIPs":["203.0.{1}.{2}"],)"
            R"("objectRef":{{"resource":"clusterrolebindings","apiGroup":"rbac.authorization.k8s.io","name":"esc\"aped-{0}"}},)"
            R"("requestObject":{{"roleRef":{{"name":"cluster-admin"}},"subjects":[{{"name":"u-{0}"}}]}})",
            i, i / 250, i % 250));
  return text + "]}";
}

std::string gcp_list() {
  std::string text = "[";
  for (int i = 0; i < 500; ++i) {
    const bool gke = i % 2 == 1;
    text +=
        (i > 0 ? "," : "") +
        gcp_with(
            fmt::format(
                R"("serviceName":"{3}","methodName":"{4}","requestMetadata":{{"callerIp":"203.0.{1}.{2}"}},)"
                R"("resourceName":"core/v1/namespaces/n/pods/esc\"aped-{0}",)"
                R"("serviceData":{{"policyDelta":{{"bindingDeltas":[{{"action":"ADD","role":"roles/owner","member":"user:u{0}@example.com"}}]}}}})",
                i, i / 250, i % 250, gke ? "k8s.io" : "iam.googleapis.com",
                gke ? "io.k8s.core.v1.pods.create" : "google.iam.admin.v1.SetIAMPolicy"),
            fmt::format(
                R"("insertId":"{}","resource":{{"labels":{{"project_id":"p","location":"l","cluster_name":"c"}}}})",
                i));
  }
  return text + "]";
}

/// `make` turns a number and an address of its own into a record.
template <class Make>
std::string list_of(Make&& make) {
  std::string text = R"({"records":[)";
  for (int i = 0; i < 500; ++i)
    text += (i > 0 ? "," : "") + make(i, fmt::format("203.0.{}.{}", i / 250, i % 250));
  return text + "]}";
}

std::string azure_list() {
  return list_of([](int i, const std::string& address) {
    if (i % 2 == 1)
      return storage_with(fmt::format(
          R"("callerIpAddress":"{1}:4{0}","uri":"https://c.blob.core.windows.net:443/esc\"aped/{0}?s=1")",
          i, address));
    return azure_with(fmt::format(
        R"("callerIpAddress":"{1}","operationName":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",)"
        R"("properties":{{"responseBody":"{{\"location\":\"West US\",\"properties\":{{\"roleDefinitionId\":\"x/{0}\"}}}}"}})",
        i, address));
  });
}

std::string entra_list() {
  return list_of([](int i, const std::string& address) {
    const auto from = fmt::format(R"("ipAddress":"{}","userAgent":"Agent/{}")", address, i);
    switch (i % 3) {
    case 0:
      return sign_in_with(from + R"(,"homeTenantId":"0DDBA11A-0000-4000-8000-000000000000")");
    case 1:
      return directory_change_with(
          R"("initiatedBy":{"user":{"userPrincipalName":"esc\"aped","ipAddress":")" + address +
          "\"}}");
    default:
      return graph_call_with(from);
    }
  });
}

std::string m365_list() {
  return list_of([](int i, const std::string& address) {
    return m365_with(fmt::format(
        R"("ClientIP":"[{1}]:4{0}","Operation":"New-InboxRule","Parameters":"[{{\"Name\":\"ForwardTo\",\"Value\":\"e{0}@evil.example\"}}]")",
        i, address));
  });
}

std::string mapped_list() {
  std::string text = R"({"entries":[)";
  for (int i = 0; i < 500; ++i)
    text +=
        (i > 0 ? "," : "") +
        (i % 2 == 0
             ? fmt::format(
                   R"({{"uuid":"u-{0}","published":"2026-01-02T03:04:05Z","eventType":"user.account.privilege.grant","actor":{{"id":"00u{0}","type":"User","alternateId":"a\u00e9{0}@example.com"}},)"
                   R"("client":{{"ipAddress":"203.0.{1}.{2}","userAgent":{{"rawUserAgent":"okta-sdk/{0}"}}}},"outcome":{{"result":"FAILURE","reason":"esc\"aped"}},)"
                   R"("target":[{{"type":"User","alternateId":"b{0}@example.com","id":"t-{0}"}}],"debugContext":{{"debugData":{{"privilegeGranted":"Super administrator"}}}}}})",
                   i, i / 250, i % 250)
             : fmt::format(
                   R"({{"action":"repo.access","actor":"ana-{0}","created_at":1768208400{0:03},"_document_id":"d-{0}","org":"o","repo":"o/r-{0}","visibility":"public","operation_type":"modify"}})",
                   i));
  return text + "]}";
}

std::string line_list() {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += i % 2 == 0
                ? fmt::format("2 111122223333 eni-{0} 10.0.{1}.{2} 203.0.113.7 {0} 443 6 1 40 "
                              "1768210860 1768210919 ACCEPT OK\n",
                              i, i / 250, i % 250)
                : fmt::format("{3} shop [12/Jan/2026:09:41:07 +0000] 203.0.{1}.{2} "
                              "arn:aws:sts::111122223333:assumed-role/r{0}/s 8Q REST.GET.OBJECT "
                              "a%2Fb{0} \"GET /\" 200 - 7 7 9 8 \"-\" \"a\\b {{{0}\" -\n",
                              i, i / 250, i % 250, std::string(64, 'a'));
  return text;
}

} // namespace

TEST_CASE("once warm, splitting and normalising allocate nothing per event",
          "[ingest][allocation]") {
  const auto text = GENERATE(cloudtrail_list(), kubernetes_list(), gcp_list(), azure_list(),
                             entra_list(), m365_list(), mapped_list(), line_list());
  normaliser n{shipped_taxonomy(), nullptr, nullptr, std::make_shared<base::tenant_settings>(),
               shipped_mappings()};
  record_splitter splitter;
  base::event_batch batch;
  std::size_t events = 0;
  const record_splitter::sink sink = [&](const split_record& r) {
    if (batch.events.size() == 100) {
      batch.events.clear();
      batch.memory.clear();
    }
    events += n.run(r.text, batch).what == disposition::event;
  };
  const auto round = [&] {
    splitter.push(text, sink);
    splitter.finish(sink);
  };
  round();
  round();
  const auto before = allocations;
  CHECK(before > 0);
  round();
  CHECK(allocations - before == 0);
  CHECK(events == 1500);
}

#include "io/http/client.hpp"
#include "io/http/server.hpp"
#include "io/webhook/webhook.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <mutex>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;

namespace {

/// A self-signed certificate for 127.0.0.1, which is its own authority.
void write_certificate(const std::string& certificate, const std::string& key_file) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  auto* name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(cert, name);
  auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(cert, names, -1);
  X509_sign(cert, key, EVP_sha256());
  std::FILE* out = std::fopen(certificate.c_str(), "w");
  PEM_write_X509(out, cert);
  std::fclose(out);
  out = std::fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  X509_EXTENSION_free(names);
  X509_free(cert);
  EVP_PKEY_free(key);
}

/// Answers POST /hook with a status that can be set, and remembers what came.
class receiver {
 public:
  explicit receiver(http_server_settings settings = {}) {
    settings.port = 0;
    http_router router;
    const route_options open{.roles = {}, .body_bytes_max = 100'000, .decoded_bytes_max = 100'000};
    router.add(http_method::post, "/hook", open, [this](http_call call, http_responder answer) {
      const std::lock_guard hold{mutex};
      last = std::move(call.request);
      answer.respond(text_response("", status));
    });
    router.add(http_method::post, "/silent", open, [this](http_call, http_responder answer) {
      const std::lock_guard hold{mutex};
      kept = std::make_shared<http_responder>(std::move(answer));
    });
    server = std::make_unique<http_server>(std::move(settings), std::move(router), http_hooks{});
    started = server->start();
  }
  std::mutex mutex;
  http_request last;
  int status = 200;
  std::shared_ptr<http_responder> kept;
  std::unique_ptr<http_server> server;
  base::status started;
};

const base::receive_time noon{std::chrono::hours{12}};

} // namespace

TEST_CASE("https: the server is trusted through its authority only, and speaks no plain HTTP",
          "[io][http]") {
  const temp_folder folder;
  http_server_settings settings;
  settings.certificate_file = folder.path("cert.pem");
  settings.key_file = folder.path("key.pem");
  write_certificate(settings.certificate_file, settings.key_file);
  receiver r{settings};
  REQUIRE(why(r.started) == "");
  const auto address = "127.0.0.1:" + std::to_string(r.server->port()) + "/hook";
  http_call_options options;
  options.body = std::string(90'000, 'x');
  http_client trusting{{.ca_file = settings.certificate_file, .connect_timeout = 30s}};
  for (int i = 0; i < 3; ++i) {
    const auto got = trusting.post("https://" + address, options);
    REQUIRE(why(got) == "");
    CHECK(got->status == 200);
    CHECK(r.last.tls);
    CHECK(r.last.body.size() == 90'000);
  }
  const auto untrusted =
      http_client{{.ca_file = {}, .connect_timeout = 30s}}.post("https://" + address, options);
  REQUIRE_FALSE(untrusted);
  CHECK(says(untrusted.err().context, "authority's certificate"));
  CHECK_FALSE(http_client{}.post("http://" + address, options));
}

TEST_CASE("webhook: what arrives is signed over its time and body", "[io][webhook]") {
  receiver r;
  REQUIRE(r.started);
  const webhook_settings settings{"http://127.0.0.1:" + std::to_string(r.server->port()) + "/hook",
                                  "a secret of some length",
                                  {},
                                  5000ms};
  REQUIRE(why(deliver(settings, "action-1", noon, "{\"a\":1}")) == "");
  CHECK(r.last.body == "{\"a\":1}");
  CHECK(r.last.headers.get("vedette-delivery") == "action-1");
  CHECK(r.last.headers.get("content-type") == "application/json");
  const std::string header{r.last.headers.get(webhook_signature_header)};
  struct row {
    const char* why;
    const char* secret;
    std::string header;
    const char* body;
    base::receive_time now;
    bool holds;
  };
  const std::vector<row> rows{
      {"as sent", "a secret of some length", header, "{\"a\":1}", noon + 60s, true},
      {"another body", "a secret of some length", header, "{\"a\":2}", noon, false},
      {"another secret", "a secret of some lengtH", header, "{\"a\":1}", noon, false},
      {"replayed later", "a secret of some length", header, "{\"a\":1}", noon + 301s, false},
      {"from the future", "a secret of some length", header, "{\"a\":1}", noon - 301s, false},
      {"time changed", "a secret of some length", "t=43201" + header.substr(7), "{\"a\":1}", noon,
       false},
      {"no signature", "a secret of some length", "t=43200", "{\"a\":1}", noon, false},
      {"not a number", "a secret of some length", "t=43200x" + header.substr(7), "{\"a\":1}", noon,
       false},
      {"nothing", "a secret of some length", "", "{\"a\":1}", noon, false},
  };
  CHECK(header.starts_with("t=43200,v1="));
  for (const auto& row : rows) {
    INFO(row.why);
    CHECK(webhook_signature_holds(row.secret, row.header, row.body, row.now) == row.holds);
  }
}

TEST_CASE("webhook: the signature is HMAC-SHA256 as others compute it", "[io][webhook]") {
  // printf '1.x' | openssl dgst -sha256 -hmac 0123456789abcdef
  CHECK(webhook_signature("0123456789abcdef", base::receive_time{1s}, "x") ==
        "t=1,v1=fd8cad50b6953efad15ba0fbbbdeaf3d76e8949cf002bfb1d3a956fc259a4c57");
}

TEST_CASE("webhook: each failure says whether trying again can help", "[io][webhook]") {
  receiver r;
  REQUIRE(r.started);
  const auto at = "http://127.0.0.1:" + std::to_string(r.server->port());
  const std::string secret = "a secret of some length";
  for (const auto& [status, code] :
       std::vector<std::pair<int, base::ec>>{{204, base::ec::none},
                                             {301, base::ec::invalid_argument},
                                             {401, base::ec::denied},
                                             {403, base::ec::denied},
                                             {404, base::ec::invalid_argument},
                                             {429, base::ec::unavailable},
                                             {500, base::ec::unavailable},
                                             {503, base::ec::unavailable}}) {
    INFO(status);
    r.status = status;
    const auto done = deliver({at + "/hook", secret, {}, 5000ms}, "1", noon, "{}");
    CHECK((done ? base::ec::none : done.err().code) == code);
  }
  const auto slow = deliver({at + "/silent", secret, {}, 100ms}, "1", noon, "{}");
  REQUIRE_FALSE(slow);
  CHECK(slow.err().code == base::ec::timed_out);
  const auto absent = deliver({"http://127.0.0.1:1/", secret, {}, 1000ms}, "1", noon, "{}");
  REQUIRE_FALSE(absent);
  CHECK(absent.err().code == base::ec::unavailable);
}

TEST_CASE("webhook: settings that would leak or prove nothing are refused", "[io][webhook]") {
  const auto fine = [](const char* url, const char* secret) {
    return static_cast<bool>(check(webhook_settings{url, secret, {}, 1000ms}));
  };
  CHECK(fine("https://hooks.example.net/x", "0123456789abcdef"));
  CHECK(fine("http://localhost:9/x", "0123456789abcdef"));
  CHECK(fine("http://[::1]:9/x", "0123456789abcdef"));
  CHECK_FALSE(fine("http://hooks.example.net/x", "0123456789abcdef"));
  CHECK_FALSE(fine("http://localhost@evil.example/x", "0123456789abcdef"));
  CHECK_FALSE(fine("ftp://localhost/x", "0123456789abcdef"));
  CHECK_FALSE(fine("https:///x", "0123456789abcdef"));
  CHECK_FALSE(fine("https://hooks.example.net/x", "short"));
}

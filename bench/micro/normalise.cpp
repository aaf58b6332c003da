// How fast records become events on one core: splitter alone, then splitter and normaliser.
//
// Records are made here, each unique, about 1.5 KB, in CloudTrail's own order of fields; six kinds
// of call over many identities and addresses. Then the same for records of Microsoft's clouds, and
// of two sources that only a mapping file describes, and lines of text, beside a bare forward pass
// over their fields that keeps nothing. Usage: bench_normalise [ACTIVITIES.yaml] [RECORDS] [PART],
// from the project's folder; with `aws` only the first part, else those whose title holds it.
#include "bench/micro/cpu_time.hpp"
#include "bench/micro/line_records.hpp"
#include "bench/micro/microsoft_records.hpp"
#include "ingest/formats/json_pass.hpp"
#include "ingest/lines/text_lines.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/normaliser.hpp"
#include "ingest/record_splitter.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace vedette;

struct call {
  const char* service;
  const char* action;
  const char* request;
  const char* response;
};

constexpr call calls[] = {
    {"s3", "GetObject",
     R"({{"bucketName":"data-{0}","Host":"data-{0}.s3.eu-west-1.amazonaws.com","key":"year=2026/part-{1:08}.parquet"}})",
     "null"},
    {"ec2", "DescribeInstances",
     R"({{"instancesSet":{{"items":[{{"instanceId":"i-{1:017x}"}}]}},"filterSet":{{}}}})", "null"},
    {"sts", "AssumeRole",
     R"({{"roleArn":"arn:aws:iam::111122223333:role/app-{0}","roleSessionName":"s{1}","durationSeconds":900}})",
     R"({{"credentials":{{"accessKeyId":"ASIA{1:016X}","expiration":"Jan 2, 2026 4:04:05 AM","sessionToken":"HIDDEN"}},"assumedRoleUser":{{"assumedRoleId":"AROA{0}:s{1}","arn":"arn:aws:sts::111122223333:assumed-role/app-{0}/s{1}"}}}})"},
    {"secretsmanager", "GetSecretValue", R"({{"secretId":"prod/db-{0}-{1}"}})", "null"},
    {"lambda", "UpdateFunctionCode20150331v2",
     R"({{"functionName":"fn-{0}","publish":false,"dryRun":false}})",
     R"({{"functionName":"fn-{0}","functionArn":"arn:aws:lambda:eu-west-1:111122223333:function:fn-{0}","codeSize":{1}}})"},
    {"dynamodb", "DescribeTable", R"({{"tableName":"orders-{0}-{1}"}})", "null"},
};

std::string make_record(std::size_t i) {
  const auto& c = calls[i % std::size(calls)];
  const auto who = i * 7919 % 1000;
  const auto request = fmt::format(fmt::runtime(c.request), who, i);
  const auto response = fmt::format(fmt::runtime(c.response), who, i);
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROA3XFRBF23ABCDE{0:04}:i-{1:017x}","arn":"arn:aws:sts::111122223333:assumed-role/app-{0}/i-{1:017x}","accountId":"111122223333","accessKeyId":"ASIA{1:016X}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA3XFRBF23ABCDE{0:04}","arn":"arn:aws:iam::111122223333:role/app-{0}","accountId":"111122223333","userName":"app-{0}"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"2026-01-02T02:55:01Z","mfaAuthenticated":"false"}},"ec2RoleDelivery":"2.0"}}}},"eventTime":"2026-01-02T03:{2:02}:{3:02}Z","eventSource":"{4}.amazonaws.com","eventName":"{5}","awsRegion":"eu-west-1","sourceIPAddress":"34.{6}.{7}.9","userAgent":"Boto3/1.34.{8} md/Botocore#1.34.{8} ua/2.0 os/linux#6.1.90 md/arch#x86_64 lang/python#3.12.3 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.{8}","requestParameters":{9},"responseElements":{10},"additionalEventData":{{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"f9kS2/{1:032x}","bytesTransferredOut":{1}}},"requestID":"{1:08x}-0000-4000-8000-{1:012x}","eventID":"{1:08x}-1111-4111-8111-{1:012x}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{4}.eu-west-1.amazonaws.com"}}}})",
      who, i, i / 60 % 60, i % 60, c.service, c.action, who % 250, who / 4 % 250, who % 40, request,
      response);
}

std::string make_okta_record(std::size_t i) {
  const auto who = i * 7919 % 1000;
  return fmt::format(
      R"({{"actor":{{"id":"00u{0:017}","type":"User","alternateId":"user{0}@example.com","displayName":"User {0}","detailEntry":null}},"client":{{"userAgent":{{"rawUserAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:{4}.0) Gecko/20100101 Firefox/{4}.0","os":"Linux","browser":"FIREFOX"}},"zone":"null","device":"Computer","id":null,"ipAddress":"203.0.{2}.{3}","geographicalContext":{{"city":"Vienna","state":"Vienna","country":"Austria","postalCode":"1010","geolocation":{{"lat":48.2,"lon":16.37}}}}}},"device":null,"authenticationContext":{{"authenticationProvider":null,"credentialProvider":null,"authenticationStep":0,"externalSessionId":"idx{1:022x}"}},"displayMessage":"User single sign on to app","eventType":"user.authentication.sso","outcome":{{"result":"SUCCESS","reason":null}},"published":"2026-01-02T03:{5:02}:{6:02}.483Z","securityContext":{{"asNumber":64500,"asOrg":"example isp","isp":"example isp","domain":"example.net","isProxy":false}},"severity":"INFO","debugContext":{{"debugData":{{"requestId":"Zr{1:022x}","dtHash":"{1:064x}","threatSuspected":"false","requestUri":"/app/example/{0}/sso/saml","url":"/app/example/{0}/sso/saml?"}}}},"legacyEventType":"app.auth.sso","transaction":{{"type":"WEB","id":"Zr{1:022x}","detail":{{}}}},"uuid":"{1:08x}-ef8d-11f0-9a33-{1:012x}","version":"0","request":{{"ipChain":[{{"ip":"203.0.{2}.{3}","version":"V4","source":null}}]}},"target":[{{"id":"0oa{0:017}","type":"AppInstance","alternateId":"App {0}","displayName":"App {0}","detailEntry":{{"signOnModeType":"SAML_2_0"}}}},{{"id":"0ua{0:017}","type":"AppUser","alternateId":"user{0}@example.com","displayName":"User {0}"}}]}})", who,
      i, who % 250, who / 4 % 250, who % 40 + 90, i / 60 % 60, i % 60);
}

std::string make_github_record(std::size_t i) {
  const auto who = i * 7919 % 1000;
  return fmt::format(
      R"x({{"@timestamp":17673230{4:02}{5:03},"_document_id":"doc{1:020x}","action":"git.clone","actor":"user-{0}","actor_id":{0},"actor_ip":"203.0.{2}.{3}","actor_location":{{"country_code":"AT"}},"business":"example-inc","business_id":7,"hashed_token":"{1:043x}=","operation_type":"access","org":"example-org","org_id":42,"programmatic_access_type":"Personal access token (classic)","repo":"example-org/repo-{0}","repo_id":{0},"repository":"example-org/repo-{0}","repository_public":false,"token_id":{1},"token_scopes":"repo","transport_protocol":1,"transport_protocol_name":"http","user":"","user_agent":"git/2.43.{6}","user_id":0}})x",
      who, i, who % 250, who / 4 % 250, i / 1000 % 100, i % 1000, who % 40);
}

template <class Run>
double measure(const char* what, const std::string& text, std::size_t records, Run&& run) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const double start = bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    const auto done = run();
    if (done != records) {
      std::fprintf(stderr, "%s: %zu of %zu records came out\n", what, done, records);
      std::exit(1);
    }
    best = std::min(best, bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start);
  }
  std::printf("%-28s %7.0f k records/s  %5.2f GB/s  %6.3f us/record\n", what,
              static_cast<double>(records) / best / 1e3,
              static_cast<double>(text.size()) / best / 1e9,
              best / static_cast<double>(records) * 1e6);
  return best;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::shared_ptr<const ingest::mapping_set> mappings_in(const std::filesystem::path& folder) {
  std::vector<ingest::mapping_file> files;
  for (const auto& f : std::filesystem::directory_iterator{folder})
    files.push_back({f.path().filename().string(), text_of(f.path())});
  auto set = ingest::mapping_set::load(files);
  if (!set) {
    std::fprintf(stderr, "%s\n", base::to_string(set.err()).c_str());
    std::exit(1);
  }
  return *set;
}

/// One pass over a record's own fields, in CPU seconds, against all that ingest does with it.
void compare(const char* what, std::string (*make)(std::size_t), std::size_t records,
             ingest::normaliser& normaliser) {
  std::string text, lines;
  std::vector<std::pair<std::size_t, std::size_t>> places;
  ingest::text_lines as_record;
  for (std::size_t i = 0; i < records; ++i) {
    auto record = make(i);
    if (as_record.take(record) == ingest::text_lines::kind::record) {
      lines += record + '\n';
      record = as_record.record();
    }
    places.emplace_back(text.size(), record.size());
    text += record;
  }
  const auto bytes = text.size();
  text.append(64, ' ');
  const auto each = [&](auto&& use) {
    std::size_t done = 0;
    for (const auto& [at, size] : places)
      done += use(std::string_view{text}.substr(at, size)) ? 1 : 0;
    return done;
  };
  ingest::json_pass pass;
  base::event_batch batch;
  std::printf("%s: %zu bytes on average\n", what, bytes / records);
  const double bare = measure("  bare forward pass", text, records, [&] {
    return each([&](std::string_view json) {
      return pass.run(json, [](std::string_view, auto&) { return simdjson::SUCCESS; }).empty();
    });
  });
  const double whole = measure("  normalise", text, records, [&] {
    return each([&](std::string_view json) {
      if (batch.events.size() == 1000) {
        batch.events.clear();
        batch.memory.clear();
      }
      return normaliser.run(json, batch).what == ingest::disposition::event;
    });
  });
  std::printf("  %.1f %% of the bare pass\n", 100 * bare / whole);
  if (!lines.empty())
    measure("  cut lines into records", lines, records, [&] {
      std::size_t done = 0;
      ingest::record_splitter splitter;
      const ingest::record_splitter::sink sink = [&](const ingest::split_record&) { ++done; };
      splitter.push(lines, sink);
      splitter.finish(sink);
      return done;
    });
}

} // namespace

int main(int argc, char** argv) {
  const std::filesystem::path first = argc > 1 ? argv[1] : "rules/activities/aws.yaml";
  std::vector<std::string> texts;
  for (const auto& path :
       {first, first.parent_path() / "azure.yaml", first.parent_path() / "entra.yaml",
        first.parent_path() / "m365.yaml", first.parent_path() / "vpc_flow.yaml",
        first.parent_path() / "s3_access.yaml"})
    texts.push_back(text_of(path));
  const auto activities = ingest::taxonomy::load(texts);
  if (!activities) {
    std::fprintf(stderr, "%s\n", base::to_string(activities.err()).c_str());
    return 1;
  }
  const std::size_t records = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000;
  std::string delivered = R"({"Records":[)", lines;
  for (std::size_t i = 0; i < records; ++i) {
    const auto record = make_record(i);
    delivered += (i ? "," : "") + record;
    lines += record + '\n';
  }
  delivered += "]}";
  std::printf("%zu records of %zu bytes on average; best of 5, CPU time\n", records,
              lines.size() / records);

  const auto split = [&](const std::string& text, auto&& use) {
    std::size_t count = 0;
    ingest::record_splitter splitter;
    const ingest::record_splitter::sink sink = [&](const ingest::split_record& r) {
      count += use(r.text);
    };
    splitter.push(text, sink);
    splitter.finish(sink);
    return count;
  };
  const auto mappings = mappings_in(first.parent_path().parent_path() / "sources");
  ingest::normaliser normaliser{*activities, nullptr, nullptr,
                                std::make_shared<base::tenant_settings>(), mappings};
  base::event_batch batch;
  const auto normalise = [&](std::string_view record) -> std::size_t {
    if (batch.events.size() == 1000) {
      batch.events.clear();
      batch.memory.clear();
    }
    return normaliser.run(record, batch).what == ingest::disposition::event;
  };
  const auto count = [](std::string_view) -> std::size_t { return 1; };
  const std::string_view wanted = argc > 3 ? argv[3] : "";
  if (wanted.empty() || wanted == "aws") {
    measure("split {\"Records\":[...]}", delivered, records,
            [&] { return split(delivered, count); });
    measure("split one a line", lines, records, [&] { return split(lines, count); });
    measure("split + normalise", delivered, records, [&] { return split(delivered, normalise); });
  }
  struct kind {
    const char* title;
    std::string (*make)(std::size_t);
  };
  for (const auto& k :
       {kind{"CloudTrail", make_record}, kind{"Azure, Activity log", bench::azure_activity_record},
        kind{"Azure, storage", bench::azure_storage_record},
        kind{"Entra, sign-ins", bench::entra_sign_in_record},
        kind{"Entra, audit", bench::entra_audit_record},
        kind{"Entra, calls of Graph", bench::entra_graph_record},
        kind{"Microsoft 365", bench::m365_record}, kind{"VPC flow log", bench::flow_line},
        kind{"S3 access log", bench::s3_access_line}, kind{"Okta, mapped", make_okta_record},
        kind{"GitHub, mapped", make_github_record}})
    if (std::string_view{k.title}.find(wanted) != std::string_view::npos)
      compare(k.title, k.make, records, normaliser);
}

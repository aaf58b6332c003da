#include "ingest/formats/s3_access.hpp"

#include "base/ascii.hpp"
#include "ingest/formats/aws_identity.hpp"
#include "ingest/formats/aws_outcome.hpp"
#include "ingest/formats/clf_time.hpp"
#include "ingest/formats/column_row.hpp"
#include "ingest/joined.hpp"
#include "ingest/origin.hpp"
#include "ingest/record_id.hpp"

#include <charconv>
#include <fmt/format.h>

namespace vedette::ingest {

namespace {

using base::hex_digit;
using std::string_view;

enum class access_field : std::uint8_t {
  owner,
  bucket,
  time,
  address,
  requester,
  operation,
  key,
  status,
  error,
  agent,
  endpoint,
  count
};

constexpr field_name<access_field> access_names_list[] = {
    {"bucketowner", access_field::owner},   {"bucketname", access_field::bucket},
    {"bucket", access_field::bucket},       {"requestdatetime", access_field::time},
    {"remoteip", access_field::address},    {"requester", access_field::requester},
    {"operation", access_field::operation}, {"key", access_field::key},
    {"httpstatus", access_field::status},   {"errorcode", access_field::error},
    {"useragent", access_field::agent},     {"endpoint", access_field::endpoint},
    {"hostheader", access_field::endpoint},
};
constexpr name_table access_names{access_names_list};

/// The key as CloudTrail has it: S3 writes "a+b" and "%2F" in this log. The very text when there is
/// nothing to decode.
string_view decoded_key(string_view key, base::arena& memory) {
  if (key.find_first_of("%+") == string_view::npos)
    return key;
  auto* out = static_cast<char*>(memory.allocate(key.size(), 1));
  std::size_t size = 0;
  for (std::size_t at = 0; at < key.size(); ++at) {
    const int high = key[at] == '%' && at + 2 < key.size() ? hex_digit(key[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(key[at + 2]) : -1;
    if (low >= 0) {
      out[size++] = static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out[size++] = key[at] == '+' ? ' ' : key[at];
    }
  }
  return {out, size};
}

/// "shop.s3.eu-west-1.amazonaws.com" -> "eu-west-1"; empty when the name says none.
string_view region_of_host(string_view host) noexcept {
  const auto end = host.find(".amazonaws.com");
  if (end == string_view::npos)
    return {};
  host = host.substr(0, end);
  const auto last = host.substr(host.find_last_of('.') + 1);
  auto region = last;
  for (string_view before : {"s3-website-", "s3-"})
    if (region.starts_with(before))
      region.remove_prefix(before.size());
  return region.find('-') == string_view::npos || region == "accelerate" ? string_view{} : region;
}

/// The object, else the bucket; whom a share reaches is not in this log.
class access_words final : public effect_words {
 public:
  access_words(string_view bucket, string_view key) noexcept : bucket_{bucket}, key_{key} {}

  [[nodiscard]] reached whom(string_view) const override { return {}; }
  [[nodiscard]] base::grant_class grants(const json_value&, const reach_sink&,
                                         base::arena&) const override {
    return base::grant_class::none;
  }
  void list_resources(value_list& out, base::arena& memory) const override {
    if (!key_.empty())
      out.add(joined(memory, {"arn:aws:s3:::", bucket_, "/", decoded_key(key_, memory)}));
    out.add(joined(memory, {"arn:aws:s3:::", bucket_}));
  }

 private:
  string_view bucket_, key_;
};

class s3_access_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    const auto wrong = row_.read(json, access_names, tools.memory);
    if (!wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    const auto written = row_[access_field::time];
    if (written.empty())
      return quarantined("no requestdatetime");
    auto time = parse_clf_time(written);
    if (!time)
      time = base::parse_rfc3339(written);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("requestdatetime '{}' is not a time", written.substr(0, 40))));
    e.time = *time;
    e.action = row_[access_field::operation];
    if (e.action.empty())
      return quarantined("no operation");
    const auto bucket = row_[access_field::bucket];
    if (bucket.empty())
      return quarantined("no bucket_name");
    e.provider = base::cloud::aws;
    // A request for many objects is a line for each, under one request id.
    e.id = id_from_bytes(json, memory);
    e.account = row_[access_field::owner];
    e.region = region_of_host(row_[access_field::endpoint]);
    e.service = "s3.amazonaws.com";
    e.source_text = row_[access_field::address];
    e.user_agent = row_[access_field::agent];
    e.client = tools.agents.of(e.user_agent);
    identify(memory, e);
    judge(e);
    const auto* entry = tools.activities.find(e.service, e.action);
    if (entry != nullptr)
      e.activity = entry->activity;
    e.read_only =
        entry != nullptr && entry->read_only ? *entry->read_only : reads_by_name(e.action);
    tools.effects.read({json, {}, row_.fields()}, access_words{bucket, row_[access_field::key]},
                       entry, memory, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return row_.fields(); }

 private:
  /// "REST.GET.OBJECT": the verb is the second word.
  [[nodiscard]] static bool reads_by_name(string_view operation) noexcept {
    const auto verb = operation.substr(operation.find('.') + 1);
    return verb.starts_with("GET.") || verb.starts_with("HEAD.") || verb.starts_with("SELECT.");
  }

  /// As CloudTrail's identity would say it, so that one caller is one identity in both logs.
  void identify(base::arena& memory, base::event& e) const {
    const auto requester = row_[access_field::requester];
    cloudtrail_record r;
    r.user_agent = e.user_agent;
    r.source = e.source_text;
    r.region = e.region;
    r.service = e.service;
    auto& who = r.who;
    if (requester.empty()) {
      who.type = "AWSAccount";
      who.account = "anonymous";
    } else if (requester.starts_with("svc:") || is_service_host(requester)) {
      who.type = "AWSService";
      who.invoked_by = requester.starts_with("svc:") ? requester.substr(4) : requester;
    } else if (requester.find(":assumed-role/") != string_view::npos) {
      who.type = "AssumedRole";
      who.arn = requester;
    } else if (requester.find(":federated-user/") != string_view::npos) {
      who.type = "FederatedUser";
      who.arn = requester;
    } else if (requester.starts_with("arn:") && requester.ends_with(":root")) {
      who.type = "Root";
      who.arn = requester;
    } else if (requester.starts_with("arn:")) {
      who.type = "IAMUser";
      who.arn = requester;
      who.user_name = requester.substr(requester.rfind('/') + 1);
    } else {
      who.type = "AWSAccount";
      who.account = requester;
    }
    resolve_aws_identity(r, e.client, memory, e);
  }

  void judge(base::event& e) const {
    int status = 0;
    const auto digits = row_[access_field::status];
    std::from_chars(digits.data(), digits.data() + digits.size(), status);
    // "NotModified" stands where errors do.
    if (status > 0 && status < 400)
      return;
    e.error = row_[access_field::error];
    if (!e.error.empty())
      e.result = aws_outcome_of(e.error);
    else if (status == 401 || status == 403)
      e.result = base::outcome::denied;
    else if (status == 429 || status == 503)
      e.result = base::outcome::throttled;
    else if (status >= 400)
      e.result = base::outcome::failed;
    if (e.result != base::outcome::ok && e.error.empty())
      e.error = digits;
  }

  column_row<access_field> row_;
};

} // namespace

std::unique_ptr<record_reader> make_s3_access_reader() {
  return std::make_unique<s3_access_reader>();
}

} // namespace vedette::ingest

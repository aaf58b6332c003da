#include "ingest/envelope.hpp"

#include "ingest/formats/format.hpp"
#include "ingest/json_reader.hpp"
#include "ingest/lines/text_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

namespace vedette::ingest {

namespace {

using std::string_view;

constexpr std::array<string_view, 26> record_keys{
    "userIdentity",     "additionalEventData",
    "apiVersion",       "awsRegion",
    "errorCode",        "errorMessage",
    "eventCategory",    "eventID",
    "eventName",        "eventSource",
    "eventTime",        "eventType",
    "eventVersion",     "managementEvent",
    "readOnly",         "recipientAccountId",
    "requestID",        "requestParameters",
    "responseElements", "serviceEventDetails",
    "sharedEventID",    "sourceIPAddress",
    "tlsDetails",       "userAgent",
    "vpcEndpointId",    "sessionCredentialFromConsole"};

using coding = wrapped_part::coding;

/// EventBridge's events, other than CloudTrail's, whose `detail` is a record that somebody reads.
bool is_record_detail(string_view detail_type) noexcept {
  return detail_type == "GuardDuty Finding" || detail_type == "Config Configuration Item Change";
}

bool hand_over(const json_value& value, const part_sink& out, string_view cluster_owner = {},
               string_view cluster = {}) {
  if (value.kind == json_kind::text) {
    out({value.inner(), coding::escaped, cluster_owner, cluster});
    return true;
  }
  if (value.kind != json_kind::object && value.kind != json_kind::array)
    return false;
  out({value.raw, coding::json, cluster_owner, cluster});
  return true;
}

/// Queue and topic messages wrap anything; only JSON in them is worth opening.
bool hand_over_json(const json_value& value, const part_sink& out) {
  const auto text = value.inner();
  const auto first = text.find_first_not_of(" \t");
  if (value.kind == json_kind::text && (first == string_view::npos || text[first] != '{'))
    return false;
  return hand_over(value, out);
}

/// Firehose: {"message":"<line of text>"}
bool hand_over_line(const json_value& message, const part_sink& out) {
  return begins_like_line(message.inner()) && hand_over(message, out);
}

/// Pub/Sub: {"message":{"data":"<base64>"}}, and JSON objects in base64 begin with 'e'.
bool hand_over_data(const json_value& message, const part_sink& out) {
  const auto data = member(message, "data").inner();
  if (!data.starts_with('e'))
    return false;
  out({data, coding::base64, {}, {}});
  return true;
}

/// "/aws/eks/NAME/cluster" -> "NAME"; empty for other log groups.
string_view eks_cluster(string_view group) noexcept {
  constexpr string_view before = "/aws/eks/";
  if (!group.starts_with(before))
    return {};
  group.remove_prefix(before.size());
  return group.substr(0, group.find('/'));
}

/// What the fields of a wrapper are, as far as any wrapper has them.
struct wrapper {
  json_value trail_event, log_events, detail, body, topic_message, message, properties, item;
  string_view owner, group, stream, category, resource, detail_type;
  bool queued = false, topic = false, control = false;

  explicit wrapper(string_view json) {
    for (member_reader m{read_value(json)}; m.next();)
      take(m.key(), m.value());
  }

  void take(string_view key, const json_value& value) {
    if (key == "CloudTrailEvent")
      trail_event = value;
    else if (key == "logEvents")
      log_events = value;
    else if (key == "logGroup")
      group = value.inner();
    else if (key == "logStream")
      stream = value.inner();
    else if (key == "owner")
      owner = value.inner();
    else if (key == "detail")
      detail = value;
    else if (key == "detail-type")
      detail_type = value.inner();
    else if (key == "configurationItem")
      item = value;
    else if (key == "body")
      body = value;
    else if (key == "Message")
      topic_message = value;
    else if (key == "message")
      message = value;
    else if (key == "properties")
      properties = value;
    else if (key == "category")
      category = value.inner();
    else if (key == "resourceId")
      resource = value.inner();
    else if (key == "messageId" || key == "receiptHandle")
      queued = true;
    else if (key == "TopicArn")
      topic = true;
    else if (key == "Sns")
      topic_message = member(value, "Message");
    else if (key == "messageType" && value.inner() == "CONTROL_MESSAGE")
      control = true;
  }

  bool open_log_events(const part_sink& out) const {
    const auto cluster = eks_cluster(group);
    if (!cluster.empty() && !stream.starts_with("kube-apiserver-audit"))
      return false;
    bool any = false;
    for (element_reader e{log_events}; e.next();)
      any |= hand_over(member(e.value(), "message"), out, cluster.empty() ? string_view{} : owner,
                       cluster);
    return any;
  }
};

} // namespace

bool starts_like_record(string_view json) noexcept {
  std::size_t at = 1;
  while (at < json.size() &&
         (json[at] == ' ' || json[at] == '\n' || json[at] == '\t' || json[at] == '\r'))
    ++at;
  if (at >= json.size() || json[at] != '"')
    return false;
  const auto rest = json.substr(at + 1);
  if (rest.starts_with("eventVersion\""))
    return true;
  const auto key = rest.substr(0, std::min<std::size_t>(rest.find('"'), 40));
  return std::ranges::find(record_keys, key) != record_keys.end() || bears_mark(json);
}

bool open_envelope(string_view json, const part_sink& out) {
  const wrapper w{json};
  if (w.control)
    return false;
  if (w.trail_event)
    return hand_over(w.trail_event, out);
  if (w.log_events)
    return w.open_log_events(out);
  if (w.detail.kind == json_kind::object &&
      (is_record_detail(w.detail_type) ||
       (member(w.detail, "eventVersion") && member(w.detail, "eventName"))))
    return hand_over(w.detail, out);
  // AWS Config's notice of a change: what changed beside what it is now.
  if (w.item.kind == json_kind::object)
    return hand_over(w.item, out);
  if (w.category == "kube-audit" || w.category == "kube-audit-admin")
    return hand_over(member(w.properties, "log"), out, {}, w.resource);
  if (w.message.kind == json_kind::object)
    return hand_over_data(w.message, out);
  if (w.message.kind == json_kind::text && hand_over_line(w.message, out))
    return true;
  if (w.body && w.queued)
    return hand_over_json(w.body, out);
  if (w.topic_message && (w.topic || w.topic_message.kind == json_kind::text))
    return hand_over_json(w.topic_message, out);
  return false;
}

base::result<std::vector<std::string>> parse_pointer(string_view pointer) {
  if (!pointer.starts_with('/'))
    return base::error{base::ec::invalid_argument,
                       fmt::format("reading the JSON pointer '{}': it must start with '/', as in "
                                   "'/payload/record'",
                                   pointer)};
  std::vector<std::string> steps;
  for (std::size_t at = 1; at <= pointer.size();) {
    const auto end = std::min(pointer.find('/', at), pointer.size());
    auto& step = steps.emplace_back();
    for (auto i = at; i < end; ++i) {
      if (pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1'))
        step += pointer[++i] == '0' ? '~' : '/';
      else
        step += pointer[i];
    }
    at = end + 1;
  }
  return steps;
}

bool follow_pointer(string_view json, const std::vector<std::string>& steps, const part_sink& out) {
  auto value = read_value(json);
  for (const auto& step : steps) {
    if (value.kind == json_kind::array) {
      std::size_t index = 0;
      const auto [end, failed] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (failed != std::errc{} || end != step.data() + step.size())
        return false;
      element_reader e{value};
      bool there = e.next();
      for (std::size_t i = 0; there && i < index; ++i)
        there = e.next();
      value = there ? e.value() : json_value{};
    } else {
      value = member(value, step);
    }
  }
  return hand_over(value, out);
}

} // namespace vedette::ingest

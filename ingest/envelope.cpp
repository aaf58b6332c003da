#include "ingest/envelope.hpp"

#include "ingest/json_reader.hpp"

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

bool hand_over(const json_value& value, const part_sink& out) {
  if (value.kind == json_kind::text) {
    out(value.inner(), true);
    return true;
  }
  if (value.kind != json_kind::object && value.kind != json_kind::array)
    return false;
  out(value.raw, false);
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
  return std::ranges::find(record_keys, key) != record_keys.end();
}

bool open_envelope(string_view json, const part_sink& out) {
  const auto root = read_value(json);
  json_value trail_event, log_events, detail, body, message;
  bool queued = false, topic = false;
  for (member_reader m{root}; m.next();) {
    const auto key = m.key();
    if (key == "CloudTrailEvent")
      trail_event = m.value();
    else if (key == "logEvents")
      log_events = m.value();
    else if (key == "detail")
      detail = m.value();
    else if (key == "body")
      body = m.value();
    else if (key == "Message")
      message = m.value();
    else if (key == "messageId" || key == "receiptHandle")
      queued = true;
    else if (key == "TopicArn")
      topic = true;
    else if (key == "Sns")
      message = member(m.value(), "Message");
    else if (key == "messageType" && m.value().inner() == "CONTROL_MESSAGE")
      return false;
  }
  if (trail_event)
    return hand_over(trail_event, out);
  if (log_events) {
    bool any = false;
    for (element_reader e{log_events}; e.next();)
      any |= hand_over(member(e.value(), "message"), out);
    return any;
  }
  if (detail.kind == json_kind::object && member(detail, "eventVersion") &&
      member(detail, "eventName"))
    return hand_over(detail, out);
  if (body && queued)
    return hand_over_json(body, out);
  if (message && (topic || message.kind == json_kind::text))
    return hand_over_json(message, out);
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

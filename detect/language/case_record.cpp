#include "detect/language/case_record.hpp"

#include "base/hash.hpp"
#include "base/json_writer.hpp"

#include <cctype>
#include <charconv>
#include <chrono>

namespace vedette::detect {

namespace {

/// JSON's own grammar, which YAML's numbers exceed ("012", "1.", "+1").
bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0)
      ++at;
    return at - first;
  };
  if (at < text.size() && text[at] == '-')
    ++at;
  const bool zero = at < text.size() && text[at] == '0';
  if (const std::size_t n = digits(); n == 0 || (zero && n > 1))
    return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0)
      return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+'))
      ++at;
    if (digits() == 0)
      return false;
  }
  return at == text.size();
}

class writer {
 public:
  explicit writer(const case_position& at) : at_{at} {}

  base::json_writer json;

  void merged(const YAML::Node& common, const YAML::Node& own) {
    if (!own.IsDefined())
      return plain(common);
    if (!common.IsDefined() || !common.IsMap() || !own.IsMap())
      return plain(own);
    json.begin_object();
    members(common, own);
    json.end_object();
  }

  void members(const YAML::Node& common, const YAML::Node& own) {
    for (const auto& [key, value] : members_of(common)) {
      json.key(substituted(key.Scalar(), at_));
      merged(value, child(own, key.Scalar().c_str()));
    }
    for (const auto& [key, value] : members_of(own))
      if (!child(common, key.Scalar().c_str()).IsDefined()) {
        json.key(substituted(key.Scalar(), at_));
        plain(value);
      }
  }

  void plain(const YAML::Node& node) {
    if (node.IsMap()) {
      json.begin_object();
      members(node, YAML::Node{YAML::NodeType::Undefined});
      json.end_object();
    } else if (node.IsSequence()) {
      json.begin_array();
      for (const auto& element : node)
        plain(element);
      json.end_array();
    } else {
      scalar(node);
    }
  }

 private:
  void scalar(const YAML::Node& node) {
    switch (type_of(node)) {
    case scalar_type::null:
      json.null();
      return;
    case scalar_type::boolean:
      json.value(node.as<bool>());
      return;
    case scalar_type::number:
      if (is_json_number(node.Scalar())) {
        json.raw(node.Scalar());
        return;
      }
      break;
    case scalar_type::text:
      break;
    }
    json.value(substituted(node.Scalar(), at_));
  }

  const case_position& at_;
};

std::string uuid_of(std::uint64_t seed, std::uint64_t salt) {
  const std::string hex = base::to_hex(base::hash128_of(std::to_string(seed), salt));
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-8" +
         hex.substr(17, 3) + "-" + hex.substr(20, 12);
}

constexpr std::string_view default_account = "111122223333";

} // namespace

std::string substituted(std::string_view text, const case_position& at) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos)
      break;
    const std::string_view word = text.substr(open + 1, close - open - 1);
    const std::string* given = word == "time" ? &at.time : word == "id" ? &at.id : nullptr;
    if (given != nullptr && !given->empty()) {
      out += text.substr(done, open - done);
      out += *given;
      done = close + 1;
      continue;
    }
    if (word.empty() || (word[0] != 'n' && word[0] != 'i' && word[0] != 'j'))
      continue;
    std::uint64_t value = word[0] == 'n' ? at.n : word[0] == 'i' ? at.i : at.j;
    if (word.size() > 1) {
      std::uint64_t modulus = 0;
      const char* end = word.data() + word.size();
      const auto [stopped, failed] = std::from_chars(word.data() + 2, end, modulus);
      if (word[1] != '%' || word.size() < 3 || failed != std::errc{} || stopped != end ||
          modulus == 0)
        continue;
      value %= modulus;
    }
    out += text.substr(done, open - done);
    out += std::to_string(value);
    done = close + 1;
  }
  out += text.substr(done);
  return out;
}

std::string cloudtrail_record(const case_record_args& args) {
  writer out{args.position};
  base::json_writer& json = out.json;
  const auto given = [&](const char* key) {
    return child(args.common, key).IsDefined() || child(args.own, key).IsDefined();
  };
  const auto missing = [&](const char* key, std::string_view value) {
    if (!given(key))
      json.member(key, value);
  };
  json.begin_object();
  missing("eventVersion", "1.11");
  if (!given("userIdentity")) {
    json.key("userIdentity").begin_object();
    json.member("type", "IAMUser");
    json.member("principalId", "AIDAEXAMPLEALICE00001");
    json.member("arn", "arn:aws:iam::" + std::string{default_account} + ":user/alice");
    json.member("accountId", default_account);
    json.member("accessKeyId", "AKIAEXAMPLEALICE0001");
    json.member("userName", "alice");
    json.end_object();
  }
  // CloudTrail's clock has seconds.
  json.member("eventTime",
              base::format_rfc3339(std::chrono::floor<std::chrono::seconds>(args.time)));
  missing("awsRegion", "us-east-1");
  missing("sourceIPAddress", "198.51.100.10");
  missing("userAgent", "aws-cli/2.15.30 Python/3.11.8 Linux/6.1 exe/x86_64 prompt/off");
  out.members(args.common, args.own);
  if (!given("requestParameters"))
    json.key("requestParameters").null();
  if (!given("responseElements"))
    json.key("responseElements").null();
  missing("requestID", uuid_of(args.seed, 1));
  missing("eventID", uuid_of(args.seed, 0));
  if (!given("readOnly"))
    json.member("readOnly", false);
  missing("eventType", "AwsApiCall");
  if (!given("managementEvent"))
    json.member("managementEvent", true);
  missing("recipientAccountId", default_account);
  missing("eventCategory", "Management");
  json.end_object();
  return std::string{json.text()};
}

std::string foreign_record(const case_record_args& args) {
  case_position position = args.position;
  position.time = base::format_rfc3339(args.time);
  position.id = uuid_of(args.seed, 0);
  writer out{position};
  out.json.begin_object();
  out.members(args.common, args.own);
  out.json.end_object();
  return std::string{out.json.text()};
}

} // namespace vedette::detect

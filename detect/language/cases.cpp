#include "detect/language/cases.hpp"

#include "base/hash.hpp"
#include "detect/language/case_record.hpp"
#include "detect/language/yaml.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace vedette::detect {

namespace {

/// A Monday noon, far from the ends of days, months and summer time.
const base::event_time case_noon =
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours{12};

class cases_reader {
 public:
  cases_reader(reporter& problems, std::string rule)
      : problems_{problems}, rule_{std::move(rule)} {}

  std::vector<rule_case> read(const YAML::Node& cases) {
    std::vector<rule_case> out;
    if (!cases.IsSequence() || cases.size() == 0) {
      problems_.at(cases, "'cases' is a list of cases: '- name: …, expect: …, events: […]'");
      return out;
    }
    std::set<std::string> names;
    for (const auto& node : cases) {
      rule_case made = one(node);
      if (!names.insert(made.name).second)
        problems_.at(node, "case '" + made.name + "' is given twice");
      out.push_back(std::move(made));
    }
    return out;
  }

 private:
  rule_case one(const YAML::Node& node) {
    rule_case out;
    out.rule = rule_;
    out.where = problems_.file() + ":" + std::to_string(std::max(line_of(node), 1));
    if (!node.IsMap()) {
      problems_.at(node, "a case holds name, expect and events");
      return out;
    }
    problems_.check_keys(node, "a case",
                         {"name", "expect", "judge_from", "base", "events", "tenant", "network"});
    out.name = text(child(node, "name"));
    if (out.name.empty())
      problems_.at(node, "a case needs a 'name' that says what happens");
    const std::string expect = text(child(node, "expect"));
    out.expect = base::parse_severity(expect);
    if (!out.expect && expect != "none")
      problems_.at(node, "case '" + out.name +
                             "' needs 'expect': none, info, low, medium, high or critical");
    if (const YAML::Node from = child(node, "judge_from"); from.IsDefined())
      out.judged_from = case_noon + offset(from, base::duration{0});
    read_tenant(child(node, "tenant"), out.tenant);
    read_networks(child(node, "network"), out);
    read_events(node, out);
    return out;
  }

  static std::string text(const YAML::Node& node) {
    return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string{};
  }

  void read_tenant(const YAML::Node& node, base::tenant_settings& out) {
    if (!node.IsDefined())
      return;
    problems_.check_keys(node, "'tenant'",
                         {"accounts", "own_networks", "corporate_networks", "ci_roles",
                          "backup_roles", "break_glass", "allowed_regions", "sensitive_resources"});
    const auto words = [&](const char* key, std::vector<std::string>& into) {
      for (const auto& element : child(node, key))
        into.push_back(text(element));
    };
    const auto networks = [&](const char* key, std::vector<base::ip_network>& into) {
      for (const auto& element : child(node, key)) {
        if (const auto parsed = base::ip_network::parse(text(element)))
          into.push_back(*parsed);
        else
          problems_.at(element, "'" + text(element) + "' is not a network");
      }
    };
    words("accounts", out.accounts);
    networks("own_networks", out.own_networks);
    networks("corporate_networks", out.corporate_networks);
    words("ci_roles", out.ci_roles);
    words("backup_roles", out.backup_roles);
    words("break_glass", out.break_glass);
    words("allowed_regions", out.allowed_regions);
    words("sensitive_resources", out.sensitive_resources);
  }

  double number(const YAML::Node& node, double least, double most, std::string_view what) {
    const auto parsed =
        node.IsDefined() && node.IsScalar() ? number_of(node.Scalar()) : std::nullopt;
    if (parsed && *parsed >= least && *parsed <= most)
      return *parsed;
    problems_.at(node, "'" + std::string{what} + "' is out of range or not a number");
    return least;
  }

  void read_networks(const YAML::Node& list, rule_case& out) {
    if (!list.IsDefined())
      return;
    out.lists_loaded = true;
    for (const auto& node : list) {
      problems_.check_keys(node, "a network",
                           {"range", "asn", "as_name", "country", "lat", "lon", "cloud", "region",
                            "tor", "vpn", "hosting"});
      case_network n;
      const auto range = base::ip_network::parse(text(child(node, "range")));
      if (!range)
        problems_.at(node, "a network needs a 'range' such as 203.0.113.0/24");
      else
        n.range = *range;
      if (const YAML::Node asn = child(node, "asn"); asn.IsDefined())
        n.asn = static_cast<std::uint32_t>(number(asn, 1, 4294967295.0, "asn"));
      n.as_name = text(child(node, "as_name"));
      n.country = text(child(node, "country"));
      if (const YAML::Node lat = child(node, "lat"); lat.IsDefined()) {
        n.place.latitude = static_cast<decltype(n.place.latitude)>(number(lat, -90, 90, "lat"));
        n.place.longitude =
            static_cast<decltype(n.place.longitude)>(number(child(node, "lon"), -180, 180, "lon"));
        n.has_place = true;
      }
      n.provider_region = text(child(node, "region"));
      if (const std::string cloud = text(child(node, "cloud")); !cloud.empty()) {
        for (auto c : {base::cloud::aws, base::cloud::azure, base::cloud::gcp})
          if (base::to_string(c) == cloud)
            n.provider = c;
        if (n.provider == base::cloud::unknown)
          problems_.at(node, "'cloud' of a network is aws, azure or gcp");
      }
      n.tor = text(child(node, "tor")) == "true";
      n.vpn = text(child(node, "vpn")) == "true";
      n.hosting = text(child(node, "hosting")) == "true";
      out.networks.push_back(std::move(n));
    }
  }

  /// "90s", or "-2d" for before the start.
  base::duration offset(const YAML::Node& node, base::duration fallback) {
    if (!node.IsDefined())
      return fallback;
    std::string word = text(node);
    const bool before = !word.empty() && word.front() == '-';
    if (before)
      word.erase(0, 1);
    if (word == "0" || word == "0s")
      return base::duration{0};
    if (const auto parsed = base::parse_duration(word))
      return before ? -*parsed : *parsed;
    problems_.at(node, "'" + text(node) + "' is not a time such as 90s, 10m, 2h or -5d");
    return fallback;
  }

  std::uint64_t amount(const YAML::Node& node, std::string_view what) {
    return node.IsDefined() ? static_cast<std::uint64_t>(number(node, 1, case_events_max, what))
                            : 1;
  }

  /// Whether {time} stands anywhere in it.
  static bool says_time(const YAML::Node& node) {
    if (!node.IsDefined())
      return false;
    if (node.IsScalar())
      return node.Scalar().find("{time}") != std::string::npos;
    for (const auto& element : node)
      if (says_time(node.IsMap() ? element.second : YAML::Node{element}))
        return true;
    return false;
  }

  void read_events(const YAML::Node& node, rule_case& out) {
    const YAML::Node common = child(node, "base");
    const YAML::Node events = child(node, "events");
    if (!events.IsDefined() || !events.IsSequence() || events.size() == 0) {
      problems_.at(node, "case '" + out.name + "' needs 'events'");
      return;
    }
    std::uint64_t produced = 0;
    for (const auto& step : events) {
      problems_.check_keys(step, "an event of a case",
                           {"at", "repeat", "every", "burst", "apart", "set"});
      const YAML::Node own = child(step, "set");
      const auto given = [&](const char* key) {
        return child(common, key).IsDefined() || child(own, key).IsDefined();
      };
      const bool foreign = !given("eventSource") && !given("eventName");
      if (foreign && !says_time(common) && !says_time(own))
        problems_.at(step, "the record has no 'eventSource' and 'eventName' of CloudTrail, and "
                           "another vendor's says where its time stands: '{time}'");
      for (const char* needed : {"eventSource", "eventName"})
        if (!foreign && !given(needed))
          problems_.at(step, "the record has no '" + std::string{needed} +
                                 "': give it in 'base' or 'set'");
      const auto at = offset(child(step, "at"), base::duration{0});
      const auto every = offset(child(step, "every"), std::chrono::minutes{1});
      const auto apart = offset(child(step, "apart"), std::chrono::seconds{1});
      const std::uint64_t repeat = amount(child(step, "repeat"), "repeat");
      const std::uint64_t burst = amount(child(step, "burst"), "burst");
      if (produced + repeat * burst > case_events_max) {
        problems_.at(step, "case '" + out.name + "' has more than 20,000 events");
        return;
      }
      case_position position;
      position.n = 0;
      for (position.i = 1; position.i <= repeat; ++position.i)
        for (position.j = 1; position.j <= burst; ++position.j) {
          ++position.n;
          const auto time = case_noon + at + every * static_cast<std::int64_t>(position.i - 1) +
                            apart * static_cast<std::int64_t>(position.j - 1);
          const std::uint64_t seed =
              base::hash64(rule_ + "\n" + out.name + "\n" + std::to_string(++produced));
          const case_record_args args{common, own, position, time, seed};
          out.events.push_back({time, foreign ? foreign_record(args) : cloudtrail_record(args)});
        }
    }
    std::stable_sort(out.events.begin(), out.events.end(),
                     [](const case_event& a, const case_event& b) { return a.time < b.time; });
  }

  reporter& problems_;
  std::string rule_;
};

} // namespace

base::result<std::vector<rule_case>> load_cases(const rule_source& source) {
  auto documents = parse_yaml(source.text);
  if (!documents)
    return base::error{documents.err().code,
                       "reading cases of " + source.name + ":" + documents.err().context};
  std::vector<load_problem> found;
  reporter problems{source.name, found};
  std::vector<rule_case> out;
  for (const YAML::Node& document : *documents) {
    const YAML::Node cases = child(document, "cases");
    if (!cases.IsDefined())
      continue;
    const YAML::Node name = child(document, "name");
    const YAML::Node id = child(document, "id");
    auto made = cases_reader{problems, name.IsDefined() && name.IsScalar() ? name.Scalar()
                                       : id.IsDefined() && id.IsScalar()   ? id.Scalar()
                                                                           : std::string{}}
                    .read(cases);
    std::move(made.begin(), made.end(), std::back_inserter(out));
  }
  if (!found.empty())
    return base::error{base::ec::malformed,
                       "reading cases: " + found.front().where + ": " + found.front().what};
  return out;
}

} // namespace vedette::detect

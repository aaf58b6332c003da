#include "nodes/replay/case_runner.hpp"

#include "detect/language/cases.hpp"
#include "nodes/replay/run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::replay {

namespace {

/// Answers from the networks a case names; what is on none of them is known to be elsewhere.
class case_book final : public ingest::address_book {
 public:
  explicit case_book(const detect::rule_case& c) : case_{c} {}

  void find(const base::ip_address& ip, base::event_time,
            ingest::address_facts& out) const override {
    out = {};
    for (const auto& n : case_.networks)
      if (n.range.contains(ip)) {
        out.asn = n.asn;
        out.as_name = n.as_name;
        out.country = n.country;
        out.place = n.place;
        out.has_place = n.has_place;
        out.provider = n.provider;
        out.provider_region = n.provider_region;
        out.tor = n.tor;
        out.vpn = n.vpn;
        out.hosting = n.hosting;
        return;
      }
  }
  bool has_cloud_ranges() const override { return case_.lists_loaded; }
  bool has_tor() const override { return case_.lists_loaded; }
  bool has_vpn() const override { return case_.lists_loaded; }
  bool has_geo() const override { return case_.lists_loaded; }
  bool has_asn() const override { return case_.lists_loaded; }

 private:
  const detect::rule_case& case_;
};

case_report judge(const detect::rule_case& c, const content& what) {
  case_report out{c.rule, c.name, c.where, false, {}};
  pipeline_options how;
  how.tenant.value = "case";
  how.now = base::event_time{std::chrono::days{80'000}};
  pipeline line{what, how};
  for (const auto& e : c.events)
    line.push(e.record);
  auto said = line.finish();
  if (line.counted().quarantined > 0) {
    out.what =
        "records of the case were quarantined: " + line.counted().quarantine_reasons.begin()->first;
    return out;
  }
  std::vector<respond::published_alert> published;
  (void)conclude(std::move(said), what, nullptr, how, published);
  std::optional<base::severity> got;
  std::string why;
  for (const auto& p : published) {
    if (p.alert.rule.value != c.rule || p.alert.time < c.judged_from)
      continue;
    if (!got || p.alert.severity > *got) {
      got = p.alert.severity;
      why = p.alert.why;
    }
  }
  out.holds = got == c.expect;
  const auto name = [](const std::optional<base::severity>& s) {
    return s ? std::string{to_string(*s)} : std::string{"silence"};
  };
  if (!out.holds)
    out.what = fmt::format("expected {}, got {}{}", name(c.expect), name(got),
                           why.empty() ? "" : ": " + why);
  return out;
}

} // namespace

base::result<std::vector<case_report>>
run_cases(const detect::rule_source& source, std::shared_ptr<const ingest::taxonomy> activities,
          std::shared_ptr<const ingest::mapping_set> mappings) {
  auto rules = detect::ruleset::load(std::span{&source, 1});
  if (!rules)
    return rules.err();
  auto cases = detect::load_cases(source);
  if (!cases)
    return cases.err();
  for (const auto& r : (*rules)->rules())
    if (std::none_of(cases->begin(), cases->end(),
                     [&](const auto& c) { return c.rule == r.id.value; }))
      return base::error{
          base::ec::malformed,
          fmt::format("{}: rule {} carries no case; add what it catches and what it spares under "
                      "`cases:`",
                      source.name, r.id.value)};
  std::vector<case_report> out;
  for (const auto& c : *cases) {
    content what;
    what.activities = activities;
    what.mappings = mappings;
    what.rules = *rules;
    what.book = std::make_shared<case_book>(c);
    what.tenant = std::make_shared<base::tenant_settings>(c.tenant);
    out.push_back(judge(c, what));
  }
  return out;
}

} // namespace vedette::replay

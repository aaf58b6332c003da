#include "detect/alert_builder.hpp"

#include "base/json_writer.hpp"
#include "base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vedette::detect {

namespace {

std::string number(double v) {
  if (v == std::floor(v) && std::abs(v) < 1e15)
    return fmt::format("{}", static_cast<std::int64_t>(v));
  // Without trailing zeros, as whoever reads the number and writes it again has it.
  return fmt::format("{}", std::round(v * 100) / 100);
}

/// Name and value of everything a sentence may mention.
using sentence_values = std::vector<std::pair<std::string, std::string>>;

std::string fill_in(std::string_view sentence, const sentence_values& known) {
  std::string out;
  while (!sentence.empty()) {
    const auto open = sentence.find('{');
    out += sentence.substr(0, open);
    if (open == std::string_view::npos)
      break;
    sentence.remove_prefix(open);
    const auto close = sentence.find('}');
    const auto name =
        close == std::string_view::npos ? std::string_view{} : sentence.substr(1, close - 1);
    const auto at =
        std::find_if(known.begin(), known.end(), [&](const auto& w) { return w.first == name; });
    if (name.empty() || at == known.end()) {
      out += '{';
      sentence.remove_prefix(1);
      continue;
    }
    out += at->second;
    sentence.remove_prefix(close + 1);
  }
  return out;
}

template <class T, class V>
void add_once(std::vector<T>& list, const V& value) {
  if (value == V{} || list.size() >= base::limits::alert_values ||
      std::find(list.begin(), list.end(), value) != list.end())
    return;
  list.emplace_back(value);
}

/// The level's sentence; an episode stored under an older rule may name a level that is gone.
std::string why_of(const std::vector<level>& levels, const episode& ep) {
  const auto i = static_cast<std::size_t>(ep.why.level);
  return ep.why.level == reason::none || i >= levels.size() ? std::string{} : levels[i].why;
}

void describe_window(const rule& of, const window_operator& op, const episode& ep,
                     sentence_values& known, base::alert& out, std::string& sentence) {
  known.emplace_back("window", base::format_duration(op.window));
  known.emplace_back("usual", number(std::max(ep.usual, 0.0)));
  for (std::size_t i = 0; i < op.measures.size() && i < ep.values.size(); ++i) {
    const auto& m = op.measures[i];
    const bool named = std::find(of.marks.begin(), of.marks.end(), m.name) == of.marks.end() ||
                       m.kind != measure_kind::count;
    known.emplace_back(m.name, number(ep.values[i]));
    if (named || ep.values[i] != 0)
      out.evidence.emplace_back(m.name, number(ep.values[i]));
  }
  if (ep.why.volume != reason::none &&
      static_cast<std::size_t>(ep.why.volume) < op.volumes.size()) {
    const auto& v = op.volumes[static_cast<std::size_t>(ep.why.volume)];
    const auto& m = op.measures[v.measure];
    sentence = v.why;
    const double value = ep.values.size() > v.measure ? ep.values[v.measure] : 0;
    if (sentence.empty())
      sentence = ep.usual > 0 ? fmt::format("{} {} within {}, at most {} on any closed day before",
                                            number(value), m.name, base::format_duration(op.window),
                                            number(ep.usual))
                              : fmt::format("{} {} within {}", number(value), m.name,
                                            base::format_duration(op.window));
    out.evidence.emplace_back("usual_" + m.name, number(std::max(ep.usual, 0.0)));
    out.baseline_complete = ep.complete;
    if (ep.usual >= 0)
      out.claim = base::volume_claim{m.name,
                                     value,
                                     v.factor,
                                     v.days,
                                     base::day_of(ep.since),
                                     op.new_for_identity,
                                     op.new_for_account,
                                     op.new_for_tenant};
  } else if (ep.why.level != reason::none) {
    sentence = why_of(op.levels, ep);
  }
}

/// Who travelled, when several people share the identity: the alert's entity does not say it.
std::string travellers(const episode& ep) {
  std::vector<std::string> names;
  for (const auto& s : ep.samples)
    add_once(names, s.identity());
  base::json_writer w;
  w.begin_array();
  for (const auto& name : names)
    w.value(name);
  w.end_array();
  return std::string{w.text()};
}

} // namespace

base::alert build_alert(const rule& of, const entity_ref& ref, const profile& who,
                        const std::string& group, const episode& ep) {
  base::alert out;
  out.tenant = ref.tenant;
  out.rule = of.id;
  out.title = of.title;
  out.severity = ep.severity;
  out.control = of.control;
  out.attack = of.attack;
  out.kind = group.empty() ? ref.kind : base::entity_kind::session;
  out.entity = group.empty() ? ref.key : group;
  out.episode = ep.ordinal;
  // A session's key names it alone; without the identity two tenants' rules could meet in one id.
  out.id = base::alert_id(ref.tenant, of.id, out.kind,
                          group.empty() ? ref.key : ref.key + '\x1f' + group, ep.ordinal);
  out.time = ep.since;
  out.first_event = ep.first;
  out.last_event = ep.last;
  out.count = ep.count;
  out.suppressed = ep.verdicts > 0 ? ep.verdicts - 1 : 0;
  out.late = ep.late;
  out.cloud = to_string(who.provider);
  out.account = who.account;
  out.session = group;
  if (ref.kind == base::entity_kind::identity) {
    out.identity_id = ref.key;
    out.identity_type = to_string(who.actor);
    if (ep.samples.empty()) // withdrawn
      out.identity_name = who.name;
  }
  for (const auto& packed : ep.samples) {
    const auto s = packed.fields();
    if (out.events.size() < base::limits::alert_events)
      out.events.emplace_back(s.id);
    add_once(out.regions, s.region);
    add_once(out.ips, s.source);
    add_once(out.asns, s.asn);
    add_once(out.countries, s.country);
    add_once(out.resources, s.resource);
    if (out.identity_id.empty())
      out.identity_id = s.identity;
    if (out.session.empty())
      out.session = s.session; // what the earliest event was signed with
    if (out.identity_name.empty())
      out.identity_name = s.name; // who that was: of some identities there are several
  }
  if (ref.kind == base::entity_kind::resource)
    add_once(out.resources, ref.key);

  std::string sentence;
  sentence_values known{
      {"count", number(static_cast<double>(ep.count))},
      {"entity", out.entity},
      {"identity", out.identity_id},
      {"action", std::string{ep.samples.empty() ? "" : ep.samples.front().action()}},
      {"resource", out.resources.empty() ? "" : out.resources.front()},
      {"source", out.ips.empty() ? "" : out.ips.front()},
      {"region", out.regions.empty() ? "" : out.regions.front()}};
  if (const auto* op = std::get_if<window_operator>(&of.op)) {
    describe_window(of, *op, ep, known, out, sentence);
  } else if (const auto* single = std::get_if<single_operator>(&of.op)) {
    sentence = why_of(single->levels, ep);
  } else if (const auto* travel = std::get_if<travel_operator>(&of.op)) {
    if (ep.values.size() == 2) {
      known.emplace_back("kmh", number(std::round(ep.values[0])));
      known.emplace_back("km", number(std::round(ep.values[1])));
      out.evidence.emplace_back("kmh", number(std::round(ep.values[0])));
      out.evidence.emplace_back("km", number(std::round(ep.values[1])));
    }
    if (travel->traveller)
      out.evidence.emplace_back("travellers", travellers(ep));
    sentence = travel->why;
    if (sentence.empty())
      sentence = "two calls {km} km apart at {kmh} km/h";
  } else if (const auto* sequence = std::get_if<sequence_operator>(&of.op)) {
    sentence = ep.why.level == reason::none ? sequence->why : why_of(sequence->levels, ep);
  }
  if (!ep.samples.empty() && !ep.samples.front().record().empty())
    out.evidence.emplace_back("record", ep.samples.front().record());
  if (sentence.empty())
    sentence = of.title + " ({count} events)";
  out.why = fill_in(sentence, known);
  return out;
}

} // namespace vedette::detect

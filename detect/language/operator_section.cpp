#include "detect/language/operator_section.hpp"

#include "base/limits.hpp"
#include "detect/language/fields.hpp"
#include "detect/language/operator_reader.hpp"
#include "detect/language/suggest.hpp"

#include <algorithm>
#include <utility>

namespace vedette::detect {

namespace {

constexpr std::string_view known_keys[] = {
    "control",         "by",     "quiet",    "window", "measures", "levels", "volume", "new_for",
    "without_history", "adjust", "sequence", "travel", "why"};

void compile_by(const YAML::Node& node, operator_reader& read, compiled_rule& into) {
  if (!node.IsDefined())
    return;
  static constexpr std::pair<std::string_view, group_by> words[] = {
      {"identity", group_by::identity}, {"session", group_by::session},
      {"address", group_by::address},   {"resource", group_by::resource},
      {"account", group_by::account},   {"tenant", group_by::tenant}};
  if (node.IsMap()) {
    read.check_keys(node, "'by'", {"field"});
    if (const auto fields = read.fields(child(node, "field"), "by.field"); !fields.empty()) {
      into.shape.by = group_by::field;
      // The engine finds the group key in slot 0.
      (void)intern(into.slots, slot_of(fields));
    }
    return;
  }
  for (const auto& [word, by] : words)
    if (node.IsScalar() && node.Scalar() == word) {
      into.shape.by = by;
      return;
    }
  read.problem(
      node,
      "'by' is one of identity, session, address, resource, account, tenant, or {field: a.b}" +
          (node.IsScalar() ? suggestion(node.Scalar(), {"identity", "session", "address",
                                                        "resource", "account", "tenant"})
                           : std::string{}));
}

void compile_new_for(const YAML::Node& node, operator_reader& read, window_operator& op) {
  if (!node.IsDefined())
    return;
  read.check_keys(node, "'new_for'", {"identity", "account", "tenant"});
  op.new_for_identity = read.severity(child(node, "identity"), op.new_for_identity);
  op.new_for_account = read.severity(child(node, "account"), op.new_for_account);
  op.new_for_tenant = read.severity(child(node, "tenant"), op.new_for_tenant);
}

void compile_adjust(const YAML::Node& list, operator_reader& read, compiled_rule& into) {
  for (const auto& node : read.maps(list, "adjust")) {
    read.check_keys(node, "an adjustment", {"when", "by", "at_most"});
    adjustment out;
    if (const auto mark = read.mark(child(node, "when"), "adjust.when"))
      out.mark = *mark;
    out.steps = static_cast<int>(read.number(child(node, "by"), node, "adjust.by", -4, 4, 0));
    out.at_most = read.severity(child(node, "at_most"), base::severity::high);
    into.shape.adjustments.push_back(out);
  }
}

/// A field (or several) whose value splits what an identity's state is kept about.
std::optional<std::uint8_t> compile_split(const YAML::Node& node, std::string_view key,
                                          operator_reader& read, compiled_rule& into) {
  if (!node.IsDefined())
    return std::nullopt;
  const auto fields = read.fields(node, key);
  if (into.shape.by != group_by::identity && into.shape.by != group_by::session)
    read.problem(node, "'" + std::string{key} +
                           "' goes with 'by: identity' or 'by: session'; name the field under 'by' "
                           "instead");
  if (fields.empty())
    return std::nullopt;
  return intern(into.slots, slot_of(fields));
}

void compile_sequence(const YAML::Node& section, operator_reader& read, compiled_rule& into) {
  const YAML::Node node = child(section, "sequence");
  read.check_keys(node, "'sequence'", {"steps", "within", "ordered", "same", "severity", "why"});
  sequence_operator op;
  op.severity = read.severity(child(node, "severity"), into.shape.severity);
  op.same = compile_split(child(node, "same"), "sequence.same", read, into);
  std::vector<measure> none;
  op.levels = read.levels(child(section, "levels"), none, false);
  op.within = read.duration(child(node, "within"), node, "sequence.within", op.within);
  op.ordered = read.boolean(child(node, "ordered"), true);
  op.why = read.sentence(child(node, "why"), into.shape.title, {}, {});
  const YAML::Node steps = child(node, "steps");
  if (!steps.IsSequence() || steps.size() < 2) {
    read.problem(node, "'sequence' needs 'steps': a list of two or more selections");
    return;
  }
  for (const auto& step : steps)
    if (const auto mark = read.mark(step, "sequence.steps"))
      op.steps.push_back(*mark);
  into.shape.op = std::move(op);
}

void compile_travel(const YAML::Node& node, operator_reader& read, compiled_rule& into) {
  read.check_keys(node, "'travel'",
                  {"within", "km", "kmh", "at_least", "unless_both", "traveller", "why"});
  travel_operator op;
  op.severity = into.shape.severity;
  op.within = read.duration(child(node, "within"), node, "travel.within", op.within);
  op.at_least = read.duration(child(node, "at_least"), node, "travel.at_least", op.at_least);
  op.km_min = read.number(child(node, "km"), node, "travel.km", 1, 20'000, op.km_min);
  op.kmh_max = read.number(child(node, "kmh"), node, "travel.kmh", 1, 100'000, op.kmh_max);
  if (const YAML::Node exit = child(node, "unless_both"); exit.IsDefined())
    op.unless_both = read.mark(exit, "travel.unless_both");
  op.traveller = compile_split(child(node, "traveller"), "travel.traveller", read, into);
  op.why = read.sentence(child(node, "why"), "", {}, {"km", "kmh"});
  into.shape.op = std::move(op);
}

void compile_window(const YAML::Node& section, operator_reader& read, compiled_rule& into) {
  window_operator op;
  op.window = read.duration(child(section, "window"), section, "window", op.window);
  op.measures = read.measures(child(section, "measures"));
  op.levels = read.levels(child(section, "levels"), op.measures, true);
  op.volumes = read.volumes(child(section, "volume"), op.measures);
  compile_new_for(child(section, "new_for"), read, op);
  op.without_history = read.severity(child(section, "without_history"), op.without_history);
  if (op.levels.empty() && op.volumes.empty())
    read.problem(section, "a window needs 'levels' or 'volume': nothing would ever be raised");
  read.finish(op.measures, op.levels, op.volumes);
  into.shape.op = std::move(op);
}

void compile_single(const YAML::Node& section, operator_reader& read, compiled_rule& into) {
  single_operator op;
  std::vector<measure> none;
  op.levels = read.levels(child(section, "levels"), none, false);
  for (std::string_view key : {"measures", "volume", "new_for", "without_history"})
    if (child(section, std::string{key}.c_str()).IsDefined())
      read.problem(child(section, std::string{key}.c_str()),
                   "'" + std::string{key} + "' needs a 'window'");
  if (op.levels.empty())
    op.levels.push_back({into.shape.severity,
                         {},
                         0,
                         0,
                         read.sentence(child(section, "why"), into.shape.title, {}, {})});
  into.shape.op = std::move(op);
}

} // namespace

std::optional<std::uint8_t> mark_of(std::string_view name, compiled_rule& into) {
  const auto known = std::find(into.shape.marks.begin(), into.shape.marks.end(), name);
  if (known != into.shape.marks.end())
    return static_cast<std::uint8_t>(known - into.shape.marks.begin());
  const auto selected = into.when.find_name(name);
  if (!selected || into.shape.marks.size() == base::limits::rule_marks)
    return std::nullopt;
  into.shape.marks.emplace_back(name);
  into.mark_names.push_back(*selected);
  return static_cast<std::uint8_t>(into.shape.marks.size() - 1);
}

slot slot_of(const std::vector<std::string>& fields) {
  slot out;
  for (const auto& field : fields)
    out.parts.push_back({{{slot_part::always, base::field_name{field}}}});
  return out;
}

void compile_operator(const YAML::Node& section, reporter& problems, compiled_rule& into) {
  operator_reader read{problems, into};
  if (!section.IsMap()) {
    read.problem(section, "'vedette' holds keys such as by, window, measures, levels");
    return;
  }
  read.check_keys(section, "'vedette'", known_keys);
  into.has_operator = true;
  compile_by(child(section, "by"), read, into);
  into.shape.control = read.control(child(section, "control"));
  into.shape.quiet = read.duration(child(section, "quiet"), section, "quiet", into.shape.quiet);
  const bool sequence = child(section, "sequence").IsDefined();
  const bool travel = child(section, "travel").IsDefined();
  const bool window = child(section, "window").IsDefined();
  if (static_cast<int>(sequence) + static_cast<int>(travel) + static_cast<int>(window) > 1)
    read.problem(section, "'window', 'sequence' and 'travel' are three operators: a rule has one");
  if (sequence || travel)
    for (const char* key : {"measures", "levels", "volume"})
      if (child(section, key).IsDefined() && !(sequence && std::string_view{key} == "levels"))
        read.problem(child(section, key),
                     "'" + std::string{key} +
                         "' goes with 'window', not with a sequence or travel");
  if (sequence)
    compile_sequence(section, read, into);
  else if (travel)
    compile_travel(child(section, "travel"), read, into);
  else if (window)
    compile_window(section, read, into);
  else
    compile_single(section, read, into);
  compile_adjust(child(section, "adjust"), read, into);
  if (into.slots.size() > rule_slots_max)
    read.problem(section, "more than 16 different fields are kept per event: use fewer measures");
  into.shape.slots = static_cast<std::uint8_t>(into.slots.size());
}

void compile_plain(compiled_rule& into) {
  into.shape.op = single_operator{{}, {{into.shape.severity, {}, 0, 0, into.shape.title}}};
}

} // namespace vedette::detect

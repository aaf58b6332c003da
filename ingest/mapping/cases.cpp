#include "ingest/mapping/cases.hpp"

#include "base/utf8.hpp"
#include "base/yaml_end.hpp"
#include "ingest/formats/format.hpp"
#include "ingest/normaliser.hpp"
#include "ingest/record_splitter.hpp"
#include "ingest/record_view.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace vedette::ingest {

namespace {

/// What a case says must come of its record.
struct expectation {
  disposition what = disposition::event;
  std::string reason;                                                   ///< of what is no event
  std::vector<std::pair<std::string, std::vector<std::string>>> fields; ///< of an event
};

struct mapping_case {
  std::string name, where, record;
  expectation expect;
};

struct misread {
  int line;
  std::string what;
};

std::vector<std::string> expected_texts(const YAML::Node& node) {
  std::vector<std::string> out;
  if (node.IsScalar() && !node.Scalar().empty())
    out.push_back(node.Scalar());
  else if (node.IsSequence())
    for (const auto& item : node)
      out.push_back(item.as<std::string>());
  return out;
}

mapping_case case_of(const YAML::Node& node, const std::string& file) {
  const auto line = node.Mark().line + 1;
  if (!node.IsMap())
    throw misread{line, "cases: each is a mapping with name, record, and what is expected"};
  mapping_case out;
  out.where = fmt::format("{}:{}", file, line);
  bool expects = false;
  for (const auto& member : node) {
    const auto key = member.first.as<std::string>();
    if (key == "name") {
      out.name = member.second.as<std::string>();
    } else if (key == "record") {
      out.record = member.second.as<std::string>();
    } else if (key == "expect" && member.second.IsMap()) {
      expects = true;
      for (const auto& field : member.second)
        out.expect.fields.emplace_back(field.first.as<std::string>(), expected_texts(field.second));
    } else if (key == "skipped" || key == "quarantined") {
      expects = true;
      out.expect.what = key == "skipped" ? disposition::skipped : disposition::quarantined;
      out.expect.reason = member.second.as<std::string>();
    } else {
      throw misread{member.first.Mark().line + 1,
                    fmt::format("cases: unknown key '{}'; known are name, record, expect, skipped, "
                                "quarantined",
                                key)};
    }
  }
  if (out.name.empty() || out.record.empty() || !expects)
    throw misread{line,
                  "cases: each has a name, a record, and one of expect, skipped, quarantined"};
  return out;
}

std::vector<mapping_case> cases_of(const mapping_file& file) {
  if (!base::yaml_ends(file.text))
    throw misread{1, "is no YAML that could be read to its end"};
  const auto root = YAML::Load(file.text);
  std::vector<mapping_case> out;
  if (root.IsMap() && root["cases"])
    for (const auto& node : root["cases"])
      out.push_back(case_of(node, file.name));
  if (out.size() < mapping_cases_min)
    throw misread{1, fmt::format("cases: it carries {}; {} is the least, add records and what must "
                                 "come of them",
                                 out.size(), mapping_cases_min)};
  return out;
}

std::string_view name_of(disposition d) noexcept {
  return d == disposition::event     ? "an event"
         : d == disposition::skipped ? "a skipped record"
                                     : "a record in quarantine";
}

/// What is wrong with the event; empty when all fields are as expected.
std::string differences(const expectation& expected, const base::event& e,
                        const base::tenant_settings& tenant) {
  record_view view;
  view.reset("{}", {}, e, tenant);
  for (const auto& [name, wanted] : expected.fields) {
    std::vector<std::string> got;
    if (name == "time")
      got.push_back(base::format_rfc3339(e.time));
    else
      for (const auto& value : view.find(base::field_name{name}))
        got.emplace_back(value.text);
    if (got != wanted)
      return fmt::format("{}: expected '{}', got '{}'", name, fmt::join(wanted, "', '"),
                         fmt::join(got, "', '"));
  }
  return {};
}

/// Whose the record is, as far as that is somebody else than `source`.
std::string claimed(std::string_view record, const std::string& source, const mapping_set& all) {
  if (const auto format = recognise(record); format != no_format)
    return fmt::format("format {} claims the record", formats()[format].name);
  std::vector<json_value> scratch;
  const auto* found = record.starts_with('{') ? all.recognise(record, scratch) : nullptr;
  if (found == nullptr)
    return "the record is not recognised";
  return found->name == source ? "" : fmt::format("source {} claims the record", found->name);
}

mapping_report judge(const mapping_case& c, const std::string& source, const mapping_set& all,
                     normaliser& with, const base::tenant_settings& tenant) {
  mapping_report out{source, c.name, c.where, false, {}};
  base::event_batch batch;
  // As from a file: what wraps the record is opened too.
  record_splitter splitter;
  verdict last;
  std::size_t count = 0;
  const record_splitter::sink sink = [&](const split_record& r) {
    ++count;
    out.what = claimed(r.text, source, all);
    last = with.run(r.text, batch);
  };
  splitter.push(c.record, sink);
  splitter.finish(sink);
  if (count != 1)
    out.what = fmt::format("expected one record, got {}", count);
  else if (!out.what.empty())
    return out;
  else if (last.what != c.expect.what)
    out.what = fmt::format("expected {}, got {}{}{}", name_of(c.expect.what), name_of(last.what),
                           last.reason.empty() ? "" : ": ", last.reason);
  else if (last.what != disposition::event)
    out.what = last.reason == c.expect.reason
                   ? std::string{}
                   : fmt::format("expected '{}', got '{}'", c.expect.reason, last.reason);
  else
    out.what = differences(c.expect, batch.events.front(), tenant);
  out.holds = out.what.empty();
  return out;
}

} // namespace

base::result<std::vector<mapping_report>>
run_mapping_cases(const mapping_file& file, const std::shared_ptr<const mapping_set>& all) {
  const auto wrong = [&](int line, const std::string& what) {
    return base::error{base::ec::malformed,
                       fmt::format("{}: line {}: {}", file.name, line, base::one_line(what))};
  };
  const auto compiled = compile_mapping(file);
  if (!compiled)
    return compiled.err();
  try {
    const auto cases = cases_of(file);
    const auto tenant = std::make_shared<const base::tenant_settings>();
    normaliser with{*taxonomy::load({}), nullptr, nullptr, tenant, all};
    std::vector<mapping_report> out;
    for (const auto& c : cases)
      out.push_back(judge(c, compiled->name, *all, with, *tenant));
    return out;
  } catch (const misread& m) {
    return wrong(m.line, m.what);
  } catch (const YAML::Exception& e) {
    return wrong(e.mark.line + 1, e.msg);
  }
}

} // namespace vedette::ingest

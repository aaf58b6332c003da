#include "io/clock/clock.hpp"
#include "nodes/client/alert_tally.hpp"
#include "nodes/client/render.hpp"
#include "nodes/client/trends_text.hpp"
#include "nodes/vedette/remote.hpp"
#include "respond/trends/trend_report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <tuple>

namespace vedette::cli {

namespace {

struct trend_flags {
  remote_flags remote;
  std::string tenant, since, until, severity, rule, from;
  std::string by = "month";
};

int ask_node(const trend_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  const auto found = node->get(client::path_with("/v1/trends", {{"tenant", f.tenant},
                                                                {"since", f.since},
                                                                {"until", f.until},
                                                                {"by", f.by},
                                                                {"severity", f.severity},
                                                                {"rule", f.rule}}));
  if (!found)
    return complain(found.err());
  const int code = print_one(f.remote, found->root(), client::trends_text);
  const auto silent = server::texts_at(found->root(), "unreachable");
  for (const auto& who : silent)
    std::fprintf(stderr, "vedette: %s did not answer; the report lacks it\n",
                 client::harmless(who).c_str());
  return silent.empty() ? code : unreachable;
}

base::result<respond::trend_table::question> question_of(const trend_flags& f) {
  respond::trend_table::question q;
  q.rule = f.rule;
  q.by = respond::parse_period(f.by).value_or(q.by);
  if (!f.severity.empty()) {
    const auto s = base::parse_severity(f.severity);
    if (!s)
      return base::error{
          base::ec::invalid_argument,
          fmt::format("--severity {}: not one of info, low, medium, high, critical", f.severity)};
    q.min_severity = *s;
  }
  for (const auto& [name, text, to] :
       {std::tuple{"--since", &f.since, &q.since}, std::tuple{"--until", &f.until, &q.until}}) {
    if (text->empty())
      continue;
    *to = respond::parse_day(*text);
    if (!*to)
      return base::error{base::ec::invalid_argument,
                         fmt::format("{} {}: not a day like 2026-01-02, nor a time like "
                                     "2026-01-02T03:04:05Z",
                                     name, *text)};
  }
  return q;
}

/// Lines that are no alerts: how many, and the first one's reason.
struct left_out {
  std::size_t lines = 0, first_line = 0;
  std::string why;
};

base::status count_lines(std::istream& in, client::alert_tally& to, left_out& bad) {
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    const auto ok = to.take(line);
    if (!ok && ok.err().code == base::ec::too_large)
      return ok;
    if (!ok && bad.lines++ == 0) {
      bad.first_line = number;
      bad.why = ok.err().context;
    }
  }
  if (in.bad())
    return base::error{base::ec::io, "reading alerts: the input broke off"};
  return {};
}

int count_file(const trend_flags& f) {
  auto question = question_of(f);
  if (!question)
    return complain(question.err());
  std::ifstream file;
  if (f.from != "-") {
    file.open(f.from);
    if (!file) {
      complain({base::ec::io, fmt::format("reading {}: it cannot be opened; --from takes what "
                                          "`vedette replay -o json` prints",
                                          f.from)});
      return input_trouble;
    }
  }
  client::alert_tally tally{io::real_clock().now()};
  left_out bad;
  if (auto ok = count_lines(f.from == "-" ? std::cin : file, tally, bad); !ok)
    return complain(ok.err());
  if (tally.alerts() == 0)
    return complain(
        {base::ec::malformed,
         bad.lines == 0
             ? fmt::format("reading {}: it holds no alert", f.from)
             : fmt::format("reading {}: none of {} lines is an alert; line {}: {}", f.from,
                           bad.lines, bad.first_line, client::harmless(bad.why))});
  base::json_writer w;
  respond::describe(respond::report_of(tally.table(std::move(*question), f.tenant)), {}, w);
  const auto doc = server::json_document::parse(w.text(), "the report");
  if (!doc)
    return complain(doc.err());
  const int code = print_one(f.remote, doc->root(), client::trends_text);
  if (bad.lines == 0)
    return code;
  std::fprintf(stderr, "vedette: %zu lines are no alerts and were left out; line %zu: %s\n",
               bad.lines, bad.first_line, client::harmless(bad.why).c_str());
  return input_trouble;
}

} // namespace

void add_trends(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand(
      "trends", "How many alerts there were, by severity and rule; growth, rises, daily averages");
  auto f = std::make_shared<trend_flags>();
  c->footer("Example: vedette trends --since 2024-01-01 --until 2025-01-01 --by month\n"
            "Offline: vedette replay ./logs/ -o json | vedette trends --from -");
  c->add_option("--tenant", f->tenant, "Only this tenant");
  c->add_option("--since", f->since, "Not before this day, UTC: 2024-01-01");
  c->add_option("--until", f->until, "Before this day, UTC");
  c->add_option("--by", f->by, "Periods to cut time into: day, week (ISO 8601) or month")
      ->check(CLI::IsMember({"day", "week", "month"}))
      ->capture_default_str();
  c->add_option("--severity", f->severity, "This or worse: info, low, medium, high, critical");
  c->add_option("--rule", f->rule, "Only this rule");
  c->add_option("--from", f->from,
                "Count the alerts of this file, a JSON object a line as `replay -o json` prints "
                "them, and ask no node; - for standard input")
      ->type_name("FILE");
  add_remote_options(*c, f->remote);
  c->callback(
      [f, &chosen] { chosen = [f] { return f->from.empty() ? ask_node(*f) : count_file(*f); }; });
}

} // namespace vedette::cli

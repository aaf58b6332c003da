#include "nodes/client/trends_text.hpp"

#include "nodes/client/render.hpp"
#include "respond/trends/periods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace vedette::client {

namespace {

using server::json_value;
using server::list_at;
using server::number_at;
using server::text_at;
using rows = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell; the first `names` of them hold words, the others figures.
std::string columns(const rows& all, std::size_t names) {
  std::vector<std::size_t> width;
  for (const auto& row : all) {
    width.resize(std::max(width.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      width[i] = std::max(width[i], row[i].size());
  }
  std::string out;
  for (const auto& row : all) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i < names ? fmt::format("{:<{}}  ", row[i], width[i])
                        : fmt::format("{:>{}}  ", row[i], width[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::optional<double> figure_at(json_value v, std::string_view path) {
  const auto found = server::at(v, path);
  double out = 0;
  if (!found || found->get(out) != simdjson::SUCCESS)
    return std::nullopt;
  return out;
}

std::string decimals(json_value v, std::string_view path, double divided_by = 1) {
  const auto f = figure_at(v, path);
  return f ? fmt::format("{:.2f}", *f / divided_by) : "-";
}

std::string share(json_value v) {
  return fmt::format("{:.1f} %", figure_at(v, "share_percent").value_or(0));
}

std::string growth(json_value v) {
  if (const auto percent = figure_at(v, "growth.percent"))
    return fmt::format("{:+.1f} %", *percent);
  return number_at(v, "growth.to") > 0 ? "new" : "-";
}

/// One row below the periods: what each of the lines says.
template <class Say>
std::vector<std::string> across(std::string name, const std::vector<json_value>& lines, Say say) {
  std::vector<std::string> row{std::move(name)};
  for (const auto line : lines)
    row.push_back(say(line));
  return row;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string period_table(json_value v) {
  std::vector<json_value> lines;
  rows out{{"PERIOD", "ALERTS"}};
  if (const auto all = server::at(v, "all"))
    lines.push_back(*all);
  for (const auto s : list_at(v, "severities")) {
    lines.push_back(s);
    out.front().push_back(upper(text_at(s, "severity")));
  }
  rows counts;
  for (const auto line : lines)
    counts.push_back(server::texts_at(line, "periods"));
  const auto periods = list_at(v, "periods");
  bool partial = false;
  for (std::size_t i = 0; i < periods.size(); ++i) {
    const bool whole = server::flag_at(periods[i], "whole");
    partial = partial || !whole;
    std::vector<std::string> row{text_at(periods[i], "name") + (whole ? "" : " *")};
    for (const auto& c : counts)
      row.push_back(i < c.size() ? c[i] : "-");
    out.push_back(std::move(row));
  }
  out.push_back(across("together", lines, [](json_value l) { return text_at(l, "alerts"); }));
  out.push_back(across("per day", lines, [](json_value l) { return decimals(l, "per_day"); }));
  out.push_back(across("growth", lines, growth));
  return columns(out, 1) + (partial ? "* not whole, and no part of growth\n" : "");
}

/// The tables of the threat report: who alerts how often a day, most first, for each severity.
std::string rule_table(json_value v, std::size_t tenants) {
  rows out{{"SEVERITY", "RULE", "ALERTS", "PER DAY", "SHARE", "GROWTH"}};
  if (tenants > 1)
    out.front().emplace_back("PER DAY AND TENANT");
  const auto row = [&](std::string severity, json_value of, std::string name, std::string part) {
    out.push_back({std::move(severity), harmless(name), text_at(of, "alerts"),
                   decimals(of, "per_day"), std::move(part), growth(of)});
    if (tenants > 1)
      out.back().push_back(decimals(of, "per_day", static_cast<double>(tenants)));
  };
  for (const auto s : list_at(v, "severities")) {
    const auto severity = text_at(s, "severity");
    for (const auto r : list_at(s, "rules"))
      row(severity, r, text_at(r, "rule"), share(r));
    row(severity, s, "together", "100.0 %");
  }
  return columns(out, 2);
}

std::string peak_table(json_value v) {
  rows out{{"MONTH", "OF", "FROM", "TO", "RISE"}};
  for (const auto p : list_at(v, "peaks"))
    out.push_back({text_at(p, "month"), harmless(text_at(p, "name")), text_at(p, "growth.from"),
                   text_at(p, "growth.to"), growth(p)});
  return out.size() > 1 ? columns(out, 2) : "None between two whole months.\n";
}

std::string share_table(json_value v, std::string_view list, std::string_view name) {
  rows out{{upper(std::string{name}), "ALERTS", "PER DAY", "SHARE", "GROWTH"}};
  for (const auto l : list_at(v, list))
    out.push_back({harmless(text_at(l, name)), text_at(l, "alerts"), decimals(l, "per_day"),
                   share(l), growth(l)});
  return columns(out, 1);
}

/// "growth from 2024-01 to 2024-12"
std::string compared(json_value v) {
  std::vector<std::string> whole;
  for (const auto p : list_at(v, "periods"))
    if (server::flag_at(p, "whole"))
      whole.push_back(text_at(p, "name"));
  return whole.size() < 2 ? "no two whole ones to compare"
                          : fmt::format("growth from {} to {}", whole.front(), whole.back());
}

} // namespace

std::string trends_text(json_value v) {
  const auto until = respond::parse_day(text_at(v, "until"));
  const auto last = until ? respond::to_date(*until - 1) : std::string{"?"};
  const auto tenants = list_at(v, "tenants").size();
  auto out = fmt::format("Alerts from {} to {} UTC, by {}; {}\n", text_at(v, "since"), last,
                         text_at(v, "by"), compared(v));
  if (const auto exact = text_at(v, "exact_from"); !exact.empty())
    out += fmt::format("Before {} there may have been more: they were not counted yet\n", exact);
  if (number_at(v, "all.alerts") == 0)
    return out + "No alerts.\n";
  out += "\n" + period_table(v) + "\nDaily averages\n" + rule_table(v, tenants);
  out += "\nLargest rises from one month to the next\n" + peak_table(v);
  out += "\nBy resource class\n" + share_table(v, "resource_classes", "class");
  if (tenants > 1)
    out += "\nBy tenant\n" + share_table(v, "tenants", "tenant");
  return out;
}

} // namespace vedette::client

#include "nodes/vedette/output/format.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace vedette::cli {

namespace {

/// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string cut(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  if (text.size() <= table::cell_max)
    return text;
  auto end = table::cell_max - 1;
  while (end > 0 && (text[end] & 0xc0) == 0x80)
    --end;
  return text.substr(0, end) + "…";
}

const char* colour_of(std::string_view cell) {
  if (cell == "critical" || cell == "high")
    return "\033[31m";
  if (cell == "medium")
    return "\033[33m";
  if (cell == "low" || cell == "info")
    return "\033[36m";
  return nullptr;
}

} // namespace

table::table(std::vector<std::string> heading) : heading_{std::move(heading)} {}

void table::row(std::vector<std::string> cells) {
  for (auto& c : cells)
    c = cut(std::move(c));
  cells.resize(heading_.size());
  rows_.push_back(std::move(cells));
}

std::string table::text(bool colour) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < heading_.size(); ++i) {
    auto w = width(heading_[i]);
    for (const auto& r : rows_)
      w = std::max(w, width(r[i]));
    widths.push_back(w);
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells, bool head) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const char* paint = !colour ? nullptr : head ? "\033[1m" : colour_of(cells[i]);
      if (paint != nullptr)
        out += paint;
      out += cells[i];
      if (paint != nullptr)
        out += "\033[0m";
      if (i + 1 < cells.size())
        out.append(widths[i] - width(cells[i]) + 2, ' ');
    }
    out += '\n';
  };
  line(heading_, true);
  for (const auto& r : rows_)
    line(r, false);
  return out;
}

void table::print() const {
  const auto all = text(wants_colour());
  std::fwrite(all.data(), 1, all.size(), stdout);
}

bool wants_colour() {
  return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

std::string local_time(long long seconds_since_1970) {
  const auto t = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  localtime_r(&t, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

} // namespace vedette::cli

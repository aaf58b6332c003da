#include "io/kafka/consumer.hpp"

#include "base/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vedette::io {

namespace {

/// What would break a promise: positions are ours to commit, and the group has its own option.
constexpr std::array<std::string_view, 6> ours{"enable.auto.commit",   "enable.auto.offset.store",
                                               "enable.partition.eof", "group.id",
                                               "bootstrap.servers",    "metadata.broker.list"};

} // namespace

base::result<std::map<std::string, std::string>> read_kafka_settings(std::string_view text,
                                                                     std::string_view what) {
  std::map<std::string, std::string> out;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = base::trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#')
      continue;
    const auto equals = line.find('=');
    const auto name = base::trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || name.empty())
      return base::error{
          base::ec::invalid_argument,
          fmt::format("{}: line {}: write NAME=VALUE, with the names of librdkafka", what, number)};
    if (std::ranges::find(ours, name) != ours.end())
      return base::error{
          base::ec::invalid_argument,
          fmt::format("{}: line {}: {} is set by the command itself", what, number, name)};
    out[std::string{name}] = base::trimmed(line.substr(equals + 1));
  }
  return out;
}

} // namespace vedette::io

#include "tests/processes/sent.hpp"

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <optional>

namespace vedette::test {

namespace {

std::optional<std::uint64_t> number(const std::string& json, const std::string& name) {
  const auto key = "\"" + name + "\":";
  const auto from = json.find(key);
  if (from == std::string::npos)
    return std::nullopt;
  return std::strtoull(json.c_str() + from + key.size(), nullptr, 10);
}

} // namespace

std::uint64_t figure(const std::string& json, const std::string& name) {
  INFO(name << " in: " << json);
  const auto found = number(json, name);
  REQUIRE(found);
  return *found;
}

std::uint64_t sum_of_partitions(const node_address& at, const std::string& data,
                                const std::string& name) {
  const auto said = run({program("vedette"), "partitions", "-o", "json", "--data-dir", data,
                         "--server", at.server()});
  std::uint64_t sum = 0;
  for (const auto& line : lines_of(said.out))
    sum += number(line, name).value_or(0);
  return sum;
}

} // namespace vedette::test

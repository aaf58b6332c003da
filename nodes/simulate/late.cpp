#include "nodes/simulate/late.hpp"

#include "base/assert.hpp"
#include "nodes/simulate/generator.hpp"

#include <algorithm>

namespace vedette::simulate {

namespace {

// With a file's five minutes this keeps every record within 17 minutes of its event.
constexpr std::uint64_t delay_seconds_max = 9 * 60;
constexpr std::chrono::seconds repeat_after{3 * 60};
constexpr std::uint32_t repeated_one_in = 200;

} // namespace

late_delivery::late_delivery(std::uint64_t seed)
    : seed_{splitmix(seed ^ 0x1a7e)}, random_{seed, 3} {}

void late_delivery::add(base::event_time due, std::uint32_t tenant, std::string& record) {
  std::uint32_t at;
  if (free_.empty()) {
    at = static_cast<std::uint32_t>(texts_.size());
    texts_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  texts_[at].swap(record);
  record.clear();
  waiting_.push_back({due, random_.next(), tenant, at});
  std::push_heap(waiting_.begin(), waiting_.end(), later);
}

void late_delivery::push(std::uint32_t tenant, std::uint32_t account, base::event_time time,
                         std::string& record) {
  const auto file = std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<300>>>(time);
  const std::uint64_t which = splitmix(
      seed_ ^ splitmix(static_cast<std::uint64_t>(file.time_since_epoch().count()) * 8 + account) ^
      (std::uint64_t{tenant} << 40));
  const base::event_time due =
      file + std::chrono::minutes{5} + std::chrono::seconds{30 + which % (delay_seconds_max - 30)};
  if (random_.one_in(repeated_one_in)) {
    std::string copy{record};
    add(due + repeat_after, tenant, copy);
  }
  add(due, tenant, record);
}

bool late_delivery::ready(base::event_time now) const {
  return !waiting_.empty() && (waiting_.front().due <= now || waiting_.size() >= late_records_max);
}

void late_delivery::pop(std::uint32_t& tenant, std::string& record) {
  VEDETTE_ASSERT(!waiting_.empty());
  std::pop_heap(waiting_.begin(), waiting_.end(), later);
  const item next = waiting_.back();
  waiting_.pop_back();
  tenant = next.tenant;
  record.swap(texts_[next.text]);
  free_.push_back(next.text);
}

} // namespace vedette::simulate

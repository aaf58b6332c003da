// The log records that were read last, unpacked.
//
// A record holds entries of many partitions, and each partition is read by itself: without this,
// whoever reads a thousand partitions unpacks every record a thousand times. Readers that run side
// by side stay together, because the one in front has to unpack. Bounded by bytes; any thread.
#pragma once

#include "schemas/codec/record_codec.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace vedette::state {

class record_cache {
 public:
  using record_ptr = std::shared_ptr<const schemas::log_record>;

  explicit record_cache(std::size_t bytes) : bytes_max_{bytes} {}

  /// Null when it is not here.
  [[nodiscard]] record_ptr find(std::uint64_t number) {
    const std::scoped_lock lock{mutex_};
    const auto at = by_number_.find(number);
    if (at == by_number_.end())
      return nullptr;
    items_.splice(items_.begin(), items_, at->second);
    return at->second->record;
  }
  void put(std::uint64_t number, record_ptr record) {
    std::size_t bytes = sizeof(item);
    for (const auto& e : record->entries)
      bytes += sizeof e + e.body.capacity();
    const std::scoped_lock lock{mutex_};
    if (bytes > bytes_max_ || by_number_.contains(number))
      return;
    items_.push_front({number, bytes, std::move(record)});
    by_number_.emplace(number, items_.begin());
    for (bytes_ += bytes; bytes_ > bytes_max_; items_.pop_back()) {
      bytes_ -= items_.back().bytes;
      by_number_.erase(items_.back().number);
    }
  }
  [[nodiscard]] std::size_t bytes() const {
    const std::scoped_lock lock{mutex_};
    return bytes_;
  }

 private:
  struct item {
    std::uint64_t number = 0;
    std::size_t bytes = 0;
    record_ptr record;
  };

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  // Below: protected by mutex_.
  std::list<item> items_; ///< read last comes first
  std::unordered_map<std::uint64_t, std::list<item>::iterator> by_number_;
  std::size_t bytes_ = 0;
};

} // namespace vedette::state

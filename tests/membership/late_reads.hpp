// A coordinator that keeps the answers to `reread` back until it is told to give them.
#pragma once

#include "tests/membership/passing.hpp"

#include <atomic>

namespace vedette::membership::testing {

class late_reads final : public passing {
 public:
  struct control {
    std::atomic<bool> hold{true};
    std::atomic<int> held{0}, given{0};
  };
  late_reads(std::unique_ptr<io::coordinator> inner, std::shared_ptr<control> by)
      : passing{std::move(inner)}, by_{std::move(by)} {}

  std::vector<io::coordinator_event> poll(base::duration wait) override {
    std::vector<io::coordinator_event> out;
    if (!by_->hold) {
      out = std::exchange(held_, {});
      by_->given += static_cast<int>(out.size());
    }
    for (auto& e : passing::poll(wait)) {
      const bool keep = by_->hold && std::holds_alternative<io::partition_read>(e);
      (keep ? held_ : out).push_back(std::move(e));
    }
    by_->held = static_cast<int>(held_.size());
    return out;
  }

 private:
  std::shared_ptr<control> by_;
  std::vector<io::coordinator_event> held_;
};

} // namespace vedette::membership::testing

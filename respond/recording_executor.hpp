// The executor of dry runs: says what would have been called and calls nothing. Serves every step
// kind. Pure but for its record of the last calls, which tests and `actions show` read; bounded by
// the capacity given, the oldest leave first. Not thread-safe.
#pragma once

#include "respond/executor.hpp"

#include <cstddef>
#include <deque>

namespace vedette::respond {

class recording_executor final : public executor {
 public:
  struct record {
    std::string action;
    bool reverted = false;
    std::vector<vendor_call> calls;
  };

  explicit recording_executor(std::size_t capacity = 256) : capacity_{capacity} {}

  base::result<prior_values> read(const action& a, const execution_context& c) override;
  step_answer execute(const action& a, const prior_values& prior,
                      const execution_context& c) override;
  /// `unknown`: nothing was changed, so there is nothing to ask about.
  verdict verify(const action& a, const execution_context& c) override;
  step_answer revert(const action& a, const prior_values& prior,
                     const execution_context& c) override;

  [[nodiscard]] const std::deque<record>& records() const noexcept { return records_; }

 private:
  step_answer note(const action& a, bool reverted, const std::vector<vendor_call>& calls,
                   const execution_context& c);

  std::size_t capacity_;
  std::deque<record> records_;
};

/// "would call iam:PutRolePolicy, iam:UpdateAccessKey"; what a dry run answers.
[[nodiscard]] std::string would_call(const std::vector<vendor_call>& calls);

} // namespace vedette::respond

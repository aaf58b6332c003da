// A coordinator whose watch is quicker than its answers: whoever makes the table anew hears that it
// was made anew before it hears that it was by itself.
#pragma once

#include "tests/membership/passing.hpp"

namespace vedette::membership::testing {

class late_claim final : public passing {
 public:
  using passing::passing;

  io::call_id open(const io::open_request& r) override {
    const auto call = passing::open(r);
    if (r.anew && claim_ == 0)
      claim_ = call;
    return call;
  }
  std::vector<io::coordinator_event> poll(base::duration wait) override {
    auto out = std::exchange(held_, {});
    for (auto& e : passing::poll(wait)) {
      const auto* opened = std::get_if<io::cluster_opened>(&e);
      if (opened == nullptr || opened->call != claim_ || claim_ == 0) {
        out.push_back(std::move(e));
        continue;
      }
      held_.push_back(std::move(e));
      out.push_back(io::coordinator_estranged{io::estrangement::rebuilt, "its table was rebuilt"});
    }
    return out;
  }

 private:
  io::call_id claim_ = 0;
  std::vector<io::coordinator_event> held_;
};

} // namespace vedette::membership::testing

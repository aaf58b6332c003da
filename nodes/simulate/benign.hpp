// The everyday stream: at any moment some identities of a tenant are at work, each on a short
// stretch of its habit; which kinds are at work follows the tenant's local time.
//
// Event times are even within ten-minute slots whose size follows the world's working day. Holds a
// few dozen stretches per tenant whatever the number of events. Called by the generator only.
#pragma once

#include "nodes/simulate/habits.hpp"
#include "nodes/simulate/world.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace vedette::simulate {

class benign_stream {
 public:
  benign_stream(world& all, const options& o, std::uint64_t records);

  [[nodiscard]] bool done() const { return sent_ == records_; }
  /// Event time of the next record. Requires !done().
  [[nodiscard]] base::event_time due() const { return due_; }
  /// Fills `c` with it. Requires !done().
  void act(call& c);

 private:
  struct stretch {
    identity* who = nullptr;
    const habit* doing = nullptr;
    std::uint32_t left = 0, line = 0;
    std::uint8_t which = 0; ///< session
    bool abroad = false;    ///< in the tenant's second region
  };

  void advance();
  [[nodiscard]] bool gone_home(const tenant& t, const stretch& s) const;
  void begin_stretch(tenant& t, stretch& s);
  void use_habit(call& c, stretch& s);
  void use_endpoint(call& c);
  void mint(call& c, const session& fresh);

  world* all_;
  prng random_;
  std::uint64_t records_, sent_ = 0;
  base::event_time start_, due_;
  base::duration span_;
  std::vector<std::vector<stretch>> at_work_; ///< per tenant
  std::uint64_t slot_ = 0, slot_end_ = 0,
                slot_begin_ = 0; ///< record numbers the current slot spans
  std::uint64_t weight_total_ = 0, weight_done_ = 0;
};

} // namespace vedette::simulate

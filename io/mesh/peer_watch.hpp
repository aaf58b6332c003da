// Whether one peer is alive, and which process of its node speaks. No socket and no clock in here.
//
// Alive means both ways: our control connection to it is up, and since then frames came in which it
// says that it hears this very process, the last of them less than `silence` ago. A cut in one
// direction is therefore seen on both sides. Remembers the last few processes of the node, so that
// what an old one sent late is told apart. Owned by the mesh's thread, one per peer. O(1).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace vedette::io {

class peer_watch {
 public:
  using instant = std::chrono::steady_clock::time_point;

  peer_watch(std::uint64_t process, std::chrono::milliseconds silence)
      : silence_{silence}, process_{process} {}

  enum class change : std::uint8_t {
    none,
    restarted, ///< another process than before: what was said to the old one is void
    former,    ///< one that was before the present one: to be ignored
  };
  /// The membership record or a frame names a process; 0 says nothing. The first is no restart.
  change process_is(std::uint64_t process);
  /// A frame came; `hears_us`: it says that the peer heard this very process of late.
  void heard(bool hears_us, instant now);
  void connected(instant now);
  void disconnected(std::string why);
  /// This thread was held up for so long: the silence was our own.
  void held_up(std::chrono::steady_clock::duration by);

  /// What our frames tell it.
  [[nodiscard]] bool hears(instant now) const { return fresh(heard_, now); }
  [[nodiscard]] bool alive(instant now) const;
  /// Why it is not alive, for people.
  [[nodiscard]] std::string why(instant now) const;
  /// The connection has been up for `silence` without the peer being alive: it may be one that goes
  /// nowhere.
  [[nodiscard]] bool fruitless(instant now) const;
  /// When `alive` or `fruitless` may next become something else by the passing of time alone.
  [[nodiscard]] std::optional<instant> next() const;

  [[nodiscard]] std::uint64_t process() const noexcept { return process_; }
  [[nodiscard]] std::optional<instant> last_heard() const noexcept { return heard_; }

 private:
  [[nodiscard]] bool fresh(const std::optional<instant>& t, instant now) const {
    return t && now - *t <= silence_;
  }

  const std::chrono::milliseconds silence_;
  std::uint64_t process_;
  std::array<std::uint64_t, 8> former_{}; ///< a ring
  std::size_t former_next_ = 0;
  std::optional<instant> heard_;     ///< of the present process
  std::optional<instant> answered_;  ///< it said that it hears us, on the present connection
  std::optional<instant> connected_; ///< our control connection
  std::string lost_ = "not connected yet";
};

} // namespace vedette::io

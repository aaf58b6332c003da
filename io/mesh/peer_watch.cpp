#include "io/mesh/peer_watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vedette::io {

peer_watch::change peer_watch::process_is(std::uint64_t process) {
  if (process == 0 || process == process_)
    return change::none;
  if (std::ranges::find(former_, process) != former_.end())
    return change::former;
  const auto before = std::exchange(process_, process);
  if (before == 0)
    return change::none;
  former_[former_next_++ % former_.size()] = before;
  heard_.reset();
  answered_.reset();
  lost_ = "it was started anew";
  return change::restarted;
}

void peer_watch::heard(bool hears_us, instant now) {
  heard_ = now;
  if (hears_us && connected_)
    answered_ = now;
}

void peer_watch::connected(instant now) {
  connected_ = now;
}

void peer_watch::disconnected(std::string why) {
  connected_.reset();
  answered_.reset();
  lost_ = std::move(why);
}

void peer_watch::held_up(std::chrono::steady_clock::duration by) {
  for (auto* t : {&heard_, &answered_, &connected_})
    if (*t)
      **t += by;
}

bool peer_watch::alive(instant now) const {
  return connected_ && fresh(heard_, now) && fresh(answered_, now);
}

std::string peer_watch::why(instant now) const {
  if (!connected_)
    return lost_;
  if (!fresh(heard_, now))
    return fmt::format("nothing was heard from it for {} ms", silence_.count());
  return fmt::format("it has not heard this node for {} ms", silence_.count());
}

bool peer_watch::fruitless(instant now) const {
  return connected_ && now - *connected_ > silence_ && !alive(now);
}

std::optional<peer_watch::instant> peer_watch::next() const {
  if (!connected_)
    return std::nullopt;
  // One tick more than the limit, because being at it is still in time.
  const auto end = [&](instant from) { return from + silence_ + std::chrono::milliseconds{1}; };
  if (!answered_ || !heard_)
    return end(*connected_);
  return end(std::min(*heard_, *answered_));
}

} // namespace vedette::io

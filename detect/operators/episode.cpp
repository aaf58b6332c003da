#include "detect/operators/episode.hpp"

#include "base/limits.hpp"

#include <algorithm>

namespace vedette::detect {

void episode::merge(const episode& other) {
  if (!other.open())
    return;
  if (!open()) {
    *this = other;
    return;
  }
  const bool stronger = other.severity != severity ? other.severity > severity
                                                   : (other.values != values ? other.values > values
                                                                             : other.since < since);
  if (stronger) {
    severity = other.severity;
    why = other.why;
    values = other.values;
    usual = other.usual;
    complete = other.complete;
  }
  since = std::min(since, other.since);
  first = std::min(first, other.first);
  last = std::max(last, other.last);
  last_verdict = std::max(last_verdict, other.last_verdict);
  count += other.count;
  verdicts += other.verdicts;
  late = late || other.late;
  merge_samples(samples, other.samples, base::limits::alert_events);
}

bool episode_pair::add(episode one, base::duration quiet, episode& retired) {
  bool retires = false;
  const auto joins = [&](const episode& other) {
    return other.open() && !apart(other.last_verdict, one.since, quiet) &&
           !apart(one.last_verdict, other.since, quiet);
  };
  if (joins(current_)) {
    one.ordinal = current_.ordinal;
    current_.merge(one);
  } else if (joins(next_)) {
    one.ordinal = next_.ordinal;
    next_.merge(one);
  } else if (!current_.open()) {
    one.ordinal = 1;
    current_ = std::move(one);
  } else if (one.since > current_.last_verdict) {
    if (next_.open()) {
      retires = true;
      retired = std::move(current_);
      current_ = std::move(next_);
    }
    one.ordinal = current_.ordinal + 1;
    next_ = std::move(one);
  }
  // A stretch older than everything remembered is later than allowed; it changes no episode.
  if (next_.open() && !apart(current_.last_verdict, next_.since, quiet)) {
    next_.ordinal = current_.ordinal;
    current_.merge(next_);
    next_ = episode{};
  }
  return retires;
}

episode_pair episode_pair::restore(episode current, episode next) {
  episode_pair out;
  out.current_ = std::move(current);
  out.next_ = std::move(next);
  return out;
}

} // namespace vedette::detect

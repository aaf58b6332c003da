#include "detect/operators/single_state.hpp"

#include "base/limits.hpp"
#include "detect/operators/adjust.hpp"

#include <algorithm>

namespace vedette::detect {

std::optional<single_verdict> judge_levels(const rule& of, const std::vector<level>& levels,
                                           std::uint32_t marks) {
  std::optional<single_verdict> out;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto& l = levels[i];
    if ((marks & l.marks) == l.marks && (marks & l.without) == 0 &&
        (!out || l.severity > out->severity))
      out = single_verdict{l.severity, static_cast<int>(i)};
  }
  if (out)
    out->severity = adjusted(of, out->severity, marks);
  return out;
}

std::optional<single_verdict> judge_single(const rule& of, const single_operator& op,
                                           std::uint32_t marks) {
  // A plain Sigma rule has no levels: its selection is the verdict.
  if (op.levels.empty())
    return single_verdict{adjusted(of, of.severity, marks), reason::none};
  return judge_levels(of, op.levels, marks);
}

added single_state::add(const rule& of, const single_operator& op, const base::event& e,
                        const base::match& m, bool late) {
  added out;
  const auto v = judge_single(of, op, m.marks);
  if (!v)
    return out;
  out.news = true;
  episode one;
  one.since = one.first = one.last = one.last_verdict = e.time;
  one.count = one.verdicts = 1;
  one.severity = v->severity;
  one.why = {v->level, reason::none};
  one.late = late;
  auto shown = sample_fields::of(e);
  shown.record = e.evidence;
  one.samples.emplace_back(shown);
  out.retires = episodes_.add(std::move(one), of.quiet, out.retired);
  return out;
}

single_state single_state::restore(episode_pair episodes) {
  single_state out;
  out.episodes_ = std::move(episodes);
  return out;
}

} // namespace vedette::detect

#include "ingest/mapping/value_plan.hpp"

namespace vedette::ingest {

std::size_t value_plan::add(const std::vector<std::string>& steps) {
  for (std::size_t i = 0; i < pointers_.size(); ++i)
    if (pointers_[i].steps == steps)
      return i;
  path made{steps, {}};
  auto at = nowhere;
  for (const auto& step : steps) {
    if (at != nowhere && selects_elements(step))
      break;
    auto next = child(at, step);
    if (next == nowhere) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
      (at == nowhere ? root_ : nodes_[at].children).add(step, next);
    }
    at = next;
    made.nodes.push_back(at);
  }
  nodes_[at].wanted = true;
  pointers_.push_back(std::move(made));
  return pointers_.size() - 1;
}

} // namespace vedette::ingest

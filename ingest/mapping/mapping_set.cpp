#include "ingest/mapping/mapping_set.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::ingest {

namespace {

bool bears(const json_value& member, const condition<marked_member>& mark) {
  bool holds = false, any = false;
  visit_path(member, mark.where.steps, [&](const json_value& v) {
    if (holds || v.kind == json_kind::null)
      return;
    const auto text = v.kind == json_kind::text ? v.inner() : v.raw;
    if (text.empty())
      return;
    any = true;
    holds = any_holds(mark.any_of, text);
  });
  return holds || (!any && std::ranges::any_of(mark.any_of,
                                               [](const auto& p) { return p.wants_nothing(); }));
}

} // namespace

base::result<std::shared_ptr<const mapping_set>>
mapping_set::load(const std::vector<mapping_file>& files) {
  auto out = std::make_shared<mapping_set>();
  for (const auto& file : files) {
    auto made = compile_mapping(file);
    if (!made)
      return made.err();
    for (const auto& known : out->sources_)
      if (known.name == made->name)
        return base::error{base::ec::malformed,
                           fmt::format("{}: line 1: source: another file describes '{}' already",
                                       file.name, made->name)};
    out->sources_.push_back(std::move(*made));
  }
  std::ranges::sort(out->sources_, {}, &source_mapping::name);
  out->index();
  return std::shared_ptr<const mapping_set>{std::move(out)};
}

void mapping_set::index() {
  for (std::size_t i = 0; i < sources_.size(); ++i)
    for (const auto& marks : sources_[i].marks) {
      auto& c = candidates_.emplace_back(candidate{i, &marks, {}});
      for (const auto& mark : marks) {
        auto place = members_.find(mark.where.member);
        if (place == name_index::nowhere) {
          place = member_count_++;
          members_.add(mark.where.member, place);
        }
        c.members.push_back(place);
      }
    }
  std::ranges::stable_sort(candidates_, std::ranges::greater{},
                           [](const candidate& c) { return c.marks->size(); });
}

const source_mapping* mapping_set::owner_of(const std::vector<json_value>& members) const {
  const auto borne = [&](const candidate& c) {
    for (std::size_t i = 0; i < c.members.size(); ++i)
      if (!bears(members[c.members[i]], (*c.marks)[i]))
        return false;
    return true;
  };
  const auto found = std::ranges::find_if(candidates_, borne);
  return found == candidates_.end() ? nullptr : &sources_[found->source];
}

} // namespace vedette::ingest

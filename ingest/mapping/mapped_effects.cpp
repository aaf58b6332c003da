#include "ingest/mapping/mapped_effects.hpp"

namespace vedette::ingest {

namespace {

using base::grant_class;
using base::target_class;
using std::string_view;

string_view domain_of(string_view address) noexcept {
  const auto at = address.rfind('@');
  return at == string_view::npos ? string_view{} : address.substr(at + 1);
}

} // namespace

reached mapped_words::whom(string_view target) const {
  if (any_holds(mapping_.everyone, target))
    return {"*", target_class::everyone};
  if (any_holds(mapping_.empty, target))
    return {};
  if (any_holds(mapping_.own, target))
    return {target, target_class::own};
  const auto domain = domain_of(target);
  const auto whom = domain.empty() ? target : domain;
  const bool own = is_own(whom, event_, tenant_) || whom == domain_of(event_.identity) ||
                   whom == domain_of(event_.identity_name);
  return {whom, own ? target_class::own : target_class::foreign};
}

grant_class mapped_words::grants(const json_value& policy, const reach_sink&,
                                 base::arena& memory) const {
  const auto text = scalar_of(policy, memory);
  if (text.empty())
    return grant_class::none;
  return any_holds(mapping_.admin, text) ? grant_class::admin : grant_class::limited;
}

void mapped_words::list_resources(value_list& out, base::arena&) const {
  values_.each(mapping_.resources, [&](string_view text) { out.add(text); });
}

} // namespace vedette::ingest

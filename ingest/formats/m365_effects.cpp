#include "ingest/formats/m365_effects.hpp"

#include "ingest/formats/microsoft.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

using base::target_class;
using std::string_view;
using mf = m365_field;

constexpr std::array<string_view, 5> forwarding{"ForwardTo", "ForwardAsAttachmentTo", "RedirectTo",
                                                "ForwardingSmtpAddress", "ForwardingAddress"};

/// "smtp:eve@evil.example" and "guest_evil.example#EXT#@contoso.example" -> the domain in them.
string_view m365_domain_of(string_view address) noexcept {
  if (const auto ext = address.find("#EXT#"); ext != string_view::npos) {
    const auto mail = address.substr(0, ext);
    return mail.substr(mail.rfind('_') + 1);
  }
  const auto at = address.rfind('@');
  if (at == string_view::npos)
    return {};
  const auto domain = address.substr(at + 1);
  return domain.substr(0, domain.find_first_of(" >\"];"));
}

} // namespace

reached m365_words::whom(string_view target) const {
  if (target.starts_with("AnonymousLink") || same_word(target, "Everyone") || target == "Anonymous")
    return {"*", target_class::everyone};
  const auto domain = m365_domain_of(target);
  if (domain.empty())
    return {};
  const bool own = same_word(domain, m365_domain_of(event_.identity)) ||
                   is_own(domain, event_, tenant_) ||
                   std::ranges::any_of(tenant_.accounts,
                                       [&](const auto& mine) { return same_word(mine, domain); });
  return {domain, own ? target_class::own : target_class::foreign};
}

base::grant_class m365_words::grants(const json_value& policy, const reach_sink& reach,
                                     base::arena& memory) const {
  const auto name = member(policy, "Name").inner();
  if (std::ranges::find(forwarding, name) != forwarding.end())
    reach(text_of(member(policy, "Value"), memory));
  return base::grant_class::none;
}

void m365_words::list_resources(value_list& out, base::arena& memory) const {
  for (auto field : {mf::object, mf::mailbox_owner, mf::site})
    if (const auto text = record_.text(field, memory); !text.empty() && text != "Not Available")
      return out.add(text);
}

} // namespace vedette::ingest

#include "ingest/formats/aws_effects.hpp"

#include "ingest/iam_policy.hpp"

namespace vedette::ingest {

namespace {

using base::target_class;
using std::string_view;

/// Everybody, in the words of the various services.
bool is_everyone_in_aws(string_view text) noexcept {
  return text == "all" || text == "*" || text == "public-read" || text == "public-read-write" ||
         text == "authenticated-read" || text.ends_with("/global/AllUsers") ||
         text.ends_with("/global/AuthenticatedUsers");
}

} // namespace

reached aws_words::whom(string_view target) const {
  if (is_everyone_in_aws(target))
    return {"*", target_class::everyone};
  const auto account = account_in(target);
  if (account.empty())
    return {};
  return {account, is_own(account, event_, tenant_) ? target_class::own : target_class::foreign};
}

base::grant_class aws_words::grants(const json_value& policy, const reach_sink& reach,
                                    base::arena& memory) const {
  // Bucket policies are logged as JSON, all others as text that holds JSON.
  const auto text = policy.kind == json_kind::object ? policy.raw : scalar_of(policy, memory);
  if (text.starts_with("arn:"))
    return judge_policy_arn(text);
  return judge_policy_document(
      text, [&](string_view account) { return is_own(account, event_, tenant_); }, reach, memory);
}

void aws_words::list_resources(value_list& out, base::arena& memory) const {
  if (record_.resources.kind != json_kind::array || record_.resources.raw.size() <= 2)
    return;
  for (element_reader e{record_.resources}; e.next();) {
    for (member_reader m{e.value()}; m.next();) {
      if (m.key() == "ARN" || m.key() == "arn") {
        out.add(text_of(m.value(), memory));
        break;
      }
    }
  }
}

} // namespace vedette::ingest

#include "ingest/formats/kubernetes_effects.hpp"

#include "ingest/joined.hpp"

#include <algorithm>

namespace vedette::ingest {

namespace {

using base::grant_class;
using std::string_view;

bool opens_channel(string_view subresource) noexcept {
  return subresource == "exec" || subresource == "attach" || subresource == "portforward" ||
         subresource == "proxy";
}

bool is_everyone_in_cluster(string_view subject) noexcept {
  return subject == "system:anonymous" || subject == "system:unauthenticated" ||
         subject == "system:authenticated";
}

/// Everything, or the right to give oneself everything.
grant_class judge_rule(const json_value& rule) noexcept {
  const auto verbs = member(rule, "verbs");
  const auto resources = member(rule, "resources");
  if (has_element(verbs, "escalate") || has_element(verbs, "bind") ||
      has_element(verbs, "impersonate"))
    return grant_class::admin;
  return has_element(verbs, "*") && has_element(resources, "*") ? grant_class::admin
                                                                : grant_class::limited;
}

} // namespace

string_view kubernetes_action(string_view verb, const kubernetes_object& object,
                              base::arena& memory) {
  if (object.resource.empty())
    return joined(memory, {verb, " nonresource"});
  if (object.subresource.empty())
    return joined(memory, {verb, " ", object.resource});
  return joined(memory, {verb, " ", object.resource, "/", object.subresource});
}

string_view kubernetes_group(const kubernetes_object& object) noexcept {
  return object.group.empty() ? string_view{"core"} : object.group;
}

bool kubernetes_reads(string_view verb, const kubernetes_object& object) noexcept {
  return (verb == "get" || verb == "list" || verb == "watch" || verb == "head") &&
         !opens_channel(object.subresource);
}

bool kubernetes_long_running(string_view verb, const kubernetes_object& object) noexcept {
  return verb == "watch" || verb == "proxy" || object.subresource == "log" ||
         opens_channel(object.subresource);
}

reached kubernetes_words::whom(string_view target) const {
  if (is_everyone_in_cluster(target))
    return {"*", base::target_class::everyone};
  return {{}, base::target_class::own};
}

grant_class kubernetes_words::grants(const json_value& policy, const reach_sink& reach,
                                     base::arena& memory) const {
  auto grant = grant_class::none;
  if (const auto role = member(policy, "roleRef"); role.kind == json_kind::object)
    grant =
        member(role, "name").inner() == "cluster-admin" ? grant_class::admin : grant_class::limited;
  for (element_reader e{member(policy, "rules")}; e.next();)
    grant = std::max(grant, judge_rule(e.value()));
  for (element_reader e{member(policy, "subjects")}; e.next();) {
    const auto name = text_of(member(e.value(), "name"), memory);
    if (name.empty())
      continue;
    reach(name);
    if (is_everyone_in_cluster(name))
      grant = grant_class::public_trust;
  }
  return grant;
}

void kubernetes_words::list_resources(value_list& out, base::arena& memory) const {
  if (object_.resource.empty()) {
    out.add(uri_.substr(0, uri_.find('?')));
    return;
  }
  const bool all = verb_ == "list" || verb_ == "watch" || verb_ == "deletecollection";
  const auto name = object_.name.empty() && all ? string_view{"*"} : object_.name;
  if (name.empty())
    return;
  out.add(object_.name_space.empty() ? name : joined(memory, {object_.name_space, "/", name}));
}

} // namespace vedette::ingest

#include "ingest/record_view.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace vedette::ingest {

namespace {

using base::scalar;
using std::string_view;

enum class name : std::uint8_t {
  activity,
  cloud,
  account,
  region,
  region_allowed,
  service,
  action,
  outcome,
  error,
  read_only,
  identity,
  identity_name,
  identity_type,
  identity_ci,
  identity_backup,
  session,
  session_class,
  session_workload,
  source,
  source_ip,
  source_class,
  source_network,
  source_asn,
  source_country,
  client_class,
  user_agent,
  resource,
  resources,
  resource_sensitive,
  target_class,
  target_accounts,
  grant_class,
  bytes,
  count,
  id,
};

struct named {
  string_view text;
  name what;
};

/// Sorted by text.
constexpr std::array<named, 35> event_names{{
    {"account", name::account},
    {"action", name::action},
    {"activity", name::activity},
    {"bytes", name::bytes},
    {"client.class", name::client_class},
    {"cloud", name::cloud},
    {"count", name::count},
    {"error", name::error},
    {"grant.class", name::grant_class},
    {"id", name::id},
    {"identity", name::identity},
    {"identity.backup", name::identity_backup},
    {"identity.ci", name::identity_ci},
    {"identity.name", name::identity_name},
    {"identity.type", name::identity_type},
    {"outcome", name::outcome},
    {"read_only", name::read_only},
    {"region", name::region},
    {"region.allowed", name::region_allowed},
    {"resource", name::resource},
    {"resource.sensitive", name::resource_sensitive},
    {"resources", name::resources},
    {"service", name::service},
    {"session", name::session},
    {"session.class", name::session_class},
    {"session.workload", name::session_workload},
    {"source", name::source},
    {"source.asn", name::source_asn},
    {"source.class", name::source_class},
    {"source.country", name::source_country},
    {"source.ip", name::source_ip},
    {"source.network", name::source_network},
    {"target.accounts", name::target_accounts},
    {"target.class", name::target_class},
    {"user_agent", name::user_agent},
}};
static_assert(std::ranges::is_sorted(event_names, {}, &named::text));

/// Finds a normalised name by the hash that a field brings along.
class event_name_table {
 public:
  event_name_table() noexcept {
    slots_.fill(free);
    for (std::uint8_t i = 0; i < event_names.size(); ++i) {
      auto at = base::hash64(event_names[i].text) % slots_.size();
      while (slots_[at] != free)
        at = (at + 1) % slots_.size();
      slots_[at] = i;
    }
  }

  [[nodiscard]] const named* find(const base::field_name& field) const noexcept {
    for (auto at = field.hash % slots_.size(); slots_[at] != free; at = (at + 1) % slots_.size())
      if (event_names[slots_[at]].text == field.text)
        return &event_names[slots_[at]];
    return nullptr;
  }

 private:
  static constexpr std::uint8_t free = 255;
  std::array<std::uint8_t, 128> slots_{};
};

/// A configured identity stands for an event's when it equals the ARN, the name, or the ARN's last
/// part ("role/deploy" and "deploy" both name arn:aws:iam::111122223333:role/deploy).
bool lists(const std::vector<std::string>& configured, const base::event& e) noexcept {
  return std::ranges::any_of(configured, [&](const std::string& c) {
    if (c.empty())
      return false;
    if (c == e.identity || (!e.identity_name.empty() && c == e.identity_name))
      return true;
    if (e.identity.size() <= c.size() || !e.identity.ends_with(c))
      return false;
    const char before = e.identity[e.identity.size() - c.size() - 1];
    return before == '/' || before == ':';
  });
}

/// The clouds call several regions at once "global"; nobody chose them.
bool is_allowed(const std::vector<std::string>& regions, string_view region) noexcept {
  return region == "global" || std::ranges::find(regions, region) != regions.end();
}

/// A configured name stands for a resource when it is one or more whole parts of it: "payroll" for
/// arn:aws:s3:::payroll/2026.csv and for projects/_/buckets/payroll.
bool names_part_of(string_view resource, string_view configured) noexcept {
  const auto ends = [](char c) { return c == '/' || c == ':'; };
  if (configured.empty())
    return false;
  for (auto at = resource.find(configured); at != string_view::npos;
       at = resource.find(configured, at + 1)) {
    const auto end = at + configured.size();
    if ((at == 0 || ends(resource[at - 1])) && (end == resource.size() || ends(resource[end])))
      return true;
  }
  return false;
}

bool is_sensitive(const std::vector<std::string>& configured, const base::event& e) noexcept {
  return std::ranges::any_of(configured, [&](const std::string& c) {
    return std::ranges::any_of(e.resources, [&](string_view r) { return names_part_of(r, c); });
  });
}

} // namespace

record_view::record_view() {
  values_.reserve(64);
}

void record_view::reset(string_view record_json, std::span<const json_field> fields,
                        const base::event& event, const base::tenant_settings& tenant) {
  json_ = record_json;
  fields_ = fields;
  event_ = &event;
  tenant_ = &tenant;
  values_.clear();
  memory_.clear();
  if (++record_ == 0) {
    // Once in four billion records the numbers start again.
    answers_.fill({});
    record_ = 1;
  }
}

std::span<const scalar> record_view::find(const base::field_name& field) const {
  auto& known = answers_[field.hash % answers_.size()];
  if (known.record != record_ || known.field != field.hash) {
    const auto first = values_.size();
    if (!add_normalised(field))
      visit_path(root(field.steps.front()), std::span{field.steps}.subspan(1),
                 [&](const json_value& v) {
                   if (values_.size() - first < base::limits::record_leaves)
                     add(v);
                 });
    known = {field.hash, record_, static_cast<std::uint32_t>(first),
             static_cast<std::uint32_t>(values_.size() - first)};
  }
  return std::span{values_}.subspan(known.first, known.count);
}

std::span<const scalar> record_view::all() const {
  const auto first = values_.size();
  visit_leaves(json_, [&](const json_value& leaf) {
    add(leaf);
    return values_.size() - first < base::limits::record_leaves;
  });
  return std::span{values_}.subspan(first);
}

json_value record_view::root(string_view name) const noexcept {
  for (const auto& f : fields_)
    if (f.key == name)
      return read_value({f.at, static_cast<std::size_t>(json_.data() + json_.size() - f.at)});
  return {};
}

void record_view::add(const json_value& value) const {
  using kind = scalar::kind;
  switch (value.kind) {
  case json_kind::text:
    values_.push_back({kind::text, text_of(value, memory_)});
    break;
  case json_kind::number:
    values_.push_back({kind::number, value.raw});
    break;
  case json_kind::boolean:
    values_.push_back({kind::boolean, value.raw});
    break;
  case json_kind::null:
    values_.push_back({kind::null, {}});
    break;
  // A path that ends at an object finds its JSON, so that rules can search in it.
  case json_kind::object:
    values_.push_back({kind::text, value.raw});
    break;
  default:
    break;
  }
}

bool record_view::add_normalised(const base::field_name& field) const {
  static const event_name_table known;
  const auto* found = known.find(field);
  if (found == nullptr)
    return false;
  using kind = scalar::kind;
  const auto& e = *event_;
  const auto put = [&](string_view value) {
    if (!value.empty())
      values_.push_back({kind::text, value});
  };
  const auto put_flag = [&](bool value) {
    values_.push_back({kind::boolean, value ? "true" : "false"});
  };
  const auto put_number = [&](std::uint64_t value) {
    auto* begin = static_cast<char*>(memory_.allocate(20, 1));
    const auto end = std::to_chars(begin, begin + 20, value).ptr;
    values_.push_back({kind::number, {begin, static_cast<std::size_t>(end - begin)}});
  };
  switch (found->what) {
  case name::activity:
    put(e.activity);
    break;
  case name::cloud:
    put(to_string(e.provider));
    break;
  case name::account:
    put(e.account);
    break;
  case name::region:
    put(e.region);
    break;
  case name::region_allowed:
    if (!tenant_->allowed_regions.empty() && !e.region.empty())
      put_flag(is_allowed(tenant_->allowed_regions, e.region));
    break;
  case name::service:
    put(e.service);
    break;
  case name::action:
    put(e.action);
    break;
  case name::outcome:
    put(to_string(e.result));
    break;
  case name::error:
    put(e.error);
    break;
  case name::read_only:
    put_flag(e.read_only);
    break;
  case name::identity:
    put(e.identity);
    break;
  case name::identity_name:
    put(e.identity_name);
    break;
  case name::identity_type:
    put(to_string(e.actor));
    break;
  case name::identity_ci:
    put_flag(e.holder == base::session_class::ci || lists(tenant_->ci_roles, e));
    break;
  case name::identity_backup:
    put_flag(lists(tenant_->backup_roles, e));
    break;
  case name::session:
    put(e.session);
    break;
  case name::session_class:
    put(to_string(e.holder));
    break;
  case name::session_workload:
    put(e.workload);
    break;
  case name::source:
    put(e.source_text);
    break;
  case name::source_ip:
    if (e.has_source)
      put(e.source_text);
    break;
  case name::source_class:
    put(to_string(e.origin));
    break;
  case name::source_network:
    if (e.asn != 0)
      put(memory_.copy("AS" + std::to_string(e.asn)));
    else if (e.has_source)
      put(memory_.copy(to_string(e.source.site()) + (e.source.is_v4() ? "/24" : "/48")));
    break;
  case name::source_asn:
    if (e.asn != 0)
      put_number(e.asn);
    break;
  case name::source_country:
    put(e.country);
    break;
  case name::client_class:
    put(to_string(e.client));
    break;
  case name::user_agent:
    put(e.user_agent);
    break;
  case name::resource:
    if (!e.resources.empty())
      put(e.resources.front());
    break;
  case name::resources:
    for (auto r : e.resources)
      put(r);
    break;
  case name::resource_sensitive:
    put_flag(is_sensitive(tenant_->sensitive_resources, e));
    break;
  case name::target_class:
    put(to_string(e.target));
    break;
  case name::target_accounts:
    for (auto t : e.targets)
      put(t);
    break;
  case name::grant_class:
    put(to_string(e.grant));
    break;
  case name::bytes:
    put_number(e.bytes);
    break;
  case name::count:
    put_number(e.count);
    break;
  case name::id:
    put(e.id);
    break;
  }
  return true;
}

} // namespace vedette::ingest

#include "nodes/server/api/key_store.hpp"

#include "base/json_writer.hpp"
#include "nodes/config/tenants.hpp"
#include "nodes/server/api/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::server {

namespace {

constexpr std::string_view record_prefix = "key/";
constexpr std::size_t source_max = 128;

std::string encode(const key_info& k) {
  base::json_writer w;
  w.begin_object();
  w.member("public_key", k.public_key).member("tenant", k.owner.tenant.value).member("source", k.owner.source);
  w.member("may_send", k.owner.may_send).member("may_listen", k.owner.may_listen);
  w.member("created", base::format_rfc3339(k.created)).member("created_by", k.created_by);
  if (k.revoked)
    w.member("revoked", base::format_rfc3339(*k.revoked));
  w.end_object();
  return std::string{w.text()};
}

bool decode(std::string_view text, key_info& k) {
  auto doc = json_document::parse(text, "a key's record");
  if (!doc)
    return false;
  const auto root = doc->root();
  k.public_key = text_at(root, "public_key");
  k.owner.tenant.value = text_at(root, "tenant");
  k.owner.source = text_at(root, "source");
  k.owner.may_send = flag_at(root, "may_send");
  k.owner.may_listen = flag_at(root, "may_listen");
  k.created = base::parse_rfc3339(text_at(root, "created")).value_or(base::receive_time{});
  k.revoked = base::parse_rfc3339(text_at(root, "revoked"));
  k.created_by = text_at(root, "created_by");
  return io::is_curve_key(k.public_key) && !k.owner.tenant.value.empty();
}

base::status check(const io::key_owner& o) {
  const auto wrong = [](std::string why) {
    return base::error{base::ec::invalid_argument, "making a key: " + std::move(why)};
  };
  if (!config::is_tenant_name(o.tenant.value))
    return wrong("it needs a tenant, 1..64 of [a-z0-9._-]");
  const bool printable = std::all_of(o.source.begin(), o.source.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (o.source.size() > source_max || !printable)
    return wrong(fmt::format("a source's name is at most {} printable characters without blanks", source_max));
  if (!o.may_send && !o.may_listen)
    return wrong("it may neither send nor listen");
  return {};
}

} // namespace

key_store::key_store(std::shared_ptr<state::store> store, const io::clock& clock)
    : store_{std::move(store)}, clock_{clock} {}

base::status key_store::open(std::string server_key) {
  server_key_ = std::move(server_key);
  std::string damaged;
  auto read = store_->entities().scan_meta(record_prefix, [&](std::string_view name, std::string_view value) {
    key_info k;
    if (decode(value, k))
      keys_[k.public_key] = std::move(k);
    else
      damaged = name;
    return true;
  });
  if (read && !damaged.empty())
    return base::error{base::ec::corrupt, fmt::format("reading the collector keys: record {} does not read", damaged)};
  return read;
}

std::optional<io::key_owner> key_store::find(std::string_view public_key) const {
  const std::shared_lock hold{mutex_};
  const auto known = keys_.find(public_key);
  if (known == keys_.end() || known->second.revoked)
    return std::nullopt;
  return known->second.owner;
}

base::status key_store::keep(const std::vector<key_info>& changed) {
  state::changes set;
  for (const auto& k : changed)
    set.put_meta(std::string{record_prefix} + k.public_key, encode(k));
  if (auto ok = store_->entities().apply(set); !ok)
    return ok;
  // A revoked key must stay revoked, and a new one known, through a power failure.
  if (auto ok = store_->log().sync(); !ok)
    return ok;
  const std::unique_lock hold{mutex_};
  for (const auto& k : changed)
    keys_[k.public_key] = k;
  return {};
}

base::result<key_made> key_store::make(io::key_owner owner, std::string created_by,
                                       std::optional<key_info> instead_of) {
  if (auto ok = check(owner); !ok)
    return ok.err();
  {
    const std::shared_lock hold{mutex_};
    if (keys_.size() >= keys_max)
      return base::error{base::ec::too_large, fmt::format("making a key: there are {} already", keys_max)};
  }
  auto pair = io::generate_curve_keys();
  if (!pair)
    return pair.err();
  pair->server_key = server_key_;
  std::vector<key_info> changed;
  changed.push_back({pair->public_key, std::move(owner), clock_.now(), {}, std::move(created_by)});
  if (instead_of) {
    instead_of->revoked = clock_.now();
    changed.push_back(std::move(*instead_of));
  }
  if (auto ok = keep(changed); !ok)
    return ok.err();
  return key_made{changed.front(), std::move(*pair)};
}

base::result<key_made> key_store::create(io::key_owner owner, std::string created_by) {
  const std::lock_guard one_at_a_time{writing_};
  return make(std::move(owner), std::move(created_by), {});
}

base::result<key_info> key_store::standing(const std::string& public_key, std::string_view doing) const {
  const std::shared_lock hold{mutex_};
  const auto known = keys_.find(public_key);
  if (known == keys_.end())
    return base::error{base::ec::not_found, fmt::format("{} key {}: it is not known", doing, public_key)};
  if (known->second.revoked)
    return base::error{base::ec::not_found, fmt::format("{} key {}: it was revoked before", doing, public_key)};
  return known->second;
}

base::result<key_made> key_store::rotate(const std::string& public_key, std::string created_by) {
  const std::lock_guard one_at_a_time{writing_};
  auto old = standing(public_key, "rotating");
  if (!old)
    return old.err();
  return make(old->owner, std::move(created_by), *old);
}

base::status key_store::revoke(const std::string& public_key) {
  const std::lock_guard one_at_a_time{writing_};
  auto old = standing(public_key, "revoking");
  if (!old)
    return old.err();
  old->revoked = clock_.now();
  return keep({*old});
}

std::vector<key_info> key_store::all() const {
  const std::shared_lock hold{mutex_};
  std::vector<key_info> out;
  for (const auto& [public_key, k] : keys_)
    out.push_back(k);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.created < b.created; });
  return out;
}

} // namespace vedette::server

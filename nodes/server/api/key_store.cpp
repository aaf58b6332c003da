#include "nodes/server/api/key_store.hpp"

#include "base/limits.hpp"
#include "nodes/config/tenants.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::server {

namespace {

key_info info_of(const schemas::key_record& k) {
  return {k.public_key,
          {{k.tenant}, k.source, k.may_send, k.may_listen},
          k.created,
          k.revoked,
          k.created_by};
}

base::status check(const io::key_owner& o) {
  const auto wrong = [](std::string why) {
    return base::error{base::ec::invalid_argument, "making a key: " + std::move(why)};
  };
  if (!config::is_tenant_name(o.tenant.value))
    return wrong("it needs a tenant, 1..64 of [a-z0-9._-]");
  const bool printable =
      std::all_of(o.source.begin(), o.source.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (o.source.size() > base::limits::key_source_bytes || !printable)
    return wrong(fmt::format("a source's name is at most {} printable characters without blanks",
                             base::limits::key_source_bytes));
  if (!o.may_send && !o.may_listen)
    return wrong("it may neither send nor listen");
  return {};
}

/// Puts a key where the order wants it. Errors: too_large.
base::status add(schemas::key_document& d, const key_info& k) {
  if (d.keys.size() >= key_store::keys_max)
    return base::error{base::ec::too_large,
                       fmt::format("making a key: there are {} already", key_store::keys_max)};
  const auto at = std::lower_bound(d.keys.begin(), d.keys.end(), k.public_key,
                                   [](const auto& a, const auto& b) { return a.public_key < b; });
  d.keys.insert(at, {k.public_key, k.owner.tenant.value, k.owner.source, k.owner.may_send,
                     k.owner.may_listen, k.created, k.revoked, k.created_by});
  return {};
}

/// The key, if it is known and not revoked. Errors: not_found.
base::result<schemas::key_record*> standing(schemas::key_document& d, const std::string& public_key,
                                            std::string_view doing) {
  const auto known = std::find_if(d.keys.begin(), d.keys.end(),
                                  [&](const auto& k) { return k.public_key == public_key; });
  if (known == d.keys.end())
    return base::error{base::ec::not_found,
                       fmt::format("{} key {}: it is not known", doing, public_key.substr(0, 40))};
  if (known->revoked)
    return base::error{base::ec::not_found, fmt::format("{} key {}: it was revoked before", doing,
                                                        public_key.substr(0, 40))};
  return &*known;
}

} // namespace

key_store::key_store(std::shared_ptr<key_place> place, const io::clock& clock,
                     std::string server_key)
    : place_{std::move(place)}, clock_{clock}, server_key_{std::move(server_key)} {}

base::status key_store::open() {
  auto now = place_->read({});
  return now ? take(std::move(*now)) : base::status{now.err()};
}

base::status key_store::join(const key_store& mine) {
  place_->follow([this](schemas::key_document d) { return take(std::move(d)); });
  return change("making the cluster's first keys",
                [&](schemas::key_document& d) -> base::result<bool> {
                  if (d.version > 0)
                    return false;
                  const std::shared_lock hold{mine.mutex_};
                  for (const auto& [public_key, k] : mine.keys_)
                    d.keys.push_back(k);
                  return true;
                });
}

base::status key_store::take(schemas::key_document d) {
  const std::unique_lock hold{mutex_};
  if (d.version < version_)
    return {};
  version_ = d.version;
  keys_.clear();
  for (auto& k : d.keys) {
    auto name = k.public_key;
    keys_[std::move(name)] = std::move(k);
  }
  return {};
}

base::status
key_store::change(const char* doing,
                  const std::function<base::result<bool>(schemas::key_document&)>& edit) {
  const std::lock_guard one_at_a_time{writing_};
  auto now = server::change<schemas::key_document>(*place_, doing, edit);
  return now ? take(std::move(*now)) : base::status{now.err()};
}

std::optional<io::key_owner> key_store::find(std::string_view public_key) const {
  const std::shared_lock hold{mutex_};
  const auto known = keys_.find(public_key);
  if (known == keys_.end() || known->second.revoked)
    return std::nullopt;
  return info_of(known->second).owner;
}

base::result<io::curve_keys> key_store::pair() const {
  auto made = io::generate_curve_keys();
  if (made)
    made->server_key = server_key_;
  return made;
}

base::result<key_made> key_store::create(io::key_owner owner, std::string created_by) {
  if (auto ok = check(owner); !ok)
    return ok.err();
  auto keys = pair();
  if (!keys)
    return keys.err();
  key_info info{keys->public_key, std::move(owner), clock_.now(), {}, std::move(created_by)};
  auto done = change("making a key", [&](schemas::key_document& d) -> base::result<bool> {
    if (auto ok = add(d, info); !ok)
      return ok.err();
    return true;
  });
  if (!done)
    return done.err();
  return key_made{std::move(info), std::move(*keys)};
}

base::result<key_made> key_store::rotate(const std::string& public_key, std::string created_by) {
  auto keys = pair();
  if (!keys)
    return keys.err();
  key_info info{keys->public_key, {}, clock_.now(), {}, std::move(created_by)};
  auto done = change("rotating a key", [&](schemas::key_document& d) -> base::result<bool> {
    auto old = standing(d, public_key, "rotating");
    if (!old)
      return old.err();
    (*old)->revoked = info.created;
    info.owner = info_of(**old).owner;
    if (auto ok = add(d, info); !ok)
      return ok.err();
    return true;
  });
  if (!done)
    return done.err();
  return key_made{std::move(info), std::move(*keys)};
}

base::status key_store::revoke(const std::string& public_key) {
  return change("revoking a key", [&](schemas::key_document& d) -> base::result<bool> {
    auto old = standing(d, public_key, "revoking");
    if (!old)
      return old.err();
    (*old)->revoked = clock_.now();
    return true;
  });
}

std::vector<key_info> key_store::all() const {
  const std::shared_lock hold{mutex_};
  std::vector<key_info> out;
  for (const auto& [public_key, k] : keys_)
    out.push_back(info_of(k));
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.created < b.created; });
  return out;
}

} // namespace vedette::server

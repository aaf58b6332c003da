#include "nodes/server/api/token_store.hpp"

#include "base/hash.hpp"
#include "base/json_writer.hpp"
#include "io/files/text_file.hpp"
#include "io/http/request_checks.hpp"
#include "nodes/config/tenants.hpp"
#include "nodes/server/api/json.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

namespace vedette::server {

namespace {

constexpr std::string_view record_prefix = "token/";
constexpr std::string_view admin = "admin";
constexpr std::size_t admin_file_max = 4096;

base::result<std::string> random_token() {
  std::array<char, 32> bytes{};
  // At most 256 bytes are never given in part.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return base::error{base::ec::io, "making a token: the system gives no random bytes"};
  return "vdt_" + base::to_hex(std::string_view{bytes.data(), bytes.size()});
}

std::string digest_of(std::string_view token) { return base::to_hex(base::sha256(token)); }

std::string trimmed(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
    text.pop_back();
  return text;
}

std::string encode(const token_info& t, const std::string& digest) {
  base::json_writer w;
  w.begin_object();
  w.member("name", t.name).member("sha256", digest);
  w.key("roles").begin_array();
  for (const auto r : t.roles)
    w.value(to_string(r));
  w.end_array();
  w.key("tenants").begin_array();
  for (const auto& tenant : t.tenants)
    w.value(tenant.value);
  w.end_array();
  w.member("all_tenants", t.all_tenants);
  w.member("created", base::format_rfc3339(t.created)).member("rotated", base::format_rfc3339(t.rotated));
  w.member("created_by", t.created_by);
  w.end_object();
  return std::string{w.text()};
}

bool decode(std::string_view text, token_info& t, std::string& digest) {
  auto doc = json_document::parse(text, "a token's record");
  if (!doc)
    return false;
  const auto root = doc->root();
  t.name = text_at(root, "name");
  digest = text_at(root, "sha256");
  for (const auto& name : texts_at(root, "roles"))
    if (const auto r = io::parse_role(name))
      t.roles.push_back(*r);
  for (auto& name : texts_at(root, "tenants"))
    t.tenants.push_back({std::move(name)});
  t.all_tenants = flag_at(root, "all_tenants");
  t.created = base::parse_rfc3339(text_at(root, "created")).value_or(base::receive_time{});
  t.rotated = base::parse_rfc3339(text_at(root, "rotated")).value_or(base::receive_time{});
  t.created_by = text_at(root, "created_by");
  return !t.name.empty() && digest.size() == 64;
}

base::status check(const token_info& t) {
  const auto wrong = [](std::string why) {
    return base::error{base::ec::invalid_argument, "making a token: " + std::move(why)};
  };
  if (!config::is_tenant_name(t.name))
    return wrong("its name must be 1..64 of [a-z0-9._-]");
  if (t.roles.empty())
    return wrong("it needs a role: viewer, analyst, responder, approver, admin or collector");
  if (t.tenants.empty() && !t.all_tenants)
    return wrong("it needs tenants, or all of them");
  for (const auto& tenant : t.tenants)
    if (!config::is_tenant_name(tenant.value))
      return wrong("a tenant's name must be 1..64 of [a-z0-9._-]");
  return {};
}

bool is_full_admin(const token_info& t) {
  return t.all_tenants && std::find(t.roles.begin(), t.roles.end(), io::role::admin) != t.roles.end();
}

} // namespace

token_store::token_store(std::shared_ptr<state::store> store, const io::clock& clock)
    : store_{std::move(store)}, clock_{clock} {}

base::status token_store::open(const std::string& admin_file) {
  admin_file_ = admin_file;
  std::string damaged;
  auto read = store_->entities().scan_meta(record_prefix, [&](std::string_view name, std::string_view value) {
    held h;
    if (decode(value, h.info, h.digest))
      tokens_[h.info.name] = std::move(h);
    else
      damaged = name;
    return true;
  });
  if (!read)
    return read;
  if (!damaged.empty())
    return base::error{base::ec::corrupt, fmt::format("reading the tokens: record {} does not read", damaged)};

  const auto known = tokens_.find(std::string{admin});
  const auto file = io::read_text(admin_file_, admin_file_max);
  if (known != tokens_.end() &&
      (!file || base::equal_in_constant_time(digest_of(trimmed(*file)), known->second.digest)))
    return {};
  token_info info;
  info.name = admin;
  info.roles = {io::role::admin};
  info.all_tenants = true;
  info.created = clock_.now();
  info.created_by = "first start";
  if (known != tokens_.end())
    info = known->second.info;
  auto made = make(std::move(info));
  if (!made)
    return made.err();
  spdlog::info("the admin token is in {}", admin_file_);
  return {};
}

const token_store::held* token_store::holder_of(std::string_view digest) const {
  const held* found = nullptr;
  // All of them, so that the time says nothing about which one was close.
  for (const auto& [name, h] : tokens_)
    if (base::equal_in_constant_time(h.digest, digest))
      found = &h;
  return found;
}

base::result<io::principal> token_store::authenticate(const io::http_request& request) const {
  const auto token = io::bearer_token(request.headers);
  if (token.empty())
    return base::error{base::ec::denied, "this call needs a token: Authorization: Bearer TOKEN"};
  const auto digest = digest_of(token);
  {
    const std::shared_lock hold{mutex_};
    if (const auto* h = holder_of(digest))
      return io::principal{h->info.name, h->info.roles, h->info.tenants, h->info.all_tenants};
  }
  log_refusal(request);
  return base::error{base::ec::denied, "the token is not known; it may have been rotated or revoked"};
}

void token_store::log_refusal(const io::http_request& request) const {
  ++refusals_;
  const auto now = clock_.monotonic().count();
  auto last = refusal_logged_ns_.load();
  if (now - last < 1'000'000'000 || !refusal_logged_ns_.compare_exchange_strong(last, now))
    return;
  spdlog::warn("refused {} request(s) with unknown tokens; the last from {}", refusals_.exchange(0),
               to_string(request.peer));
}

base::status token_store::keep(held h) {
  state::changes set;
  set.put_meta(std::string{record_prefix} + h.info.name, encode(h.info, h.digest));
  if (auto ok = store_->entities().apply(set); !ok)
    return ok;
  // The answer promises that the token works; power may fail right behind it.
  if (auto ok = store_->log().sync(); !ok)
    return ok;
  const std::unique_lock hold{mutex_};
  auto name = h.info.name;
  tokens_[std::move(name)] = std::move(h);
  return {};
}

base::result<token_made> token_store::make(token_info info) {
  auto token = random_token();
  if (!token)
    return token.err();
  info.rotated = clock_.now();
  // The file first: a crash in between leaves a file that the next start replaces, never a token
  // that nobody knows.
  if (info.name == admin && !admin_file_.empty())
    if (auto ok = io::write_text(admin_file_, *token + "\n", 0600); !ok)
      return ok.err();
  if (auto ok = keep({info, digest_of(*token)}); !ok)
    return ok.err();
  return token_made{std::move(info), std::move(*token)};
}

base::result<token_made> token_store::create(token_info wanted) {
  const std::lock_guard one_at_a_time{writing_};
  if (wanted.all_tenants)
    wanted.tenants.clear();
  if (auto ok = check(wanted); !ok)
    return ok.err();
  {
    const std::shared_lock hold{mutex_};
    if (tokens_.contains(wanted.name))
      return base::error{base::ec::conflict,
                         fmt::format("making token {}: there is one of that name; rotate or revoke it", wanted.name)};
    if (tokens_.size() >= tokens_max)
      return base::error{base::ec::too_large,
                         fmt::format("making token {}: there are {} already; revoke some", wanted.name, tokens_max)};
  }
  wanted.created = clock_.now();
  return make(std::move(wanted));
}

base::result<token_made> token_store::rotate(const std::string& name) {
  const std::lock_guard one_at_a_time{writing_};
  token_info info;
  {
    const std::shared_lock hold{mutex_};
    const auto known = tokens_.find(name);
    if (known == tokens_.end())
      return base::error{base::ec::not_found, fmt::format("rotating token {}: there is none of that name", name)};
    info = known->second.info;
  }
  return make(std::move(info));
}

base::status token_store::revoke(const std::string& name) {
  const std::lock_guard one_at_a_time{writing_};
  {
    const std::shared_lock hold{mutex_};
    const auto known = tokens_.find(name);
    if (known == tokens_.end())
      return base::error{base::ec::not_found, fmt::format("revoking token {}: there is none of that name", name)};
    const auto admins =
        std::count_if(tokens_.begin(), tokens_.end(), [](const auto& t) { return is_full_admin(t.second.info); });
    if (is_full_admin(known->second.info) && admins == 1)
      return base::error{base::ec::conflict, fmt::format("revoking token {}: it is the last admin of all tenants; "
                                                         "make another one first, or rotate it",
                                                         name)};
  }
  state::changes set;
  set.erase_meta(std::string{record_prefix} + name);
  if (auto ok = store_->entities().apply(set); !ok)
    return ok;
  if (auto ok = store_->log().sync(); !ok)
    return ok;
  const std::unique_lock hold{mutex_};
  tokens_.erase(name);
  return {};
}

std::vector<token_info> token_store::all() const {
  const std::shared_lock hold{mutex_};
  std::vector<token_info> out;
  for (const auto& [name, h] : tokens_)
    out.push_back(h.info);
  return out;
}

} // namespace vedette::server

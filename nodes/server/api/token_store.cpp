#include "nodes/server/api/token_store.hpp"

#include "base/hash.hpp"
#include "io/files/text_file.hpp"
#include "io/http/credentials.hpp"
#include "nodes/config/tenants.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

namespace vedette::server {

namespace {

constexpr std::size_t admin_file_max = 4096;

base::result<std::string> random_token() {
  std::array<char, 32> bytes{};
  // At most 256 bytes are never given in part.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return base::error{base::ec::io, "making a token: the system gives no random bytes"};
  return "vdt_" + base::to_hex(std::string_view{bytes.data(), bytes.size()});
}

std::string digest_of(std::string_view token) {
  return base::to_hex(base::sha256(token));
}

std::string trimmed(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
    text.pop_back();
  return text;
}

schemas::token_record record_of(const token_info& t, std::string digest) {
  schemas::token_record out;
  out.name = t.name;
  out.digest = std::move(digest);
  for (const auto r : t.roles)
    out.roles.emplace_back(to_string(r));
  for (const auto& tenant : t.tenants)
    out.tenants.push_back(tenant.value);
  out.all_tenants = t.all_tenants;
  out.created = t.created;
  out.rotated = t.rotated;
  out.created_by = t.created_by;
  return out;
}

token_info info_of(const schemas::token_record& t) {
  token_info out;
  out.name = t.name;
  for (const auto& name : t.roles)
    if (const auto r = io::parse_role(name))
      out.roles.push_back(*r);
  for (const auto& tenant : t.tenants)
    out.tenants.push_back({tenant});
  out.all_tenants = t.all_tenants;
  out.created = t.created;
  out.rotated = t.rotated;
  out.created_by = t.created_by;
  return out;
}

template <class Tokens>
auto find(Tokens& tokens, std::string_view name) {
  return std::find_if(tokens.begin(), tokens.end(), [&](const auto& t) { return t.name == name; });
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

bool is_full_admin(const schemas::token_record& t) {
  return t.all_tenants &&
         std::find(t.roles.begin(), t.roles.end(), to_string(io::role::admin)) != t.roles.end();
}

base::error none_of_that_name(const char* doing, const std::string& name) {
  return {base::ec::not_found, fmt::format("{} token {}: there is none of that name", doing, name)};
}

} // namespace

token_store::token_store(std::shared_ptr<token_place> place, const io::clock& clock)
    : place_{std::move(place)}, clock_{clock} {}

base::status token_store::open(const std::string& admin_file) {
  admin_file_ = admin_file;
  auto standing = place_->read({});
  if (!standing)
    return standing.err();
  const auto known = find(standing->tokens, admin);
  const bool is_known = known != standing->tokens.end();
  const auto file = io::read_text(admin_file_, admin_file_max);
  const bool holds =
      is_known && (!file || base::equal_in_constant_time(digest_of(trimmed(*file)), known->digest));
  if (auto ok = take(std::move(*standing)); !ok || holds)
    return ok;
  if (is_known) {
    auto made = rotate(std::string{admin});
    if (!made)
      return made.err();
  } else {
    token_info info;
    info.name = admin;
    info.roles = {io::role::admin};
    info.all_tenants = true;
    info.created_by = "first start";
    auto made = create(std::move(info));
    if (!made)
      return made.err();
  }
  spdlog::info("the admin token is in {}", admin_file_);
  return {};
}

base::status token_store::join(const token_store& mine) {
  place_->follow([this](schemas::token_document d) { return take(std::move(d)); });
  return change("making the cluster's first tokens",
                [&](schemas::token_document& d) -> base::result<bool> {
                  if (d.version > 0)
                    return false;
                  const std::shared_lock hold{mine.mutex_};
                  d = mine.now_;
                  d.version = 0;
                  if (const auto mine_admin = find(d.tokens, admin); mine_admin != d.tokens.end())
                    d.began = mine_admin->digest;
                  return true;
                });
}

void token_store::ask_also(std::function<std::optional<io::principal>(std::string_view)> other) {
  other_ = std::move(other);
}

base::status token_store::take(schemas::token_document d) {
  const std::unique_lock hold{mutex_};
  if (d.version >= now_.version)
    now_ = std::move(d);
  return {};
}

base::status
token_store::change(const char* doing,
                    const std::function<base::result<bool>(schemas::token_document&)>& edit) {
  const std::lock_guard one_at_a_time{writing_};
  auto standing = server::change<schemas::token_document>(*place_, doing, edit);
  return standing ? take(std::move(*standing)) : base::status{standing.err()};
}

std::optional<io::principal> token_store::holder(std::string_view digest) const {
  const std::shared_lock hold{mutex_};
  const schemas::token_record* found = nullptr;
  // All of them, so that the time says nothing about which one was close.
  for (const auto& t : now_.tokens)
    if (base::equal_in_constant_time(t.digest, digest))
      found = &t;
  if (found == nullptr)
    return std::nullopt;
  auto info = info_of(*found);
  return io::principal{std::move(info.name), std::move(info.roles), std::move(info.tenants),
                       info.all_tenants};
}

bool token_store::knows(const std::string& name) const {
  const std::shared_lock hold{mutex_};
  return find(now_.tokens, name) != now_.tokens.end();
}

std::string token_store::began() const {
  const std::shared_lock hold{mutex_};
  return now_.began;
}

base::result<io::principal> token_store::authenticate(const io::http_request& request) const {
  const auto given = io::credentials_of(request.headers);
  if (given.token.empty())
    return base::error{base::ec::denied, "this call needs a token: Authorization: Bearer TOKEN"};
  const auto digest = digest_of(given.token);
  auto who = holder(digest);
  if (!who && other_)
    who = other_(digest);
  if (who && given.shipper && who->roles != std::vector{io::role::collector})
    return base::error{base::ec::denied, "only a collector's token may come in a shipper's form; "
                                         "this one needs Authorization: Bearer TOKEN"};
  if (who)
    return std::move(*who);
  log_refusal(request);
  return base::error{base::ec::denied,
                     "the token is not known; it may have been rotated or revoked"};
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

/// Before the record: a crash in between leaves a file that the next start replaces, never a token
/// that nobody knows.
base::status token_store::keep_admin(const std::string& name, const std::string& token) const {
  if (name != admin || admin_file_.empty())
    return {};
  return io::write_text(admin_file_, token + "\n", 0600);
}

base::result<token_made> token_store::create(token_info wanted) {
  if (wanted.all_tenants)
    wanted.tenants.clear();
  if (auto ok = check(wanted); !ok)
    return ok.err();
  auto token = random_token();
  if (!token)
    return token.err();
  wanted.created = wanted.rotated = clock_.now();
  auto done = change("making a token", [&](schemas::token_document& d) -> base::result<bool> {
    if (find(d.tokens, wanted.name) != d.tokens.end())
      return base::error{
          base::ec::conflict,
          fmt::format("making token {}: there is one of that name; rotate or revoke it",
                      wanted.name)};
    if (d.tokens.size() >= tokens_max)
      return base::error{base::ec::too_large,
                         fmt::format("making token {}: there are {} already; revoke some",
                                     wanted.name, tokens_max)};
    if (auto ok = keep_admin(wanted.name, *token); !ok)
      return ok.err();
    const auto behind = std::find_if(d.tokens.begin(), d.tokens.end(),
                                     [&](const auto& t) { return t.name > wanted.name; });
    d.tokens.insert(behind, record_of(wanted, digest_of(*token)));
    return true;
  });
  if (!done)
    return done.err();
  return token_made{std::move(wanted), std::move(*token)};
}

base::result<token_made> token_store::rotate(const std::string& name) {
  auto token = random_token();
  if (!token)
    return token.err();
  token_info info;
  auto done = change("rotating a token", [&](schemas::token_document& d) -> base::result<bool> {
    const auto known = find(d.tokens, name);
    if (known == d.tokens.end())
      return none_of_that_name("rotating", name);
    if (auto ok = keep_admin(name, *token); !ok)
      return ok.err();
    known->digest = digest_of(*token);
    known->rotated = clock_.now();
    info = info_of(*known);
    return true;
  });
  if (!done)
    return done.err();
  return token_made{std::move(info), std::move(*token)};
}

base::status token_store::revoke(const std::string& name) {
  return change("revoking a token", [&](schemas::token_document& d) -> base::result<bool> {
    const auto known = find(d.tokens, name);
    if (known == d.tokens.end())
      return none_of_that_name("revoking", name);
    if (is_full_admin(*known) &&
        std::count_if(d.tokens.begin(), d.tokens.end(), is_full_admin) == 1)
      return base::error{base::ec::conflict,
                         fmt::format("revoking token {}: it is the last admin of all tenants; "
                                     "make another one first, or rotate it",
                                     name)};
    d.tokens.erase(known);
    return true;
  });
}

std::vector<token_info> token_store::all() const {
  const std::shared_lock hold{mutex_};
  std::vector<token_info> out;
  for (const auto& t : now_.tokens)
    out.push_back(info_of(t));
  return out;
}

} // namespace vedette::server

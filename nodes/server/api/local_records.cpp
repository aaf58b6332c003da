#include "nodes/server/api/local_records.hpp"

#include "base/json_writer.hpp"
#include "io/zmq/curve_keys.hpp"
#include "nodes/server/api/json.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string>

namespace vedette::server {

namespace {

using schemas::key_document;
using schemas::key_record;
using schemas::token_document;
using schemas::token_record;

void write(base::json_writer& w, const char* name, const std::vector<std::string>& texts) {
  w.key(name).begin_array();
  for (const auto& t : texts)
    w.value(t);
  w.end_array();
}

struct tokens_in_store {
  using document = token_document;
  using record = token_record;
  static constexpr std::string_view prefix = "token/";
  static constexpr const char* what = "the tokens";

  static auto& records(auto& d) { return d.tokens; }
  static const std::string& name(const record& t) { return t.name; }
  static std::string encode(const record& t) {
    base::json_writer w;
    w.begin_object();
    w.member("name", t.name).member("sha256", t.digest);
    write(w, "roles", t.roles);
    write(w, "tenants", t.tenants);
    w.member("all_tenants", t.all_tenants);
    w.member("created", base::format_rfc3339(t.created))
        .member("rotated", base::format_rfc3339(t.rotated));
    w.member("created_by", t.created_by);
    w.end_object();
    return std::string{w.text()};
  }
  static bool decode(std::string_view text, record& t) {
    auto doc = json_document::parse(text, "a token's record");
    if (!doc)
      return false;
    const auto root = doc->root();
    t.name = text_at(root, "name");
    t.digest = text_at(root, "sha256");
    t.roles = texts_at(root, "roles");
    t.tenants = texts_at(root, "tenants");
    t.all_tenants = flag_at(root, "all_tenants");
    t.created = base::parse_rfc3339(text_at(root, "created")).value_or(base::receive_time{});
    t.rotated = base::parse_rfc3339(text_at(root, "rotated")).value_or(base::receive_time{});
    t.created_by = text_at(root, "created_by");
    return !t.name.empty() && t.digest.size() == 64;
  }
};

struct keys_in_store {
  using document = key_document;
  using record = key_record;
  static constexpr std::string_view prefix = "key/";
  static constexpr const char* what = "the collector keys";

  static auto& records(auto& d) { return d.keys; }
  static const std::string& name(const record& k) { return k.public_key; }
  static std::string encode(const record& k) {
    base::json_writer w;
    w.begin_object();
    w.member("public_key", k.public_key).member("tenant", k.tenant).member("source", k.source);
    w.member("may_send", k.may_send).member("may_listen", k.may_listen);
    w.member("created", base::format_rfc3339(k.created)).member("created_by", k.created_by);
    if (k.revoked)
      w.member("revoked", base::format_rfc3339(*k.revoked));
    w.end_object();
    return std::string{w.text()};
  }
  static bool decode(std::string_view text, record& k) {
    auto doc = json_document::parse(text, "a key's record");
    if (!doc)
      return false;
    const auto root = doc->root();
    k.public_key = text_at(root, "public_key");
    k.tenant = text_at(root, "tenant");
    k.source = text_at(root, "source");
    k.may_send = flag_at(root, "may_send");
    k.may_listen = flag_at(root, "may_listen");
    k.created = base::parse_rfc3339(text_at(root, "created")).value_or(base::receive_time{});
    k.revoked = base::parse_rfc3339(text_at(root, "revoked"));
    k.created_by = text_at(root, "created_by");
    return io::is_curve_key(k.public_key) && !k.tenant.empty();
  }
};

template <class Kind>
class local_place final : public record_place<typename Kind::document> {
 public:
  using document = typename Kind::document;
  using record = typename Kind::record;

  explicit local_place(std::shared_ptr<state::store> store) : store_{std::move(store)} {}

  base::result<document> read(std::optional<std::uint64_t>) override {
    const std::lock_guard hold{mutex_};
    if (!read_)
      if (auto ok = load(); !ok)
        return ok.err();
    document out;
    out.version = version_;
    for (const auto& [name, r] : standing_)
      Kind::records(out).push_back(r);
    return out;
  }

  base::status put(const document& next) override {
    const std::lock_guard hold{mutex_};
    if (next.version != version_ + 1)
      return base::error{base::ec::conflict,
                         fmt::format("keeping {}: they changed meanwhile", Kind::what)};
    std::map<std::string, record, std::less<>> after;
    state::changes set;
    for (const auto& r : Kind::records(next)) {
      const auto before = standing_.find(Kind::name(r));
      if (before == standing_.end() || before->second != r)
        set.put_meta(std::string{Kind::prefix} + Kind::name(r), Kind::encode(r));
      after[Kind::name(r)] = r;
    }
    for (const auto& [name, r] : standing_)
      if (!after.contains(name))
        set.erase_meta(std::string{Kind::prefix} + name);
    if (auto ok = store_->entities().apply(set); !ok)
      return ok;
    // The answer promises that it works, or that it does not any more; power may fail right behind
    // it.
    if (auto ok = store_->log().sync(); !ok)
      return ok;
    standing_ = std::move(after);
    version_ = next.version;
    return {};
  }

  void follow(std::function<base::status(document)>) override {} // nobody else writes here

 private:
  base::status load() {
    std::string damaged;
    auto read = store_->entities().scan_meta(Kind::prefix,
                                             [&](std::string_view name, std::string_view value) {
                                               record r;
                                               if (Kind::decode(value, r))
                                                 standing_[Kind::name(r)] = std::move(r);
                                               else
                                                 damaged = name;
                                               return true;
                                             });
    if (!read)
      return read;
    if (!damaged.empty())
      return base::error{base::ec::corrupt,
                         fmt::format("reading {}: record {} does not read", Kind::what, damaged)};
    version_ = standing_.empty() ? 0 : 1;
    read_ = true;
    return {};
  }

  std::shared_ptr<state::store> store_;
  std::mutex mutex_;
  // Below: protected by mutex_.
  bool read_ = false;
  std::uint64_t version_ = 0; ///< since this was made
  std::map<std::string, record, std::less<>> standing_;
};

} // namespace

std::shared_ptr<token_place> local_tokens(std::shared_ptr<state::store> store) {
  return std::make_shared<local_place<tokens_in_store>>(std::move(store));
}

std::shared_ptr<key_place> local_keys(std::shared_ptr<state::store> store) {
  return std::make_shared<local_place<keys_in_store>>(std::move(store));
}

} // namespace vedette::server

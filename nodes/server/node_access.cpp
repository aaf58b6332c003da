#include "nodes/server/node_access.hpp"

#include "nodes/server/api/local_records.hpp"
#include "nodes/server/shared_records.hpp"

#include <spdlog/spdlog.h>

namespace vedette::server {

node_access::node_access(std::shared_ptr<state::store> store, const io::clock& clock,
                         std::string server_key)
    : store_{std::move(store)}, clock_{clock}, server_key_{std::move(server_key)} {}

base::status node_access::open(const std::string& admin_file) {
  tokens_ = std::make_unique<token_store>(local_tokens(store_), clock_);
  if (auto ok = tokens_->open(admin_file); !ok)
    return ok;
  keys_ = std::make_unique<key_store>(local_keys(store_), clock_, server_key_);
  return keys_->open();
}

base::status node_access::share(shared_documents& documents, const std::string& node) {
  own_tokens_ = std::move(tokens_);
  const auto own_keys = std::move(keys_);
  tokens_ = std::make_unique<token_store>(shared_tokens(documents), clock_);
  tokens_->ask_also(
      [own = own_tokens_.get(), shared = tokens_.get(), node](std::string_view digest) {
        return local_admin(*own, *shared, node, digest);
      });
  if (auto ok = tokens_->join(*own_tokens_); !ok)
    return ok;
  keys_ = std::make_unique<key_store>(shared_keys(documents), clock_, server_key_);
  if (auto ok = keys_->join(*own_keys); !ok)
    return ok;
  std::size_t tokens = 0, keys = 0;
  for (const auto& t : own_tokens_->all())
    tokens += t.name != token_store::admin && !tokens_->knows(t.name) ? 1 : 0;
  for (const auto& k : own_keys->all())
    keys += !k.revoked && !keys_->find(k.public_key) ? 1 : 0;
  if (tokens + keys > 0)
    spdlog::warn(
        "{} tokens and {} keys were made on this node alone and are not the cluster's: nobody gets "
        "in with them; make them again",
        tokens, keys);
  return {};
}

std::optional<io::principal> local_admin(const token_store& own, const token_store& shared,
                                         const std::string& node, std::string_view digest) {
  // The token that became the cluster's must end everywhere when the cluster's is rotated or
  // revoked.
  if (digest == shared.began())
    return std::nullopt;
  auto who = own.holder(digest);
  if (!who || who->name != token_store::admin)
    return std::nullopt;
  who->name += "@" + node;
  return who;
}

} // namespace vedette::server

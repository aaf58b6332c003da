// Who may ask: bearer tokens with roles and tenants.
//
// Only the SHA-256 of a token is kept, where record_place.hpp says; the token itself is said once,
// when it is made. Remembers every token in memory, at most `tokens_max`. The first start makes the
// token `admin` and leaves it in a file only the owner can read. `authenticate` and `all` are
// thread-safe and quick; what changes tokens blocks, in a cluster for seconds.
#pragma once

#include "base/result.hpp"
#include "io/clock/clock.hpp"
#include "io/http/message.hpp"
#include "io/http/principal.hpp"
#include "nodes/server/api/record_place.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

struct token_info {
  std::string name; ///< 1..64 of [a-z0-9._-]
  std::vector<io::role> roles;
  std::vector<base::tenant_id> tenants;
  bool all_tenants = false; ///< `tenants` is then empty
  base::receive_time created, rotated;
  std::string created_by;
};

/// A token as told to who asked for it, this once.
struct token_made {
  token_info info;
  std::string token; ///< "vdt_" and 64 hex digits
};

class token_store {
 public:
  static constexpr std::size_t tokens_max = 1024;
  static constexpr std::string_view admin = "admin"; ///< made by the first start

  token_store(std::shared_ptr<token_place> place, const io::clock& clock);

  /// Of a node's own tokens: reads them. Makes the token `admin` when there is none yet, or when
  /// `admin_file` exists and does not hold it (empty it to get a new one); then writes it there
  /// with mode 0600. Errors: io, corrupt, denied, disk_full.
  [[nodiscard]] base::status open(const std::string& admin_file);
  /// Of a cluster's tokens: reads and follows them. When the cluster has none yet, `mine` become
  /// the first. Errors: as the place's.
  [[nodiscard]] base::status join(const token_store& mine);
  /// Who has this token when it is none of these; set before the first request. Thread-safe.
  void ask_also(std::function<std::optional<io::principal>(std::string_view digest)> other);

  /// Error denied: no token, or one that nobody made. Compares with every token in constant time.
  /// Refusals are logged, at most one line a second.
  [[nodiscard]] base::result<io::principal> authenticate(const io::http_request& request) const;

  // Changes fail with the place's errors as well; conflict also when other nodes kept being first.

  /// Errors: invalid_argument, conflict (the name is taken), too_large (tokens_max).
  [[nodiscard]] base::result<token_made> create(token_info wanted);
  /// Another secret under the same name; the old one stops working at once. Errors: not_found.
  [[nodiscard]] base::result<token_made> rotate(const std::string& name);
  /// Errors: not_found, conflict (the last admin of all tenants).
  [[nodiscard]] base::status revoke(const std::string& name);

  /// In the order of names.
  [[nodiscard]] std::vector<token_info> all() const;
  [[nodiscard]] bool knows(const std::string& name) const;
  /// Whose token has this digest. Compares with every one, in constant time each.
  [[nodiscard]] std::optional<io::principal> holder(std::string_view digest) const;
  /// What the document says it began with; empty when it says nothing.
  [[nodiscard]] std::string began() const;

 private:
  [[nodiscard]] base::status take(schemas::token_document d);
  [[nodiscard]] base::status
  change(const char* doing,
         const std::function<base::result<bool>(schemas::token_document&)>& edit);
  [[nodiscard]] base::status keep_admin(const std::string& name, const std::string& token) const;
  void log_refusal(const io::http_request& request) const;

  std::shared_ptr<token_place> place_;
  const io::clock& clock_;
  std::string admin_file_; ///< of a node's own tokens
  std::function<std::optional<io::principal>(std::string_view)> other_;
  std::mutex writing_; ///< one change of this node at a time
  mutable std::shared_mutex mutex_;
  schemas::token_document now_; ///< protected by mutex_
  mutable std::atomic<std::int64_t> refusal_logged_ns_{INT64_MIN / 2};
  mutable std::atomic<std::uint64_t> refusals_{0};
};

} // namespace vedette::server

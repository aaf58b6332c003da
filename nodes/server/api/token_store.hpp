// Who may ask: bearer tokens with roles and tenants.
//
// Only the SHA-256 of a token is kept, in the store's meta records ("token/NAME"); the token itself is
// said once, when it is made. Remembers every token in memory, at most `tokens_max`. The first start
// makes the token `admin` and leaves it in a file only the owner can read. `authenticate` and `all`
// are thread-safe and quick; what writes to the store blocks and belongs into an actor's task.
#pragma once

#include "base/result.hpp"
#include "io/clock/clock.hpp"
#include "io/http/message.hpp"
#include "io/http/principal.hpp"
#include "state/store.hpp"

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

struct token_info {
  std::string name;  ///< 1..64 of [a-z0-9._-]
  std::vector<io::role> roles;
  std::vector<base::tenant_id> tenants;
  bool all_tenants = false;  ///< `tenants` is then empty
  base::receive_time created, rotated;
  std::string created_by;
};

/// A token as told to who asked for it, this once.
struct token_made {
  token_info info;
  std::string token;  ///< "vdt_" and 64 hex digits
};

class token_store {
 public:
  static constexpr std::size_t tokens_max = 1024;

  token_store(std::shared_ptr<state::store> store, const io::clock& clock);

  /// Reads the records. Makes the token `admin` when there is none yet, or when `admin_file` exists
  /// and does not hold it (empty it to get a new one); then writes it there with mode 0600. Errors:
  /// io, corrupt, denied, disk_full.
  [[nodiscard]] base::status open(const std::string& admin_file);

  /// Error denied: no token, or one that nobody made. Compares with every token in constant time.
  /// Refusals are logged, at most one line a second.
  [[nodiscard]] base::result<io::principal> authenticate(const io::http_request& request) const;

  /// Errors: invalid_argument, conflict (the name is taken), too_large (tokens_max), io.
  [[nodiscard]] base::result<token_made> create(token_info wanted);
  /// Another secret under the same name; the old one stops working at once. Errors: not_found, io.
  [[nodiscard]] base::result<token_made> rotate(const std::string& name);
  /// Errors: not_found, conflict (the last admin of all tenants), io.
  [[nodiscard]] base::status revoke(const std::string& name);

  /// In the order of names.
  [[nodiscard]] std::vector<token_info> all() const;

 private:
  struct held {
    token_info info;
    std::string digest;  ///< SHA-256 of the token, hex
  };

  [[nodiscard]] base::status keep(held h);
  [[nodiscard]] const held* holder_of(std::string_view digest) const;
  [[nodiscard]] base::result<token_made> make(token_info info);
  void log_refusal(const io::http_request& request) const;

  std::shared_ptr<state::store> store_;
  const io::clock& clock_;
  std::string admin_file_;
  std::mutex writing_;  ///< one change at a time, from the check to the record
  mutable std::shared_mutex mutex_;
  std::map<std::string, held> tokens_;
  mutable std::atomic<std::int64_t> refusal_logged_ns_{INT64_MIN / 2};
  mutable std::atomic<std::uint64_t> refusals_{0};
};

} // namespace vedette::server

// Which collector and subscriber keys are known: what the sockets ask at every handshake.
//
// Only public keys are kept, in the store's meta records ("key/PUBLIC"); the secret half is said once,
// when the pair is made. Remembers every key in memory, at most `keys_max`; revoked ones stay listed.
// `find` and `all` are thread-safe and quick; what writes to the store blocks and belongs into an
// actor's task.
#pragma once

#include "base/result.hpp"
#include "io/clock/clock.hpp"
#include "io/zmq/curve_keys.hpp"
#include "io/zmq/key_directory.hpp"
#include "state/store.hpp"

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

struct key_info {
  std::string public_key;
  io::key_owner owner;
  base::receive_time created;
  std::optional<base::receive_time> revoked;
  std::string created_by;
};

struct key_made {
  key_info info;
  io::curve_keys keys;  ///< as the collector's key file wants it
};

class key_store final : public io::key_directory {
 public:
  static constexpr std::size_t keys_max = 65'536;

  key_store(std::shared_ptr<state::store> store, const io::clock& clock);

  /// Reads the records. `server_key` is the public key of this node's sockets, which goes into every
  /// key file made here. Errors: io, corrupt.
  [[nodiscard]] base::status open(std::string server_key);

  /// Nothing for keys that are unknown or revoked.
  [[nodiscard]] std::optional<io::key_owner> find(std::string_view public_key) const override;

  /// Makes a pair. Errors: invalid_argument (tenant, source, a key that may do nothing), too_large, io.
  [[nodiscard]] base::result<key_made> create(io::key_owner owner, std::string created_by);
  /// Another pair with the same rights; the old key is revoked in the same step. Errors: not_found, io.
  [[nodiscard]] base::result<key_made> rotate(const std::string& public_key, std::string created_by);
  /// Errors: not_found (unknown, or revoked before), io.
  [[nodiscard]] base::status revoke(const std::string& public_key);

  /// In the order of creation.
  [[nodiscard]] std::vector<key_info> all() const;

 private:
  [[nodiscard]] base::status keep(const std::vector<key_info>& changed);
  [[nodiscard]] base::result<key_info> standing(const std::string& public_key, std::string_view doing) const;
  [[nodiscard]] base::result<key_made> make(io::key_owner owner, std::string created_by,
                                            std::optional<key_info> instead_of);

  std::shared_ptr<state::store> store_;
  const io::clock& clock_;
  std::string server_key_;
  std::mutex writing_;  ///< one change at a time
  mutable std::shared_mutex mutex_;
  std::map<std::string, key_info, std::less<>> keys_;
};

} // namespace vedette::server

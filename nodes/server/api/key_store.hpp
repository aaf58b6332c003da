// Which collector and subscriber keys are known: what the sockets ask at every handshake.
//
// Only public keys are kept, where record_place.hpp says; the secret half is said once, when the
// pair is made. Remembers every key in memory, at most `keys_max`; revoked ones stay listed. `find`
// and `all` are thread-safe and quick; what changes keys blocks, in a cluster for seconds.
#pragma once

#include "base/result.hpp"
#include "io/clock/clock.hpp"
#include "io/zmq/curve_keys.hpp"
#include "io/zmq/key_directory.hpp"
#include "nodes/server/api/record_place.hpp"

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
  io::curve_keys keys; ///< as the collector's key file wants it
};

class key_store final : public io::key_directory {
 public:
  static constexpr std::size_t keys_max = 65'536;

  /// `server_key` is the public key of this node's sockets, which goes into every key file made
  /// here.
  key_store(std::shared_ptr<key_place> place, const io::clock& clock, std::string server_key);

  /// Of a node's own keys: reads them. Errors: io, corrupt.
  [[nodiscard]] base::status open();
  /// Of a cluster's keys: reads and follows them. When the cluster has none yet, `mine` become the
  /// first. Errors: as the place's.
  [[nodiscard]] base::status join(const key_store& mine);

  /// Nothing for keys that are unknown or revoked.
  [[nodiscard]] std::optional<io::key_owner> find(std::string_view public_key) const override;

  // Changes fail with the place's errors as well; conflict when other nodes kept being first.

  /// Makes a pair. Errors: invalid_argument (tenant, source, a key that may do nothing), too_large.
  [[nodiscard]] base::result<key_made> create(io::key_owner owner, std::string created_by);
  /// Another pair with the same rights; the old key is revoked in the same step. Errors: not_found.
  [[nodiscard]] base::result<key_made> rotate(const std::string& public_key,
                                              std::string created_by);
  /// Errors: not_found (unknown, or revoked before).
  [[nodiscard]] base::status revoke(const std::string& public_key);

  /// In the order of creation.
  [[nodiscard]] std::vector<key_info> all() const;

 private:
  [[nodiscard]] base::status take(schemas::key_document d);
  [[nodiscard]] base::status
  change(const char* doing, const std::function<base::result<bool>(schemas::key_document&)>& edit);
  [[nodiscard]] base::result<io::curve_keys> pair() const;

  std::shared_ptr<key_place> place_;
  const io::clock& clock_;
  const std::string server_key_;
  std::mutex writing_; ///< one change of this node at a time
  mutable std::shared_mutex mutex_;
  // Below: protected by mutex_.
  std::uint64_t version_ = 0;
  std::map<std::string, schemas::key_record, std::less<>> keys_;
};

} // namespace vedette::server

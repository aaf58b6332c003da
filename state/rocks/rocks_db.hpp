// The database that the log and the entities of a rocks store share; internal to state/rocks.
//
// Owns the RocksDB handles, and remembers the first write that failed: from then on nobody knows
// what is stored and RocksDB's own writers must not be touched again, so every later write is
// refused with the same error until the store is opened anew. Column families: `default` (about the
// store itself), `log`, `entities`. Names in `default` begin with one letter: m meta of callers, p
// positions, r runs of the log, s the store's own, h in which half of the entities a partition's
// state lies (docs/formats/log.md).
#pragma once

#include "base/result.hpp"
#include "state/store.hpp"

#include <rocksdb/db.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace vedette::state {

/// The error of a failed call, in our words: `what` says what was tried on what.
[[nodiscard]] base::error to_error(const rocksdb::Status& s, const std::string& what);

struct rocks_db {
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* own = nullptr;
  rocksdb::ColumnFamilyHandle* log = nullptr;
  rocksdb::ColumnFamilyHandle* entities = nullptr;
  std::string folder;
  std::uint64_t incarnation = 0;

  ~rocks_db();

  /// `what` says what was tried on what. Any thread.
  [[nodiscard]] base::status write(const rocksdb::WriteOptions& how, rocksdb::WriteBatch& batch,
                                   const std::string& what);
  [[nodiscard]] base::status sync(const std::string& what);
  [[nodiscard]] base::status healthy() const;

 private:
  base::status judge(const rocksdb::Status& s, const std::string& what);

  std::mutex writing_; ///< one at a time, so that none follows a failed one
  mutable std::mutex mutex_;
  std::optional<base::error> failed_; ///< protected by mutex_
};

/// Opens, creates or refuses; see open_rocks_store.
[[nodiscard]] base::result<std::unique_ptr<rocks_db>> open_rocks_db(const std::string& folder,
                                                                    const store_options& options);

[[nodiscard]] inline rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}
[[nodiscard]] inline std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

/// The log and the entities of a rocks store, with what lets both change in one write.
class rocks_log_base : public partition_log {
 public:
  /// `append` in the same write as what `batch` holds already.
  [[nodiscard]] virtual base::status
  append_with(std::span<const log_entry> group, rocksdb::WriteBatch& batch, sync_policy policy) = 0;
  /// Bytes of records that are held to be read again.
  [[nodiscard]] virtual std::size_t unpacked_bytes() const = 0;
};
class rocks_entities_base : public entity_store {
 public:
  /// Adds to `batch` that what is staged of the partition is its state from now on.
  virtual void switch_in(base::partition_id partition, const changes& beside,
                         rocksdb::WriteBatch& batch) = 0;
  /// Once `batch` is written.
  virtual void switched(base::partition_id partition) = 0;
};

/// Reads the log's runs and the records of the newest. `db` outlives the log.
[[nodiscard]] base::result<std::unique_ptr<rocks_log_base>>
open_rocks_log(rocks_db& db, const store_options& options);
[[nodiscard]] base::result<std::unique_ptr<rocks_entities_base>> open_rocks_entities(rocks_db& db);

} // namespace vedette::state

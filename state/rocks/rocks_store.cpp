#include "state/rocks/rocks_store.hpp"

#include "state/rocks/rocks_db.hpp"

#include <rocksdb/write_batch.h>

namespace vedette::state {

namespace {

class rocks_store final : public store {
 public:
  rocks_store(std::unique_ptr<rocks_db> db, std::unique_ptr<rocks_log_base> log,
              std::unique_ptr<rocks_entities_base> entities)
      : db_{std::move(db)}, log_{std::move(log)}, entities_{std::move(entities)} {}

  partition_log& log() override { return *log_; }
  entity_store& entities() override { return *entities_; }
  base::status switch_staged(base::partition_id partition, const log_entry& reset,
                             const changes& beside) override {
    rocksdb::WriteBatch batch;
    entities_->switch_in(partition, beside, batch);
    // The log's beginning and the state stand or fall together, so both are durable at once.
    if (auto ok = log_->append_with({&reset, 1}, batch, sync_policy::every_commit); !ok)
      return ok;
    entities_->switched(partition);
    return {};
  }
  std::uint64_t incarnation() const override { return db_->incarnation; }
  store_memory memory() const override {
    using p = rocksdb::DB::Properties;
    store_memory m;
    auto& db = *db_->db;
    (void)db.GetAggregatedIntProperty(p::kSizeAllMemTables, &m.unflushed);
    (void)db.GetIntProperty(db_->entities, p::kBlockCacheUsage, &m.block_cache);
    (void)db.GetAggregatedIntProperty(p::kEstimateTableReadersMem, &m.tables);
    m.unpacked = log_->unpacked_bytes();
    return m;
  }

 private:
  std::unique_ptr<rocks_db> db_; // destroyed last
  std::unique_ptr<rocks_log_base> log_;
  std::unique_ptr<rocks_entities_base> entities_;
};

} // namespace

base::result<std::unique_ptr<store>> open_rocks_store(const std::filesystem::path& folder,
                                                      store_options options) {
  auto db = open_rocks_db(folder.string(), options);
  if (!db)
    return db.err();
  auto log = open_rocks_log(**db, options);
  if (!log)
    return log.err();
  auto entities = open_rocks_entities(**db);
  if (!entities)
    return entities.err();
  return std::unique_ptr<store>{
      std::make_unique<rocks_store>(*std::move(db), *std::move(log), *std::move(entities))};
}

} // namespace vedette::state

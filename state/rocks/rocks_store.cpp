#include "state/rocks/rocks_store.hpp"

#include "state/rocks/rocks_db.hpp"

namespace vedette::state {

namespace {

class rocks_store final : public store {
 public:
  rocks_store(std::unique_ptr<rocks_db> db, std::unique_ptr<partition_log> log)
      : db_{std::move(db)}, log_{std::move(log)}, entities_{make_rocks_entities(*db_)} {}

  partition_log& log() override { return *log_; }
  entity_store& entities() override { return *entities_; }
  std::uint64_t incarnation() const override { return db_->incarnation; }

 private:
  std::unique_ptr<rocks_db> db_; // destroyed last
  std::unique_ptr<partition_log> log_;
  std::unique_ptr<entity_store> entities_;
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
  return std::unique_ptr<store>{std::make_unique<rocks_store>(*std::move(db), *std::move(log))};
}

} // namespace vedette::state

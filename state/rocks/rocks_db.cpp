#include "state/rocks/rocks_db.hpp"

#include "state/big_endian.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <random>

namespace vedette::state {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t format_version = 1;
constexpr std::size_t mib = std::size_t{1} << 20;

constexpr const char* format_name = "sformat";
constexpr const char* incarnation_name = "sincarnation";
/// "closed", or the sync policy of the process that has the store open or died with it.
constexpr const char* opened_name = "sopened";

const std::array<std::string, 3> families = {"default", "log", "entities"};

/// RocksDB would resume by itself when there is space again: behind our back, with a write-ahead
/// log whose last write failed, and (7.8) by way of an assertion that ends the process.
struct no_resume final : rocksdb::EventListener {
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

/// Into the node's log instead of a LOG file in the store: on a full disk RocksDB (7.8) fails to
/// write that file, and ends the process with an assertion when it tries again.
class to_our_log final : public rocksdb::Logger {
 public:
  to_our_log() : Logger{rocksdb::WARN_LEVEL} {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list args) override { say(rocksdb::WARN_LEVEL, format, args); }
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list args) override {
    if (level >= GetInfoLogLevel())
      say(level, format, args);
  }

 private:
  static void say(rocksdb::InfoLogLevel level, const char* format, va_list args) {
    std::array<char, 1024> text{};
    std::vsnprintf(text.data(), text.size(), format, args);
    // What matters to an operator comes back as a status and is said by whoever asked.
    if (level >= rocksdb::ERROR_LEVEL && level <= rocksdb::FATAL_LEVEL)
      spdlog::warn("rocksdb: {}", text.data());
    else
      spdlog::debug("rocksdb: {}", text.data());
  }
};

rocksdb::Options common(const store_options& options) {
  rocksdb::Options o;
  o.info_log = std::make_shared<to_our_log>();
  o.listeners.push_back(std::make_shared<no_resume>());
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  o.max_background_jobs = 2;
  o.max_open_files = 512;
  o.bytes_per_sync = mib;
  o.info_log_level = rocksdb::WARN_LEVEL;
  o.max_total_wal_size = 256 * mib;
  // What is unflushed is a node's memory for as long as it runs, so no more of it than pays.
  o.write_buffer_size = 4 * mib;
  // A write that was cut off at the end of the last file was never acknowledged and is dropped.
  // Damage anywhere else may have swallowed acknowledged entries: that must not pass in silence.
  o.wal_recovery_mode = options.accept_loss
                            ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                            : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  return o;
}

rocksdb::ColumnFamilyOptions for_log(const rocksdb::Options& base) {
  rocksdb::ColumnFamilyOptions o{base};
  o.write_buffer_size = 16 * mib;
  o.max_write_buffer_number = 3;
  // Values are compressed already. Keys only grow, so files never overlap and move down to level 1
  // without being rewritten, from where trim deletes them whole (DeleteFilesInRange skips level 0).
  o.compression = rocksdb::kNoCompression;
  o.bottommost_compression = rocksdb::kNoCompression;
  o.level0_file_num_compaction_trigger = 2;
  o.num_levels = 2;
  o.max_bytes_for_level_base = std::uint64_t{1} << 50;
  o.target_file_size_base = 64 * mib;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true; // what is read again is kept unpacked (record_cache.hpp)
  table.block_size = 64 * 1024;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

rocksdb::ColumnFamilyOptions for_entities(const rocksdb::Options& base,
                                          std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::ColumnFamilyOptions o{base};
  o.write_buffer_size = 8 * mib;
  o.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

/// True for what a database leaves behind that died while it was being made.
bool unfinished(const fs::path& file) {
  const auto name = file.filename().string();
  for (const auto* begin : {"LOCK", "LOG", "IDENTITY", "MANIFEST-", "OPTIONS-", "CURRENT"})
    if (name.starts_with(begin))
      return true;
  return name.ends_with(".dbtmp") || name.ends_with(".log");
}

/// Refuses a folder that is there and is not ours, before RocksDB writes into it.
base::status look_at(const std::string& folder, const std::string& what) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    return base::error{failed == std::errc::no_space_on_device ? base::ec::disk_full : base::ec::io,
                       what + ": cannot make the folder: " + failed.message()};
  if (!fs::exists(fs::path{folder} / "CURRENT")) {
    fs::directory_iterator files{folder, failed};
    if (failed)
      return base::error{base::ec::io, what + ": cannot list the folder: " + failed.message()};
    for (const auto& f : files)
      if (!unfinished(f.path()))
        return base::error{base::ec::invalid_argument, what + ": the folder holds other files (" +
                                                           f.path().filename().string() +
                                                           ") and no store; name an empty folder"};
    return {};
  }
  std::vector<std::string> names;
  if (const auto s = rocksdb::DB::ListColumnFamilies({}, folder, &names); !s.ok())
    return to_error(s, what);
  for (const auto& n : names)
    if (std::ranges::find(families, n) == families.end())
      return base::error{base::ec::unsupported,
                         what + ": it holds '" + n +
                             "', which this build does not know; use the build that wrote it"};
  return {};
}

std::uint64_t random64() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

bool empty(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) {
  const std::unique_ptr<rocksdb::Iterator> i{db.NewIterator({}, family)};
  i->SeekToFirst();
  return !i->Valid() && i->status().ok();
}

/// Reads or writes what the store says about itself.
base::status introduce(rocks_db& out, const store_options& options, const std::string& what) {
  std::string format, incarnation, opened;
  const auto get = [&](const char* name, std::string& value) {
    const auto s = out.db->Get({}, out.own, name, &value);
    return s.IsNotFound() ? rocksdb::Status::OK() : s;
  };
  for (const auto& s :
       {get(format_name, format), get(incarnation_name, incarnation), get(opened_name, opened)})
    if (!s.ok())
      return to_error(s, what);
  rocksdb::WriteBatch batch;
  if (format.empty()) {
    if (!empty(*out.db, out.own) || !empty(*out.db, out.log) || !empty(*out.db, out.entities))
      return base::error{base::ec::invalid_argument,
                         what +
                             ": it is a database, but not one of Vedette's; name an empty folder"};
    batch.Put(out.own, format_name, big_endian(format_version));
  } else if (const auto found = from_big_endian<std::uint32_t>(format); found != format_version) {
    return base::error{base::ec::unsupported,
                       what + ": its format is version " + std::to_string(found) +
                           ", this build reads version " + std::to_string(format_version) +
                           "; use the build that wrote it"};
  }
  out.incarnation = from_big_endian<std::uint64_t>(incarnation);
  const bool may_have_lost = !opened.empty() && opened != "closed" && opened != "every_commit";
  if (incarnation.empty() || may_have_lost || options.accept_loss) {
    out.incarnation = random64();
    batch.Put(out.own, incarnation_name, big_endian(out.incarnation));
  }
  batch.Put(out.own, opened_name,
            options.sync == sync_policy::every_commit ? "every_commit" : "later");
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (const auto s = out.db->Write(durable, &batch); !s.ok())
    return to_error(s, what);
  return {};
}

} // namespace

rocks_db::~rocks_db() {
  if (!db)
    return;
  if (own != nullptr && incarnation != 0 && healthy()) {
    rocksdb::WriteOptions durable;
    durable.sync = true; // whatever the policy: from here on nothing is pending
    (void)db->Put(durable, own, opened_name, "closed");
  }
  for (auto* family : {own, log, entities})
    if (family != nullptr)
      (void)db->DestroyColumnFamilyHandle(family);
  (void)db->Close();
}

base::status rocks_db::healthy() const {
  const std::scoped_lock lock{mutex_};
  if (failed_)
    return *failed_;
  return {};
}

base::status rocks_db::judge(const rocksdb::Status& s, const std::string& what) {
  if (s.ok())
    return {};
  const std::scoped_lock lock{mutex_};
  if (!failed_)
    failed_ = to_error(s, what);
  return *failed_;
}

base::status rocks_db::write(const rocksdb::WriteOptions& how, rocksdb::WriteBatch& batch,
                             const std::string& what) {
  const std::scoped_lock writing{writing_};
  if (auto fine = healthy(); !fine)
    return fine;
  return judge(db->Write(how, &batch), what);
}

base::status rocks_db::sync(const std::string& what) {
  const std::scoped_lock writing{writing_};
  if (auto fine = healthy(); !fine)
    return fine;
  return judge(db->SyncWAL(), what);
}

base::result<std::unique_ptr<rocks_db>> open_rocks_db(const std::string& folder,
                                                      const store_options& options) {
  const auto what = "opening the store in " + folder;
  if (auto looked = look_at(folder, what); !looked)
    return looked.err();
  const auto base = common(options);
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  const std::vector<rocksdb::ColumnFamilyDescriptor> wanted = {
      {families[0], for_entities(base, cache)},
      {families[1], for_log(base)},
      {families[2], for_entities(base, cache)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  if (const auto s = rocksdb::DB::Open(base, folder, wanted, &handles, &raw); !s.ok())
    return to_error(s, what);
  auto out = std::make_unique<rocks_db>();
  out->db.reset(raw);
  out->own = handles[0];
  out->log = handles[1];
  out->entities = handles[2];
  out->folder = folder;
  if (auto done = introduce(*out, options, what); !done) {
    out->incarnation = 0; // not ours to mark as closed
    return done.err();
  }
  return out;
}

} // namespace vedette::state

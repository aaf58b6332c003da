#include "state/big_endian.hpp"
#include "state/log_index.hpp"
#include "state/record_cache.hpp"
#include "state/rocks/rocks_db.hpp"

#include <rocksdb/convenience.h>
#include <rocksdb/write_batch.h>

#include <mutex>

namespace vedette::state {

namespace {

constexpr char run_letter = 'r';

std::string run_name(std::uint64_t first_record) {
  return run_letter + big_endian(first_record);
}

class rocks_log final : public rocks_log_base {
 public:
  rocks_log(rocks_db& db, const store_options& options)
      : db_{db}, sync_{options.sync}, sync_interval_{options.sync_interval}, clock_{options.clock},
        unpacked_{options.unpacked_bytes}, index_{options.run_records, options.run_bytes} {}

  base::status open();

  base::status append(std::span<const log_entry> group) override {
    rocksdb::WriteBatch batch;
    return append_with(group, batch, sync_);
  }
  base::status append_with(std::span<const log_entry> group, rocksdb::WriteBatch& batch,
                           sync_policy policy) override;
  base::result<base::entry_index> last(base::partition_id partition) const override {
    const std::scoped_lock lock{mutex_};
    return index_.standing(partition).last;
  }
  base::entry_index first_kept(base::partition_id partition) const override {
    const std::scoped_lock lock{mutex_};
    return index_.standing(partition).first_kept;
  }
  log_standing standing(base::partition_id partition) const override {
    const std::scoped_lock lock{mutex_};
    return index_.standing(partition);
  }
  std::vector<base::partition_id> partitions() const override {
    const std::scoped_lock lock{mutex_};
    return index_.partitions();
  }
  base::status read(const positions& after,
                    const std::function<bool(const log_entry&)>& sink) const override;
  base::status trim(const positions& upto, const trim_limits& keep) override;
  base::status sync() override;
  std::size_t unpacked_bytes() const override { return unpacked_.bytes(); }
  log_usage usage() const override {
    const std::scoped_lock lock{mutex_};
    auto u = index_.usage();
    u.bytes_written = written_;
    return u;
  }

 private:
  /// Shows every stored record from `first` on; the sink may refuse with a status.
  template <class Sink>
  base::status records(std::uint64_t first, Sink&& sink) const;
  /// The record the iterator is at.
  [[nodiscard]] base::result<schemas::log_record> unpack(const rocksdb::Iterator& at) const;
  [[nodiscard]] std::string what(const char* doing) const {
    return std::string{doing} + " the log in " + db_.folder;
  }

  rocks_db& db_;
  const sync_policy sync_;
  const base::duration sync_interval_;
  const std::function<base::receive_time()> clock_;

  std::mutex
      writing_; ///< one append or trim at a time; held over the write, so never with mutex_ first
  base::receive_time synced_;

  mutable record_cache unpacked_;

  /// Where a partition's last read ended: whoever goes on behind it need not begin with the run.
  struct place {
    base::entry_index index;
    std::uint64_t record = 0; ///< no entry behind that one lies before it
  };
  mutable std::mutex mutex_;
  // Below: protected by mutex_.
  log_index index_;
  mutable std::map<base::partition_id, place> read_to_; ///< of reads of one partition
  std::uint64_t written_ = 0;
};

rocksdb::ReadOptions read_in_order() {
  rocksdb::ReadOptions options;
  options.readahead_size = std::size_t{2} << 20;
  options.fill_cache = false;
  return options;
}

base::result<schemas::log_record> rocks_log::unpack(const rocksdb::Iterator& at) const {
  auto record = schemas::decode_record(view(at.value()));
  if (!record)
    return base::error{record.err().code,
                       what("reading") + ", record " +
                           std::to_string(from_big_endian<std::uint64_t>(view(at.key()))) + ": " +
                           record.err().context};
  return record;
}

template <class Sink>
base::status rocks_log::records(std::uint64_t first, Sink&& sink) const {
  const std::unique_ptr<rocksdb::Iterator> i{db_.db->NewIterator(read_in_order(), db_.log)};
  for (i->Seek(big_endian(first)); i->Valid(); i->Next()) {
    const auto number = from_big_endian<std::uint64_t>(view(i->key()));
    const auto record = unpack(*i);
    if (!record)
      return record.err();
    auto go_on = sink(number, *record, i->value().size());
    if (!go_on)
      return go_on.err();
    if (!*go_on)
      return {};
  }
  if (!i->status().ok())
    return to_error(i->status(), what("reading"));
  return {};
}

base::status rocks_log::open() {
  const std::unique_ptr<rocksdb::Iterator> i{db_.db->NewIterator({}, db_.own)};
  for (i->Seek(std::string(1, run_letter)); i->Valid() && i->key()[0] == run_letter; i->Next()) {
    const auto run = schemas::decode_run(view(i->value()));
    if (!run)
      return run.err();
    if (auto done = index_.restore(*run); !done)
      return done;
  }
  if (!i->status().ok())
    return to_error(i->status(), what("opening"));
  bool any = false;
  auto done = records(index_.next_record(),
                      [&](auto number, const auto& record, auto bytes) -> base::result<bool> {
                        any = true;
                        if (auto added = index_.add_stored(number, record.entries, bytes); !added)
                          return added.err();
                        return true;
                      });
  if (!done)
    return done;
  if (!any && !index_.runs().empty())
    return base::error{base::ec::corrupt,
                       what("opening") + ": its newest run has no record; restore the store"};
  return {};
}

base::status rocks_log::append_with(std::span<const log_entry> group, rocksdb::WriteBatch& batch,
                                    sync_policy policy) {
  const std::scoped_lock writing{writing_};
  if (auto fine = db_.healthy(); !fine)
    return fine;
  const auto now = clock_();
  auto record = schemas::encode_record(now, group);
  if (!record)
    return record.err();
  std::uint64_t bytes = record->size() + sizeof(std::uint64_t);
  log_index::states after;
  {
    const std::scoped_lock lock{mutex_};
    after = index_.after(group);
    batch.Put(db_.log, big_endian(index_.next_record()), *record);
    if (index_.begins_run()) {
      const auto run = schemas::encode_run(index_.next_run(now));
      batch.Put(db_.own, run_name(index_.next_record()), run);
      bytes += run.size() + sizeof(std::uint64_t) + 1;
    }
  }
  rocksdb::WriteOptions options;
  options.sync = policy == sync_policy::every_commit ||
                 (policy == sync_policy::interval && now - synced_ >= sync_interval_);
  if (auto done = db_.write(options, batch, what("writing")); !done)
    return done;
  if (options.sync)
    synced_ = now;
  const std::scoped_lock lock{mutex_};
  index_.add(group, std::move(after), record->size(), now);
  written_ += bytes;
  return {};
}

base::status rocks_log::read(const positions& after,
                             const std::function<bool(const log_entry&)>& sink) const {
  std::uint64_t start = 0, end = 0;
  log_index::filter filter;
  const bool alone = after.size() == 1;
  {
    const std::scoped_lock lock{mutex_};
    const auto found = index_.start_of(after);
    if (!found)
      return found.err();
    if (*found == index_.next_record())
      return {};
    start = *found;
    end = index_.next_record();
    filter = index_.filter_of(after);
    if (alone) {
      const auto& [partition, index] = *after.begin();
      if (const auto at = read_to_.find(partition);
          at != read_to_.end() && at->second.index <= index)
        start = std::max(start, at->second.record);
    }
  }
  std::unique_ptr<rocksdb::Iterator> i;
  for (auto number = start; number < end; ++number) {
    auto record = unpacked_.find(number);
    if (!record) {
      const auto key = big_endian(number);
      if (!i) {
        i.reset(db_.db->NewIterator(read_in_order(), db_.log));
        i->Seek(key);
      } else {
        i->Next();
        if (i->Valid() && view(i->key()) != key) // some before it were here already
          i->Seek(key);
      }
      if (!i->status().ok())
        return to_error(i->status(), what("reading"));
      if (!i->Valid() || view(i->key()) != key) {
        const std::scoped_lock lock{mutex_};
        return base::error{number < index_.first_record() ? base::ec::not_found : base::ec::corrupt,
                           what("reading") + ": record " + std::to_string(number) +
                               " is not there"};
      }
      auto fresh = unpack(*i);
      if (!fresh)
        return fresh.err();
      record = std::make_shared<const schemas::log_record>(std::move(*fresh));
      unpacked_.put(number, record);
    }
    for (const auto& e : record->entries) {
      if (!filter.wants(e) || (sink(e) && !filter.done()))
        continue;
      if (alone) {
        const std::scoped_lock lock{mutex_};
        // Behind the entry before this one: whether this one was taken only the sink knows.
        read_to_[e.partition] = {base::entry_index{e.index.value - 1}, number};
      }
      return {};
    }
  }
  return {};
}

base::status rocks_log::trim(const positions& upto, const trim_limits& keep) {
  const std::scoped_lock writing{writing_};
  std::size_t count = 0;
  std::uint64_t first = 0, kept = 0;
  {
    const std::scoped_lock lock{mutex_};
    count = index_.trimmable(upto, keep, clock_());
    if (count == 0)
      return {};
    first = index_.first_record();
    kept = index_.runs()[count].first_record;
  }
  // The checkpoint that covers the records may still wait in the write-ahead log, while deleted
  // files are gone at once.
  if (auto done = db_.sync(what("trimming")); !done)
    return done;
  rocksdb::WriteBatch batch;
  batch.DeleteRange(db_.own, run_name(first), run_name(kept));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (auto done = db_.write(durable, batch, what("trimming")); !done)
    return done;
  {
    const std::scoped_lock lock{mutex_};
    index_.drop_runs(count);
  }
  // Without their runs the records are unreachable. Files that hold nothing else go at once; what
  // straddles or is not yet in level 1 goes with a later trim, and no tombstone ever makes a
  // compaction rewrite records (measured: 2.5 bytes written per byte with DeleteRange, 2 without).
  const auto end = big_endian(kept);
  const rocksdb::Slice limit{end};
  if (const auto s = rocksdb::DeleteFilesInRange(db_.db.get(), db_.log, nullptr, &limit, false);
      !s.ok())
    return to_error(s, what("trimming"));
  return {};
}

base::status rocks_log::sync() {
  const std::scoped_lock writing{writing_};
  if (auto done = db_.sync(what("syncing")); !done)
    return done;
  synced_ = clock_();
  return {};
}

} // namespace

base::result<std::unique_ptr<rocks_log_base>> open_rocks_log(rocks_db& db,
                                                             const store_options& options) {
  auto log = std::make_unique<rocks_log>(db, options);
  if (auto done = log->open(); !done)
    return done.err();
  return std::unique_ptr<rocks_log_base>{std::move(log)};
}

} // namespace vedette::state

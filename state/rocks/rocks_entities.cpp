// Entities on RocksDB. A partition's state lies in one of two halves of the column family, told
// apart by the first byte of the key; the other half holds what is staged, and switching is one
// small key.
#include "state/big_endian.hpp"
#include "state/rocks/rocks_db.hpp"

#include <rocksdb/write_batch.h>

#include <set>

namespace vedette::state {

namespace {

constexpr char half_letter = 'h';

std::string position_name(base::partition_id partition) {
  return 'p' + big_endian(partition.value);
}
std::string meta_name(std::string_view name) {
  return 'm' + std::string{name};
}
std::string half_name(base::partition_id partition) {
  return half_letter + big_endian(partition.value);
}

/// The bytes of a key, or of the beginning of one, in that half.
std::string in_half(bool second, std::string key) {
  key[0] = second ? '\1' : '\0';
  return key;
}

/// What no key with that beginning reaches.
std::string end_of(const std::string& begin) {
  auto end = after_prefix(begin);
  VEDETTE_ASSERT(!end.empty()); // the first byte is 0 or 1
  return end;
}

class rocks_view final : public entity_view {
 public:
  rocks_view(rocks_db& db, std::string begin)
      : db_{db}, begin_{std::move(begin)}, at_{db.db->GetSnapshot()} {}
  ~rocks_view() override { db_.db->ReleaseSnapshot(at_); }
  rocks_view(const rocks_view&) = delete;
  rocks_view& operator=(const rocks_view&) = delete;

  base::status
  scan(std::string_view from,
       const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const auto end = end_of(begin_);
    const rocksdb::Slice limit{end};
    rocksdb::ReadOptions options;
    options.snapshot = at_;
    options.fill_cache = false;
    options.readahead_size = std::size_t{2} << 20;
    options.iterate_upper_bound = &limit;
    const std::unique_ptr<rocksdb::Iterator> i{db_.db->NewIterator(options, db_.entities)};
    for (i->Seek(begin_ + std::string{from}); i->Valid(); i->Next())
      if (!visit(view(i->key()).substr(partition_bytes), view(i->value())))
        return {};
    if (!i->status().ok())
      return to_error(i->status(), "reading the store in " + db_.folder);
    return {};
  }

 private:
  rocks_db& db_;
  std::string begin_;
  const rocksdb::Snapshot* at_;
};

class rocks_entities final : public rocks_entities_base {
 public:
  explicit rocks_entities(rocks_db& db) : db_{db} {}

  base::status open() {
    return scan_bytes(db_.own, std::string(1, half_letter),
                      [&](std::string_view key, std::string_view) -> base::result<bool> {
                        second_.insert({from_big_endian<std::uint32_t>(key.substr(1))});
                        return true;
                      });
  }

  base::result<std::optional<std::string>> get(const state_key& key) const override {
    return get(db_.entities, in_half(half_of(key.partition), to_bytes(key)));
  }

  base::status apply(const changes& set) override {
    rocksdb::WriteBatch batch;
    for (const auto& c : set.entities()) {
      const base::partition_id partition{from_big_endian<std::uint32_t>(c.key)};
      change(batch, db_.entities, in_half(half_of(partition), c.key), c.value);
    }
    add_beside(batch, set);
    return write(batch);
  }

  base::status scan(base::partition_id partition, const visitor& visit) const override {
    return scan_keys(partition, prefix(partition), visit);
  }
  base::status scan(base::partition_id partition, const base::tenant_id& tenant, state_kind kind,
                    const visitor& visit) const override {
    return scan_keys(partition, prefix(partition, tenant, kind), visit);
  }

  std::shared_ptr<const entity_view> view(base::partition_id partition) const override {
    return std::make_shared<const rocks_view>(db_, in_half(half_of(partition), prefix(partition)));
  }

  base::status stage(base::partition_id partition, std::span<const staged_item> items) override {
    const auto begin = prefix(partition);
    const bool other = !half_of(partition);
    rocksdb::WriteBatch batch;
    for (const auto& i : items) {
      auto key = begin + i.key;
      if (!parse_key(key))
        return foreign_key(i.key.size());
      batch.Put(db_.entities, in_half(other, std::move(key)), i.value);
    }
    return write(batch);
  }

  base::status drop_staged(base::partition_id partition) override {
    rocksdb::WriteBatch batch;
    erase_half(batch, partition, !half_of(partition));
    return write(batch);
  }

  void switch_in(base::partition_id partition, const changes& beside,
                 rocksdb::WriteBatch& batch) override {
    const bool now_second = half_of(partition);
    erase_half(batch, partition, now_second);
    if (now_second)
      batch.Delete(db_.own, half_name(partition));
    else
      batch.Put(db_.own, half_name(partition), {});
    add_beside(batch, beside);
  }
  void switched(base::partition_id partition) override {
    const std::scoped_lock lock{mutex_};
    if (second_.erase(partition) == 0)
      second_.insert(partition);
  }

  base::status drop(base::partition_id partition) override {
    rocksdb::WriteBatch batch;
    erase_half(batch, partition, false);
    erase_half(batch, partition, true);
    batch.Delete(db_.own, position_name(partition));
    return write(batch);
  }

  base::result<base::entry_index> position(base::partition_id partition) const override {
    const auto bytes = get(db_.own, position_name(partition));
    if (!bytes)
      return bytes.err();
    return base::entry_index{*bytes ? from_big_endian<std::uint64_t>(**bytes) : 0};
  }

  base::result<std::optional<std::string>> meta(std::string_view name) const override {
    return get(db_.own, meta_name(name));
  }

  base::status
  scan_meta(std::string_view prefix,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return scan_bytes(db_.own, meta_name(prefix),
                      [&](std::string_view key, std::string_view value) -> base::result<bool> {
                        return visit(key.substr(1), value);
                      });
  }

 private:
  [[nodiscard]] std::string what(const char* doing) const {
    return std::string{doing} + " the store in " + db_.folder;
  }

  [[nodiscard]] bool half_of(base::partition_id partition) const {
    const std::scoped_lock lock{mutex_};
    return second_.contains(partition);
  }

  base::result<std::optional<std::string>> get(rocksdb::ColumnFamilyHandle* family,
                                               const std::string& key) const {
    std::string value;
    const auto s = db_.db->Get({}, family, key, &value);
    if (s.IsNotFound())
      return std::optional<std::string>{};
    if (!s.ok())
      return to_error(s, what("reading"));
    return std::optional{std::move(value)};
  }

  static void change(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* family,
                     const std::string& key, const std::optional<std::string>& value) {
    if (value)
      batch.Put(family, key, *value);
    else
      batch.Delete(family, key);
  }

  void add_beside(rocksdb::WriteBatch& batch, const changes& set) const {
    for (const auto& [partition, index] : set.positions())
      batch.Put(db_.own, position_name(partition), big_endian(index.value));
    for (const auto& c : set.meta()) {
      VEDETTE_ASSERT(!c.key.empty() && c.key.size() <= 128);
      change(batch, db_.own, meta_name(c.key), c.value);
    }
  }

  void erase_half(rocksdb::WriteBatch& batch, base::partition_id partition, bool second) const {
    const auto begin = in_half(second, prefix(partition));
    batch.DeleteRange(db_.entities, begin, end_of(begin));
  }

  base::status write(rocksdb::WriteBatch& batch) { return db_.write({}, batch, what("writing")); }

  template <class Visit>
  base::status scan_bytes(rocksdb::ColumnFamilyHandle* family, const std::string& begin,
                          Visit&& visit) const {
    const auto end = after_prefix(begin);
    const rocksdb::Slice limit{end};
    rocksdb::ReadOptions options;
    options.fill_cache = false; // a whole partition would push out what is hot
    if (!end.empty())
      options.iterate_upper_bound = &limit;
    const std::unique_ptr<rocksdb::Iterator> i{db_.db->NewIterator(options, family)};
    for (i->Seek(begin); i->Valid(); i->Next()) {
      const auto go_on = visit(state::view(i->key()), state::view(i->value()));
      if (!go_on)
        return go_on.err();
      if (!*go_on)
        return {};
    }
    if (!i->status().ok())
      return to_error(i->status(), what("reading"));
    return {};
  }

  base::status scan_keys(base::partition_id partition, std::string begin,
                         const visitor& visit) const {
    return scan_bytes(db_.entities, in_half(half_of(partition), std::move(begin)),
                      [&](std::string_view key, std::string_view value) -> base::result<bool> {
                        const auto parsed = parse_key(in_half(false, std::string{key}));
                        if (!parsed)
                          return base::error{base::ec::corrupt,
                                             what("reading") + ": a key of " +
                                                 std::to_string(key.size()) +
                                                 " bytes is none of ours; restore the store"};
                        return visit(*parsed, value);
                      });
  }

  rocks_db& db_;
  mutable std::mutex mutex_;
  std::set<base::partition_id> second_; ///< whose state lies in the second half; under mutex_
};

} // namespace

base::result<std::unique_ptr<rocks_entities_base>> open_rocks_entities(rocks_db& db) {
  auto entities = std::make_unique<rocks_entities>(db);
  if (auto ok = entities->open(); !ok)
    return ok.err();
  return std::unique_ptr<rocks_entities_base>{std::move(entities)};
}

} // namespace vedette::state

#include "state/big_endian.hpp"
#include "state/rocks/rocks_db.hpp"

#include <rocksdb/write_batch.h>

namespace vedette::state {

namespace {

std::string position_name(base::partition_id partition) {
  return 'p' + big_endian(partition.value);
}
std::string meta_name(std::string_view name) {
  return 'm' + std::string{name};
}

class rocks_entities final : public entity_store {
 public:
  explicit rocks_entities(rocks_db& db) : db_{db} {}

  base::result<std::optional<std::string>> get(const state_key& key) const override {
    return get(db_.entities, to_bytes(key));
  }

  base::status apply(const changes& set) override {
    rocksdb::WriteBatch batch;
    for (const auto& c : set.entities())
      change(batch, db_.entities, c.key, c.value);
    for (const auto& [partition, index] : set.positions())
      batch.Put(db_.own, position_name(partition), big_endian(index.value));
    for (const auto& c : set.meta()) {
      VEDETTE_ASSERT(!c.key.empty() && c.key.size() <= 128);
      change(batch, db_.own, meta_name(c.key), c.value);
    }
    return write(batch);
  }

  base::status scan(base::partition_id partition, const visitor& visit) const override {
    return scan_keys(prefix(partition), visit);
  }
  base::status scan(base::partition_id partition, const base::tenant_id& tenant, state_kind kind,
                    const visitor& visit) const override {
    return scan_keys(prefix(partition, tenant, kind), visit);
  }

  base::status drop(base::partition_id partition) override {
    rocksdb::WriteBatch batch;
    const auto begin = prefix(partition);
    auto end = after_prefix(begin);
    if (end.empty()) // the very last partition: longer than any key
      end = std::string(8192, '\xff');
    batch.DeleteRange(db_.entities, begin, end);
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
      const auto go_on = visit(view(i->key()), view(i->value()));
      if (!go_on)
        return go_on.err();
      if (!*go_on)
        return {};
    }
    if (!i->status().ok())
      return to_error(i->status(), what("reading"));
    return {};
  }

  base::status scan_keys(const std::string& begin, const visitor& visit) const {
    return scan_bytes(db_.entities, begin,
                      [&](std::string_view key, std::string_view value) -> base::result<bool> {
                        const auto parsed = parse_key(key);
                        if (!parsed)
                          return base::error{base::ec::corrupt,
                                             what("reading") + ": a key of " +
                                                 std::to_string(key.size()) +
                                                 " bytes is none of ours; restore the store"};
                        return visit(*parsed, value);
                      });
  }

  rocks_db& db_;
};

} // namespace

std::unique_ptr<entity_store> make_rocks_entities(rocks_db& db) {
  return std::make_unique<rocks_entities>(db);
}

} // namespace vedette::state

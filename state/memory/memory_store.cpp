#include "state/memory/memory_store.hpp"

#include "state/log_index.hpp"

#include <map>
#include <mutex>
#include <random>

namespace vedette::state {

namespace {

class memory_log final : public partition_log {
 public:
  explicit memory_log(const store_options& options)
      : clock_{options.clock}, index_{options.run_records, options.run_bytes} {}

  base::status append(std::span<const log_entry> group) override {
    const auto now = clock_();
    const std::scoped_lock lock{mutex_};
    auto after = index_.after(group);
    auto record = schemas::encode_record(now, group);
    if (!record)
      return record.err();
    written_ += record->size();
    index_.add(group, std::move(after), record->size(), now);
    records_.push_back(std::make_shared<const std::string>(*std::move(record)));
    return {};
  }

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
                    const std::function<bool(const log_entry&)>& sink) const override {
    std::vector<std::shared_ptr<const std::string>> records;
    log_index::filter filter;
    {
      const std::scoped_lock lock{mutex_}; // not held while the sink runs: it may append
      const auto start = index_.start_of(after);
      if (!start)
        return start.err();
      records.assign(records_.begin() + static_cast<std::ptrdiff_t>(*start - index_.first_record()),
                     records_.end());
      filter = index_.filter_of(after);
    }
    for (const auto& bytes : records) {
      const auto record = schemas::decode_record(*bytes);
      if (!record)
        return record.err();
      for (const auto& e : record->entries)
        if (filter.wants(e) && !sink(e))
          return {};
    }
    return {};
  }

  base::status trim(const positions& upto, const trim_limits& keep) override {
    const auto now = clock_();
    const std::scoped_lock lock{mutex_};
    const auto before = index_.first_record();
    index_.drop_runs(index_.trimmable(upto, keep, now));
    records_.erase(records_.begin(),
                   records_.begin() + static_cast<std::ptrdiff_t>(index_.first_record() - before));
    return {};
  }

  base::status sync() override { return {}; }

  log_usage usage() const override {
    const std::scoped_lock lock{mutex_};
    auto u = index_.usage();
    u.bytes_written = written_;
    return u;
  }

 private:
  const std::function<base::receive_time()> clock_;
  mutable std::mutex mutex_;
  // Below: protected by mutex_.
  log_index index_;
  std::deque<std::shared_ptr<const std::string>> records_;
  std::uint64_t written_ = 0;
};

class memory_entities final : public entity_store {
 public:
  base::result<std::optional<std::string>> get(const state_key& key) const override {
    const std::scoped_lock lock{mutex_};
    return find(entities_, to_bytes(key));
  }

  base::status apply(const changes& set) override {
    const std::scoped_lock lock{mutex_};
    for (const auto& c : set.entities())
      change(entities_, c);
    for (const auto& [partition, index] : set.positions())
      positions_[partition] = index;
    for (const auto& c : set.meta())
      change(meta_, c);
    return {};
  }

  base::status scan(base::partition_id partition, const visitor& visit) const override {
    return scan_prefix(prefix(partition), visit);
  }
  base::status scan(base::partition_id partition, const base::tenant_id& tenant, state_kind kind,
                    const visitor& visit) const override {
    return scan_prefix(prefix(partition, tenant, kind), visit);
  }

  base::status drop(base::partition_id partition) override {
    const std::scoped_lock lock{mutex_};
    erase_all(partition);
    staged_.erase(partition);
    positions_.erase(partition);
    return {};
  }

  std::shared_ptr<const entity_view> view(base::partition_id partition) const override {
    return std::make_shared<const held_view>(of_prefix(entities_, prefix(partition)));
  }

  base::status stage(base::partition_id partition, std::span<const staged_item> items) override {
    const std::scoped_lock lock{mutex_};
    for (const auto& i : items) {
      auto key = prefix(partition) + i.key;
      if (!parse_key(key))
        return foreign_key(i.key.size());
      staged_[partition][std::move(key)] = i.value;
    }
    return {};
  }
  base::status drop_staged(base::partition_id partition) override {
    const std::scoped_lock lock{mutex_};
    staged_.erase(partition);
    return {};
  }
  void take_staged(base::partition_id partition) {
    const std::scoped_lock lock{mutex_};
    erase_all(partition);
    entities_.merge(staged_[partition]);
    staged_.erase(partition);
  }

  base::result<base::entry_index> position(base::partition_id partition) const override {
    const std::scoped_lock lock{mutex_};
    const auto found = positions_.find(partition);
    return found == positions_.end() ? base::entry_index{} : found->second;
  }

  base::result<std::optional<std::string>> meta(std::string_view name) const override {
    const std::scoped_lock lock{mutex_};
    return find(meta_, name);
  }

  base::status
  scan_meta(std::string_view prefix,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    for (const auto& [name, value] : of_prefix(meta_, prefix))
      if (!visit(name, value))
        break;
    return {};
  }

 private:
  using table = std::map<std::string, std::string, std::less<>>;

  class held_view final : public entity_view {
   public:
    explicit held_view(std::vector<std::pair<std::string, std::string>> all)
        : all_{std::move(all)} {}
    base::status
    scan(std::string_view from,
         const std::function<bool(std::string_view, std::string_view)>& visit) const override {
      for (const auto& [key, value] : all_) {
        const auto rest = std::string_view{key}.substr(partition_bytes);
        if (rest >= from && !visit(rest, value))
          break;
      }
      return {};
    }

   private:
    std::vector<std::pair<std::string, std::string>> all_;
  };

  void erase_all(base::partition_id partition) {
    const auto begin = prefix(partition);
    std::erase_if(entities_, [&](const auto& e) { return e.first.starts_with(begin); });
  }
  static std::optional<std::string> find(const table& t, std::string_view key) {
    const auto found = t.find(key);
    return found == t.end() ? std::nullopt : std::optional{found->second};
  }
  static void change(table& t, const changes::change& c) {
    if (c.value)
      t[c.key] = *c.value;
    else
      t.erase(c.key);
  }
  /// A copy, so that the visitor may change the store.
  std::vector<std::pair<std::string, std::string>> of_prefix(const table& t,
                                                             std::string_view prefix) const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::pair<std::string, std::string>> out;
    for (auto i = t.lower_bound(prefix); i != t.end() && i->first.starts_with(prefix); ++i)
      out.push_back(*i);
    return out;
  }
  base::status scan_prefix(const std::string& prefix, const visitor& visit) const {
    for (const auto& [key, value] : of_prefix(entities_, prefix)) {
      const auto parsed = parse_key(key);
      VEDETTE_ASSERT(parsed.has_value());
      if (!visit(*parsed, value))
        break;
    }
    return {};
  }

  mutable std::mutex mutex_;
  // Below: protected by mutex_.
  table entities_, meta_;
  std::map<base::partition_id, table> staged_;
  positions positions_;
};

class memory_store final : public store {
 public:
  explicit memory_store(const store_options& options) : log_{options} {
    std::random_device random;
    incarnation_ = std::uint64_t{random()} << 32 | random();
  }

  partition_log& log() override { return log_; }
  entity_store& entities() override { return entities_; }
  base::status switch_staged(base::partition_id partition, const log_entry& reset,
                             const changes& beside) override {
    if (auto ok = log_.append({&reset, 1}); !ok)
      return ok;
    entities_.take_staged(partition);
    return entities_.apply(beside);
  }
  std::uint64_t incarnation() const override { return incarnation_; }
  store_memory memory() const override { return {}; }

 private:
  memory_log log_;
  memory_entities entities_;
  std::uint64_t incarnation_;
};

} // namespace

std::unique_ptr<store> make_memory_store(store_options options) {
  return std::make_unique<memory_store>(options);
}

} // namespace vedette::state

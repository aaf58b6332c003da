#include "nodes/replay/pipeline.hpp"

#include "ingest/normaliser.hpp"
#include "nodes/replay/folder.hpp"
#include "nodes/replay/unit.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace vedette::replay {

void tally::add(const tally& other) {
  records += other.records;
  bytes += other.bytes;
  events += other.events;
  skipped += other.skipped;
  quarantined += other.quarantined;
  duplicates += other.duplicates;
  late += other.late;
  ahead += other.ahead;
  matches += other.matches;
  for (const auto& [reason, n] : other.quarantine_reasons)
    quarantine_reasons[reason] += n;
  for (const auto& [reason, n] : other.skip_reasons)
    skip_reasons[reason] += n;
}

namespace {

void count(std::map<std::string, std::uint64_t, std::less<>>& reasons, std::string_view reason) {
  auto at = reasons.find(reason);
  if (at == reasons.end())
    at = reasons.emplace(std::string{reason}, 0).first;
  ++at->second;
}

/// The stateless half: records to events, and where each must go.
class parser {
 public:
  parser(const content& what, const pipeline_options& how)
      : rules_{what.rules}, tenant_{how.tenant}, limit_{how.now + base::limits::ahead},
        format_{how.format}, normaliser_{what.activities, what.book, what.rules, what.tenant,
                                         what.mappings} {}

  void run(unit& u) {
    u.text.append(padding, ' ');
    u.batch.tenant = tenant_;
    for (auto [offset, length] : u.records) {
      const auto v =
          normaliser_.run(std::string_view{u.text}.substr(offset, length), u.batch, format_);
      ++u.counted.records;
      u.counted.bytes += length;
      if (v.what == ingest::disposition::skipped) {
        ++u.counted.skipped;
        count(u.counted.skip_reasons, v.reason);
      } else if (v.what == ingest::disposition::quarantined) {
        ++u.counted.quarantined;
        count(u.counted.quarantine_reasons, v.reason);
      }
    }
    base::event_time newest;
    for (const auto& e : u.batch.events) {
      ++u.counted.events;
      u.counted.matches += e.matches.size();
      if (e.time <= limit_)
        newest = std::max(newest, e.time);
      u.newest.push_back(newest);
      u.homes.push_back(home_of(tenant_.value, base::entity_kind::identity, e.identity));
      if (e.matches.empty())
        continue;
      routes_.clear();
      detect::routes_of(*rules_, tenant_, e, u.batch.memory, routes_);
      for (const auto& r : routes_) {
        auto copy = e;
        copy.routed_to = r.key;
        copy.routed_kind = static_cast<std::uint8_t>(r.kind);
        auto only = u.batch.memory.array<base::match>(1);
        only[0] = r.match;
        copy.matches = only;
        u.routed.push_back(copy);
        u.routed_homes.push_back(home_of(tenant_.value, r.kind, r.key));
      }
    }
  }

 private:
  std::shared_ptr<const detect::ruleset> rules_;
  base::tenant_id tenant_;
  base::event_time limit_;
  std::size_t format_;
  ingest::normaliser normaliser_;
  std::vector<detect::route> routes_;
};

} // namespace

struct pipeline::impl {
  content what;
  pipeline_options how;
  tally total;
  unit filling;

  // One thread: everything inline.
  std::unique_ptr<parser> only_parser;
  std::unique_ptr<folder> only_folder;

  // Several: units in order; a unit is dropped when every worker has folded it.
  struct slot {
    unit u;
    enum class stage : std::uint8_t { raw, parsing, parsed } at = stage::raw;
    int folded = 0;
  };
  std::mutex guard;
  std::condition_variable changed;
  std::deque<std::unique_ptr<slot>> slots; ///< oldest first
  std::vector<std::unique_ptr<slot>> spare;
  std::uint64_t first = 0; ///< sequence number of slots.front()
  bool ended = false;
  std::vector<std::thread> workers;
  std::vector<std::unique_ptr<folder>> folders;

  void flush();
  void work(int index);
};

pipeline::pipeline(content what, pipeline_options how) : impl_{std::make_unique<impl>()} {
  impl_->what = std::move(what);
  impl_->how = std::move(how);
  const int threads = std::max(1, impl_->how.threads);
  if (threads == 1) {
    impl_->only_parser = std::make_unique<parser>(impl_->what, impl_->how);
    impl_->only_folder = std::make_unique<folder>(impl_->what.rules, impl_->how, 0, 1);
    return;
  }
  for (int i = 0; i < threads; ++i)
    impl_->folders.push_back(std::make_unique<folder>(impl_->what.rules, impl_->how, i, threads));
  for (int i = 0; i < threads; ++i)
    impl_->workers.emplace_back([this, i] { impl_->work(i); });
}

pipeline::~pipeline() {
  {
    std::lock_guard lock{impl_->guard};
    impl_->ended = true;
  }
  impl_->changed.notify_all();
  for (auto& w : impl_->workers)
    if (w.joinable())
      w.join();
}

void pipeline::restore(detect::entity_ref ref, detect::entity_state state) {
  const auto home = home_of(ref.tenant.value, ref.kind, ref.key);
  auto& of =
      impl_->only_folder ? *impl_->only_folder : *impl_->folders[home % impl_->folders.size()];
  of.restore(std::move(ref), std::move(state), home);
}

void pipeline::restore(base::event_time watermark) {
  if (impl_->only_folder)
    impl_->only_folder->restore(watermark);
  for (auto& f : impl_->folders)
    f->restore(watermark);
}

void pipeline::push(std::string_view record) {
  impl_->filling.add(record);
  if (impl_->filling.full())
    impl_->flush();
}

void pipeline::reject(std::string_view reason, std::uint64_t bytes) {
  ++impl_->total.records;
  impl_->total.bytes += bytes;
  ++impl_->total.quarantined;
  count(impl_->total.quarantine_reasons, reason);
}

void pipeline::impl::flush() {
  if (filling.records.empty())
    return;
  if (only_parser) {
    only_parser->run(filling);
    only_folder->fold(filling);
    total.add(filling.counted);
    filling.clear();
    return;
  }
  std::unique_lock lock{guard};
  changed.wait(lock,
               [&] { return slots.size() < static_cast<std::size_t>(how.threads * units_max); });
  std::unique_ptr<slot> s;
  if (spare.empty()) {
    s = std::make_unique<slot>();
  } else {
    s = std::move(spare.back());
    spare.pop_back();
  }
  std::swap(s->u, filling);
  s->at = slot::stage::raw;
  s->folded = 0;
  slots.push_back(std::move(s));
  lock.unlock();
  changed.notify_all();
}

void pipeline::impl::work(int index) {
  parser parse{what, how};
  auto& mine = *folders[static_cast<std::size_t>(index)];
  std::uint64_t next = 0; // the unit this worker folds next
  std::unique_lock lock{guard};
  while (true) {
    const auto ready = [&]() -> slot* {
      const auto at = next - first;
      return at < slots.size() && slots[at]->at == slot::stage::parsed ? slots[at].get() : nullptr;
    };
    if (auto* s = ready()) {
      lock.unlock();
      mine.fold(s->u);
      lock.lock();
      ++next;
      if (++s->folded == how.threads) {
        // All workers fold in order, so the oldest is always the one that gets done.
        total.add(s->u.counted);
        s->u.clear();
        spare.push_back(std::move(slots.front()));
        slots.pop_front();
        ++first;
        changed.notify_all();
      }
      continue;
    }
    auto raw = std::find_if(slots.begin(), slots.end(),
                            [](const auto& s) { return s->at == slot::stage::raw; });
    if (raw != slots.end()) {
      auto* s = raw->get();
      s->at = slot::stage::parsing;
      lock.unlock();
      parse.run(s->u);
      lock.lock();
      s->at = slot::stage::parsed;
      changed.notify_all();
      continue;
    }
    if (ended && next - first >= slots.size())
      return;
    changed.wait(lock);
  }
}

outcome pipeline::finish(const entity_visitor& keep) {
  impl_->flush();
  outcome out;
  if (impl_->only_parser) {
    impl_->only_folder->finish(keep, out);
    impl_->total.add(impl_->only_folder->counted());
    return out;
  }
  {
    std::lock_guard lock{impl_->guard};
    impl_->ended = true;
  }
  impl_->changed.notify_all();
  for (auto& w : impl_->workers)
    w.join();
  for (auto& f : impl_->folders) {
    f->finish(keep, out);
    impl_->total.add(f->counted());
  }
  return out;
}

const tally& pipeline::counted() const {
  return impl_->total;
}

} // namespace vedette::replay

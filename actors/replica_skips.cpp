#include "actors/replica_skips.hpp"

#include "actors/partition_state.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace vedette::actors {

namespace {

void say_skip(replica_state& st, const std::vector<std::uint32_t>& records) {
  auto& s = *st.suspect;
  const auto epoch = st.core->table().epoch;
  if (st.core->role() != cluster::replica_role::serving || s.appended_in == epoch)
    return;
  bool all = true;
  for (const auto record : records) {
    const auto body = std::make_shared<const std::string>(
        schemas::encode(schemas::skip_entry{s.of.entry, record}));
    all = all && st.core->append(static_cast<std::uint8_t>(state::entry_kind::skip), fold_version,
                                 body, st.args.now());
  }
  // Too much is uncommitted: the next beat says all of it again.
  if (all) {
    s.appended_in = epoch;
    ++st.alarms;
    st.last_alarm = "entry " + std::to_string(s.of.entry.value) +
                    " ended the fold twice: what it died of is skipped";
  }
  run_orders(st);
}

void decide(replica_state& st) {
  auto& s = *st.suspect;
  std::vector<std::uint32_t> missing;
  for (const auto record : s.of.deadly)
    if (std::ranges::find(s.found, record) == s.found.end())
      missing.push_back(record);
  if (!missing.empty()) {
    say_skip(st, missing);
    return;
  }
  st.host->tell_fold(skips_found{s.of.entry, std::move(s.found)});
  st.suspect.reset();
}

} // namespace

void look_for_skips(replica_state& st) {
  if (!st.suspect || st.suspect->reading)
    return;
  if (st.suspect->scanned >= st.may_show) {
    // Another copy may have said what to skip in an entry that is on its way here.
    if (st.may_show >= std::min(st.suspect->upto, st.core->committed_elsewhere()))
      decide(st);
    return;
  }
  st.suspect->reading = true;
  st.host->offload([&st, life = st.life, store = st.args.store, partition = st.args.partition,
                    about = st.suspect->of.entry, after = st.suspect->scanned,
                    upto = st.may_show]() -> std::function<void()> {
    auto entries = std::make_shared<std::vector<cluster::entry>>();
    const auto read = read_entries(*store, partition, after, upto, std::size_t{4} << 20, *entries);
    return [&st, life, about, entries, read] {
      if (life != st.life || !st.suspect || st.suspect->of.entry != about)
        return;
      if (!read) {
        fail(st, read.err());
        return;
      }
      st.suspect->reading = false;
      for (const auto& e : *entries) {
        st.suspect->scanned = e.index;
        if (e.kind != static_cast<std::uint8_t>(state::entry_kind::skip))
          continue;
        const auto said = schemas::decode_skip_entry(*e.body);
        if (said && said->entry == about)
          st.suspect->found.push_back(said->record);
      }
      look_for_skips(st);
    };
  });
}

} // namespace vedette::actors

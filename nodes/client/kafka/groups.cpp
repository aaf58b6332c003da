#include "nodes/client/kafka/groups.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace vedette::client {

namespace {

constexpr std::string_view note_begin = "vedette.1 through ";
/// What a record takes beside its bytes.
constexpr std::size_t record_overhead = 64;

std::optional<std::int64_t> last_in(std::string_view note) {
  std::int64_t out = 0;
  if (!note.starts_with(note_begin))
    return std::nullopt; // another program's
  note.remove_prefix(note_begin.size());
  const auto [end, code] = std::from_chars(note.data(), note.data() + note.size(), out);
  return code == std::errc{} && end == note.data() + note.size() ? std::optional{out}
                                                                 : std::nullopt;
}

} // namespace

std::string kafka_group::name() const {
  // With the sizes: what was compacted in between is no longer the same group.
  return "kafka-" + base::to_hex(base::hash128_of(fmt::format("groups.1\n{}\n{}\n{}\n{}\n{}\n{}",
                                                              place.topic, place.partition, first,
                                                              last, values.size(), bytes)));
}

std::string kafka_group::note() const {
  return fmt::format("{}{}", note_begin, last);
}

void kafka_groups::given(const io::kafka_place& place,
                         const std::optional<io::kafka_position>& committed) {
  drop(place);
  auto& p = partitions_[place];
  if (committed)
    p.noted_last = last_in(committed->note);
  if (p.noted_last && *p.noted_last < committed->offset)
    p.noted_last.reset();
}

void kafka_groups::drop(const io::kafka_place& place) {
  const auto at = partitions_.find(place);
  if (at == partitions_.end())
    return;
  for (const auto& g : at->second.groups)
    held_ -= g.group.bytes + record_overhead * g.group.values.size();
  partitions_.erase(at);
}

kafka_groups::open_group& kafka_groups::open_for(partition& p, const io::kafka_record& r,
                                                 time now) {
  if (p.noted_last && r.offset > *p.noted_last) { // behind the group that was noted
    if (!p.groups.empty())
      p.groups.back().closed = true;
    p.noted_last.reset();
  }
  if (p.groups.empty() || p.groups.back().closed) {
    auto& made = p.groups.emplace_back();
    made.group.place = r.place;
    made.group.first = r.offset;
    made.began = now;
    made.noted = p.noted_last.has_value();
  }
  return p.groups.back();
}

void kafka_groups::add(io::kafka_record record, time now) {
  const auto at = partitions_.find(record.place);
  if (at == partitions_.end())
    return; // taken from us while it was on its way
  auto& p = at->second;
  auto& open = open_for(p, record, now);
  open.group.last = record.offset;
  if (record.value) {
    held_ += record.value->size() + record_overhead;
    open.group.bytes += record.value->size();
    open.group.values.push_back(std::move(*record.value));
  }
  if (open.noted) {
    open.closed = record.offset == *p.noted_last;
    if (open.closed)
      p.noted_last.reset();
  } else
    open.closed = open.group.values.size() >= group_records || open.group.bytes >= group_bytes;
}

bool kafka_groups::ready(const open_group& g, time now) {
  return g.closed || now - g.began >= (g.noted ? noted_patience : linger);
}

std::optional<kafka_group> kafka_groups::take(time now) {
  partition* best = nullptr;
  for (auto& [place, p] : partitions_)
    if (!p.groups.empty() && ready(p.groups.front(), now) &&
        (best == nullptr || p.groups.front().began < best->groups.front().began))
      best = &p;
  if (best == nullptr)
    return std::nullopt;
  if (best->groups.front().noted && !best->groups.front().closed)
    best->noted_last.reset();
  auto out = std::move(best->groups.front().group);
  best->groups.pop_front();
  held_ -= out.bytes + record_overhead * out.values.size();
  return out;
}

bool kafka_groups::empty() const noexcept {
  for (const auto& [place, p] : partitions_)
    if (!p.groups.empty())
      return false;
  return true;
}

} // namespace vedette::client

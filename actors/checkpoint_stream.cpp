#include "actors/checkpoint_stream.hpp"

namespace vedette::actors {

namespace {

/// The checksum of a stream of chunks, from that of the ones before and the next one.
base::hash128 add(const base::hash128& before, std::string_view chunk) {
  const auto h = base::hash128_of(chunk);
  return {base::mix(before.high, h.high), base::mix(before.low, h.low)};
}

} // namespace

base::result<checkpoint_taken> view_of(const state::entity_store& store,
                                       base::partition_id partition, base::entry_index at,
                                       const std::string& meta_name) {
  const auto meta = store.meta(meta_name);
  if (!meta)
    return meta.err();
  checkpoint_taken taken{at, store.view(partition), {}};
  if (*meta)
    taken.meta.emplace_back(meta_name, **meta);
  return taken;
}

void checkpoint_source::close_chunk(schemas::checkpoint_items& items) {
  auto bytes = std::make_shared<const std::string>(schemas::encode(items));
  items = {};
  const bool all_kept = kept_.size() == opened_.chunks;
  ++opened_.chunks;
  opened_.checksum = add(opened_.checksum, *bytes);
  if (!all_kept || kept_bytes_ + bytes->size() > kept_bytes_max)
    return;
  kept_bytes_ += bytes->size();
  kept_.push_back(std::move(bytes));
}

base::result<std::shared_ptr<const checkpoint_source>>
checkpoint_source::open(checkpoint_taken what) {
  std::shared_ptr<checkpoint_source> out{new checkpoint_source{std::move(what)}};
  auto& o = out->opened_;
  o.at = out->what_.at;
  o.chunks = 0;
  schemas::checkpoint_items items;
  items.meta = out->what_.meta; // with the first chunk
  std::size_t in_chunk = 0;
  out->begins_.emplace_back();
  auto ok = out->what_.entities->scan("", [&](std::string_view key, std::string_view value) {
    if (in_chunk >= chunk_bytes) {
      out->close_chunk(items);
      out->begins_.emplace_back(key);
      in_chunk = 0;
    }
    items.entities.emplace_back(key, value);
    in_chunk += key.size() + value.size();
    o.bytes += key.size() + value.size();
    ++o.keys;
    return true;
  });
  if (!ok)
    return ok.err();
  out->close_chunk(items);
  return std::shared_ptr<const checkpoint_source>{std::move(out)};
}

base::result<std::shared_ptr<const std::string>>
checkpoint_source::chunk(std::uint32_t number) const {
  VEDETTE_ASSERT(number < begins_.size());
  if (auto there = kept(number))
    return there;
  schemas::checkpoint_items items;
  if (number == 0)
    items.meta = what_.meta;
  const auto* end = number + 1 < begins_.size() ? &begins_[number + 1] : nullptr;
  auto ok =
      what_.entities->scan(begins_[number], [&](std::string_view key, std::string_view value) {
        if (end != nullptr && key == *end)
          return false;
        items.entities.emplace_back(key, value);
        return true;
      });
  if (!ok)
    return ok.err();
  return std::make_shared<const std::string>(schemas::encode(items));
}

base::result<std::vector<state::staged_item>> checkpoint_sink::take(std::string_view chunk) {
  auto items = schemas::decode_checkpoint_items(chunk);
  if (!items)
    return items.err();
  ++chunks_;
  checksum_ = add(checksum_, chunk);
  for (auto& m : items->meta)
    meta_.push_back(std::move(m));
  std::vector<state::staged_item> out;
  out.reserve(items->entities.size());
  for (auto& [key, value] : items->entities)
    out.push_back({std::move(key), std::move(value)});
  return out;
}

std::shared_ptr<const state::changes> checkpoint_sink::beside(base::partition_id partition,
                                                              base::entry_index at) const {
  auto out = std::make_shared<state::changes>();
  for (const auto& [name, value] : meta_)
    out->put_meta(name, value);
  out->position(partition, at);
  return out;
}

} // namespace vedette::actors

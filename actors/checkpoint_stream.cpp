#include "actors/checkpoint_stream.hpp"

#include "schemas/codec/chunk_codec.hpp"

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

base::result<std::shared_ptr<const checkpoint_source>>
checkpoint_source::open(checkpoint_taken what) {
  std::shared_ptr<checkpoint_source> out{new checkpoint_source{std::move(what)}};
  auto& o = out->opened_;
  o.at = out->what_.at;
  o.chunks = 0;
  std::size_t in_chunk = 0;
  // Where the chunks begin.
  auto ok = out->what_.entities->scan("", [&](std::string_view key, std::string_view value) {
    if (out->begins_.empty() || in_chunk >= chunk_bytes) {
      out->begins_.emplace_back(key);
      in_chunk = 0;
    }
    in_chunk += key.size() + value.size();
    o.bytes += key.size() + value.size();
    ++o.keys;
    return true;
  });
  if (!ok)
    return ok.err();
  if (out->begins_.empty())
    out->begins_.emplace_back(); // no entity: the meta values travel alone
  o.chunks = static_cast<std::uint32_t>(out->begins_.size());
  for (std::uint32_t i = 0; i < o.chunks; ++i) {
    const auto bytes = out->chunk(i);
    if (!bytes)
      return bytes.err();
    o.checksum = add(o.checksum, *bytes);
  }
  return std::shared_ptr<const checkpoint_source>{std::move(out)};
}

base::result<std::string> checkpoint_source::chunk(std::uint32_t number) const {
  VEDETTE_ASSERT(number < begins_.size());
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
  return schemas::encode(items);
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

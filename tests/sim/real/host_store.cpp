#include "tests/sim/real/host_store.hpp"

#include "base/assert.hpp"
#include "tests/sim/node.hpp"

namespace vedette::sim::real {
namespace {

const image& log_of(const partition_host& host) {
  return host.at().store.seen(host.id());
}

base::error not_here(const char* what) {
  VEDETTE_ASSERT(false && "a fold writes its checkpoint and nothing else");
  return {base::ec::unsupported, what};
}

} // namespace

void host_store::clear() {
  state::store_options options;
  options.clock = [] { return base::receive_time{}; };
  held_ = state::make_memory_store(std::move(options));
}

void host_store::restore(const checkpoint& from) {
  clear();
  if (!from)
    return;
  const auto& image = static_cast<const stored_image&>(*from);
  std::vector<state::staged_item> items;
  for (const auto& [key, value] : image.entities)
    items.push_back({key, value});
  auto ok = entities().stage(host_.id(), items);
  VEDETTE_ASSERT(static_cast<bool>(ok));
  state::changes beside;
  beside.position(host_.id(), {image.applied});
  if (!image.meta_name.empty())
    beside.put_meta(image.meta_name, image.meta);
  const state::log_entry reset{
      host_.id(), {}, {image.applied}, state::entry_kind::reset, 1, schemas::encode_history({})};
  ok = held_->switch_staged(host_.id(), reset, beside);
  VEDETTE_ASSERT(static_cast<bool>(ok));
}

std::shared_ptr<stored_image> host_store::keep(const state::changes& set,
                                               const std::string& meta_name) {
  auto ok = entities().apply(set);
  VEDETTE_ASSERT(static_cast<bool>(ok));
  auto out = std::make_shared<stored_image>();
  ok = entities().view(host_.id())->scan({}, [&](std::string_view key, std::string_view value) {
    out->entities.emplace(key, value);
    return true;
  });
  VEDETTE_ASSERT(static_cast<bool>(ok));
  if (auto meta = entities().meta(meta_name); *meta) {
    out->meta_name = meta_name;
    out->meta = std::move(**meta);
  }
  return out;
}

base::result<base::entry_index> host_store::last(base::partition_id) const {
  return log_of(host_).last();
}

base::entry_index host_store::first_kept(base::partition_id) const {
  return log_of(host_).first_kept;
}

base::status host_store::read(const state::positions& after,
                              const std::function<bool(const state::log_entry&)>& sink) const {
  const auto& log = log_of(host_);
  const auto from = after.find(host_.id());
  VEDETTE_ASSERT(after.size() == 1 && from != after.end());
  if (from->second.value + 1 < log.first_kept.value)
    return base::error{base::ec::not_found, "some of it was trimmed"};
  for (base::entry_index at{from->second.value + 1}; at <= log.last(); ++at.value) {
    const auto& e = log.at(at);
    if (!sink({host_.id(), e.epoch, e.index, static_cast<state::entry_kind>(e.kind), e.fold_version,
               *e.body}))
      break;
  }
  return {};
}

base::status host_store::switch_staged(base::partition_id, const state::log_entry&,
                                       const state::changes&) {
  return not_here("switching");
}

base::status host_store::append(std::span<const state::log_entry>) {
  return not_here("appending");
}

state::log_standing host_store::standing(base::partition_id) const {
  return {};
}

std::vector<base::partition_id> host_store::partitions() const {
  return {host_.id()};
}

base::status host_store::trim(const state::positions&, const state::trim_limits&) {
  return not_here("trimming");
}

} // namespace vedette::sim::real

#include "nodes/membership/identity.hpp"

#include <fmt/format.h>

#include <charconv>
#include <random>

namespace vedette::membership {
namespace {

constexpr const char* key_cluster = "cluster.id";
constexpr const char* key_generation = "cluster.generation";
constexpr const char* key_seed = "cluster.seed";
constexpr const char* key_tenants = "cluster.tenant_partitions";
constexpr const char* key_highest = "cluster.highest_epoch";
constexpr const char* key_stamp = "cluster.stamp";
/// "OF DRAWN": in place of the store's own incarnation, as long as that is still OF.
constexpr const char* key_drawn = "cluster.incarnation";

base::error corrupt(const char* name, const std::string& value) {
  return {base::ec::corrupt,
          fmt::format("reading '{}' of the data directory: '{}' is no number; was it written by "
                      "hand? Start with an empty data directory, or restore this one",
                      name, value)};
}

bool to_number(std::string_view text, std::uint64_t& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size();
}

base::status take(const state::entity_store& from, const char* name, std::uint64_t& out) {
  const auto value = from.meta(name);
  if (!value)
    return value.err();
  if (*value && !to_number(**value, out))
    return corrupt(name, **value);
  return {};
}

} // namespace

base::result<identity> read_identity(state::store& store) {
  identity id;
  const auto& words = store.entities();
  auto cluster = words.meta(key_cluster);
  if (!cluster)
    return cluster.err();
  id.cluster_id = cluster->value_or(std::string{});
  std::uint64_t tenants = 0;
  for (const auto& [name, target] : {std::pair{key_generation, &id.generation},
                                     {key_seed, &id.seed},
                                     {key_tenants, &tenants},
                                     {key_highest, &id.highest.value},
                                     {key_stamp, &id.stamp}})
    if (auto done = take(words, name, *target); !done)
      return done.err();
  id.tenant_partitions = static_cast<std::uint32_t>(tenants);
  id.incarnation = {store.incarnation()};
  const auto drawn = words.meta(key_drawn);
  if (!drawn)
    return drawn.err();
  if (*drawn) {
    const std::string_view text = **drawn;
    const auto blank = text.find(' ');
    std::uint64_t of = 0, value = 0;
    if (blank == text.npos || !to_number(text.substr(0, blank), of) ||
        !to_number(text.substr(blank + 1), value))
      return corrupt(key_drawn, **drawn);
    // The store drew itself another since, because it may have lost something.
    if (of == store.incarnation())
      id.incarnation = {value};
  }
  return id;
}

base::status write_identity(state::store& store, const identity& id) {
  state::changes c;
  c.put_meta(key_cluster, id.cluster_id);
  c.put_meta(key_generation, std::to_string(id.generation));
  c.put_meta(key_seed, std::to_string(id.seed));
  c.put_meta(key_tenants, std::to_string(id.tenant_partitions));
  c.put_meta(key_highest, std::to_string(id.highest.value));
  c.put_meta(key_stamp, std::to_string(id.stamp));
  if (id.incarnation.value != store.incarnation())
    c.put_meta(key_drawn, fmt::format("{} {}", store.incarnation(), id.incarnation.value));
  if (auto done = store.entities().apply(c); !done)
    return done;
  return store.log().sync();
}

std::uint64_t draw_number() {
  std::random_device chance;
  std::uint64_t out = 0;
  while (out == 0)
    out = std::uint64_t{chance()} << 32 | chance();
  return out;
}

void draw_incarnation(identity& id) {
  id.incarnation = {draw_number()};
  id.stamp = 0;
}

std::string draw_cluster_id() {
  return fmt::format("{:016x}{:016x}", draw_number(), draw_number());
}

} // namespace vedette::membership

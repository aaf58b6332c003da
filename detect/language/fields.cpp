#include "detect/language/fields.hpp"

#include <algorithm>
#include <iterator>

namespace vedette::detect {

namespace {

constexpr std::string_view event_names[] = {"account",
                                            "action",
                                            "activity",
                                            "bytes",
                                            "client.class",
                                            "cloud",
                                            "count",
                                            "error",
                                            "grant.class",
                                            "id",
                                            "identity",
                                            "identity.backup",
                                            "identity.ci",
                                            "identity.name",
                                            "identity.type",
                                            "outcome",
                                            "read_only",
                                            "region",
                                            "region.allowed",
                                            "resource",
                                            "resource.sensitive",
                                            "resources",
                                            "service",
                                            "session",
                                            "session.class",
                                            "session.workload",
                                            "source",
                                            "source.asn",
                                            "source.class",
                                            "source.country",
                                            "source.ip",
                                            "source.network",
                                            "target.accounts",
                                            "target.class",
                                            "user_agent"};
static_assert(std::is_sorted(std::begin(event_names), std::end(event_names)));

constexpr std::string_view families[] = {"identity.", "session.", "source.", "client.",
                                         "target.",   "grant.",   "region."};

template <class E>
std::string_view text_of(unsigned value) {
  return base::to_string(static_cast<E>(value));
}

constexpr unsigned clouds = static_cast<unsigned>(base::cloud::other) + 1;
constexpr unsigned outcomes = static_cast<unsigned>(base::outcome::failed) + 1;
constexpr unsigned actors = static_cast<unsigned>(base::identity_type::anonymous) + 1;
constexpr unsigned holders = static_cast<unsigned>(base::session_class::long_term) + 1;
constexpr unsigned origins = static_cast<unsigned>(base::origin_class::other) + 1;
constexpr unsigned clients = static_cast<unsigned>(base::client_class::browser) + 1;
constexpr unsigned targets = static_cast<unsigned>(base::target_class::everyone) + 1;
constexpr unsigned grants = static_cast<unsigned>(base::grant_class::public_trust) + 1;

constexpr unsigned outcome_at = clouds;
constexpr unsigned actor_at = outcome_at + outcomes;
constexpr unsigned holder_at = actor_at + actors;
constexpr unsigned origin_at = holder_at + holders;
constexpr unsigned client_at = origin_at + origins;
constexpr unsigned target_at = client_at + clients;
constexpr unsigned grant_at = target_at + targets;
static_assert(grant_at + grants <= 64, "a value more than the word has bits: widen it");

constexpr traits::field table[] = {
    {"cloud", 0, clouds, text_of<base::cloud>},
    {"outcome", outcome_at, outcomes, text_of<base::outcome>},
    {"identity.type", actor_at, actors, text_of<base::identity_type>},
    {"session.class", holder_at, holders, text_of<base::session_class>},
    {"source.class", origin_at, origins, text_of<base::origin_class>},
    {"client.class", client_at, clients, text_of<base::client_class>},
    {"target.class", target_at, targets, text_of<base::target_class>},
    {"grant.class", grant_at, grants, text_of<base::grant_class>},
};

constexpr std::uint64_t bits(const traits::field& f) {
  return ((std::uint64_t{1} << f.count) - 1) << f.shift;
}

template <class E>
constexpr std::uint64_t bit(unsigned shift, E value) {
  return std::uint64_t{1} << (shift + static_cast<unsigned>(value));
}

} // namespace

std::span<const std::string_view> normalised_fields() {
  return event_names;
}

bool is_normalised(std::string_view field) {
  return std::binary_search(std::begin(event_names), std::end(event_names), field);
}

bool looks_normalised(std::string_view field) {
  return !is_normalised(field) &&
         std::any_of(std::begin(families), std::end(families), [field](std::string_view family) {
           return field.substr(0, family.size()) == family;
         });
}

std::uint64_t traits::of(const base::event& e) noexcept {
  return bit(0, e.provider) | bit(outcome_at, e.result) | bit(actor_at, e.actor) |
         bit(holder_at, e.holder) | bit(origin_at, e.origin) | bit(client_at, e.client) |
         bit(target_at, e.target) | bit(grant_at, e.grant);
}

std::span<const traits::field> traits::fields() {
  return table;
}

std::uint64_t traits::cloud_is(base::cloud c) noexcept {
  return (any & ~bits(table[0])) | bit(0, c);
}

bool traits::possible(std::uint64_t wanted) noexcept {
  return std::all_of(std::begin(table), std::end(table),
                     [wanted](const field& f) { return (wanted & bits(f)) != 0; });
}

} // namespace vedette::detect

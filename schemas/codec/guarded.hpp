// The one door through which bytes become a Cap'n Proto message; internal to schemas/codec.
//
// Cap'n Proto wants aligned words, throws on bad input, and follows pointers as far as they go.
// Here bytes are copied to aligned memory, the traversal is bounded by a small multiple of the
// size, the nesting by what our schemas need, and every exception ends as a base::error. Remembers
// nothing.
#pragma once

#include "base/assert.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::schemas {

/// A decoder inside `guarded` throws this (and nothing else) to leave with an error of its own.
struct refusal {
  base::error why;
};

[[noreturn]] inline void refuse(base::ec code, std::string context) {
  throw refusal{{code, std::move(context)}};
}

inline std::string_view view(capnp::Data::Reader d) noexcept {
  return {reinterpret_cast<const char*>(d.begin()), d.size()};
}
inline std::string text(capnp::Data::Reader d) {
  return std::string{view(d)};
}
inline capnp::Data::Reader as_data(std::string_view s) noexcept {
  return {reinterpret_cast<const kj::byte*>(s.data()), s.size()};
}

/// Nanoseconds since 1970, which is how times are written.
inline std::int64_t ns_of(base::event_time t) noexcept {
  return t.time_since_epoch().count();
}
/// The time of which these are the nanoseconds.
inline base::event_time time_at(std::int64_t ns) noexcept {
  return base::event_time{base::duration{ns}};
}

/// How many elements the list on the wire has for those of `range`.
unsigned length_of(const auto& range) {
  VEDETTE_ASSERT(range.size() < std::numeric_limits<unsigned>::max() / 64);
  return static_cast<unsigned>(range.size());
}

/// The texts of a list of Data.
inline std::vector<std::string> texts(capnp::List<capnp::Data>::Reader list) {
  std::vector<std::string> out;
  out.reserve(list.size());
  for (const auto d : list)
    out.push_back(text(d));
  return out;
}
/// Writes the texts into a list of that many.
inline void put_texts(capnp::List<capnp::Data>::Builder list,
                      const std::vector<std::string>& values) {
  for (unsigned i = 0; i < values.size(); ++i)
    list.set(i, as_data(values[i]));
}

/// Reads an enumerator in 0..`last`.
template <class E>
E enumerator(std::uint64_t value, E last, const char* what) {
  if (value > static_cast<std::uint64_t>(last))
    refuse(base::ec::unsupported, std::string{"decoding "} + what + ": value " +
                                      std::to_string(value) +
                                      " is of a later build; upgrade this one");
  return static_cast<E>(value);
}

/// Copies `bytes` to aligned memory with `padding` zero bytes behind them.
inline kj::Array<capnp::word> aligned(std::string_view bytes, std::size_t padding = 0) {
  auto words = kj::heapArray<capnp::word>((bytes.size() + padding + sizeof(capnp::word) - 1) /
                                          sizeof(capnp::word));
  auto* out = reinterpret_cast<char*>(words.begin());
  if (!bytes.empty()) // whose data may be null
    std::memcpy(out, bytes.data(), bytes.size());
  std::memset(out + bytes.size(), 0, words.size() * sizeof(capnp::word) - bytes.size());
  return words;
}

/// Runs `read(reader of Root)` on a message of `size` bytes that begins at `words`; the error says
/// `what` was being decoded.
template <class Root, class Read>
base::status guarded(const char* what, const kj::Array<capnp::word>& words, std::size_t size,
                     Read&& read) {
  std::optional<base::error> failed;
  if (size == 0 || size % sizeof(capnp::word) != 0)
    return base::error{base::ec::malformed, std::string{"decoding "} + what + ": " +
                                                std::to_string(size) +
                                                " bytes are not a whole number of words"};
  const auto count = size / sizeof(capnp::word);
  auto thrown = kj::runCatchingExceptions([&] {
    try {
      capnp::ReaderOptions options;
      options.traversalLimitInWords = 4 * count + 1024;
      options.nestingLimit = 8;
      capnp::FlatArrayMessageReader reader{words.slice(0, count), options};
      read(reader.getRoot<Root>());
    } catch (refusal& r) {
      failed = std::move(r.why);
    }
  });
  KJ_IF_MAYBE (e, thrown)
    failed = base::error{base::ec::malformed,
                         std::string{"decoding "} + what + ": " + e->getDescription().cStr()};
  if (failed)
    return *std::move(failed);
  return {};
}

/// The message as bytes, after `head`.
inline std::string to_bytes(capnp::MessageBuilder& message, std::string_view head = {}) {
  const auto segments = message.getSegmentsForOutput();
  const auto append = [&](std::string to, kj::ArrayPtr<const kj::byte> body) {
    return to.append(reinterpret_cast<const char*>(body.begin()), body.size());
  };
  std::string out;
  if (segments.size() != 1) {
    const auto words = capnp::messageToFlatArray(segments);
    out.reserve(head.size() + words.asBytes().size());
    return append(std::move(out.append(head)), words.asBytes());
  }
  // One segment stands behind a table that says how many more there are, and its length in words.
  static_assert(std::endian::native == std::endian::little);
  const std::uint32_t table[2] = {0, static_cast<std::uint32_t>(segments[0].size())};
  out.reserve(head.size() + sizeof table + segments[0].asBytes().size());
  out.append(head).append(reinterpret_cast<const char*>(table), sizeof table);
  return append(std::move(out), segments[0].asBytes());
}

} // namespace vedette::schemas

#include "base/limits.hpp"
#include "schemas/codec/event_codec.hpp"
#include "schemas/codec/event_columns.hpp"
#include "schemas/codec/event_dictionary.hpp"
#include "schemas/codec/guarded.hpp"
#include "schemas/codec/guid.hpp"
#include "schemas/codec/scratch_message.hpp"

#include <events.capnp.h>

#include <algorithm>

namespace vedette::schemas {

namespace {

/// Everything a batch needs on its way to bytes; one per thread, so that it allocates only when a
/// batch is larger than any before.
class event_encoder {
 public:
  std::string run(const base::event_batch& batch);

 private:
  template <class Get>
  void numbers(column c, const std::vector<base::event>& events, Get get) {
    values_.clear();
    for (const auto& e : events)
      values_.push_back(get(e));
    append(c);
  }
  template <class Each>
  void texts(text_column c, std::size_t bound, Each each) {
    dictionary_.begin(bound);
    values_.clear();
    each([this](std::string_view text) { values_.push_back(dictionary_.number(text)); });
    for (const auto text : dictionary_.entries()) {
      texts_.append(text);
      lengths_.push_back(text.size());
    }
    distinct_[static_cast<std::size_t>(c)] =
        static_cast<std::uint32_t>(dictionary_.entries().size());
    append(static_cast<column>(static_cast<std::size_t>(column::first_text) +
                               static_cast<std::size_t>(c)),
           values_, c < text_column::resource ? 0 : 1);
  }
  void append(column c, const std::vector<std::uint64_t>& values, unsigned least);
  void append(column c) { append(c, values_, 0); }

  void ids(const std::vector<base::event>& events);
  void plain_numbers(const std::vector<base::event>& events);
  void matches(const std::vector<base::event>& events);
  void all_texts(const std::vector<base::event>& events);
  void times(const std::vector<base::event>& events);

  std::array<std::uint8_t, columns> widths_{};
  std::array<std::uint32_t, text_columns> distinct_{};
  std::vector<std::uint64_t> values_;
  std::vector<std::uint64_t> lengths_;
  /// Planes of the numbers, of the text columns (which come last but are known first), and the
  /// rest.
  std::string planes_, text_planes_, texts_, guids_;
  event_dictionary dictionary_;
  std::int64_t time_base_ = 0;
  std::uint32_t time_unit_ = 1;
  std::size_t resources_ = 0, targets_ = 0, match_values_ = 0;
};

void event_encoder::append(column c, const std::vector<std::uint64_t>& values, unsigned least) {
  std::uint64_t all = 0;
  for (const auto v : values)
    all |= v;
  auto width = static_cast<unsigned>((std::bit_width(all) + 7) / 8);
  if (!values.empty())
    width = std::max(width, least);
  widths_[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(width);
  auto& out = c >= column::first_text ? text_planes_ : planes_;
  auto at = out.size();
  out.resize(at + width * values.size());
  for (unsigned p = 0; p < width; ++p)
    for (const auto v : values)
      out[at++] = static_cast<char>(v >> (8 * p));
}

void event_encoder::ids(const std::vector<base::event>& events) {
  guids_.resize(events.size() * guid_bytes);
  std::size_t found = 0;
  values_.clear();
  for (const auto& e : events) {
    const bool guid = parse_guid(e.id, guids_.data() + found * guid_bytes);
    found += guid;
    values_.push_back(guid ? id_guid : e.id.empty() ? id_none : id_text);
  }
  guids_.resize(found * guid_bytes);
  append(column::id_kind, values_, 1);
  texts(text_column::id, events.size() - found, [&](auto add) {
    for (std::size_t i = 0; i < events.size(); ++i)
      add(widths_[0] == 1 && planes_[i] == id_text ? events[i].id : std::string_view{});
  });
}

void event_encoder::times(const std::vector<base::event>& events) {
  std::int64_t least = events.empty() ? 0 : events.front().time.time_since_epoch().count();
  for (const auto& e : events)
    least = std::min<std::int64_t>(least, e.time.time_since_epoch().count());
  time_base_ = least;
  values_.clear();
  for (const auto& e : events)
    values_.push_back(static_cast<std::uint64_t>(e.time.time_since_epoch().count()) -
                      static_cast<std::uint64_t>(least));
  time_unit_ = 1;
  for (const std::uint32_t unit : {1'000'000'000U, 1'000'000U, 1'000U})
    if (std::ranges::all_of(values_, [unit](auto v) { return v % unit == 0; })) {
      time_unit_ = unit;
      for (auto& v : values_)
        v /= unit;
      break;
    }
  append(column::time);
}

void event_encoder::plain_numbers(const std::vector<base::event>& events) {
  const auto of = [](auto e) { return static_cast<std::uint64_t>(e); };
  numbers(column::provider, events, [&](const auto& e) { return of(e.provider); });
  numbers(column::result, events, [&](const auto& e) { return of(e.result); });
  numbers(column::actor, events, [&](const auto& e) { return of(e.actor); });
  numbers(column::holder, events, [&](const auto& e) { return of(e.holder); });
  numbers(column::origin, events, [&](const auto& e) { return of(e.origin); });
  numbers(column::client, events, [&](const auto& e) { return of(e.client); });
  numbers(column::target, events, [&](const auto& e) { return of(e.target); });
  numbers(column::grant, events, [&](const auto& e) { return of(e.grant); });
  numbers(column::flags, events, [&](const auto& e) {
    return of((e.read_only ? flag_read_only : 0) | (e.has_source ? flag_has_source : 0) |
              (e.has_place ? flag_has_place : 0));
  });
  numbers(column::asn, events, [&](const auto& e) { return of(e.asn); });
  numbers(column::bytes, events, [&](const auto& e) { return e.bytes; });
  numbers(column::count, events, [&](const auto& e) { return of(e.count ^ 1U); });
  numbers(column::routed_kind, events, [&](const auto& e) { return of(e.routed_kind); });
  resources_ = targets_ = 0;
  numbers(column::resource_count, events, [&](const auto& e) {
    resources_ += e.resources.size();
    return of(e.resources.size());
  });
  numbers(column::target_count, events, [&](const auto& e) {
    targets_ += e.targets.size();
    return of(e.targets.size());
  });
}

void event_encoder::matches(const std::vector<base::event>& events) {
  numbers(column::match_count, events,
          [](const auto& e) { return std::uint64_t{e.matches.size()}; });
  const auto each = [&](auto get) {
    values_.clear();
    for (const auto& e : events)
      for (const auto& m : e.matches)
        values_.push_back(get(m));
  };
  each([](const auto& m) { return std::uint64_t{m.rule.value}; });
  append(column::match_rule, values_, 1);
  each([](const auto& m) { return std::uint64_t{m.marks}; });
  append(column::match_marks);
  match_values_ = 0;
  each([&](const auto& m) {
    match_values_ += m.values.size();
    return std::uint64_t{m.values.size()};
  });
  append(column::match_values);
}

void event_encoder::all_texts(const std::vector<base::event>& events) {
  for (std::size_t i = 0; i < text_members.size(); ++i)
    texts(static_cast<text_column>(static_cast<std::size_t>(text_column::account) + i),
          events.size(), [&](auto add) {
            const auto member = text_members[i];
            for (const auto& e : events)
              add(e.*member);
          });
  texts(text_column::address, events.size(), [&](auto add) {
    for (const auto& e : events) {
      const std::string_view all{reinterpret_cast<const char*>(e.source.bytes.data()), 16};
      if (e.source == base::ip_address{})
        add({});
      else
        add(e.source.is_v4() ? all.substr(12) : all);
    }
  });
  texts(text_column::place, events.size(), [&](auto add) {
    static_assert(sizeof(base::geo_point) == 8);
    const base::geo_point nowhere{};
    for (const auto& e : events)
      add(std::memcmp(&e.place, &nowhere, 8) == 0
              ? std::string_view{}
              : std::string_view{reinterpret_cast<const char*>(&e.place), 8});
  });
  texts(text_column::resource, resources_, [&](auto add) {
    for (const auto& e : events)
      for (const auto r : e.resources)
        add(r);
  });
  texts(text_column::target, targets_, [&](auto add) {
    for (const auto& e : events)
      for (const auto t : e.targets)
        add(t);
  });
  texts(text_column::value, match_values_, [&](auto add) {
    for (const auto& e : events)
      for (const auto& m : e.matches)
        for (const auto v : m.values)
          add(v);
  });
}

std::string event_encoder::run(const base::event_batch& batch) {
  VEDETTE_ASSERT(batch.events.size() <= base::limits::batch_events);
  planes_.clear();
  text_planes_.clear();
  texts_.clear();
  lengths_.clear();
  const auto& events = batch.events;
  ids(events);
  times(events);
  plain_numbers(events);
  matches(events);
  all_texts(events);
  append(column::text_length, lengths_, 1);

  scratch_message message{planes_.size() + text_planes_.size() + texts_.size() + guids_.size() +
                          batch.source.size() + batch.tenant.value.size()};
  auto out = message.root<wire::EventBatch>();
  out.setTenant(as_data(batch.tenant.value));
  out.setSource(as_data(batch.source));
  out.setGeneration(batch.generation.value);
  out.setCount(static_cast<std::uint32_t>(events.size()));
  out.setTimeBase(time_base_);
  out.setTimeUnit(time_unit_);
  out.setWidths(as_data({reinterpret_cast<const char*>(widths_.data()), widths_.size()}));
  auto planes = out.initPlanes(static_cast<unsigned>(planes_.size() + text_planes_.size()));
  std::memcpy(planes.begin(), planes_.data(), planes_.size());
  std::memcpy(planes.begin() + planes_.size(), text_planes_.data(), text_planes_.size());
  out.setGuids(as_data(guids_));
  out.setTexts(as_data(texts_));
  auto distinct = out.initDistinct(text_columns);
  for (unsigned i = 0; i < text_columns; ++i)
    distinct.set(i, distinct_[i]);
  return to_bytes(*message);
}

} // namespace

std::string encode(const base::event_batch& batch) {
  thread_local event_encoder encoder;
  return encoder.run(batch);
}

} // namespace vedette::schemas

#include "detect/operators/sample.hpp"

#include "detect/tight.hpp"

#include <algorithm>
#include <array>

namespace vedette::detect {

namespace {

using texts = std::array<std::string_view, 10>;

/// False when the list is full and `place` is behind all of it; otherwise the last of a full list
/// has gone.
bool make_way(std::vector<sample>& list, std::ptrdiff_t place, std::size_t cap) {
  if (list.size() < cap)
    return true;
  if (place == std::ssize(list))
    return false;
  list.pop_back();
  return true;
}

/// What an alert shows of a text that somebody else has chosen; no part of a character.
std::string_view head_of(std::string_view text) noexcept {
  auto n = sample_text_bytes;
  if (text.size() <= n)
    return text;
  while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U)
    --n;
  return text.substr(0, n);
}

} // namespace

sample_fields sample_fields::of(const base::event& e) noexcept {
  sample_fields f;
  f.time = e.time;
  f.id = head_of(e.id);
  f.action = head_of(e.action);
  f.resource = e.resources.empty() ? std::string_view{} : head_of(e.resources.front());
  f.region = head_of(e.region);
  if (e.routed_to.empty())
    f.name = head_of(e.identity_name);
  else
    f.identity = head_of(e.identity);
  f.source = head_of(e.source_text);
  f.country = head_of(e.country);
  f.asn = e.asn;
  f.session = head_of(e.session);
  return f;
}

sample::sample(const sample_fields& f)
    : time{f.time}, asn{f.asn}, texts_{texts{f.id, f.action, f.identity, f.resource, f.region,
                                             f.source, f.country, f.record, f.session, f.name}} {}

sample_fields sample::fields() const noexcept {
  texts t;
  texts_.unpack(t);
  return {time, t[0], t[1], t[2], t[3], t[4], t[5], t[6], asn, t[7], t[8], t[9]};
}

sample sample::as_later() const {
  auto f = fields();
  if (f.record.empty() && f.session.empty() && f.name.empty())
    return *this;
  f.record = f.session = f.name = {};
  return sample{f};
}

void add_sample(std::vector<sample>& list, const base::event& e, std::size_t cap) {
  const auto before = [](const base::event& lhs, const sample& rhs) {
    return lhs.time != rhs.time ? lhs.time < rhs.time : head_of(lhs.id) < rhs.id();
  };
  const auto place = std::upper_bound(list.begin(), list.end(), e, before) - list.begin();
  if (!make_way(list, place, cap))
    return;
  auto f = sample_fields::of(e);
  if (place > 0)
    f.session = f.name = {};
  else if (!list.empty())
    list.front() = list.front().as_later();
  insert_tight(list, list.begin() + place, sample{f});
}

bool merge_sample(std::vector<sample>& into, const sample& s, std::size_t cap) {
  const auto place = std::upper_bound(into.begin(), into.end(), s, earlier) - into.begin();
  if (!make_way(into, place, cap))
    return false;
  const bool first = place == 0;
  if (first && !into.empty())
    into.front() = into.front().as_later();
  insert_tight(into, into.begin() + place, first ? s : s.as_later());
  return true;
}

void merge_samples(std::vector<sample>& into, const std::vector<sample>& from, std::size_t cap) {
  for (const auto& s : from)
    if (!merge_sample(into, s, cap))
      break; // `from` is sorted too
}

std::size_t heap_bytes(const std::vector<sample>& list) noexcept {
  std::size_t total = list.capacity() * sizeof(sample);
  for (const auto& s : list)
    total += s.heap_bytes();
  return total;
}

} // namespace vedette::detect

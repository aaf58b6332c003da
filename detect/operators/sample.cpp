#include "detect/operators/sample.hpp"

#include <algorithm>

namespace vedette::detect {

namespace {

void keep_first_record(std::vector<sample>& list) {
  for (std::size_t i = 1; i < list.size(); ++i)
    if (!list[i].record.empty())
      std::string{}.swap(list[i].record);
}

} // namespace

sample sample::of(const base::event& e) {
  sample s;
  s.time = e.time;
  s.id = e.id;
  s.action = e.action;
  s.resource = e.resources.empty() ? std::string_view{} : e.resources.front();
  s.region = e.region;
  if (!e.routed_to.empty())
    s.identity = e.identity;
  s.source = e.source_text;
  s.country = e.country;
  s.asn = e.asn;
  return s;
}

void add_sample(std::vector<sample>& list, const base::event& e, std::size_t cap) {
  const auto before = [](const base::event& lhs, const sample& rhs) {
    return lhs.time != rhs.time ? lhs.time < rhs.time : lhs.id < std::string_view{rhs.id};
  };
  auto at = std::upper_bound(list.begin(), list.end(), e, before);
  if (at == list.end() && list.size() >= cap)
    return;
  list.insert(at, sample::of(e));
  if (list.size() > cap)
    list.pop_back();
}

void merge_samples(std::vector<sample>& into, const std::vector<sample>& from, std::size_t cap) {
  for (const auto& s : from) {
    auto at = std::upper_bound(into.begin(), into.end(), s, earlier);
    if (at == into.end() && into.size() >= cap)
      break; // `from` is sorted too
    into.insert(at, s);
    if (into.size() > cap)
      into.pop_back();
  }
  keep_first_record(into);
}

std::size_t heap_bytes(const std::vector<sample>& list) noexcept {
  const auto heap = [](const std::string& s) { return s.capacity() > 15 ? s.capacity() + 1 : 0; };
  std::size_t total = list.capacity() * sizeof(sample);
  for (const auto& s : list)
    total += heap(s.id) + heap(s.action) + heap(s.identity) + heap(s.resource) + heap(s.region) +
             heap(s.source) + heap(s.country) + heap(s.record);
  return total;
}

} // namespace vedette::detect

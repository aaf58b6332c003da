#include "nodes/client/objects/backfill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace vedette::client {

namespace {

using base::ec;
using base::error;
using namespace std::chrono_literals;

bool digits(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Of "20260102T0305" at the beginning.
std::optional<base::event_time> basic_time(std::string_view t) {
  if (t.size() < 13 || t[8] != 'T' || !digits(t.substr(0, 8)) || !digits(t.substr(9, 4)))
    return std::nullopt;
  return base::parse_rfc3339(fmt::format("{}-{}-{}T{}:{}:00Z", t.substr(0, 4), t.substr(4, 2),
                                         t.substr(6, 2), t.substr(9, 2), t.substr(11, 2)));
}

} // namespace

base::event_time time_of(const io::s3_object& object) {
  const std::string_view key = object.key;
  for (auto at = key.rfind('T'); at != std::string_view::npos && at >= 8;
       at = key.rfind('T', at - 1))
    if (const auto time = basic_time(key.substr(at - 8)))
      return *time;
  return object.modified;
}

base::result<object_list> list_objects(io::s3_client& from, const object_ledger& ledger,
                                       const backfill_options& how) {
  object_list out;
  for (const auto& place : how.places) {
    std::string token;
    do {
      auto page = from.list(place, token);
      if (!page)
        return page.err();
      for (auto& o : page->objects) {
        const auto time = time_of(o);
        if (o.key.ends_with('/') && o.size == 0)
          continue;
        if ((how.since && time < *how.since) || (how.until && time >= *how.until))
          ++out.other_time;
        else if (ledger.knows(o))
          ++out.known;
        else
          out.objects.push_back(std::move(o));
      }
      if (out.objects.size() > backfill_objects_max)
        return error{ec::too_large,
                     fmt::format("listing s3://{}/{}: more than {} objects to read; name a longer "
                                 "prefix, or a shorter time with --since and --until",
                                 place.bucket, place.prefix, backfill_objects_max)};
      if (how.stop())
        return out;
      token = std::move(page->next);
    } while (!token.empty());
  }
  std::ranges::stable_sort(out.objects, {}, [](const auto& o) { return time_of(o); });
  return out;
}

base::status finish_last_run(object_reader& to, object_fetcher& from, const object_ledger& ledger,
                             const std::function<bool()>& stop) {
  const auto group = ledger.unfinished();
  for (const auto& o : group)
    VEDETTE_ASSERT(from.push(o));
  for (std::size_t taken = 0; taken < group.size();) {
    if (stop())
      return {};
    auto object = from.next(100ms);
    if (!object)
      continue;
    ++taken;
    if (auto ok = to.take(std::move(*object)); !ok)
      return ok;
  }
  return to.flush();
}

base::status backfill(object_reader& to, object_fetcher& from, object_list list,
                      const backfill_options& how) {
  std::size_t asked = 0, taken = 0;
  int denied = 0;
  while (taken < list.objects.size() && !how.stop()) {
    while (asked < list.objects.size() && from.push(list.objects[asked]))
      ++asked;
    auto object = from.next(20ms);
    if (!object) {
      if (auto ok = to.flush(); !ok)
        return ok;
      continue;
    }
    ++taken;
    denied = object->failed && object->failed->code == ec::denied ? denied + 1 : 0;
    if (denied >= backfill_denied_max)
      return error{ec::denied, fmt::format("{}; so were {} objects before it",
                                           object->failed->context, denied - 1)};
    if (auto ok = to.take(std::move(*object)); !ok)
      return ok;
    if (how.progress)
      how.progress(taken, list.objects.size());
  }
  return to.flush();
}

} // namespace vedette::client

#include "io/coordination/etcd_engine.hpp"
#include "io/coordination/judgements.hpp"
#include "io/coordination/record_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace vedette::io::etcd {

using base::ec;
using base::error;

namespace {

/// Of records; under 2 MB in base 64, where the gateway's own client stops at 4.
constexpr std::uint64_t page = 1000;
constexpr std::string_view first_viewed = "cluster";
/// Behind the last key that is viewed: what each store writes of itself concerns nobody else.
constexpr std::string_view end_viewed = "stores";

std::optional<base::partition_id> to_partition(std::string_view digits) {
  std::uint32_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [at, code] = std::from_chars(digits.data(), end, value);
  if (code != std::errc{} || at != end)
    return std::nullopt;
  return base::partition_id{value};
}

} // namespace

/// A view being read, page by page, all at the revision of the first.
struct engine::viewing {
  view_cause cause = view_cause::asked;
  std::optional<ask> for_whom;
  base::duration deadline{};
  std::uint64_t revision = 0;
  std::vector<key_value> found;
};

void engine::watch(call_id call) {
  if (refuse([call](error why) -> coordinator_event {
        return call_done{call, call_kind::watch, std::move(why)};
      }))
    return;
  const auto a = begin(call);
  begin_view(view_cause::asked, &a);
}

void engine::overflowed() {
  if (watching_)
    begin_view(view_cause::overflowed, nullptr);
}

void engine::begin_view(view_cause cause, const ask* a) {
  stop_watch();
  watching_ = true;
  auto v = std::make_shared<viewing>();
  v->cause = cause;
  if (a != nullptr) {
    drop_view({ec::conflict, "watching: asked for again before the view was read"});
    v->for_whom = *a;
  } else if (viewing_) {
    v->for_whom = viewing_->for_whom; // whoever asked gets this one
  }
  v->deadline = v->for_whom ? v->for_whom->deadline : net_.now() + settings_.call_deadline;
  viewing_ = v;
  view_page(v, key(first_viewed));
}

void engine::drop_view(error why) {
  const auto v = std::exchange(viewing_, nullptr);
  if (v && v->for_whom)
    done(v->for_whom->call, call_kind::watch, std::move(why));
}

void engine::view_page(const std::shared_ptr<viewing>& v, const std::string& from) {
  const auto floor = highest_;
  net_.call(
      {"/v3/kv/range", range_body({from, key(end_viewed), page, v->revision}), v->deadline, true},
      [this, v, floor](const call_outcome& got) {
        if (viewing_ != v)
          return;
        auto read = got.what == fate::answered ? messages_.range(got.body)
                                               : base::result<range_reply>{got.why};
        if (!read) {
          // Compacted between two pages.
          if (got.why.code == ec::stale_epoch)
            return begin_view(v->cause, nullptr);
          if (v->for_whom) {
            watching_ = false;
            return drop_view(read.err());
          }
          // Nobody waits for an answer, but the view is owed.
          net_.at(net_.now() + settings_.pulse, [this, v] {
            if (viewing_ == v)
              begin_view(v->cause, nullptr);
          });
          return;
        }
        if (!same_cluster(read->head, floor))
          return;
        if (v->revision == 0)
          v->revision = read->head.revision;
        std::ranges::move(read->found, std::back_inserter(v->found));
        if (read->more && !v->found.empty())
          view_page(v, key_after(v->found.back().key));
        else
          view_read(v);
      });
}

void engine::view_read(const std::shared_ptr<viewing>& v) {
  viewing_.reset();
  view_began began;
  began.cause = v->cause;
  auto& s = began.view;
  s.cluster = *cluster_;
  s.at = {v->revision};
  s.controller.at = s.at;
  for (const auto& kv : v->found) {
    const auto e = to_event(kv, false);
    if (!e)
      continue;
    if (const auto* p = std::get_if<cluster::partition_event>(&*e))
      s.partitions[p->partition] = {p->at, p->value};
    else if (const auto* n = std::get_if<cluster::node_event>(&*e))
      s.nodes[n->id] = *n->record;
    else if (const auto* c = std::get_if<cluster::controller_event>(&*e))
      s.controller = *c;
    else if (const auto* d = std::get_if<cluster::document_event>(&*e))
      s.documents[d->name] = {d->at, d->value};
  }
  seen_ = v->revision;
  if (v->for_whom)
    done(v->for_whom->call, call_kind::watch, {});
  out_.news(std::move(began));
  tend_watch();
}

// --- the stream ---

void engine::tend_watch() {
  if (!watching_ || viewing_)
    return;
  // A member that calls moved away from may be cut off and silent.
  if (stream_ != 0 && !net_.on_current_endpoint(stream_))
    stop_watch();
  if (stream_ != 0)
    return;
  fragment_ = 0;
  stream_ = net_.open_stream(
      "/v3/watch", watch_body({key(first_viewed), key(end_viewed), seen_ + 1}),
      [this](std::string_view line) { watch_line(line); },
      // The next pulse that is answered opens it again: by then it is known who answers.
      [this](const error&) {
        stream_ = 0;
        stream_live_ = false;
      });
}

void engine::stop_watch() {
  if (stream_ != 0)
    net_.close(stream_);
  stream_ = 0;
  stream_live_ = false;
}

void engine::watch_line(std::string_view line) {
  const auto read = messages_.watch_line(line);
  if (read && read->canceled && read->compacted_through > 0)
    return begin_view(view_cause::compacted, nullptr);
  // Opened again by the next pulse, which also keeps a refusal from becoming a storm.
  if (!read || read->canceled)
    return stop_watch();
  stream_live_ = true;
  auto through = fragment_;
  for (const auto& c : read->changes) {
    if (c.what.modified <= seen_)
      continue;
    watch_changed(c);
    if (!cluster_)
      return;
    through = std::max(through, c.what.modified);
  }
  if (read->fragment) {
    fragment_ = through;
    return;
  }
  fragment_ = 0;
  // A progress report: all up to there was sent.
  if (read->changes.empty() && !read->created)
    through = std::max(through, read->head.revision);
  seen_ = std::max(seen_, through);
  highest_ = std::max(highest_, through);
}

void engine::watch_changed(const watch_reply::change& c) {
  if (c.what.key == key(first_viewed)) {
    if (c.deleted)
      return estrange(estrangement::wiped);
    const auto read = read_cluster_record(c.what.value);
    if (!read)
      return estrange(estrangement::other_cluster);
    if (const auto kind = judge_record(*cluster_, *read))
      return estrange(*kind);
    cluster_value_ = c.what.value;
    return;
  }
  if (auto e = to_event(c.what, c.deleted))
    out_.news(view_changed{std::move(*e)});
}

std::optional<cluster::watch_event> engine::to_event(const key_value& kv, bool deleted) {
  std::string_view name = kv.key;
  name.remove_prefix(std::min(name.size(), settings_.prefix.size()));
  const cluster::revision at{kv.modified};
  const auto refused = [&](const std::string& why) -> std::optional<cluster::watch_event> {
    out_.news(record_refused{kv.key, why});
    return std::nullopt;
  };
  if (name == first_viewed)
    return std::nullopt;
  if (name == "controller") {
    if (deleted)
      return cluster::controller_event{at, std::nullopt, {}};
    return cluster::controller_event{at, cluster::node_id{kv.value}, {kv.created}};
  }
  if (name.starts_with("nodes/")) {
    const cluster::node_id id{std::string{name.substr(6)}};
    if (deleted)
      return cluster::node_event{at, id, std::nullopt};
    auto read = read_node_record(kv.value);
    if (!read || read->id != id)
      return refused(read ? "it names another node" : read.err().context);
    return cluster::node_event{at, id, std::move(*read)};
  }
  if (name.starts_with("partitions/")) {
    const auto id = to_partition(name.substr(11));
    if (!id || !cluster::has_partition(*cluster_, *id))
      return refused("there is no partition of that number");
    if (deleted)
      return refused("a partition's record was deleted; nothing of ours does that: `vedette "
                     "cluster rebuild-table` makes the table from the stores");
    auto read = read_assignment(kv.value);
    if (!read)
      return refused(read.err().context);
    return cluster::partition_event{*id, at, std::move(read->value)};
  }
  if (name.starts_with("documents/")) {
    if (deleted)
      return refused("a document's record was deleted; nothing of ours does that: `vedette apply` "
                     "puts it there again");
    auto read = read_document(kv.value);
    if (!read)
      return refused(read.err().context);
    return cluster::document_event{std::string{name.substr(10)}, at, std::move(*read)};
  }
  return std::nullopt; // of a later build
}

} // namespace vedette::io::etcd

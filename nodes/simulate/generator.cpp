#include "nodes/simulate/generator.hpp"

#include "base/assert.hpp"
#include "base/json_writer.hpp"
#include "nodes/simulate/benign.hpp"
#include "nodes/simulate/jobs.hpp"
#include "nodes/simulate/late.hpp"
#include "nodes/simulate/schedule.hpp"

#include <algorithm>
#include <optional>

namespace vedette::simulate {

namespace {

std::uint64_t records_of(const std::vector<std::unique_ptr<attack>>& attacks) {
  std::uint64_t sum = 0;
  for (const auto& a : attacks)
    sum += a->left();
  return sum;
}

} // namespace

struct generator::impl {
  explicit impl(const options& o);

  /// The next record in order of event time, into `current` and `text`.
  bool produce();
  [[nodiscard]] std::optional<base::event_time> upcoming();
  void add(std::unique_ptr<task> t);
  void note(task& from);

  struct pending {
    base::event_time due;
    std::uint64_t number; ///< orders equal times the same way everywhere
    std::unique_ptr<task> what;
  };
  static bool later(const pending& a, const pending& b) {
    return a.due != b.due ? a.due > b.due : a.number > b.number;
  }

  options given;
  simulate::world world;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<attack>> attacks; ///< until they are queued
  std::optional<calendar> jobs;
  std::optional<benign_stream> benign;
  std::vector<pending> queue; ///< heap, earliest first
  std::vector<std::unique_ptr<task>> planned;
  std::uint64_t numbers = 0;
  base::day_number next_day, last_day;
  std::vector<label> labels;
  call current;
  std::string text;
  prng ids;
  std::optional<late_delivery> late;
};

generator::impl::impl(const options& o)
    : given{o}, world{make_world(o)}, attacks{plan_attacks(world, o)},
      next_day{base::day_of(o.start)}, last_day{base::day_of(o.start + o.span)}, ids{o.seed, 4} {
  for (const tenant& t : world.tenants)
    names.push_back(t.name);
  const std::uint64_t stolen = records_of(attacks);
  const std::uint64_t rest = o.events > stolen ? o.events - stolen : 0;
  const auto seconds =
      static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(o.span).count());
  // In a run shorter than a day the run itself is the day: jobs never outgrow what they are part
  // of.
  const std::uint64_t per_tenant = rest / world.tenants.size();
  jobs.emplace(world, o, std::min(per_tenant, per_tenant * 86'400 / seconds));
  const std::uint64_t scheduled = jobs->records();
  benign.emplace(world, o, rest > scheduled ? rest - scheduled : 0);
  for (auto& a : attacks)
    add(std::move(a));
  attacks.clear();
  if (o.delivery == delivery::late)
    late.emplace(o.seed);
}

void generator::impl::add(std::unique_ptr<task> t) {
  if (t->left() == 0)
    return;
  queue.push_back({t->due(), numbers++, std::move(t)});
  std::push_heap(queue.begin(), queue.end(), later);
}

/// When the next record happens; makes the jobs of each day that is reached.
std::optional<base::event_time> generator::impl::upcoming() {
  while (true) {
    std::optional<base::event_time> at;
    if (!benign->done())
      at = benign->due();
    if (!queue.empty() && (!at || queue.front().due < *at))
      at = queue.front().due;
    if (next_day > last_day || (at && base::day_of(*at) < next_day))
      return at;
    jobs->plan(next_day++, planned);
    for (auto& t : planned)
      add(std::move(t));
    planned.clear();
  }
}

void generator::impl::note(task& from) {
  if (from.label_index == SIZE_MAX) {
    from.label_index = labels.size();
    labels.push_back(*from.about());
    labels.back().first = current.time;
  }
  label& l = labels[from.label_index];
  l.last = current.time;
  l.event_ids.push_back(current.id);
}

bool generator::impl::produce() {
  const auto at = upcoming();
  if (!at)
    return false;
  text.clear();
  if (!benign->done() && benign->due() == *at) {
    benign->act(current);
    write_record(text, current, ids);
    return true;
  }
  std::pop_heap(queue.begin(), queue.end(), later);
  pending& next = queue.back();
  const bool own = next.what->act(current);
  write_record(text, current, ids);
  if (own)
    note(*next.what);
  if (next.what->left() == 0) {
    queue.pop_back();
  } else {
    next.due = next.what->due();
    std::push_heap(queue.begin(), queue.end(), later);
  }
  return true;
}

generator::generator(const options& o) {
  VEDETTE_ASSERT(check(o).empty());
  impl_ = std::make_unique<impl>(o);
}
generator::~generator() = default;
generator::generator(generator&&) noexcept = default;
generator& generator::operator=(generator&&) noexcept = default;

bool generator::next(std::string& tenant, std::string& record) {
  impl& i = *impl_;
  if (!i.late) {
    if (!i.produce())
      return false;
    tenant.assign(i.current.tenant->name);
    record.swap(i.text);
    return true;
  }
  while (true) {
    const auto at = i.upcoming();
    if (at ? i.late->ready(*at) : !i.late->empty()) {
      std::uint32_t index = 0;
      i.late->pop(index, record);
      tenant.assign(i.names[index]);
      return true;
    }
    if (!i.produce())
      return false;
    i.late->push(i.current.tenant->index, i.current.who->account, i.current.time, i.text);
  }
}

const std::vector<label>& generator::labels() const {
  return impl_->labels;
}

const std::vector<std::string>& generator::tenants() const {
  return impl_->names;
}

std::string generator::tenant_settings(std::string_view tenant) const {
  for (const auto& t : impl_->world.tenants)
    if (t.name == tenant)
      return settings_yaml(t);
  return {};
}

std::string to_json(const label& l) {
  base::json_writer w;
  w.begin_object();
  w.member("id", l.id)
      .member("attack", l.attack)
      .member("tenant", l.tenant)
      .array("rules", l.rules);
  w.member("identity", l.identity).member("source", l.source).member("story", l.story);
  w.member("first", base::format_rfc3339(l.first)).member("last", base::format_rfc3339(l.last));
  w.array("events", l.event_ids);
  w.end_object();
  return std::string{w.text()};
}

} // namespace vedette::simulate

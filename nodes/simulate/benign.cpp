#include "nodes/simulate/benign.hpp"

#include "base/assert.hpp"
#include "nodes/simulate/objects.hpp"
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

#include <algorithm>

namespace vedette::simulate {

namespace {

constexpr base::duration slot_length = std::chrono::minutes{10};

/// How busy the world is in an hour of the day, UTC: mostly machines, so nights are not quiet.
constexpr std::uint8_t intensity[24] = {6,  6,  6,  6,  7,  8,  9,  11, 13, 14, 14, 13,
                                        13, 15, 16, 16, 15, 14, 12, 11, 10, 8,  7,  6};

bool weekend_at(const tenant& t, base::event_time at) {
  const std::chrono::weekday day{
      std::chrono::floor<std::chrono::days>(at + std::chrono::hours{t.utc_offset_hours})};
  return day == std::chrono::Saturday || day == std::chrono::Sunday;
}

} // namespace

benign_stream::benign_stream(world& all, const options& o, std::uint64_t records)
    : all_{&all}, random_{o.seed, 1}, records_{records}, start_{o.start}, due_{o.start},
      span_{o.span} {
  const auto slots =
      static_cast<std::uint64_t>((span_ + slot_length - base::duration{1}) / slot_length);
  for (std::uint64_t s = 0; s < slots; ++s) {
    const auto hour =
        std::chrono::floor<std::chrono::hours>(start_ + slot_length * static_cast<std::int64_t>(s));
    weight_total_ += intensity[hour.time_since_epoch().count() % 24];
  }
  at_work_.resize(all.tenants.size());
  for (auto& stretches : at_work_)
    stretches.resize(static_cast<std::size_t>(std::clamp(o.identities_per_tenant / 6, 6, 64)));
  if (records_ > 0)
    advance();
}

void benign_stream::advance() {
  while (sent_ == slot_end_) { // empty slots are possible when there are few records
    const base::event_time begin = start_ + slot_length * static_cast<std::int64_t>(slot_);
    const auto hour = std::chrono::floor<std::chrono::hours>(begin).time_since_epoch().count() % 24;
    weight_done_ += intensity[hour];
    slot_begin_ = slot_end_;
    // Running totals, so that rounding never loses a record: the last slot ends at records_.
    slot_end_ = records_ * weight_done_ / weight_total_;
    ++slot_;
  }
  const base::duration offset = slot_length * static_cast<std::int64_t>(slot_ - 1);
  const base::duration length = std::min(slot_length, span_ - offset);
  const std::uint64_t n = slot_end_ - slot_begin_;
  const std::uint64_t step = static_cast<std::uint64_t>(length.count()) / n;
  // One record somewhere in each n-th of the slot: in order without sorting.
  due_ = start_ + offset +
         base::duration{static_cast<std::int64_t>((sent_ - slot_begin_) * step +
                                                  (random_.next() >> 32) * step / (1ULL << 32))};
}

/// People stop when their day ends, even in the middle of something: nights separate two places.
bool benign_stream::gone_home(const tenant& t, const stretch& s) const {
  const bool person = s.who->kind == kind::person || s.who->kind == kind::employee;
  return person && share_at(s.who->kind, t.local_hour(due_), weekend_at(t, due_)) == 0;
}

void benign_stream::begin_stretch(tenant& t, stretch& s) {
  const std::uint32_t hour = t.local_hour(due_);
  const bool weekend = weekend_at(t, due_);
  std::uint32_t total = 0;
  for (std::size_t k = 0; k < kinds; ++k)
    total += share_at(static_cast<kind>(k), hour, weekend);
  std::uint32_t draw = random_.below(total);
  auto chosen = kind::function;
  for (std::size_t k = 0; k < kinds; ++k) {
    const std::uint32_t share = share_at(static_cast<kind>(k), hour, weekend);
    if (draw < share) {
      chosen = static_cast<kind>(k);
      break;
    }
    draw -= share;
  }
  s.who = &t.any(chosen, random_);
  const bool person = chosen == kind::person || chosen == kind::employee;
  const bool two = person || chosen == kind::function || chosen == kind::program;
  s.which = static_cast<std::uint8_t>(two ? random_.below(2) : 0);
  if (chosen == kind::program)
    s.which = 0;
  s.doing = &habit_of(chosen, person && s.which == 1);
  // Terraform and friends deploy to the second region too.
  s.abroad = chosen == kind::pipeline && random_.one_in(4);
  s.left = random_.between(s.doing->shortest, s.doing->longest);
  s.line = 0;
}

void benign_stream::mint(call& c, const session& fresh) {
  const identity& who = *c.who;
  std::string_view by;
  switch (who.kind) {
  case kind::function:
    by = "lambda.amazonaws.com";
    break;
  case kind::instance:
    by = "ec2.amazonaws.com";
    break;
  case kind::task:
    by = "ecs-tasks.amazonaws.com";
    break;
  default:
    by = "sts.amazonaws.com";
  }
  c.what = &find_action("sts:AssumeRole");
  c.as_service = true;
  c.invoked_by = by;
  c.arg[0] = "arn:aws:iam::";
  c.arg[0].append(c.tenant->accounts[who.account]).append(role_path(who.kind)).append(who.name);
  c.arg[1] = who.session_name;
  c.arg[2] = fresh.key;
  c.arg[3] = who.principal;
}

void benign_stream::use_habit(call& c, stretch& s) {
  const habit& h = *s.doing;
  const habit_call* line = nullptr;
  if (h.in_order) {
    line = &h.calls[s.line++ % h.calls.size()];
  } else {
    const std::uint32_t draw = random_.below(h.total);
    line = &*std::upper_bound(h.calls.begin(), h.calls.end(), draw,
                              [](std::uint32_t d, const habit_call& l) { return d < l.up_to; });
  }
  c.what = line->what;
  const tenant& t = *c.tenant;
  const std::uint32_t bucket = bucket_of_app(c.who->app);
  switch (line->object) {
  case object_use::none:
    break;
  case object_use::known: // a working set, a few of it most of the time
    use_object(c, bucket, std::min(random_.below(240), random_.below(240)));
    break;
  case object_use::fresh:
    use_object(c, bucket, 1'000'000 + sent_);
    break;
  case object_use::bucket:
    c.bucket = t.buckets[bucket];
    break;
  case object_use::machines: {
    constexpr std::string_view small[] = {"t3.medium", "t3.large", "m6i.large"};
    const std::string_view type = random_.pick(small);
    ask_for_machines(c, type, random_.between(1, 2), random_);
    break;
  }
  }
  if (line->arg1 == "%1")
    c.arg[0] = c.who->session_name;
  else if (!line->arg1.empty())
    expand(c.arg[0], line->arg1, c, random_);
  if (!line->arg2.empty())
    expand(c.arg[1], line->arg2, c, random_);
  const std::uint32_t luck = random_.below(4000);
  const bool person = c.who->kind == kind::person || c.who->kind == kind::employee;
  if (luck < 90 && !c.what->missing.empty())
    fail(c, c.what->missing, "The specified resource does not exist or cannot be found.");
  else if (luck < 96)
    fail(c, "ThrottlingException", "Rate exceeded");
  else if (luck >= 3990 && person)
    deny(c);
}

/// A third of what runs in a VPC reaches storage through an endpoint, without leaving the network.
void benign_stream::use_endpoint(call& c) {
  const identity& who = *c.who;
  const bool in_vpc = who.kind == kind::instance || who.kind == kind::task || who.kind == kind::pod;
  if (!in_vpc || who.number % 3 != 0 || (c.what->service != "s3" && c.what->service != "dynamodb"))
    return;
  c.by_endpoint = true;
  c.address =
      (10U << 24) + (c.tenant->index % 200 << 16) + (who.number % 8 << 8) + 10 + who.number % 200;
}

void benign_stream::act(call& c) {
  VEDETTE_ASSERT(!done());
  auto& tenants = all_->tenants;
  auto index = random_.below(static_cast<std::uint32_t>(tenants.size()));
  if (index % 3 == 2) // every third company is smaller
    index = random_.one_in(2) ? index : random_.below(static_cast<std::uint32_t>(tenants.size()));
  tenant& t = tenants[index];
  stretch& s = at_work_[index][random_.below(static_cast<std::uint32_t>(at_work_[index].size()))];
  if (s.left == 0 || gone_home(t, s))
    begin_stretch(t, s);
  --s.left;

  bool renewed = false;
  session& with = session_at(t, *s.who, s.which, due_, random_, renewed);
  // A sandbox that moves keeps its token: same key, another host.
  if (s.who->kind == kind::function && random_.one_in(2000))
    with.address = cloud_address(s.who->region, random_);
  start_call(c, t, *s.who, with, due_);
  c.agent = agent_of(*s.who, with.console);
  if (s.who->kind == kind::scaler)
    c.invoked_by = "autoscaling.amazonaws.com";
  const bool service_role = s.who->kind == kind::scaler || s.who->kind == kind::employee;
  if (renewed && with.console && s.who->kind == kind::person) {
    c.what = &find_action("signin:ConsoleLogin");
    c.mfa = true;
    ++s.left;
  } else if (renewed && is_role(s.who->kind) && !service_role && s.who->kind != kind::pod &&
             s.who->kind != kind::pipeline) {
    mint(c, with);
    ++s.left;
  } else {
    use_habit(c, s);
    if (s.abroad)
      c.region = regions()[t.second_region].name;
    use_endpoint(c);
  }
  ++sent_;
  if (!done())
    advance();
}

} // namespace vedette::simulate

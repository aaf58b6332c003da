#include "io/coordination/etcd_transport.hpp"

#include "io/coordination/etcd_messages.hpp"
#include "io/coordination/etcd_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace vedette::io::etcd {
namespace {

using base::ec;
using std::chrono::milliseconds;

constexpr milliseconds retry_after{100};
/// A token that was just given and is refused again is a wrong user, not an old token.
constexpr int logins_max = 2;

milliseconds in_ms(base::duration d) {
  return std::max(milliseconds{1}, std::chrono::duration_cast<milliseconds>(d));
}

/// gRPC's codes, as far as they say that nothing was done.
bool surely_not_done(int code) {
  constexpr int not_done[] = {3, 5, 6, 7, 8, 9, 11, 12, 16};
  return std::ranges::find(not_done, code) != std::end(not_done);
}

bool token_refused(const refusal& r) {
  return r.code == 16 || r.message.find("invalid auth token") != std::string::npos ||
         r.message.find("revision of auth store is old") != std::string::npos;
}

base::error to_error(const std::string& path, const refusal& r) {
  const auto with = [&](ec code, std::string_view advice) {
    return base::error{code, fmt::format("asking etcd for {}: {}; {}", path, r.message, advice)};
  };
  switch (r.code) {
  case 7:
  case 16:
    return with(ec::denied, "check user and password, and that its role may read and write below "
                            "the prefix");
  case 8:
    return with(ec::disk_full, "if its space is used up: compact, defragment, disarm the alarm");
  case 11:
    return with(ec::stale_epoch, "that revision was compacted");
  case 14:
    return with(ec::unavailable,
                "has it a leader? With TLS its own certificate needs both extended key usages, "
                "serverAuth and clientAuth, because its gateway is its client");
  case 3:
    if (r.message.find("user name is empty") != std::string::npos)
      return with(ec::denied, "it demands a login: set etcd's user and password");
    if (r.message.find("authentication failed") != std::string::npos)
      return with(ec::denied, "check user and password");
    return with(ec::invalid_argument, "this is a mistake of ours or of a proxy on the way");
  case 5:
    return with(ec::not_found, "it was there before");
  default:
    return with(ec::unavailable, "it may pass");
  }
}

} // namespace

struct transport::impl {
  struct job {
    call_args args;
    std::function<void(call_outcome)> done;
    std::size_t endpoint = 0;
    int logins = 0;
    base::duration sent_at{};
    std::unique_ptr<transfer> running;
    base::error last; ///< of the attempt before
    bool is_login = false;
  };
  struct stream {
    std::size_t endpoint = 0;
    std::string path, body;
    std::function<void(std::string_view)> line;
    std::function<void(base::error)> ended;
    std::unique_ptr<transfer> running;
  };

  impl(const etcd_settings& s, const clock& t) : settings{s}, time{t}, multi{curl_multi_init()} {
    VEDETTE_ASSERT(multi != nullptr);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(2 * in_flight_max));
  }
  ~impl() {
    for (const auto& j : jobs)
      curl_multi_remove_handle(multi, j->running->handle());
    for (const auto& [id, s] : streams)
      if (s.running)
        curl_multi_remove_handle(multi, s.running->handle());
    jobs.clear();
    streams.clear();
    curl_multi_cleanup(multi);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  [[nodiscard]] std::string url(std::size_t endpoint, const std::string& path) const {
    auto out = settings.endpoints[endpoint];
    while (out.ends_with('/'))
      out.pop_back();
    return out + path;
  }
  void move_on(std::size_t from) {
    if (from == current)
      current = (current + 1) % settings.endpoints.size();
  }

  // --- calls ---

  void submit(std::unique_ptr<job> j) {
    if (j->args.deadline <= time.monotonic()) {
      if (j->last.code == ec::none)
        j->last = {ec::timed_out,
                   fmt::format("asking etcd for {}: the deadline passed before it could be sent; "
                               "is etcd slow?",
                               j->args.path)};
      finish(*j, {fate::unanswered, {}, j->last, {}});
    } else if (!settings.user.empty() && token.empty() && !j->is_login) {
      for_token.push_back(std::move(j));
      log_in();
    } else if (!j->args.urgent && ordinary >= in_flight_max) {
      queued.push_back(std::move(j));
    } else {
      start(std::move(j));
    }
  }

  void start(std::unique_ptr<job> j) {
    j->endpoint = current;
    j->sent_at = time.monotonic();
    const auto left = j->args.deadline - j->sent_at;
    // A password's hash is slow on purpose: with nobody else to ask, asking again only adds to it.
    const bool patient = j->is_login && settings.endpoints.size() == 1;
    const auto timeout = patient ? left : std::min(settings.attempt_timeout, left);
    j->running = std::make_unique<transfer>(
        settings, transfer_args{.url = url(current, j->args.path),
                                .body = j->args.body,
                                .token = j->is_login ? std::string{} : token,
                                .connect_timeout = in_ms(std::min(settings.connect_timeout, left)),
                                .timeout = in_ms(timeout)});
    curl_multi_add_handle(multi, j->running->handle());
    if (!j->args.urgent)
      ++ordinary;
    jobs.push_back(std::move(j));
  }

  static void finish(job& j, call_outcome outcome) {
    if (auto done = std::exchange(j.done, nullptr))
      done(std::move(outcome));
  }

  void again(std::unique_ptr<job> j, base::error why) {
    j->last = std::move(why);
    j->running.reset();
    const auto when = std::min(time.monotonic() + retry_after, j->args.deadline);
    const auto held = std::make_shared<std::unique_ptr<job>>(std::move(j));
    timers.emplace(when, [this, held] { submit(std::move(*held)); });
  }

  void completed(std::unique_ptr<job> j, CURLcode code) {
    if (!j->args.urgent)
      --ordinary;
    if (code == CURLE_OK && j->running->status() == 200) {
      finish(*j, {fate::answered, std::move(j->running->answer), {}, j->sent_at});
      return;
    }
    if (code == CURLE_OK) {
      answered_no(std::move(j));
      return;
    }
    move_on(j->endpoint);
    auto why = j->running->failure(code);
    // The deadline cut a short last attempt: what the one before met says more.
    if (code == CURLE_OPERATION_TIMEDOUT && j->last.code != ec::none &&
        j->args.deadline - j->sent_at < settings.attempt_timeout)
      why = j->last;
    again(std::move(j), std::move(why));
  }

  void answered_no(std::unique_ptr<job> j) {
    const auto said = messages.refused(j->running->answer);
    auto why = to_error(j->args.path, said);
    if (token_refused(said) && !j->is_login && !settings.user.empty() && j->logins++ < logins_max) {
      token.clear();
      j->running.reset();
      submit(std::move(j));
    } else if (surely_not_done(said.code)) {
      // No answer to this attempt, which says nothing of one before.
      const auto what = j->last.code == ec::none ? fate::refused : fate::unanswered;
      finish(*j, {what, {}, std::move(why), {}});
    } else {
      move_on(j->endpoint);
      again(std::move(j), std::move(why));
    }
  }

  // --- login ---

  void log_in() {
    if (logging_in)
      return;
    logging_in = true;
    // As long as the first who waits: nobody waits for a login longer than for its own answer.
    const auto deadline = for_token.front()->args.deadline;
    auto j = std::make_unique<job>();
    j->is_login = true;
    j->args = {"/v3/auth/authenticate", authenticate_body(settings.user, settings.password),
               deadline, true};
    j->done = [this](call_outcome got) { logged_in(std::move(got)); };
    start(std::move(j));
  }

  void logged_in(call_outcome got) {
    logging_in = false;
    if (got.what == fate::answered) {
      auto fresh = messages.token(got.body);
      if (fresh)
        token = std::move(*fresh);
      else
        got = {fate::refused, {}, fresh.err(), {}};
    }
    auto waiting = std::exchange(for_token, {});
    for (auto& j : waiting) {
      if (!token.empty())
        submit(std::move(j));
      else if (got.what == fate::refused)
        finish(*j, {fate::refused, {}, got.why, {}});
      else
        again(std::move(j), got.why);
    }
  }

  // --- streams ---

  void start_stream(stream& s) {
    s.endpoint = current;
    s.running = std::make_unique<transfer>(
        settings, transfer_args{.url = url(current, s.path),
                                .body = s.body,
                                .token = token,
                                .connect_timeout = in_ms(settings.connect_timeout),
                                .timeout = {}});
    curl_multi_add_handle(multi, s.running->handle());
  }

  /// Outside of the library's callbacks, because lines make calls.
  void deliver_lines() {
    std::vector<stream_id> ids;
    for (const auto& [id, s] : streams)
      ids.push_back(id);
    for (const auto id : ids) {
      std::size_t done = 0;
      for (auto at = streams.find(id); at != streams.end() && at->second.running;
           at = streams.find(id)) {
        auto& s = at->second;
        const auto& text = s.running->answer;
        const auto end = s.running->status() == 200 ? text.find('\n', done) : std::string::npos;
        if (end == std::string::npos) {
          s.running->answer.erase(0, done);
          break;
        }
        // Copied out: the line may close its own stream.
        const auto line = text.substr(done, end - done);
        done = end + 1;
        const auto call = s.line;
        call(line);
      }
    }
  }

  void stream_ended(stream_id id, CURLcode code) {
    const auto at = streams.find(id);
    auto s = std::move(at->second);
    streams.erase(at);
    base::error why;
    if (code != CURLE_OK) {
      why = s.running->failure(code);
    } else {
      const auto said = messages.refused(s.running->answer);
      why = to_error(s.path, said);
      if (token_refused(said))
        token.clear();
    }
    move_on(s.endpoint);
    s.ended(std::move(why));
  }

  // --- the loop ---

  void fire_timers() {
    const auto now = time.monotonic();
    while (!timers.empty() && timers.begin()->first <= now) {
      auto due = std::move(timers.begin()->second);
      timers.erase(timers.begin());
      due();
    }
  }

  void take_completed() {
    int left = 0;
    std::vector<std::pair<CURL*, CURLcode>> ended;
    while (const CURLMsg* m = curl_multi_info_read(multi, &left))
      if (m->msg == CURLMSG_DONE)
        ended.emplace_back(m->easy_handle, m->data.result);
    for (const auto& [handle, code] : ended) {
      const auto same = [&, h = handle](const auto& x) { return x && x->handle() == h; };
      const auto at = std::ranges::find_if(jobs, [&](const auto& j) { return same(j->running); });
      if (at != jobs.end()) {
        auto j = std::move(*at);
        jobs.erase(at);
        curl_multi_remove_handle(multi, handle);
        completed(std::move(j), code);
        continue;
      }
      const auto of =
          std::ranges::find_if(streams, [&](const auto& s) { return same(s.second.running); });
      if (of != streams.end()) {
        curl_multi_remove_handle(multi, handle);
        stream_ended(of->first, code);
      }
    }
  }

  void start_queued() {
    const auto now = time.monotonic();
    while (!queued.empty() && (ordinary < in_flight_max || queued.front()->args.deadline <= now)) {
      auto j = std::move(queued.front());
      queued.pop_front();
      submit(std::move(j));
    }
  }

  etcd_settings settings;
  const clock& time;
  CURLM* multi;
  reader messages;
  std::size_t current = 0;
  std::string token;
  bool logging_in = false;
  std::vector<std::unique_ptr<job>> jobs; ///< running
  std::size_t ordinary = 0;               ///< of them, not urgent
  std::deque<std::unique_ptr<job>> queued, for_token;
  std::map<stream_id, stream> streams;
  stream_id last_stream = 0;
  std::multimap<base::duration, std::function<void()>> timers;
};

transport::transport(const etcd_settings& settings, const clock& time)
    : impl_{std::make_unique<impl>(settings, time)} {}
transport::~transport() = default;

void transport::call(call_args args, std::function<void(call_outcome)> done) {
  auto j = std::make_unique<impl::job>();
  j->args = std::move(args);
  j->done = std::move(done);
  impl_->submit(std::move(j));
}

stream_id transport::open_stream(std::string path, std::string body,
                                 std::function<void(std::string_view)> line,
                                 std::function<void(base::error)> ended) {
  const auto id = ++impl_->last_stream;
  auto& s = impl_->streams[id];
  s.path = std::move(path);
  s.body = std::move(body);
  s.line = std::move(line);
  s.ended = std::move(ended);
  impl_->start_stream(s);
  return id;
}

void transport::close(stream_id which) {
  const auto at = impl_->streams.find(which);
  if (at == impl_->streams.end())
    return;
  curl_multi_remove_handle(impl_->multi, at->second.running->handle());
  impl_->streams.erase(at);
}

bool transport::on_current_endpoint(stream_id which) const {
  const auto at = impl_->streams.find(which);
  return at != impl_->streams.end() && at->second.endpoint == impl_->current;
}

void transport::at(base::duration when, std::function<void()> due) {
  impl_->timers.emplace(when, std::move(due));
}

void transport::run_once(base::duration wait) {
  impl_->fire_timers();
  int running = 0;
  curl_multi_perform(impl_->multi, &running);
  impl_->deliver_lines();
  impl_->take_completed();
  impl_->start_queued();
  const auto now = impl_->time.monotonic();
  if (!impl_->timers.empty())
    wait = std::min(wait, impl_->timers.begin()->first - now);
  if (!impl_->queued.empty())
    wait = std::min(wait, impl_->queued.front()->args.deadline - now);
  // Returns at once when a transfer was just added.
  const auto ms =
      std::clamp<std::int64_t>(std::chrono::ceil<milliseconds>(wait).count(), 0, 60'000);
  curl_multi_poll(impl_->multi, nullptr, 0, static_cast<int>(ms), nullptr);
}

void transport::wake() {
  curl_multi_wakeup(impl_->multi);
}

base::duration transport::now() const {
  return impl_->time.monotonic();
}

} // namespace vedette::io::etcd

// One request on its way through the actors, and what every handler needs for that.
//
// A handler answers at once or lets `parts.run` ask actors and answers from there; an HTTP thread
// never waits. Everything asked of actors has `patience` to answer, so that a call is over within
// two seconds; who did not answer is named in the answer. Made by api.cpp, used by the files of
// this folder.
#pragma once

#include "actors/error.hpp"
#include "base/json_writer.hpp"
#include "io/http/problem.hpp"
#include "io/http/router.hpp"
#include "nodes/server/api/key_store.hpp"
#include "nodes/server/api/tenant_names.hpp"
#include "nodes/server/api/token_store.hpp"
#include "nodes/server/parts.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vedette::server {

inline constexpr base::duration patience = std::chrono::milliseconds{1700};

/// Lives as long as the routes; shared by all of them.
struct api_context {
  const parts& node;
  token_store& tokens;
  key_store& keys;
  tenant_names tenants;
  base::duration started{}; ///< monotonic
  std::atomic<std::size_t> ingest_bytes_under_way{0};
  std::atomic<std::uint64_t> hec_acknowledged{0}; ///< ids given so far
  std::string openapi;
};

struct exchange {
  io::http_request request;
  io::principal who;
  io::http_responder out;

  void answer(std::string json, int status = 200) {
    out.respond(io::json_response(std::move(json), status));
  }
  /// Whoever is told to come back (429, 503) is told when.
  void respond(io::http_response r) {
    if (r.status == 429 || r.status == 503)
      r.headers.set("Retry-After", "1");
    out.respond(std::move(r));
  }
  void refuse(const base::error& e) { out.respond(io::problem_response(e, request.path)); }
  [[nodiscard]] std::string parameter(std::string_view name) const {
    return std::string{io::find(request.parameters, name).value_or("")};
  }
};
using exchange_ptr = std::shared_ptr<exchange>;

/// For what waits for other nodes or the disk: gives it a thread of its own. Returns at once.
inline void run_apart(const parts& node, std::function<void()> work) {
  using job = std::shared_ptr<std::function<void()>>;
  node.run([what = std::make_shared<std::function<void()>>(std::move(work))](
               caf::event_based_actor* self) {
    self->spawn<caf::detached>([](caf::event_based_actor*, const job& w) { (*w)(); }, what);
  });
}

/// Asks an actor whose answer is actors::answer.
template <class Handle, class... Words>
void ask(caf::event_based_actor* self, const Handle& whom, base::duration wait,
         std::function<void(actors::answer)> then, Words&&... words) {
  self->request(whom, wait, std::forward<Words>(words)...)
      .then([then](actors::answer& a) { then(std::move(a)); },
            [then](const caf::error& e) {
              then({{}, actors::from_caf(e)});
            });
}

/// Asks any actor for its status; the text is JSON.
template <class Handle>
void ask_status(caf::event_based_actor* self, const Handle& whom,
                std::function<void(actors::answer)> then) {
  self->request(whom, patience, actors::atom::status::value)
      .then(
          [then](std::string& json) {
            then({std::move(json), {}});
          },
          [then](const caf::error& e) {
            then({{}, actors::from_caf(e)});
          });
}

/// Whoever comes first, the outcome or the end of the patience, answers.
struct one_answer {
  exchange_ptr x;
  std::atomic<bool> given{false};
  [[nodiscard]] bool first() { return !given.exchange(true); }
};
/// Refuses with `late` unless somebody was `first` within the patience.
[[nodiscard]] inline std::shared_ptr<one_answer> answer_in_time(caf::event_based_actor* self,
                                                                exchange_ptr x, base::error late) {
  const auto one = std::make_shared<one_answer>();
  one->x = std::move(x);
  self->spawn(
      [one, late = std::move(late)](caf::event_based_actor* waits, caf::unit_t) -> caf::behavior {
        waits->delayed_send(waits, patience, actors::atom::beat::value);
        return {[one, late, waits](actors::atom::beat) {
          if (one->first())
            one->x->refuse(late);
          waits->quit();
        }};
      },
      caf::unit_t{});
  return one;
}

/// Waits for a known number of answers, whatever their order, and calls `done` once. Used inside
/// one actor, hence without a lock.
class gathering : public std::enable_shared_from_this<gathering> {
 public:
  using all = std::vector<actors::answer>;

  [[nodiscard]] static std::shared_ptr<gathering> of(std::size_t count,
                                                     std::function<void(all&)> done) {
    auto g = std::make_shared<gathering>();
    g->answers_.resize(count);
    g->left_ = count;
    g->done_ = std::move(done);
    if (count == 0)
      g->done_(g->answers_);
    return g;
  }
  /// Where the i-th answer goes.
  [[nodiscard]] std::function<void(actors::answer)> slot(std::size_t i) {
    return [g = shared_from_this(), i](actors::answer a) {
      g->answers_[i] = std::move(a);
      if (--g->left_ == 0)
        g->done_(g->answers_);
    };
  }

 private:
  all answers_;
  std::size_t left_ = 0;
  std::function<void(all&)> done_;
};

} // namespace vedette::server

#include "nodes/server/node_desk.hpp"

#include "actors/error.hpp"
#include "base/json_writer.hpp"
#include "nodes/version.hpp"

#include <fmt/format.h>

#include <memory>

namespace vedette::server {

namespace {

using actors::answer;
using actors::node_question;
using self_pointer = node_desk_actor::stateful_pointer<node_desk_state>;
using answer_to = std::function<void(answer)>;

/// Texts that come in some order, and one that may not come: "" in its place.
struct collected {
  std::vector<std::string> texts;
  std::size_t left = 0;
  std::function<void(std::vector<std::string>&)> done;

  void put(std::size_t i, std::string text) {
    texts[i] = std::move(text);
    if (--left == 0)
      done(texts);
  }
};

std::shared_ptr<collected> collect(std::size_t count,
                                   std::function<void(std::vector<std::string>&)> done) {
  auto c = std::make_shared<collected>();
  c->texts.resize(count);
  c->left = count;
  c->done = std::move(done);
  if (count == 0)
    c->done(c->texts);
  return c;
}

/// Status, of an actor or of what the words say.
template <class Handle, class... Words>
void ask(self_pointer self, const Handle& whom, const std::shared_ptr<collected>& all,
         std::size_t i, const Words&... words) {
  self->request(whom, node_desk_state::patience, words...)
      .then([all, i](std::string& json) { all->put(i, std::move(json)); },
            [all, i](const caf::error&) { all->put(i, {}); });
}

std::string look(self_pointer self) {
  const auto& st = self->state;
  base::json_writer w;
  w.begin_object().member("version", version()).member("commit", commit());
  w.member("ready", st.figures.ready && st.figures.ready());
  if (const auto why = st.args.failure ? st.args.failure() : std::nullopt)
    w.member("problem", base::to_string(*why));
  w.member("uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(
                                 std::chrono::steady_clock::now() - st.began)
                                 .count());
  w.end_object();
  return std::string{w.text()};
}

void tell_partitions(self_pointer self, const answer_to& then) {
  const auto copies = std::make_shared<const std::vector<held_copy>>(self->state.args.led());
  const auto all = collect(2 * copies->size(), [copies, then](std::vector<std::string>& texts) {
    base::json_writer w;
    w.begin_object().key("items").begin_array();
    for (std::size_t i = 0; i < copies->size(); ++i) {
      w.begin_object().member("partition", (*copies)[i].partition.value);
      if (!texts[2 * i].empty())
        w.key("replica").raw(texts[2 * i]);
      if (!texts[2 * i + 1].empty())
        w.key("fold").raw(texts[2 * i + 1]);
      w.end_object();
    }
    w.end_array().end_object();
    then({std::string{w.text()}, {}});
  });
  for (std::size_t i = 0; i < copies->size(); ++i) {
    const auto& c = (*copies)[i];
    ask(self, c.replica, all, 2 * i, c.partition, actors::atom::replica::value);
    if (c.detector)
      ask(self, c.detector, all, 2 * i + 1, c.partition, actors::atom::status::value);
    else
      ask(self, c.aggregator, all, 2 * i + 1, actors::atom::status::value);
  }
}

void write_membership(base::json_writer& w, const membership::view& v) {
  std::size_t all = 0;
  for (const auto& group : cluster::partition_groups(v.cluster))
    all += group.size();
  w.member("membership", membership::to_string(v.state));
  w.member("generation", v.cluster.generation).member("whole", v.table.size() >= all);
  w.key("documents").begin_array();
  for (const auto& [name, d] : v.documents)
    w.begin_object()
        .member("name", name)
        .member("version", d.value.version)
        .member("hash", d.value.hash)
        .member("author", d.value.author.value)
        .end_object();
  w.end_array();
}

/// What all copies of this node say: their status, or that they have promised the epoch.
void tell_copies(self_pointer self, const answer_to& then, std::optional<base::epoch> seal = {}) {
  const auto copies = std::make_shared<const std::vector<held_copy>>(self->state.args.held());
  const auto all = collect(copies->size(), [self, copies, then](std::vector<std::string>& texts) {
    base::json_writer w;
    w.begin_object();
    w.member("incarnation", std::to_string(self->state.args.self.incarnation.value));
    write_membership(w, self->state.args.cluster());
    w.member("held", copies->size()).key("items").begin_array();
    for (std::size_t i = 0; i < copies->size(); ++i)
      if (!texts[i].empty())
        w.begin_object()
            .member("partition", (*copies)[i].partition.value)
            .key("replica")
            .raw(texts[i])
            .end_object();
    w.end_array().end_object();
    then({std::string{w.text()}, {}});
  });
  for (std::size_t i = 0; i < copies->size(); ++i) {
    const auto& c = (*copies)[i];
    if (seal)
      ask(self, c.replica, all, i, actors::seal_request{c.partition, *seal});
    else
      ask(self, c.replica, all, i, c.partition, actors::atom::replica::value);
  }
}

/// Only for the generation this node knows: an order that was overtaken by another making of the
/// table must not raise promises above what that one gave.
void seal(self_pointer self, const actors::seal_order& order, const answer_to& then) {
  const auto known = self->state.args.cluster().cluster.generation;
  if (known != order.generation)
    return then({{},
                 {base::ec::conflict,
                  fmt::format("sealing for generation {} of the table: node {} knows generation {}",
                              order.generation, self->state.args.self.node.value, known)}});
  tell_copies(self, then, order.epoch);
}

void tell_sources(self_pointer self, const answer_to& then) {
  const auto& ingest = self->state.figures.ingest;
  const auto all = collect(ingest.size(), [then](std::vector<std::string>& texts) {
    base::json_writer w;
    w.begin_object().key("items").begin_array();
    for (const auto& t : texts)
      if (!t.empty())
        w.raw(t);
    w.end_array().end_object();
    then({std::string{w.text()}, {}});
  });
  for (std::size_t i = 0; i < ingest.size(); ++i)
    ask(self, ingest[i], all, i, actors::atom::status::value);
}

void answer_here(self_pointer self, node_question what, const actors::seal_order& order,
                 const answer_to& then) {
  switch (what) {
  case node_question::look:
    return then({look(self), {}});
  case node_question::partitions:
    return tell_partitions(self, then);
  case node_question::sources:
    return tell_sources(self, then);
  case node_question::copies:
    return tell_copies(self, then);
  case node_question::seal:
    return seal(self, order, then);
  case node_question::drain:
  case node_question::undrain:
    self->state.args.drain(what == node_question::drain);
    return then({"{}", {}});
  }
}

void forget(self_pointer self) {
  auto& out = self->state.out;
  const auto now = std::chrono::steady_clock::now();
  for (auto q = out.begin(); q != out.end();) {
    if (now - q->second.asked < node_desk_state::forget_after) {
      ++q;
      continue;
    }
    q->second.promise.deliver(answer{
        {}, {base::ec::timed_out, fmt::format("node {} did not answer", q->second.to.value)}});
    q = out.erase(q);
  }
}

caf::result<answer> ask(self_pointer self, const node_ask& a) {
  auto& st = self->state;
  auto promise = self->make_response_promise<answer>();
  if (a.to == st.args.self.node) {
    answer_here(self, a.what, a.seal,
                [promise](answer said) mutable { promise.deliver(std::move(said)); });
    return promise;
  }
  const auto id = ++st.last_id;
  if (st.out.size() >= node_desk_state::questions_max || !st.args.tell ||
      !st.args.tell(a.to, {id, a.what, a.seal})) {
    promise.deliver(answer{
        {},
        {base::ec::unavailable, fmt::format("node {} cannot be heard from node {}; ask it directly",
                                            a.to.value, st.args.self.node.value)}});
    return promise;
  }
  st.out.emplace(id, node_desk_state::question{a.to, promise, std::chrono::steady_clock::now()});
  return promise;
}

void said(self_pointer self, const node_said& m) {
  auto& st = self->state;
  if (const auto* what = std::get_if<node_question>(&m.what.what)) {
    answer_here(self, *what, m.what.seal, [self, to = m.from, id = m.what.id](answer a) {
      actors::node_message back{id, {}, {}};
      if (a.ok())
        back.what = std::move(a.json);
      else
        back.what = std::move(a.problem);
      if (self->state.args.tell)
        (void)self->state.args.tell(to, back); // who hears nothing gives up
    });
    return;
  }
  const auto at = st.out.find(m.what.id);
  if (at == st.out.end() || at->second.to != m.from)
    return; // too late, or of a process before this one
  answer a;
  if (const auto* why = std::get_if<base::error>(&m.what.what))
    a.problem = *why;
  else
    a.json = std::get<std::string>(m.what.what);
  at->second.promise.deliver(std::move(a));
  st.out.erase(at);
}

} // namespace

node_desk_actor::behavior_type node_desk(self_pointer self, node_desk_args args) {
  self->state.args = std::move(args);
  self->delayed_send(self, node_desk_state::forget_after, actors::atom::beat::value);
  return {
      [self](const node_ask& a) { return ask(self, a); },
      [self](const node_said& m) { said(self, m); },
      [self](const node_figures& f) { self->state.figures = f; },
      [self](actors::atom::beat) {
        self->delayed_send(self, node_desk_state::forget_after, actors::atom::beat::value);
        forget(self);
      },
  };
}

} // namespace vedette::server

#include "tests/sim/collector.hpp"

#include "tests/sim/node.hpp"

namespace vedette::sim {

collector::collector(world& w, std::uint64_t source)
    : world_{w}, source_{source}, session_{w.chance.next()} {
  if (w.opts.real_folds)
    real_ = std::make_unique<real::source>(w.opts.seed, source, w.detectors);
}

schemas::source_mark_entry collector::mark() const {
  auto upto = real_->newest();
  for (const auto& [sequence, s] : waiting_)
    upto = std::min(upto, s.what.real->source_watermark);
  return {real_->tenant(), real_->name(), upto, world_.generating || !idle()};
}

void collector::tick() {
  if (world_.generating && waiting_.size() < credit)
    make();
  for (auto& [sequence, s] : waiting_) {
    const auto patience = std::min<instant>(
        milliseconds{600} * (1 << std::min<std::uint64_t>(s.tries / 4, 2)), seconds{2});
    if (s.tries == 0 || world_.time.now() - s.at >= patience)
      offer(s);
  }
  world_.time.after(world_.uniform(milliseconds{40}, milliseconds{160}), [this] { tick(); });
}

void collector::make() {
  sent s;
  const auto identities = 24u;
  const auto first = static_cast<std::uint32_t>(world_.chance.below(identities));
  s.partition = world_.detector_of(first);
  s.what.key = {source_, session_, next_++};
  const auto n = 1 + world_.chance.below(4);
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto stride = static_cast<std::uint32_t>(world_.chance.below(4)) * world_.detectors;
    s.what.events.push_back({world_.next_event++, first + stride});
  }
  if (real_) {
    const auto known = world_.generation_known(milliseconds{500} * source_);
    s.what.real = real_->make(s.what, known, world_.time.now());
  }
  waiting_[s.what.key.sequence] = std::move(s);
}

void collector::offer(sent& s) {
  s.at = world_.time.now();
  if (s.tries++ > 0)
    world_.hit(mark::batch_resent);
  s.what.below = waiting_.begin()->first;
  auto to = believed_[s.partition];
  if (to.value.empty() || s.tries % 3 == 0)
    to = world_.nodes[world_.chance.below(world_.nodes.size())]->id;
  // Collectors are not in the network of the nodes; what they lose they send again.
  if (world_.chance.chance(world_.sky.loss)) {
    world_.hit(mark::message_lost);
    return;
  }
  auto& target = world_.node_of(to);
  const auto answered = [this, sequence = s.what.key.sequence] {
    if (world_.chance.chance(world_.sky.loss))
      return;
    world_.time.after(world_.delay(), [this, sequence] { acknowledged(sequence); });
  };
  const auto refused = [this, p = s.partition](const cluster::node_id& hint) {
    believed_[p] = hint;
  };
  world_.time.after(world_.delay(),
                    [this, b = s.what, p = s.partition, &target, answered, refused, to] {
                      target.deliver([this, b, p, &target, answered, refused, to] {
                        auto* h = target.host(p);
                        if (h == nullptr) {
                          refused(target.primary_of(p));
                          return;
                        }
                        believed_[p] = to;
                        // The promise is made when the answer leaves, heard or not.
                        h->fold().take_batch(
                            b,
                            [this, b, answered] {
                              world_.check.acknowledged(b);
                              answered();
                            },
                            refused);
                      });
                    });
}

void collector::acknowledged(std::uint64_t sequence) {
  waiting_.erase(sequence);
}

} // namespace vedette::sim

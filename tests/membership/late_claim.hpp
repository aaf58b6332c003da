// A coordinator whose watch is quicker than its answers: whoever makes the table anew hears that it
// was made anew before it hears that it was by itself.
#pragma once

#include "io/coordination/coordinator.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace vedette::membership::testing {

class late_claim final : public io::coordinator {
 public:
  explicit late_claim(std::unique_ptr<io::coordinator> inner) : inner_{std::move(inner)} {}

  io::call_id open(const io::open_request& r) override {
    const auto call = inner_->open(r);
    if (r.anew && claim_ == 0)
      claim_ = call;
    return call;
  }
  io::call_id read_store(const cluster::node_id& n) override { return inner_->read_store(n); }
  io::call_id write_store(const cluster::node_id& n, const cluster::store_record& r) override {
    return inner_->write_store(n, r);
  }
  io::call_id join(const cluster::node_record& n, base::duration ttl) override {
    return inner_->join(n, ttl);
  }
  io::call_id update_node(const cluster::node_record& n) override { return inner_->update_node(n); }
  io::call_id leave() override { return inner_->leave(); }
  io::call_id watch() override { return inner_->watch(); }
  io::call_id reread(base::partition_id p) override { return inner_->reread(p); }
  io::call_id swap(const cluster::swap_request& r) override { return inner_->swap(r); }
  io::call_id put_document(const cluster::document_swap& d) override {
    return inner_->put_document(d);
  }
  io::call_id campaign() override { return inner_->campaign(); }
  io::call_id resign(cluster::revision fence) override { return inner_->resign(fence); }
  io::call_id revoke(const cluster::node_id& n, cluster::revision fence) override {
    return inner_->revoke(n, fence);
  }
  std::vector<io::coordinator_event> poll(base::duration wait) override {
    auto out = std::exchange(held_, {});
    for (auto& e : inner_->poll(wait)) {
      const auto* opened = std::get_if<io::cluster_opened>(&e);
      if (opened == nullptr || opened->call != claim_ || claim_ == 0) {
        out.push_back(std::move(e));
        continue;
      }
      held_.push_back(std::move(e));
      out.push_back(io::coordinator_estranged{io::estrangement::rebuilt, "its table was rebuilt"});
    }
    return out;
  }
  void on_waiting(std::function<void()> wake) override { inner_->on_waiting(std::move(wake)); }
  std::optional<base::duration> heard_at() const override { return inner_->heard_at(); }

 private:
  std::unique_ptr<io::coordinator> inner_;
  io::call_id claim_ = 0;
  std::vector<io::coordinator_event> held_;
};

} // namespace vedette::membership::testing

// A coordinator that passes everything on; tests change what they need to.
#pragma once

#include "io/coordination/coordinator.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace vedette::membership::testing {

class passing : public io::coordinator {
 public:
  explicit passing(std::unique_ptr<io::coordinator> inner) : inner_{std::move(inner)} {}

  io::call_id open(const io::open_request& r) override { return inner_->open(r); }
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
    return inner_->poll(wait);
  }
  void on_waiting(std::function<void()> wake) override { inner_->on_waiting(std::move(wake)); }
  std::optional<base::duration> heard_at() const override { return inner_->heard_at(); }

 private:
  std::unique_ptr<io::coordinator> inner_;
};

} // namespace vedette::membership::testing

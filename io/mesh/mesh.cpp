#include "io/mesh/mesh.hpp"

#include "io/mesh/mesh_thread.hpp"

#include <utility>

namespace vedette::io {

struct mesh::impl {
  mesh_thread thread;
};

mesh::mesh(mesh_settings settings, mesh_hooks hooks)
    : impl_{new impl{{std::move(settings), std::move(hooks)}}} {}
mesh::~mesh() {
  stop();
}

base::status mesh::start() {
  return impl_->thread.start();
}
void mesh::stop() {
  impl_->thread.stop();
}
void mesh::set_peers(std::vector<mesh_peer> peers) {
  impl_->thread.set_peers(std::move(peers));
}
bool mesh::send(const cluster::node_id& to, lane l, std::string payload) {
  return impl_->thread.send(to, l, std::move(payload));
}
std::string mesh::endpoint() const {
  return impl_->thread.endpoint();
}
std::uint64_t mesh::process() const {
  return impl_->thread.process();
}
mesh_counts mesh::counts() const {
  return impl_->thread.counts();
}

} // namespace vedette::io

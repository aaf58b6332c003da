#include "nodes/server/cluster_settings.hpp"

#include "io/coordination/etcd_coordinator.hpp"
#include "io/files/text_file.hpp"
#include "nodes/membership/identity.hpp"
#include "nodes/version.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace vedette::server {

namespace {

/// Tenant partitions hold what is said about tenants: a sixteenth of the events' ones will do.
std::uint32_t tenant_partitions_of(std::uint32_t partitions) {
  return std::max(4U, partitions / 16);
}

std::string host_name() {
  std::string name(256, '\0');
  if (::gethostname(name.data(), name.size() - 1) != 0)
    return "node";
  name.resize(std::char_traits<char>::length(name.c_str()));
  return name.empty() ? "node" : name;
}

std::string address_of(const config::endpoint& advertised, const config::endpoint& listen,
                       const char* scheme) {
  const auto& e = advertised.enabled() ? advertised : listen;
  return e.enabled() ? fmt::format("{}://{}:{}", scheme, e.host, e.port) : std::string{};
}

base::result<io::etcd_settings> etcd_of(const config::settings& s) {
  io::etcd_settings e;
  e.endpoints = s.cluster.endpoints;
  e.prefix = s.cluster.prefix;
  e.ca_file = s.cluster.ca;
  e.certificate_file = s.cluster.certificate;
  e.key_file = s.cluster.key_file;
  e.user = s.cluster.user;
  e.allow_plain = s.cluster.allow_plain;
  e.password = s.cluster.password.value;
  if (e.password.empty() && !s.cluster.password.file.empty()) {
    auto text = io::read_text(s.cluster.password.file, 4096);
    if (!text)
      return text.err();
    e.password = std::move(*text);
    while (!e.password.empty() && (e.password.back() == '\n' || e.password.back() == '\r'))
      e.password.pop_back();
  }
  return e;
}

/// What this store alone holds.
std::map<base::partition_id, cluster::assignment> table_of_one(const membership::membership_args& a,
                                                               const cluster::member& self) {
  std::map<base::partition_id, cluster::assignment> out;
  const auto add = [&](base::partition_id p) {
    out[p] = cluster::alone(self, a.store->log().standing(p).promised);
  };
  for (std::uint32_t i = 0; i < a.partitions; ++i)
    add({i});
  for (std::uint32_t i = 0; i < a.tenant_partitions; ++i)
    add({cluster::tenant_partitions_from + i});
  return out;
}

} // namespace

base::result<membership::membership_args> membership_of(const config::settings& settings,
                                                        const io::clock& clock,
                                                        const std::shared_ptr<state::store>& store,
                                                        const io::curve_keys& keys,
                                                        std::unique_ptr<io::memory_store>& own) {
  const auto id = membership::read_identity(*store);
  if (!id)
    return id.err();
  membership::membership_args a;
  a.time = &clock;
  a.store = store;
  a.self.id = {settings.node.id.empty() ? host_name() : settings.node.id};
  a.self.build = fmt::format("{} ({})", version(), commit());
  a.self.api_address = address_of(settings.http.advertise, settings.http.listen,
                                  settings.http.tls_certificate.empty() ? "http" : "https");
  a.partitions = settings.store.partitions;
  a.tenant_partitions = tenant_partitions_of(a.partitions);
  if (settings.cluster.coordinator == config::coordinator_kind::none) {
    own = std::make_unique<io::memory_store>(clock);
    a.coordinator = own->handle();
    a.standalone = a.found_if_absent = true;
    a.copies = 1;
    a.initial = table_of_one(a, {a.self.id, id->incarnation});
    return a;
  }
  const auto etcd = etcd_of(settings);
  if (!etcd)
    return etcd.err();
  auto coordinator = io::make_etcd_coordinator(*etcd, clock);
  if (!coordinator)
    return coordinator.err();
  a.coordinator = std::move(*coordinator);
  a.found_if_absent = settings.cluster.found;
  a.copies = settings.cluster.copies;
  a.min_in_sync = settings.cluster.min_in_sync;
  a.lease = settings.cluster.lease;
  a.gone_after = settings.cluster.gone_after;
  a.self.zone = settings.cluster.zone;
  a.self.weight = settings.cluster.weight;
  a.self.mesh_address = address_of(settings.mesh.advertise, settings.mesh.listen, "tcp");
  if (!settings.mesh.listen.is_loopback())
    a.self.mesh_key = keys.public_key;
  return a;
}

} // namespace vedette::server

// Kubernetes audit events of audit.k8s.io, v1 and v1beta1, from any distribution
// (docs/sources/kubernetes.md). GKE writes them as Cloud Logging entries: formats/gke.hpp.
#pragma once

#include "ingest/formats/format.hpp"

#include <array>

namespace vedette::ingest {

inline constexpr std::array<record_mark, 7> kubernetes_marks{{{"auditID", {}},
                                                              {"apiVersion", "\"audit.k8s.io/"},
                                                              {"requestReceivedTimestamp", {}},
                                                              {"stageTimestamp", {}},
                                                              {"requestURI", {}},
                                                              {"objectRef", {}},
                                                              {"impersonatedUser", {}}}};

[[nodiscard]] std::unique_ptr<record_reader> make_kubernetes_reader();

} // namespace vedette::ingest

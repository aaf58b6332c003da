// Kubernetes audit as GKE writes it: Cloud Logging entries of the service "k8s.io".
//
// They are made into the same actions as other clusters' audit events, so that one taxonomy and one
// rule serve both: method "io.k8s.core.v1.pods.exec.create" on "core/v1/namespaces/n/pods/p/exec"
// is "create pods/exec" in the group "core".
#pragma once

#include "ingest/formats/gcp_record.hpp"
#include "ingest/formats/kubernetes_record.hpp"

#include <string_view>

namespace vedette::ingest {

struct gke_call {
  std::string_view verb;
  kubernetes_object object;
};

/// An empty verb means that the
/// method is none of the API server's. O(length).
[[nodiscard]] gke_call read_gke_call(std::string_view method, std::string_view resource) noexcept;

} // namespace vedette::ingest

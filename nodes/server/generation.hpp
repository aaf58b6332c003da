// A generation of content as documents, and what they compile to. Pure: who reads files and who
// keeps documents in the store stand elsewhere (content_files.hpp, content_library.hpp).
//
// Remembers nothing. Equal documents give equal hashes and equal rules, in the same order, on any
// machine: that is what makes an old log entry mean the same for ever.
#pragma once

#include "actors/content.hpp"
#include "base/result.hpp"
#include "schemas/codec/content_codec.hpp"

#include <string>
#include <vector>

namespace vedette::server {

/// A document with its text, which is empty when only the digest is kept.
struct document {
  schemas::content_document about;
  std::string text;
};

/// A file, a tenant's settings, or an executor, to be kept.
[[nodiscard]] document make_document(schemas::document_kind kind, std::string name,
                                     std::string text);

/// Puts documents into the order that manifests have. Asserts that no two have one kind and name.
void sort(std::vector<document>& documents);

/// 64 hex digits over kinds, names and digests. O(documents).
[[nodiscard]] std::string hash_of(const std::vector<schemas::content_document>& documents);

/// Rules, playbooks, tenants and executors; activities, sources and lists are the caller's, if it
/// wants them. Number and time are the caller's too. What is wrong goes to `problems`, one line
/// each, and then the first is the error. O(bytes).
[[nodiscard]] base::result<actors::content_generation>
compile(const std::vector<document>& documents, std::vector<std::string>& problems);

/// What an operator wants to know about a change.
struct content_difference {
  std::vector<std::string> added, changed, removed; ///< rule ids
  bool playbooks = false, activities = false, sources = false, lists = false, tenants = false,
       executors = false;

  /// "rules: 1 added (a), 1 changed (b); playbooks changed".
  [[nodiscard]] std::string text() const;
};

/// Rules are told apart by their ids; a changed one stands in a file whose text changed.
[[nodiscard]] content_difference
difference(const actors::content_generation& before,
           const std::vector<schemas::content_document>& documents_before,
           const actors::content_generation& after,
           const std::vector<schemas::content_document>& documents_after);

} // namespace vedette::server

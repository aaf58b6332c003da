// All detections of one generation, compiled: what the engine folds (`rules`) and what ingest runs
// over each record (`event_matcher`). Immutable once loaded and shared by all threads.
//
// Bounded by limits::rules; a source is at most 1 MiB. Made by `nodes` from files or from the
// configuration in force; used by ingest through base/selection.hpp and by detect/engine.hpp.
#pragma once

#include "base/result.hpp"
#include "base/selection.hpp"
#include "detect/language/source.hpp"
#include "detect/rule.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::detect {

class ruleset final : public base::event_matcher {
 public:
  /// Compiles every document of every source. Without `problems` the first problem is the error;
  /// with it, what cannot be loaded is listed there and the rest loads. Sources are taken in the
  /// order of their names, so rule indices do not depend on how a folder was read.
  [[nodiscard]] static base::result<std::shared_ptr<const ruleset>>
  load(std::span<const rule_source> sources, std::vector<load_problem>* problems = nullptr,
       const load_options& options = {});

  ~ruleset() override;
  ruleset(const ruleset&) = delete;
  ruleset& operator=(const ruleset&) = delete;

  /// `match::rule` is an index into these.
  [[nodiscard]] std::span<const rule> rules() const;
  /// By `rule::id`, else by the UUID; null when there is none. O(log rules).
  [[nodiscard]] const rule* find(std::string_view id) const;
  [[nodiscard]] base::generation generation() const;
  /// 64 hex digits over names and texts of all sources and lists; equal sets have equal hashes.
  [[nodiscard]] std::string content_hash() const;

  /// Matches are appended in the order of rule indices, one per rule.
  bool run(const base::event& e, const base::field_view& fields, base::arena& memory,
           std::vector<base::match>& out) const override;
  /// The same without the index: every rule meets the event. For tests of the index.
  void run_all(const base::event& e, const base::field_view& fields, base::arena& memory,
               std::vector<base::match>& out) const;

 private:
  struct impl;
  explicit ruleset(std::unique_ptr<impl> held);
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::detect

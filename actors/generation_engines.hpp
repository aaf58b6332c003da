// The engines of one partition, one per generation of rules that its log still speaks of.
//
// A batch is folded by the rules that matched it; time passes under the rules in force, which a
// `config` entry changes. Remembers the names of the generations that took effect last
// (`named_max`, part of the folded state) and at most `engines_max` engines, made when first
// needed. Generations with the same rules share an engine. Owned by the partition's fold; not
// thread-safe.
#pragma once

#include "actors/content.hpp"
#include "detect/engine.hpp"

#include <map>
#include <memory>
#include <vector>

namespace vedette::actors {

class generation_engines {
 public:
  static constexpr std::size_t engines_max = 4;
  static constexpr std::size_t named_max = 16;

  generation_engines(base::partition_id of, std::shared_ptr<content_library> library)
      : partition_{of}, library_{std::move(library)} {}

  /// 1 before the first config entry.
  [[nodiscard]] base::generation in_force() const noexcept {
    return named_.empty() ? base::generation{1} : named_.back().generation;
  }

  /// Makes sure that the engine is there. ec::unsupported when the library does not have the
  /// generation, or another content under its number: says which hash is missing and what to do.
  [[nodiscard]] base::status prepare(base::generation g);
  /// Asserts that it was prepared and is not older than the last `engines_max` asked for.
  [[nodiscard]] detect::engine& of(base::generation g);
  [[nodiscard]] detect::engine& current() { return of(in_force()); }

  /// The same for what an entry is about to put in force; the hash must be the library's.
  [[nodiscard]] base::status prepare(const schemas::config_entry& c);
  /// Puts it in force. Asserts that it is newer and prepared.
  void take(const schemas::config_entry& c);

  /// Ascending; the last is in force.
  [[nodiscard]] const std::vector<schemas::config_entry>& named() const noexcept { return named_; }
  void restore(std::vector<schemas::config_entry> named) { named_ = std::move(named); }

 private:
  struct made {
    content_ptr content;
    std::shared_ptr<detect::engine> engine;
    std::uint64_t asked = 0;
  };

  [[nodiscard]] std::string hash_of(base::generation g) const;
  [[nodiscard]] base::status prepare(base::generation g, const std::string& hash);

  base::partition_id partition_;
  std::shared_ptr<content_library> library_;
  std::vector<schemas::config_entry> named_;
  std::map<base::generation, made> made_;
  std::uint64_t asked_ = 0;
};

/// What to tell an operator whose log names a generation that is not there. `hash` may be empty.
[[nodiscard]] base::error missing_generation(std::string_view whose, base::generation g,
                                             std::string_view hash, std::string_view why);

} // namespace vedette::actors

// Rules and playbooks of the simulation with the real folds: three generations, compiled once per
// process.
//
// One rule of each operator. From one generation to the next rules come, go and change places, so
// that an index means another rule; none changes its shape, for then what was folded under which
// generation would matter and not only what.
#pragma once

#include "actors/content.hpp"

#include <array>
#include <memory>
#include <string_view>

namespace vedette::sim::real {

class content final : public actors::content_library {
 public:
  static constexpr std::uint64_t generations = 3;
  static constexpr std::array<std::string_view, 2> tenants{"acme", "globex"};
  /// The rule whose alerts a playbook acts on, and that playbook's steps.
  static constexpr std::string_view acted_on = "deletion";
  static constexpr std::string_view repeatable_step = "restart", once_step = "lock";

  /// Shared by all seeds: nothing in it changes.
  [[nodiscard]] static const std::shared_ptr<content>& shared();

  [[nodiscard]] base::result<actors::content_ptr> find(base::generation number) override;
  [[nodiscard]] const actors::content_ptr& at(std::uint64_t generation) const {
    return all_.at(generation - 1);
  }

 private:
  content();

  std::array<actors::content_ptr, generations> all_;
};

} // namespace vedette::sim::real

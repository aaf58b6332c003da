// A partition's fold as a detector hosts it, and content under the numbers a test gives it.
#pragma once

#include "actors/partition_state.hpp"
#include "base/time.hpp"
#include "state/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette::actors::testing {

/// When what tests tell of begins.
inline const base::event_time start{std::chrono::days{20'000}};

/// A rule that needs one event.
inline constexpr const char* any_delete = R"(
title: A deletion
name: deletion
level: medium
logsource: {product: aws, service: cloudtrail}
detection: {gone: {eventName: DeleteTrail}, condition: gone}
)";

/// Generations by number; what a test takes away is not there any more.
class shelf final : public content_library {
 public:
  base::result<content_ptr> find(base::generation g) override {
    const auto at = all.find(g.value);
    if (at == all.end())
      return base::error{base::ec::not_found, "it is not on the shelf"};
    return at->second;
  }
  /// Rules in the order of their names; the hash is `hash` or made from the number.
  content_ptr put(std::uint64_t number, const std::vector<detect::rule_source>& rules,
                  std::shared_ptr<const respond::playbook_set> playbooks = nullptr,
                  std::string hash = {}) {
    auto c = std::make_shared<content_generation>();
    c->number = {number};
    c->hash = hash.empty() ? std::string(63, '0') + std::to_string(number) : hash;
    auto set = detect::ruleset::load(rules);
    INFO((set ? std::string{} : set.err().context));
    REQUIRE(set);
    c->rules = *set;
    c->playbooks = playbooks ? playbooks : std::make_shared<const respond::playbook_set>();
    all[number] = c;
    return c;
  }

  std::map<std::uint64_t, content_ptr> all;
};

/// Hosts a fold as a detector does, and can lose it as a crash does.
struct host {
  explicit host(std::shared_ptr<shelf> library) : content{std::move(library)} { (void)restart(); }

  std::shared_ptr<state::store> store = state::make_memory_store({});
  std::shared_ptr<shelf> content;
  std::unique_ptr<partition_state> fold;
  std::uint64_t appended = 0;

  base::result<std::vector<partition_state::emission>> try_restart() {
    fold = std::make_unique<partition_state>(base::partition_id{0}, store, content,
                                             partition_limits{});
    if (auto ok = fold->recover(); !ok)
      return ok.err();
    std::optional<base::error> failed;
    REQUIRE(store->log().read({{base::partition_id{0}, fold->applied()}},
                              [&](const state::log_entry& e) {
                                if (auto ok = fold->prepare(e); !ok)
                                  failed = ok.err();
                                else
                                  (void)fold->apply(e);
                                return !failed;
                              }));
    if (failed)
      return *failed;
    appended = fold->applied().value;
    std::vector<partition_state::emission> left;
    for (const auto& [of, said] : fold->unemitted())
      left.push_back(said);
    return left;
  }
  std::vector<partition_state::emission> restart() {
    auto left = try_restart();
    REQUIRE(left);
    return *left;
  }
  std::vector<partition_state::emission> write(state::entry_kind kind, std::string body) {
    const state::log_entry e{{0}, {1}, {++appended}, kind, fold_version, std::move(body)};
    REQUIRE(store->log().append(std::span{&e, 1}));
    REQUIRE(fold->prepare(e));
    return fold->apply(e);
  }
  std::vector<partition_state::emission> take(const schemas::batch_entry& b) {
    return write(state::entry_kind::batch, schemas::encode(b));
  }
  std::vector<partition_state::emission> switch_to(std::uint64_t generation) {
    const auto c = content->all.at(generation)->entry();
    return write(state::entry_kind::config, schemas::encode(c));
  }
  void checkpoint() {
    REQUIRE(store->entities().apply(*fold->checkpoint()));
    fold->checkpointed(fold->applied());
  }
};

} // namespace vedette::actors::testing

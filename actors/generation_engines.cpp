#include "actors/generation_engines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::actors {

base::error missing_generation(std::string_view whose, base::generation g, std::string_view hash,
                               std::string_view why) {
  return {base::ec::unsupported,
          fmt::format("folding the log of {}: it was written under generation {} of the content "
                      "(hash {}), and {}; restore the store from a copy that holds it, or drain "
                      "the node with the build that wrote it",
                      whose, g.value, hash.empty() ? "not known" : hash, why)};
}

std::string generation_engines::hash_of(base::generation g) const {
  for (const auto& n : named_)
    if (n.generation == g)
      return n.hash;
  return {};
}

base::status generation_engines::prepare(base::generation g) {
  return prepare(g, hash_of(g));
}

base::status generation_engines::prepare(const schemas::config_entry& c) {
  return prepare(c.generation, c.hash);
}

base::status generation_engines::prepare(base::generation g, const std::string& hash) {
  if (auto at = made_.find(g); at != made_.end()) {
    at->second.asked = ++asked_;
    return {};
  }
  const auto refuse = [&](const std::string& why) {
    return missing_generation(fmt::format("partition {}", partition_.value), g, hash, why);
  };
  auto found = library_->find(g);
  if (!found)
    return refuse(found.err().context);
  auto content = std::move(*found);
  if (!hash.empty() && content->hash != hash)
    return refuse(
        fmt::format("this store holds another content under its number (hash {})", content->hash));
  made m{content, nullptr, ++asked_};
  for (const auto& [other, has] : made_)
    if (has.content->rules == content->rules)
      m.engine = has.engine;
  if (!m.engine)
    m.engine = std::make_shared<detect::engine>(content->rules, detect::voice::at_once);
  if (made_.size() >= engines_max) {
    auto oldest = made_.end();
    for (auto at = made_.begin(); at != made_.end(); ++at)
      if (at->first != in_force() &&
          (oldest == made_.end() || at->second.asked < oldest->second.asked))
        oldest = at;
    made_.erase(oldest);
  }
  made_.emplace(g, std::move(m));
  return {};
}

detect::engine& generation_engines::of(base::generation g) {
  const auto at = made_.find(g);
  VEDETTE_ASSERT(at != made_.end());
  return *at->second.engine;
}

void generation_engines::take(const schemas::config_entry& c) {
  VEDETTE_ASSERT(c.generation > in_force());
  VEDETTE_ASSERT(made_.contains(c.generation));
  // Before the first config entry everything is of generation 1: its name is not known here.
  named_.push_back(c);
  if (named_.size() > named_max)
    named_.erase(named_.begin());
}

} // namespace vedette::actors

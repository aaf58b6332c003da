// The table of keys: every name an operator can write, tied to the member of `settings` it sets.
//
// Built once, constant, a few dozen rows. load.cpp reads through it, render.cpp writes through it,
// and the tests hold deploy/config/vedette.yaml against it, so the three cannot drift apart.
#pragma once

#include "nodes/config/settings.hpp"
#include "nodes/config/values.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::config {

struct key {
  std::string section; ///< "http"
  std::string name;    ///< "listen"
  /// Only the environment may carry it; the file has the key with "_file" appended instead.
  bool is_secret = false;
  std::function<base::status(settings&, const raw_value&)> set;
  std::function<std::string(const settings&)> get; ///< YAML; never called for a secret

  [[nodiscard]] std::string full_name() const { return section + '.' + name; }
  /// "VEDETTE_HTTP_LISTEN"
  [[nodiscard]] std::string variable() const;
};

/// In the order of deploy/config/vedette.yaml.
[[nodiscard]] const std::vector<key>& keys();
/// Nothing when there is no such key. O(keys).
[[nodiscard]] const key* find_key(std::string_view section, std::string_view name);
/// Sections in order, each once, without "tenants".
[[nodiscard]] const std::vector<std::string>& sections();

/// What an author who wrote `wrong` most likely meant: the candidate with the fewest typing errors
/// between them (the first of equals); empty without candidates. O(candidates * length^2).
[[nodiscard]] std::string nearest(std::string_view wrong,
                                  const std::vector<std::string>& candidates);

} // namespace vedette::config

// Several texts as one, so that no two different lists spell the same bytes: what ids and plan
// hashes are taken over. Used by every derived id in respond.
#pragma once

#include <string>
#include <string_view>

namespace vedette::respond {

/// Appends "LENGTH:TEXT"; O(length).
inline void spell(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

template <class... Texts>
[[nodiscard]] std::string spelled(const Texts&... texts) {
  std::string out;
  (spell(out, texts), ...);
  return out;
}

} // namespace vedette::respond

#include "ingest/formats/kubernetes_outcome.hpp"

#include <charconv>

namespace vedette::ingest {

base::outcome kubernetes_outcome(std::string_view code, std::string_view decision,
                                 std::string_view message) noexcept {
  using base::outcome;
  int number = 0;
  std::from_chars(code.data(), code.data() + code.size(), number);
  if (decision == "forbid" || number == 401)
    return outcome::denied;
  if (number == 403)
    return message.find("exceeded quota") != std::string_view::npos ? outcome::limited
                                                                    : outcome::denied;
  if (number == 429)
    return outcome::throttled;
  return number >= 400 ? outcome::failed : outcome::ok;
}

} // namespace vedette::ingest

// A place in MITRE ATT&CK, as alerts carry it.
#pragma once

#include <string>

namespace vedette::base {

struct attack_ref {
  std::string tactic;    ///< "exfiltration": the tactic's short name, dashes between words
  std::string technique; ///< "T1537", "T1552.005"; empty when only the tactic is known

  friend bool operator==(const attack_ref&, const attack_ref&) = default;
};

} // namespace vedette::base

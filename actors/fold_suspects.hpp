// Entries that ended this fold in an earlier process, and what the log says to do about them.
//
// An entry that ended a fold twice is not folded a third time: the copy that serves appends a
// `skip` entry for the record it was, and every copy passes over what a committed skip names. Pure;
// owned by its fold. Bounded by io::last_words_max.
#pragma once

#include "base/fold_place.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace vedette::actors {

class fold_suspects {
 public:
  struct death {
    base::entry_index entry;
    std::uint32_t record = base::whole_entry;
    std::uint32_t times = 0;
  };
  static constexpr std::uint32_t times_max = 2;

  fold_suspects() = default;
  explicit fold_suspects(const std::vector<death>& deaths) {
    for (const auto& d : deaths)
      died_.insert({d.entry, {d.record, d.times}});
  }

  /// The log is to be asked about the entry before it is folded.
  [[nodiscard]] bool must_ask(base::entry_index entry) const {
    return died_.contains(entry) && !asked_.contains(entry);
  }
  /// Records without whose skip it must not be folded again.
  [[nodiscard]] std::vector<std::uint32_t> deadly(base::entry_index entry) const {
    std::vector<std::uint32_t> out;
    for (auto [at, end] = died_.equal_range(entry); at != end; ++at)
      if (at->second.second >= times_max)
        out.push_back(at->second.first);
    return out;
  }
  /// The log's answer: everything it says to skip of this entry.
  void answered(base::entry_index entry, const std::vector<std::uint32_t>& records) {
    asked_.insert(entry);
    skips_[entry].insert(records.begin(), records.end());
  }
  /// Of an entry about which the log was asked; else nothing.
  [[nodiscard]] const std::set<std::uint32_t>* skips(base::entry_index entry) const {
    const auto at = skips_.find(entry);
    return at == skips_.end() || at->second.empty() ? nullptr : &at->second;
  }

 private:
  std::multimap<base::entry_index, std::pair<std::uint32_t, std::uint32_t>> died_;
  std::set<base::entry_index> asked_;
  std::map<base::entry_index, std::set<std::uint32_t>> skips_;
};

} // namespace vedette::actors

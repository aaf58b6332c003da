// All mapping files in force, compiled: which one a record is of.
//
// Content: loaded from rules/sources/*.yaml, immutable afterwards, shared by all ingest threads.
// Asked only about records that bear no mark of a format in ingest/formats/.
#pragma once

#include "base/result.hpp"
#include "ingest/mapping/loader.hpp"
#include "ingest/mapping/name_index.hpp"

#include <memory>
#include <span>
#include <vector>

namespace vedette::ingest {

class mapping_set {
 public:
  /// malformed: what compile_mapping says of the first file that does not read, or that two files
  /// name one source. O(bytes).
  [[nodiscard]] static base::result<std::shared_ptr<const mapping_set>>
  load(const std::vector<mapping_file>& files);

  /// The source one of whose lists of marks the record bears; of several the one with the longest
  /// list, then the first by name. Null when there is none. `members` is the caller's scratch, kept
  /// between calls. O(length).
  [[nodiscard]] const source_mapping* recognise(std::string_view record,
                                                std::vector<json_value>& members) const {
    return recognise(record, members, [](std::string_view, const json_value&) { return true; });
  }
  /// The same; gives up, with null, at the first member of which `go_on(key, value)` is false.
  template <class GoOn>
  [[nodiscard]] const source_mapping*
  recognise(std::string_view record, std::vector<json_value>& members, GoOn&& go_on) const {
    members.assign(member_count_, {});
    for (member_reader m{{json_kind::object, record}}; m.next();) {
      if (!go_on(m.key(), m.value()))
        return nullptr;
      if (const auto place = members_.find(m.key());
          place != name_index::nowhere && !members[place])
        members[place] = m.value();
    }
    return owner_of(members);
  }

  [[nodiscard]] std::span<const source_mapping> sources() const noexcept { return sources_; }

 private:
  /// A list of marks, with the members it looks at by index.
  struct candidate {
    std::size_t source;
    all_of<marked_member> const* marks;
    std::vector<std::uint32_t> members;
  };

  void index();
  [[nodiscard]] const source_mapping* owner_of(const std::vector<json_value>& members) const;

  std::vector<source_mapping> sources_; ///< by name
  std::vector<candidate> candidates_;   ///< longest first
  name_index members_;                  ///< that candidates look at
  std::uint32_t member_count_ = 0;
};

} // namespace vedette::ingest

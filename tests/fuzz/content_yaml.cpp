// YAML that an author, or whoever can reach the content folder, wrote: rules, their cases,
// activities, mappings of sources and playbooks load or say in one line what is wrong; a rule that
// loads can be run, and so can the cases of a mapping.
#include "base/assert.hpp"
#include "detect/language/cases.hpp"
#include "detect/ruleset.hpp"
#include "ingest/mapping/cases.hpp"
#include "ingest/taxonomy.hpp"
#include "respond/playbooks/loader.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

namespace {

/// A record without any field.
struct empty_view final : base::field_view {
  std::span<const base::scalar> find(const base::field_name&) const override { return {}; }
  std::span<const base::scalar> all() const override { return {}; }
};

bool one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == std::string::npos;
}

void try_rules(const std::string& text) {
  const detect::rule_source source{"rule.yaml", text};
  std::vector<detect::load_problem> problems;
  const auto loaded = detect::ruleset::load({&source, 1}, &problems);
  VEDETTE_ASSERT(loaded || one_line(loaded.err().context));
  for (const auto& p : problems)
    VEDETTE_ASSERT(one_line(p.what) && p.where.starts_with("rule.yaml"));
  // Strictly: the same file either has no problem or is refused.
  const auto strict = detect::ruleset::load({&source, 1});
  VEDETTE_ASSERT(strict.has_value() == (loaded.has_value() && problems.empty()));
  if (loaded) {
    base::event e;
    e.identity = "somebody";
    base::arena memory;
    std::vector<base::match> with_index, without;
    (*loaded)->run(e, empty_view{}, memory, with_index);
    (*loaded)->run_all(e, empty_view{}, memory, without);
    VEDETTE_ASSERT(with_index.size() == without.size());
  }
  if (const auto cases = detect::load_cases(source); !cases)
    VEDETTE_ASSERT(one_line(cases.err().context));
}

void try_mapping(const std::string& text) {
  const ingest::mapping_file file{"source.yaml", text};
  const auto set = ingest::mapping_set::load({file});
  VEDETTE_ASSERT(set || one_line(set.err().context));
  if (!set)
    return;
  if (const auto reports = ingest::run_mapping_cases(file, *set); !reports)
    VEDETTE_ASSERT(one_line(reports.err().context));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string text{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  switch (bytes[0] % 3) {
  case 0:
    try_rules(text);
    break;
  case 1: {
    const respond::playbook_source source{"playbook.yaml", text};
    if (const auto loaded = respond::load_playbooks({&source, 1}); !loaded)
      VEDETTE_ASSERT(one_line(loaded.err().context));
    break;
  }
  default:
    if (const auto loaded = ingest::taxonomy::load({text}); !loaded)
      VEDETTE_ASSERT(one_line(loaded.err().context));
    try_mapping(text);
  }
  return 0;
}

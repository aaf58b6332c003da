// Content from disk: rules, activities, mappings of sources, playbooks and lists, read once and
// compiled.
//
// Called at start, on SIGHUP, and by the offline commands. Keeps nothing.
#pragma once

#include "base/result.hpp"
#include "detect/ruleset.hpp"
#include "ingest/enrich/address_book.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/taxonomy.hpp"
#include "respond/playbooks/playbook.hpp"

#include <memory>
#include <string>
#include <vector>

namespace vedette::content {

/// The folder `rules/` that came with the program: $VEDETTE_CONTENT, else beside the executable
/// (share/vedette/rules of an installation, rules/ of a source tree). Error not_found says where it
/// was looked for.
[[nodiscard]] base::result<std::string> shipped_folder();

struct text_file {
  std::string name, text;
};

/// All *.yaml and *.yml below the given folders, or the given files. Empty: what was shipped.
/// `problems`, when given, takes bad rules and the rest loads.
[[nodiscard]] base::result<std::vector<detect::rule_source>>
read_rule_files(const std::vector<std::string>& paths);
[[nodiscard]] base::result<std::shared_ptr<const detect::ruleset>>
load_rules(const std::vector<std::string>& paths,
           std::vector<detect::load_problem>* problems = nullptr);

/// The same of one folder, or file; empty: what was shipped.
[[nodiscard]] base::result<std::vector<text_file>> read_activity_files(const std::string& folder);
[[nodiscard]] base::result<std::vector<text_file>> read_source_files(const std::string& folder);
[[nodiscard]] base::result<std::vector<text_file>> read_playbook_files(const std::string& folder);

[[nodiscard]] base::result<std::shared_ptr<const ingest::taxonomy>>
load_activities(const std::string& folder);
[[nodiscard]] base::result<std::shared_ptr<const ingest::taxonomy>>
compile_activities(const std::vector<text_file>& files);
[[nodiscard]] base::result<std::shared_ptr<const ingest::mapping_set>>
load_sources(const std::string& folder);
[[nodiscard]] base::result<std::shared_ptr<const ingest::mapping_set>>
compile_sources(const std::vector<text_file>& files);
[[nodiscard]] base::result<std::shared_ptr<const respond::playbook_set>>
load_playbooks(const std::string& folder);

struct list_files {
  std::vector<std::string> cloud_ranges; ///< AWS ip-ranges.json, GCP cloud.json, Azure ServiceTags
  std::string tor, vpn;
  std::string geoip; ///< .mmdb, or .csv of places
  std::string asn;   ///< .mmdb, or .csv of networks
};

/// Null when no list is named.
[[nodiscard]] base::result<std::shared_ptr<const ingest::address_book>>
load_lists(const list_files& files);

} // namespace vedette::content

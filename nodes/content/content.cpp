#include "nodes/content/content.hpp"

#include "ingest/enrich/file_address_book.hpp"
#include "io/files/text_file.hpp"
#include "io/geo/maxmind.hpp"
#include "respond/playbooks/loader.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace vedette::content {

namespace fs = std::filesystem;

namespace {

bool is_yaml(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

base::result<std::vector<std::string>> yaml_files(const std::string& path) {
  std::error_code why;
  if (!fs::is_directory(path, why))
    return std::vector<std::string>{path};
  auto all = io::list_files(path, "");
  if (!all)
    return all.err();
  std::vector<std::string> out;
  for (auto& f : *all)
    if (is_yaml(f))
      out.push_back(std::move(f));
  if (out.empty())
    return base::error{base::ec::not_found, fmt::format("reading {}: no .yaml file in it", path)};
  return out;
}

base::result<std::string> part_of_shipped(const char* name) {
  auto folder = shipped_folder();
  if (!folder)
    return folder.err();
  return *folder + "/" + name;
}

/// All of a folder or the file; of what was shipped when nothing is named.
base::result<std::vector<text_file>> read_files(std::vector<std::string> paths, const char* shipped,
                                                std::size_t bytes_max) {
  if (paths.empty()) {
    auto folder = part_of_shipped(shipped);
    if (!folder)
      return folder.err();
    paths.push_back(std::move(*folder));
  }
  std::vector<text_file> out;
  for (const auto& path : paths) {
    auto files = yaml_files(path);
    if (!files)
      return files.err();
    for (auto& file : *files) {
      auto text = io::read_text(file, bytes_max);
      if (!text)
        return text.err();
      out.push_back({std::move(file), std::move(*text)});
    }
  }
  return out;
}

std::vector<std::string> given(const std::string& folder) {
  return folder.empty() ? std::vector<std::string>{} : std::vector<std::string>{folder};
}

base::error in_file(const std::string& path, const base::error& e) {
  return {e.code, fmt::format("{}: {}", path, e.context)};
}

} // namespace

base::result<std::string> shipped_folder() {
  if (const char* given = std::getenv("VEDETTE_CONTENT"); given != nullptr && *given != '\0')
    return std::string{given};
  std::error_code why;
  const auto program = fs::read_symlink("/proc/self/exe", why);
  std::string tried;
  for (auto folder = program.parent_path(); !folder.empty() && folder != folder.root_path();
       folder = folder.parent_path())
    for (const char* below : {"share/vedette/rules", "rules"}) {
      const auto candidate = folder / below;
      if (fs::is_directory(candidate / "detections", why))
        return candidate.string();
      tried = candidate.string();
    }
  return base::error{
      base::ec::not_found,
      fmt::format("looking for the shipped rules near {}: not there; set VEDETTE_CONTENT to the "
                  "folder that holds detections/, activities/ and sources/",
                  program.string())};
}

base::result<std::vector<detect::rule_source>>
read_rule_files(const std::vector<std::string>& paths) {
  auto files = read_files(paths, "detections", std::size_t{1} << 20);
  if (!files)
    return files.err();
  std::vector<detect::rule_source> out;
  for (auto& f : *files)
    out.push_back({std::move(f.name), std::move(f.text)});
  return out;
}

base::result<std::vector<text_file>> read_activity_files(const std::string& folder) {
  return read_files(given(folder), "activities", io::text_file_bytes_max);
}

base::result<std::vector<text_file>> read_source_files(const std::string& folder) {
  return read_files(given(folder), "sources", io::text_file_bytes_max);
}

base::result<std::vector<text_file>> read_playbook_files(const std::string& folder) {
  return read_files(given(folder), "playbooks", io::text_file_bytes_max);
}

base::result<std::shared_ptr<const detect::ruleset>>
load_rules(const std::vector<std::string>& paths, std::vector<detect::load_problem>* problems) {
  auto sources = read_rule_files(paths);
  if (!sources)
    return sources.err();
  return detect::ruleset::load(*sources, problems);
}

base::result<std::shared_ptr<const ingest::taxonomy>> load_activities(const std::string& folder) {
  const auto files = read_activity_files(folder);
  if (!files)
    return files.err();
  return compile_activities(*files);
}

base::result<std::shared_ptr<const ingest::taxonomy>>
compile_activities(const std::vector<text_file>& files) {
  std::vector<std::string> texts;
  for (const auto& f : files)
    texts.push_back(f.text);
  auto out = ingest::taxonomy::load(texts);
  if (!out)
    return in_file(files.empty() ? "activities" : fs::path{files.front().name}.parent_path(),
                   out.err());
  return out;
}

base::result<std::shared_ptr<const ingest::mapping_set>> load_sources(const std::string& folder) {
  const auto files = read_source_files(folder);
  if (!files)
    return files.err();
  return compile_sources(*files);
}

base::result<std::shared_ptr<const ingest::mapping_set>>
compile_sources(const std::vector<text_file>& files) {
  std::vector<ingest::mapping_file> sources;
  for (const auto& f : files)
    sources.push_back({f.name, f.text});
  return ingest::mapping_set::load(sources);
}

base::result<std::shared_ptr<const respond::playbook_set>>
load_playbooks(const std::string& folder) {
  auto files = read_playbook_files(folder);
  if (!files)
    return files.err();
  std::vector<respond::playbook_source> sources;
  for (auto& f : *files)
    sources.push_back({std::move(f.name), std::move(f.text)});
  return respond::load_playbooks(sources);
}

base::result<std::shared_ptr<const ingest::address_book>> load_lists(const list_files& files) {
  ingest::address_lists lists;
  bool any = false;
  for (const auto& path : files.cloud_ranges) {
    auto text = io::read_text(path);
    if (!text)
      return text.err();
    // Each publisher's file has a shape of its own; the first reader that accepts it is right.
    auto rows = ingest::parse_aws_ranges(*text);
    if (!rows || rows->empty())
      rows = ingest::parse_gcp_ranges(*text);
    if (!rows || rows->empty())
      rows = ingest::parse_azure_ranges(*text);
    if (!rows)
      return in_file(path, rows.err());
    lists.clouds.insert(lists.clouds.end(), rows->begin(), rows->end());
    any = true;
  }
  if (!files.tor.empty()) {
    auto text = io::read_text(files.tor);
    if (!text)
      return text.err();
    auto ranges = ingest::parse_address_list(*text);
    if (!ranges)
      return in_file(files.tor, ranges.err());
    ingest::dated_list exits;
    exits.ranges = std::move(*ranges);
    lists.tor.push_back(std::move(exits));
    any = true;
  }
  if (!files.vpn.empty()) {
    auto text = io::read_text(files.vpn);
    if (!text)
      return text.err();
    if (auto ranges = ingest::parse_address_list(*text)) {
      lists.vpn = std::move(*ranges);
    } else {
      auto numbers = ingest::parse_as_list(*text);
      if (!numbers)
        return in_file(files.vpn, ranges.err());
      lists.vpn_networks = std::move(*numbers);
    }
    any = true;
  }
  io::maxmind_files databases;
  const auto database_or_csv = [&](const std::string& path, std::string& database, auto read,
                                   auto& into) -> base::status {
    if (path.empty())
      return {};
    any = true;
    if (!path.ends_with(".csv")) {
      database = path;
      return {};
    }
    auto text = io::read_text(path);
    if (!text)
      return text.err();
    auto rows = read(*text);
    if (!rows)
      return in_file(path, rows.err());
    into = std::move(*rows);
    return {};
  };
  if (auto ok = database_or_csv(files.geoip, databases.geo, ingest::parse_place_csv, lists.places);
      !ok)
    return ok.err();
  if (auto ok = database_or_csv(files.asn, databases.asn, ingest::parse_as_csv, lists.networks);
      !ok)
    return ok.err();
  if (!databases.geo.empty() || !databases.asn.empty()) {
    auto source = io::open_maxmind(databases);
    if (!source)
      return source.err();
    lists.source = std::move(*source);
  }
  if (!any)
    return std::shared_ptr<const ingest::address_book>{};
  return std::shared_ptr<const ingest::address_book>{
      std::make_shared<ingest::file_address_book>(std::move(lists))};
}

} // namespace vedette::content

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
                  "folder that holds detections/ and activities/",
                  program.string())};
}

base::result<std::vector<detect::rule_source>>
read_rule_files(const std::vector<std::string>& paths) {
  auto folders = paths;
  if (folders.empty()) {
    auto shipped = part_of_shipped("detections");
    if (!shipped)
      return shipped.err();
    folders.push_back(*shipped);
  }
  std::vector<detect::rule_source> out;
  for (const auto& folder : folders) {
    auto files = yaml_files(folder);
    if (!files)
      return files.err();
    for (const auto& file : *files) {
      auto text = io::read_text(file, std::size_t{1} << 20);
      if (!text)
        return text.err();
      out.push_back({file, std::move(*text)});
    }
  }
  return out;
}

base::result<std::shared_ptr<const detect::ruleset>>
load_rules(const std::vector<std::string>& paths, std::vector<detect::load_problem>* problems) {
  auto sources = read_rule_files(paths);
  if (!sources)
    return sources.err();
  return detect::ruleset::load(*sources, problems);
}

base::result<std::shared_ptr<const ingest::taxonomy>> load_activities(const std::string& folder) {
  auto where = folder.empty() ? part_of_shipped("activities") : base::result<std::string>{folder};
  if (!where)
    return where.err();
  auto files = yaml_files(*where);
  if (!files)
    return files.err();
  std::vector<std::string> texts;
  for (const auto& file : *files) {
    auto text = io::read_text(file);
    if (!text)
      return text.err();
    texts.push_back(std::move(*text));
  }
  auto out = ingest::taxonomy::load(texts);
  if (!out)
    return in_file(*where, out.err());
  return out;
}

base::result<std::shared_ptr<const respond::playbook_set>>
load_playbooks(const std::string& folder) {
  auto where = folder.empty() ? part_of_shipped("playbooks") : base::result<std::string>{folder};
  if (!where)
    return where.err();
  auto files = yaml_files(*where);
  if (!files)
    return files.err();
  std::vector<respond::playbook_source> sources;
  for (const auto& file : *files) {
    auto text = io::read_text(file);
    if (!text)
      return text.err();
    sources.push_back({file, std::move(*text)});
  }
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

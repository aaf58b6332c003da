#include "nodes/server/content_files.hpp"

#include "base/hash.hpp"
#include "nodes/config/tenants.hpp"
#include "nodes/content/content.hpp"
#include "nodes/server/executors.hpp"

#include <fmt/format.h>

#include <fstream>
#include <set>

namespace vedette::server {

namespace {

using schemas::document_kind;

/// Digest of the digests of a file's pieces: databases have 100 MB and more.
base::result<std::string> digest_of(const std::string& path) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  std::ifstream in{path, std::ios::binary};
  std::string buffer(piece, '\0'), all;
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(piece));
    const auto got = static_cast<std::size_t>(in.gcount());
    all += base::to_hex(base::sha256(std::string_view{buffer}.substr(0, got)));
  }
  if (!in.eof())
    return base::error{base::ec::unreadable, fmt::format("reading {}: it cannot be read", path)};
  return base::to_hex(base::sha256(all));
}

class reader {
 public:
  reader(const config::settings& s, std::vector<std::string>& problems)
      : settings_{s}, problems_{problems} {}

  base::result<read_result> run() {
    const auto before = problems_.size();
    const auto& c = settings_.content;
    files(document_kind::rule, content::read_rule_files(c.detections), c.detections, "detections");
    files(document_kind::playbook, content::read_playbook_files(c.playbooks), {c.playbooks},
          "playbooks");
    const auto activities = content::read_activity_files(c.activities);
    files(document_kind::activities, activities, {c.activities}, "activities");
    const auto sources = content::read_source_files(c.sources);
    files(document_kind::source, sources, {c.sources}, "sources");
    lists();
    for (const auto& [name, tenant] : settings_.tenants)
      add(make_document(document_kind::tenant, name, config::write(tenant, 0)));
    for (const auto kind : carried_out(settings_))
      add(make_document(document_kind::executor, std::string{respond::to_string(kind)}, {}));
    sort(out_.documents);
    auto compiled = compile(out_.documents, problems_);
    if (compiled)
      out_.compiled = std::move(*compiled);
    if (activities)
      take(content::compile_activities(*activities), out_.compiled.activities);
    if (sources)
      take(content::compile_sources(*sources), out_.compiled.mappings);
    const auto& l = settings_.lists;
    take(content::load_lists({l.cloud_ranges, l.tor, l.vpn, l.geoip, l.asn}), out_.compiled.book);
    if (problems_.size() > before)
      return base::error{base::ec::malformed,
                         problems_[before] +
                             (problems_.size() == before + 1
                                  ? std::string{}
                                  : fmt::format("; and {} more", problems_.size() - before - 1))};
    return std::move(out_);
  }

 private:
  void fail(const base::error& e) { problems_.push_back(base::to_string(e)); }

  void add(document d) {
    for (const auto& known : out_.documents)
      if (known.about.kind == d.about.kind && known.about.name == d.about.name) {
        problems_.push_back(fmt::format("reading {}: it is named twice", d.about.name));
        return;
      }
    out_.documents.push_back(std::move(d));
  }

  /// Files are named by what lies below the folder they come from, so that a generation is the same
  /// wherever its folder stands.
  template <class Files>
  void files(document_kind kind, const base::result<Files>& read, std::vector<std::string> folders,
             const char* shipped) {
    if (!read) {
      fail(read.err());
      return;
    }
    if (const auto folder = content::shipped_folder())
      folders.push_back(*folder + "/" + shipped);
    for (const auto& f : *read) {
      std::string_view name = f.name;
      for (const auto& folder : folders)
        if (!folder.empty() && name.starts_with(folder)) {
          name.remove_prefix(folder.size());
          break;
        }
      while (name.starts_with('/'))
        name.remove_prefix(1);
      if (name.empty())
        name = std::string_view{f.name}.substr(f.name.rfind('/') + 1);
      add(make_document(kind, std::string{name}, f.text));
    }
  }

  template <class T>
  void take(base::result<T> from, T& to) {
    if (from)
      to = std::move(*from);
    else
      fail(from.err());
  }

  void lists() {
    const auto& l = settings_.lists;
    std::set<std::string> paths{l.tor, l.vpn, l.geoip, l.asn};
    paths.insert(l.cloud_ranges.begin(), l.cloud_ranges.end());
    for (const auto& path : paths) {
      if (path.empty())
        continue;
      // One that is not there is complained about by who loads it.
      if (auto digest = digest_of(path))
        add({{document_kind::list, path, std::move(*digest), false}, {}});
    }
  }

  const config::settings& settings_;
  std::vector<std::string>& problems_;
  read_result out_;
};

} // namespace

base::result<read_result> read_content(const config::settings& settings,
                                       std::vector<std::string>& problems) {
  return reader{settings, problems}.run();
}

} // namespace vedette::server

// `vedette normalize`: any source's records as OCSF, which also shows what a record was read as.
#include "nodes/vedette/commands.hpp"

#include "ingest/normaliser.hpp"
#include "ingest/ocsf/event_ocsf.hpp"
#include "nodes/content/content.hpp"
#include "nodes/replay/merged_files.hpp"
#include "nodes/vedette/offline.hpp"
#include "nodes/vedette/sources.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <map>

namespace vedette::cli {

namespace {

struct normalize_flags {
  offline_flags offline;
  std::vector<std::string> paths;
  std::string source = "auto";
  bool list = false;
};

/// Prints events as they come; counts what is none.
class printer {
 public:
  printer(ingest::normaliser normaliser, std::size_t source, base::tenant_id tenant)
      : normaliser_{std::move(normaliser)}, source_{source}, tenant_{std::move(tenant)} {}

  base::status take(const ingest::split_record& r) {
    ++records_;
    if (!r.problem.empty()) {
      ++quarantined_[std::string{r.problem}];
      return {};
    }
    // The parser reads behind the record; a piece of a file may end with it.
    padded_.assign(r.text);
    padded_.append(padding, ' ');
    batch_.events.clear();
    batch_.memory.clear();
    const auto v = normaliser_.run({padded_.data(), r.text.size()}, batch_, source_);
    if (v.what == ingest::disposition::quarantined)
      ++quarantined_[std::string{v.reason}];
    if (v.what != ingest::disposition::event)
      return {};
    out_.clear();
    ingest::describe_ocsf(batch_.events.front(), tenant_, out_);
    const auto text = out_.text();
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fputc('\n', stdout) == EOF)
      return base::error{base::ec::io, "writing the events: standard output takes no more"};
    return {};
  }

  /// True when nothing was quarantined; else it says so.
  [[nodiscard]] bool report() const {
    tell_of_quarantine(quarantined_, records_);
    return quarantined_.empty();
  }

 private:
  static constexpr std::size_t padding = 64;

  ingest::normaliser normaliser_;
  std::size_t source_;
  base::tenant_id tenant_;
  std::string padded_;
  base::event_batch batch_;
  base::json_writer out_;
  std::uint64_t records_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> quarantined_;
};

int run(const normalize_flags& f) {
  auto sources = content::load_sources("");
  if (!sources)
    return complain(sources.err());
  if (f.list) {
    for (const auto& name : source_names(sources->get()))
      std::printf("%s\n", name.c_str());
    return done;
  }
  if (f.paths.empty())
    return complain(
        {base::ec::invalid_argument, "normalize: name files, folders, or - for standard input"});
  const auto around = load_surroundings(f.offline);
  if (!around)
    return complain(around.err());
  const auto source = chosen_source(f.source, *sources);
  if (!source)
    return complain(source.err());
  auto activities = content::load_activities("");
  if (!activities)
    return complain(activities.err());
  printer out{ingest::normaliser{*activities, around->book, nullptr, around->tenant, *sources},
              *source,
              {f.offline.tenant}};
  auto list = io::find_log_files(f.paths);
  auto problems = std::move(list.problems);
  replay::merge_options how{f.offline.unwrap};
  how.columns = f.offline.columns;
  const auto read = replay::read_merged(
      std::move(list.files), how, [&](const ingest::split_record& r) { return out.take(r); },
      problems);
  if (!read)
    return complain(read.err());
  if (std::fflush(stdout) != 0)
    return complain({base::ec::io, "writing the events: standard output takes no more"});
  for (const auto& e : problems)
    complain(e);
  return out.report() && problems.empty() ? done : input_trouble;
}

} // namespace

void add_normalize(CLI::App& app, action& chosen) {
  auto* c =
      app.add_subcommand("normalize", "Print the records of any source as OCSF, an event a line");
  auto f = std::make_shared<normalize_flags>();
  c->footer("Example: vedette normalize ./flow-logs/ --source vpc_flow | jq .activity_name");
  c->add_option("paths", f->paths,
                "Files, folders, or - for standard input; gz and zst are unpacked");
  c->add_option("--source", f->source, "Source of the records; others are quarantined")
      ->capture_default_str();
  c->add_flag("--list", f->list, "Name the sources that there are, and end");
  add_offline_options(*c, f->offline);
  c->callback([f, &chosen] { chosen = [f] { return run(*f); }; });
}

} // namespace vedette::cli

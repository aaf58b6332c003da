#include "nodes/vedette/commands.hpp"

#include "io/files/text_file.hpp"
#include "nodes/simulate/generator.hpp"
#include "nodes/vedette/output/progress.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

namespace vedette::cli {

namespace {

struct simulate_flags {
  std::string scenario = "mixed", out = "-", labels, lists, start;
  std::uint64_t events = 0, seed = 0;
  int tenants = 0, identities = 0;
  double attacks = -1;
  std::string span;
  bool late = false, list = false;
};

base::status write_lists(const std::string& folder, const simulate::generator& g) {
  std::error_code why;
  std::filesystem::create_directories(folder, why);
  struct named {
    const char* name;
    simulate::list_kind kind;
  };
  for (auto [name, kind] :
       {named{"cloud-ranges.json", simulate::list_kind::cloud_ranges},
        named{"tor.txt", simulate::list_kind::tor}, named{"vpn.txt", simulate::list_kind::vpn},
        named{"asn.csv", simulate::list_kind::asn}, named{"geo.csv", simulate::list_kind::geo}})
    if (auto ok = io::write_text(folder + "/" + name, simulate::list_file(kind)); !ok)
      return ok;
  for (const auto& tenant : g.tenants())
    if (auto ok = io::write_text(folder + "/" + tenant + ".yaml", g.tenant_settings(tenant)); !ok)
      return ok;
  return {};
}

/// One file for all, or one per tenant when the path names a folder (ends in '/').
class sink {
 public:
  explicit sink(std::string where) : where_{std::move(where)} {}

  base::status write(const std::string& tenant, const std::string& record) {
    auto file = open(where_.ends_with('/') ? tenant : std::string{});
    if (!file)
      return file.err();
    if (std::fwrite(record.data(), 1, record.size(), *file) != record.size() ||
        std::fputc('\n', *file) == EOF)
      return full();
    return {};
  }

  /// What was written last may only fail now.
  base::status close() {
    for (auto& [name, file] : files_)
      if (std::FILE* f = file.release(); f == stdout ? std::fflush(f) != 0 : std::fclose(f) != 0)
        return full();
    files_.clear();
    return {};
  }

 private:
  struct closer {
    void operator()(std::FILE* f) const {
      if (f != stdout)
        std::fclose(f);
    }
  };

  base::result<std::FILE*> open(const std::string& name) {
    if (const auto found = files_.find(name); found != files_.end())
      return found->second.get();
    std::error_code why;
    const bool folder = where_.ends_with('/');
    if (folder)
      std::filesystem::create_directories(where_, why);
    const auto path = folder ? where_ + name + ".json" : where_;
    std::unique_ptr<std::FILE, closer> made{path == "-" ? stdout : std::fopen(path.c_str(), "w")};
    if (!made)
      return base::error{base::ec::io, fmt::format("writing {}: cannot open it", path)};
    return files_.emplace(name, std::move(made)).first->second.get();
  }

  base::error full() const {
    return {base::ec::disk_full,
            fmt::format("writing {}: the disk is full or the reader left", where_)};
  }

  std::string where_;
  std::map<std::string, std::unique_ptr<std::FILE, closer>> files_;
};

int run(const simulate_flags& f) {
  if (f.list) {
    for (const auto& s : simulate::scenarios())
      std::printf("%-28s %s\n", std::string{s.name}.c_str(), std::string{s.summary}.c_str());
    return done;
  }
  auto o = simulate::suggested(f.scenario);
  if (f.seed != 0)
    o.seed = f.seed;
  if (f.events != 0)
    o.events = f.events;
  if (f.tenants != 0)
    o.tenants = f.tenants;
  if (f.identities != 0)
    o.identities_per_tenant = f.identities;
  if (f.attacks >= 0)
    o.attacks_per_tenant = f.attacks;
  if (f.late)
    o.delivery = simulate::delivery::late;
  if (!f.span.empty()) {
    auto d = base::parse_duration(f.span);
    if (!d)
      return complain({base::ec::invalid_argument,
                       fmt::format("--span {}: not a duration like 12h or 30d", f.span)});
    o.span = *d;
  }
  if (!f.start.empty()) {
    auto t = base::parse_rfc3339(f.start);
    if (!t)
      return complain(
          {base::ec::invalid_argument, fmt::format("--start {}: not RFC 3339", f.start)});
    o.start = *t;
  }
  if (auto wrong = simulate::check(o); !wrong.empty())
    return complain({base::ec::invalid_argument, wrong});

  simulate::generator g{o};
  if (!f.lists.empty())
    if (auto ok = write_lists(f.lists, g); !ok)
      return complain(ok.err());
  sink out{f.out};
  progress_bar bar{"simulate"};
  std::string tenant, record;
  std::uint64_t bytes = 0, records = 0;
  while (g.next(tenant, record)) {
    if (auto ok = out.write(tenant, record); !ok)
      return complain(ok.err());
    bytes += record.size() + 1;
    if (++records % 4096 == 0)
      bar.update(bytes, bytes / records * o.events);
  }
  bar.finish();
  if (auto ok = out.close(); !ok)
    return complain(ok.err());
  if (!f.labels.empty()) {
    std::string text;
    for (const auto& l : g.labels())
      text += simulate::to_json(l) + "\n";
    if (auto ok = io::write_text(f.labels, text); !ok)
      return complain(ok.err());
  }
  return done;
}

} // namespace

void add_simulate(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("simulate",
                               "Write synthetic multi-tenant CloudTrail with labelled attacks");
  auto f = std::make_shared<simulate_flags>();
  c->footer("Example: vedette simulate --scenario demo --out demo.json --labels labels.json "
            "--lists lists");
  c->add_flag("--list", f->list, "List the scenarios and stop");
  c->add_option("--scenario", f->scenario, "Which story to tell; see --list")
      ->capture_default_str();
  c->add_option("--events", f->events, "How many records; default: the scenario's own");
  c->add_option("--seed", f->seed, "Same seed, same bytes");
  c->add_option("--tenants", f->tenants, "How many tenants");
  c->add_option("--identities", f->identities, "Identities per tenant");
  c->add_option("--attacks", f->attacks, "Attacks per tenant over the whole span");
  c->add_option("--span", f->span, "Event time covered, e.g. 24h or 30d");
  c->add_option("--start", f->start, "First event time, RFC 3339");
  c->add_flag("--late", f->late, "Deliver as CloudTrail does: minutes late, shuffled, some twice");
  c->add_option("--out", f->out,
                "File, - for standard output, or a folder (ends in /) for one file per tenant")
      ->capture_default_str();
  c->add_option("--labels", f->labels,
                "Write what is true about each attack here, one JSON object a line");
  c->add_option("--lists", f->lists, "Write address lists and tenant settings into this folder");
  c->callback([f, &chosen] { chosen = [f] { return run(*f); }; });
}

} // namespace vedette::cli

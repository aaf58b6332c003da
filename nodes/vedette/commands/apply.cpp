#include "base/json_writer.hpp"
#include "io/files/text_file.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace vedette::cli {

namespace {

namespace fs = std::filesystem;
using server::json_value;
using server::text_at;

struct apply_flags {
  remote_flags remote;
  std::string folder;
  bool dry_run = false;
};

struct kind_of_file {
  const char* folder;
  const char* kind;
};
/// As in the folder `rules/` of the program.
constexpr kind_of_file kinds[] = {{"detections", "rule"},
                                  {"playbooks", "playbook"},
                                  {"activities", "activities"},
                                  {"sources", "source"},
                                  {"tenants", "tenant"}};

bool is_yaml(const std::string& path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

/// All of it as the body of the request; ec::not_found when no file is there.
base::result<std::string> body_of(const apply_flags& f) {
  base::json_writer w;
  w.begin_object().member("dry_run", f.dry_run).key("documents").begin_array();
  std::size_t count = 0;
  for (const auto& k : kinds) {
    const auto folder = (fs::path{f.folder} / k.folder).string();
    std::error_code why;
    if (!fs::is_directory(folder, why))
      continue;
    auto files = io::list_files(folder, "");
    if (!files)
      return files.err();
    for (const auto& file : *files) {
      if (!is_yaml(file))
        continue;
      auto text = io::read_text(file);
      if (!text)
        return text.err();
      // A tenant's file is named after it; other documents by what lies below their folder.
      const auto name = std::string_view{k.kind} == "tenant" ? fs::path{file}.stem().string()
                                                             : file.substr(folder.size() + 1);
      w.begin_object().member("kind", k.kind).member("name", name).member("text", *text);
      w.end_object();
      ++count;
    }
  }
  w.end_array().end_object();
  if (count == 0)
    return base::error{
        base::ec::not_found,
        fmt::format(
            "reading {}: it holds no .yaml file below detections/, playbooks/, activities/, "
            "sources/ or tenants/",
            f.folder)};
  return std::string{w.text()};
}

std::string outline(json_value v) {
  const auto generation = text_at(v, "generation");
  const auto difference = text_at(v, "difference");
  if (!server::flag_at(v, "changed"))
    return fmt::format("nothing changes: generation {} holds the same\n", generation);
  if (server::flag_at(v, "dry_run"))
    return fmt::format("would become generation {}: {}\n", generation, difference);
  return fmt::format("generation {} is in force: {}\n", generation, difference);
}

int run(const apply_flags& f) {
  const auto body = body_of(f);
  if (!body) {
    complain(body.err());
    return input_trouble;
  }
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto answer = node->post("/v1/apply", *body);
  if (!answer)
    return complain(answer.err());
  const auto problems = server::list_at(answer->root(), "problems");
  for (const auto p : problems)
    complain({base::ec::malformed, server::text_of(p)});
  if (!problems.empty())
    return failed;
  return print_one(f.remote, answer->root(), outline);
}

} // namespace

void add_apply(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand(
      "apply",
      "Put rules, playbooks, activities, sources and tenants in force in the whole cluster");
  auto f = std::make_shared<apply_flags>();
  c->footer("Example: vedette apply rules/ --dry-run\n"
            "The folder holds detections/, playbooks/, activities/, sources/ and tenants/; one "
            "that is missing stays as it is.");
  c->add_option("folder", f->folder, "Where the files are")->required()->type_name("DIR");
  c->add_flag("--dry-run", f->dry_run,
              "Say what would change, and what is wrong, and change nothing");
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] { chosen = [f] { return run(*f); }; });
}

} // namespace vedette::cli

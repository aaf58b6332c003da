#include "tests/tidy/tree.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vedette::tidy {
namespace {

namespace fs = std::filesystem;

bool is_ours(const fs::path& relative) {
  static const std::set<std::string> endings{".cpp",  ".hpp", ".capnp", ".cmake",
                                             ".txt",  ".md",  ".yaml",  ".yml",
                                             ".json", ".sh",  ".toml",  ".service"};
  const auto name = relative.filename().string();
  return endings.count(relative.extension().string()) > 0 || name == "dev" || name == "run" ||
         name == ".clang-format" || name == ".clang-tidy" || name == "Dockerfile";
}

bool is_skipped_folder(const fs::path& relative) {
  const auto name = relative.filename().string();
  return relative == "build" || relative == "vedette-data" ||
         (name.starts_with('.') && name != ".ci" && name != ".github");
}

} // namespace

tree tree::read(const std::string& root) {
  if (!fs::exists(fs::path{root} / "cmake" / "vedette.cmake"))
    throw std::runtime_error{"'" + root +
                             "' is not the top of the source tree; set VEDETTE_SOURCE_DIR"};
  tree out;
  for (auto at = fs::recursive_directory_iterator{root}; at != fs::end(at); ++at) {
    const auto relative = fs::relative(at->path(), root);
    if (at->is_directory()) {
      if (is_skipped_folder(relative))
        at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file())
      continue;
    // Stored samples and pictures are there for pages to name, not for us to read.
    std::ostringstream text;
    if (is_ours(relative) && !relative.generic_string().starts_with("tests/data/"))
      text << std::ifstream{at->path(), std::ios::binary}.rdbuf();
    out.add(relative.generic_string(), text.str());
  }
  std::ranges::sort(out.files_, {}, &file::path);
  return out;
}

void tree::add(std::string path, std::string text) {
  file f{std::move(path), std::move(text), {}};
  std::istringstream in{f.text};
  for (std::string line; std::getline(in, line);)
    f.lines.push_back(std::move(line));
  for (auto slash = f.path.find('/'); slash != std::string::npos;
       slash = f.path.find('/', slash + 1))
    folders_.insert(f.path.substr(0, slash + 1));
  if (const auto top = folder_of(f.path); !top.empty())
    top_.emplace(top);
  files_.push_back(std::move(f));
}

const file* tree::find(std::string_view path) const {
  const auto at = std::ranges::find(files_, path, &file::path);
  return at == files_.end() ? nullptr : &*at;
}

bool tree::has(std::string_view path) const {
  if (find(path) != nullptr)
    return true;
  std::string folder{path};
  if (!folder.ends_with('/'))
    folder += '/';
  return folders_.count(folder) > 0;
}

std::string_view folder_of(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_header(const file& f) {
  return f.path.ends_with(".hpp");
}
bool is_code(const file& f) {
  return is_header(f) || f.path.ends_with(".cpp") || f.path.ends_with(".capnp");
}

std::string without_comments(std::string_view text) {
  enum class in { code, line, block, string, character } state = in::code;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (state == in::code) {
      // A raw string runs to its own end mark, whatever quotes it holds.
      if (c == 'R' && next == '"') {
        const auto open = text.find('(', i);
        if (open != std::string_view::npos) {
          const auto mark = ")" + std::string{text.substr(i + 2, open - i - 2)} + "\"";
          const auto end = std::min(text.find(mark, open), text.size() - mark.size()) + mark.size();
          out += text.substr(i, end - i);
          i = end - 1;
          continue;
        }
      }
      if (c == '/' && next == '/')
        state = in::line;
      else if (c == '/' && next == '*')
        state = in::block;
      else if (c == '"')
        state = in::string;
      else if (c == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0))
        state = in::character; // not the separator in 1'000
      out += state == in::line || state == in::block ? ' ' : c;
      continue;
    }
    if (state == in::line || state == in::block) {
      if (state == in::line && c == '\n')
        state = in::code;
      const bool ends = state == in::block && c == '/' && i > 1 && text[i - 1] == '*';
      out += c == '\n' ? '\n' : ' ';
      if (ends)
        state = in::code;
      continue;
    }
    out += c;
    if (c == '\\' && next != '\0') {
      out += next;
      ++i;
    } else if (c == (state == in::string ? '"' : '\'') || c == '\n') {
      state = in::code;
    }
  }
  return out;
}

std::vector<include> includes_of(const file& f) {
  std::vector<include> out;
  for (std::size_t i = 0; i < f.lines.size(); ++i) {
    std::string_view line = f.lines[i];
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with("#"))
      continue;
    line.remove_prefix(1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with("include"))
      continue;
    const auto open = line.find_first_of("<\"");
    if (open == std::string_view::npos)
      continue;
    const bool angle = line[open] == '<';
    const auto close = line.find(angle ? '>' : '"', open + 1);
    if (close != std::string_view::npos)
      out.push_back({std::string{line.substr(open + 1, close - open - 1)}, angle, i + 1});
  }
  return out;
}

} // namespace vedette::tidy

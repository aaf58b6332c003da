// The project's own files as texts, for checks that read the tree like a reviewer would.
//
// Read once per test program. Build folders, version control and data folders are left out. Checks
// take a tree, not a path, so that each of them can be shown to fail on a small made-up one.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::tidy {

struct file {
  std::string path; ///< from the top, with slashes
  std::string text;
  std::vector<std::string> lines;
};

class tree {
 public:
  /// Every file below `root`, with its text when it is ours to read; dies with a message when it is
  /// no source tree.
  [[nodiscard]] static tree read(const std::string& root);

  /// For made-up trees.
  void add(std::string path, std::string text);

  [[nodiscard]] const std::vector<file>& files() const noexcept { return files_; }
  [[nodiscard]] const file* find(std::string_view path) const;
  /// True for a file, and for a folder that holds one (with or without the last slash).
  [[nodiscard]] bool has(std::string_view path) const;
  /// Folders directly below the top.
  [[nodiscard]] const std::set<std::string>& top() const noexcept { return top_; }

 private:
  std::vector<file> files_;
  std::set<std::string> folders_; ///< with last slash
  std::set<std::string> top_;
};

/// "detect" for "detect/language/x.hpp"; empty for a file at the top.
[[nodiscard]] std::string_view folder_of(std::string_view path);
[[nodiscard]] bool is_code(const file& f);   ///< C++ or Cap'n Proto
[[nodiscard]] bool is_header(const file& f); ///< .hpp

/// C++ with comments blanked out; strings stay. Lines keep their numbers.
[[nodiscard]] std::string without_comments(std::string_view text);

struct include {
  std::string target;
  bool angle = false; ///< <x>, not "x"
  std::size_t line = 0;
};
[[nodiscard]] std::vector<include> includes_of(const file& f);

} // namespace vedette::tidy

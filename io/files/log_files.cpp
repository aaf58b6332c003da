#include "io/files/log_files.hpp"

#include "io/compression/decompressor.hpp"
#include "io/files/content.hpp"
#include "io/files/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

constexpr std::size_t sniffed_bytes = 4096;

/// What the file holds behind its packing, or why that cannot be told.
struct first_look {
  content what = content::empty;
  std::string failed;
};

/// Packed bytes of a file's beginning as content. An early end is normal here: only the beginning
/// is read.
content look_inside(compression packed, std::string_view bytes) {
  std::string text;
  decompressor unpack{packed, "", {}};
  const byte_sink keep = [&](std::string_view piece) -> base::status {
    text += piece.substr(0, sniffed_bytes - std::min(sniffed_bytes, text.size()));
    if (text.size() >= sniffed_bytes)
      return error{ec::none, "enough"};
    return {};
  };
  const bool whole = static_cast<bool>(unpack.write(bytes, keep));
  // Damaged before the first byte: let the reader say so.
  if (text.empty() && !whole)
    return content::json;
  // A block that needs more than was read shows nothing yet; the reader will see.
  if (text.empty() && bytes.size() == sniffed_bytes)
    return content::json;
  return sniff_content(text);
}

first_look look(const std::string& path) {
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file.is_open())
    return {content::empty, std::strerror(errno)};
  std::array<char, sniffed_bytes> buffer{};
  const auto got = ::read(file.get(), buffer.data(), buffer.size());
  if (got < 0)
    return {content::empty, std::strerror(errno)};
  const std::string_view bytes{buffer.data(), static_cast<std::size_t>(got)};
  const auto what = sniff_content(bytes);
  if (what == content::gzip || what == content::zstd)
    return {look_inside(sniff_compression(bytes), bytes), {}};
  return {what, {}};
}

std::string reason_not_a_log(content what) {
  switch (what) {
  case content::empty:
    return "empty";
  case content::text:
    return "text that begins neither with a JSON record nor as the lines of a known log";
  case content::archive:
    return "an archive; unpack it first";
  case content::parquet:
    return "a Parquet file; export it as JSON";
  default:
    return "binary";
  }
}

/// Names in a folder, sorted by bytes; false when it cannot be read (errno says why).
bool list_folder(const std::string& path, std::vector<std::string>& names) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir(path.c_str()), closedir};
  if (!folder)
    return false;
  while (const dirent* entry = readdir(folder.get()))
    if (entry->d_name[0] != '.')
      names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  return true;
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

class walk {
 public:
  explicit walk(log_file_list& out) : out_{out} {}

  void named(const std::string& path) {
    if (path == "-") {
      out_.files.push_back({path, 0});
      return;
    }
    struct stat about {};
    if (stat(path.c_str(), &about) != 0) {
      problem(errno == ENOENT ? ec::not_found : ec::unreadable, path, std::strerror(errno));
      return;
    }
    if (S_ISDIR(about.st_mode)) {
      named_folder(path);
      return;
    }
    if (S_ISREG(about.st_mode) && about.st_size == 0) {
      skip(path, "empty");
      return;
    }
    take(path, S_ISREG(about.st_mode) ? static_cast<std::uint64_t>(about.st_size) : 0);
  }

 private:
  void named_folder(const std::string& path) {
    const auto files_before = out_.files.size();
    const auto problems_before = out_.problems.size();
    const auto skipped_before = out_.skipped.size();
    folder(path, 0);
    if (out_.files.size() > files_before || out_.problems.size() > problems_before)
      return;
    const auto left_out = out_.skipped.size() - skipped_before;
    problem(ec::not_found, path,
            left_out == 0 ? "there is no log file in this folder"
                          : fmt::format("there is no log file in this folder ({} left out; {}: {})",
                                        left_out, out_.skipped[skipped_before].path,
                                        out_.skipped[skipped_before].reason));
  }

  void folder(const std::string& path, std::size_t depth) {
    if (depth >= folder_depth_max) {
      skip(path, fmt::format("more than {} folders deep", folder_depth_max));
      return;
    }
    std::vector<std::string> names;
    if (!list_folder(path, names)) {
      problem(ec::unreadable, path, std::strerror(errno));
      return;
    }
    for (const auto& name : names)
      found(joined(path, name), depth);
  }

  void found(const std::string& path, std::size_t depth) {
    struct stat link {};
    struct stat about {};
    if (lstat(path.c_str(), &link) != 0 || stat(path.c_str(), &about) != 0) {
      skip(path, std::strerror(errno));
      return;
    }
    if (S_ISDIR(about.st_mode)) {
      // Following it could lead round in circles.
      if (S_ISLNK(link.st_mode))
        skip(path, "a link to a folder");
      else
        folder(path, depth + 1);
      return;
    }
    if (!S_ISREG(about.st_mode)) {
      skip(path, "not a regular file");
      return;
    }
    const auto seen = look(path);
    if (!seen.failed.empty())
      problem(ec::unreadable, path, seen.failed);
    else if (seen.what == content::json || seen.what == content::lines)
      take(path, static_cast<std::uint64_t>(about.st_size));
    else
      skip(path, reason_not_a_log(seen.what));
  }

  void take(const std::string& path, std::uint64_t bytes) {
    if (out_.files.size() >= files_max) {
      if (!overflowed_)
        problem(ec::too_large, path,
                fmt::format("more than {} files; name fewer folders at once", files_max));
      overflowed_ = true;
      return;
    }
    out_.files.push_back({path, bytes});
    out_.bytes_total += bytes;
  }
  void skip(const std::string& path, std::string reason) {
    // Same bound as the files: a folder of a million pictures must not be the way to fill memory.
    if (out_.skipped.size() < files_max)
      out_.skipped.push_back({path, std::move(reason)});
  }
  void problem(ec code, const std::string& path, std::string_view why) {
    if (out_.problems.size() < files_max)
      out_.problems.push_back({code, fmt::format("looking for logs in {}: {}", path, why)});
  }

  log_file_list& out_;
  bool overflowed_ = false;
};

} // namespace

log_file_list find_log_files(std::span<const std::string> paths) {
  log_file_list out;
  walk walker{out};
  for (const auto& path : paths)
    walker.named(path);
  return out;
}

} // namespace vedette::io

#include "io/files/text_file.hpp"

#include "io/files/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace vedette::io {

namespace {

base::error failed(const char* what, const std::string& path, int why) {
  auto code = base::ec::io;
  if (why == ENOENT || why == ENOTDIR)
    code = base::ec::not_found;
  else if (why == EACCES || why == EPERM)
    code = base::ec::denied;
  else if (why == ENOSPC || why == EDQUOT)
    code = base::ec::disk_full;
  return {code, fmt::format("{} {}: {}", what, path, std::strerror(why))};
}

} // namespace

base::result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open())
    return failed("reading", path, errno);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0)
    return failed("reading", path, errno);
  if (S_ISDIR(facts.st_mode))
    return base::error{base::ec::unreadable, fmt::format("reading {}: it is a folder", path)};
  std::string out;
  out.reserve(static_cast<std::size_t>(facts.st_size) + 1);
  char piece[64 * 1024];
  while (true) {
    const auto n = ::read(file.get(), piece, sizeof piece);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failed("reading", path, errno);
    if (n == 0)
      return out;
    if (out.size() + static_cast<std::size_t>(n) > bytes_max)
      return base::error{base::ec::too_large,
                         fmt::format("reading {}: larger than {} bytes", path, bytes_max)};
    out.append(piece, static_cast<std::size_t>(n));
  }
}

base::status write_text(const std::string& path, std::string_view text, unsigned mode) {
  const auto fresh = path + ".new";
  descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
  if (!file.is_open())
    return failed("writing", fresh, errno);
  // The umask may have taken bits away, and an old file may have had more.
  if (::fchmod(file.get(), mode) != 0)
    return failed("writing", fresh, errno);
  for (std::size_t done = 0; done < text.size();) {
    const auto n = ::write(file.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failed("writing", fresh, errno);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(file.get()) != 0)
    return failed("syncing", fresh, errno);
  if (::rename(fresh.c_str(), path.c_str()) != 0)
    return failed("replacing", path, errno);
  return {};
}

base::result<std::vector<std::string>> list_files(const std::string& folder,
                                                  std::string_view suffix) {
  namespace fs = std::filesystem;
  std::error_code why;
  fs::recursive_directory_iterator at{folder, fs::directory_options::skip_permission_denied, why};
  if (why)
    return failed("listing", folder, why.value());
  std::vector<std::string> out;
  for (; at != fs::recursive_directory_iterator{}; at.increment(why)) {
    if (why)
      return failed("listing", folder, why.value());
    const auto name = at->path().filename().string();
    if (name.starts_with('.')) {
      if (at->is_directory(why))
        at.disable_recursion_pending();
      continue;
    }
    if (at->is_regular_file(why) && name.ends_with(suffix))
      out.push_back(at->path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace vedette::io

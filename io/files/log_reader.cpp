#include "io/files/log_reader.hpp"

#include "io/files/content.hpp"
#include "io/files/descriptor.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

/// Longest prefix any format is recognised by.
constexpr std::size_t sniffed_bytes = 512;

ec code_of(int error_number) {
  switch (error_number) {
  case ENOENT:
  case ENOTDIR:
    return ec::not_found;
  default:
    return ec::unreadable;
  }
}

base::result<descriptor> open_source(const std::string& path) {
  if (path == "-")
    return descriptor{STDIN_FILENO};
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open())
    return error{code_of(errno), fmt::format("reading {}: {}", path, std::strerror(errno))};
  return file;
}

/// Reads until `size` bytes, the end, or, once `enough` are there, until waiting would be needed: a
/// pipe gives what it has, and that is passed on rather than held until the buffer is full.
base::result<std::size_t> read_some(int fd, const std::string& name, char* out, std::size_t size,
                                    std::size_t enough) {
  std::size_t have = 0;
  while (have < enough) {
    const auto got = ::read(fd, out + have, size - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return error{ec::unreadable, fmt::format("reading {}: {}", name, std::strerror(errno))};
    if (got == 0)
      break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

} // namespace

base::result<read_summary> read_log(const std::string& path, const byte_sink& sink,
                                    const read_options& options) {
  const std::string name = path == "-" ? "standard input" : path;
  auto source = open_source(path);
  if (!source)
    return source.err();
  struct stat about {};
  if (fstat(source->get(), &about) != 0)
    return error{ec::unreadable, fmt::format("reading {}: {}", name, std::strerror(errno))};
  if (S_ISDIR(about.st_mode))
    return error{ec::unreadable, fmt::format("reading {}: it is a folder, not a log", name)};
  const bool regular = S_ISREG(about.st_mode);
  if (regular)
    (void)posix_fadvise(source->get(), 0, 0, POSIX_FADV_SEQUENTIAL);

  read_progress progress{0, regular ? static_cast<std::uint64_t>(about.st_size) : 0};
  const auto tell = [&] {
    if (options.progress)
      options.progress(progress);
  };
  // Some bytes behind the buffer are readable, so that a parser of the first piece may overread.
  const auto buffer = std::make_unique<char[]>(read_buffer_bytes + 64);
  read_summary summary;
  std::unique_ptr<decompressor> unpack;
  for (;;) {
    // The first piece must be long enough to tell what it is.
    auto got =
        read_some(source->get(), name, buffer.get(), read_buffer_bytes, unpack ? 1 : sniffed_bytes);
    if (!got)
      return got.err();
    if (*got == 0)
      break;
    const std::string_view piece{buffer.get(), *got};
    if (!unpack) {
      if (const auto archive = archive_name(piece); !archive.empty())
        return error{ec::unsupported,
                     fmt::format("reading {}: it is {}; unpack it first", name, archive)};
      summary.packed = sniff_compression(piece);
      unpack = std::make_unique<decompressor>(summary.packed, name, options.expansion);
    }
    if (auto done = unpack->write(piece, sink); !done)
      return done.err();
    progress.bytes_read += *got;
    tell();
  }
  if (unpack) {
    if (auto done = unpack->finish(); !done)
      return done.err();
    summary.bytes_read = unpack->bytes_in();
    summary.bytes_out = unpack->bytes_out();
  }
  tell();
  return summary;
}

} // namespace vedette::io

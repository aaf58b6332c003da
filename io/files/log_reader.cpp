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
constexpr std::size_t prefix_bytes = 512;
constexpr std::size_t overread = 64;

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

struct log_stream::impl {
  std::string name;
  read_options options;
  descriptor source;
  read_progress progress;
  /// Some bytes behind the buffer are readable, so that a parser of the first piece may overread.
  std::unique_ptr<char[]> buffer;
  std::unique_ptr<decompressor> unpack;
  compression packed = compression::none;

  void tell() const {
    if (options.progress)
      options.progress(progress);
  }
};

log_stream::log_stream(std::unique_ptr<impl> i) : impl_{std::move(i)} {}
log_stream::~log_stream() = default;
log_stream::log_stream(log_stream&&) noexcept = default;
log_stream& log_stream::operator=(log_stream&&) noexcept = default;

base::result<log_stream> log_stream::open(const std::string& path, const read_options& options) {
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
  return log_stream{
      std::make_unique<impl>(impl{name,
                                  options,
                                  std::move(*source),
                                  {0, regular ? static_cast<std::uint64_t>(about.st_size) : 0},
                                  std::make_unique<char[]>(options.buffer_bytes + overread),
                                  nullptr})};
}

base::result<bool> log_stream::read(const byte_sink& sink) {
  auto& s = *impl_;
  // The first piece must be long enough to tell what it is.
  const auto got = read_some(s.source.get(), s.name, s.buffer.get(), s.options.buffer_bytes,
                             s.unpack ? 1 : prefix_bytes);
  if (!got)
    return got.err();
  if (*got == 0) {
    if (s.unpack)
      if (auto done = s.unpack->finish(); !done)
        return done.err();
    s.tell();
    return false;
  }
  const std::string_view piece{s.buffer.get(), *got};
  if (!s.unpack) {
    if (const auto archive = archive_name(piece); !archive.empty())
      return error{ec::unsupported,
                   fmt::format("reading {}: it is {}; unpack it first", s.name, archive)};
    s.packed = sniff_compression(piece);
    s.unpack = std::make_unique<decompressor>(s.packed, s.name, s.options.expansion);
  }
  if (auto done = s.unpack->write(piece, sink); !done)
    return done.err();
  s.progress.bytes_read += *got;
  s.tell();
  return true;
}

read_summary log_stream::summary() const noexcept {
  const auto& s = *impl_;
  return s.unpack ? read_summary{s.packed, s.unpack->bytes_in(), s.unpack->bytes_out()}
                  : read_summary{};
}

base::result<read_summary> read_log(const std::string& path, const byte_sink& sink,
                                    const read_options& options) {
  auto stream = log_stream::open(path, options);
  if (!stream)
    return stream.err();
  for (;;) {
    const auto more = stream->read(sink);
    if (!more)
      return more.err();
    if (!*more)
      return stream->summary();
  }
}

} // namespace vedette::io

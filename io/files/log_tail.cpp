#include "io/files/log_tail.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vedette::io {

namespace {

base::error unreadable(const std::string& path) {
  return {base::ec::unreadable, fmt::format("following {}: {}", path, std::strerror(errno))};
}

} // namespace

log_tail::log_tail(std::string path, file_position from)
    : path_{std::move(path)}, position_{from} {}

base::result<bool> log_tail::open() {
  descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open())
    return errno == ENOENT ? base::result<bool>{false} : base::result<bool>{unreadable(path_)};
  struct stat about {};
  if (fstat(file.get(), &about) != 0)
    return unreadable(path_);
  const auto device = static_cast<std::uint64_t>(about.st_dev),
             inode = static_cast<std::uint64_t>(about.st_ino),
             size = static_cast<std::uint64_t>(about.st_size);
  if (device != position_.device || inode != position_.inode || size < position_.offset)
    position_ = {device, inode, 0};
  if (lseek(file.get(), static_cast<off_t>(position_.offset), SEEK_SET) < 0)
    return unreadable(path_);
  given_ = position_.offset;
  file_ = std::move(file);
  return true;
}

bool log_tail::turned() {
  struct stat named {
  }, held{};
  if (fstat(file_.get(), &held) != 0)
    return false;
  if (static_cast<std::uint64_t>(held.st_size) < given_)
    return true; // written anew in its place
  // Gone for now, or moved away with nothing in its place yet: it may still be written to.
  return stat(path_.c_str(), &named) == 0 &&
         (named.st_dev != held.st_dev || named.st_ino != held.st_ino);
}

base::result<bool> log_tail::read(const byte_sink& sink) {
  if (!file_.is_open()) {
    const auto opened = open();
    if (!opened || !*opened)
      return opened;
  }
  buffer_.resize(read_bytes);
  const auto got = ::read(file_.get(), buffer_.data(), buffer_.size());
  if (got < 0)
    return errno == EINTR ? base::result<bool>{false} : base::result<bool>{unreadable(path_)};
  if (got == 0) {
    if (!turned())
      return false;
    file_ = {};
    position_ = {};
    return true;
  }
  const std::string_view piece{buffer_.data(), static_cast<std::size_t>(got)};
  if (auto ok = sink(piece); !ok)
    return ok.err();
  if (const auto end = piece.rfind('\n'); end != std::string_view::npos)
    position_.offset = given_ + end + 1;
  given_ += piece.size();
  return true;
}

} // namespace vedette::io

// Owns a file descriptor and closes it. Private to this folder.
#pragma once

#include <unistd.h>
#include <utility>

namespace vedette::io {

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_{fd} {}
  ~descriptor() {
    // 0 is standard input, which is not ours to close.
    if (fd_ > 0)
      ::close(fd_);
  }
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

} // namespace vedette::io

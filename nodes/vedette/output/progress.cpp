#include "nodes/vedette/output/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace vedette::cli {

using namespace std::chrono_literals;

progress_bar::progress_bar(std::string what)
    : what_{std::move(what)}, terminal_{isatty(STDERR_FILENO) == 1},
      began_{std::chrono::steady_clock::now()} {}

void progress_bar::update(std::uint64_t done, std::uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - drawn_ < 100ms)
    return;
  drawn_ = now;
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  if (total == 0 || total < done) {
    std::fprintf(stderr, "\r\033[K%s %.1f MB  %.1f MB/s", what_.c_str(),
                 static_cast<double>(done) / 1e6, rate / 1e6);
    return;
  }
  constexpr int width = 30;
  const int full = static_cast<int>(static_cast<double>(width) * static_cast<double>(done) /
                                    static_cast<double>(total));
  std::string bar(static_cast<std::size_t>(std::clamp(full, 0, width)), '#');
  bar.resize(width, '.');
  const double left = rate > 0 ? static_cast<double>(total - done) / rate : 0;
  std::fprintf(stderr, "\r\033[K%s [%s] %3.0f %%  %.1f MB/s  %.0f s left", what_.c_str(),
               bar.c_str(), 100.0 * static_cast<double>(done) / static_cast<double>(total),
               rate / 1e6, left);
}

void progress_bar::finish() {
  if (shown_)
    std::fputs("\r\033[K", stderr);
  shown_ = false;
}

} // namespace vedette::cli

#include "tests/io/support.hpp"

#include "base/assert.hpp"

#include <zlib.h>
#include <zstd.h>

#include <arpa/inet.h>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vedette::io::testing {

temp_folder::temp_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "vedette-io-XXXXXX").string();
  VEDETTE_ASSERT(mkdtemp(pattern.data()) != nullptr);
  root_ = pattern;
}

temp_folder::~temp_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::string temp_folder::path(std::string_view name) const {
  return name.empty() ? root_.string() : (root_ / name).string();
}

std::string temp_folder::write(std::string_view name, std::string_view content) const {
  const auto where = root_ / name;
  std::filesystem::create_directories(where.parent_path());
  std::ofstream{where, std::ios::binary} << content;
  return where.string();
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  VEDETTE_ASSERT(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
                 Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  VEDETTE_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text, int window_log) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* packer = ZSTD_createCCtx();
  if (window_log > 0) {
    ZSTD_CCtx_setParameter(packer, ZSTD_c_windowLog, window_log);
    // Else a small input shrinks the window it asks for.
    ZSTD_CCtx_setParameter(packer, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setPledgedSrcSize(packer, ZSTD_CONTENTSIZE_UNKNOWN);
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    ZSTD_inBuffer from{text.data(), text.size(), 0};
    ZSTD_compressStream2(packer, &to, &from, ZSTD_e_continue);
    ZSTD_compressStream2(packer, &to, &from, ZSTD_e_end);
    out.resize(to.pos);
  } else {
    out.resize(ZSTD_compress2(packer, out.data(), out.size(), text.data(), text.size()));
  }
  ZSTD_freeCCtx(packer);
  return out;
}

raw_client::raw_client(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  VEDETTE_ASSERT(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

raw_client::~raw_client() {
  ::close(fd_);
}

bool raw_client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string raw_client::read_until(std::string_view wanted) const {
  std::string out;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  char buffer[65536];
  while (out.find(wanted) == std::string::npos) {
    pollfd ready{fd_, POLLIN, 0};
    if (std::chrono::steady_clock::now() > deadline)
      break;
    if (::poll(&ready, 1, 100) <= 0)
      continue;
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0)
      break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}

bool raw_client::closes_within(std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  char buffer[65536];
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10) <= 0)
      continue;
    if (::recv(fd_, buffer, sizeof buffer, 0) <= 0)
      return true;
  }
  return false;
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

} // namespace vedette::io::testing

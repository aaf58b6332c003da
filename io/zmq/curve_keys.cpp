#include "io/zmq/curve_keys.hpp"

#include <fmt/format.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

constexpr std::size_t key_chars = 40;
/// A key file has four short lines.
constexpr std::size_t key_file_bytes_max = 4096;

error failed(ec code, const char* doing, const std::string& path, std::string_view why) {
  return {code, fmt::format("{} the key file {}: {}", doing, path, why)};
}

/// Closes on the way out; 0 is never ours here.
struct open_file {
  explicit open_file(int f) : fd{f} {}
  ~open_file() {
    if (fd >= 0)
      ::close(fd);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int fd;
};

base::result<curve_keys> parse(const std::string& path, std::string_view text) {
  curve_keys out;
  int line_number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++line_number;
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.empty() || line.front() == '#')
      continue;
    const auto space = line.find(' ');
    const auto name = line.substr(0, space);
    const auto value =
        space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
    std::string* to = nullptr;
    if (name == "public-key")
      to = &out.public_key;
    else if (name == "secret-key")
      to = &out.secret_key;
    else if (name == "server-key")
      to = &out.server_key;
    // The value may be a secret, so no message repeats it.
    if (to == nullptr)
      return failed(
          ec::malformed, "reading", path,
          fmt::format("line {} is none of public-key, secret-key, server-key", line_number));
    if (!is_curve_key(value))
      return failed(ec::malformed, "reading", path,
                    fmt::format("line {}: {} is not 40 characters of Z85", line_number, name));
    *to = value;
  }
  if (out.public_key.empty() || out.secret_key.empty())
    return failed(ec::malformed, "reading", path, "public-key or secret-key is missing");
  std::array<char, key_chars + 1> derived{};
  if (zmq_curve_public(derived.data(), out.secret_key.c_str()) != 0 ||
      out.public_key != derived.data())
    return failed(ec::malformed, "reading", path,
                  "the public key does not belong to the secret key");
  return out;
}

} // namespace

base::result<curve_keys> generate_curve_keys() {
  std::array<char, key_chars + 1> public_key{};
  std::array<char, key_chars + 1> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    return error{ec::unsupported, "making a CURVE key pair: this libzmq was built without CURVE"};
  return curve_keys{public_key.data(), secret_key.data(), {}};
}

bool is_curve_key(std::string_view text) noexcept {
  constexpr std::string_view z85 =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  return text.size() == key_chars && text.find_first_not_of(z85) == std::string_view::npos;
}

base::status save_curve_keys(const std::string& path, const curve_keys& keys) {
  VEDETTE_ASSERT(is_curve_key(keys.public_key) && is_curve_key(keys.secret_key));
  const open_file file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.fd < 0)
    return failed(errno == EEXIST ? ec::conflict : ec::io, "writing", path,
                  errno == EEXIST ? "it exists already, and a key is never overwritten"
                                  : std::strerror(errno));
  auto text = fmt::format(
      "# A Vedette key. Whoever can read this file is who it names: keep it to its owner.\n"
      "public-key {}\nsecret-key {}\n",
      keys.public_key, keys.secret_key);
  if (!keys.server_key.empty())
    text += fmt::format("server-key {}\n", keys.server_key);
  std::size_t written = 0;
  while (written < text.size()) {
    const auto n = ::write(file.fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failed(errno == ENOSPC ? ec::disk_full : ec::io, "writing", path,
                    std::strerror(errno));
    written += static_cast<std::size_t>(n);
  }
  if (::fsync(file.fd) != 0)
    return failed(ec::io, "writing", path, std::strerror(errno));
  return {};
}

base::result<curve_keys> load_curve_keys(const std::string& path) {
  const open_file file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0)
    return failed(errno == ENOENT ? ec::not_found : ec::unreadable, "reading", path,
                  std::strerror(errno));
  struct stat about {};
  if (fstat(file.fd, &about) != 0 || !S_ISREG(about.st_mode))
    return failed(ec::unreadable, "reading", path, "it is not a file");
  if ((about.st_mode & 077U) != 0)
    return failed(ec::denied, "reading", path, "others may read it; run chmod 600 on it");
  std::string text(key_file_bytes_max, '\0');
  const auto got = ::read(file.fd, text.data(), text.size());
  if (got < 0)
    return failed(ec::unreadable, "reading", path, std::strerror(errno));
  text.resize(static_cast<std::size_t>(got));
  return parse(path, text);
}

base::result<curve_keys> load_or_create_curve_keys(const std::string& path) {
  auto known = load_curve_keys(path);
  if (known || known.err().code != ec::not_found)
    return known;
  auto made = generate_curve_keys();
  if (!made)
    return made;
  if (auto saved = save_curve_keys(path, *made); !saved)
    return saved.err();
  return made;
}

} // namespace vedette::io

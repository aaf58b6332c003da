#include "io/zmq/greeting.hpp"

#include <array>
#include <utility>

namespace vedette::io {

namespace {

// The start of a greeting: signature and major version. The other answers with all of its own.
constexpr std::array<unsigned char, 11> opening{0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3};
constexpr std::size_t mechanism_at = 12, mechanism_bytes = 20;

bool is_greeting(const std::string& heard) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(heard[i]); };
  return byte(0) == 0xFF && (byte(9) & 1U) != 0 && byte(10) >= 3;
}

} // namespace

std::optional<std::string> spoken_mechanism(zmq::context_t& context, const std::string& endpoint,
                                            std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  std::string heard;
  bool connected = false;
  try {
    zmq::socket_t raw{context, zmq::socket_type::stream};
    raw.set(zmq::sockopt::linger, 0);
    raw.set(zmq::sockopt::sndtimeo, static_cast<int>(patience.count()));
    raw.connect(endpoint);
    while (heard.size() < mechanism_at + mechanism_bytes) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      if (left.count() <= 0)
        return std::nullopt;
      raw.set(zmq::sockopt::rcvtimeo, static_cast<int>(left.count()));
      zmq::message_t peer, bytes;
      if (!raw.recv(peer) || !raw.recv(bytes))
        return std::nullopt;
      if (bytes.size() > 0) {
        heard += bytes.to_string_view();
        continue;
      }
      // No bytes: the first time the connection is there, the second time it is gone.
      if (std::exchange(connected, true))
        return std::nullopt;
      if (!raw.send(peer, zmq::send_flags::sndmore) ||
          !raw.send(zmq::buffer(opening), zmq::send_flags::none))
        return std::nullopt;
    }
  } catch (const zmq::error_t&) {
    return std::nullopt;
  }
  if (!is_greeting(heard))
    return std::nullopt;
  const std::string name = heard.substr(mechanism_at, mechanism_bytes);
  return name.substr(0, name.find('\0'));
}

} // namespace vedette::io

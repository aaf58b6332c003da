// A TCP proxy on loopback that tests can make lose what goes through it.
//
// One thread; remembers its connections. Made by tests between a coordinator and etcd.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace vedette::io::testing {

enum class way : std::uint8_t {
  open,
  refusing,       ///< connections end at once, those that are open too
  hole,           ///< connections are made, and nothing comes through
  losing_answers, ///< what is asked goes through; with the first byte of the answer the line ends
};

class proxy {
 public:
  explicit proxy(std::uint16_t target);
  ~proxy();
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// In force when it returns.
  void set(way w);
  /// Ends what is open; later connections are as the way says.
  void drop();

 private:
  struct pair;
  void run();
  void turn();

  std::uint16_t target_, port_ = 0;
  int listening_;
  std::atomic<way> way_{way::open};
  std::atomic<bool> stop_{false}, drop_{false};
  std::atomic<std::uint64_t> turns_{0};
  std::vector<std::unique_ptr<pair>> pairs_; ///< the thread's
  std::thread thread_;
};

} // namespace vedette::io::testing

// A TCP proxy on loopback that tests can make lose what goes through it, or hold it up.
//
// One thread; remembers its connections, and which process made each. Made by tests between a
// coordinator and etcd, and before the mesh of a node.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace vedette::io::testing {

enum class way : std::uint8_t {
  open,
  refusing,       ///< connections end at once, those that are open too
  hole,           ///< connections are made, and nothing comes through
  losing_answers, ///< what is asked goes through; with the first byte of the answer the line ends
};

/// A slow line: what is held up is bounded by what fits on it, the rest waits with its sender.
struct pace {
  std::chrono::milliseconds said{0}, told{0}; ///< later by so much: what is asked, and the answers
  std::size_t bytes_per_second = 0;           ///< in each direction; 0: as fast as it goes
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
  /// What a process says here is lost, or what it is told, or both; its connections stay.
  void lose(int pid, bool said, bool told);
  void lose_nothing();
  /// Every connection, or those that a process made, goes at this pace from now on.
  void slow(pace p) { slow(0, p); }
  void slow(int pid, pace p);
  /// Nothing is slow any more; what was held up goes at once.
  void hurry();
  /// Ends what is open; later connections are as the way says.
  void drop();

 private:
  struct pair;
  struct loss {
    int pid;
    bool said, told;
  };
  struct slowness {
    int pid;
    pace how;
  };
  [[nodiscard]] loss loss_of(std::uint16_t port) const;
  [[nodiscard]] pace pace_of(std::uint16_t port) const;
  void judge(pair& p) const;
  void run();
  void turn();

  std::uint16_t target_, port_ = 0;
  int listening_;
  std::atomic<way> way_{way::open};
  std::atomic<bool> stop_{false}, drop_{false};
  std::atomic<std::uint64_t> turns_{0};
  mutable std::mutex mutex_;
  std::vector<loss> losses_;                 ///< protected by mutex_
  std::vector<slowness> slow_;               ///< protected by mutex_
  std::atomic<bool> judge_{false};           ///< connections anew: something of these has changed
  std::vector<std::unique_ptr<pair>> pairs_; ///< the thread's
  std::thread thread_;
};

} // namespace vedette::io::testing

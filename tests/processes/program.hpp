// Real programs as child processes: started, fed, killed, and their output kept. Only what a test
// started is ever signalled.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vedette::test {

/// Path of a program built beside the tests.
[[nodiscard]] std::string program(const std::string& name);
/// The sample logs, or nothing when they are not on this machine.
[[nodiscard]] std::optional<std::filesystem::path> shared_data();

struct finished {
  int code = -1; ///< exit code, or 128 + signal
  std::string out, err;
  std::uint64_t peak_rss_bytes = 0; ///< a few milliseconds before its end
};
/// Runs to the end; killed after `patience`, which fails the test that looks at `code`.
[[nodiscard]] finished
run(const std::vector<std::string>& words,
    std::chrono::seconds patience = std::chrono::seconds{120},
    const std::vector<std::pair<std::string, std::string>>& environment = {});

/// A child that runs beside the test; its output goes to a file. Ended by the destructor.
class child {
 public:
  child(const std::vector<std::string>& words, std::filesystem::path log,
        const std::vector<std::pair<std::string, std::string>>& environment = {});
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void signal(int number) const;
  [[nodiscard]] int pid() const noexcept { return pid_; } ///< means nothing when it has ended
  /// The most memory it ever had; 0 when it is gone.
  [[nodiscard]] std::uint64_t peak_rss_bytes() const;
  /// Waits for the end; nothing when it has not come within `patience`.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);
  [[nodiscard]] bool running();
  [[nodiscard]] std::string log() const;
  /// Waits until the log holds the text.
  [[nodiscard]] bool says(const std::string& text, std::chrono::milliseconds patience);

 private:
  int pid_ = -1;
  std::optional<int> code_;
  std::filesystem::path log_;
};

/// A folder that is gone with the test.
class scratch {
 public:
  scratch();
  ~scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

 private:
  std::filesystem::path folder_;
};

/// A small file system of its own that fills up; nothing when this machine does not let us mount.
class small_disk {
 public:
  static std::unique_ptr<small_disk> make(const std::string& folder, std::size_t megabytes);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  /// False when the kernel refuses.
  [[nodiscard]] bool grow(std::size_t megabytes) const;

 private:
  explicit small_disk(std::string folder) : folder_{std::move(folder)} {}
  std::string folder_;
};

/// Takes all the space there is on a file system, until it goes.
class disk_filler {
 public:
  explicit disk_filler(std::string path);
  ~disk_filler();
  disk_filler(const disk_filler&) = delete;
  disk_filler& operator=(const disk_filler&) = delete;

 private:
  std::string path_;
};

/// A TCP port that was free a moment ago, below the range from which the kernel takes those of
/// outgoing connections: else one of them may have it before the program does, and a node that is
/// down and dialled all the time might find itself there.
[[nodiscard]] std::uint16_t free_port();

/// Settings that put a node on free ports, as environment variables.
struct node_address {
  std::uint16_t http = free_port(), ingest = free_port(), alerts = free_port();

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;
  [[nodiscard]] std::string server() const { return "http://127.0.0.1:" + std::to_string(http); }
  [[nodiscard]] std::string sink() const { return "tcp://127.0.0.1:" + std::to_string(ingest); }
};

/// Sends the bytes to the port and returns what comes back until the other side closes, or what
/// came within 30 s. "" when nobody listens.
[[nodiscard]] std::string http_exchange(std::uint16_t port, const std::string& bytes);
/// Status of a plain GET without a token; 0 when there was no answer.
[[nodiscard]] int http_status(std::uint16_t port, const std::string& path);

/// A number of the environment, or what is usual.
[[nodiscard]] std::uint64_t from_environment(const char* name, std::uint64_t usual);

void write_file(const std::string& path, const std::string& text);
/// Text of a member that is a string in a flat place of a JSON line; empty when absent.
[[nodiscard]] std::string member(const std::string& line, const std::string& name);
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

} // namespace vedette::test

// An AWS of the test's own: moto, which checks every signature, with a bucket "logs" that tells a
// queue of each new object.
#pragma once

#include "io/aws/client.hpp"
#include "tests/processes/program.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vedette::test {

class moto {
 public:
  /// Nothing when this machine does not have it, which it says; fails where it is required.
  static std::unique_ptr<moto> start();

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// For a program: where it is, and as whom to sign.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;
  [[nodiscard]] const std::string& queue() const { return queue_; }

  /// False: signatures are not looked at, for the calls whose right ones it takes for wrong.
  void check_signatures(bool on);
  void put(const std::string& key, const std::string& bytes);
  void remove(const std::string& key);
  void send(const std::string& body);
  /// From now on a message that came twice and was not deleted goes to another queue.
  void add_dead_letters();
  /// Messages that are there, hidden or not.
  [[nodiscard]] int messages(const std::string& queue = "logs-new");

 private:
  explicit moto(const std::string& program);
  io::http_response ask(io::http_method method, const std::string& service, const std::string& path,
                        const std::string& query, const std::string& body,
                        const std::string& target);
  std::string sqs(const std::string& action, const std::string& body);
  std::string make_queue(const std::string& name);

  scratch files_;
  std::uint16_t port_ = free_port();
  child process_;
  io::aws_credentials as_{"first", "first", "", {}};
  io::http_client http_;
  std::string queue_;
};

} // namespace vedette::test

#include "tests/mesh/child.hpp"

#include "tests/mesh/node.hpp"

#include <array>
#include <cstdlib>

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vedette::io::testing {

child::child(const std::string& peer, std::uint16_t port) {
  std::array<int, 2> in{}, out{};
  REQUIRE(pipe2(in.data(), O_CLOEXEC) == 0);
  REQUIRE(pipe2(out.data(), O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDERR_FILENO);
  std::array<std::string, 2> words{"test_mesh", "[.child]"};
  std::array<char*, 3> argv{words[0].data(), words[1].data(), nullptr};
  auto peer_is = "VEDETTE_TEST_PEER=" + peer;
  auto port_is = "VEDETTE_TEST_PORT=" + std::to_string(port);
  std::vector<char*> environment{peer_is.data(), port_is.data()};
  for (char** e = environ; *e != nullptr; ++e)
    environment.push_back(*e);
  environment.push_back(nullptr);
  REQUIRE(posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(),
                      environment.data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  life_ = in[1];
  // It says "port N\n" once it listens; its log may come before.
  std::string said;
  std::size_t at = std::string::npos;
  for (char c = 0; (at = said.find("port ")) == std::string::npos || said.back() != '\n';) {
    REQUIRE(::read(out[0], &c, 1) == 1);
    said += c;
  }
  port_ = static_cast<std::uint16_t>(std::stoi(said.substr(at + 5)));
  // Kept open and unread: the few lines it logs fit.
  static std::vector<int> kept;
  kept.push_back(out[0]);
}

child::~child() {
  kill();
}

void child::kill() {
  if (pid_ < 0)
    return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  ::close(life_);
}

void child::freeze() {
  ::kill(pid_, SIGSTOP);
}
void child::continue_() {
  ::kill(pid_, SIGCONT);
}

} // namespace vedette::io::testing

/// Not a test: what child's process does. Hidden, so it only runs when asked for.
TEST_CASE("mesh: (a node in a process of its own)", "[.child]") {
  using namespace vedette::io::testing;
  const char* peer = std::getenv("VEDETTE_TEST_PEER");
  const char* port = std::getenv("VEDETTE_TEST_PORT");
  if (peer == nullptr || port == nullptr)
    return;
  vedette::io::mesh_settings settings;
  settings.listen = "tcp://127.0.0.1:" + std::string{port};
  node b{"b", settings};
  b.echo();
  b.forget_payloads();
  b.wire().set_peers({{{"a"}, peer, {}, 0}});
  std::fprintf(stderr, "port %d\n", static_cast<int>(b.port()));
  char c = 0;
  while (::read(STDIN_FILENO, &c, 1) > 0) {
  }
}

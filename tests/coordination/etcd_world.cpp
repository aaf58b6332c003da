#include "io/clock/clock.hpp"
#include "io/coordination/etcd_coordinator.hpp"
#include "tests/coordination/etcd_server.hpp"
#include "tests/coordination/proxy.hpp"
#include "tests/coordination/world.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <thread>

namespace vedette::io::testing {
namespace {

using namespace std::chrono_literals;

/// One server for all tests that do not break it; each test has its own prefix.
etcd_server& shared_server() {
  static etcd_server server;
  return server;
}

class etcd_world final : public world {
 public:
  etcd_world() {
    static int worlds = 0;
    prefix_ = fmt::format("/t{}/", ++worlds);
  }
  ~etcd_world() override { end_parties(); }

  void cut(party& p, bool on) override { ways_[index_of(p)]->set(on ? way::refusing : way::open); }
  void lose_answers(party& p, bool on) override {
    ways_[index_of(p)]->set(on ? way::losing_answers : way::open);
  }
  void compact() override {
    const auto now = server().call("/v3/kv/range", R"({"key":"AA=="})");
    const std::string mark = "\"revision\":\"";
    const auto at = now.find(mark) + mark.size();
    const auto revision = now.substr(at, now.find('"', at) - at);
    const auto done =
        server().call("/v3/kv/compaction", R"({"revision":")" + revision + R"(","physical":true})");
    REQUIRE(done.find("header") != std::string::npos);
  }
  void have_own_server() override { own_ = std::make_unique<etcd_server>(); }
  void wipe() override { own().lose_data(); }
  void save() override { own().save_data(); }
  void restore() override { own().restore_data(); }
  base::duration now() const override { return time_.monotonic(); }

 protected:
  std::unique_ptr<coordinator> make_handle() override {
    ways_.push_back(std::make_unique<proxy>(server().port()));
    etcd_settings s;
    s.endpoints = {fmt::format("http://127.0.0.1:{}", ways_.back()->port())};
    s.prefix = prefix_;
    auto made = make_etcd_coordinator(s, time_);
    REQUIRE(made);
    return std::move(*made);
  }
  void let_pass(base::duration d) override { std::this_thread::sleep_for(d); }

 private:
  etcd_server& server() { return own_ ? *own_ : shared_server(); }
  /// What is broken is broken for this test only: ask for it before the first party.
  etcd_server& own() {
    REQUIRE(own_);
    return *own_;
  }

  real_clock time_;
  std::string prefix_;
  std::unique_ptr<etcd_server> own_;
  std::vector<std::unique_ptr<proxy>> ways_;
};

} // namespace

std::unique_ptr<world> make_etcd_world() {
  if (etcd_program().empty())
    return nullptr;
  return std::make_unique<etcd_world>();
}

} // namespace vedette::io::testing

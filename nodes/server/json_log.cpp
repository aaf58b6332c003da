#include "nodes/server/json_log.hpp"

#include "base/json_writer.hpp"
#include "base/time.hpp"

#include <spdlog/details/log_msg.h>

namespace vedette::server {

namespace {

class json_log final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& m, spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(m.level);
    const auto at = std::chrono::time_point_cast<std::chrono::milliseconds>(m.time);
    base::json_writer w;
    w.begin_object().member("time",
                            base::format_rfc3339(base::receive_time{at.time_since_epoch()}));
    w.member("level", std::string_view{level.data(), level.size()});
    w.member("message", std::string_view{m.payload.data(), m.payload.size()}).end_object();
    const auto line = w.text();
    out.append(line.data(), line.data() + line.size());
    out.push_back('\n');
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_log>();
  }
};

} // namespace

std::unique_ptr<spdlog::formatter> json_log_formatter() {
  return std::make_unique<json_log>();
}

} // namespace vedette::server

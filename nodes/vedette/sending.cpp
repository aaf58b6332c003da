#include "nodes/vedette/sending.hpp"

#include "base/json_writer.hpp"
#include "base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace vedette::cli {

namespace {

bool is_socket(const std::string& to) {
  return to.starts_with("tcp://") || to.starts_with("ipc://");
}

std::string_view read_from(const send_flags& f) {
  return names_topics(f) ? "values" : names_objects(f) ? "objects" : "files";
}

volatile std::sig_atomic_t asked = 0;

} // namespace

base::result<std::unique_ptr<client::sender>> open_sender(const send_flags& f) {
  const auto& first = f.to.front();
  if (f.to.size() > 1 && !std::all_of(f.to.begin(), f.to.end(), is_socket))
    return base::error{base::ec::invalid_argument,
                       "--to: only tcp:// and ipc:// take several nodes; over HTTP name one"};
  if (is_socket(first)) {
    if (f.key_file.empty() && !f.tenant.empty() && f.tenant != "local")
      return base::error{
          base::ec::invalid_argument,
          fmt::format("--tenant {}: over {} the tenant comes from the key; say --key-file, made by "
                      "`vedette keys create --tenant {}`",
                      f.tenant, first.substr(0, 3), f.tenant)};
    io::collector_settings s;
    s.endpoints = f.to;
    s.source = f.source;
    if (!f.key_file.empty()) {
      auto keys = io::load_curve_keys(f.key_file);
      if (!keys)
        return keys.err();
      s.keys = std::move(*keys);
    }
    return client::open_collector(std::move(s));
  }
  auto remote = f.remote;
  if (first != "http")
    remote.to.server = first;
  auto node = connect(remote);
  if (!node)
    return node.err();
  return client::open_http(std::move(*node), f.tenant, f.source);
}

void print_figures(const send_flags& f, const send_figures& n) {
  if (f.remote.format == "table") {
    std::string more;
    for (const auto& [name, value] : n.more)
      if (value > 0)
        more += fmt::format(", {} {}", value, name);
    std::replace(more.begin(), more.end(), '_', ' ');
    print(fmt::format(
        "{} records ({:.1f} MB) of {} {} in {:.1f} s: {} accepted, {} duplicate, {} "
        "quarantined, {} skipped{}{}\n",
        n.records, static_cast<double>(n.bytes) / 1e6, n.files, read_from(f), n.seconds,
        n.sent.accepted, n.sent.duplicate, n.sent.quarantined, n.sent.skipped,
        n.sent.confirmed > 0 ? fmt::format(", {} durable without figures", n.sent.confirmed) : "",
        more));
    return;
  }
  base::json_writer w;
  w.begin_object().member(read_from(f), n.files);
  w.member("records", n.records).member("bytes", n.bytes);
  w.member("accepted", n.sent.accepted).member("duplicate", n.sent.duplicate);
  w.member("quarantined", n.sent.quarantined).member("skipped", n.sent.skipped);
  w.member("confirmed", n.sent.confirmed).member("too_large", n.refused);
  w.member("resent", n.sent.resent);
  for (const auto& [name, value] : n.more)
    w.member(name, value);
  w.member("seconds", n.seconds).end_object();
  if (auto doc = server::json_document::parse(w.text(), "figures"))
    (void)print_one(f.remote, doc->root());
}

bool tell_of_trouble(const send_figures& n) {
  std::fflush(stdout);
  if (n.refused > 0)
    std::fprintf(
        stderr,
        "vedette: %llu records are larger than %zu MiB: only their beginning was sent, for "
        "quarantine\n",
        static_cast<unsigned long long>(n.refused), base::limits::record_bytes >> 20U);
  if (n.sent.quarantined > 0)
    std::fprintf(stderr, "vedette: %llu records are in quarantine; see `vedette quarantine list`\n",
                 static_cast<unsigned long long>(n.sent.quarantined));
  return n.refused == 0 && n.sent.quarantined == 0;
}

void end_when_asked() {
  for (const int number : {SIGINT, SIGTERM})
    std::signal(number, [](int) { asked = 1; });
}

bool asked_to_end() noexcept {
  return asked != 0;
}

} // namespace vedette::cli

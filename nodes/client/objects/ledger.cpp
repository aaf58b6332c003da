#include "nodes/client/objects/ledger.hpp"

#include "base/json_writer.hpp"
#include "io/files/text_file.hpp"
#include "nodes/server/api/json.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace vedette::client {

namespace {

using base::ec;
using base::error;

constexpr std::string_view first_line = "vedette-objects 1\n";
constexpr std::size_t file_bytes_max = std::size_t{512} << 20;

std::int64_t seconds_of(base::event_time t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

std::string done_line(const base::hash128& id, std::int64_t seconds) {
  return fmt::format("+ {:016x}{:016x} {}\n", id.high, id.low, seconds);
}

std::string begun_line(std::span<const io::s3_object> group) {
  base::json_writer w;
  w.begin_array();
  for (const auto& o : group) {
    w.begin_object().member("bucket", o.bucket).member("key", o.key).member("etag", o.etag);
    if (o.size_known)
      w.member("size", o.size);
    w.end_object();
  }
  w.end_array();
  return "> " + std::string{w.text()} + "\n";
}

bool read_done(std::string_view line, base::hash128& id, std::int64_t& seconds) {
  const auto* end = line.data() + line.size();
  if (line.size() < 34 || line[32] != ' ')
    return false;
  const auto high = std::from_chars(line.data(), line.data() + 16, id.high, 16);
  const auto low = std::from_chars(line.data() + 16, line.data() + 32, id.low, 16);
  const auto time = std::from_chars(line.data() + 33, end, seconds);
  return high.ptr == line.data() + 16 && low.ptr == line.data() + 32 && time.ptr == end;
}

bool read_begun(std::string_view line, std::vector<io::s3_object>& out) {
  const auto doc = server::json_document::parse(line, "");
  if (!doc)
    return false;
  out.clear();
  for (const auto& o : server::list_of(doc->root())) {
    auto& object = out.emplace_back();
    object.bucket = server::text_at(o, "bucket");
    object.key = server::text_at(o, "key");
    object.etag = server::text_at(o, "etag");
    object.size_known = server::at(o, "size").has_value();
    object.size = server::number_at(o, "size");
  }
  return true;
}

} // namespace

base::hash128 identity_of(const io::s3_object& object) {
  // A key holds no line breaks that a bucket or a tag could be taken for: neither may hold one.
  return base::hash128_of(object.bucket + "\n" + object.etag + "\n" + object.key);
}

base::result<object_ledger> object_ledger::open(std::string path, base::event_time now) {
  object_ledger out{std::move(path)};
  if (out.path_.empty())
    return out;
  if (auto ok = out.lock(); !ok)
    return ok.err();
  const auto text = io::read_text(out.path_, file_bytes_max);
  if (!text)
    return text.err();
  if (auto ok = out.load(*text); !ok)
    return ok.err();
  out.forget_old(now);
  if (auto ok = out.rewrite(); !ok)
    return ok.err();
  return out;
}

base::status object_ledger::load(std::string_view text) {
  if (text.empty())
    return {};
  std::size_t number = 0;
  bool good = text.starts_with(first_line);
  text.remove_prefix(std::min(first_line.size(), text.size()));
  for (number = 2; good && !text.empty(); ++number) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos)
      return {}; // the process ended while it was written
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    base::hash128 id;
    std::int64_t seconds = 0;
    if (line.starts_with("+ ") && read_done(line.substr(2), id, seconds))
      remember(id, seconds);
    else if (line == ".")
      begun_.clear();
    else
      good = line.starts_with("> ") && read_begun(line.substr(2), begun_);
  }
  if (good)
    return {};
  return error{ec::corrupt, fmt::format("reading {}: line {} is not of a file of positions of "
                                        "objects; name another file, or remove it to begin anew",
                                        path_, number - 1)};
}

void object_ledger::remember(const base::hash128& id, std::int64_t seconds) {
  if (!known_.insert(id).second)
    return;
  order_.emplace_back(seconds, id);
  if (order_.size() <= objects_max)
    return;
  known_.erase(order_.front().second);
  order_.pop_front();
}

void object_ledger::forget_old(base::event_time now) {
  const auto oldest = seconds_of(now - kept_for);
  while (!order_.empty() && order_.front().first < oldest) {
    known_.erase(order_.front().second);
    order_.pop_front();
  }
}

bool object_ledger::knows(const io::s3_object& object) const {
  return known_.contains(identity_of(object));
}

base::status object_ledger::begin(std::span<const io::s3_object> group) {
  begun_.assign(group.begin(), group.end());
  return append(begun_line(group));
}

base::status object_ledger::done(std::span<const io::s3_object> group, base::event_time now) {
  std::string lines;
  for (const auto& o : group) {
    const auto id = identity_of(o);
    lines += done_line(id, seconds_of(now));
    remember(id, seconds_of(now));
  }
  begun_.clear();
  if (auto ok = append(lines + ".\n"); !ok || written_ < rewritten_at_bytes)
    return ok;
  forget_old(now);
  return rewrite();
}

base::status object_ledger::lock() {
  io::descriptor file{::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!file.is_open())
    return error{errno == EACCES ? ec::denied : ec::io,
                 fmt::format("opening {}: {}", path_, std::strerror(errno))};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return error{ec::conflict, fmt::format("opening {}: another run uses it; end that one, or name "
                                           "another file",
                                           path_)};
  file_ = std::move(file);
  return {};
}

base::status object_ledger::rewrite() {
  std::string text{first_line};
  for (const auto& [seconds, id] : order_)
    text += done_line(id, seconds);
  if (!begun_.empty())
    text += begun_line(begun_);
  if (auto ok = io::write_text(path_, text, 0600); !ok)
    return ok;
  written_ = 0;
  return lock(); // of what stands there now
}

base::status object_ledger::append(std::string_view lines) {
  if (path_.empty())
    return {};
  written_ += lines.size();
  while (!lines.empty()) {
    const auto n = ::write(file_.get(), lines.data(), lines.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return error{errno == ENOSPC ? ec::disk_full : ec::io,
                   fmt::format("writing {}: {}", path_, std::strerror(errno))};
    lines.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

} // namespace vedette::client

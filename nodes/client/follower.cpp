#include "nodes/client/follower.hpp"

#include "base/json_writer.hpp"
#include "ingest/record_splitter.hpp"
#include "io/files/log_files.hpp"
#include "io/files/log_reader.hpp"
#include "io/files/text_file.hpp"
#include "nodes/server/api/json.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <sys/stat.h>

namespace vedette::client {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto look_every = 2s; ///< for files that are new
constexpr auto quiet = 3s;      ///< nobody writes to it any more, it seems

/// One file that is followed.
struct followed {
  io::log_tail tail;
  ingest::record_splitter splitter;
  bool packed = false;
  clock::time_point grew = clock::now();
  std::uint64_t size = 0; ///< of a packed one, when it grew last
  bool complained = false;
};

bool is_packed(const std::string& path) {
  char head[4]{};
  std::ifstream in{path, std::ios::binary};
  in.read(head, sizeof head);
  return io::sniff_compression({head, static_cast<std::size_t>(in.gcount())}) !=
         io::compression::none;
}

using positions = std::map<std::string, io::file_position>;

base::result<positions> load(const std::string& path) {
  positions out;
  if (path.empty())
    return out;
  const auto text = io::read_text(path);
  if (!text)
    return text.err().code == base::ec::not_found ? base::result<positions>{out}
                                                  : base::result<positions>{text.err()};
  const auto doc = server::json_document::parse(*text, "the positions in " + path);
  if (!doc)
    return doc.err();
  for (const auto& f : server::list_at(doc->root(), "files"))
    out[server::text_at(f, "path")] = {server::number_at(f, "device"),
                                       server::number_at(f, "inode"),
                                       server::number_at(f, "offset")};
  return out;
}

class follower {
 public:
  follower(sender& to, const follow_options& how) : to_{to}, how_{how} {}

  base::result<followed_totals> run() {
    auto known = load(how_.positions);
    if (!known)
      return known.err();
    known_ = std::move(*known);
    auto looked = clock::time_point{};
    for (;;) {
      const bool last = how_.stop();
      if (clock::now() - looked >= look_every) {
        look();
        looked = clock::now();
      }
      const auto more = read_all();
      if (!more)
        return more.err();
      if (auto ok = remember(*more); !ok)
        return ok.err();
      if (last)
        return totals_;
      if (!*more)
        how_.pause();
    }
  }

 private:
  /// Files that are new.
  void look() {
    for (const auto& f : io::find_log_files(how_.paths).files)
      if (!files_.contains(f.path))
        follow(f.path);
    for (const auto& path : how_.paths) // named by the user: may be empty, or still to come
      if (struct stat about{};
          !files_.contains(path) && (stat(path.c_str(), &about) != 0 || S_ISREG(about.st_mode)))
        follow(path);
  }
  void follow(const std::string& path) {
    files_.emplace(path,
                   followed{io::log_tail{path, position_of(path)},
                            ingest::record_splitter{how_.unwrap, how_.columns}, is_packed(path)});
    ++totals_.files;
  }

  /// Where the file was left, under this name or the one that it had before it was moved.
  io::file_position position_of(const std::string& path) {
    struct stat about {};
    if (known_.contains(path) || stat(path.c_str(), &about) != 0)
      return known_[path];
    for (const auto& [other, at] : known_)
      if (at.device == static_cast<std::uint64_t>(about.st_dev) &&
          at.inode == static_cast<std::uint64_t>(about.st_ino))
        return at;
    return {};
  }

  /// A turn of each; whether any had something.
  base::result<bool> read_all() {
    bool any = false;
    for (auto& [path, f] : files_) {
      const auto more = f.packed ? read_packed(path, f) : read_plain(f);
      if (!more && broken_)
        return *broken_;
      if (!more && !std::exchange(f.complained, true))
        how_.complain(more.err());
      if (more)
        f.complained = false;
      any = any || (more && *more);
    }
    return any;
  }

  ingest::record_splitter::sink taking() {
    return [this](const ingest::split_record& r) {
      if (broken_)
        return;
      ++totals_.records;
      totals_.bytes += r.text.size();
      totals_.refused += r.problem.empty() ? 0 : 1;
      unsettled_ = true;
      if (auto ok = to_.add(r.text); !ok)
        broken_ = ok.err();
    };
  }

  base::result<bool> read_plain(followed& f) {
    const auto take = taking();
    const bool was_open = f.tail.position().inode != 0;
    const auto more = f.tail.read([&](std::string_view piece) -> base::status {
      f.splitter.push(piece, take);
      return broken_ ? base::status{*broken_} : base::status{};
    });
    if (was_open && f.tail.position().inode == 0)
      f.splitter.finish(take); // what began in the old file does not go on in the new one
    if (more && *more)
      f.grew = clock::now();
    else if (more && clock::now() - f.grew >= quiet)
      f.tail.settle();
    return more;
  }

  base::result<bool> read_packed(const std::string& path, followed& f) {
    struct stat about {};
    if (stat(path.c_str(), &about) != 0)
      return false;
    const auto size = static_cast<std::uint64_t>(about.st_size);
    const io::file_position whole{static_cast<std::uint64_t>(about.st_dev),
                                  static_cast<std::uint64_t>(about.st_ino), size};
    if (size != f.size) {
      f.size = size;
      f.grew = clock::now();
    }
    if (known_[path] == whole || clock::now() - f.grew < quiet)
      return false;
    const auto take = taking();
    const auto read = io::read_log(path, [&](std::string_view piece) -> base::status {
      f.splitter.push(piece, take);
      return broken_ ? base::status{*broken_} : base::status{};
    });
    f.splitter.finish(take);
    if (broken_)
      return *broken_;
    read_whole_[path] = whole; // damaged too: another try would find the same
    if (!read)
      return read.err();
    return true;
  }

  /// What was read is durable and written down, when nothing more is there or enough was read.
  base::status remember(bool more) {
    if (!unsettled_ && !settled_differs())
      return {};
    if (more && clock::now() - remembered_ < 1s)
      return {};
    if (auto ok = to_.settle(); !ok)
      return ok;
    unsettled_ = false;
    remembered_ = clock::now();
    for (const auto& [path, f] : files_)
      if (!f.packed && f.tail.position().inode != 0)
        known_[path] = f.tail.position();
    for (const auto& [path, at] : std::exchange(read_whole_, {}))
      known_[path] = at;
    return how_.positions.empty() ? base::status{} : save();
  }
  [[nodiscard]] bool settled_differs() {
    return !read_whole_.empty() || std::ranges::any_of(files_, [this](const auto& f) {
      return !f.second.packed && f.second.tail.position().inode != 0 &&
             known_[f.first] != f.second.tail.position();
    });
  }

  base::status save() {
    base::json_writer w{1};
    w.begin_object().key("files").begin_array();
    for (const auto& [path, at] : known_) {
      if (at.inode == 0)
        continue;
      w.begin_object().member("path", path).member("device", at.device);
      w.member("inode", at.inode).member("offset", at.offset).end_object();
    }
    w.end_array().end_object();
    return io::write_text(how_.positions, std::string{w.text()} + "\n", 0600);
  }

  sender& to_;
  const follow_options& how_;
  positions known_;      ///< durable
  positions read_whole_; ///< packed files, to become known
  std::map<std::string, followed> files_;
  followed_totals totals_;
  bool unsettled_ = false;
  clock::time_point remembered_;
  std::optional<base::error> broken_;
};

} // namespace

base::result<followed_totals> follow(sender& to, const follow_options& how) {
  return follower{to, how}.run();
}

} // namespace vedette::client

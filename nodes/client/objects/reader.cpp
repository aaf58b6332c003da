#include "nodes/client/objects/reader.hpp"

#include "ingest/record_splitter.hpp"
#include "io/files/content.hpp"

#include <fmt/format.h>

#include <optional>

namespace vedette::client {

namespace {

using base::ec;
using base::error;

/// Enough to tell a log from other things.
constexpr std::size_t sniffed_bytes = 512;
/// Batches of one name must be the same whoever makes them: changes with how records are cut.
constexpr std::string_view cut_version = "objects.1";

std::string name_of(std::span<const io::s3_object> group, const object_reader_options& how) {
  std::string all{cut_version};
  for (const auto& u : how.unwrap)
    all += "\n" + u;
  if (!how.columns.empty())
    all += "\n\n" + how.columns;
  for (const auto& o : group)
    all += base::to_hex(identity_of(o));
  return "s3-" + base::to_hex(base::hash128_of(all));
}

std::vector<io::s3_object> objects_of(const std::vector<fetched_object>& group) {
  std::vector<io::s3_object> out;
  for (const auto& f : group)
    out.push_back(f.object);
  return out;
}

/// Bytes of one object, unpacked, judged by their beginning and cut into records.
class unpacking {
 public:
  unpacking(std::string what, const object_reader_options& how,
            ingest::record_splitter::sink records)
      : what_{std::move(what)}, columns_{!how.columns.empty()}, splitter_{how.unwrap, how.columns},
        records_{std::move(records)} {}

  base::status write(std::string_view bytes) {
    if (!unpack_) {
      packed_ += bytes;
      if (packed_.size() < sniffed_bytes)
        return {};
      return open();
    }
    return unpack_->write(bytes, plain_);
  }
  base::status finish() {
    if (!unpack_)
      if (auto ok = open(); !ok)
        return ok;
    auto ended = unpack_->finish();
    if (!judged_)
      judge();
    if (is_log_)
      splitter_.finish(records_);
    return ended;
  }
  [[nodiscard]] bool is_log() const noexcept { return !judged_ || is_log_; }

 private:
  base::status open() {
    unpack_.emplace(io::sniff_compression(packed_), what_);
    return unpack_->write(std::exchange(packed_, {}), plain_);
  }
  void judge() {
    judged_ = true;
    const auto what = io::sniff_content(head_);
    is_log_ = what == io::content::json || what == io::content::lines ||
              (what == io::content::text && columns_);
    if (is_log_)
      splitter_.push(head_, records_);
    head_.clear();
  }

  std::string what_, packed_, head_;
  bool columns_; ///< text whose order was told is a log
  ingest::record_splitter splitter_;
  ingest::record_splitter::sink records_;
  std::optional<io::decompressor> unpack_;
  bool judged_ = false, is_log_ = false;
  io::byte_sink plain_ = [this](std::string_view piece) -> base::status {
    if (judged_ && is_log_)
      splitter_.push(piece, records_);
    if (judged_)
      return {};
    head_ += piece;
    if (head_.size() >= sniffed_bytes)
      judge();
    return {};
  };
};

/// The network's fault, not the object's.
bool may_pass_later(ec code) {
  return code == ec::unavailable || code == ec::timed_out || code == ec::io;
}

} // namespace

object_reader::object_reader(sender& to, object_ledger& ledger, io::s3_client streams,
                             object_reader_options options)
    : to_{to}, ledger_{ledger}, streams_{std::move(streams)}, options_{std::move(options)} {}
object_reader::~object_reader() = default;

base::status object_reader::take(fetched_object object) {
  // Announced twice: the second time it is known.
  for (const auto& f : group_)
    if (identity_of(f.object) == identity_of(object.object)) {
      if (auto ok = flush(); !ok)
        return ok;
      break;
    }
  if (ledger_.knows(object.object)) {
    note(object, object_outcome::known);
    return {};
  }
  if (settle_failure(object))
    return {};
  if (!object.bytes)
    return stream_alone(std::move(object));
  group_size_ += object.bytes->size();
  group_.push_back(std::move(object));
  return group_.size() >= group_objects || group_size_ >= group_bytes ? flush() : base::status{};
}

base::status object_reader::flush() {
  if (group_.empty())
    return {};
  group_size_ = 0;
  return send(std::exchange(group_, {}));
}

base::status object_reader::send(std::vector<fetched_object> group) {
  const auto objects = objects_of(group);
  if (auto ok = ledger_.begin(objects); !ok)
    return ok;
  if (auto ok = to_.begin(name_of(objects, options_)); !ok)
    return ok;
  std::vector<reading> how;
  for (auto& f : group) {
    const auto was = read(f);
    if (!was)
      return was.err();
    how.push_back(*was);
  }
  if (auto ok = to_.settle(); !ok)
    return ok;
  if (auto ok = ledger_.done(objects, options_.now()); !ok)
    return ok;
  for (std::size_t i = 0; i < group.size(); ++i)
    count(group[i], how[i]);
  return {};
}

base::status object_reader::stream_alone(fetched_object object) {
  if (auto ok = flush(); !ok)
    return ok;
  const std::span one{&object.object, 1};
  if (auto ok = ledger_.begin(one); !ok)
    return ok;
  for (int tried = 1;; ++tried) {
    if (auto ok = to_.begin(name_of(one, options_)); !ok)
      return ok;
    const auto was = read(object);
    if (!was)
      return was.err();
    // A batch that was cut short by the network must not take the place of the whole one.
    if (*was == reading::broken_off)
      to_.forget();
    if (auto ok = to_.settle(); !ok)
      return ok;
    if (*was != reading::broken_off) {
      if (auto ok = ledger_.done(one, options_.now()); !ok)
        return ok;
      count(object, *was);
      return {};
    }
    if (tried >= tries_max || !may_pass_later(object.failed->code)) {
      (void)settle_failure(object);
      return {};
    }
    object.failed.reset();
  }
}

base::result<object_reader::reading> object_reader::read(fetched_object& object) {
  std::optional<error> refused;
  unpacking in{object.object.url(), options_, [&](const ingest::split_record& r) {
                 if (refused)
                   return;
                 ++totals_.records;
                 totals_.bytes += r.text.size();
                 totals_.refused += r.problem.empty() ? 0 : 1;
                 if (auto ok = to_.add(r.text); !ok)
                   refused = ok.err();
               }};
  std::optional<error> unreadable;
  const auto write = [&](std::string_view bytes) -> base::status {
    if (auto ok = in.write(bytes); !ok)
      unreadable = ok.err();
    if (refused)
      return *refused;
    return unreadable ? base::status{*unreadable} : base::status{};
  };
  if (object.bytes) {
    (void)write(*object.bytes);
  } else if (auto ok = streams_.stream(object.object, write); !ok && !refused && !unreadable) {
    object.failed = ok.err();
    return reading::broken_off;
  }
  if (!unreadable && !refused)
    if (auto ok = in.finish(); !ok)
      unreadable = ok.err();
  if (refused)
    return *refused;
  if (unreadable && options_.complain)
    options_.complain(
        {unreadable->code,
         fmt::format("{}; what could be read of it was sent, and it is not read again",
                     unreadable->context)});
  return unreadable ? reading::damaged : in.is_log() ? reading::whole : reading::left_out;
}

/// True when there is nothing to send of it.
bool object_reader::settle_failure(const fetched_object& object) {
  if (!object.failed)
    return false;
  if (options_.complain)
    options_.complain(*object.failed);
  const auto code = object.failed->code;
  note(object, code == ec::not_found || code == ec::conflict ? object_outcome::gone
                                                             : object_outcome::failed);
  return true;
}

void object_reader::count(const fetched_object& object, reading how) {
  totals_.left_out += how == reading::left_out ? 1 : 0;
  totals_.damaged += how == reading::damaged ? 1 : 0;
  note(object, object_outcome::durable);
}

void object_reader::note(const fetched_object& object, object_outcome what) {
  switch (what) {
  case object_outcome::durable:
    ++totals_.objects;
    break;
  case object_outcome::known:
    ++totals_.known;
    break;
  case object_outcome::gone:
    ++totals_.gone;
    break;
  case object_outcome::failed:
    ++totals_.failed;
    break;
  }
  if (options_.tell)
    options_.tell(object, what);
}

} // namespace vedette::client

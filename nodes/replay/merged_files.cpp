#include "nodes/replay/merged_files.hpp"

#include "ingest/record_time.hpp"
#include "io/files/log_reader.hpp"
#include "nodes/replay/file_order.hpp"

#include <algorithm>
#include <memory>

namespace vedette::replay {

namespace {

constexpr std::size_t padding = 64;
/// Of each file, where there are several; packed ones expand about tenfold.
constexpr std::size_t shared_buffer_bytes = std::size_t{128} << 10;

/// One open file: what was read of it and not given on.
class cursor {
 public:
  cursor(base::event_time first, io::log_stream stream, const merge_options& how)
      : newest_{first}, latest_{how.latest}, stream_{std::move(stream)}, splitter_{how.unwrap,
                                                                                   how.columns} {}

  /// The newest time that was met; at first that of the first record.
  [[nodiscard]] base::event_time newest() const noexcept { return newest_; }

  /// Gives on what comes before the first record newer than `limit`; false: there is no more.
  /// Error: what the sink returned.
  base::result<bool> give(base::event_time limit, const record_sink& take,
                          std::vector<base::error>& problems) {
    for (;;) {
      for (; next_ < held_.size(); ++next_) {
        const auto& h = held_[next_];
        newest_ = std::max(newest_, h.time);
        if (newest_ > limit)
          return true;
        if (auto ok = take({std::string_view{text_}.substr(h.offset, h.length), h.problem}); !ok)
          return ok.err();
      }
      if (ended_)
        return false;
      if (limit < base::event_time::max())
        hold_more(problems);
      else if (auto ok = pass_on(take, problems); !ok)
        return ok.err();
    }
  }

 private:
  struct held {
    std::size_t offset, length;
    std::string problem;
    base::event_time time;
  };

  /// Nobody else has a say in the order any more: as they come.
  base::status pass_on(const record_sink& take, std::vector<base::error>& problems) {
    base::status out;
    read(
        [&](const ingest::split_record& r) {
          if (out)
            out = take(r);
        },
        problems);
    return out;
  }

  void hold_more(std::vector<base::error>& problems) {
    text_.clear();
    held_.clear();
    next_ = 0;
    read(
        [this](const ingest::split_record& r) {
          const auto time = ingest::time_of(r.text);
          held_.push_back({text_.size(), r.text.size(), std::string{r.problem},
                           time && *time <= latest_ ? *time : base::event_time::min()});
          text_ += r.text;
        },
        problems);
    text_.append(padding, ' ');
  }

  void read(const ingest::record_splitter::sink& on, std::vector<base::error>& problems) {
    const auto more = stream_.read([&](std::string_view piece) -> base::status {
      splitter_.push(piece, on);
      return {};
    });
    if (!more)
      problems.push_back(more.err());
    if (!more || !*more) {
      ended_ = true;
      splitter_.finish(on);
    }
  }

  base::event_time newest_, latest_;
  io::log_stream stream_;
  ingest::record_splitter splitter_;
  std::string text_;
  std::vector<held> held_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

/// The files that are open, the one to go on first, and those still to be opened.
class reading {
 public:
  reading(std::vector<dated_file> files, const merge_options& how,
          std::vector<base::error>& problems)
      : files_{std::move(files)}, how_{how}, problems_{problems} {}

  base::status run(const record_sink& take) {
    for (;;) {
      open_what_is_due();
      if (open_.empty())
        return {};
      std::pop_heap(open_.begin(), open_.end(), later);
      auto oldest = std::move(open_.back());
      open_.pop_back();
      const auto more = oldest->give(limit(), take, problems_);
      if (!more)
        return more.err();
      if (!*more)
        continue;
      open_.push_back(std::move(oldest));
      std::push_heap(open_.begin(), open_.end(), later);
    }
  }

 private:
  static bool later(const std::unique_ptr<cursor>& a, const std::unique_ptr<cursor>& b) {
    return a->newest() > b->newest();
  }
  [[nodiscard]] bool may_open() const noexcept {
    return next_ < files_.size() && open_.size() < how_.open_max;
  }

  /// Up to where the file taken out of `open_` may go on.
  [[nodiscard]] base::event_time limit() const noexcept {
    auto out = base::event_time::max();
    if (!open_.empty())
      out = open_.front()->newest();
    if (may_open())
      out = std::min(out, files_[next_].first);
    return out;
  }

  void open_what_is_due() {
    while (may_open() && (open_.empty() || files_[next_].first <= open_.front()->newest()))
      open_next();
  }

  void open_next() {
    const auto& f = files_[next_++];
    io::read_options options;
    if (files_.size() > 1)
      options.buffer_bytes = shared_buffer_bytes;
    if (how_.progress)
      options.progress = [this, before = std::uint64_t{0}](const io::read_progress& p) mutable {
        done_ += p.bytes_read - before;
        before = p.bytes_read;
        how_.progress(done_);
      };
    auto stream = io::log_stream::open(f.file.path, options);
    if (!stream) {
      problems_.push_back(stream.err());
      return;
    }
    open_.push_back(std::make_unique<cursor>(f.first, std::move(*stream), how_));
    std::push_heap(open_.begin(), open_.end(), later);
  }

  std::vector<dated_file> files_;
  const merge_options& how_;
  std::vector<base::error>& problems_;
  std::vector<std::unique_ptr<cursor>> open_; ///< a heap, the oldest first
  std::size_t next_ = 0;                      ///< of `files_`, to be opened
  std::uint64_t done_ = 0;
};

} // namespace

base::status read_merged(std::vector<io::log_file> files, const merge_options& how,
                         const record_sink& take, std::vector<base::error>& problems) {
  return reading{by_first_event(std::move(files), how.unwrap, how.columns), how, problems}.run(
      take);
}

} // namespace vedette::replay

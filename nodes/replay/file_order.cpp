#include "nodes/replay/file_order.hpp"

#include "ingest/record_splitter.hpp"
#include "ingest/record_time.hpp"
#include "io/files/log_reader.hpp"

#include <algorithm>

namespace vedette::replay {

namespace {

base::event_time first_time(const std::string& path, const std::vector<std::string>& unwrap,
                            const std::string& columns) {
  auto first = base::event_time::max();
  ingest::record_splitter splitter{unwrap, columns};
  const ingest::record_splitter::sink look = [&](const ingest::split_record& r) {
    if (const auto t = ingest::time_of(r.text))
      first = std::min(first, *t);
  };
  const base::error enough{base::ec::none, "enough"};
  std::size_t seen = 0;
  io::read_options reading;
  reading.buffer_bytes = peek_bytes;
  // What cannot be read is reported when its turn comes.
  (void)io::read_log(
      path,
      [&](std::string_view piece) -> base::status {
        splitter.push(piece.substr(0, peek_bytes - seen), look);
        seen += piece.size();
        return seen >= peek_bytes ? base::status{enough} : base::status{};
      },
      reading);
  return first;
}

} // namespace

std::vector<dated_file> by_first_event(std::vector<io::log_file> files,
                                       const std::vector<std::string>& unwrap,
                                       const std::string& columns) {
  std::vector<dated_file> out;
  const bool alone = files.size() == 1;
  for (auto& f : files) {
    // A pipe can be read once only; its size is 0, as standard input's is.
    const auto first =
        alone || f.bytes == 0 ? base::event_time::max() : first_time(f.path, unwrap, columns);
    out.push_back({first, std::move(f)});
  }
  std::sort(out.begin(), out.end(), [](const dated_file& a, const dated_file& b) {
    return a.first != b.first ? a.first < b.first : a.file.path < b.file.path;
  });
  return out;
}

} // namespace vedette::replay

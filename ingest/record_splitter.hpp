// Bytes in, record texts out, whatever they are wrapped in and wherever the chunks break.
//
// Knows {"Records":[…]} and its like (Events, items, records, entries, value, configurationItems;
// streamed, so the file may be of any size), bare arrays, one record a line, concatenated or
// pretty-printed JSON, EventBridge's `detail`, a CloudWatch Logs subscription (records as JSON text
// in logEvents[].message), Azure's diagnostic records of AKS, Pub/Sub messages, and LookupEvents
// entries (CloudTrailEvent). Lines of text that are some format's become JSON objects
// (ingest/lines/text_lines.hpp). A Kubernetes record whose wrapper names the cluster gets it as its
// first member, "cluster", for there is no other place that says so. Remembers the record in
// progress, at most limits::record_bytes of it; what is larger is refused with its head and
// skipped. Damage costs the damaged record: the scan resumes at the next place where a record can
// start. One per stream; not thread-safe; sources call it.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::ingest {

struct split_record {
  /// The record's bytes, with 64 readable bytes behind them; valid during the call only.
  std::string_view text;
  /// Why it cannot be a record ("larger than …"); empty: the normaliser decides. `text` is then
  /// only the head.
  std::string_view problem;
};

class record_splitter {
 public:
  using sink = std::function<void(const split_record&)>;

  /// `unwrap`: JSON pointers (RFC 6901) tried in order on every outermost value; the first that is
  /// there replaces it ("/data", "/payload/0/record"). Text found there is read as JSON.
  /// `line_order`: as text_lines'.
  explicit record_splitter(std::vector<std::string> unwrap = {}, std::string line_order = {});
  ~record_splitter();
  record_splitter(record_splitter&&) noexcept;
  record_splitter& operator=(record_splitter&&) noexcept;

  /// Whether every pointer can be used, and the order is one; otherwise says which cannot.
  [[nodiscard]] static base::status check(const std::vector<std::string>& unwrap,
                                          std::string_view line_order = {});

  /// O(length); `out` is called for each record that became complete.
  void push(std::string_view chunk, const sink& out);
  /// The stream has ended: an incomplete record comes out as it is. The splitter can start anew.
  void finish(const sink& out);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::ingest

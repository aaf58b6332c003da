// Records out of objects and into a node, group by group: what a group's end says is durable.
//
// A group is sent under a name that is made of its objects, so that the same group sent again, by
// this run or the next, counts once even where records have no ids. Holds one group (group_bytes
// packed) and what unpacking it needs; a large object is a group of its own and streamed. Blocks;
// one thread.
#pragma once

#include "nodes/client/objects/fetcher.hpp"
#include "nodes/client/objects/ledger.hpp"
#include "nodes/client/sender.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vedette::client {

enum class object_outcome : std::uint8_t {
  durable, ///< what could be read of it is in the cluster
  known,   ///< it was before
  gone,    ///< there is nothing to read: deleted, or replaced by another
  failed,  ///< may be read another time
};

struct object_totals {
  std::uint64_t objects = 0, records = 0, bytes = 0; ///< durable; bytes of records
  std::uint64_t known = 0, gone = 0, failed = 0;
  std::uint64_t left_out = 0; ///< of the durable ones: no log
  std::uint64_t damaged = 0;  ///< of the durable ones: read as far as they could be
  std::uint64_t refused = 0;  ///< records too large: only their beginning was sent
};

struct object_reader_options {
  std::vector<std::string> unwrap;
  std::string columns; ///< of lines without a header, as record_splitter's
  /// Something is wrong with an object; once for each.
  std::function<void(const base::error&)> complain;
  /// What became of an object, once that is durable.
  std::function<void(const fetched_object&, object_outcome)> tell;
  std::function<base::event_time()> now;
};

class object_reader {
 public:
  static constexpr std::size_t group_objects = 64;
  static constexpr std::size_t group_bytes = std::size_t{4} << 20; ///< as downloaded
  static constexpr int tries_max = 3;                              ///< of a stream that breaks off

  object_reader(sender& to, object_ledger& ledger, io::s3_client streams,
                object_reader_options options);
  ~object_reader();

  /// Adds it to the group, which is sent when it is full. Errors: of the sender and the ledger.
  [[nodiscard]] base::status take(fetched_object object);
  /// Sends what is there; nothing when that is nothing.
  [[nodiscard]] base::status flush();

  [[nodiscard]] const object_totals& totals() const noexcept { return totals_; }

 private:
  enum class reading : std::uint8_t { whole, damaged, left_out, broken_off };
  base::status send(std::vector<fetched_object> group);
  base::status stream_alone(fetched_object object);
  base::result<reading> read(fetched_object& object); ///< sets `failed` when it broke off
  bool settle_failure(const fetched_object& object);
  void count(const fetched_object& object, reading how);
  void note(const fetched_object& object, object_outcome what);

  sender& to_;
  object_ledger& ledger_;
  io::s3_client streams_;
  object_reader_options options_;
  std::vector<fetched_object> group_;
  std::size_t group_size_ = 0;
  object_totals totals_;
};

} // namespace vedette::client

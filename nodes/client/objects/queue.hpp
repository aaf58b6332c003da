// A queue that announces objects: read, made durable, and only then is the message deleted.
//
// Holds at most `messages_max` messages, which it keeps hidden from other readers for as long as it
// is at work on them, however large their objects are. A message whose object is not there, and one
// that announces nothing known, is left to the queue's dead-letter queue; where there is none, the
// first kind is deleted when it comes for the third time. Two threads beside the caller's.
#pragma once

#include "io/aws/sqs.hpp"
#include "nodes/client/objects/reader.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace vedette::client {

struct queue_options {
  /// Two more clients of the queue: its calls block.
  std::function<base::result<io::sqs_client>()> open;
  bool until_empty = false;   ///< ends when nothing comes any more
  std::function<bool()> stop; ///< true: end with what was taken
  std::function<void(const base::error&)> complain;
};

struct queue_totals {
  std::uint64_t messages = 0, deleted = 0;
  std::uint64_t left = 0;   ///< for the dead-letter queue, or to come again
  std::uint64_t others = 0; ///< of the deleted ones: announced no new object
};

class queue_reader {
 public:
  static constexpr std::size_t messages_max = 256;
  static constexpr std::chrono::seconds hidden{120}, kept_every{40}, receive_wait{5};
  static constexpr std::uint64_t missing_received_max = 3;

  queue_reader(queue_options options, object_fetcher& from);
  ~queue_reader();

  /// What the reader is to be told: see object_reader_options.
  void tell(const fetched_object& object, object_outcome what);
  /// Says of an object that is missing what becomes of its message.
  void complain(const base::error& e) const;

  /// Until the end. Errors: of the sender and the ledger; of the queue when it may not be read.
  [[nodiscard]] base::status run(object_reader& to);
  [[nodiscard]] queue_totals totals() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::client

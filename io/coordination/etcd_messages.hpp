// What is said to etcd's JSON gateway and what it answers, as plain values: bodies of requests from
// arguments, values from bodies of answers.
//
// Keys and values are base 64 there, 64-bit numbers are strings, and members that are zero or false
// are left out; none of that leaves this file. Pure but for the parser's memory; a reader is for
// one thread. Used by etcd_transport and etcd_engine.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io::etcd {

struct header {
  std::string cluster_id;
  std::uint64_t revision = 0;
};
struct key_value {
  std::string key, value;
  std::uint64_t created = 0, modified = 0; ///< revisions
  std::uint64_t lease = 0;                 ///< 0: none
};
struct range_reply {
  header head;
  std::vector<key_value> found;
  bool more = false;
};
struct txn_reply {
  header head;
  bool succeeded = false;
  /// Of each get in the branch that was taken, in order; puts and deletes have none.
  std::vector<std::vector<key_value>> found;
};
struct lease_reply {
  header head;
  std::uint64_t ttl_seconds = 0; ///< 0: the lease is gone
};
/// One line of a watch.
struct watch_reply {
  struct change {
    bool deleted = false;
    key_value what;
  };
  header head;
  std::uint64_t watch = 0; ///< which create_request of the body
  bool created = false;
  bool canceled = false;
  bool fragment = false;               ///< more of these revisions follow
  std::uint64_t compacted_through = 0; ///< when canceled for that
  std::string reason;
  std::vector<change> changes;
};
/// What the gateway says when it does not do it. `code` is gRPC's.
struct refusal {
  int code = 2;
  std::string message;
};

// --- requests ---

[[nodiscard]] std::string key_after(std::string_view key); ///< the next key there could be

struct range_args {
  std::string key, end; ///< empty end: the one key
  std::uint64_t limit = 0, revision = 0;
};
[[nodiscard]] std::string range_body(const range_args& args);
[[nodiscard]] std::string grant_body(std::uint64_t lease, std::uint64_t ttl_seconds);
[[nodiscard]] std::string lease_body(std::uint64_t lease);
[[nodiscard]] std::string authenticate_body(std::string_view user, std::string_view password);
struct watch_args {
  std::string key, end; ///< empty end: the one key
  std::uint64_t start_revision = 0;
};
[[nodiscard]] std::string watch_body(const watch_args& args);

/// if (all comparisons) { success } else { failure }, one revision.
class txn {
 public:
  txn& if_created_at(std::string_view key, std::uint64_t revision); ///< 0: absent
  txn& if_modified_at(std::string_view key, std::uint64_t revision);
  txn& if_value(std::string_view key, std::string_view value);
  txn& if_leased(std::string_view key, std::uint64_t lease);
  txn& then_put(std::string_view key, std::string_view value, std::uint64_t lease = 0);
  txn& then_delete(std::string_view key);
  txn& then_delete_below(std::string_view folder); ///< ends with '/'
  txn& then_get(std::string_view key);
  txn& else_get(std::string_view key);
  [[nodiscard]] std::string body() const;

 private:
  txn& compare(std::string_view key, std::string_view target, std::string_view member,
               std::string_view value);
  std::string compare_, success_, failure_;
};

// --- answers; ec::malformed when they have not the shape ---

class reader {
 public:
  reader();
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  [[nodiscard]] base::result<range_reply> range(std::string_view body);
  [[nodiscard]] base::result<txn_reply> transaction(std::string_view body);
  [[nodiscard]] base::result<lease_reply> grant(std::string_view body);
  [[nodiscard]] base::result<lease_reply> keep_alive(std::string_view body);
  [[nodiscard]] base::result<std::string> token(std::string_view body);
  /// A line of a watch; a refusal in it comes as ec::unavailable.
  [[nodiscard]] base::result<watch_reply> watch_line(std::string_view line);
  /// What an answer that is not 200 says; the message is cut to one line.
  [[nodiscard]] refusal refused(std::string_view body);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io::etcd

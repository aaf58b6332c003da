// What nodes ask each other beside replication, as values and as bytes (schemas/remote.capnp).
//
// Every payload of the mesh begins with one byte that says what it is. Pure: no socket, no actor.
// Decoding checks everything and fails with ec::malformed or ec::unsupported. Encoding and decoding
// are O(bytes). Used by the gates that stand for remote folds, by the desk that answers them, and
// by the node's wiring.
#pragma once

#include "actors/messages.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vedette::actors {

/// The first byte of a payload; the rest is its message.
enum class payload_kind : char {
  replica = 'R',   ///< cluster::message (actors/replica_codec.hpp)
  request = 'Q',   ///< remote_request
  reply = 'A',     ///< remote_reply
  marks = 'M',     ///< how far the sender's sources are
  evidence = 'E',  ///< whom the sender cannot hear
  published = 'P', ///< a change of an alert, for subscribers
  shared = 'S',    ///< shared_bytes
  node = 'N'       ///< node_message
};
[[nodiscard]] std::string payload(payload_kind kind, std::string_view body);

struct identity_question {
  std::string tenant, key;
};
struct quarantine_question {
  std::string tenant;
  std::uint64_t limit = 0;
};
struct status_question {};
/// It is done, and there is nothing more to say.
struct acknowledged {};

using question = std::variant<partition_batch, delivery, tenant_command, tenant_query,
                              identity_question, quarantine_question, status_question, park_request,
                              drain_request, parked_question, pressure_question>;
/// Text is JSON.
using reply = std::variant<base::error, acknowledged, partition_batch_result, std::string,
                           parked_count, alert_pressure>;

struct remote_request {
  std::uint64_t id = 0; ///< the asker's
  base::partition_id partition;
  question what;
};
struct remote_reply {
  std::uint64_t id = 0;
  base::partition_id partition;
  reply what;
  cluster::node_id from{}; ///< filled in by the receiver
};

/// Of a node as a whole: what it knows of itself, or what it shall do.
enum class node_question : std::uint8_t { look, partitions, sources, drain, undrain, copies, seal };
/// Of `seal`: below which epoch no old primary may commit, and for which generation of the table.
struct seal_order {
  base::epoch epoch;
  std::uint64_t generation = 0;

  friend bool operator==(const seal_order&, const seal_order&) = default;
};
struct node_message {
  std::uint64_t id = 0;                                       ///< the asker's
  std::variant<node_question, base::error, std::string> what; ///< text is JSON
  seal_order seal{};                                          ///< of that question
};

[[nodiscard]] std::string encode(const remote_request& r);
[[nodiscard]] base::result<remote_request> decode_remote_request(std::string_view bytes);
[[nodiscard]] std::string encode(const remote_reply& r);
[[nodiscard]] base::result<remote_reply> decode_remote_reply(std::string_view bytes);

[[nodiscard]] std::string encode(const node_message& m);
[[nodiscard]] base::result<node_message> decode_node_message(std::string_view bytes);

/// Of what all nodes hold whole (nodes/server/shared_documents.hpp).
struct shared_bytes {
  enum class kind : std::uint8_t {
    ask,   ///< who has these bytes?
    bytes, ///< here; also an offer of what is not in force yet
    held,  ///< they are in my store
  };
  kind what = kind::ask;
  std::string name, hash, bytes;
};
[[nodiscard]] std::string encode(const shared_bytes& w);
[[nodiscard]] base::result<shared_bytes> decode_shared_bytes(std::string_view bytes);

[[nodiscard]] std::string encode_marks(const std::vector<source_mark>& marks);
[[nodiscard]] base::result<std::vector<source_mark>> decode_marks(std::string_view bytes);
[[nodiscard]] std::string encode_evidence(const std::vector<cluster::node_id>& dead);
[[nodiscard]] base::result<std::vector<cluster::node_id>> decode_evidence(std::string_view bytes);
[[nodiscard]] std::string encode_published(const respond::published_alert& p);
[[nodiscard]] base::result<respond::published_alert> decode_published(std::string_view bytes);

} // namespace vedette::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::remote_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::remote_reply)

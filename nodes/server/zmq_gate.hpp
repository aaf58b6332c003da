// Between the ZeroMQ ingest server and the ingest actors: batches in, acknowledgements out.
//
// Called on the server's thread; asks actors through `parts.run` and answers from theirs. Remembers
// per connection only how many batches are unanswered (bounded by the credit it gave).
#pragma once

#include "io/zmq/ingest_server.hpp"
#include "nodes/server/parts.hpp"

#include <atomic>
#include <mutex>
#include <unordered_map>

namespace vedette::server {

class zmq_gate final : public io::ingest_handler {
 public:
  explicit zmq_gate(const parts& node, std::uint32_t credit) : node_{node}, credit_{credit} {}
  /// The server whose peers are answered; set before it starts.
  void serve(io::ingest_server& server) { server_ = &server; }

  void on_hello(const io::collector_peer& from) override;
  void on_batch(const io::collector_peer& from, schemas::batch_frame batch) override;
  void on_end(const io::collector_peer& from) override;
  void on_gone(const io::collector_peer& from, const base::error& why) override;

 private:
  const parts& node_;
  std::uint32_t credit_;
  io::ingest_server* server_ = nullptr;
};

} // namespace vedette::server

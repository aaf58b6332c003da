// The greeting of a ZeroMQ endpoint, read without joining the conversation.
#pragma once

#include <zmq.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace vedette::io {

/// The security mechanism that a tcp:// endpoint speaks, such as "NULL" or "CURVE", from the
/// greeting of ZMTP 3 (RFC 37, "Greeting"); nothing when no such greeting came within `patience`,
/// the other closed or speaks something else. Blocks for so long at most; any thread.
///
/// libzmq tells that the mechanisms of two sides differ only when the greeting of the other has
/// come. A side that has read all of ours before it wrote all of its own closes the connection at
/// once, and all we see is a connection that ended: about one in ten, which tries of the same kind
/// repeat for seconds. Asked this way the other has to speak first.
[[nodiscard]] std::optional<std::string> spoken_mechanism(zmq::context_t& context,
                                                          const std::string& endpoint,
                                                          std::chrono::milliseconds patience);

} // namespace vedette::io

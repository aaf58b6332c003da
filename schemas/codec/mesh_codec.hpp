// Frames between two nodes: everything that waited for one peer and lane, packed (docs/mesh.md).
//
// `decode_mesh_frame` is the one door for bytes from a mesh socket: it bounds, checks, and never
// throws. What it cannot know (which cluster, which peers, which key) the caller judges by the
// fields. Remembers nothing; one frame is at most mesh_frame_bytes_max. Called by io/mesh and a
// fuzzer.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::schemas {

inline constexpr std::uint16_t mesh_version = 1;
/// One message: two of the largest stored batches (limits::frame_bytes).
inline constexpr std::size_t mesh_message_bytes_max = std::size_t{64} << 20;
/// One frame: the largest message with what surrounds it.
inline constexpr std::size_t mesh_frame_bytes_max =
    mesh_message_bytes_max + (std::size_t{64} << 10);
/// Messages of one frame: a full pack of 1 MiB holds 65,536 of 8 bytes with their pointers.
inline constexpr std::size_t mesh_frame_messages_max = 65'536;
/// A cluster's or a node's name.
inline constexpr std::size_t mesh_name_bytes_max = 256;

/// Sent and queued apart, in falling urgency.
enum class mesh_lane : std::uint8_t { control, data, bulk };
inline constexpr std::size_t mesh_lanes = 3;

[[nodiscard]] constexpr std::string_view to_string(mesh_lane l) noexcept {
  constexpr std::string_view names[] = {"control", "data", "bulk"};
  return names[static_cast<int>(l)];
}

/// By which a peer's wall clock is read, and how long that took: nanoseconds. Control frames have
/// one; said_at 0: this one does not.
struct mesh_stamp {
  std::int64_t said_at = 0;   ///< on the sender's monotonic clock
  std::int64_t wall_time = 0; ///< then
  std::int64_t heard_at = 0;  ///< `said_at` of the last stamp that came from the receiver; 0: none
  std::int64_t held_for = 0;  ///< since that one came

  friend bool operator==(const mesh_stamp&, const mesh_stamp&) = default;
};

/// Views are into the bytes that were decoded or, when those were not aligned, into `memory`: both
/// must live as long as the frame is read.
struct mesh_frame {
  mesh_lane lane = mesh_lane::control;
  bool hears = false; ///< the sender heard from `to_process` of late
  std::string_view cluster;
  std::string_view sender;
  std::uint64_t process = 0;    ///< of the sender, never 0
  std::uint64_t to_process = 0; ///< of the receiver; 0: the sender does not know it
  mesh_stamp stamp;
  std::vector<std::string_view> messages;
  std::shared_ptr<const void> memory;
};

/// One copy of the messages, O(size). Asserts the sender's own bounds: at most
/// mesh_frame_messages_max messages and mesh_frame_bytes_max bytes, names
/// of 1..mesh_name_bytes_max.
[[nodiscard]] std::string encode(const mesh_frame& f);

/// Fails with ec::malformed, ec::too_large, or ec::unsupported (another version or lane). Copies
/// only bytes that are not aligned to 8. O(messages), O(bytes) when it copies.
[[nodiscard]] base::result<mesh_frame> decode_mesh_frame(std::string_view bytes);

} // namespace vedette::schemas

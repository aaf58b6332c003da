// Frames in and out: what is refused, what is packed, and whose turn it is.
#include "io/mesh/mesh_thread.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vedette::io {
namespace {

using std::chrono::steady_clock;

/// Read before timers and senders get their turn.
constexpr int frames_in_a_row = 64;
constexpr std::size_t bytes_in_a_row = std::size_t{8} << 20;
/// Control frames sent to one peer before the others' turn.
constexpr int control_frames_in_a_row = 8;

} // namespace

void mesh_thread::read_frames() {
  std::size_t bytes = 0;
  for (int i = 0; i < frames_in_a_row && bytes < bytes_in_a_row; ++i) {
    zmq::message_t route;
    if (!router_->recv(route, zmq::recv_flags::dontwait))
      return;
    zmq::message_t body;
    bool whole = route.more() && router_->recv(body, zmq::recv_flags::dontwait).has_value();
    for (bool more = whole && body.more(); more;) {
      whole = false;
      zmq::message_t rest;
      more = router_->recv(rest, zmq::recv_flags::dontwait).has_value() && rest.more();
    }
    bytes += body.size();
    if (whole)
      take_frame(body, steady_clock::now());
    else
      refuse(refused_.bad_frames, refusal::frame, "a message of several parts");
  }
}

void mesh_thread::refuse(std::uint64_t& count, refusal kind, const std::string& text) {
  ++count;
  log_.say(kind, steady_clock::now(), "refused " + text);
}

void mesh_thread::take_frame(zmq::message_t& body, instant now) {
  const auto frame = schemas::decode_mesh_frame(body.to_string_view());
  if (!frame)
    return refuse(refused_.bad_frames, refusal::frame, "a frame: " + frame.err().context);
  if (frame->cluster != settings_.cluster_id)
    return refuse(
        refused_.other_cluster, refusal::cluster,
        fmt::format("a frame of cluster '{}'; this is '{}'", frame->cluster, settings_.cluster_id));
  const auto found = links_.find(frame->sender);
  if (found == links_.end())
    return refuse(
        refused_.unknown_nodes, refusal::node,
        fmt::format("a frame of node '{}', which is not in the list of nodes", frame->sender));
  auto& l = found->second;
  if (settings_.keys && client_key(body) != l.peer.public_key)
    return refuse(
        refused_.wrong_keys, refusal::key,
        fmt::format("a frame in the name of node '{}' by another key than its own", frame->sender));
  const auto change = l.watch.process_is(frame->process);
  if (change == peer_watch::change::former)
    return refuse(refused_.former_process, refusal::process,
                  fmt::format("a frame of a process of node '{}' that is no more", frame->sender));
  if (change == peer_watch::change::restarted)
    begin_anew(l, now, "it was started anew");
  const bool for_us = frame->to_process == settings_.process;
  l.watch.heard(frame->hears && for_us, now);
  if (for_us)
    l.clock.heard(frame->stamp, time().monotonic());
  if (!l.told_it_hears)
    l.speak_at = std::min(l.speak_at, now);
  ++l.counts.received_frames;
  if (!for_us && !frame->messages.empty())
    return refuse(
        refused_.former_process, refusal::process,
        fmt::format("messages of node '{}' for another process of this node", frame->sender));
  l.counts.received_messages += frame->messages.size();
  for (const auto payload : frame->messages) {
    l.counts.received_bytes += payload.size();
    hooks_.received(l.peer.node, payload);
  }
}

void mesh_thread::send_waiting(instant now) {
  for (auto& [name, l] : links_) {
    for (int i = 0; i < control_frames_in_a_row; ++i)
      if (!send_frame(l, l.control(), now))
        break;
    if (l.is_up() && l.speak_at <= now)
      speak(l, now);
  }
  // One frame each, so that control's turn comes again soon.
  for (const auto which : {lane::data, lane::bulk})
    for (auto& [name, l] : links_)
      send_frame(l, l.lines[static_cast<std::size_t>(which)], now);
}

/// True when there may be more to send and room for it.
bool mesh_thread::send_frame(mesh_link& l, line& by, instant now) {
  if (by.is() != line::phase::connected || !box_.waiting(l.peer.node, by.which()) || !by.has_room())
    return false;
  return put_on(l, by, box_.take(l.peer.node, by.which(), settings_.frame_bytes_max), now);
}

void mesh_thread::speak(mesh_link& l, instant now) {
  l.speak_at = now + settings_.heartbeat;
  if (l.control().has_room())
    put_on(l, l.control(), {}, now);
}

bool mesh_thread::put_on(mesh_link& l, line& by, const std::vector<std::string>& messages,
                         instant now) {
  schemas::mesh_frame frame;
  frame.lane = by.which();
  frame.hears = l.watch.hears(now);
  frame.cluster = settings_.cluster_id;
  frame.sender = settings_.self.value;
  frame.process = settings_.process;
  frame.to_process = l.watch.process();
  if (by.which() == lane::control)
    frame.stamp = l.clock.stamp(time().monotonic(), time().now().time_since_epoch());
  frame.messages.assign(messages.begin(), messages.end());
  std::uint64_t bytes = 0;
  for (const auto& m : messages)
    bytes += m.size();
  auto& counts = l.counts_of(by.which());
  auto encoded = schemas::encode(frame);
  const auto on_wire = encoded.size();
  if (!by.send(std::move(encoded))) {
    counts.dropped += messages.size();
    return false;
  }
  if (by.which() == lane::control) {
    l.told_it_hears = frame.hears;
    l.speak_at = now + settings_.heartbeat;
  }
  ++counts.sent_frames;
  counts.sent_messages += messages.size();
  counts.sent_bytes += bytes;
  counts.frame_bytes += on_wire;
  return true;
}

} // namespace vedette::io

// Memory for the messages that a thread builds, one after the other.
//
// An entry of one event is a few hundred bytes, and there are as many as events: to get memory for
// each, zeroed, and to give it back, would cost more than to fill it. A message that is begun while
// another one of the thread is there, and what does not fit, has memory of its own.
#pragma once

#include <capnp/message.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace vedette::schemas {

class scratch_message {
 public:
  /// `bytes`: that the message will have room for in its first segment; where segments end is part
  /// of its bytes, so a message whose bytes are compared gives none.
  explicit scratch_message(std::size_t bytes = 0) : first_{!std::exchange(taken(), true)} {
    const auto words = std::max(capnp::SUGGESTED_FIRST_SEGMENT_WORDS + 0U,
                                static_cast<unsigned>(bytes / sizeof(capnp::word)) + spare);
    if (first_ && words <= words_max)
      message_.emplace(kj::arrayPtr(memory(), words));
    else
      message_.emplace(words);
  }
  /// Leaves the memory zeroed, as it found it.
  ~scratch_message() {
    message_.reset();
    if (first_)
      taken() = false;
  }
  scratch_message(const scratch_message&) = delete;
  scratch_message& operator=(const scratch_message&) = delete;

  [[nodiscard]] capnp::MessageBuilder& operator*() noexcept { return *message_; }
  template <class Root>
  [[nodiscard]] auto root() {
    return message_->initRoot<Root>();
  }

 private:
  static constexpr unsigned words_max = 8192, spare = 128;

  static bool& taken() noexcept {
    thread_local bool is = false;
    return is;
  }
  static capnp::word* memory() noexcept {
    thread_local capnp::word of[words_max] = {};
    return of;
  }

  bool first_;
  std::optional<capnp::MallocMessageBuilder> message_;
};

} // namespace vedette::schemas

// A log that somebody still writes: gives what was added since, over rotation and truncation, and
// says from where to go on after a restart.
//
// A file is known by its device and inode. When the path names another one, the old is read to its
// end first; one that became shorter begins anew. Holds one descriptor and one buffer.
#pragma once

#include "base/result.hpp"
#include "io/compression/decompressor.hpp"
#include "io/files/descriptor.hpp"

#include <cstdint>
#include <string>

namespace vedette::io {

struct file_position {
  std::uint64_t device = 0, inode = 0; ///< 0: no file yet
  std::uint64_t offset = 0;            ///< bytes that need not be read again

  friend bool operator==(const file_position&, const file_position&) = default;
};

class log_tail {
 public:
  static constexpr std::size_t read_bytes = std::size_t{256} << 10;

  /// `from` counts if the path still names that file; else it is read from its beginning.
  explicit log_tail(std::string path, file_position from = {});

  /// At most `read_bytes` of what was added; false: nothing was. When the file has come to its end
  /// and another is in its place, nothing is given and `position` names no file until the next
  /// read. A path that names nothing is no error: it may come. Errors: unreadable, or what the sink
  /// returned.
  [[nodiscard]] base::result<bool> read(const byte_sink& sink);

  /// Behind the last line that was given whole.
  [[nodiscard]] const file_position& position() const noexcept { return position_; }
  /// What was given behind it counts as a line too: nobody has added to it for long.
  void settle() noexcept { position_.offset = given_; }

 private:
  [[nodiscard]] base::result<bool> open();
  /// Whether there is another beginning to read from.
  [[nodiscard]] bool turned();

  std::string path_;
  file_position position_;
  descriptor file_;
  std::uint64_t given_ = 0;
  std::string buffer_;
};

} // namespace vedette::io

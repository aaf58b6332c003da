// A queue of SQS, or of whatever speaks its JSON protocol: messages taken, kept from others,
// deleted.
//
// Remembers the queue's address. Blocks (a receive up to its `wait`); one thread per client.
#pragma once

#include "base/result.hpp"
#include "io/aws/client.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vedette::io {

struct sqs_message {
  std::string id;
  std::string receipt; ///< what deleting and keeping it takes
  std::string body;
  std::uint64_t received = 1; ///< how often, this time included
};

/// Messages of one call of any kind; the service's own bound.
inline constexpr std::size_t sqs_batch_max = 10;

class sqs_client {
 public:
  /// `queue` is its URL, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME or an emulator's; `settings`
  /// is complete. Its endpoint_url, when given, is asked in place of the URL's host. Error
  /// invalid_argument.
  [[nodiscard]] static base::result<sqs_client> open(std::string queue, aws_settings settings,
                                                     std::shared_ptr<aws_credential_chain> chain);

  /// Up to ten; none when there were none for `wait` (at most 20 s). Nobody else sees them for
  /// `hidden`.
  [[nodiscard]] base::result<std::vector<sqs_message>> receive(std::chrono::seconds wait,
                                                               std::chrono::seconds hidden);
  /// Up to ten. What is gone already counts as deleted.
  [[nodiscard]] base::status remove(std::span<const std::string> receipts);
  /// Up to ten are hidden for so long from now; 0 gives them back. Which failed is not told: they
  /// come again.
  [[nodiscard]] base::status hide(std::span<const std::string> receipts,
                                  std::chrono::seconds hidden);
  /// Whether what nobody deletes goes to a dead-letter queue. Errors as any call's: whether the
  /// queue is there and may be read at all.
  [[nodiscard]] base::result<bool> has_dead_letters();

  [[nodiscard]] const std::string& url() const noexcept { return queue_; }

 private:
  sqs_client(std::string queue, aws_request base, std::shared_ptr<aws_credential_chain> chain,
             const std::string& ca_file);
  base::result<std::string> call(std::string_view action, std::string body);

  std::string queue_;
  aws_request base_;
  aws_client client_;
};

} // namespace vedette::io

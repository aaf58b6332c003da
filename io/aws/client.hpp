// Signed requests to AWS and whatever speaks its protocols, with patience for what passes.
//
// A call that fails in a way that may pass (no connection, 429, 5xx) is made again up to
// `aws_patience::tries` times, waiting longer each time. Keeps one connection; blocks; one thread
// per client, any number of clients per chain of credentials.
#pragma once

#include "base/result.hpp"
#include "io/aws/credentials.hpp"
#include "io/http/client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace vedette::io {

inline constexpr int aws_tries_max = 5;

/// How long a client waits for one answer, and how often it asks.
struct aws_patience {
  std::chrono::milliseconds call{30'000};
  int tries = aws_tries_max;
};

struct aws_request {
  http_method method = http_method::get;
  std::string service, region;
  std::string origin;     ///< "https://sqs.eu-west-1.amazonaws.com"
  std::string path = "/"; ///< percent-encoded
  http_parameters query;
  http_headers headers;
  std::string body, content_type;
};

class aws_client {
 public:
  /// `bytes_max` of one answer to `call`; `ca_file` as in aws_settings.
  aws_client(std::shared_ptr<aws_credential_chain> chain, std::size_t bytes_max,
             const std::string& ca_file = {}, aws_patience patience = {});

  /// Any answer with a status that does not pass by itself. Errors: those of http_client and of the
  /// chain.
  [[nodiscard]] base::result<http_response> call(const aws_request& request);
  /// Gives a 2xx body in pieces of any length, as http_client::stream; tried again only while
  /// nothing was given.
  [[nodiscard]] base::result<http_response>
  stream(const aws_request& request, const std::function<bool(std::string_view)>& piece);

 private:
  base::result<http_response> patiently(const aws_request& request,
                                        const std::function<bool(std::string_view)>* piece);

  std::shared_ptr<aws_credential_chain> chain_;
  aws_patience patience_;
  http_client http_;
};

/// The code and the message of an answer that is no 2xx, of XML or of JSON; empty where it has
/// none.
[[nodiscard]] std::pair<std::string, std::string> aws_said(const http_response& answer);
/// What an answer that is no 2xx means, in one line with what to do. denied, not_found, conflict
/// (412), unavailable, else invalid_argument.
[[nodiscard]] base::error aws_error(const http_response& answer, std::string_view what);

} // namespace vedette::io

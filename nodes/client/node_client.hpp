// The commands' side of the API: which node, with which token, one call at a time.
//
// The node is `--server`, else VEDETTE_SERVER, else what the data directory's `http.address` says,
// else http://127.0.0.1:8470. The token is in `--token-file`, else the file VEDETTE_TOKEN_FILE
// names, else `admin.token` of the data directory; it never comes from the command line, which
// everyone on the machine can read. Keeps one connection. Blocks; one thread per client.
#pragma once

#include "base/result.hpp"
#include "io/http/client.hpp"
#include "nodes/server/api/json.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::client {

struct connection_flags {
  std::string server, token_file;
  std::string data_dir = "./vedette-data";
};

struct node_address {
  std::string url; ///< without a slash at the end
  std::string token;
};

/// A variable of the environment, "" when it is not set.
using environment = std::function<std::string(const char* name)>;
[[nodiscard]] std::string from_process(const char* name);

/// Errors: invalid_argument (URL), unavailable (no token where a node would leave one: there is no
/// node with this data directory), not_found or denied (a token file that was named).
[[nodiscard]] base::result<node_address> find_node(const connection_flags& flags,
                                                   const environment& variable);

/// What an answer that is no 2xx means, for messages and exit codes: 400 invalid_argument, 401 and
/// 403 denied, 404 not_found, 409 conflict, 413 too_large, 501 unsupported, 429 and 503
/// unavailable, 504 timed_out, else io. The text is the problem's detail.
[[nodiscard]] base::error error_of(const io::http_response& answer, std::string_view what);

using query = std::vector<std::pair<std::string, std::string>>;
/// "/v1/alerts?tenant=acme"; pairs with an empty value are left out.
[[nodiscard]] std::string path_with(std::string_view path, const query& parameters);

/// The elements of all pages asked for; values live as long as `pages`.
struct listed {
  std::vector<server::json_document> pages;
  std::vector<server::json_value> items;
  std::vector<std::string> unreachable;
  bool more = false; ///< the limit was reached before the end
};

class node_client {
 public:
  explicit node_client(node_address to, io::http_client_settings settings = {});

  [[nodiscard]] base::result<server::json_document> get(const std::string& path);
  [[nodiscard]] base::result<server::json_document> post(const std::string& path, std::string body);
  [[nodiscard]] base::result<server::json_document> del(const std::string& path);
  /// Goes through pages until `limit` elements are there or there are no more; 0: for lists that
  /// have no pages.
  [[nodiscard]] base::result<listed> list(std::string_view path, query parameters,
                                          std::size_t limit);
  /// Any answer, also a refusal: for callers that retry.
  [[nodiscard]] base::result<io::http_response>
  call(io::http_method method, const std::string& path, io::http_call_options options);
  /// Server-sent events until the stream ends or `piece` returns false.
  [[nodiscard]] base::status stream(const std::string& path, const std::string& last_event_id,
                                    const std::function<bool(std::string_view)>& piece);

  [[nodiscard]] const std::string& url() const noexcept { return to_.url; }

 private:
  [[nodiscard]] base::result<server::json_document> json(io::http_method method,
                                                         const std::string& path, std::string body);

  node_address to_;
  io::http_client http_;
};

} // namespace vedette::client

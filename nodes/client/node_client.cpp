#include "nodes/client/node_client.hpp"

#include "io/files/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace vedette::client {

namespace {

constexpr std::size_t small_file_max = 4096;
constexpr std::string_view default_url = "http://127.0.0.1:8470";

std::string trimmed(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
    text.pop_back();
  return text;
}

std::string url_of(const connection_flags& flags, const environment& variable) {
  if (!flags.server.empty())
    return flags.server;
  if (auto named = variable("VEDETTE_SERVER"); !named.empty())
    return named;
  if (auto left = io::read_text(flags.data_dir + "/http.address", small_file_max))
    return trimmed(std::move(*left));
  return std::string{default_url};
}

bool usable(std::string_view token) {
  return !token.empty() &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

} // namespace

std::string from_process(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

base::result<node_address> find_node(const connection_flags& flags, const environment& variable) {
  node_address out;
  out.url = url_of(flags, variable);
  while (out.url.ends_with('/'))
    out.url.pop_back();
  if (!out.url.starts_with("http://") && !out.url.starts_with("https://"))
    return base::error{
        base::ec::invalid_argument,
        fmt::format("finding the node: '{}' is no http:// or https:// address", out.url)};
  auto file = flags.token_file.empty() ? variable("VEDETTE_TOKEN_FILE") : flags.token_file;
  const bool named = !file.empty();
  if (!named)
    file = flags.data_dir + "/admin.token";
  auto text = io::read_text(file, small_file_max);
  if (!text) {
    if (named || text.err().code != base::ec::not_found)
      return text.err();
    return base::error{
        base::ec::unavailable,
        fmt::format("finding the node: there is no {}; start vedetted with that data directory, or "
                    "say --data-dir, or --server and --token-file",
                    file)};
  }
  out.token = trimmed(std::move(*text));
  if (!usable(out.token))
    return base::error{base::ec::invalid_argument,
                       fmt::format("reading the token: {} does not hold one", file)};
  return out;
}

base::error error_of(const io::http_response& answer, std::string_view what) {
  using base::ec;
  auto code = ec::io;
  switch (answer.status) {
  case 400:
    code = ec::invalid_argument;
    break;
  case 401:
  case 403:
    code = ec::denied;
    break;
  case 404:
    code = ec::not_found;
    break;
  case 409:
    code = ec::conflict;
    break;
  case 413:
    code = ec::too_large;
    break;
  case 415:
  case 501:
    code = ec::unsupported;
    break;
  case 429:
  case 503:
    code = ec::unavailable;
    break;
  case 504:
    code = ec::timed_out;
    break;
  default:
    break;
  }
  std::string detail;
  if (auto doc = server::json_document::parse(answer.body, what))
    detail = server::text_at(doc->root(), "detail");
  if (detail.empty())
    detail =
        fmt::format("the node answered {} {}", answer.status, io::reason_phrase(answer.status));
  return {code, fmt::format("{}: {}", what, detail)};
}

std::string path_with(std::string_view path, const query& parameters) {
  std::string out{path};
  char before = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty())
      continue;
    out += before + name + "=" + io::percent_encode(value);
    before = '&';
  }
  return out;
}

node_client::node_client(node_address to, io::http_client_settings settings)
    : to_{std::move(to)}, http_{std::move(settings)} {}

base::result<io::http_response> node_client::call(io::http_method method, const std::string& path,
                                                  io::http_call_options options) {
  options.headers.set("Authorization", "Bearer " + to_.token);
  return http_.call(method, to_.url + path, options);
}

base::result<server::json_document> node_client::json(io::http_method method,
                                                      const std::string& path, std::string body) {
  io::http_call_options options;
  options.body = std::move(body);
  auto answer = call(method, path, std::move(options));
  if (!answer)
    return answer.err();
  const auto what = fmt::format("{} {}", to_string(method), path.substr(0, path.find('?')));
  if (answer->status < 200 || answer->status > 299)
    return error_of(*answer, what);
  auto doc = server::json_document::parse(answer->body, what);
  // Not the user's input, so not "input unreadable".
  if (!doc)
    return base::error{base::ec::io, doc.err().context + "; is this a vedette node?"};
  return doc;
}

base::result<server::json_document> node_client::get(const std::string& path) {
  return json(io::http_method::get, path, {});
}
base::result<server::json_document> node_client::post(const std::string& path, std::string body) {
  return json(io::http_method::post, path, std::move(body));
}
base::result<server::json_document> node_client::del(const std::string& path) {
  return json(io::http_method::del, path, {});
}

base::result<listed> node_client::list(std::string_view path, query parameters, std::size_t limit) {
  constexpr std::size_t page_max = 1000;
  listed out;
  std::string cursor;
  do {
    auto wanted = parameters;
    if (limit > 0) {
      wanted.emplace_back("limit", std::to_string(std::min(page_max, limit - out.items.size())));
      wanted.emplace_back("cursor", cursor);
    }
    auto page = get(path_with(path, wanted));
    if (!page)
      return page.err();
    const auto root = page->root();
    out.pages.push_back(std::move(*page));
    for (const auto v : server::list_at(root, "items"))
      out.items.push_back(v);
    for (auto& who : server::texts_at(root, "unreachable"))
      out.unreachable.push_back(std::move(who));
    cursor = server::text_at(root, "next");
    out.more = !cursor.empty() || server::flag_at(root, "more");
  } while (!cursor.empty() && out.items.size() < limit);
  return out;
}

base::status node_client::stream(const std::string& path, const std::string& last_event_id,
                                 const std::function<bool(std::string_view)>& piece) {
  io::http_call_options options;
  options.headers.set("Authorization", "Bearer " + to_.token);
  options.headers.set("Accept", "text/event-stream");
  if (!last_event_id.empty())
    options.headers.set("Last-Event-ID", last_event_id);
  io::http_client_settings endless;
  endless.timeout = std::chrono::milliseconds{0};
  io::http_client http{endless};
  auto answer = http.stream(to_.url + path, options, piece);
  if (!answer)
    return answer.err();
  if (answer->status < 200 || answer->status > 299)
    return error_of(*answer, "GET " + path.substr(0, path.find('?')));
  return {};
}

} // namespace vedette::client

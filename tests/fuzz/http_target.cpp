// What follows the method in a request line: path and query are decoded or refused, whatever the
// escapes, and what was decoded and encoded again is found again.
#include "base/assert.hpp"
#include "io/http/message.hpp"
#include "io/http/router.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

namespace {

const io::http_router& routes() {
  static const auto made = [] {
    io::http_router r;
    const auto nothing = [](io::http_call, io::http_responder) {};
    r.add(io::http_method::get, "/v1/alerts", {}, nothing);
    r.add(io::http_method::get, "/v1/alerts/{id}", {}, nothing);
    r.add(io::http_method::get, "/v1/alerts/stream", {}, nothing);
    r.add(io::http_method::post, "/v1/ingest/{source}", {}, nothing);
    r.add(io::http_method::post, "/{index}/_bulk", {}, nothing);
    return r;
  }();
  return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view target{reinterpret_cast<const char*>(bytes), size};
  const auto path = target.substr(0, target.find('?'));
  for (auto method : {io::http_method::get, io::http_method::head, io::http_method::post}) {
    const auto m = routes().match(method, path);
    for (const auto& [name, value] : m.parameters)
      VEDETTE_ASSERT(!name.empty() && value.find('\0') == std::string::npos);
  }
  if (const auto decoded = io::percent_decode(target, false)) {
    const auto again = io::percent_decode(io::percent_encode(*decoded), false);
    VEDETTE_ASSERT(again && *again == *decoded);
  }
  if (path.size() == target.size())
    return 0;
  const auto query = io::parse_query(target.substr(path.size() + 1));
  if (!query)
    return 0;
  std::string written;
  for (const auto& [name, value] : *query)
    written += io::percent_encode(name) + "=" + io::percent_encode(value) + "&";
  const auto again = io::parse_query(written);
  VEDETTE_ASSERT(again && *again == *query);
  return 0;
}

#include "tests/tidy/checks.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace vedette::tidy {
namespace {

constexpr std::array pure_folders{"base", "ingest", "detect", "respond", "cluster"};
/// Below these everything of ours may be seen: they wire or examine the rest.
constexpr std::array free_folders{"nodes", "tests", "bench"};

template <std::size_t N>
bool one_of(const std::array<const char*, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The configuration is pure as well, so that every mistake in a file can be tested on a text.
bool is_pure(std::string_view path) {
  return one_of(pure_folders, folder_of(path)) || path.starts_with("nodes/config/");
}

std::string at(const file& f, std::size_t line, const std::string& what) {
  return f.path + ":" + std::to_string(line) + ": " + what;
}

using table = std::map<std::string, std::set<std::string>>;

/// Reads `set(VEDETTE_SEES_x a b)` (or LINKS) out of the CMake table.
table rows(const tree& t, const std::string& kind) {
  table out;
  const auto* cmake = t.find("cmake/vedette.cmake");
  if (cmake == nullptr)
    return out;
  const RE2 row{"set\\(VEDETTE_" + kind + "_([a-z_]+)\\s+([^)]*)\\)"};
  re2::StringPiece rest{cmake->text};
  for (std::string folder, words; RE2::FindAndConsume(&rest, row, &folder, &words);) {
    auto& allowed = out[folder];
    std::string word;
    for (const char c : words + " ") {
      if (c != ' ' && c != '\n' && c != '"')
        word += c;
      else if (!word.empty())
        allowed.insert(std::exchange(word, {}));
    }
  }
  return out;
}

struct library {
  const char* prefix; ///< of the header's name
  const char* target; ///< as the CMake table names it
};
/// The headers of every third-party library. A header that is not here is a complaint: libraries
/// enter through cmake/packages.cmake, docs/decisions/ and this list.
constexpr std::array<library, 26> libraries{{
    {"fmt/", "fmt::fmt"},
    {"xxhash.h", "PkgConfig::XXHASH"},
    {"openssl/", "OpenSSL::Crypto"},
    {"rapidjson/", "vedette_rapidjson"},
    {"capnp/", "CapnProto::capnp"},
    {"kj/", "CapnProto::capnp"},
    {"zstd.h", "PkgConfig::ZSTD"},
    {"zstd_errors.h", "PkgConfig::ZSTD"},
    {"simdjson.h", "simdjson::simdjson"},
    {"re2/", "PkgConfig::RE2"},
    {"yaml-cpp/", "yaml-cpp::yaml-cpp"},
    {"rocksdb/", "RocksDB::rocksdb-shared"},
    {"spdlog/", "spdlog::spdlog"},
    {"zmq", "cppzmq"},
    {"curl/", "CURL::libcurl"},
    {"maxminddb", "PkgConfig::MAXMINDDB"},
    {"zlib.h", "ZLIB::ZLIB"},
    {"expat.h", "EXPAT::EXPAT"},
    {"librdkafka/", "PkgConfig::RDKAFKA"},
    {"prometheus/", "prometheus-cpp::core"},
    {"caf/", "CAF::core"},
    {"CLI/", "CLI11::CLI11"},
    // Header-only, so there is nothing to link; only the HTTP server needs it.
    {"boost/", "boost"},
    {"catch2/", "Catch2"},
    {"nlohmann/", "nlohmann"},
    {"gtest/", "gtest"},
}};

/// Of the operating system or the compiler; never in pure folders unless they only compute.
bool is_system(std::string_view header) {
  constexpr std::array names{"unistd.h",  "fcntl.h",  "dirent.h",   "poll.h",  "signal.h",
                             "pthread.h", "syslog.h", "netdb.h",    "pwd.h",   "termios.h",
                             "spawn.h",   "dlfcn.h",  "execinfo.h", "sched.h", "malloc.h"};
  return header.starts_with("sys/") || header.starts_with("netinet/") ||
         header.starts_with("arpa/") || header.starts_with("net/") ||
         header.starts_with("linux/") || one_of(names, header);
}

bool is_intrinsic(std::string_view header) {
  return header.ends_with("intrin.h") || header == "arm_neon.h";
}

/// Codecs of what detect and respond keep: those folders see no bytes, schemas sees neither of
/// them.
bool is_codec(const file& f) {
  for (const char* ending : {"_encode.cpp", "_decode.cpp", "_codec.cpp"})
    if (f.path.starts_with("actors/") && f.path.ends_with(ending))
      return true;
  return false;
}

/// Headers of ours that a tool writes from a schema.
bool is_generated(std::string_view header) {
  return header.ends_with(".capnp.h");
}

bool may_use(const std::string& folder, const file& f, std::string_view target,
             const table& links) {
  if (target == "Catch2")
    return folder == "tests";
  if (target == "boost")
    return folder == "io" || folder == "tests" || folder == "bench";
  // RocksDB has one door, so that the memory store can stand in for it everywhere else.
  if (target == "RocksDB::rocksdb-shared" && folder == "state")
    return f.path.starts_with("state/rocks/");
  // Everybody sees base, and base hands on fmt: it only computes.
  if (target == "fmt::fmt" || folder == "tests" || folder == "bench")
    return true;
  const auto row = links.find(folder);
  if (row == links.end())
    return false;
  return row->second.count(std::string{target}) > 0 ||
         (target == "OpenSSL::Crypto" && row->second.count("OpenSSL::SSL") > 0);
}

} // namespace

complaints impure_code(const tree& t) {
  constexpr std::array headers{"fstream", "iostream",     "filesystem",         "thread",
                               "mutex",   "shared_mutex", "condition_variable", "future",
                               "ctime",   "random",       "semaphore",          "latch",
                               "barrier", "stop_token"};
  constexpr std::array prefixes{"caf/", "zmq", "rocksdb/", "capnp/", "boost/", "curl/", "spdlog/"};
  constexpr std::array calls{"system_clock::now", "steady_clock::now",  "high_resolution_clock",
                             "std::this_thread",  "std::random_device", "std::getenv"};
  complaints out;
  for (const auto& f : t.files()) {
    if (!is_code(f) || !is_pure(f.path))
      continue;
    for (const auto& i : includes_of(f)) {
      // <arpa/inet.h> only turns addresses into text and back.
      const bool system = is_system(i.target) && i.target != "arpa/inet.h";
      const bool bad = i.angle && (one_of(headers, i.target) || system ||
                                   std::ranges::any_of(prefixes, [&](std::string_view p) {
                                     return i.target.starts_with(p);
                                   }));
      if (bad)
        out.push_back(at(f, i.line, "a pure folder includes <" + i.target + ">"));
    }
    const auto code = without_comments(f.text);
    for (const std::string call : calls) {
      if (const auto pos = code.find(call); pos != std::string::npos)
        out.push_back(
            at(f,
               1 + static_cast<std::size_t>(std::count(
                       code.begin(), code.begin() + static_cast<std::ptrdiff_t>(pos), '\n')),
               "a pure folder calls " + call));
    }
  }
  return out;
}

complaints forbidden_includes(const tree& t) {
  complaints out;
  const auto sees = rows(t, "SEES");
  if (sees.size() < 2)
    return {"cmake/vedette.cmake: the table of folders is not readable"};
  for (const auto& f : t.files()) {
    const std::string folder{folder_of(f.path)};
    if (!is_code(f) || one_of(free_folders, folder))
      continue;
    const auto row = sees.find(folder);
    if (row == sees.end()) {
      out.push_back(f.path +
                    ": code in a folder that the table in cmake/vedette.cmake does not name");
      continue;
    }
    for (const auto& i : includes_of(f)) {
      const std::string target{folder_of(i.target)};
      if (i.angle || is_generated(i.target) || target == folder || row->second.count(target) > 0)
        continue;
      out.push_back(at(f, i.line,
                       target.empty() ? "includes \"" + i.target + "\" without its folder"
                                      : folder + " may not see " + target));
    }
  }
  return out;
}

complaints forbidden_libraries(const tree& t) {
  complaints out;
  const auto links = rows(t, "LINKS");
  for (const auto& f : t.files()) {
    const std::string folder{folder_of(f.path)};
    if (!is_code(f) || folder.empty())
      continue;
    for (const auto& i : includes_of(f)) {
      const bool is_standard = i.target.find_first_of("./") == std::string::npos;
      if (!i.angle || is_standard || is_system(i.target) || is_intrinsic(i.target))
        continue;
      if (is_generated(i.target)) {
        if (folder != "schemas" && folder != "tests" && !is_codec(f))
          out.push_back(at(
              f, i.line, "only schemas/ knows the bytes; <" + i.target + "> is seen in " + folder));
        continue;
      }
      const auto lib = std::ranges::find_if(
          libraries, [&](const library& l) { return i.target.starts_with(l.prefix); });
      if (lib == libraries.end())
        out.push_back(
            at(f, i.line, "<" + i.target + "> belongs to no library that tests/tidy knows"));
      else if (!may_use(folder, f, lib->target, links))
        out.push_back(at(f, i.line, folder + " may not use <" + i.target + ">"));
    }
  }
  return out;
}

} // namespace vedette::tidy

// What the ingest tests share: the shipped taxonomy, a node's worth of settings, and running text
// through splitter and normaliser.
#pragma once

#include "ingest/enrich/address_book.hpp"
#include "ingest/formats/format.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/normaliser.hpp"
#include "ingest/record_splitter.hpp"
#include "ingest/taxonomy.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette::ingest {

inline std::filesystem::path source_dir() {
  const char* dir = std::getenv("VEDETTE_SOURCE_DIR");
  return dir != nullptr ? dir : ".";
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  INFO("reading " << path);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A log of tests/data/logs.
inline std::string our_log(const char* name) {
  return file_text(source_dir() / "tests/data/logs" / name);
}

inline std::shared_ptr<const taxonomy> shipped_taxonomy() {
  static const auto loaded = [] {
    std::vector<std::string> texts;
    for (const auto& format : formats())
      texts.push_back(
          file_text(source_dir() / "rules/activities" / (std::string{format.name} + ".yaml")));
    auto t = taxonomy::load(texts);
    if (!t)
      FAIL(base::to_string(t.err()));
    return *t;
  }();
  return loaded;
}

/// The files of rules/sources, by name.
inline const std::vector<mapping_file>& shipped_mapping_files() {
  static const auto files = [] {
    std::vector<mapping_file> out;
    for (const auto& f : std::filesystem::directory_iterator{source_dir() / "rules/sources"})
      out.push_back({f.path().filename().string(), file_text(f.path())});
    std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
    return out;
  }();
  return files;
}

inline std::shared_ptr<const mapping_set> shipped_mappings() {
  static const auto loaded = [] {
    auto set = mapping_set::load(shipped_mapping_files());
    if (!set)
      FAIL(base::to_string(set.err()));
    return *set;
  }();
  return loaded;
}

struct outcome_of_run {
  base::event_batch batch;
  std::vector<std::string> skipped, quarantined;

  const base::event& only() const {
    for (const auto& reason : quarantined)
      UNSCOPED_INFO("quarantined: " << reason);
    for (const auto& reason : skipped)
      UNSCOPED_INFO("skipped: " << reason);
    REQUIRE(batch.events.size() == 1);
    return batch.events.front();
  }
};

struct node_settings {
  std::shared_ptr<const address_book> book;
  std::shared_ptr<const base::event_matcher> matcher;
  base::tenant_settings tenant;
  std::vector<std::string> unwrap;
  std::shared_ptr<const mapping_set> mappings = shipped_mappings();
};

/// Everything the text holds, in one batch.
inline std::unique_ptr<outcome_of_run> run_text(std::string_view text,
                                                const node_settings& node = {}) {
  auto out = std::make_unique<outcome_of_run>();
  normaliser n{shipped_taxonomy(), node.book, node.matcher,
               std::make_shared<base::tenant_settings>(node.tenant), node.mappings};
  record_splitter splitter{node.unwrap};
  const record_splitter::sink sink = [&](const split_record& r) {
    if (!r.problem.empty()) {
      out->quarantined.emplace_back(r.problem);
      return;
    }
    const auto v = n.run(r.text, out->batch);
    if (v.what == disposition::skipped)
      out->skipped.emplace_back(v.reason);
    else if (v.what == disposition::quarantined)
      out->quarantined.emplace_back(v.reason);
  };
  splitter.push(text, sink);
  splitter.finish(sink);
  return out;
}

/// A record with these members besides the usual ones; members given replace the usual ones.
inline std::string record_with(const std::string& members) {
  const auto given = [&](const char* name) {
    return members.find('"' + std::string{name} + "\":") != std::string::npos;
  };
  std::string out = "{";
  const auto usual = [&](const char* name, const char* json) {
    if (!given(name))
      out += '"' + std::string{name} + "\":" + json + ",";
  };
  usual("eventVersion", R"("1.11")");
  usual("userIdentity", R"({"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana",
    "accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"ana"})");
  usual("eventTime", R"("2026-01-02T03:04:05Z")");
  usual("eventSource", R"("ec2.amazonaws.com")");
  usual("eventName", R"("DescribeInstances")");
  usual("awsRegion", R"("eu-west-1")");
  usual("sourceIPAddress", R"("203.0.113.9")");
  usual("eventID", R"("e-1")");
  usual("recipientAccountId", R"("111122223333")");
  if (members.empty())
    out.pop_back();
  return out + members + "}";
}

/// Public sample logs, when this machine has them.
inline std::optional<std::filesystem::path> sample_dir(const char* folder) {
  const char* given = std::getenv("VEDETTE_SHARED_DATA");
  const auto root =
      given != nullptr ? std::filesystem::path{given} : source_dir() / ".." / "shared" / "data";
  if (std::filesystem::is_directory(root / folder))
    return root / folder;
  WARN("SKIPPED: no sample data in " << (root / folder).string()
                                     << "; set VEDETTE_SHARED_DATA to the folder that has it");
  return std::nullopt;
}

} // namespace vedette::ingest

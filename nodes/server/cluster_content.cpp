#include "nodes/server/cluster_content.hpp"

#include "nodes/content/content.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

namespace vedette::server {

namespace {

const std::string content_name = "content";
constexpr std::chrono::seconds fetch_patience{30};

} // namespace

base::status cluster_content::in_force(std::uint64_t version, const std::string& bytes) {
  const std::lock_guard one_at_a_time{switching_};
  std::shared_ptr<const ingest::address_book> book;
  std::function<base::status(const actors::content_ptr&)> switch_to;
  {
    const std::lock_guard lock{guard_};
    book = book_;
    switch_to = switch_to_;
  }
  const auto before = library_.newest();
  if (before && before->number.value >= version)
    return {};
  auto taken = library_.take(bytes, std::move(book));
  if (!taken)
    return taken.err();
  if (taken->content->number.value != version)
    return base::error{base::ec::corrupt,
                       fmt::format("taking version {} of the content: its bytes are generation {}",
                                   version, taken->content->number.value)};
  if (!switch_to)
    return {};
  if (auto ok = switch_to(taken->content); !ok)
    return ok;
  spdlog::info("generation {} ({}) is in force: {}", version, taken->content->hash.substr(0, 12),
               taken->difference.text());
  return {};
}

base::result<actors::content_ptr> cluster_content::begin(read_result local) {
  {
    const std::lock_guard lock{guard_};
    book_ = local.compiled.book;
  }
  documents_.own(content_name, [this](std::uint64_t version, const std::string& bytes) {
    return in_force(version, bytes);
  });
  std::vector<schemas::content_document> here;
  for (const auto& d : local.documents)
    here.push_back(d.about);
  const auto hash = hash_of(here);
  while (true) {
    const auto current = documents_.wait_for(content_name, fetch_patience);
    if (current) {
      auto taken = library_.take(current->bytes, local.compiled.book);
      if (!taken)
        return taken.err();
      if (taken->content->hash != hash)
        spdlog::info("the files here are not what the cluster works with (generation {}); `vedette "
                     "apply` puts them in force everywhere",
                     taken->content->number.value);
      return taken->content;
    }
    if (current.err().code != base::ec::not_found)
      return current.err();
    const auto put =
        documents_.put(content_name, 0, stored_library::bundle_of(local, {1}, clock_.now()));
    if (!put && put.err().code != base::ec::conflict)
      return put.err();
  }
}

void cluster_content::attach(std::function<base::status(const actors::content_ptr&)> switch_to) {
  const std::lock_guard lock{guard_};
  switch_to_ = std::move(switch_to);
}

void cluster_content::detach() {
  const std::lock_guard none_under_way{switching_};
  attach(nullptr);
}

base::result<cluster_content::applied> cluster_content::apply(std::vector<document> documents,
                                                              bool dry_run,
                                                              std::vector<std::string>& problems) {
  const auto current = documents_.wait_for(content_name, shared_documents::put_patience);
  if (!current)
    return current.err();
  const auto bundle = schemas::decode_bundle(current->bytes);
  if (!bundle)
    return bundle.err();
  std::set<schemas::document_kind> given;
  for (const auto& d : documents)
    given.insert(d.about.kind);
  const auto& before = bundle->manifest.documents;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (!given.contains(before[i].kind))
      documents.push_back({before[i], bundle->texts[i]});
  for (std::size_t i = 0; i < documents.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (documents[k].about.kind == documents[i].about.kind &&
          documents[k].about.name == documents[i].about.name) {
        problems.push_back(fmt::format("applying {}: it is named twice", documents[i].about.name));
        return base::error{base::ec::malformed, problems.front()};
      }
  sort(documents);
  read_result next;
  next.documents = std::move(documents);
  auto compiled = compile(next.documents, problems);
  if (!compiled)
    return compiled.err();
  std::vector<content::text_file> activities, sources;
  for (const auto& d : next.documents)
    if (d.about.kind == schemas::document_kind::activities)
      activities.push_back({d.about.name, d.text});
    else if (d.about.kind == schemas::document_kind::source)
      sources.push_back({d.about.name, d.text});
  if (auto taxonomy = content::compile_activities(activities); !taxonomy) {
    problems.push_back(base::to_string(taxonomy.err()));
    return taxonomy.err();
  }
  if (auto mappings = content::compile_sources(sources); !mappings) {
    problems.push_back(base::to_string(mappings.err()));
    return mappings.err();
  }
  std::vector<schemas::content_document> about;
  for (const auto& d : next.documents)
    about.push_back(d.about);
  applied out;
  out.generation = {current->version};
  out.hash = hash_of(about);
  if (out.hash == bundle->manifest.hash)
    return out;
  out.changed = true;
  out.generation = {current->version + 1};
  if (const auto was = library_.find({current->version}))
    out.difference = difference(**was, before, *compiled, about).text();
  if (dry_run)
    return out;
  if (auto ok = documents_.put(content_name, current->version,
                               stored_library::bundle_of(next, out.generation, clock_.now()));
      !ok)
    return ok.err();
  return out;
}

} // namespace vedette::server

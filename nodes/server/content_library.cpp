#include "nodes/server/content_library.hpp"

#include "actors/partition_keys.hpp"
#include "nodes/content/content.hpp"
#include "schemas/codec/checkpoint_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace vedette::server {

namespace {

using schemas::content_document;
using schemas::content_manifest;
using schemas::document_kind;

constexpr std::string_view manifest_prefix = "content/generation/";

/// How long a batch may be under way that names the generation before.
constexpr std::chrono::hours under_way{1};

std::string manifest_name(base::generation g) {
  return fmt::format("{}{:016x}", manifest_prefix, g.value);
}
std::string document_name(const std::string& digest) {
  return "content/document/" + digest;
}

std::vector<content_document> rules_of(const std::vector<content_document>& documents) {
  std::vector<content_document> out;
  for (const auto& d : documents)
    if (d.kind == document_kind::rule)
      out.push_back(d);
  return out;
}

} // namespace

base::result<std::shared_ptr<stored_library>>
stored_library::open(std::shared_ptr<state::store> store) {
  std::shared_ptr<stored_library> out{new stored_library{std::move(store)}};
  std::optional<base::error> failed;
  const auto ok = out->store_->entities().scan_meta(
      manifest_prefix, [&](std::string_view name, std::string_view value) {
        auto m = schemas::decode_manifest(value);
        if (!m || manifest_name(m->generation) != name || hash_of(m->documents) != m->hash) {
          failed = m ? base::error{base::ec::corrupt,
                                   fmt::format("reading {}: it is not what its name and hash say; "
                                               "restore the store",
                                               name)}
                     : m.err();
          return false;
        }
        out->manifests_[m->generation] = std::move(*m);
        return true;
      });
  if (failed)
    return *failed;
  if (!ok)
    return ok.err();
  return out;
}

base::result<stored_library::adoption> stored_library::adopt(read_result read,
                                                             base::receive_time now) {
  std::lock_guard lock{guard_};
  content_manifest next;
  for (const auto& d : read.documents)
    next.documents.push_back(d.about);
  next.hash = hash_of(next.documents);
  next.generation = {1};
  next.made = now;
  adoption out;
  const content_manifest* before =
      manifests_.empty() ? nullptr : &std::prev(manifests_.end())->second;
  if (before != nullptr && before->hash == next.hash) {
    next.generation = before->generation;
    next.made = before->made;
    if (newest_) {
      out.content = newest_;
      return out;
    }
  } else {
    out.fresh = true;
    if (before != nullptr) {
      next.generation = {before->generation.value + 1};
      next.made = std::max(now, before->made);
    }
    std::set<std::string> stored;
    for (const auto& [g, m] : manifests_)
      for (const auto& d : m.documents)
        if (d.kept)
          stored.insert(d.digest);
    state::changes c;
    for (const auto& d : read.documents)
      if (d.about.kept && stored.insert(d.about.digest).second)
        c.put_meta(document_name(d.about.digest), schemas::pack_document(d.text));
    c.put_meta(manifest_name(next.generation), schemas::encode(next));
    if (auto ok = store_->entities().apply(c); !ok)
      return ok.err();
  }
  auto content = std::make_shared<actors::content_generation>(std::move(read.compiled));
  content->number = next.generation;
  content->hash = next.hash;
  content->made = next.made;
  if (auto same = same_rules(next.documents))
    content->rules = std::move(same);
  if (out.fresh && before != nullptr)
    // For people; a generation that this build cannot compile any more has no rules to compare.
    if (const auto was = made(before->generation))
      out.difference = difference(**was, before->documents, *content, next.documents);
  manifests_[next.generation] = std::move(next);
  compiled_[content->number] = content;
  newest_ = content;
  out.content = std::move(content);
  return out;
}

std::string stored_library::bundle_of(const read_result& read, base::generation number,
                                      base::receive_time made) {
  schemas::content_bundle b;
  for (const auto& d : read.documents) {
    b.manifest.documents.push_back(d.about);
    b.texts.push_back(d.about.kept ? d.text : std::string{});
  }
  b.manifest.hash = hash_of(b.manifest.documents);
  b.manifest.generation = number;
  b.manifest.made = made;
  return schemas::encode(b);
}

actors::content_ptr stored_library::newest() const {
  const std::lock_guard lock{guard_};
  return newest_;
}

base::result<stored_library::adoption>
stored_library::take(std::string_view bundle, std::shared_ptr<const ingest::address_book> book) {
  auto b = schemas::decode_bundle(bundle);
  if (!b)
    return b.err();
  auto& m = b->manifest;
  if (hash_of(m.documents) != m.hash)
    return base::error{base::ec::corrupt, "taking a generation of content: it does not have the "
                                          "hash that it claims; apply it again"};
  std::vector<document> documents;
  std::vector<content::text_file> activities, sources;
  for (std::size_t i = 0; i < m.documents.size(); ++i) {
    if (m.documents[i].kind == document_kind::activities)
      activities.push_back({m.documents[i].name, b->texts[i]});
    else if (m.documents[i].kind == document_kind::source)
      sources.push_back({m.documents[i].name, b->texts[i]});
    documents.push_back({m.documents[i], std::move(b->texts[i])});
  }
  std::vector<std::string> problems;
  auto compiled = compile(documents, problems);
  if (!compiled)
    return compiled.err();
  auto taxonomy = content::compile_activities(activities);
  if (!taxonomy)
    return taxonomy.err();
  auto mappings = content::compile_sources(sources);
  if (!mappings)
    return mappings.err();

  const std::lock_guard lock{guard_};
  const auto known = manifests_.find(m.generation);
  if (known != manifests_.end() && known->second.hash != m.hash)
    return base::error{base::ec::conflict,
                       fmt::format("taking generation {} of content: this store holds another one "
                                   "under its number; start with an empty data directory",
                                   m.generation.value)};
  adoption out;
  out.fresh = known == manifests_.end();
  if (out.fresh) {
    state::changes c;
    for (const auto& d : documents)
      if (d.about.kept)
        c.put_meta(document_name(d.about.digest), schemas::pack_document(d.text));
    c.put_meta(manifest_name(m.generation), schemas::encode(m));
    if (auto ok = store_->entities().apply(c); !ok)
      return ok.err();
  }
  auto content = std::make_shared<actors::content_generation>(std::move(*compiled));
  content->number = m.generation;
  content->hash = m.hash;
  content->made = m.made;
  content->activities = std::move(*taxonomy);
  content->mappings = std::move(*mappings);
  content->book = std::move(book);
  if (auto same = same_rules(m.documents))
    content->rules = std::move(same);
  if (newest_)
    out.difference =
        difference(*newest_, manifests_.at(newest_->number).documents, *content, m.documents);
  manifests_[m.generation] = std::move(m);
  compiled_[content->number] = content;
  newest_ = content;
  out.content = std::move(content);
  return out;
}

std::shared_ptr<const detect::ruleset>
stored_library::same_rules(const std::vector<content_document>& documents) const {
  const auto wanted = rules_of(documents);
  for (const auto& [g, weak] : compiled_)
    if (const auto live = weak.lock(); live && rules_of(manifests_.at(g).documents) == wanted)
      return live->rules;
  return nullptr;
}

base::result<std::string> stored_library::text_of(const content_document& d) const {
  const auto bytes = store_->entities().meta(document_name(d.digest));
  if (!bytes)
    return bytes.err();
  if (!*bytes)
    return base::error{base::ec::corrupt,
                       fmt::format("reading content document {} ({}): it is not in the store; "
                                   "restore the store",
                                   d.digest, d.name)};
  return schemas::unpack_document(**bytes, d.digest);
}

base::result<actors::content_ptr> stored_library::find(base::generation number) {
  std::lock_guard lock{guard_};
  return made(number);
}

base::result<actors::content_ptr> stored_library::made(base::generation number) {
  if (const auto at = compiled_.find(number); at != compiled_.end())
    if (auto live = at->second.lock())
      return live;
  const auto at = manifests_.find(number);
  if (at == manifests_.end())
    return base::error{base::ec::not_found,
                       manifests_.empty() ? std::string{"this store holds no content"}
                                          : fmt::format("this store holds generations {} to {}",
                                                        manifests_.begin()->first.value,
                                                        std::prev(manifests_.end())->first.value)};
  const auto& m = at->second;
  std::vector<document> documents;
  for (const auto& d : m.documents) {
    // What no fold looks at is not asked for.
    const bool wanted = d.kept && d.kind != document_kind::activities;
    auto text = wanted ? text_of(d) : base::result<std::string>{std::string{}};
    if (!text)
      return text.err();
    documents.push_back({d, std::move(*text)});
  }
  std::vector<std::string> problems;
  auto compiled = compile(documents, problems);
  if (!compiled)
    return base::error{compiled.err().code,
                       fmt::format("generation {}: {}", number.value, compiled.err().context)};
  auto content = std::make_shared<actors::content_generation>(std::move(*compiled));
  content->number = number;
  content->hash = m.hash;
  content->made = m.made;
  if (auto same = same_rules(m.documents))
    content->rules = std::move(same);
  compiled_[number] = content;
  return actors::content_ptr{std::move(content)};
}

base::result<base::generation> stored_library::oldest_in_checkpoints() const {
  auto oldest = std::prev(manifests_.end())->first;
  std::optional<base::error> failed;
  auto ok = store_->entities().scan_meta(
      actors::partition_meta_prefix, [&](std::string_view, std::string_view value) {
        const auto c = schemas::decode_partition_checkpoint(value);
        if (!c) {
          failed = c.err();
          return false;
        }
        oldest = std::min(oldest, c->generations.empty() ? base::generation{1}
                                                         : c->generations.back().generation);
        return true;
      });
  if (ok && !failed)
    ok = store_->entities().scan_meta(actors::tenants_meta_prefix,
                                      [&](std::string_view, std::string_view value) {
                                        const auto c = schemas::decode_config_entry(value);
                                        if (!c) {
                                          failed = c.err();
                                          return false;
                                        }
                                        oldest = std::min(oldest, c->generation);
                                        return true;
                                      });
  if (failed)
    return *failed;
  if (!ok)
    return ok.err();
  return oldest;
}

base::result<std::size_t> stored_library::prune() {
  std::lock_guard lock{guard_};
  if (manifests_.empty())
    return std::size_t{0};
  const auto oldest = oldest_in_checkpoints();
  if (!oldest)
    return oldest.err();
  const auto usage = store_->log().usage();
  std::vector<base::generation> gone;
  for (auto at = manifests_.begin(); std::next(at) != manifests_.end(); ++at) {
    const bool named = usage.records > 0 && usage.oldest <= std::next(at)->second.made + under_way;
    if (at->first >= *oldest || named)
      break;
    gone.push_back(at->first);
  }
  if (gone.empty())
    return std::size_t{0};
  std::set<std::string> kept;
  for (const auto& [g, m] : manifests_)
    if (g > gone.back())
      for (const auto& d : m.documents)
        kept.insert(d.digest);
  state::changes c;
  for (const auto g : gone) {
    c.erase_meta(manifest_name(g));
    for (const auto& d : manifests_.at(g).documents)
      if (d.kept && !kept.contains(d.digest))
        c.erase_meta(document_name(d.digest));
  }
  if (auto ok = store_->entities().apply(c); !ok)
    return ok.err();
  for (const auto g : gone) {
    manifests_.erase(g);
    compiled_.erase(g);
  }
  return gone.size();
}

std::vector<base::generation> stored_library::kept() const {
  std::lock_guard lock{guard_};
  std::vector<base::generation> out;
  for (const auto& [g, m] : manifests_)
    out.push_back(g);
  return out;
}

} // namespace vedette::server

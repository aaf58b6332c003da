// POST /v1/apply: rules, playbooks, activities, sources and tenants as the cluster's next
// generation.
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/cluster_content.hpp"

#include <fmt/format.h>

#include <optional>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

std::optional<schemas::document_kind> kind_of(const std::string& word) {
  if (word == "rule")
    return schemas::document_kind::rule;
  if (word == "playbook")
    return schemas::document_kind::playbook;
  if (word == "activities")
    return schemas::document_kind::activities;
  if (word == "source")
    return schemas::document_kind::source;
  if (word == "tenant")
    return schemas::document_kind::tenant;
  return std::nullopt;
}

base::result<std::vector<document>> documents_of(json_value root) {
  std::vector<document> out;
  for (const auto d : list_at(root, "documents")) {
    const auto word = text_at(d, "kind");
    const auto kind = kind_of(word);
    const auto name = text_at(d, "name");
    if (!kind || name.empty())
      return base::error{
          base::ec::invalid_argument,
          fmt::format("applying '{}': a document has a name and a kind of rule, playbook, "
                      "activities, source or tenant, not '{}'",
                      name, word)};
    out.push_back(make_document(*kind, name, text_at(d, "text")));
  }
  if (out.empty())
    return base::error{base::ec::invalid_argument, "applying: there are no documents in the body"};
  return out;
}

void answer_applied(const exchange_ptr& x, const base::result<cluster_content::applied>& done,
                    bool dry_run, const std::vector<std::string>& problems) {
  base::json_writer w;
  w.begin_object();
  if (!done && problems.empty()) {
    x->refuse(done.err());
    return;
  }
  if (!done) {
    w.key("problems").begin_array();
    for (const auto& p : problems)
      w.value(p);
    w.end_array().end_object();
    x->answer(std::string{w.text()});
    return;
  }
  w.member("generation", done->generation.value).member("hash", done->hash);
  w.member("changed", done->changed).member("dry_run", dry_run);
  w.member("difference", done->difference).end_object();
  x->answer(std::string{w.text()});
}

void apply(const context_ptr& c, const exchange_ptr& x) {
  auto* content = c->node.cluster_content;
  if (content == nullptr) {
    x->refuse({base::ec::conflict,
               "applying: this node is no cluster's and reads files: change them and send it "
               "SIGHUP"});
    return;
  }
  auto body = json_document::parse(x->request.body, "the body");
  if (!body) {
    x->refuse(body.err());
    return;
  }
  const auto documents = documents_of(body->root());
  if (!documents) {
    x->refuse(documents.err());
    return;
  }
  const bool dry_run = flag_at(body->root(), "dry_run");
  run_apart(c->node, [content, x, documents = *documents, dry_run] {
    std::vector<std::string> problems;
    const auto done = content->apply(documents, dry_run, problems);
    answer_applied(x, done, dry_run, problems);
  });
}

} // namespace

void add_apply_route(route_book& book) {
  book.add(io::http_method::post, "/v1/apply", {io::role::admin},
           {"Puts rules, playbooks, activities, sources and tenants in force as the cluster's next "
            "generation. Kinds that are "
            "not given stay as they are. What is wrong comes back as `problems`, and then nothing "
            "changes",
            {},
            "{documents: [{kind: rule|playbook|activities|source|tenant, name, text}], dry_run}"},
           apply);
}

} // namespace vedette::server

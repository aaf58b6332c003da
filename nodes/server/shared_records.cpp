#include "nodes/server/shared_records.hpp"

#include <fmt/format.h>

#include <string>

namespace vedette::server {

namespace {

constexpr std::chrono::seconds read_patience{30};

base::result<schemas::token_document> decode(std::string_view bytes, schemas::token_document*) {
  return schemas::decode_tokens(bytes);
}
base::result<schemas::key_document> decode(std::string_view bytes, schemas::key_document*) {
  return schemas::decode_keys(bytes);
}

template <class Document>
base::result<Document> decode(const std::string& name, std::uint64_t version,
                              const std::string& bytes) {
  auto d = decode(bytes, static_cast<Document*>(nullptr));
  if (d && d->version != version)
    return base::error{base::ec::corrupt,
                       fmt::format("taking version {} of the {}: its bytes are version {}", version,
                                   name, d->version)};
  return d;
}

template <class Document>
class shared_place final : public record_place<Document> {
 public:
  shared_place(shared_documents& documents, std::string name)
      : documents_{documents}, name_{std::move(name)} {}

  base::result<Document> read(std::optional<std::uint64_t> after) override {
    const auto found = documents_.wait_for(name_, read_patience, after);
    if (!found && found.err().code == base::ec::not_found)
      return Document{};
    if (!found)
      return found.err();
    return decode<Document>(name_, found->version, found->bytes);
  }
  base::status put(const Document& next) override {
    return documents_.put(name_, next.version - 1, schemas::encode(next));
  }
  void follow(std::function<base::status(Document)> taken) override {
    documents_.own(name_,
                   [name = name_, taken = std::move(taken)](
                       std::uint64_t version, const std::string& bytes) -> base::status {
                     auto d = decode<Document>(name, version, bytes);
                     return d ? taken(std::move(*d)) : base::status{d.err()};
                   });
  }

 private:
  shared_documents& documents_;
  const std::string name_;
};

} // namespace

std::shared_ptr<token_place> shared_tokens(shared_documents& documents) {
  return std::make_shared<shared_place<schemas::token_document>>(documents, "tokens");
}

std::shared_ptr<key_place> shared_keys(shared_documents& documents) {
  return std::make_shared<shared_place<schemas::key_document>>(documents, "keys");
}

} // namespace vedette::server

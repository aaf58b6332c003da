#include "base/base64.hpp"
#include "base/json_writer.hpp"
#include "io/coordination/etcd_messages.hpp"

#include <fmt/format.h>

namespace vedette::io::etcd {
namespace {

// Base 64 and digits need no escaping, so these small bodies are put together as text.
std::string member(std::string_view name, std::string_view value) {
  return fmt::format(R"("{}":"{}")", name, value);
}
std::string key_member(std::string_view key) {
  return member("key", base::base64_encode(key));
}
void add(std::string& list, const std::string& element) {
  if (!list.empty())
    list += ',';
  list += element;
}

} // namespace

std::string key_after(std::string_view key) {
  return std::string{key} + '\0';
}

std::string range_body(const range_args& args) {
  std::string out = "{" + key_member(args.key);
  if (!args.end.empty())
    add(out, member("range_end", base::base64_encode(args.end)));
  if (args.limit != 0)
    add(out, member("limit", std::to_string(args.limit)));
  if (args.revision != 0)
    add(out, member("revision", std::to_string(args.revision)));
  return out + "}";
}

std::string grant_body(std::uint64_t lease, std::uint64_t ttl_seconds) {
  return "{" + member("ID", std::to_string(lease)) + "," +
         member("TTL", std::to_string(ttl_seconds)) + "}";
}

std::string lease_body(std::uint64_t lease) {
  return "{" + member("ID", std::to_string(lease)) + "}";
}

std::string authenticate_body(std::string_view user, std::string_view password) {
  base::json_writer w;
  w.begin_object().member("name", user).member("password", password).end_object();
  return std::string{w.text()};
}

std::string watch_body(const watch_args& args) {
  std::string out = R"({"create_request":{)" + key_member(args.key);
  if (!args.end.empty())
    add(out, member("range_end", base::base64_encode(args.end)));
  if (args.start_revision != 0)
    add(out, member("start_revision", std::to_string(args.start_revision)));
  return out + R"(,"progress_notify":true,"fragment":true}})";
}

txn& txn::compare(std::string_view key, std::string_view target, std::string_view name,
                  std::string_view value) {
  add(compare_, fmt::format(R"({{{},"target":"{}","result":"EQUAL",{}}})", key_member(key), target,
                            member(name, value)));
  return *this;
}
txn& txn::if_created_at(std::string_view key, std::uint64_t revision) {
  return compare(key, "CREATE", "create_revision", std::to_string(revision));
}
txn& txn::if_modified_at(std::string_view key, std::uint64_t revision) {
  return compare(key, "MOD", "mod_revision", std::to_string(revision));
}
txn& txn::if_leased(std::string_view key, std::uint64_t lease) {
  return compare(key, "LEASE", "lease", std::to_string(lease));
}
txn& txn::if_value(std::string_view key, std::string_view value) {
  return compare(key, "VALUE", "value", base::base64_encode(value));
}
txn& txn::then_put(std::string_view key, std::string_view value, std::uint64_t lease) {
  auto put = key_member(key) + "," + member("value", base::base64_encode(value));
  if (lease != 0)
    add(put, member("lease", std::to_string(lease)));
  add(success_, R"({"requestPut":{)" + put + "}}");
  return *this;
}
txn& txn::then_delete(std::string_view key) {
  add(success_, R"({"requestDeleteRange":{)" + key_member(key) + "}}");
  return *this;
}
txn& txn::then_delete_below(std::string_view folder) {
  auto end = std::string{folder};
  ++end.back();
  add(success_, R"({"requestDeleteRange":{)" + key_member(folder) + "," +
                    member("range_end", base::base64_encode(end)) + "}}");
  return *this;
}
txn& txn::then_get(std::string_view key) {
  add(success_, R"({"requestRange":{)" + key_member(key) + "}}");
  return *this;
}
txn& txn::else_get(std::string_view key) {
  add(failure_, R"({"requestRange":{)" + key_member(key) + "}}");
  return *this;
}
std::string txn::body() const {
  return fmt::format(R"({{"compare":[{}],"success":[{}],"failure":[{}]}})", compare_, success_,
                     failure_);
}

} // namespace vedette::io::etcd

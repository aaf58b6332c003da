#include "schemas/codec/access_codec.hpp"

#include "schemas/codec/guarded.hpp"

#include <access.capnp.h>

#include <algorithm>

namespace vedette::schemas {

namespace {

constexpr std::uint16_t format = 1;

bool is_digest(std::string_view s) {
  return s.size() == 64 && s.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

template <class In>
void check_head(const In& in, const char* what) {
  if (in.getFormat() > format)
    refuse(base::ec::unsupported, std::string{"decoding "} + what + ": format " +
                                      std::to_string(in.getFormat()) +
                                      " is of a later build; upgrade this one");
  if (in.getFormat() == 0 || in.getVersion() == 0)
    refuse(base::ec::malformed, std::string{"decoding "} + what + ": a number of it is 0");
}

token_record read(wire::AccessToken::Reader in) {
  token_record t;
  t.name = text(in.getName());
  t.digest = text(in.getDigest());
  if (t.name.empty() || !is_digest(t.digest))
    refuse(base::ec::malformed, "decoding tokens: one has no name or no digest");
  t.roles = texts(in.getRoles());
  t.tenants = texts(in.getTenants());
  t.all_tenants = in.getAllTenants();
  t.created = time_at(in.getCreated());
  t.rotated = time_at(in.getRotated());
  t.created_by = text(in.getCreatedBy());
  return t;
}

key_record read(wire::AccessKey::Reader in) {
  key_record k;
  k.public_key = text(in.getPublicKey());
  k.tenant = text(in.getTenant());
  if (k.public_key.size() != 40 || k.tenant.empty())
    refuse(base::ec::malformed, "decoding keys: one is no key or belongs to nobody");
  k.source = text(in.getSource());
  k.may_send = in.getMaySend();
  k.may_listen = in.getMayListen();
  k.created = time_at(in.getCreated());
  if (in.getIsRevoked())
    k.revoked = time_at(in.getRevoked());
  k.created_by = text(in.getCreatedBy());
  return k;
}

} // namespace

std::string encode(const token_document& d) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::AccessTokens>();
  out.setFormat(format);
  out.setVersion(d.version);
  out.setBegan(as_data(d.began));
  auto tokens = out.initTokens(static_cast<unsigned>(d.tokens.size()));
  for (unsigned i = 0; i < d.tokens.size(); ++i) {
    const auto& from = d.tokens[i];
    auto to = tokens[i];
    to.setName(as_data(from.name));
    to.setDigest(as_data(from.digest));
    put_texts(to.initRoles(static_cast<unsigned>(from.roles.size())), from.roles);
    put_texts(to.initTenants(static_cast<unsigned>(from.tenants.size())), from.tenants);
    to.setAllTenants(from.all_tenants);
    to.setCreated(from.created.time_since_epoch().count());
    to.setRotated(from.rotated.time_since_epoch().count());
    to.setCreatedBy(as_data(from.created_by));
  }
  return to_bytes(message);
}

std::string encode(const key_document& d) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::AccessKeys>();
  out.setFormat(format);
  out.setVersion(d.version);
  auto keys = out.initKeys(static_cast<unsigned>(d.keys.size()));
  for (unsigned i = 0; i < d.keys.size(); ++i) {
    const auto& from = d.keys[i];
    auto to = keys[i];
    to.setPublicKey(as_data(from.public_key));
    to.setTenant(as_data(from.tenant));
    to.setSource(as_data(from.source));
    to.setMaySend(from.may_send);
    to.setMayListen(from.may_listen);
    to.setCreated(from.created.time_since_epoch().count());
    to.setIsRevoked(from.revoked.has_value());
    if (from.revoked)
      to.setRevoked(from.revoked->time_since_epoch().count());
    to.setCreatedBy(as_data(from.created_by));
  }
  return to_bytes(message);
}

base::result<token_document> decode_tokens(std::string_view bytes) {
  token_document d;
  const auto words = aligned(bytes);
  auto done = guarded<wire::AccessTokens>("tokens", words, bytes.size(), [&](auto in) {
    check_head(in, "tokens");
    d.version = in.getVersion();
    d.began = text(in.getBegan());
    for (const auto t : in.getTokens())
      d.tokens.push_back(read(t));
  });
  if (!done)
    return done.err();
  return d;
}

base::result<key_document> decode_keys(std::string_view bytes) {
  key_document d;
  const auto words = aligned(bytes);
  auto done = guarded<wire::AccessKeys>("keys", words, bytes.size(), [&](auto in) {
    check_head(in, "keys");
    d.version = in.getVersion();
    for (const auto k : in.getKeys())
      d.keys.push_back(read(k));
  });
  if (!done)
    return done.err();
  return d;
}

} // namespace vedette::schemas

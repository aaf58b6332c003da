#include "tests/coordination/etcd_server.hpp"

#include "base/assert.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>

namespace vedette::io::testing {
namespace {

void write(const std::string& path, X509* certificate) {
  std::FILE* out = std::fopen(path.c_str(), "w");
  VEDETTE_ASSERT(out != nullptr);
  PEM_write_X509(out, certificate);
  std::fclose(out);
}

void extend(X509* certificate, X509* issuer, int what, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
  VEDETTE_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* blank(EVP_PKEY* key, const std::string& name, X509* issuer) {
  static long serial = 0;
  X509* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(issuer == nullptr ? made : issuer));
  return made;
}

} // namespace

struct authority::impl {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = nullptr;
};

authority::authority(const temp_place& place, const std::string& name)
    : impl_{std::make_unique<impl>()}, place_{place}, file_{place.path(name + ".ca.pem")} {
  impl_->certificate = blank(impl_->key, name, nullptr);
  extend(impl_->certificate, impl_->certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(impl_->certificate, impl_->certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(impl_->certificate, impl_->certificate, NID_subject_key_identifier, "hash");
  X509_sign(impl_->certificate, impl_->key, EVP_sha256());
  write(file_, impl_->certificate);
}

authority::~authority() {
  X509_free(impl_->certificate);
  EVP_PKEY_free(impl_->key);
}

etcd_tls authority::issue(const std::string& name, const char* uses) const {
  etcd_tls out{place_.path(name + ".pem"), place_.path(name + ".key"), file_};
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = blank(key, name, impl_->certificate);
  extend(made, impl_->certificate, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  extend(made, impl_->certificate, NID_ext_key_usage, uses);
  X509_sign(made, impl_->key, EVP_sha256());
  write(out.certificate, made);
  std::FILE* file = std::fopen(out.key.c_str(), "w");
  VEDETTE_ASSERT(file != nullptr);
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(made);
  EVP_PKEY_free(key);
  return out;
}

} // namespace vedette::io::testing

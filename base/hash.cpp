#include "base/hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <xxhash.h>

#include "base/assert.hpp"

namespace vedette::base {

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

hash128 hash128_of(std::string_view bytes, std::uint64_t seed) noexcept {
  auto h = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {h.high64, h.low64};
}

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (unsigned char c : bytes) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

std::string to_hex(const hash128& h) {
  std::string bytes(16, '\0');
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(h.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(h.low >> (56 - 8 * i));
  }
  return to_hex(bytes);
}

sha256_digest sha256(std::string_view bytes) {
  sha256_digest out{};
  unsigned length = 0;
  VEDETTE_ASSERT(
      EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, EVP_sha256(), nullptr) == 1);
  return out;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view bytes) {
  sha256_digest out{};
  unsigned length = 0;
  VEDETTE_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      out.data(), &length) != nullptr);
  return out;
}

std::string to_hex(const sha256_digest& digest) {
  return to_hex(std::string_view{reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace vedette::base

#include "venues/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/check.h"

namespace dn::venues {
namespace {

std::string hex(const unsigned char* bytes, std::size_t size, const char* digits = "0123456789abcdef") {
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[bytes[i] >> 4U];
    out += digits[bytes[i] & 15U];
  }
  return out;
}

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string hmac_hex(const EVP_MD* digest, std::string_view secret, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  const unsigned char* done = HMAC(digest, secret.data(), static_cast<int>(secret.size()), bytes_of(message), message.size(), out.data(), &size);
  DN_CHECK(done != nullptr, "HMAC cannot be computed");
  return hex(out.data(), size);
}

}  // namespace

std::string hmac_sha256_hex(std::string_view secret, std::string_view message) { return hmac_hex(EVP_sha256(), secret, message); }
std::string hmac_sha512_hex(std::string_view secret, std::string_view message) { return hmac_hex(EVP_sha512(), secret, message); }

std::string sha512_hex(std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  const int done = EVP_Digest(message.data(), message.size(), out.data(), &size, EVP_sha512(), nullptr);
  DN_CHECK(done == 1, "SHA-512 cannot be computed");
  return hex(out.data(), size);
}

std::string percent_encoded(std::string_view text, std::string_view also_plain) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain || also_plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    out += '%';
    const auto byte = static_cast<unsigned char>(c);
    out += hex(&byte, 1, "0123456789ABCDEF");
  }
  return out;
}

}  // namespace dn::venues

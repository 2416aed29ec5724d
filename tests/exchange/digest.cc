#include "digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace dn::exchange {
namespace {

std::string hex(const unsigned char* bytes, std::size_t size) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4U];
    out += kDigits[bytes[i] & 15U];
  }
  return out;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string hmac(const EVP_MD* kind, std::string_view secret, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  HMAC(kind, secret.data(), static_cast<int>(secret.size()), bytes_of(message), message.size(), out.data(), &size);
  return hex(out.data(), size);
}

std::size_t digest(const EVP_MD* kind, std::string_view message, std::array<unsigned char, EVP_MAX_MD_SIZE>& out) {
  unsigned int size = 0;
  EVP_Digest(message.data(), message.size(), out.data(), &size, kind, nullptr);
  return size;
}

}  // namespace

std::string hmac_sha256(std::string_view secret, std::string_view message) { return hmac(EVP_sha256(), secret, message); }
std::string hmac_sha512(std::string_view secret, std::string_view message) { return hmac(EVP_sha512(), secret, message); }

std::string sha512(std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  const std::size_t size = digest(EVP_sha512(), message, out);
  return hex(out.data(), size);
}

std::string sha1_base64(std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  const std::size_t size = digest(EVP_sha1(), message, out);
  return base64({reinterpret_cast<const char*>(out.data()), size});
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  return out;
}

std::optional<std::size_t> base64_size(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text), static_cast<int>(text.size())) < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  return out.size() - padding;
}

bool same(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace dn::exchange

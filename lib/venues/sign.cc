#include "venues/sign.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>

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

// HMAC with a key whose state is kept: looking the algorithm up and hashing the key cost several times as much as a short message does. The last
// few keys of a thread are kept, as a process signs with very few, and for a venue mostly with the same.
class KeptKeys {
 public:
  explicit KeptKeys(const char* digest) : digest_(digest) {}
  KeptKeys(const KeptKeys&) = delete;
  KeptKeys& operator=(const KeptKeys&) = delete;
  ~KeptKeys() {
    for (Key& k : keys_) OPENSSL_cleanse(k.secret.data(), k.secret.size());
  }

  std::string hmac_hex(std::string_view secret, std::string_view message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    std::size_t size = 0;
    EVP_MAC_CTX* mac = state_of(secret);
    const bool done = EVP_MAC_init(mac, nullptr, 0, nullptr) == 1 && EVP_MAC_update(mac, bytes_of(message), message.size()) == 1 &&
                      EVP_MAC_final(mac, out.data(), &size, out.size()) == 1;
    DN_CHECK(done, "HMAC cannot be computed");
    return hex(out.data(), size);
  }

 private:
  struct Free {
    void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
  };
  struct Key {
    std::string secret;
    std::unique_ptr<EVP_MAC_CTX, Free> state;
  };

  EVP_MAC_CTX* state_of(std::string_view secret) {
    for (Key& k : keys_) {
      if (k.state && k.secret == secret) return k.state.get();
    }
    Key& k = keys_[next_++ % keys_.size()];
    OPENSSL_cleanse(k.secret.data(), k.secret.size());
    k.secret = secret;
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    k.state.reset(EVP_MAC_CTX_new(algorithm));
    EVP_MAC_free(algorithm);
    const std::array<OSSL_PARAM, 2> parameters{OSSL_PARAM_construct_utf8_string("digest", const_cast<char*>(digest_), 0), OSSL_PARAM_construct_end()};
    // An empty key is a key, and a null pointer would mean the one of before.
    const bool keyed = k.state && EVP_MAC_init(k.state.get(), bytes_of(secret.empty() ? "" : secret), secret.size(), parameters.data()) == 1;
    DN_CHECK(keyed, "HMAC cannot be keyed");
    return k.state.get();
  }

  const char* digest_;
  std::array<Key, 4> keys_;
  std::size_t next_ = 0;
};

}  // namespace

std::string hmac_sha256_hex(std::string_view secret, std::string_view message) {
  thread_local KeptKeys keys("SHA256");
  return keys.hmac_hex(secret, message);
}
std::string hmac_sha512_hex(std::string_view secret, std::string_view message) {
  thread_local KeptKeys keys("SHA512");
  return keys.hmac_hex(secret, message);
}

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

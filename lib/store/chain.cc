#include "store/chain.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/check.h"

namespace dn {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* d) const { EVP_MD_free(d); }
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};

// SHA-256, looked up once for each thread and used again: to look it up costs more than to hash an event.
class Sha256 {
 public:
  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    DN_CHECK(algorithm_ != nullptr && context_ != nullptr, "SHA-256 cannot be had of libcrypto");
  }
  void begin() { DN_CHECK(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1, "SHA-256 cannot be begun"); }
  void add(std::string_view part) { DN_CHECK(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1, "SHA-256 cannot go on"); }
  Digest end() {
    std::array<unsigned char, 32> sum{};
    DN_CHECK(EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr) == 1, "SHA-256 cannot be ended");
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<char, 64> text{};
    for (std::size_t i = 0; i < sum.size(); ++i) {
      text[2 * i] = kDigits[sum[i] >> 4U];
      text[2 * i + 1] = kDigits[sum[i] & 15U];
    }
    return Digest(std::string_view(text.data(), text.size()));
  }

 private:
  std::unique_ptr<EVP_MD, FreeDigest> algorithm_;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context_;
};

// What stands before the texts of a row. Each text's length goes first, so that no two rows read alike; numbers are the same on machines of either byte
// order.
class Head {
 public:
  Head& add(std::int64_t n) {
    for (int byte = 0; byte < 8; ++byte) bytes_[size_++] = static_cast<char>(static_cast<std::uint64_t>(n) >> (8 * byte));
    return *this;
  }
  Head& add(const Digest& d) {
    add(static_cast<std::int64_t>(d.size()));
    for (const char c : d.view()) bytes_[size_++] = c;
    return *this;
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 128> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

Digest chained(const Digest& before, std::int64_t task_id, Time ts, std::string_view type, std::string_view json) {
  thread_local Sha256 sha;
  sha.begin();
  sha.add(Head().add(before).add(task_id).add(ts.us).add(static_cast<std::int64_t>(type.size())).view());
  sha.add(type);
  sha.add(Head().add(static_cast<std::int64_t>(json.size())).view());
  sha.add(json);
  return sha.end();
}

}  // namespace dn

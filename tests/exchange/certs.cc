#include "certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace dn::exchange {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* p) const { Free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509, X509_free>>;

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr const char* kOurNames = "IP:127.0.0.1,IP:::1,DNS:localhost";

struct Wish {
  std::string name;
  const char* alternatives = nullptr;  // none for a CA
  std::int64_t from_days = -1;
  std::int64_t until_days = 30;
};

struct Authority {
  Key key;
  Cert cert;
};

void must(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("certificates: ") + what);
}

void extend(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  must(e != nullptr, value);
  X509_add_ext(cert, e, -1);
  X509_EXTENSION_free(e);
}

Cert make_cert(const Wish& wish, EVP_PKEY* key, const Authority* by) {
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  std::int64_t serial = 0;
  must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no random numbers");
  ASN1_INTEGER_set_int64(X509_get_serialNumber(cert.get()), serial & INT64_MAX);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), wish.from_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), wish.until_days * kDay);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  X509* issuer = by == nullptr ? cert.get() : by->cert.get();
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer));
  extend(cert.get(), issuer, NID_basic_constraints, by == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extend(cert.get(), issuer, NID_key_usage, by == nullptr ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  extend(cert.get(), issuer, NID_subject_key_identifier, "hash");
  extend(cert.get(), issuer, NID_authority_key_identifier, "keyid:always");
  if (by != nullptr) extend(cert.get(), issuer, NID_ext_key_usage, "serverAuth");
  if (wish.alternatives != nullptr) extend(cert.get(), issuer, NID_subject_alt_name, wish.alternatives);
  must(X509_sign(cert.get(), by == nullptr ? key : by->key.get(), EVP_sha256()) > 0, "cannot sign");
  return cert;
}

Key make_key() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  must(key != nullptr, "no key");
  return key;
}

Authority make_authority(const std::string& name) {
  Authority a{make_key(), nullptr};
  a.cert = make_cert({name, nullptr}, a.key.get(), nullptr);
  return a;
}

std::unique_ptr<std::FILE, int (*)(std::FILE*)> open_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
  must(file != nullptr, path.c_str());
  return file;
}

void write_cert(const std::string& path, X509* cert) {
  const auto file = open_file(path);
  must(PEM_write_X509(file.get(), cert) == 1, path.c_str());
}

Leaf make_leaf(const std::string& directory, const std::string& file, const Wish& wish, const Authority& by) {
  const Key key = make_key();
  const Cert cert = make_cert(wish, key.get(), &by);
  Leaf leaf{directory + "/" + file + ".pem", directory + "/" + file + ".key"};
  write_cert(leaf.chain_file, cert.get());
  const auto out = open_file(leaf.key_file);
  std::filesystem::permissions(leaf.key_file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  must(PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, leaf.key_file.c_str());
  return leaf;
}

}  // namespace

Certs make_certs(const std::string& directory) {
  std::filesystem::create_directories(directory);
  const Authority ours = make_authority("dn-exchange test CA");
  const Authority other = make_authority("a CA that nobody trusts");
  Certs c;
  c.ca_file = directory + "/ca.pem";
  write_cert(c.ca_file, ours.cert.get());
  c.good = make_leaf(directory, "good", {"localhost", kOurNames}, ours);
  c.wrong_name = make_leaf(directory, "wrong-name", {"elsewhere.example", "DNS:elsewhere.example,IP:192.0.2.1"}, ours);
  c.expired = make_leaf(directory, "expired", {"localhost", kOurNames, -30, -1}, ours);
  c.unknown_ca = make_leaf(directory, "unknown-ca", {"localhost", kOurNames}, other);
  return c;
}

}  // namespace dn::exchange

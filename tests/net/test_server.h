// A TLS server on loopback for one test: its certificates, and a script of what it does with each connection.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <asio.hpp>
#include <asio/ssl.hpp>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace dn::net::testing {

struct Certificate {
  std::string pem;  // certificate
  std::string key;
};

inline std::string to_pem(const std::function<int(BIO*)>& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

// A certificate of its own issuer for `san` ("IP:127.0.0.1"), good from `from` to `to` seconds from now.
inline Certificate make_certificate(const std::string& san, long from = -3600, long to = 3600) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), from);
  X509_gmtime_adj(X509_getm_notAfter(x), to);
  X509_set_pubkey(x, key);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("dn test"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  for (const auto& [nid, text] : {std::pair<int, std::string>{NID_subject_alt_name, san}, {NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, nullptr, nid, text.c_str());
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
  }
  X509_sign(x, key, EVP_sha256());
  Certificate out;
  out.pem = to_pem([&](BIO* b) { return PEM_write_bio_X509(b, x); });
  out.key = to_pem([&](BIO* b) { return PEM_write_bio_PrivateKey(b, key, nullptr, nullptr, 0, nullptr, nullptr); });
  X509_free(x);
  EVP_PKEY_free(key);
  return out;
}

// One connection as a script sees it.
class Peer {
 public:
  using Stream = asio::ssl::stream<asio::ip::tcp::socket>;
  Peer(Stream& stream, std::vector<std::string>& seen) : stream_(stream), seen_(seen) {}
  // The next request, head and body; "" when the client is gone.
  std::string request() {
    asio::error_code ec;
    const std::size_t head = asio::read_until(stream_, asio::dynamic_buffer(buffer_), "\r\n\r\n", ec);
    if (ec) return "";
    std::size_t body = 0;
    if (const auto at = buffer_.find("Content-Length: "); at != std::string::npos && at < head) body = std::stoul(buffer_.substr(at + 16));
    if (buffer_.size() < head + body) asio::read(stream_, asio::dynamic_buffer(buffer_), asio::transfer_exactly(head + body - buffer_.size()), ec);
    std::string out = buffer_.substr(0, head + body);
    buffer_.erase(0, head + body);
    seen_.push_back(out);
    return out;
  }
  void say(const std::string& bytes) {
    asio::error_code ec;
    asio::write(stream_, asio::buffer(bytes), ec);
  }
  void reply(const std::string& body, const std::string& status = "200 OK") {
    say("HTTP/1.1 " + status + "\r\nX-Test: Yes\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  // Waits until the client closes.
  void linger() {
    asio::error_code ec;
    char c = 0;
    while (!ec) stream_.read_some(asio::buffer(&c, 1), ec);
  }
  Stream& stream() { return stream_; }

 private:
  Stream& stream_;
  std::vector<std::string>& seen_;
  std::string buffer_;
};

// Serves connections one after another with `script` until it goes. Read `requests` and `connections` after stop().
class TestServer {
 public:
  using Script = std::function<void(Peer&)>;
  explicit TestServer(Script script, Certificate certificate = make_certificate("IP:127.0.0.1"))
      : script_(std::move(script)), context_(asio::ssl::context::tls_server), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    context_.use_certificate(asio::buffer(certificate.pem), asio::ssl::context::pem);
    context_.use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
    std::string path = (std::filesystem::temp_directory_path() / "dn-ca-XXXXXX").string();
    const int fd = ::mkstemp(path.data());
    ca_file = path;
    if (fd < 0 || ::write(fd, certificate.pem.data(), certificate.pem.size()) < 0) std::abort();
    ::close(fd);
    port = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { serve(); });
  }
  ~TestServer() {
    stop();
    std::filesystem::remove(ca_file);
  }
  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    asio::io_context io;
    asio::ip::tcp::socket knock(io);  // wakes the accept
    asio::error_code ec;
    knock.connect({asio::ip::address_v4::loopback(), port}, ec);
    thread_.join();
  }
  std::string https() const { return "https://127.0.0.1:" + std::to_string(port); }
  std::string wss() const { return "wss://127.0.0.1:" + std::to_string(port) + "/ws"; }

  unsigned short port = 0;
  std::string ca_file;
  std::vector<std::string> requests;
  int connections = 0;  // with a finished TLS handshake

 private:
  void serve() {
    while (!stopping_) {
      asio::error_code ec;
      asio::ip::tcp::socket socket(io_);
      acceptor_.accept(socket, ec);
      if (ec || stopping_) return;
      Peer::Stream stream(std::move(socket), context_);
      stream.handshake(asio::ssl::stream_base::server, ec);
      if (ec) continue;
      ++connections;
      Peer peer(stream, requests);
      script_(peer);
      stream.lowest_layer().close(ec);
    }
  }

  Script script_;
  asio::io_context io_;
  asio::ssl::context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace dn::net::testing

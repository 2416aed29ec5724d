#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace dn::net::test {
namespace {

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) std::abort();
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct TempDir {
  std::filesystem::path path;
  TempDir() {
    std::string name = std::filesystem::temp_directory_path() / "dn_net_XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~TempDir() { std::filesystem::remove_all(path); }
};

std::string file_in_temp(int number) {
  static TempDir dir;
  return dir.path / (std::to_string(number) + ".pem");
}

}  // namespace

Certificate::Certificate(const Certificate* issuer, const std::string& names, int days) {
  static int serial = 0;
  ++serial;
  key = EVP_EC_gen("P-256");
  x509 = X509_new();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), -2L * 86400);
  X509_gmtime_adj(X509_getm_notAfter(x509), days * 86400L);
  X509_set_pubkey(x509, key);
  const std::string common_name = "dn test " + std::to_string(serial);
  std::array<unsigned char, 64> cn{};
  std::copy(common_name.begin(), common_name.end(), cn.begin());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC, cn.data(), static_cast<int>(common_name.size()), -1, 0);
  X509* signer = issuer == nullptr ? x509 : issuer->x509;
  X509_set_issuer_name(x509, X509_get_subject_name(signer));
  if (names.empty()) {
    add_extension(x509, signer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x509, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(x509, signer, NID_subject_alt_name, names);
  }
  X509_sign(x509, issuer == nullptr ? key : issuer->key, EVP_sha256());
  pem_file = file_in_temp(serial);
  std::FILE* out = std::fopen(pem_file.c_str(), "w");
  if (out == nullptr || PEM_write_X509(out, x509) != 1) std::abort();
  std::fclose(out);
}

Certificate::~Certificate() {
  X509_free(x509);
  EVP_PKEY_free(key);
}

const Certificate& good_ca() {
  static const Certificate c(nullptr, "", 2);
  return c;
}
const Certificate& other_ca() {
  static const Certificate c(nullptr, "", 2);
  return c;
}
const Certificate& good() {
  static const Certificate c(&good_ca(), "DNS:localhost,IP:127.0.0.1,IP:::1", 1);
  return c;
}
const Certificate& wrong_host() {
  static const Certificate c(&good_ca(), "DNS:other.example,IP:127.0.0.2", 1);
  return c;
}
const Certificate& expired() {
  static const Certificate c(&good_ca(), "DNS:localhost,IP:127.0.0.1", -1);
  return c;
}

Conn::~Conn() {
  if (fd_ >= 0 && ssl_ != nullptr) SSL_shutdown(ssl_);
  SSL_free(ssl_);
}

void Conn::end() {
  if (fd_ >= 0 && ssl_ != nullptr) SSL_shutdown(ssl_);
}

// The descriptor itself belongs to the server, which must be able to wake a thread that reads it.
void Conn::cut() {
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
  fd_ = -1;
}

bool Conn::fill() {
  if (fd_ < 0) return false;
  std::array<char, 16384> bytes{};
  const auto size = static_cast<int>(bytes.size());
  const int got = ssl_ != nullptr ? SSL_read(ssl_, bytes.data(), size) : static_cast<int>(::recv(fd_, bytes.data(), bytes.size(), 0));
  if (got <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Conn::read_bytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!fill()) return "";
  }
  std::string out = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return out;
}

std::string Conn::read_request() {
  while (buffer_.find("\r\n\r\n") == std::string::npos) {
    if (!fill()) return "";
  }
  std::string out = read_bytes(buffer_.find("\r\n\r\n") + 4);
  const auto at = out.find("\r\nContent-Length: ");
  const auto length = at == std::string::npos ? 0UL : std::strtoul(out.c_str() + at + 18, nullptr, 10);
  return out + (length > 0 ? read_bytes(length) : "");
}

bool Conn::write(const std::string& bytes) {
  std::size_t done = 0;
  while (fd_ >= 0 && done < bytes.size()) {
    const auto left = bytes.size() - done;
    const auto sent =
        ssl_ != nullptr ? SSL_write(ssl_, bytes.data() + done, static_cast<int>(left)) : static_cast<int>(::send(fd_, bytes.data() + done, left, 0));
    if (sent <= 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  return done == bytes.size();
}

void Conn::wait_for_close() {
  while (fill()) {
  }
}

std::string Conn::ws_accept() {
  std::string request = read_request();
  const std::string mark = "Sec-WebSocket-Key: ";
  const auto at = request.find(mark);
  if (at == std::string::npos) return "";
  const std::string key = request.substr(at + mark.size(), 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  const std::string accept(text.begin(), text.begin() + length);
  write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n");
  return request;
}

Conn::WsFrame Conn::ws_read() {
  const std::string head = read_bytes(2);
  if (head.empty()) return {};
  const auto number = [](const std::string& bytes) {
    std::size_t value = 0;
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  };
  std::size_t length = static_cast<unsigned char>(head[1]) & 0x7fU;
  if (length == 126) length = number(read_bytes(2));
  if (length == 127) length = number(read_bytes(8));
  const std::string mask = read_bytes(4);
  WsFrame frame{static_cast<unsigned char>(head[0]) & 0x0f, length > 0 ? read_bytes(length) : ""};
  if (mask.size() != 4 || frame.payload.size() != length) return {};
  for (std::size_t i = 0; i < length; ++i) frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  return frame;
}

bool Conn::ws_write(int opcode, const std::string& payload) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  const auto size = payload.size();
  const int length_bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  out += static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127);
  for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * static_cast<unsigned>(i)) & 0xffU);
  return write(out + payload);
}

Server::Server(const Certificate* certificate, Script script, bool hang) : script_(std::move(script)), hang_(hang) {
  if (certificate != nullptr) {
    ctx_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(ctx_, certificate->x509);
    SSL_CTX_use_PrivateKey(ctx_, certificate->key);
    const std::array<unsigned char, 2> id{'d', 'n'};
    SSL_CTX_set_session_id_context(ctx_, id.data(), id.size());
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0) std::abort();
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

Server::~Server() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  for (const int fd : fds_) ::close(fd);
  SSL_CTX_free(ctx_);
}

void Server::accept_loop() {
  // For this thread and those of the connections only: a client that raises it ends the test.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    timeval limit{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ++connections_;
    const std::lock_guard lock(mutex_);
    fds_.push_back(fd);
    if (!hang_) threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void Server::serve(int fd) {
  SSL* ssl = nullptr;
  if (ctx_ != nullptr) {
    ssl = SSL_new(ctx_);
    SSL_set_fd(ssl, fd);
    const bool good_handshake = SSL_accept(ssl) == 1;
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(mutex_);
    server_name_ = name == nullptr ? "" : name;
    if (good_handshake) {
      ++handshakes_;
      if (SSL_session_reused(ssl) == 1) ++resumed_;
    } else {
      SSL_free(ssl);
      ::shutdown(fd, SHUT_RDWR);
      return;
    }
  }
  {
    Conn conn(fd, ssl);
    script_(conn);
  }
  ::shutdown(fd, SHUT_RDWR);
}

std::string Server::server_name() const {
  const std::lock_guard lock(mutex_);
  return server_name_;
}

void Server::record(const std::string& text) {
  const std::lock_guard lock(mutex_);
  recorded_.push_back(text);
  changed_.notify_all();
}

std::vector<std::string> Server::recorded() const {
  const std::lock_guard lock(mutex_);
  return recorded_;
}

int Server::count(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(recorded_.begin(), recorded_.end(), [&](const std::string& text) { return text.find(part) != std::string::npos; }));
}

void Server::wait_recorded(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(10), [&] { return recorded_.size() >= count; });
}

int unused_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace dn::net::test

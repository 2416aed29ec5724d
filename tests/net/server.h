// A small scripted server for the tests of lib/net: TLS or plain, one blocking thread per connection, certificates made on
// the spot. What a connection does is a function of the test.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dn::net::test {

// A certificate with its key, signed by another one or by itself.
struct Certificate {
  EVP_PKEY* key = nullptr;
  X509* x509 = nullptr;
  std::string pem_file;  // of the certificate

  // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"; "" makes an authority. Valid from now - 2 days to now + `days`.
  Certificate(const Certificate* issuer, const std::string& names, int days);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
};

// The authorities and certificates that all tests share.
const Certificate& good_ca();
const Certificate& other_ca();
const Certificate& good();        // for localhost, 127.0.0.1 and ::1
const Certificate& wrong_host();  // for other.example
const Certificate& expired();

// The server's side of one connection. Reads give up after ten seconds.
class Conn {
 public:
  Conn(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}
  ~Conn();
  Conn(const Conn&) = delete;
  Conn& operator=(const Conn&) = delete;

  std::string read_bytes(std::size_t count);  // "" when the peer went away first
  std::string read_request();                 // head and body (by Content-Length); "" when the peer went away first
  bool write(const std::string& bytes);
  void end();             // says TLS's farewell; the socket stays open
  void cut();             // closes without any farewell
  void wait_for_close();  // until the client is gone

  // WebSocket: answers the opening request, which is returned; then frames.
  std::string ws_accept();
  struct WsFrame {
    int opcode = -1;  // -1: the peer went away
    std::string payload;
  };
  WsFrame ws_read();
  bool ws_write(int opcode, const std::string& payload);

 private:
  int fd_;
  SSL* ssl_;
  std::string buffer_;
  bool fill();
};

class Server {
 public:
  using Script = std::function<void(Conn&)>;

  // Without a certificate: plain. `hang`: accepts connections and says nothing, not even TLS.
  Server(const Certificate* certificate, Script script, bool hang = false);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url(const std::string& scheme, const std::string& host = "127.0.0.1") const { return scheme + "://" + host + ":" + std::to_string(port_); }
  int connections() const { return connections_; }  // accepted
  int handshakes() const { return handshakes_; }    // completed
  int resumed() const { return resumed_; }          // of these, with a session of before
  std::string server_name() const;                  // announced in the last hello; "" when none
  void record(const std::string& text);             // for scripts
  std::vector<std::string> recorded() const;
  int count(const std::string& part) const;  // recorded texts that hold `part`
  void wait_recorded(std::size_t count);     // until that many are recorded, at most ten seconds

 private:
  void accept_loop();
  void serve(int fd);

  Script script_;
  bool hang_;
  SSL_CTX* ctx_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> handshakes_{0};
  std::atomic<int> resumed_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> recorded_;
  std::string server_name_;
  std::vector<int> fds_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

int unused_port();  // on which nothing listens

}  // namespace dn::net::test

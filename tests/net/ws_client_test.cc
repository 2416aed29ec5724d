#include "net/ws_client.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "net/loop.h"
#include "test_server.h"

namespace dn::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::make_certificate;
using testing::Peer;
using testing::TestServer;

// RFC 6455's answer to the opening handshake.
void upgrade(Peer& p) {
  const std::string request = p.request();
  const auto at = request.find("Sec-WebSocket-Key: ");
  if (at == std::string::npos) return;
  const std::string key = request.substr(at + 19, 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
  unsigned char accept[64];
  EVP_EncodeBlock(accept, digest, sizeof digest);
  p.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
        std::string(reinterpret_cast<char*>(accept)) + "\r\n\r\n");
}

std::string server_frame(int opcode, const std::string& payload) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>((payload.size() >> (8 * i)) & 0xff);
  }
  return out + payload;
}

// One short frame of the client: opcode and unmasked payload. Opcode 0: the client is gone.
std::pair<int, std::string> client_frame(Peer& p) {
  asio::error_code ec;
  unsigned char head[6] = {};
  asio::read(p.stream(), asio::buffer(head, 6), ec);
  if (ec || (head[1] & 0x80) == 0) return {0, ""};
  std::string payload(head[1] & 0x7f, '\0');
  asio::read(p.stream(), asio::buffer(payload), ec);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ static_cast<char>(head[2 + i % 4]));
  return {ec ? 0 : head[0] & 0x0f, payload};
}

// Says back whatever it hears, until the client goes.
void echo(Peer& p) {
  upgrade(p);
  for (;;) {
    const auto [opcode, payload] = client_frame(p);
    if (opcode == 0) return;
    if (opcode == 8) return p.say(server_frame(8, payload));
    p.say(server_frame(opcode == 9 ? 10 : opcode, payload));
  }
}

struct Ear final : WsHandler {
  void on_open() override { log += "open;"; }
  void on_frame(const wire::Frame& f) override { log += (f.binary ? "binary " : "text ") + f.payload.substr(0, 20) + ";"; }
  void on_pong() override { log += "pong;"; }
  void on_closed(std::string w) override {
    ++closed;
    why = std::move(w);
  }
  std::string log;
  std::string why;
  int closed = 0;
};

class Ws : public ::testing::Test {
 protected:
  template <class Done>
  bool until(Done done) {
    const auto end = steady_clock::now() + milliseconds(20'000);
    while (!done() && steady_clock::now() < end) loop.run_one_until(end);
    return done();
  }
  WsOptions options(const TestServer& s) const {
    WsOptions o;
    o.url = s.wss();
    o.ca_file = s.ca_file;
    o.max_message_bytes = 1000;
    return o;
  }
  std::string refused(const WsOptions& o) {
    WsClient client(loop, ear);
    client.connect(o);
    EXPECT_TRUE(until([&] { return ear.closed > 0; }));
    EXPECT_EQ(ear.log, "");
    return ear.why;
  }

  Loop loop;
  Ear ear;
};

TEST_F(Ws, SpeaksTextAndBinaryAndPings) {
  TestServer server(echo);
  WsClient client(loop, ear);
  EXPECT_FALSE(client.send({false, "too early"}));
  client.connect(options(server));
  ASSERT_TRUE(until([&] { return client.is_open(); }));
  EXPECT_TRUE(client.send({false, "hello"}));
  EXPECT_TRUE(client.send({true, std::string("\0\1", 2)}));
  client.ping();
  ASSERT_TRUE(until([&] { return ear.log.find("pong") != std::string::npos; }));
  EXPECT_EQ(ear.log, "open;text hello;binary " + std::string("\0\1", 2) + ";pong;");
  client.close();
  ASSERT_TRUE(until([&] { return ear.closed > 0; }));
  EXPECT_EQ(ear.closed, 1);
  EXPECT_FALSE(client.is_open());
}

TEST_F(Ws, ComesBackOnTheSameClient) {
  TestServer server(echo);
  WsClient client(loop, ear);
  for (int i = 1; i <= 3; ++i) {
    client.connect(options(server));
    ASSERT_TRUE(until([&] { return client.is_open(); }));
    client.close();
    ASSERT_TRUE(until([&] { return ear.closed == i; }));
  }
}

TEST_F(Ws, APeerThatGoesIsToldOnce) {
  TestServer server([](Peer& p) { upgrade(p); });
  WsClient client(loop, ear);
  client.connect(options(server));
  ASSERT_TRUE(until([&] { return ear.closed > 0; }));
  loop.poll();
  EXPECT_EQ(ear.closed, 1);
}

TEST_F(Ws, AMessageThatIsTooLargeEndsTheConnection) {
  TestServer server([](Peer& p) {
    upgrade(p);
    p.say(server_frame(1, std::string(2000, 'x')));
    p.linger();
  });
  WsClient client(loop, ear);
  client.connect(options(server));
  ASSERT_TRUE(until([&] { return ear.closed > 0; }));
  EXPECT_EQ(ear.log, "open;");
}

TEST_F(Ws, ASilentServerIsGivenUp) {
  TestServer server([](Peer& p) { p.linger(); });
  WsOptions o = options(server);
  o.connect_timeout = milliseconds(200);
  EXPECT_EQ(refused(o), "no connection in time");
}

TEST_F(Ws, AServerThatDoesNotUpgradeIsRefused) {
  TestServer server([](Peer& p) {
    (void)p.request();
    p.reply("no");
  });
  EXPECT_NE(refused(options(server)).find("no connection"), std::string::npos);
}

TEST_F(Ws, ACertificateForAnotherNameIsRefused) {
  TestServer server(echo, make_certificate("DNS:other.example"));
  (void)refused(options(server));
  server.stop();
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(Ws, AnExpiredCertificateIsRefused) {
  TestServer server(echo, make_certificate("IP:127.0.0.1", -7200, -3600));
  (void)refused(options(server));
  server.stop();
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(Ws, AnUnknownIssuerIsRefused) {
  TestServer server(echo);
  TestServer other(echo);
  WsOptions o = options(server);
  o.ca_file = other.ca_file;
  (void)refused(o);
  server.stop();
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(Ws, AddressesThatCannotBeUsedAreToldLater) {
  for (const char* url : {"ws://example.com/", "https://127.0.0.1/", "nonsense", ""}) {
    Ear here;
    WsClient client(loop, here);
    WsOptions o;
    o.url = url;
    client.connect(o);
    EXPECT_EQ(here.closed, 0) << "never from within connect";
    EXPECT_TRUE(until([&] { return here.closed == 1; })) << url;
  }
}

TEST_F(Ws, ClientsMayGoAtAnyMoment) {
  TestServer server(echo);
  std::vector<Ear> ears(30);
  std::vector<std::string> heard;  // until the client went
  for (std::size_t steps = 0; steps < ears.size(); ++steps) {
    {
      WsClient client(loop, ears[steps]);
      client.connect(options(server));
      for (std::size_t i = 0; i < steps; ++i) loop.poll();
    }
    heard.push_back(ears[steps].log);
  }
  // The server takes one connection at a time: that it comes to this one shows that none of the others was left open.
  WsClient last(loop, ear);
  last.connect(options(server));
  EXPECT_TRUE(until([&] { return last.is_open(); }));
  for (std::size_t i = 0; i < ears.size(); ++i) {
    EXPECT_EQ(ears[i].log, heard[i]) << "a client that is gone calls nobody";
    EXPECT_EQ(ears[i].closed, 0);
  }
}

}  // namespace
}  // namespace dn::net

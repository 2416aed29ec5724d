// How a connection ends
//
// websocketpp reports an end in its own time (it waits for the peer's TLS farewell) and in some cases not at all, so the
// session below has the word: it reports once, on whatever comes first, and then only makes sure that the socket is closed.
// websocketpp's connection lives on until its last handler ran; it holds the session weakly and finds it gone.
#include "net/ws_client.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <asio.hpp>
#include <asio/ssl.hpp>
#include <map>
#include <utility>
#include <websocketpp/client.hpp>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/core_client.hpp>
#include <websocketpp/logger/stub.hpp>
#include <websocketpp/transport/asio/endpoint.hpp>
#include <websocketpp/transport/asio/security/none.hpp>
#include <websocketpp/transport/asio/security/tls.hpp>

#include "base/check.h"
#include "base/text.h"
#include "net/loop_impl.h"
#include "net/url.h"

namespace dn::net {
namespace {

namespace wsp = websocketpp;
using Tls = wsp::transport::asio::tls_socket::endpoint;
using Plain = wsp::transport::asio::basic_socket::endpoint;
using TlsContext = std::shared_ptr<asio::ssl::context>;

// websocketpp for one thread and without a word on stdout. Its own timeouts are out of the way of ours: one of them would
// cancel the name lookups of other connections.
// NOLINTBEGIN(readability-identifier-naming,google-runtime-int): the names and types are websocketpp's
template <class Socket>
struct Config : wsp::config::core_client {
  using type = Config;
  using concurrency_type = wsp::concurrency::none;
  using alog_type = wsp::log::stub;
  using elog_type = wsp::log::stub;
  using rng_type = wsp::random::random_device::int_generator<std::uint32_t, concurrency_type>;
  static const bool enable_multithreading = false;
  static const bool drop_on_protocol_error = true;
  static const std::size_t connection_read_buffer_size = 4096;  // what venues push is small, and a portfolio has hundreds of connections

  struct transport_config : wsp::config::core_client::transport_config {
    using concurrency_type = Config::concurrency_type;
    using alog_type = Config::alog_type;
    using elog_type = Config::elog_type;
    using socket_type = Socket;
    static const bool enable_multithreading = false;
    static const long timeout_socket_post_init = 0;
    static const long timeout_dns_resolve = 3'600'000;
    static const long timeout_connect = 3'600'000;
    static const long timeout_socket_shutdown = 200;
  };
  using transport_type = wsp::transport::asio::endpoint<transport_config>;
};
// NOLINTEND(readability-identifier-naming,google-runtime-int)
using TlsEndpoint = wsp::client<Config<Tls>>;
using PlainEndpoint = wsp::client<Config<Plain>>;

// Null when the file of trusted certificates cannot be read.
TlsContext make_context(const std::string& ca_file) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* raw = context->native_handle();
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);  // for the same reason: 34 kB less of each that is idle
  asio::error_code ec;
  context->set_verify_mode(asio::ssl::verify_peer, ec);
  if (ec || SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1) return nullptr;
  if (ca_file.empty()) {
    // By hash, one file per issuer; reading the bundle would cost 18 ms.
    if (SSL_CTX_load_verify_dir(raw, "/etc/ssl/certs") != 1) return nullptr;
  } else {
    context->load_verify_file(ca_file, ec);
    if (ec) return nullptr;
  }
  return context;
}

// The name that the certificate must bear. Twice, so that neither library's idea of it is trusted alone.
void require_host(asio::ssl::stream<asio::ip::tcp::socket>& stream, const std::string& host) {
  stream.set_verify_callback(asio::ssl::host_name_verification(host));
  X509_VERIFY_PARAM* rule = SSL_get0_param(stream.native_handle());
  const bool set = is_ip(host) ? X509_VERIFY_PARAM_set1_ip_asc(rule, host.c_str()) == 1 : X509_VERIFY_PARAM_set1_host(rule, host.data(), host.size()) == 1;
  DN_CHECK(set, "the name of the host is out of memory");
}

}  // namespace

struct WsShared {
  explicit WsShared(asio::io_context& io) {
    start(tls, io);
    start(plain, io);
    // Both are called from within get_connection only, for the connection that is being made.
    tls.set_tls_init_handler([this](const wsp::connection_hdl&) { return context; });
    tls.set_socket_init_handler([this](const wsp::connection_hdl&, asio::ssl::stream<asio::ip::tcp::socket>& stream) { require_host(stream, host); });
  }

  TlsContext context_for(const std::string& ca_file) {
    auto found = contexts.find(ca_file);
    if (found != contexts.end()) return found->second;
    TlsContext made = make_context(ca_file);
    if (made) contexts.emplace(ca_file, made);
    return made;
  }

  std::map<std::string, TlsContext> contexts;  // by file of trusted certificates; making one is dear
  TlsContext context;                          // of the connection that is being made
  std::string host;
  TlsEndpoint tls;
  PlainEndpoint plain;

 private:
  template <class Endpoint>
  static void start(Endpoint& endpoint, asio::io_context& io) {
    wsp::lib::error_code ec;
    endpoint.init_asio(&io, ec);
    DN_CHECK(!ec, "a new WebSocket endpoint takes its loop");
    endpoint.set_user_agent("dn");
  }
};

namespace {

// One connection, from connect to on_closed.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::io_context& io, WsHandler& handler, WsOptions options) : io_(io), handler_(&handler), options_(std::move(options)), timer_(io) {}
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  virtual bool begin(WsShared& shared, const Url& url) = 0;  // false: finish_later was called
  virtual bool send(const wire::Frame& frame) = 0;
  virtual void ping() = 0;
  virtual void say_farewell() = 0;
  virtual void cut() = 0;  // closes the socket

  bool is_open() const { return state_ == State::Open; }
  bool is_over() const { return state_ == State::Over; }

  void limit_connect() { limit(options_.connect_timeout, "timeout while connecting"); }

  void close() {
    if (state_ == State::Connecting) {
      cut();
      finish_later("closed while connecting");
    } else if (state_ == State::Open) {
      state_ = State::Closing;
      limit(options_.close_timeout, "closed");
      say_farewell();
    }
  }

  // The client is gone: nothing is told any more.
  void drop() {
    state_ = State::Over;
    timer_.cancel();
    cut();
  }

  void finish(std::string why) {
    if (state_ == State::Over) return;
    drop();
    handler_->on_closed(std::move(why));
  }

  // For what is found out within a call of the client.
  void finish_later(std::string why) {
    state_ = State::Closing;
    asio::post(io_, [self = shared_from_this(), why = std::move(why)] { self->finish(why); });
  }

 protected:
  enum class State { Connecting, Open, Closing, Over };

  const WsOptions& options() const { return options_; }

  void opened() {
    if (state_ != State::Connecting) return;
    state_ = State::Open;
    timer_.cancel();
    handler_->on_open();
  }
  void arrived(const wire::Frame& frame) {
    if (state_ == State::Open) handler_->on_frame(frame);
  }
  void ponged() {
    if (state_ == State::Open) handler_->on_pong();
  }

 private:
  void limit(std::chrono::milliseconds time, const char* why) {
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this(), state = state_, why](const asio::error_code& ec) {
      const auto self = weak.lock();
      if (self && !ec && self->state_ == state) self->finish(why);
    });
  }

  asio::io_context& io_;
  WsHandler* handler_;
  WsOptions options_;
  asio::steady_timer timer_;
  State state_ = State::Connecting;
};

template <class Endpoint>
class SessionOn : public Session {
 public:
  using Session::Session;

  bool begin(WsShared& shared, const Url& url) override {
    wsp::lib::error_code ec;
    const bool secure = url.scheme == "wss";
    con_ = endpoint(shared).get_connection(std::make_shared<wsp::uri>(secure, url.host, url.port, url.path), ec);
    if (ec || !con_) return finish_later("no connection could be made"), false;
    if (const char* why = add_headers()) return finish_later(why), false;
    con_->set_max_message_size(options().max_message_bytes);
    con_->set_max_http_body_size(16384);
    con_->set_open_handshake_timeout(0);  // ours covers it
    con_->set_pong_timeout(0);            // the caller's business
    con_->set_close_handshake_timeout(static_cast<int>(options().close_timeout.count()));
    set_handlers();
    limit_connect();
    endpoint(shared).connect(con_);
    return true;
  }

  bool send(const wire::Frame& frame) override {
    if (!is_open() || frame.payload.size() > options().max_unsent_bytes) return false;
    if (con_->get_buffered_amount() > options().max_unsent_bytes - frame.payload.size()) return false;
    return !con_->send(frame.payload.data(), frame.payload.size(), frame.binary ? wsp::frame::opcode::binary : wsp::frame::opcode::text);
  }

  void ping() override {
    wsp::lib::error_code ec;
    if (is_open()) con_->ping("", ec);  // a connection that cannot send it ends, and that is told
  }

  void say_farewell() override {
    wsp::lib::error_code ec;
    con_->close(wsp::close::status::normal, "", ec);
  }

  void cut() override {
    if (con_) close_socket(*con_);
  }

 private:
  using Connection = typename Endpoint::connection_type;

  static Endpoint& endpoint(WsShared& shared) {
    if constexpr (std::is_same_v<Endpoint, TlsEndpoint>) {
      return shared.tls;
    } else {
      return shared.plain;
    }
  }

  static void close_socket(Connection& con) {
    asio::error_code ec;
    con.get_raw_socket().close(ec);
  }

  const char* add_headers() {
    try {
      for (const auto& [name, value] : options().headers) {
        if (value.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) return "a header is malformed";
        con_->append_header(name, value);
      }
    } catch (const std::exception&) {
      return "a header is malformed";
    }
    return nullptr;
  }

  void set_handlers() {
    // The connection keeps its handlers until it is gone, so they hold neither it nor the session.
    const auto with = [weak = std::weak_ptr<Session>(shared_from_this())](auto action) {
      return [weak, action](const wsp::connection_hdl&) {
        if (const auto self = weak.lock()) action(static_cast<SessionOn&>(*self));
      };
    };
    con_->set_tcp_pre_init_handler([weak = std::weak_ptr<Session>(shared_from_this()), con = std::weak_ptr<Connection>(con_)](const wsp::connection_hdl&) {
      const auto self = weak.lock();
      const auto alive = con.lock();
      if (!alive) return;
      if (!self || self->is_over()) return close_socket(*alive);  // it was given up during the name lookup
      static_cast<SessionOn&>(*self).connected(*alive);
    });
    con_->set_open_handler(with([](SessionOn& s) { s.opened(); }));
    con_->set_fail_handler(with([](SessionOn& s) { s.finish(s.failure()); }));
    con_->set_close_handler(with([](SessionOn& s) { s.finish(s.farewell()); }));
    con_->set_pong_handler([weak = std::weak_ptr<Session>(shared_from_this())](const wsp::connection_hdl&, const std::string&) {
      if (const auto self = weak.lock()) static_cast<SessionOn&>(*self).ponged();
    });
    con_->set_message_handler([weak = std::weak_ptr<Session>(shared_from_this())](const wsp::connection_hdl&, const auto& message) {
      const auto self = weak.lock();
      if (!self) return;
      wire::Frame frame;
      frame.binary = message->get_opcode() == wsp::frame::opcode::binary;
      frame.payload.swap(message->get_raw_payload());
      static_cast<SessionOn&>(*self).arrived(frame);
    });
  }

  // TCP stands, TLS is still to come.
  void connected(Connection& con) {
    asio::error_code ec;
    con.get_raw_socket().set_option(asio::ip::tcp::no_delay(true), ec);
    if constexpr (std::is_same_v<Endpoint, TlsEndpoint>) {
      // websocketpp has just announced the host in the hello; an address must not be (RFC 6066).
      if (is_ip(con.get_host())) SSL_ctrl(con.get_socket().native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, nullptr);
    }
  }

  // Why it never opened.
  std::string failure() {
    if constexpr (std::is_same_v<Endpoint, TlsEndpoint>) {
      const auto verdict = SSL_get_verify_result(con_->get_socket().native_handle());
      if (verdict != X509_V_OK) return std::string("certificate refused: ") + X509_verify_cert_error_string(verdict);
    }
    const auto ec = con_->get_ec();
    if (ec == asio::error::connection_refused) return "connection refused";
    const int status = static_cast<int>(con_->get_response_code());
    if (status != 0 && status != 101) return "the server answered HTTP " + std::to_string(status);
    return "no connection: " + printable_excerpt(ec.message());
  }

  // Why it ended after it was open.
  std::string farewell() {
    const auto code = con_->get_remote_close_code();
    if (code == wsp::close::status::abnormal_close || code == wsp::close::status::blank)
      return "connection lost: " + printable_excerpt(con_->get_ec().message());
    const std::string reason = printable_excerpt(con_->get_remote_close_reason());
    return "closed, code " + std::to_string(code) + (reason.empty() ? "" : ": " + reason);
  }

  typename Endpoint::connection_ptr con_;
};

}  // namespace

struct WsClient::Impl {
  Impl(Loop::Impl& l, WsHandler& h) : loop(l), handler(h) {}

  Loop::Impl& loop;
  WsHandler& handler;
  std::shared_ptr<Session> session;
};

WsClient::WsClient(Loop& loop, WsHandler& handler) : impl_(std::make_unique<Impl>(loop.impl(), handler)) {}

WsClient::~WsClient() {
  if (impl_->session && !impl_->session->is_over()) impl_->session->drop();
}

void WsClient::connect(const WsOptions& options) {
  DN_CHECK(!impl_->session || impl_->session->is_over(), "connect before on_closed");
  Loop::Impl& loop = impl_->loop;
  const auto url = parse_url(options.url);
  const bool secure = url && url->scheme == "wss";
  if (secure) {
    impl_->session = std::make_shared<SessionOn<TlsEndpoint>>(loop.io, impl_->handler, options);
  } else {
    impl_->session = std::make_shared<SessionOn<PlainEndpoint>>(loop.io, impl_->handler, options);
  }
  if (!secure && !(url && url->scheme == "ws" && is_loopback(url->host))) return impl_->session->finish_later("the server's address is not a wss URL");
  if (!loop.ws) loop.ws = std::make_shared<WsShared>(loop.io);
  if (secure) {
    loop.ws->context = loop.ws->context_for(options.ca_file);
    loop.ws->host = url->host;
    if (!loop.ws->context) return impl_->session->finish_later("the file of trusted certificates cannot be read");
  }
  impl_->session->begin(*loop.ws, *url);
}

bool WsClient::send(const wire::Frame& frame) { return impl_->session && impl_->session->send(frame); }
void WsClient::ping() {
  if (impl_->session) impl_->session->ping();
}
void WsClient::close() {
  if (impl_->session) impl_->session->close();
}
bool WsClient::is_open() const { return impl_->session && impl_->session->is_open(); }

}  // namespace dn::net

// websocketpp on the loop's io_context: one endpoint per kind of transport, one TLS context per set of trusted certificates.
#include "net/ws_client.h"

#include <openssl/ssl.h>

#include <asio/ssl/host_name_verification.hpp>
#include <asio/steady_timer.hpp>
#include <map>
#include <optional>
#include <utility>
#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_client.hpp>
#include <websocketpp/config/asio_no_tls_client.hpp>

#include "net/loop_impl.h"
#include "net/url.h"

namespace dn::net {
namespace {

using TlsEndpoint = websocketpp::client<websocketpp::config::asio_tls_client>;
using PlainEndpoint = websocketpp::client<websocketpp::config::asio_client>;
using TlsContext = std::shared_ptr<asio::ssl::context>;

template <class Endpoint>
void silence(Endpoint& endpoint, asio::io_context& io) {
  endpoint.clear_access_channels(websocketpp::log::alevel::all);
  endpoint.clear_error_channels(websocketpp::log::elevel::all);
  endpoint.init_asio(&io);
}

// Null: the certificates cannot be read.
TlsContext make_context(const std::string& ca_file) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  asio::error_code ec;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context->native_handle(), SSL_SESS_CACHE_CLIENT);
  context->set_verify_mode(asio::ssl::verify_peer, ec);
  if (ca_file.empty()) {
    // The directory is read by hash, one file per issuer; the bundle would cost 18 ms.
    context->add_verify_path("/etc/ssl/certs", ec);
  } else {
    context->load_verify_file(ca_file, ec);
  }
  return ec ? nullptr : context;
}

}  // namespace

struct WsShared {
  explicit WsShared(asio::io_context& io) {
    silence(tls, io);
    silence(plain, io);
  }
  TlsContext context(const std::string& ca_file) {
    TlsContext& c = contexts[ca_file];
    if (!c) c = make_context(ca_file);
    return c;
  }
  TlsEndpoint tls;
  PlainEndpoint plain;
  std::map<std::string, TlsContext> contexts;
};

namespace {

// One connection from connect to on_closed. Callbacks of the endpoint hold it weakly; once `finish` was called it hears nothing.
class Link {
 public:
  explicit Link(WsHandler& handler) : handler_(&handler) {}
  virtual ~Link() = default;
  virtual bool send(const wire::Frame& frame) = 0;
  virtual void ping() = 0;
  virtual void close() = 0;
  // Cuts the connection at once.
  virtual void cut() = 0;
  bool open() const { return open_ && !finished_; }
  bool finished() const { return finished_; }
  void forget() {
    finished_ = true;
    handler_ = nullptr;
  }

 protected:
  void finish(std::string why) {
    if (finished_) return;
    finished_ = true;
    if (handler_ != nullptr) handler_->on_closed(std::move(why));
  }
  WsHandler* handler_;
  bool open_ = false;
  bool finished_ = false;
};

template <class Endpoint>
class LinkOf final : public Link, public std::enable_shared_from_this<LinkOf<Endpoint>> {
 public:
  using Connection = typename Endpoint::connection_ptr;
  using Message = typename Endpoint::message_ptr;

  LinkOf(WsHandler& handler, asio::io_context& io, const WsOptions& options) : Link(handler), io_(io), timer_(io), options_(options) {}
  ~LinkOf() override { cut_now(); }

  void connect(Endpoint& endpoint) {
    websocketpp::lib::error_code ec;
    connection_ = endpoint.get_connection(options_.url, ec);
    if (ec) return fail_later("the address cannot be used");
    for (const auto& [name, value] : options_.headers) connection_->append_header(name, value);
    connection_->set_max_message_size(options_.max_message_bytes);
    connection_->set_open_handshake_timeout(0);  // one timer of ours covers everything
    connection_->set_close_handshake_timeout(static_cast<long>(options_.close_timeout.count()));
    listen();
    arm(options_.connect_timeout, "no connection in time");
    endpoint.connect(connection_);
  }

  bool send(const wire::Frame& frame) override {
    if (!open() || connection_->get_buffered_amount() + frame.payload.size() > options_.max_unsent_bytes) return false;
    return !connection_->send(frame.payload, frame.binary ? websocketpp::frame::opcode::binary : websocketpp::frame::opcode::text);
  }
  void ping() override {
    websocketpp::lib::error_code ec;
    if (open()) connection_->ping("", ec);
  }
  void close() override {
    if (finished_ || closing_) return;
    closing_ = true;
    if (!open_) {
      fail_later("closed before it was open");
      return;
    }
    websocketpp::lib::error_code ec;
    connection_->close(websocketpp::close::status::normal, "", ec);
    arm(options_.close_timeout, "closed");
  }
  void cut() override { cut_now(); }
  void fail_later(std::string why) {
    asio::post(io_, [weak = this->weak_from_this(), why = std::move(why)] {
      if (const auto self = weak.lock()) self->end(why);
    });
  }

 private:
  void listen() {
    const std::weak_ptr<LinkOf> weak = this->weak_from_this();
    const auto on = [weak](auto what) {
      return [weak, what](auto&&... arguments) {
        const auto self = weak.lock();
        if (self && !self->finished_) what(*self, arguments...);
      };
    };
    // A link may be cut while the name is looked up, when there is no socket to close yet: then it is closed as soon as there is one.
    const std::weak_ptr<typename Connection::element_type> connection = connection_;
    const auto close_if_gone = [weak, connection](const websocketpp::connection_hdl&) {
      const auto self = weak.lock();
      const auto c = connection.lock();
      asio::error_code ec;
      if (c && (!self || self->finished_)) c->get_raw_socket().lowest_layer().close(ec);
    };
    connection_->set_tcp_pre_init_handler(close_if_gone);
    connection_->set_open_handler(on([](LinkOf& l, auto&) { l.opened(); }));
    connection_->set_message_handler(on([](LinkOf& l, auto&, Message m) {
      const wire::Frame frame{m->get_opcode() == websocketpp::frame::opcode::binary, m->get_payload()};
      l.handler_->on_frame(frame);
    }));
    connection_->set_pong_handler(on([](LinkOf& l, auto&, auto&) { l.handler_->on_pong(); }));
    connection_->set_fail_handler(on([](LinkOf& l, auto&) { l.end("no connection: " + l.reason()); }));
    connection_->set_close_handler(on([](LinkOf& l, auto&) { l.end(l.closing_ ? "closed" : "the peer closed the connection: " + l.reason()); }));
  }

  std::string reason() const {
    // TLS failures say more than the library's own code.
    const auto ec = connection_->get_ec();
    const auto transport = connection_->get_transport_ec();
    return transport ? transport.message() : ec.message();
  }

  void opened() {
    open_ = true;
    timer_.cancel();
    asio::error_code ec;
    connection_->get_raw_socket().lowest_layer().set_option(asio::ip::tcp::no_delay(true), ec);
    handler_->on_open();
  }

  void arm(std::chrono::milliseconds after, const char* why) {
    timer_.expires_after(after);
    timer_.async_wait([weak = this->weak_from_this(), why](const asio::error_code& ec) {
      const auto self = weak.lock();
      if (self && !ec) self->end(why);
    });
  }

  void end(std::string why) {
    const auto self = this->shared_from_this();
    timer_.cancel();
    cut_now();
    this->finish(std::move(why));
  }

  void cut_now() {
    if (!connection_) return;
    asio::error_code ec;
    connection_->get_raw_socket().lowest_layer().close(ec);
  }

  asio::io_context& io_;
  asio::steady_timer timer_;
  WsOptions options_;
  Connection connection_;
  bool closing_ = false;
};

// For the connections that the endpoint makes from now on. websocketpp itself names the host to the server (SNI).
void verify_host(TlsEndpoint& endpoint, const TlsContext& context, const std::string& host) {
  endpoint.set_tls_init_handler([context](const websocketpp::connection_hdl&) { return context; });
  endpoint.set_socket_init_handler([host](const websocketpp::connection_hdl&, asio::ssl::stream<asio::ip::tcp::socket>& stream) {
    asio::error_code ec;
    stream.set_verify_mode(asio::ssl::verify_peer, ec);
    stream.set_verify_callback(asio::ssl::host_name_verification(host), ec);
  });
}

}  // namespace

struct WsClient::Impl {
  Impl(Loop& l, WsHandler& h) : loop(l), handler(h) {}
  ~Impl() { drop(); }
  void drop() {
    if (!link) return;
    link->forget();
    link->cut();
    link.reset();
  }
  WsShared& shared() {
    if (!loop.impl().ws) loop.impl().ws = std::make_shared<WsShared>(loop.impl().io);
    return *loop.impl().ws;
  }
  void connect(const WsOptions& options) {
    drop();
    const auto url = parse_url(options.url);
    const bool tls = url && url->scheme == "wss";
    const bool plain = url && url->scheme == "ws" && is_loopback(url->host);
    if (plain) {
      auto l = std::make_shared<LinkOf<PlainEndpoint>>(handler, loop.impl().io, options);
      link = l;
      l->connect(shared().plain);
      return;
    }
    auto l = std::make_shared<LinkOf<TlsEndpoint>>(handler, loop.impl().io, options);
    link = l;
    const TlsContext context = tls ? shared().context(options.ca_file) : nullptr;
    if (!tls) return l->fail_later("not connected: the address is not a wss URL");
    if (!context) return l->fail_later("not connected: the trusted certificates cannot be read");
    verify_host(shared().tls, context, url->host);
    l->connect(shared().tls);
  }

  Loop& loop;
  WsHandler& handler;
  std::shared_ptr<Link> link;
};

WsClient::WsClient(Loop& loop, WsHandler& handler) : impl_(std::make_unique<Impl>(loop, handler)) {}
WsClient::~WsClient() = default;
void WsClient::connect(const WsOptions& options) { impl_->connect(options); }
bool WsClient::send(const wire::Frame& frame) { return impl_->link && impl_->link->send(frame); }
void WsClient::ping() {
  if (impl_->link) impl_->link->ping();
}
void WsClient::close() {
  if (impl_->link) impl_->link->close();
}
bool WsClient::is_open() const { return impl_->link && impl_->link->open(); }

}  // namespace dn::net

#include "server.h"

#include <algorithm>

namespace dn::exchange {

using asio::ip::tcp;

namespace {

constexpr std::string_view kWaf = "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n</BODY></HTML>";
constexpr std::string_view kBadGateway =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

using Reply = std::function<void(const HttpReply&, Fate)>;

// Carries a request out with the fault that it met.
void carry_out(Site& site, Api& api, const HttpRequest& request, const std::optional<Fault>& fault, const Reply& reply) {
  const std::string what = fault ? fault->fault : "";
  const Dur wait = Dur::millis(site.exchange.settings().latency_ms + (what == "slow" ? fault->ms : 0));
  HttpReply answer;
  Fate fate = Fate::Send;
  if (what == "reset_before") {
    fate = Fate::Reset;
  } else if (what == "http_502_html") {
    answer = {502, std::string(kBadGateway), {}, "text/html"};
  } else if (what == "html_403") {
    answer = {403, std::string(kWaf), {}, "text/html"};
  } else if (what == "rate_limit") {
    answer = api.failure(429);
  } else {
    answer = api.handle(request);
    if (what == "reset_after") fate = Fate::Reset;
    if (what == "truncate") fate = Fate::Truncate;
    if (what == "empty") answer.body.clear();
    if (what == "http_500_accepted") answer = api.failure(500);
    if (what == "http_503_accepted") answer = api.failure(503);
  }
  site.after(wait, [answer = std::move(answer), fate, reply] { reply(answer, fate); });
}

}  // namespace

// One listening socket.
struct Server::Door final : ConnectionOwner {
  Door(Server& s, std::string n, std::vector<Api*> a) : server(s), name(std::move(n)), apis(std::move(a)), acceptor(s.io_) {}

  Api* api_for(const HttpRequest& r) const {
    const auto at = std::find_if(apis.begin(), apis.end(), [&](const Api* a) { return a->owns(r); });
    return at == apis.end() ? nullptr : *at;
  }

  void request(const HttpRequest& r, Reply reply) override {
    Site& site = *server.site_;
    Api* api = api_for(r);
    if (api == nullptr) {
      site.exchange.count("unknown_paths");
      reply({404, "not here", {}, "text/plain"}, Fate::Send);
      return;
    }
    if (tls == nullptr) {  // the control address knows no faults
      reply(api->handle(r), Fate::Send);
      return;
    }
    site.exchange.count("requests");
    const auto fault = site.faults.for_request(api->venue_of(r), api->what(r));
    const Dur late = fault && fault->fault == "late" ? Dur::millis(fault->ms) : Dur{};
    site.after(late, [&site, api, r, fault, reply] { carry_out(site, *api, r, fault, reply); });
  }

  Upgrade upgrade(const HttpRequest& r) override {
    Api* api = api_for(r);
    if (api == nullptr) return {nullptr, 0, {404, "not here", {}, "text/plain"}};
    server.site_->exchange.count("ws_connections");
    return api->upgrade(r);
  }

  void protocol_error(const std::string&) override { server.site_->exchange.count("protocol_errors"); }

  Server& server;
  std::string name;
  std::vector<Api*> apis;
  tcp::acceptor acceptor;
  std::unique_ptr<asio::ssl::context> tls;
  std::vector<std::weak_ptr<Connection>> connections;
};

Server::Server(asio::io_context& io, ServerOptions options) : io_(io), options_(std::move(options)), certs_(make_certs(options_.out)), timer_(io) {
  site_ = std::make_unique<Site>(io, options_.seed, options_.settings);
  apis_.push_back(mexc_api(*site_));
  apis_.push_back(gate_api(*site_));
  apis_.push_back(control_api(*site_));
  open_door("mexc", {apis_[0].get()}, &certs_.good);
  open_door("gate", {apis_[1].get()}, &certs_.good);
  open_door("control", {apis_[2].get()}, nullptr);
  const std::vector<Api*> both{apis_[0].get(), apis_[1].get()};
  open_door("wrongName", both, &certs_.wrong_name);
  open_door("expired", both, &certs_.expired);
  open_door("unknownCa", both, &certs_.unknown_ca);
  site_->exchange.set_listener(this);
  tick();
}

Server::~Server() { stop(); }

void Server::open_door(const std::string& name, std::vector<Api*> apis, const Leaf* leaf) {
  auto door = std::make_unique<Door>(*this, name, std::move(apis));
  const int port = options_.port == 0 ? 0 : options_.port + static_cast<int>(doors_.size());
  const tcp::endpoint at(asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port));
  door->acceptor.open(at.protocol());
  door->acceptor.set_option(tcp::acceptor::reuse_address(true));
  door->acceptor.bind(at);
  door->acceptor.listen();
  if (leaf != nullptr) {
    door->tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    door->tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    door->tls->use_certificate_chain_file(leaf->chain_file);
    door->tls->use_private_key_file(leaf->key_file, asio::ssl::context::pem);
  }
  accept(*door);
  doors_.push_back(std::move(door));
}

void Server::accept(Door& door) {
  door.acceptor.async_accept([this, &door](const asio::error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      asio::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      auto stream = door.tls ? tls_stream(std::move(socket), *door.tls) : plain_stream(std::move(socket));
      const auto connection = std::make_shared<Connection>(io_, std::move(stream), door);
      auto& live = door.connections;
      live.erase(std::remove_if(live.begin(), live.end(), [](const auto& c) { return c.expired(); }), live.end());
      live.push_back(connection);
      connection->start();
    }
    accept(door);
  });
}

void Server::tick() {
  site_->exchange.advance();
  if (++ticks_ % 40 == 0) {
    for (const auto& stream : site_->live(std::nullopt)) stream->tick(site_->exchange.now());
  }
  timer_.expires_after(std::chrono::milliseconds(5));
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) tick();
  });
}

void Server::stop() {
  timer_.cancel();
  site_->exchange.set_listener(nullptr);
  for (const auto& door : doors_) {
    asio::error_code ignored;
    door->acceptor.close(ignored);
    for (const auto& weak : door->connections) {
      if (const auto connection = weak.lock()) connection->reset();
    }
  }
}

int Server::port_of(std::string_view name) const {
  for (const auto& door : doors_) {
    if (door->name == name) return door->acceptor.local_endpoint().port();
  }
  return 0;
}

std::string Server::ready_json() const {
  const auto at = [&](const char* scheme, std::string_view door, const char* path) {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_of(door)) + path;
  };
  Obj urls;
  urls.s("mexcRest", at("https", "mexc", "")).s("mexcWs", at("wss", "mexc", "/ws"));
  urls.s("gateRest", at("https", "gate", "/api/v4")).s("gateWs", at("wss", "gate", "/ws/v4/"));
  urls.s("gateFuturesWs", at("wss", "gate", "/v4/ws/usdt")).s("control", at("http", "control", "/control"));
  for (const char* name : {"wrongName", "expired", "unknownCa"}) urls.s(name, at("https", name, ""));
  Obj mexc;
  mexc.s("key", site_->mexc.key).s("secret", site_->mexc.secret);
  Obj gate;
  gate.s("key", site_->gate.key).s("secret", site_->gate.secret).s("uid", site_->gate.uid);
  Obj keys;
  keys.raw("mexc", mexc.str()).raw("gate", gate.str());
  Obj out;
  out.s("ca", certs_.ca_file).raw("urls", urls.str()).raw("keys", keys.str());
  return out.str();
}

void Server::on_order(const Order& order, OrderChange change) {
  if (!site_->exchange.shows(order)) return;
  for (const auto& s : site_->live(order.market->venue)) s->on_order(order, change);
}
void Server::on_trade(const Trade& trade) {
  if (!site_->exchange.shows(*trade.order)) return;
  for (const auto& s : site_->live(trade.order->market->venue)) s->on_trade(trade);
}
void Server::on_balance(const BalanceChange& change) {
  for (const auto& s : site_->live(change.venue)) s->on_balance(change);
}
void Server::on_book(const Market& market) {
  for (const auto& s : site_->live(market.venue)) s->on_book(market);
}
void Server::on_deal(const Market& market, const PublicDeal& deal) {
  for (const auto& s : site_->live(market.venue)) s->on_deal(market, deal);
}

}  // namespace dn::exchange

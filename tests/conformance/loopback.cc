#include "loopback.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

namespace dn::conformance {
namespace {

// Where a venue is reached: the names of its addresses and of its key in what the exchange says when it is ready. A new venue of lib/venues
// that tests/exchange can speak needs one row here, and nothing else in this folder.
struct Place {
  Venue venue;
  std::string_view rest;
  std::string_view ws;
  std::string_view key;
};
constexpr std::array kPlaces{
    Place{Venue::MexcSpot, "mexcRest", "mexcWs", "mexc"},
    Place{Venue::GateioSpot, "gateRest", "gateWs", "gate"},
    Place{Venue::GateioFutures, "gateRest", "gateFuturesWs", "gate"},
};

const Place* place_of(Venue venue) {
  const auto at = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const Place& p) { return p.venue == venue; });
  return at == kPlaces.end() ? nullptr : &*at;
}

// "https://host:port" and the path behind it.
std::pair<std::string, std::string> split(const std::string& url) {
  const auto path = std::min(url.find('/', url.find("://") + 3), url.size());
  return {url.substr(0, path), url.substr(path)};
}

exchange::Settings settings(int rate_scale) {
  exchange::Settings s;
  s.rate_scale = Decimal(rate_scale);
  // Enough to take the whole visible depth, and less than the largest order that a venue takes.
  for (const venues::VenueEntry& e : venues::registered_venues()) s.balances[e.venue] = {{symbol().quote.str(), Decimal(1'500'000)}, {"", Decimal(100)}};
  return s;
}

LedgerOrder ledger_order(const exchange::Order& o) {
  const std::string& text = o.market->venue == Venue::MexcSpot ? o.client_id : o.text;
  return {o.id, o.qty, o.filled, o.open, o.reduce_only, o.created, text, o.side, o.price};
}

std::string temporary_folder() {
  std::string path = (std::filesystem::temp_directory_path() / "dn-conformance-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return path;
}

}  // namespace

const Symbol& symbol() {
  static const Symbol s{Asset("BTC"), Asset("USDT")};
  return s;
}

Loopback::Loopback(int rate_scale) : rate_scale_(rate_scale), folder_(temporary_folder()) {
  server_ = std::make_unique<exchange::Server>(io_, exchange::ServerOptions{0, 11, settings(rate_scale), folder_});
  control_ = exchange::control_api(server_->site());
  ready_ = exchange::Json::parse(server_->ready_json()).value();
  thread_ = std::thread([this] { io_.run(); });
}

Loopback::~Loopback() {
  asked([this] { server_->stop(); });
  io_.stop();
  thread_.join();
  control_.reset();
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Loopback::what_is_missing(Venue venue) {
  if (place_of(venue) != nullptr) return "";
  return fmt::format("{} has no address on the loopback exchange: teach tests/exchange to speak it and add a row to kPlaces of tests/conformance/loopback.cc",
                     name(venue));
}

live::Access Loopback::access(Venue venue, std::string_view door) const {
  const Place* place = place_of(venue);
  if (place == nullptr) throw std::logic_error(what_is_missing(venue));
  const exchange::Json& urls = *ready_.find("urls");
  const exchange::Json& key = *ready_.find("keys")->find(place->key);
  auto [rest, rest_path] = split(urls.str(place->rest));
  auto [ws, ws_path] = split(urls.str(place->ws));
  if (!door.empty()) {
    rest = urls.str(door);
    ws = "wss" + rest.substr(rest.find("://"));
  }
  return {rest, ws + ws_path, ready_.str("ca"), rate_scale_, {Secret(key.str("key")), Secret(key.str("secret"))}, {}};
}

void Loopback::control(const std::string& what, const std::string& json) {
  exchange::HttpRequest request;
  request.method = "POST";
  request.path = "/control/" + what;
  request.body = json;
  const exchange::HttpReply reply = asked([&] { return control_->handle(request); });
  ASSERT_EQ(reply.status, 200) << what << " " << json << ": " << reply.body;
}

void Loopback::fault(Venue venue, std::string_view what, std::string_view fault, int count, int ms) {
  control("faults", exchange::Obj().s("venue", name(venue)).s("what", what).s("fault", fault).n("count", count).n("ms", ms).str());
}
void Loopback::clear_faults() { control("faults", R"({"clear":true})"); }
void Loopback::end_order(Venue venue, const ClientOrderId& id) { control("end_order", exchange::Obj().s("venue", name(venue)).s("id", id.view()).str()); }
Money Loopback::settle_funding(Venue venue, const Rate& rate) {
  return asked([&] {
    exchange::Market& m = *market(venue);
    const Money before = m.sim.truth().funding;
    server_->site().exchange.settle_funding(m, rate);
    return m.sim.truth().funding - before;
  });
}
void Loopback::set(std::string_view key, std::int64_t value) { control("settings", exchange::Obj().n(key, value).str()); }

std::vector<LedgerOrder> Loopback::orders(Venue venue, const ClientOrderId& id) {
  return asked([&] {
    std::vector<LedgerOrder> out;
    for (const exchange::Order& o : server_->site().exchange.account(venue).orders) {
      if (o.client_id == id.view()) out.push_back(ledger_order(o));
    }
    return out;
  });
}

std::vector<LedgerOrder> Loopback::all_orders(Venue venue) {
  return asked([&] {
    std::vector<LedgerOrder> out;
    for (const exchange::Order& o : server_->site().exchange.account(venue).orders) {
      if (o.market->rules.symbol == symbol()) out.push_back(ledger_order(o));
    }
    return out;
  });
}

std::vector<LedgerTrade> Loopback::all_trades(Venue venue) {
  return asked([&] {
    std::vector<LedgerTrade> out;
    for (const exchange::Trade& t : server_->site().exchange.account(venue).trades) {
      if (t.order->market->rules.symbol != symbol()) continue;
      out.push_back({exchange::trade_id(t), ledger_order(*t.order), t.price, t.qty, Fee(t.fee), t.fee_asset, t.maker});
    }
    return out;
  });
}

LedgerOrder Loopback::place_foreign(Venue venue, std::string_view text, Side side, Price price, Qty qty) {
  return asked([&] {
    exchange::NewOrder w;
    w.market = market(venue);
    w.client_id = w.text = text;
    w.side = side;
    w.tif = "gtc";
    w.price = w.limit = price;
    w.qty = qty;
    w.amount = side == Side::Buy ? w.market->contracts(qty) : -w.market->contracts(qty);
    if (!w.market->is_futures()) w.amount = qty.decimal();
    const exchange::Placed p = server_->site().exchange.place(w);
    if (p.order == nullptr) ADD_FAILURE() << name(venue) << ": " << p.refusal << " " << p.reason;
    return p.order != nullptr ? ledger_order(*p.order) : LedgerOrder{};
  });
}

// On the exchange's thread.
exchange::Market* Loopback::market(Venue venue) {
  for (exchange::Market* m : server_->site().exchange.markets(venue)) {
    if (m->rules.symbol == symbol()) return m;
  }
  return nullptr;
}

std::int64_t Loopback::counter(const std::string& name) {
  return asked([&] { return server_->site().exchange.counters()[name]; });
}

Qty Loopback::depth(Venue venue, Side taker, Price limit) {
  return asked([&] {
    const exchange::Market* m = market(venue);
    return m != nullptr ? exchange::Exchange::depth(*m, taker, limit) : Qty{};
  });
}

}  // namespace dn::conformance

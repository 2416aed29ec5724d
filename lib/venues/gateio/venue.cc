// Gate.io: one API with two markets, spot and USDT perpetuals.
#include <utility>

#include "venues/gateio/futures_orders.h"
#include "venues/gateio/futures_rest.h"
#include "venues/gateio/spot_orders.h"
#include "venues/gateio/spot_rest.h"
#include "venues/gateio/streams.h"
#include "venues/venue.h"

namespace dn::venues::gateio {
namespace {

ContextPtr context_of(VenueSetup setup) {
  auto c = std::make_shared<Context>();
  c->venue = setup.venue;
  c->symbol = setup.symbol;
  c->credentials = std::move(setup.credentials);
  c->pair = setup.symbol.base.str() + "_" + setup.symbol.quote.str();
  c->instrument.venue = setup.venue;
  c->instrument.symbol = setup.symbol;
  return c;
}

class GateApi : public VenueApi {
 public:
  GateApi(ContextPtr context, DialectPtr dialect) : context_(std::move(context)), dialect_(std::move(dialect)) {}

  std::unique_ptr<Question<Outcome<Time>>> server_time() override { return ask_server_time(context_); }
  void set_instrument(const Instrument& instrument) override { context_->instrument = instrument; }

  std::unique_ptr<Question<PlaceReport>> place(const OrderRequest& request) override { return ask_place(context_, *dialect_, request); }
  std::unique_ptr<Question<CancelReport>> cancel(const ClientOrderId& id, const VenueOrderId& venue_order_id) override {
    return ask_cancel(context_, *dialect_, id, venue_order_id);
  }
  std::unique_ptr<Question<LookupReport>> lookup(const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage) override {
    return ask_order(context_, dialect_, id, venue_order_id, stage);
  }
  std::unique_ptr<Question<TradesReport>> trades(const ClientOrderId& id, const VenueOrderId& venue_order_id) override {
    return ask_trades(context_, dialect_, id, venue_order_id);
  }
  std::unique_ptr<Question<Outcome<Time>>> cancel_all_after(Dur timeout) override { return ask_countdown(context_, timeout); }
  std::unique_ptr<Question<Outcome<TopOfBook>>> top_of_book() override { return ask_top(context_); }

  std::unique_ptr<StreamProtocol> public_stream() override { return gateio::public_stream(context_); }
  std::unique_ptr<StreamProtocol> private_stream() override { return gateio::private_stream(context_); }

  // Enforced by the x-gate-exptime header of each order.
  Dur request_window() const override { return Dur::seconds(5); }

 protected:
  const ContextPtr& context() const { return context_; }

 private:
  ContextPtr context_;
  DialectPtr dialect_;
};

class SpotApi final : public GateApi {
 public:
  explicit SpotApi(const ContextPtr& c) : GateApi(c, spot_dialect(c)) {}
  std::unique_ptr<Question<Outcome<VenueFacts>>> market() override { return ask_spot_market(context()); }
  std::unique_ptr<Question<Outcome<VenueFacts>>> account(VenueFacts facts) override { return ask_spot_account(context(), std::move(facts)); }
};

class FuturesApi final : public GateApi {
 public:
  explicit FuturesApi(const ContextPtr& c) : GateApi(c, futures_dialect(c)) {}
  std::unique_ptr<Question<Outcome<VenueFacts>>> market() override { return ask_futures_market(context()); }
  std::unique_ptr<Question<Outcome<VenueFacts>>> account(VenueFacts facts) override { return ask_futures_account(context(), std::move(facts)); }
};

}  // namespace

void enlist(std::vector<VenueEntry>& out) {
  out.push_back({Venue::GateioSpot, "gateio", "https://api.gateio.ws", "wss://api.gateio.ws/ws/v4/",
                 [](VenueSetup s) -> std::unique_ptr<VenueApi> { return std::make_unique<SpotApi>(context_of(std::move(s))); }});
  // The wallet is part of the address: without "usdt" it would be the BTC one.
  out.push_back({Venue::GateioFutures, "gateio", "https://api.gateio.ws", "wss://fx-ws.gateio.ws/v4/ws/usdt",
                 [](VenueSetup s) -> std::unique_ptr<VenueApi> { return std::make_unique<FuturesApi>(context_of(std::move(s))); }});
}

}  // namespace dn::venues::gateio

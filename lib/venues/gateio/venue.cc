// Gate.io: one API with two markets, spot and USDT perpetuals.
#include <utility>

#include "venues/gateio/book.h"
#include "venues/gateio/errors.h"
#include "venues/gateio/futures_orders.h"
#include "venues/gateio/futures_rest.h"
#include "venues/gateio/order_channel.h"
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
  std::unique_ptr<Question<Outcome<void>>> trade_right() override { return ask_trade_right(context_, *dialect_); }
  void set_instrument(const Instrument& instrument) override { context_->instrument = instrument; }
  std::string symbol_text() const override { return context_->pair; }

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
  std::unique_ptr<Question<Outcome<Survey>>> survey(Time since) override { return ask_survey(context_, dialect_, since); }
  std::unique_ptr<Question<Outcome<Time>>> cancel_all_after(Dur timeout) override { return ask_countdown(context_, timeout); }
  std::unique_ptr<Question<Outcome<TopOfBook>>> top_of_book() override { return ask_top(context_); }
  std::unique_ptr<Question<Outcome<Depth>>> depth() override { return ask_depth(context_, kDepthLevels); }

  std::unique_ptr<StreamProtocol> public_stream() override { return gateio::public_stream(context_); }
  std::unique_ptr<StreamProtocol> private_stream() override { return gateio::private_stream(context_); }
  std::unique_ptr<OrderChannel> order_channel() override { return gateio::order_channel(context_); }
  wire::Frame place_over(OrderChannel& channel, const OrderRequest& request, Time venue_now) override {
    return gateio::place_over(channel, context_, request, venue_now);
  }
  wire::Frame cancel_over(OrderChannel& channel, const ClientOrderId& id, const VenueOrderId& venue_order_id, Time venue_now) override {
    return gateio::cancel_over(channel, context_, id, venue_order_id, venue_now);
  }

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
  std::unique_ptr<Question<Outcome<FundingReport>>> funding(Time since) override { return ask_funding(context(), since); }
};

// Gate docs v4.106, section of the rate limits: 200 calls in 10 s for public and for private reads (of each endpoint; here of all
// together), cancels 200 in 1 s, placements of spot 10 in 1 s for a pair and of futures 100 in 1 s, with their cancels where they go over
// the WebSocket. A bucket's content plus what flows in during the window stays below them.
Budgets budgets(Venue venue) {
  const Budget reads{{90, Dur::seconds(9)}, 0};
  const bool spot = venue == Venue::GateioSpot;
  const Budget cancels = spot ? Budget{{60, Dur::millis(600)}, 0} : Budget{{12, Dur::millis(600)}, 0};
  const Budget orders = spot ? Budget{{4, Dur::millis(667)}, 1} : Budget{{25, Dur::millis(600)}, 3};
  return {{reads, reads, orders, cancels}, {0, 1, 2, 3}};
}

// Each answer tells what is left of its pool's budget; the last one before the end is told with the moment of the refill.
Advice advice(const wire::HttpResponse& reply, Time venue_now) {
  const bool used_up = wire::header(reply, "x-gate-ratelimit-requests-remain") == "0";
  if (reply.status != 429 && !used_up) return {};
  return {retry_after(reply, venue_now), false};
}

}  // namespace

void enlist(std::vector<VenueEntry>& out) {
  out.push_back({Venue::GateioSpot, "gateio", "https://api.gateio.ws", "wss://api.gateio.ws/ws/v4/", budgets(Venue::GateioSpot), advice,
                 [](VenueSetup s) -> std::unique_ptr<VenueApi> { return std::make_unique<SpotApi>(context_of(std::move(s))); }, "Gate.io", refusal_of});
  // The wallet is part of the address: without "usdt" it would be the BTC one.
  out.push_back({Venue::GateioFutures, "gateio", "https://api.gateio.ws", "wss://fx-ws.gateio.ws/v4/ws/usdt", budgets(Venue::GateioFutures), advice,
                 [](VenueSetup s) -> std::unique_ptr<VenueApi> { return std::make_unique<FuturesApi>(context_of(std::move(s))); }, "Gate.io", refusal_of});
}

}  // namespace dn::venues::gateio

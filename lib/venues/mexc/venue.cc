// MEXC spot: what the rest of the program sees of this folder.
#include <algorithm>

#include "venues/venue.h"

#include "venues/mexc/market.h"
#include "venues/mexc/orders.h"
#include "venues/mexc/rest.h"
#include "venues/mexc/stream.h"

namespace dn::venues::mexc {
namespace {

class MexcSpot final : public VenueApi {
 public:
  explicit MexcSpot(VenueSetup setup) : desk_{setup.symbol, std::move(setup.credentials)} {}

  std::unique_ptr<Question<Outcome<Time>>> server_time() override { return ask_time(); }
  std::unique_ptr<Question<Outcome<VenueFacts>>> market() override { return ask_market(desk_.symbol); }
  std::unique_ptr<Question<Outcome<VenueFacts>>> account(VenueFacts facts) override { return ask_account(desk_.symbol, desk_.who, std::move(facts)); }
  std::unique_ptr<Question<Outcome<void>>> trade_right() override { return ask_trade_right(desk_); }
  void set_instrument(const Instrument& /*instrument*/) override {}  // spot quantities go out as they are
  std::string symbol_text() const override { return mexc::symbol_text(desk_.symbol); }

  std::unique_ptr<Question<PlaceReport>> place(const OrderRequest& request) override { return ask_place(desk_, request); }
  std::unique_ptr<Question<CancelReport>> cancel(const ClientOrderId& id, const VenueOrderId& venue_order_id) override {
    return ask_cancel(desk_, id, venue_order_id);
  }
  std::unique_ptr<Question<LookupReport>> lookup(const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage) override {
    return ask_lookup(desk_, id, venue_order_id, stage);
  }
  std::unique_ptr<Question<TradesReport>> trades(const ClientOrderId& id, const VenueOrderId& venue_order_id) override {
    return ask_trades(desk_, id, venue_order_id);
  }
  std::unique_ptr<Question<Outcome<Survey>>> survey(Time since) override { return ask_survey(desk_, since); }

  std::unique_ptr<StreamProtocol> public_stream() override { return mexc::public_stream(desk_.symbol); }
  std::unique_ptr<StreamProtocol> private_stream() override { return mexc::private_stream(desk_.symbol, desk_.who); }
  std::unique_ptr<Question<Outcome<TopOfBook>>> top_of_book() override { return ask_top(desk_.symbol); }
  std::unique_ptr<Question<Outcome<Depth>>> depth() override { return ask_depth(desk_.symbol, kDepthLevels); }
  Dur request_window() const override { return kReceiveWindow; }

 private:
  Desk desk_;
};

// Of 2026: 300 weight in 10 s for all public calls of an address, 500 in 10 s for the account's, 12 order calls in 1 s. A bucket's
// content plus what flows in during the window stays below them.
Budgets budgets() {
  const Budget by_address{{100, Dur::seconds(6)}, 0};
  const Budget by_account{{150, Dur::seconds(5)}, 0};
  const Budget orders{{5, Dur::millis(833)}, 2};  // cancels count as orders
  return {{by_address, by_account, orders}, {0, 1, 2, 2}};
}

// 429 and 418 name the seconds; the firewall's 403 does not.
Advice advice(const wire::HttpResponse& reply, Time /*venue_now*/) {
  if (reply.status != 429 && reply.status != 418 && reply.status != 403) return {};
  return {std::max(retry_after(reply), Dur::seconds(1)), reply.status != 429};
}

}  // namespace

void enlist(std::vector<VenueEntry>& out) {
  out.push_back({Venue::MexcSpot, "mexc", "https://api.mexc.com", "wss://wbs-api.mexc.com/ws", budgets(), advice,
                 [](VenueSetup setup) -> std::unique_ptr<VenueApi> { return std::make_unique<MexcSpot>(std::move(setup)); }, "MEXC",
                 [](std::string_view code) { return reject_class(code, ""); }});
}

}  // namespace dn::venues::mexc

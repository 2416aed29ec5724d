// A small client on the real stack: one venue's desk and link, the events they emit, and short words for what a case does with them. It waits
// by running the loop until a condition holds, with a deadline; it never sleeps.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "live/venues.h"
#include "loopback.h"
#include "net/loop.h"

namespace dn {

// What comes behind the gate is tested without it.
struct TestPass {
  static GatePass of(const OrderRequest& order) { return GatePass(order); }
};

}  // namespace dn

namespace dn::conformance {

// How orders go out: as the program sends them, or by REST only although the venue has an order channel.
enum class Way : std::uint8_t { AsUsual, RestOnly };

class Client {
 public:
  explicit Client(Venue venue, live::Access access);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // What a start is told, and remembers when it is good.
  venues::Outcome<venues::VenueFacts> start();
  // Connects with the facts of a start, this one's or another's.
  void connect(const venues::VenueFacts& facts, Way way = Way::AsUsual);
  // The same with other rules for its streams.
  void connect(const venues::VenueFacts& facts, Way way, const venues::StreamRules& rules);
  // Starts, connects and waits until every stream is up and a price is there. False: it failed, and the case with it.
  bool ready(Way way = Way::AsUsual);
  // The end of its task.
  void disconnect() { link_.reset(); }
  // Waits for the streams and a price.
  bool is_up();

  live::Desk& desk() { return venues_.desk(venue_); }
  live::Link& link() { return *link_; }
  live::Venues& venues() { return venues_; }
  Venue venue() const { return venue_; }
  const venues::VenueFacts& facts() const { return facts_; }
  const Instrument& instrument() const { return facts_.instrument; }
  Time now() const { return clock_.now(); }
  std::string notes() const;  // of the streams

  // Runs the loop until it holds; false when it does not in time.
  bool until(const std::function<bool()>& holds, Dur patience = Dur::seconds(8));

  // ---- what was emitted
  const std::vector<Event>& events() const { return events_; }
  void forget_events() { events_.clear(); }
  template <class E>
  std::vector<E> all() const {
    std::vector<E> out;
    for (const Event& e : events_) {
      if (const auto* one = std::get_if<E>(&e)) out.push_back(*one);
    }
    return out;
  }
  template <class E>
  bool has() const {
    return !all<E>().empty();
  }
  std::vector<PlaceReport> reports(const ClientOrderId& id) const;
  // Pushed fills of an order.
  std::vector<Fill> pushed_fills(const ClientOrderId& id) const;
  bool has_news_of(const ClientOrderId& id) const;

  // ---- prices
  TopOfBook top();                 // the newest; waits while there is none
  TopOfBook next_top();            // the next that comes
  Price resting_price(Side side);  // far from the market
  Price taking_price(Side side);   // some way into the other side
  // A few of the smallest orders that the venue takes.
  Qty some_qty();

  // ---- orders
  OrderRequest order(Side side, OrderType type, Price price, Qty qty) const;
  OrderRequest resting(Side side = Side::Buy) { return order(side, OrderType::Limit, resting_price(side), some_qty()); }
  OrderRequest taking(Side side = Side::Buy) { return order(side, OrderType::Ioc, taking_price(side), some_qty()); }

  // Sends without waiting.
  void send_place(const OrderRequest& r) { link_->send(PlaceOrder(venue_, TestPass::of(r))); }
  void send_cancel(const ClientOrderId& id, const VenueOrderId& venue_order_id = {}) { link_->send(CancelOrder{venue_, id, venue_order_id}); }
  // Each sends and waits for its one answer; without one the case has failed.
  PlaceReport place(const OrderRequest& r);
  PlaceReport placed(const ClientOrderId& id);
  CancelReport cancel(const ClientOrderId& id, const VenueOrderId& venue_order_id = {});
  LookupReport lookup(const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage);
  TradesReport trades(const ClientOrderId& id, const VenueOrderId& venue_order_id = {});

  // Asks the three stages in turn, or the named one, until it is found.
  LookupReport find(const ClientOrderId& id, const VenueOrderId& venue_order_id = {}, std::optional<LookupStage> only = {});
  // Asks the three stages in turn until one says that it ended, or a whole round that it is nowhere: some venues forget at once what ended
  // without a fill.
  LookupReport fate(const ClientOrderId& id, const VenueOrderId& venue_order_id = {});
  // All of the account's orders and trades in the symbol since then.
  venues::Outcome<venues::Survey> survey(Time since);
  // Sends a query and waits for its answer, which is one.
  FundingReport funding(Time since);
  // The trades of an order, asked for until they add up to `filled`.
  TradesReport all_trades(const ClientOrderId& id, const VenueOrderId& venue_order_id, Qty filled);

 private:
  void use(std::unique_ptr<live::Link> link);
  std::unique_ptr<venues::VenueApi> make_api(Way way) const;
  live::Link::Emit emit();
  template <class R>
  std::optional<R> answer(const ClientOrderId& id, const std::function<bool(const R&)>& fits);

  net::Loop loop_;
  live::Clock clock_;
  Venue venue_;
  live::Access access_;
  live::Venues venues_;
  venues::VenueFacts facts_;
  std::vector<Event> events_;
  std::optional<TopOfBook> top_;
  std::vector<std::string> notes_;
  std::unique_ptr<live::Link> link_;
};

Qty sum_of(const std::vector<Fill>& fills);

}  // namespace dn::conformance

// A conversation with one engine: events in, commands out, time as the test says. BTC/USDT, bought on mexc_spot (fees in
// quote), sold on gateio_spot unless a test says otherwise.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "engine/task.h"

namespace dn::test {

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
inline Price px(std::string_view text) { return Price(dec(text)); }
inline Qty qty(std::string_view text) { return Qty(dec(text)); }

inline Instrument spot(Venue venue, std::string_view tick = "0.1", FeeIn fee_in = FeeIn::Quote) {
  Instrument i;
  i.venue = venue;
  i.symbol = *symbol_from("BTC/USDT");
  i.tick = px(tick);
  i.step = qty("0.0001");
  i.min_qty = qty("0.0001");
  i.min_notional = Money(3);
  i.maker_fee = Rate(dec("0.001"));
  i.taker_fee = Rate(dec("0.002"));
  i.fee_in = fee_in;
  return i;
}

inline Instrument perpetual() {
  Instrument i = spot(Venue::GateioFutures);
  i.kind = InstrumentKind::Perpetual;
  i.multiplier = qty("0.0001");
  i.min_notional = {};
  return i;
}

inline TaskSpec seed_spec() {
  TaskSpec s;
  s.name = "btc";
  s.symbol = *symbol_from("BTC/USDT");
  s.total_quantity = qty("1");
  s.order_quantity = qty("0.1");
  s.leg.buy = {Venue::MexcSpot, 2, 5, PriceReference::Touch};
  s.leg.sell = {Venue::GateioSpot, -2, 3, PriceReference::Touch};
  return s;
}

class Talk {
 public:
  explicit Talk(TaskSpec spec = seed_spec(), PerSide<Instrument> instruments = {spot(Venue::MexcSpot), spot(Venue::GateioSpot)}, RunOptions options = {})
      : instruments_(instruments), options_(options) {
    stored_.task.spec = std::move(spec);
    begin();
  }

  // A new process over what the old one journaled.
  void restart() {
    stored_.task.mode = engine->record().mode;
    begin();
  }

  // An earlier run ended it for good.
  void end_as(Verdict verdict) {
    stored_.task.verdict = verdict;
    begin();
  }

  void start(const std::vector<Event>& known = {}) {
    step([&](Commands& out) { engine->start(now, out, known); });
  }
  void tell(const Event& e) {
    step([&](Commands& out) { engine->handle(now, e, out); });
  }
  void after(Dur d) {
    now = now + d;
    tell(Wake{});
  }
  void book(Side leg, std::string_view bid, std::string_view ask) { tell(BookUpdate{instruments_[leg].venue, {px(bid), px(ask), qty("5"), qty("5")}}); }
  // Both books around the seed's prices; the engine starts to quote.
  void books(std::string_view bid = "43250", std::string_view ask = "43251") {
    book(Side::Buy, bid, ask);
    book(Side::Sell, bid, ask);
  }

  // The newest order request of a leg among all sends so far.
  const OrderRequest& placed(Side leg) const {
    for (auto s = sends.rbegin(); s != sends.rend(); ++s) {
      const auto* p = std::get_if<PlaceOrder>(&*s);
      if (p != nullptr && p->request.leg == leg) return p->request;
    }
    ADD_FAILURE() << "no order of the leg was placed";
    static const OrderRequest none;
    return none;
  }
  template <class S>
  std::size_t count() const {
    std::size_t n = 0;
    for (const Send& s : sends) n += std::holds_alternative<S>(s) ? 1 : 0;
    return n;
  }
  std::size_t placed_on(Side leg) const {
    std::size_t n = 0;
    for (const Send& s : sends) {
      const auto* p = std::get_if<PlaceOrder>(&s);
      n += p != nullptr && p->request.leg == leg ? 1 : 0;
    }
    return n;
  }
  // The newest send of a kind.
  template <class S>
  const S& last() const {
    for (auto s = sends.rbegin(); s != sends.rend(); ++s) {
      if (const auto* x = std::get_if<S>(&*s)) return *x;
    }
    throw std::logic_error("nothing of that kind was sent");
  }

  void ack(const OrderRequest& r) {
    PlaceReport p;
    p.id = r.id;
    p.outcome = PlaceOutcome::Accepted;
    p.venue_order_id = VenueOrderId("V" + r.id.str());
    tell(p);
  }
  void ack_both() {
    ack(OrderRequest(placed(Side::Buy)));
    ack(OrderRequest(placed(Side::Sell)));
  }
  void refuse(const OrderRequest& r, RejectClass why, std::string_view code = "refused") {
    PlaceReport p;
    p.id = r.id;
    p.outcome = PlaceOutcome::Refused;
    p.reject = why;
    p.code = Code(code);
    tell(p);
  }
  void lose(const OrderRequest& r) {
    PlaceReport p;
    p.id = r.id;
    p.outcome = PlaceOutcome::Unknown;
    p.code = Code("timeout");
    tell(p);
  }
  Fill trade(const OrderRequest& r, std::string_view amount, std::string_view id, std::string_view fee = "0") const {
    Fill f;
    f.trade_id = TradeId(id);
    f.order = r.id;
    f.venue_order_id = VenueOrderId("V" + r.id.str());
    f.venue = instruments_[r.leg].venue;
    f.leg = r.leg;
    f.side = r.side;
    f.price = r.price;
    f.qty = qty(amount);
    f.fee = Fee(dec(fee));
    f.fee_asset = instruments_[r.leg].fee_asset(r.side);
    f.time = now;
    return f;
  }
  void fill(const OrderRequest& r, std::string_view amount, std::string_view id, std::string_view fee = "0") { tell(StreamFill{trade(r, amount, id, fee)}); }
  void found(const ClientOrderId& id, bool open, std::string_view filled) {
    LookupReport l;
    l.id = id;
    l.outcome = LookupOutcome::Found;
    l.venue_order_id = VenueOrderId("V" + id.str());
    l.open = open;
    l.filled = qty(filled);
    l.venue_time = now;
    tell(l);
  }
  void absent(const ClientOrderId& id, LookupStage stage) {
    LookupReport l;
    l.id = id;
    l.stage = stage;
    l.outcome = LookupOutcome::NotFound;
    l.venue_time = now;
    tell(l);
  }
  // One whole fruitless round.
  void absent_everywhere(const ClientOrderId& id) {
    for (const LookupStage s : {LookupStage::ById, LookupStage::OpenOrders, LookupStage::History}) absent(id, s);
  }
  void no_answer(const ClientOrderId& id) {
    LookupReport l;
    l.id = id;
    l.outcome = LookupOutcome::Failed;
    l.code = Code("timeout");
    tell(l);
  }

  // Answers what is open: what was sent rests, and what was asked for has ended with what is booked of it.
  void prove() {
    for (const Side leg : kSides) {
      for (const WorkingOrder& w : std::vector<WorkingOrder>(engine->working(leg))) {
        if (w.sending) ack(w.record.request);
        if (w.cancelling) tell(CancelReport{w.record.request.id, true, {}});
        if (w.looking_up || w.doubt) found(w.record.request.id, false, w.record.booked.str());
      }
    }
  }

  bool told(std::string_view type) const {
    return std::any_of(events.begin(), events.end(), [&](const TaskEvent& e) { return type_name(e) == type; });
  }
  bool alerted(std::string_view code) const {
    return std::any_of(events.begin(), events.end(), [&](const TaskEvent& e) {
      const auto* a = std::get_if<Alerted>(&e.what);
      return a != nullptr && a->code.view() == code;
    });
  }
  // The newest alert or limit with that code, and not the halt that came of it; nullptr: there was none.
  const Alerted* alert(std::string_view code) const {
    for (auto e = events.rbegin(); e != events.rend(); ++e) {
      const auto* a = std::get_if<Alerted>(&e->what);
      if (a != nullptr && a->kind != AlertKind::Halt && a->code.view() == code) return a;
    }
    return nullptr;
  }
  const TaskRecord& record() const { return engine->record(); }

  Time now{1'767'225'600'000'000};
  std::unique_ptr<TaskEngine> engine;
  std::vector<Send> sends;        // of all steps
  std::vector<TaskEvent> events;  // of all steps
  Commands last_step;

 private:
  void begin() {
    ++stored_.task.run_epoch;
    stored_.task.next_seq = 1;
    engine = std::make_unique<TaskEngine>(stored_, instruments_, options_);
  }
  template <class F>
  void step(F&& f) {
    last_step.clear();
    f(last_step);
    if (last_step.journal.task || !last_step.journal.empty()) stored_.task = engine->record();
    for (const OrderRecord& o : last_step.journal.orders) {
      auto at = std::find_if(stored_.orders.begin(), stored_.orders.end(), [&](const OrderRecord& x) { return x.request.id == o.request.id; });
      if (at == stored_.orders.end()) {
        stored_.orders.push_back(o);
      } else {
        *at = o;
      }
    }
    stored_.fills.insert(stored_.fills.end(), last_step.journal.fills.begin(), last_step.journal.fills.end());
    stored_.fundings.insert(stored_.fundings.end(), last_step.journal.fundings.begin(), last_step.journal.fundings.end());
    sends.insert(sends.end(), last_step.sends.begin(), last_step.sends.end());
    events.insert(events.end(), last_step.journal.events.begin(), last_step.journal.events.end());
  }

  PerSide<Instrument> instruments_;
  RunOptions options_;
  StoredTask stored_;
};

}  // namespace dn::test

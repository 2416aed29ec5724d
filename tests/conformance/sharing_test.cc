// Two tasks of one process on one venue: their links share the streams, those of a symbol or of the account, and neither takes from the other what is
// its own.
#include "conformance.h"

namespace dn::conformance {
namespace {

class Sharing : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(first_.ready());
    connections_ = exchange().counter("ws_connections");
  }

  // Joins a second link, as a task does that starts later.
  live::Link& second() {
    second_ = first_.venues().link(first_.facts(), true, 2, [this](Event e) { heard_.push_back(std::move(e)); });
    second_->start();
    return *second_;
  }
  template <class E>
  std::size_t heard() const {
    return static_cast<std::size_t>(std::ranges::count_if(heard_, [](const Event& e) { return std::holds_alternative<E>(e); }));
  }
  bool until(const std::function<bool()>& holds) {
    return first_.until([&] {
      if (second_) second_->wake();
      return holds();
    });
  }

  Client first_{venue(), access()};
  std::unique_ptr<live::Link> second_;
  std::vector<Event> heard_;
  std::int64_t connections_ = 0;
};

TEST_P(Sharing, ALaterOneHasAPriceAndKnowsThatItMissedThingsWithoutAnotherConnection) {
  second();
  EXPECT_TRUE(second_->is_up());
  EXPECT_EQ(heard<PrivateStreamReset>(), 1U) << "what its orders did before is asked for";
  EXPECT_TRUE(until([&] { return heard<BookUpdate>() > 0; }));
  EXPECT_EQ(exchange().counter("ws_connections"), connections_);
}

TEST_P(Sharing, EachOrderIsAnsweredToItsOwnLink) {
  second();
  const OrderRequest r = first_.resting();
  second_->send(PlaceOrder(venue(), TestPass::of(r)));
  ASSERT_TRUE(until([&] { return heard<PlaceReport>() == 1; }));
  EXPECT_TRUE(first_.reports(r.id).empty()) << "the other one never sent it";
  second_->send(CancelOrder{venue(), r.id, {}});
  EXPECT_TRUE(until([&] { return heard<CancelReport>() == 1; }));
  EXPECT_TRUE(first_.all<CancelReport>().empty());
}

TEST_P(Sharing, WhatBecomesOfAnOrderIsToldToBoth) {
  second();
  first_.forget_events();
  const OrderRequest r = first_.taking();
  ASSERT_EQ(first_.place(r).outcome, PlaceOutcome::Accepted);
  const auto told = [&r](const std::vector<Event>& events) {
    std::vector<std::string> ids;
    for (const Event& e : events) {
      if (const auto* f = std::get_if<StreamFill>(&e); f != nullptr && f->fill.order == r.id) ids.push_back(f->fill.trade_id.str());
      if (const auto* o = std::get_if<OrderHint>(&e); o != nullptr && o->id == r.id) ids.emplace_back("order");
    }
    return ids;
  };
  ASSERT_TRUE(until([&] { return first_.has_news_of(r.id); })) << first_.notes();
  EXPECT_EQ(told(heard_), told(first_.events()));
}

TEST_P(Sharing, OneStandstillMakesTheStreamsAnewOnceAlthoughBothSpeakOfIt) {
  second();
  const std::int64_t streams = exchange().counter("ws_connections");
  const std::int64_t each = has_channel() ? 3 : 2;
  first_.link().stood_still(Dur::seconds(3));
  second_->stood_still(Dur::seconds(3));
  EXPECT_EQ(heard<BookLost>(), 2U) << "the streams' own, and that of its standstill";
  heard_.clear();
  ASSERT_TRUE(until([&] { return second_->is_up() && heard<BookUpdate>() > 0 && heard<PrivateStreamReset>() > 0; })) << first_.notes();
  EXPECT_EQ(exchange().counter("ws_connections"), streams + each);
}

TEST_P(Sharing, TheEndOfOneLeavesTheOther) {
  second();
  second_.reset();
  first_.forget_events();
  EXPECT_TRUE(first_.until([&] { return first_.has<BookUpdate>(); }));
  EXPECT_TRUE(first_.link().is_up());
}

DN_OVER_EVERY_VENUE(Sharing);

// ... on two symbols: what the account does comes over the same connections for both.
class SharingAnAccount : public Sharing {
 protected:
  void SetUp() override {
    Sharing::SetUp();
    if (HasFatalFailure()) return;
    const auto told = first_.venues().start({{venue(), *symbol_from("ETH/USDT"), true}});
    ASSERT_TRUE(told[0]) << told[0].error().message;
    second_ = first_.venues().link(*told[0], true, 2, [this](Event e) { heard_.push_back(std::move(e)); });
    second_->start();
    ASSERT_TRUE(until([&] { return second_->is_up() && heard<BookUpdate>() > 0; })) << first_.notes();
  }

  // Takes a little, over this link of the other symbol.
  OrderRequest taking() const {
    const auto at = std::ranges::find_if(heard_, [](const Event& e) { return std::holds_alternative<BookUpdate>(e); });
    const Instrument& rules = second_->instrument();
    const Price price = (std::get<BookUpdate>(*at).top.ask * Decimal::from_parts(101, 2)).floor_to(rules.tick);
    return first_.order(Side::Buy, OrderType::Ioc, price, rules.min_tradable(price) * Decimal(5));
  }
  void send(const OrderRequest& r) { second_->send(PlaceOrder(venue(), TestPass::of(r))); }
  static bool tells_of(const std::vector<Event>& events, const ClientOrderId& id) {
    return std::ranges::any_of(events, [&](const Event& e) {
      const auto* fill = std::get_if<StreamFill>(&e);
      const auto* hint = std::get_if<OrderHint>(&e);
      return (fill != nullptr && fill->fill.order == id) || (hint != nullptr && hint->id == id);
    });
  }
};

TEST_P(SharingAnAccount, AnotherSymbolTakesAConnectionForItsPricesOnly) {
  EXPECT_EQ(exchange().counter("ws_connections"), connections_ + 1);
  EXPECT_EQ(heard<PrivateStreamReset>(), 1U) << "what its orders did before is asked for";
}

TEST_P(SharingAnAccount, EachHearsOfItsOwnSymbol) {
  const OrderRequest other = taking();
  send(other);
  ASSERT_TRUE(until([&] { return heard<PlaceReport>() == 1 && tells_of(heard_, other.id); })) << first_.notes();
  EXPECT_TRUE(first_.reports(other.id).empty());
  EXPECT_FALSE(first_.has_news_of(other.id));
  const OrderRequest own = first_.taking();
  ASSERT_EQ(first_.place(own).outcome, PlaceOutcome::Accepted);
  ASSERT_TRUE(until([&] { return first_.has_news_of(own.id); })) << first_.notes();
  EXPECT_FALSE(tells_of(heard_, own.id));
}

TEST_P(SharingAnAccount, TheOneThatMadeTheConnectionsMayEnd) {
  first_.disconnect();
  const OrderRequest r = taking();
  send(r);
  ASSERT_TRUE(until([&] { return heard<PlaceReport>() == 1 && tells_of(heard_, r.id); })) << first_.notes();
  EXPECT_EQ(exchange().counter("ws_connections"), connections_ + 1);
  first_.connect(first_.facts());
  ASSERT_TRUE(first_.is_up());
  const OrderRequest again = first_.taking();
  ASSERT_EQ(first_.place(again).outcome, PlaceOutcome::Accepted);
  EXPECT_TRUE(until([&] { return first_.has_news_of(again.id); })) << "and one of its symbol may come after it";
  EXPECT_FALSE(tells_of(heard_, again.id));
}

DN_OVER_EVERY_VENUE(SharingAnAccount);

}  // namespace
}  // namespace dn::conformance

// Orders that a venue refuses, each for the reason that it has; nothing of them is at the exchange.
#include "conformance.h"

namespace dn::conformance {
namespace {

class Refusals : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (HasFatalFailure()) return;
    client_ = std::make_unique<Client>(venue(), access());
    ASSERT_TRUE(client_->ready());
  }
  Client& client() { return *client_; }

  // By the way that the program takes and, where that is another, by REST.
  void expect_refused(RejectClass why, const std::function<OrderRequest(Client&)>& make) {
    for (const Way way : {Way::AsUsual, Way::RestOnly}) {
      Client other(venue(), access());
      if (way == Way::RestOnly && (!has_channel() || !other.ready(way))) return;
      Client& c = way == Way::AsUsual ? client() : other;
      const OrderRequest r = make(c);
      const PlaceReport p = c.place(r);
      EXPECT_EQ(p.outcome, PlaceOutcome::Refused) << p.code.view() << " " << p.reason.view();
      EXPECT_EQ(p.reject, why) << p.code.view() << " " << p.reason.view();
      EXPECT_FALSE(p.code.empty());
      EXPECT_TRUE(exchange().orders(venue(), r.id).empty());
    }
  }

 private:
  std::unique_ptr<Client> client_;
};
DN_OVER_EVERY_VENUE(Refusals);

TEST_P(Refusals, BelowTheMinimum) {
  expect_refused(RejectClass::Filter, [](Client& c) {
    const Price at = c.resting_price(Side::Buy);
    return c.order(Side::Buy, OrderType::Limit, at, c.instrument().min_tradable(at) - c.instrument().step);
  });
}

TEST_P(Refusals, BetweenTwoTicks) {
  expect_refused(RejectClass::Filter, [](Client& c) {
    const Price at = c.resting_price(Side::Buy) + c.instrument().tick * Decimal::from_parts(5, 1);
    return c.order(Side::Buy, OrderType::Limit, at, c.some_qty());
  });
}

TEST_P(Refusals, AboveTheMaximum) {
  const auto most = client().instrument().max_tradable(client().resting_price(Side::Buy));
  if (!most) GTEST_SKIP() << "the venue names no largest order";
  expect_refused(RejectClass::Filter, [](Client& c) {
    const Price at = c.resting_price(Side::Buy);
    return c.order(Side::Buy, OrderType::Limit, at, *c.instrument().max_tradable(at) + c.instrument().step);
  });
}

TEST_P(Refusals, TooFarFromTheMarket) {
  const auto band = client().instrument().price_band;
  if (!band) GTEST_SKIP() << "the venue names no band";
  expect_refused(RejectClass::Filter, [&](Client& c) {
    const Decimal beyond = Decimal(1) + band->decimal() * Decimal(2);
    return c.order(Side::Buy, OrderType::Limit, (c.top().ask * beyond).floor_to(c.instrument().tick), c.some_qty());
  });
}

TEST_P(Refusals, MoreThanTheBalance) {
  expect_refused(RejectClass::InsufficientBalance, [](Client& c) {
    const Price at = c.resting_price(Side::Buy);
    // As large as the venue takes, which is more than the account can pay for.
    const Qty large(c.facts().free.at(symbol().quote).divided_by(at.decimal(), 4, Rounding::Up) * Decimal(50));
    return c.order(Side::Buy, OrderType::Limit, at, min(large, c.instrument().max_tradable(at).value_or(large)).floor_to(c.instrument().step));
  });
}

TEST_P(Refusals, AWrongSecret) {
  Client wrong(venue(), wrong_access());
  wrong.connect(client().facts());
  const OrderRequest r = client().resting();
  const PlaceReport p = wrong.place(r);
  EXPECT_EQ(p.outcome, PlaceOutcome::Refused) << p.code.view() << " " << p.reason.view();
  EXPECT_EQ(p.reject, RejectClass::Permission) << p.code.view() << " " << p.reason.view();
  EXPECT_TRUE(exchange().orders(venue(), r.id).empty());
  EXPECT_EQ(p.reason.str().find(wrong_access().credentials.secret.reveal()), std::string::npos) << "the secret is shown";
  // A question that nobody may ask proves nothing.
  EXPECT_EQ(wrong.lookup(r.id, {}, LookupStage::ById).outcome, LookupOutcome::Failed);
  EXPECT_FALSE(wrong.trades(r.id).answered);
}

}  // namespace
}  // namespace dn::conformance

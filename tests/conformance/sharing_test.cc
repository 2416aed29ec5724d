// Two tasks of one process on one venue and symbol: their links share the streams, and neither takes from the other what is its own.
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

}  // namespace
}  // namespace dn::conformance

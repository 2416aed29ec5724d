// A round's tables against its chained events: whatever another hand changes is named, and an honest round is left alone.
#include "app/audit_journal.h"

#include "app/verify.h"
#include "audit_support.h"
#include "base/json_writer.h"

namespace dn::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void link(std::vector<StoredEvent>& events, std::int64_t task_id) {
  Digest head;
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].id = static_cast<std::int64_t>(i) + 1;
    events[i].digest = head = chained(head, task_id, events[i].ts, events[i].type, events[i].json);
  }
}

std::vector<StoredEvent> events_of(const StoredTask& t) {
  std::vector<StoredEvent> out;
  const auto add = [&](TaskEvent::What what) {
    const TaskEvent e{kBegin + Dur::seconds(static_cast<std::int64_t>(out.size())), std::move(what)};
    out.push_back({0, e.ts, std::string(type_name(e)), to_json(e, "r1", "btc"), {}});
  };
  for (const OrderRecord& o : t.orders) {
    add(OrderStepped{OrderStep::Intent, *t.task.spec.leg[o.request.leg].exchange, o.request, {}, {}, {}});
    add(OrderStepped{OrderStep::Ack, *t.task.spec.leg[o.request.leg].exchange, o.request, o.venue_order_id, {}, {}});
  }
  for (const Fill& f : t.fills) add(Filled{f});
  for (const FundingPayment& p : t.fundings) add(FundingBooked{p});
  link(out, t.task.id);
  return out;
}

std::vector<std::string> found(const StoredTask& t, const std::vector<StoredEvent>& events, std::int64_t unchained = 0) {
  JournalAudit audit(unchained);
  for (const StoredEvent& e : events) audit.add(t, e);
  return audit.finish(t);
}

class JournalAuditTest : public ::testing::Test {
 protected:
  JournalAuditTest() {
    t.fundings = {a_payment("P1", "0.9", at(20))};
    events = events_of(t);
  }
  StoredTask t = a_round(Venue::GateioFutures);
  std::vector<StoredEvent> events;
};

TEST_F(JournalAuditTest, AnHonestRoundKeepsAll) {
  t.task.leg.sell.funding = Money(dec("0.9"));
  EXPECT_THAT(broken_promises(t), IsEmpty());
  JournalAudit audit(0);
  for (const StoredEvent& e : events) audit.add(t, e);
  EXPECT_THAT(audit.finish(t), IsEmpty());
  EXPECT_EQ(audit.chain().events, static_cast<std::int64_t>(events.size()));
  EXPECT_EQ(audit.chain().head, events.back().digest);
}

TEST_F(JournalAuditTest, AChangedFillIsNamedWithBothNumbers) {
  t.fills[1].price = Price(dec("60000.4"));
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("trade M2: the journal says price 60000.5, the table says 60000.4")));
  t = a_round(Venue::GateioFutures);
  t.fundings = {a_payment("P1", "0.9", at(20))};
  t.fills[1].qty = Qty(dec("0.11"));
  t.fills[1].fee = Fee(dec("0.2"));
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("quantity 0.1, the table says 0.11"), HasSubstr("fee 0.25, the table says 0.2")));
  t.fills[1] = a_round().fills[1];
  t.fills[2].side = Side::Buy;
  t.fills[2].time = at(13);
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("trade G1: the journal says side sell, the table says buy"), HasSubstr("venue_time_us")));
}

TEST_F(JournalAuditTest, AFillThatIsGoneOrPutInIsNamed) {
  t.fills.pop_back();
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("the journal tells of G1 of gateio_futures, and the table fills has no such row")));
  t = a_round(Venue::GateioFutures);
  t.fundings = {a_payment("P1", "0.9", at(20))};
  t.fills.push_back(a_fill("X9", Side::Buy, Venue::MexcSpot, "1", "1", "0", "USDT", at(30)));
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("trade X9 of mexc_spot stands in its table, and the journal does not tell of it")));
}

TEST_F(JournalAuditTest, AChangedPaymentIsNamed) {
  t.fundings[0].amount = Money(dec("9.9"));
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("payment P1: the journal says amount 0.9, the table says 9.9")));
  t.fundings.clear();
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("the journal tells of P1 of gateio_futures, and the table fundings has no such row")));
}

TEST_F(JournalAuditTest, AChangedOrRemovedOrderIsNamed) {
  t.orders[0].request.price = Price(dec("59999"));
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("price 60000, the table says 59999 (event 1)"), HasSubstr("(event 2)")));
  t.orders.erase(t.orders.begin());
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("the table orders has no such row (event 1, intent)"), HasSubstr("(event 2, ack)")));
}

TEST_F(JournalAuditTest, AnOrderThatWasTakenOverIsLearntFromTheVenue) {
  t.orders[0].request.purpose = Purpose::Restored;
  t.orders[0].request.price = Price(dec("59999"));
  EXPECT_THAT(found(t, events), IsEmpty());
}

TEST_F(JournalAuditTest, AnEventThatIsChangedIsNamedAlone) {
  events[1].json.replace(events[1].json.find("r1"), 2, "r2");
  EXPECT_THAT(found(t, events),
              ElementsAre(HasSubstr("task btc, round 1: event 2 (ack, 2026-01-01T00:00:01.000000Z) does not follow from the event before it")));
}

TEST_F(JournalAuditTest, EventsThatAreSwappedRemovedOrPutInAreNamed) {
  std::vector<StoredEvent> swapped = events;
  std::swap(swapped[1], swapped[2]);
  EXPECT_THAT(found(t, swapped), ElementsAre(HasSubstr("event 3 "), HasSubstr("event 2 "), HasSubstr("event 4 ")));
  std::vector<StoredEvent> removed = events;
  removed.erase(removed.begin() + 1);
  EXPECT_THAT(found(t, removed), ElementsAre(HasSubstr("event 3 (intent")));
  removed.erase(removed.begin());
  EXPECT_THAT(found(t, removed), ElementsAre(HasSubstr("event 3 (intent, 2026-01-01T00:00:02.000000Z) does not begin the chain")));
  std::vector<StoredEvent> put_in = events;
  put_in.insert(put_in.begin() + 2, {99, kBegin, "alert", "{}", {}});
  EXPECT_THAT(found(t, put_in), ElementsAre(HasSubstr("event 99 (alert, 2026-01-01T00:00:00.000000Z) has no digest"), HasSubstr("event 3 ")));
}

TEST_F(JournalAuditTest, WhenTheNewestEventsAreGoneWhatTheyToldOfStillTells) {
  events.pop_back();  // the payment's
  EXPECT_THAT(found(t, events), ElementsAre(HasSubstr("payment P1 of gateio_futures stands in its table, and the journal does not tell of it")));
  t.fundings.clear();
  EXPECT_THAT(found(t, events), IsEmpty()) << "a chain that ends earlier is what a power cut leaves";
}

TEST_F(JournalAuditTest, EventsFromBeforeTheChainAreTakenAsTheyAreAndNoMoreThanThose) {
  events[0].digest = events[1].digest = {};
  Digest head;
  for (std::size_t i = 2; i < events.size(); ++i) events[i].digest = head = chained(head, t.task.id, events[i].ts, events[i].type, events[i].json);
  EXPECT_THAT(found(t, events, 2), IsEmpty());
  EXPECT_THAT(found(t, events, 1), ElementsAre(HasSubstr("event 2 (ack, 2026-01-01T00:00:01.000000Z) has no digest"), HasSubstr("event 3 ")));
  EXPECT_THAT(found(t, events, 3), ElementsAre(HasSubstr("event 3 "), HasSubstr("event 4 ")));
  EXPECT_THAT(found(t, {}, 2), ::testing::Contains(HasSubstr("2 events from before there was a chain are gone")));
}

TEST(RawField, IsReadAsTheWriterWroteIt) {
  JsonWriter w;
  w.begin_object().field("schema", "x").field("note", R"(a "quoted" ,"id": b)").field("id", "1\\2").field("n", std::int64_t{-5}).field("yes", true);
  w.field("not_id", "x").end_object();
  EXPECT_EQ(raw_field(w.str(), "id"), R"(1\\2)");
  EXPECT_EQ(raw_field(w.str(), "n"), "-5");
  EXPECT_EQ(raw_field(w.str(), "yes"), "true");
  EXPECT_EQ(raw_field(w.str(), "gone"), std::nullopt);
}

}  // namespace
}  // namespace dn::app

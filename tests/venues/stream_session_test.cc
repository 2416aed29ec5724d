#include "venues/stream_session.h"

#include <gtest/gtest.h>

namespace dn::venues {
namespace {

const Time kStart{1'000'000'000};
const TopOfBook kTop{Price(Decimal(10)), Price(Decimal(11)), Qty(Decimal(1)), Qty(Decimal(1))};

// A venue that says what the test lets it say.
class Talk final : public StreamProtocol {
 public:
  std::vector<wire::Frame> opened(Time) override { return {{false, "subscribe"}}; }
  std::vector<std::string> topics() const override { return {"a", "b"}; }
  wire::Frame ping(Time) override { return {false, "ping"}; }
  Heard frame(const wire::Frame& f, Time) override {
    Heard h;
    if (f.payload == "ack a") h = {Heard::Kind::Subscribed, {"a"}, {}, ""};
    if (f.payload == "ack b") h = {Heard::Kind::Subscribed, {"b"}, {}, ""};
    if (f.payload == "no") h = {Heard::Kind::Refused, {}, {}, "bad topic"};
    if (f.payload == "pong") h = {Heard::Kind::Alive, {}, {}, ""};
    if (f.payload == "bye") h = {Heard::Kind::Closing, {}, {}, ""};
    if (f.payload == "empty side") h.kind = Heard::Kind::Data;
    if (f.payload == "tick") h = {Heard::Kind::Data, {}, {News(kTop)}, ""};
    return h;
  }
};

class Conversation : public ::testing::Test {
 protected:
  Conversation() : session(std::make_unique<Talk>(), StreamRules{}) { session.start(now); }
  void say(const std::string& text) { session.frame({false, text}, now, now); }
  void pass(Dur d) {
    now = now + d;
    session.wake(now, now);
  }
  void come_up() {
    EXPECT_TRUE(session.take().connect.has_value());
    session.opened(now, now);
    EXPECT_EQ(session.take().send.size(), 1U);
    say("ack a");
    say("ack b");
    EXPECT_TRUE(session.take().reset);
  }

  Time now = kStart;
  StreamSession session;
};

TEST_F(Conversation, IsUpOnlyWhenEveryTopicIsProven) {
  EXPECT_EQ(session.take().connect, "");
  session.opened(now, now);
  EXPECT_EQ(session.take().send.at(0).payload, "subscribe");
  say("ack a");
  EXPECT_FALSE(session.is_up());
  EXPECT_FALSE(session.take().reset);
  say("ack b");
  EXPECT_TRUE(session.is_up());
  EXPECT_TRUE(session.take().reset);
}

TEST_F(Conversation, AnUnprovenSubscriptionIsTriedAgain) {
  (void)session.take();
  session.opened(now, now);
  say("ack a");
  (void)session.take();
  say("pong");
  pass(Dur::seconds(5));
  StreamOut out = session.take();
  EXPECT_TRUE(out.close);
  EXPECT_FALSE(out.lost) << "it never was up";
  pass(Dur::seconds(1));
  EXPECT_TRUE(session.take().connect.has_value());
}

TEST_F(Conversation, ARefusalClosesAndComesBackLaterAndLater) {
  Dur last{};
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(session.take().connect.has_value());
    session.opened(now, now);
    say("no");
    const StreamOut out = session.take();
    EXPECT_TRUE(out.close);
    EXPECT_EQ(out.notes.at(0), "bad topic");
    const Dur wait = session.next_deadline() - now;
    EXPECT_GT(wait, last);
    last = Dur{wait.us / 2};  // half of the wait is drawn
    now = session.next_deadline();
    session.wake(now, now);
  }
  EXPECT_EQ(session.connects(), 7);
}

TEST_F(Conversation, AConnectionThatIsAliveSaysThatTheLastPricesStand) {
  come_up();
  say("tick");
  EXPECT_EQ(session.take().news.size(), 1U);
  say("pong");
  EXPECT_EQ(session.take().news.size(), 1U);
}

TEST_F(Conversation, PricesAreNotVouchedForAfterAPushThatBroughtNone) {
  come_up();
  for (const char* push : {"empty side", "\xff garbage"}) {
    say("tick");
    say(push);
    (void)session.take();
    say("pong");
    EXPECT_TRUE(session.take().news.empty()) << push;
  }
}

TEST_F(Conversation, PingsAndTakesSilenceForDeath) {
  come_up();
  pass(Dur::seconds(1));
  EXPECT_EQ(session.take().send.at(0).payload, "ping");
  pass(Dur::seconds(4));
  const StreamOut out = session.take();
  EXPECT_TRUE(out.lost);
  EXPECT_TRUE(out.close);
  say("tick");
  EXPECT_TRUE(session.take().news.empty()) << "what an old connection still says is not heard";
}

TEST_F(Conversation, EveryReconnectIsAResetAndForgetsTheOldPrices) {
  come_up();
  say("tick");
  (void)session.take();
  session.closed("cut", now);
  EXPECT_TRUE(session.take().lost);
  pass(Dur::seconds(1));
  come_up();
  say("pong");
  EXPECT_TRUE(session.take().news.empty());
}

TEST_F(Conversation, AnAnnouncedEndIsNotWaitedFor) {
  come_up();
  say("bye");
  EXPECT_TRUE(session.take().close);
  EXPECT_FALSE(session.is_up());
}

TEST_F(Conversation, ReplacesAConnectionBeforeTheVenueEndsIt) {
  come_up();
  for (int i = 0; i < 23 * 3600 - 1; i += 2) {
    now = now + Dur::seconds(2);
    say("pong");
  }
  now = now + Dur::seconds(2);
  say("pong");
  session.wake(now, now);
  EXPECT_TRUE(session.take().lost);
}

TEST_F(Conversation, BrokenFramesAreCountedNotFatal) {
  come_up();
  say("\xff garbage");
  EXPECT_TRUE(session.is_up());
  EXPECT_EQ(session.broken_frames(), 1);
}

TEST_F(Conversation, StoppedStaysStopped) {
  come_up();
  session.stop();
  EXPECT_TRUE(session.take().close);
  pass(Dur::hours(1));
  EXPECT_FALSE(session.take().connect.has_value());
  EXPECT_TRUE(session.next_deadline().is_never());
}

}  // namespace
}  // namespace dn::venues

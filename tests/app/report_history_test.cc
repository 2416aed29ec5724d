// What a task's events tell of its runs.
#include "app/report_history.h"

#include <gtest/gtest.h>

#include "model/task_event.h"

namespace dn::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

// Events as the database holds them, one after the other.
class Events {
 public:
  void start(std::int64_t at, std::string run) {
    run_ = std::move(run);
    raw(at, "run_start", ",\"version\":\"1\"}");
  }
  void end(std::int64_t at) { raw(at, "summary", ",\"exit_code\":0}"); }
  void state(std::int64_t at, TaskState from, TaskState to, TaskMode mode = TaskMode::Active) { add({Time{at * kSecond}, StateChanged{from, to, mode, {}}}); }
  void alert(std::int64_t at, AlertKind kind, AlertLevel level, std::string_view code, std::string_view message, std::string_view value = {},
             std::string_view limit = {}) {
    add({Time{at * kSecond}, Alerted{kind, level, Code(code), Reason(message), Code(value), Code(limit)}});
  }
  void spread(std::int64_t at, std::string_view value) { alert(at, AlertKind::Limit, AlertLevel::Info, "min_spread_bps", "told", value, "5"); }
  void reject(std::int64_t at, std::string_view code, std::string_view reason) {
    OrderStepped e;
    e.step = OrderStep::Reject;
    e.code = Code(code);
    e.reason = Reason(reason);
    add({Time{at * kSecond}, e});
  }
  History history(bool held = false, std::int64_t now = 0) { return reader_.finish(held, Time{now * kSecond}); }

 private:
  void add(const TaskEvent& e) { reader_.add({++id_, e.ts, std::string(type_name(e)), to_json(e, run_, "btc")}); }
  void raw(std::int64_t at, std::string_view type, std::string_view rest) {
    reader_.add({++id_, Time{at * kSecond}, std::string(type), "{\"schema\":\"dn.event/1\",\"run_id\":\"" + run_ + "\"" + std::string(rest)});
  }
  HistoryReader reader_;
  std::string run_;
  std::int64_t id_ = 0;
};

TEST(History, AKilledRunEndsWithItsLastWord) {
  Events e;
  e.start(10, "a");
  e.state(11, TaskState::Idle, TaskState::Syncing);
  e.state(15, TaskState::Analyzing, TaskState::Error);  // and then the power failed
  e.start(60, "b");
  e.state(61, TaskState::Idle, TaskState::Syncing);
  e.end(70);
  const History h = e.history();
  ASSERT_EQ(h.runs.size(), 2U);
  EXPECT_FALSE(h.runs[0].ended);
  EXPECT_EQ(h.runs[0].to, Time{15 * kSecond});
  EXPECT_TRUE(h.runs[1].ended);
  ASSERT_EQ(h.marks.size(), 1U);
  EXPECT_EQ(h.marks[0].kind, Trouble::Restart);
  EXPECT_EQ(covered(h.in_error), Dur::seconds(0)) << "nobody ran after its last word";
  EXPECT_EQ(tradable(h).running, Dur::seconds(15));
}

TEST(History, ARunThatGoesOnReachesToNow) {
  Events e;
  e.start(10, "a");
  e.state(12, TaskState::Analyzing, TaskState::Error);
  const History h = e.history(true, 40);
  EXPECT_EQ(h.runs.at(0).to, Time{40 * kSecond});
  EXPECT_EQ(covered(h.in_error), Dur::seconds(28));
}

// What a person did between two runs belongs to neither.
TEST(History, WhatHappensBetweenRunsIsTold) {
  Events e;
  e.start(10, "a");
  e.end(20);
  e.alert(500, AlertKind::Halt, AlertLevel::Critical, "halted", "odd prices");
  e.start(1000, "b");
  e.end(1010);
  const History h = e.history();
  EXPECT_EQ(tradable(h).running, Dur::seconds(20));
  EXPECT_EQ(tradable(h).paused, Dur::seconds(0));
  ASSERT_EQ(h.told.size(), 1U);
  EXPECT_EQ(h.told[0].code, "halted");
}

TEST(History, TheTimeIsDividedOnce) {
  Events e;
  e.start(0, "a");
  e.spread(10, "3");                                                           // too small from 10 on
  e.state(20, TaskState::Analyzing, TaskState::Error);                         // in error from 20
  e.state(30, TaskState::Error, TaskState::Syncing);                           // to 30
  e.alert(35, AlertKind::Alert, AlertLevel::Info, "paused", "no new quotes");  // paused from 35
  e.alert(45, AlertKind::Alert, AlertLevel::Info, "resumed", "quotes go on");  // to 45
  e.spread(50, "5");                                                           // exactly met: wide enough
  e.spread(90, "unknown");                                                     // and closed to the end
  e.end(100);
  const Tradable t = tradable(e.history());
  EXPECT_EQ(t.running, Dur::seconds(100));
  EXPECT_EQ(t.in_error, Dur::seconds(10));
  EXPECT_EQ(t.paused, Dur::seconds(10));
  EXPECT_EQ(t.held_back, Dur::seconds(30));  // 10 to 50 less both, and 90 to 100
  EXPECT_EQ(t.free(), Dur::seconds(50));
}

TEST(History, TellsByCodeTheGravestFirst) {
  Events e;
  e.start(0, "a");
  for (int i = 0; i < 1000; ++i) e.reject(i, "30004", "not \"enough\" <b>balance</b>");
  e.alert(1001, AlertKind::Alert, AlertLevel::Critical, "imbalance", "too far apart");
  e.alert(1002, AlertKind::Alert, AlertLevel::Debug, "trace", "nobody needs this");
  const History h = e.history();
  ASSERT_EQ(h.told.size(), 2U);
  EXPECT_EQ(h.told[0].code, "imbalance");
  EXPECT_EQ(h.told[1].times, 1000);
  EXPECT_EQ(h.told[1].message, "not \"enough\" <b>balance</b>");
  EXPECT_EQ(h.marks.size(), 1001U);
}

TEST(History, ManyCodesAreCountedTogether) {
  Events e;
  e.start(0, "a");
  for (int i = 0; i < 5000; ++i) e.reject(i, "code" + std::to_string(i), "x");
  const History h = e.history();
  std::int64_t kept = 0;
  for (const ToldCode& t : h.told) kept += t.times;
  EXPECT_LE(h.told.size(), 200U);
  EXPECT_EQ(kept + h.told_otherwise, 5000);
}

}  // namespace
}  // namespace dn::app

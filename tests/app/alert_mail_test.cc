// The thread that delivers: the events of a database are its queue, whatever its receiver does.
#include "app/alert_mail.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "app/alert_file.h"
#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// What a receiver was told, and what it says to the next; outlives it.
struct Desk {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> told;
  std::string answer;
  bool hangs = false;

  void wait_until_told(std::size_t n) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return told.size() >= n; }));
  }
};

class Receiver final : public AlertSink {
 public:
  explicit Receiver(Desk& desk) : desk_(desk) {}
  std::string name() const override { return "the test"; }
  std::string deliver(const std::string& json, const StopSignal& stop) override {
    std::unique_lock lock(desk_.mutex);
    desk_.told.push_back(json);
    desk_.changed.notify_all();
    while (desk_.hangs && !stop.raised()) desk_.changed.wait_for(lock, std::chrono::milliseconds(10));
    return desk_.hangs ? "hangs" : desk_.answer;
  }

 private:
  Desk& desk_;
};

class Mail : public testing::Test {
 protected:
  TempDir dir;
  std::string db = dir / "dn.db";
  std::string file = dir / "btc.alerts";
  Desk desk;
  std::unique_ptr<Store> store = open(Store::Mode::ReadWrite);
  TaskRecord task = add_task();
  std::int64_t stored = 0;
  std::vector<std::string> notes;

  std::unique_ptr<Store> open(Store::Mode mode) {
    auto opened = Store::open(db, mode);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return std::move(*opened);
  }
  TaskRecord add_task() {
    TaskRecord t;
    t.spec.name = "btc";
    t.spec.symbol = {Asset("BTC"), Asset("USDT")};
    t.spec.leg.buy.exchange = Venue::MexcSpot;
    t.spec.leg.sell.exchange = Venue::GateioSpot;
    auto added = store->add_task(t);
    EXPECT_TRUE(added) << (added ? "" : added.error().message);
    return *added;
  }
  void store_alerts(int n, const std::function<std::string(int)>& code) {
    JournalBatch batch;
    for (int i = 0; i < n; ++i) {
      batch.events.push_back({Time{++stored}, Alerted{AlertKind::Alert, AlertLevel::Critical, Code(code(i)), Reason("why"), {}, {}}});
    }
    ASSERT_TRUE(store->commit(task, batch));
  }
  std::unique_ptr<AlertMail> begin(Dur interval = Dur::seconds(60)) {
    AlertOptions options;
    options.interval = interval;
    auto mail = std::make_unique<AlertMail>(std::make_unique<Receiver>(desk), options, db);
    mail->watch(AlertBox(*open(Store::Mode::ReadOnly), "btc", file, "the test", Time{1'800'000'000'000'000}, notes));
    return mail;
  }
  static bool drained(AlertMail& mail) {
    mail.drain();
    for (int i = 0; i < 2000 && !mail.idle(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return mail.idle();
  }
  std::int64_t counted() const {
    std::int64_t n = 0;
    for (const std::string& json : desk.told) {
      const auto at = json.find("\"suppressed\":");
      n += at == std::string::npos ? 1 : std::stoll(json.substr(at + 13));
    }
    return n;
  }
};

TEST_F(Mail, TenThousandAlertsAreAFewDeliveriesWhoseCountsAddUp) {
  auto mail = begin();
  for (int i = 0; i < 100; ++i) store_alerts(100, [](int n) { return fmt::format("code_{}", n % 3); });
  EXPECT_TRUE(drained(*mail));
  mail->end();
  EXPECT_EQ(counted(), 10'000);
  EXPECT_THAT(desk.told, SizeIs(6));
  EXPECT_THAT(mail->take_notes(), IsEmpty());
}

TEST_F(Mail, TenThousandCodesToo) {
  auto mail = begin();
  for (int i = 0; i < 100; ++i) store_alerts(100, [i](int n) { return fmt::format("code_{}_{}", i, n); });
  EXPECT_TRUE(drained(*mail));
  mail->end();
  EXPECT_EQ(counted(), 10'000);
  EXPECT_LE(desk.told.size(), 32U);
}

TEST_F(Mail, AReceiverThatHangsStopsNobodyAndWhatItMissedComesAgain) {
  desk.hangs = true;
  auto mail = begin();
  store_alerts(1, [](int) { return "first"; });
  desk.wait_until_told(1);
  store_alerts(5000, [](int) { return "first"; });  // a run that goes on
  store_alerts(1, [](int) { return "second"; });
  mail->drain();
  mail->end();
  EXPECT_THAT(mail->take_troubles(), testing::Contains(HasSubstr("the next run of the task tries again"))) << "also with --quiet";
  desk.hangs = false;
  desk.told.clear();
  mail = begin();
  EXPECT_TRUE(drained(*mail));
  mail->end();
  EXPECT_EQ(counted(), 5002);
  EXPECT_THAT(desk.told, SizeIs(3)) << "first, second, and the sum of the others";
}

TEST_F(Mail, EachDeliveryIsInTheFileBeforeTheNext) {
  auto mail = begin(Dur{});
  for (std::size_t i = 1; i <= 5; ++i) {
    store_alerts(1, [](int) { return "code"; });
    desk.wait_until_told(i);
    if (i == 1) continue;
    const auto known = read_alert_ledger(file);  // what a process that is killed now leaves
    ASSERT_TRUE(known && *known);
    EXPECT_GE((*known)->cursor, static_cast<std::int64_t>(i - 1));
  }
}

TEST_F(Mail, WhatFailsAgainAndAgainIsToldAsASumWhenTheReceiverIsBack) {
  desk.answer = "is away";
  for (int runs = 0; runs < 9; ++runs) {  // each end of a run is a try
    auto mail = begin();
    if (runs == 0) store_alerts(1, [](int) { return "code"; });
    EXPECT_TRUE(drained(*mail));
    mail->end();
    for (std::string& n : mail->take_notes()) notes.push_back(std::move(n));
  }
  EXPECT_THAT(desk.told.size(), testing::AllOf(testing::Ge(8U), testing::Le(18U)));
  EXPECT_THAT(notes, testing::Contains(HasSubstr("an alert could not be delivered: the test is away")));
  desk.answer.clear();
  desk.told.clear();
  notes.clear();
  auto mail = begin();
  EXPECT_TRUE(drained(*mail));
  mail->end();
  ASSERT_THAT(desk.told, SizeIs(1));
  EXPECT_THAT(desk.told[0], HasSubstr("\"suppressed\":1"));
}

TEST_F(Mail, ErrorsOfTheToolGoOutWithoutADatabase) {
  AlertMail mail(std::make_unique<Receiver>(desk), {}, dir / "none.db");
  mail.post("{\"type\":\"exit_error\"}");
  desk.wait_until_told(1);
  for (int i = 0; i < 2000 && !mail.idle(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(mail.posted());
  EXPECT_THAT(desk.told, ElementsAre("{\"type\":\"exit_error\"}"));
}

}  // namespace
}  // namespace dn::app

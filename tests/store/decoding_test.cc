// Rows that do not hold what was written are an error that says where, never a crash and never a guess.
#include <gmock/gmock.h>

#include "support.h"

namespace dn {
namespace {

using ::testing::HasSubstr;

struct Damage {
  const char* table;
  const char* column;
  const char* value;  // SQL
};

class DamagedRow : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedRow, IsAnErrorThatNamesFileTableRowAndColumn) {
  const Damage& damage = GetParam();
  TempDir dir;
  {
    const auto store = open_store(dir.db());
    TaskRecord task = must(store->add_task(a_task()));
    task.leg.buy.fees.add(Asset("BTC"), Fee(dec("0.1")));
    must(store->commit(task, {true, {an_order("t-1")}, {a_fill("1", "t-1")}, {}}));
    must(store->load_task("btc"));
  }
  RawDatabase(dir.db()).run(std::string("UPDATE ") + damage.table + " SET " + damage.column + " = " + damage.value);
  for (const Store::Mode mode : {Store::Mode::ReadOnly, Store::Mode::ReadWrite}) {
    const auto loaded = open_store(dir.db(), mode)->load_task("btc");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, StoreError::Kind::Damaged);
    EXPECT_THAT(loaded.error().message, HasSubstr(dir.db() + ": table " + damage.table + ", row 1: " + damage.column + " "));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Damages, DamagedRow,
    ::testing::Values(Damage{"tasks", "spec", "'name=btc' || char(10) || 'colour=red'"}, Damage{"tasks", "spec", "'name=eth'"}, Damage{"tasks", "spec", "'?'"},
                      Damage{"tasks", "state", "'DREAMING'"}, Damage{"tasks", "mode", "''"}, Damage{"tasks", "verdict", "'completed'"},
                      Damage{"tasks", "exit_code", "1"}, Damage{"tasks", "exit_code", "-1"}, Damage{"tasks", "exit_code", "266"},
                      Damage{"tasks", "run_epoch", "-1"}, Damage{"tasks", "next_seq", "4294967296"}, Damage{"tasks", "restored", "2"},
                      Damage{"legs", "filled", "'0.1.2'"}, Damage{"legs", "net", "''"}, Damage{"legs", "traded", "'NaN'"},
                      Damage{"legs", "traded_quote", "'1e999'"}, Damage{"legs", "cash", "'123456789012345678901234567890123456789012'"},
                      Damage{"fees", "amount", "' 1'"}, Damage{"fees", "asset", "'A234567890123456X'"}, Damage{"fees", "leg", "'both'"},
                      Damage{"orders", "client_order_id", "'123456789012345678901234567890123'"}, Damage{"orders", "leg", "'up'"},
                      Damage{"orders", "side", "'BUY'"}, Damage{"orders", "type", "'stop'"}, Damage{"orders", "purpose", "''"},
                      Damage{"orders", "price", "'abc'"}, Damage{"orders", "quantity", "'+1'"}, Damage{"orders", "reduce_only", "7"},
                      Damage{"orders", "status", "'filled'"}, Damage{"orders", "close_reason", "''"}, Damage{"orders", "filled", "'--1'"},
                      Damage{"orders", "filled_quote", "'1,5'"}, Damage{"orders", "booked", "'.5'"}, Damage{"orders", "cancel_requested", "-1"},
                      Damage{"orders", "code", "'1234567890123456789012345678901234567890123456789'"}, Damage{"fills", "venue", "'binance'"},
                      Damage{"fills", "leg", "''"}, Damage{"fills", "side", "'?'"}, Damage{"fills", "price", "'1e-99'"}, Damage{"fills", "quantity", "'x'"},
                      Damage{"fills", "fee", "''"}, Damage{"fills", "fee_asset", "'12345678901234567'"}, Damage{"fills", "liquidity", "'both'"}));

TEST(MissingRow, ATaskWithoutOneOfItsLegsIsDamaged) {
  TempDir dir;
  must(open_store(dir.db())->add_task(a_task()));
  RawDatabase(dir.db()).run("DELETE FROM legs WHERE leg = 'sell'");
  const auto loaded = open_store(dir.db())->load_task("btc");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, StoreError::Kind::Damaged);
  EXPECT_THAT(loaded.error().message, HasSubstr("table legs"));
}

TEST(MissingTable, IsAnError) {
  TempDir dir;
  must(open_store(dir.db())->add_task(a_task()));
  RawDatabase(dir.db()).run("DROP TABLE fills");
  const auto loaded = open_store(dir.db())->load_task("btc");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("fills"));
}

TEST(DamagedControl, AnUnknownVerbIsAnError) {
  TempDir dir;
  const auto store = open_store(dir.db());
  must(store->add_task(a_task()));
  must(store->ask("btc", ControlRequest::Verb::Pause, "", Time{5}));
  RawDatabase(dir.db()).run("UPDATE controls SET verb = 'dance'");
  const auto pending = store->pending_requests("btc");
  ASSERT_FALSE(pending);
  EXPECT_THAT(pending.error().message, HasSubstr("table controls, row 1: verb \"dance\""));
}

}  // namespace
}  // namespace dn

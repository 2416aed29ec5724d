// How SQLite carries out the store's statements: what grows with every order is never read through to find a few of its rows. No times are
// measured here; scripts/status-bench does that.
#include <gmock/gmock.h>

#include <algorithm>

#include "store/store_impl.h"
#include "support.h"

namespace dn {
namespace {

using testing::HasSubstr;

// What has a row for every order, trade, event or settlement; of the last there are a few a day.
const std::vector<std::string> kLarge{"orders", "fills", "events", "fundings"};

// The statements, one after the other: the struct holds nothing else.
std::vector<std::string> all_statements() {
  static_assert(sizeof(Statements) % sizeof(Statement) == 0);
  const Statements st;
  const auto* first = reinterpret_cast<const Statement*>(&st);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  std::vector<std::string> out;
  for (std::size_t i = 0; i < sizeof(Statements) / sizeof(Statement); ++i) out.emplace_back(first[i].sql());
  return out;
}

class QueryPlans : public testing::Test {
 protected:
  void SetUp() override { (void)Store::open(dir.db(), Store::Mode::ReadWrite).value(); }

  std::vector<std::string> steps(const std::string& sql) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(dir.db().c_str(), &db), SQLITE_OK);
    sqlite3_stmt* s = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &s, nullptr), SQLITE_OK) << sql << ": " << sqlite3_errmsg(db);
    std::vector<std::string> out;
    while (sqlite3_step(s) == SQLITE_ROW) out.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(s, 3)));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return out;
  }

  TempDir dir;
};

bool reads(const std::string& step, const std::string& table) { return step.find(" " + table) != std::string::npos; }

TEST_F(QueryPlans, NoStatementReadsAllOfALargeTable) {
  const auto statements = all_statements();
  EXPECT_GT(statements.size(), 40U);
  for (const std::string& sql : statements) {
    for (const std::string& step : steps(sql)) {
      for (const std::string& table : kLarge) EXPECT_FALSE(step.starts_with("SCAN") && reads(step, table)) << sql << "\n  " << step;
    }
  }
}

// Rows come in their order by themselves: what is sorted is read whole before its first row is there. A person's request is one of few orders.
TEST_F(QueryPlans, RowsOfLargeTablesAreNotSorted) {
  for (const std::string& sql : all_statements()) {
    const auto plan = steps(sql);
    const bool is_large = std::ranges::any_of(plan, [](const std::string& s) { return reads(s, "orders") || reads(s, "fills") || reads(s, "events"); });
    if (!is_large || sql.find("request = ?2") != std::string::npos) continue;
    for (const std::string& step : plan) EXPECT_THAT(step, testing::Not(HasSubstr("TEMP B-TREE"))) << sql;
  }
}

TEST_F(QueryPlans, TheUnclosedOrdersOfATaskHaveAnIndexOfTheirOwn) {
  const Statements st;
  for (const Statement* s : {&st.unclosed_orders, &st.lease_orders}) {
    EXPECT_THAT(steps(s->sql()), testing::Contains(HasSubstr("USING INDEX orders_unclosed (task_id=?)"))) << s->sql();
  }
}

}  // namespace
}  // namespace dn

// The steps from one schema to the next, tried with steps of the test's own, and what all of ours come to.
#include <gmock/gmock.h>

#include <regex>

#include "store/files.h"
#include "store/schema.h"
#include "support.h"

namespace dn {
namespace {

using ::testing::HasSubstr;

// "ok", or the kind and the message of the error.
std::string told(const Expected<void, StoreError>& result) {
  return result ? "ok" : std::string(kind_name(result.error().kind)) + ": " + result.error().message;
}

class MigrationTest : public ::testing::Test {
 protected:
  TempDir dir;

  static constexpr Migration kSteps[] = {
      {1, "CREATE TABLE a (x TEXT) STRICT"}, {2, "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT 'old'"}, {3, "CREATE TABLE"}};
  Connection connect() {
    must(make_private_file(dir.db()));
    return must(Connection::open(dir.db(), Connection::Access::ReadWrite, Dur::seconds(5)));
  }
};

TEST_F(MigrationTest, AnOlderFileIsBroughtUpToDateAndKeepsItsRows) {
  Connection c = connect();
  must(migrate(c, {kSteps, 1}));
  must(c.run("INSERT INTO a VALUES ('kept')"));
  must(migrate(c, {kSteps, 2}));
  EXPECT_EQ(must(c.number("PRAGMA user_version")), 2);
  EXPECT_EQ(must(c.text("SELECT x || y FROM a")), "keptold");
  must(migrate(c, {kSteps, 2}));
  EXPECT_THAT(told(migrate(c, {kSteps, 1})), HasSubstr("NewerSchema"));
}

TEST_F(MigrationTest, AStepThatFailsLeavesTheFileAsItWas) {
  Connection c = connect();
  must(migrate(c, {kSteps, 1}));
  EXPECT_THAT(told(migrate(c, {kSteps, 3})), HasSubstr("Other"));
  EXPECT_EQ(must(c.number("PRAGMA user_version")), 1);
  EXPECT_EQ(must(c.number("SELECT count(*) FROM pragma_table_info('a')")), 1);
}

TEST_F(MigrationTest, AReaderOfAnOlderFileSaysWhatToDo) {
  Connection c = connect();
  must(migrate(c, {kSteps, 1}));
  EXPECT_THAT(told(check_schema(c, {kSteps, 2})), HasSubstr("older schema version 1, this program reads version 2"));
  must(check_schema(c, {kSteps, 1}));
}

TEST_F(MigrationTest, TheListHasOneStepForEachVersion) {
  const MigrationList list = migrations();
  for (std::size_t i = 0; i < list.count; ++i) EXPECT_EQ(list.first[i].version, static_cast<int>(i) + 1);
  EXPECT_EQ(list.newest(), Store::kSchemaVersion);
}

// A new database is made in one go; one that came through all versions must be the same.
TEST_F(MigrationTest, AllStepsComeToTheWholeSchema) {
  const auto schema_of = [this](const std::string& name, const MigrationList& list) {
    must(make_private_file(dir.file(name)));
    {
      Connection c = must(Connection::open(dir.file(name), Connection::Access::ReadWrite, Dur::seconds(5)));
      must(migrate(c, list));
    }
    std::vector<std::string> out;
    for (const std::string& sql : RawDatabase(dir.file(name)).column("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")) {
      const std::string bare = std::regex_replace(sql, std::regex("--[^\n]*"), "");
      out.push_back(std::regex_replace(bare, std::regex("\\s+"), ""));
    }
    return out;
  };
  MigrationList steps = migrations();
  steps.whole = nullptr;
  const auto whole = schema_of("whole.db", migrations());
  EXPECT_GT(whole.size(), 15U);
  EXPECT_EQ(whole, schema_of("steps.db", steps));
}

}  // namespace
}  // namespace dn

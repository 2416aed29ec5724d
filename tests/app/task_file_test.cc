// Task files as people write them: what is read, and what each mistake is answered with.
#include "app/task_file.h"

#include <gmock/gmock.h>

#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTask = R"(symbol = "BTC/USDT"
total_quantity = 1.0
order_quantity = 0.1

[buy]
exchange = "mexc_spot"

[sell]
exchange = "gateio_spot"
)";

// The task above with lines before its tables: line 4 is the first of them.
std::string task_with(std::string_view lines) {
  return std::string(kTask.substr(0, kTask.find("\n[buy]"))) + std::string(lines) + "\n" + std::string(kTask.substr(kTask.find("[buy]")));
}

class TaskFile : public testing::Test {
 protected:
  TempDir dir;

  std::vector<TaskSource> read(std::string_view text, std::string_view name = "btc.toml") {
    auto tasks = read_task_files({dir.write(name, text)});
    if (!tasks) {
      ADD_FAILURE() << tasks.error().message;
      return {TaskSource{}};
    }
    return *tasks;
  }
  // The message without the directory, so that it begins with "btc.toml:".
  std::string refusal(std::string_view text, ExitCode code = ExitCode::Config) {
    const auto tasks = read_task_files({dir.write("btc.toml", text)});
    if (tasks) {
      ADD_FAILURE() << "was accepted: " << text.substr(0, 200);
      return {};
    }
    EXPECT_EQ(tasks.error().code, code);
    return without_dir(tasks.error().message);
  }
  std::string without_dir(std::string text) const {
    for (std::size_t at = 0; (at = text.find(dir.path() + "/")) != std::string::npos;) text.erase(at, dir.path().size() + 1);
    return text;
  }
};

TEST_F(TaskFile, ReadsTheExampleOfTheManual) {
  const auto tasks = read(R"(name = "btc"
symbol = "BTC/USDT"
total_quantity = 1.0
order_quantity = 0.1
delay = "100ms"
lead = "both"                # both | buy | sell
direction = "open"           # open | close
post_only = false

[buy]
exchange = "mexc_spot"       # mexc_spot | gateio_spot | gateio_futures
offset_ticks = 2             # price = reference - offset * tick, on both sides
tick_tolerance = 5
price_reference = "touch"    # touch | opposite | mid

[sell]
exchange = "gateio_spot"
offset_ticks = -2
tick_tolerance = 3

[risk]
max_order_notional = 20000
min_spread_bps = 5
exit_spread_bps = 0
max_slippage_bps = 50
imbalance_threshold = 0.0
imbalance_grace = "1s"
max_hold = "4h"
max_loss = 500

[restore.buy]
filled_quantity = 0.3
avg_price = 43250.0
order_id = "abc"
)");
  ASSERT_EQ(tasks.size(), 1U);
  const TaskSpec& s = tasks[0].spec;
  EXPECT_EQ(s.name, "btc");
  EXPECT_EQ(s.symbol.str(), "BTC/USDT");
  EXPECT_EQ(s.total_quantity.str(), "1");
  EXPECT_EQ(s.order_quantity.str(), "0.1");
  EXPECT_EQ(s.leg.buy.exchange, Venue::MexcSpot);
  EXPECT_EQ(s.leg.buy.offset_ticks, 2);
  EXPECT_EQ(s.leg.sell.offset_ticks, -2);
  EXPECT_EQ(s.leg.sell.tick_tolerance, 3);
  EXPECT_EQ(s.risk.max_order_notional->str(), "20000");
  EXPECT_FALSE(s.risk.exit_spread_bps.has_value());
  EXPECT_EQ(s.risk.imbalance_grace, Dur::seconds(1));
  EXPECT_EQ(s.restore.buy.avg_price.str(), "43250");
  EXPECT_EQ(s.restore.buy.order_id, "abc");
}

TEST_F(TaskFile, KnowsWhereEachKeyWasWritten) {
  const auto tasks = read(kTask);
  const TaskSource& t = tasks.at(0);
  EXPECT_EQ(without_dir(t.place_of("buy.exchange").str()), "btc.toml:6:12");
  EXPECT_EQ(without_dir(t.place_of("total_quantity").str()), "btc.toml:2:18");
  EXPECT_EQ(t.place_of("risk.max_loss").str(), t.place.str()) << "a key that was not written points at its task";
}

TEST_F(TaskFile, IsNamedAfterItsFile) {
  EXPECT_EQ(read(kTask, "eth-1.toml").at(0).spec.name, "eth-1");
  EXPECT_EQ(read(kTask, "plain").at(0).spec.name, "plain");
  const auto bad = read_task_files({dir.write("my task.toml", kTask)});
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("\"my task\" is not a task name"));
  EXPECT_THAT(bad.error().message, Not(HasSubstr("\n"))) << "told once";
}

// Numbers

struct Literal {
  const char* text;
  const char* value;
};

TEST_F(TaskFile, TakesNumbersFromTheText) {
  for (const Literal& l : {Literal{"0.1", "0.1"},
                           {"1e-3", "0.001"},
                           {"1E-3", "0.001"},
                           {"5", "5"},
                           {"1_0.5", "10.5"},
                           {"+0.25", "0.25"},
                           {"0.30000000001", "0.30000000001"},
                           {"123456.789012345", "123456.789012345"},
                           {"\"0.1\"", "0.1"},
                           {"'0.07'", "0.07"}}) {
    EXPECT_EQ(read(task_with("risk.max_position = " + std::string(l.text))).at(0).spec.risk.max_position->str(), l.value) << l.text;
  }
}

TEST_F(TaskFile, TakesNumbersWhereverTheyStand) {
  EXPECT_EQ(read(task_with("risk={max_loss=0.1,max_notional=0.2}# end")).at(0).spec.risk.max_notional->str(), "0.2");
  EXPECT_EQ(read(task_with("risk = { \"max_loss\" = 0.1\t, max_notional = 7}#}")).at(0).spec.risk.max_loss->str(), "0.1");
}

TEST_F(TaskFile, RefusesNumbersThatAreNoAmounts) {
  const std::string forty = "0.1234567890123456789012345678901234567890";
  for (const std::string text :
       {"nan", "inf", "-inf", "+nan", "0x10", "0o17", "0b11", "-0.5", "0", "0.0", "1e30", "\"\"", "\" 1\"", "\"1,5\"", "\"0x1\"", "\"nan\""}) {
    EXPECT_THAT(refusal(task_with("risk.max_position = " + text)), HasSubstr("btc.toml:4:21: ")) << text;
  }
  EXPECT_THAT(refusal(task_with("risk.max_position = " + forty)), HasSubstr("btc.toml:4:21: risk.max_position: \"" + forty + "\" has more digits"));
  EXPECT_THAT(refusal(task_with("risk.max_position = \"" + forty + "\"")), HasSubstr("btc.toml:4:21: risk.max_position: "));
  // What the parser itself cannot hold ends with a column behind the number.
  EXPECT_THAT(refusal(task_with("risk.max_position = 1e400")), HasSubstr("btc.toml:4:26: "));
  EXPECT_THAT(refusal(task_with("risk.max_position = 1e-400")), HasSubstr("btc.toml:4:"));
  EXPECT_THAT(refusal(task_with("risk.max_position = 1234567890123456789012345678901234567890")), HasSubstr("btc.toml:4:61: "));
  EXPECT_THAT(refusal(task_with("risk.max_position = nan")), HasSubstr("btc.toml:4:21: risk.max_position: \"nan\""));
  EXPECT_THAT(refusal(task_with("risk.max_position = 0x10")), HasSubstr("\"0x10\""));
}

// Types

TEST_F(TaskFile, RefusesTypesThatDoNotFitAndSaysWhatToWrite) {
  struct Case {
    const char* line;
    const char* told;
  };
  for (const Case& c : {Case{"delay = 100", "btc.toml:4:9: delay: must be a duration in quotes"},
                        {"delay = \"100\"", "btc.toml:4:9: delay: \"100\" "},
                        {"post_only = \"true\"", "btc.toml:4:13: post_only: must be true or false"},
                        {"post_only = 1", "btc.toml:4:13: post_only: must be true or false"},
                        {"lead = true", "btc.toml:4:8: lead: must be a text in quotes"},
                        {"lead = \"buyer\"", "btc.toml:4:8: lead: \"buyer\" is not one of both, buy or sell"},
                        {"risk.max_loss = true", "btc.toml:4:17: risk.max_loss: must be a decimal number"},
                        {"risk.max_loss = [1]", "btc.toml:4:17: risk.max_loss: must be a decimal number"},
                        {"risk.max_loss = 2026-01-01", "btc.toml:4:17: risk.max_loss: must be a decimal number"},
                        {"risk.rebalance_attempts = \"3\"", "btc.toml:4:27: risk.rebalance_attempts: must be a whole number"},
                        {"risk.rebalance_attempts = 3.0", "btc.toml:4:27: risk.rebalance_attempts: must be a whole number"},
                        {"risk.rebalance_attempts = 0x3", "btc.toml:4:27: risk.rebalance_attempts: \"0x3\" is not a whole number"},
                        {"risk.rebalance_attempts = 0", "btc.toml:4:27: risk.rebalance_attempts: \"0\" is not a whole number from 1 to 100"},
                        {"risk.max_hold = { h = 4 }", "btc.toml:4:23: risk.max_hold.h: is not a key of a task"},
                        {"risk.max_hold = {}", "risk.max_hold: must be a duration in quotes"}}) {
    EXPECT_THAT(refusal(task_with(c.line)), HasSubstr(c.told)) << c.line;
  }
}

TEST_F(TaskFile, NamesTheVenuesWhereOneIsWrong) {
  std::string text(kTask);
  text.replace(text.find("mexc_spot"), 9, "mexc");
  EXPECT_EQ(refusal(text), "btc.toml:6:12: buy.exchange: \"mexc\" is not a venue; write mexc_spot, gateio_spot or gateio_futures; did you mean mexc_spot?");
}

// Keys

TEST_F(TaskFile, SuggestsTheKeyThatWasMeant) {
  EXPECT_THAT(refusal(task_with("totl_quantity = 1")), HasSubstr("btc.toml:4:17: totl_quantity: is not a key of a task; did you mean total_quantity?"));
  EXPECT_THAT(refusal(std::string(kTask) + "exchnage = \"mexc_spot\"\n"),
              HasSubstr("btc.toml:10:12: sell.exchnage: is not a key of a task; did you mean sell.exchange?"));
  EXPECT_THAT(refusal(task_with("zzzzzzzzzzzzzzz = 1")), Not(HasSubstr("did you mean")));
}

TEST_F(TaskFile, RefusesTablesItDoesNotKnowEvenEmptyOnes) {
  EXPECT_THAT(refusal(std::string(kTask) + "[rsik]\n"), HasSubstr("btc.toml:10:1: rsik: is not a table of a task"));
  EXPECT_THAT(refusal(std::string(kTask) + "[[risk]]\nmax_loss = 1\n"), HasSubstr("btc.toml:10:1: risk: "));
  EXPECT_THAT(refusal("task = 1\n" + std::string(kTask)), HasSubstr("btc.toml:1:8: task: "));
  EXPECT_EQ(read(std::string(kTask) + "[risk]\n[restore]\n[restore.buy]\n").size(), 1U) << "empty tables that there are";
}

TEST_F(TaskFile, RefusesAKeyThatImitatesATable) {
  EXPECT_THAT(refusal(task_with("\"risk.max_loss\" = 5")), HasSubstr("btc.toml:4:19: \"risk.max_loss\": is not a key of a task"));
}

TEST_F(TaskFile, SaysHowTablesAreWritten) {
  EXPECT_THAT(refusal("buy = \"mexc_spot\"\n"), HasSubstr("btc.toml:1:7: buy: is a table; write [buy] and its keys below it"));
  EXPECT_THAT(refusal(task_with("risk = 5")), HasSubstr("btc.toml:4:8: risk: is a table"));
}

TEST_F(TaskFile, TellsAProblemOnce) {
  EXPECT_EQ(refusal(task_with("name = \"no name\"")),
            "btc.toml:4:8: name: \"no name\" is not a task name; write 1 to 64 of A-Z a-z 0-9 _ . - not starting with . or -");
  std::string text = task_with("direction = \"close\"");
  text.replace(text.find("gateio_spot"), 11, "okx");
  EXPECT_EQ(refusal(text), "btc.toml:9:12: sell.exchange: \"okx\" is not a venue; write mexc_spot, gateio_spot or gateio_futures");
}

TEST_F(TaskFile, TellsAllProblemsOfAFile) {
  const std::string told = refusal("symbol = \"btc\"\ntotal_quantity = -1\nwhat = 1\n[buy]\nexchange = \"x\"\n");
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n') + 1, 6) << told;
  for (const char* part : {"btc.toml:1:10: symbol: ", "btc.toml:2:18: total_quantity: ", "btc.toml:3:8: what: ", "btc.toml:5:12: buy.exchange: ",
                           "btc.toml:1:1: order_quantity: is required", "btc.toml:1:1: sell.exchange: is required"}) {
    EXPECT_THAT(told, HasSubstr(part));
  }
}

TEST_F(TaskFile, TellsNotMoreThanTwenty) {
  std::string text(kTask);
  for (int i = 0; i < 100; ++i) text += "zzzzzzzzzz" + std::to_string(i) + " = 1\n";
  const std::string told = refusal(text);
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 20);
  EXPECT_THAT(told, HasSubstr("\nand 80 more"));
}

TEST_F(TaskFile, PointsAtTheKeyWhereKeysContradict) {
  std::string text(kTask);
  text.replace(text.find("0.1"), 3, "2.5");
  EXPECT_THAT(refusal(text), HasSubstr("btc.toml:3:18: order_quantity: the slice 2.5 is larger than total_quantity 1"));
  EXPECT_THAT(refusal(std::string(kTask) + "[restore.buy]\nfilled_quantity = 0.5\n"), HasSubstr("btc.toml:1:1: restore.buy.avg_price: is required"));
}

TEST_F(TaskFile, RefusesAPositionThatCostNothing) {
  EXPECT_THAT(refusal(std::string(kTask) + "[restore.buy]\nfilled_quantity = 0.5\navg_price = 0\n"),
              HasSubstr("btc.toml:12:13: restore.buy.avg_price: is required"));
}

// Many tasks

std::string table(std::string_view name) {
  return "[[task]]\nname = \"" + std::string(name) + "\"\n" + std::string(kTask.substr(0, kTask.find("\n[buy]"))) +
         "buy.exchange = \"mexc_spot\"\nsell.exchange = \"gateio_spot\"\n\n";
}

TEST_F(TaskFile, HoldsManyTasksInItsOrder) {
  const auto tasks = read(table("b") + table("a") + table("c"));
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0].spec.name + tasks[1].spec.name + tasks[2].spec.name, "bac");
  EXPECT_EQ(without_dir(tasks[1].place.str()), "btc.toml:9:1");
}

constexpr std::string_view kPortfolio =
    "[portfolio]\ncapital = 100000\nmax_exposure_per_symbol = 0.1\nmax_total_exposure = 0.5\nmax_loss = 500\n"
    "max_concurrent_tasks = 10\n";

TEST_F(TaskFile, ReadsThePortfolio) {
  const auto files = read_files({dir.write("p.toml", std::string(kPortfolio) + table("a") + table("b"))});
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->tasks.size(), 2U);
  ASSERT_TRUE(files->portfolio);
  const PortfolioLimits& l = files->portfolio->limits;
  EXPECT_EQ(l.quote, Asset("USDT"));
  EXPECT_EQ(l.capital.str() + " " + l.per_symbol->str() + " " + l.total->str() + " " + l.max_loss->str(), "100000 10000 50000 500");
  EXPECT_EQ(l.max_tasks, 10);
}

TEST_F(TaskFile, TakesAPortfolioBesideASingleTask) {
  const auto files = read_files({dir.write("p.toml", std::string(kTask) + std::string(kPortfolio))});
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->tasks.size(), 1U);
  EXPECT_TRUE(files->portfolio);
}

TEST_F(TaskFile, RefusesAPortfolioThatIsNone) {
  const auto with = [&](std::string_view line) { return "[portfolio]\ncapital = 1000\n" + std::string(line) + "\n" + table("a"); };
  EXPECT_THAT(refusal("[portfolio]\nmax_loss = 5\n" + table("a")), HasSubstr("portfolio.capital: is required"));
  EXPECT_THAT(refusal("[portfolio]\n" + table("a")), HasSubstr("btc.toml:1:1: portfolio.capital: is required"));
  EXPECT_THAT(refusal(with("max_exposure_per_symbols = 0.1")),
              HasSubstr("btc.toml:3:28: portfolio.max_exposure_per_symbols: is not a key of the portfolio; did you mean max_exposure_per_symbol?"));
  EXPECT_THAT(refusal(with("colour = 1")), HasSubstr("is not a key of the portfolio; its keys are capital, "));
  EXPECT_THAT(refusal(with("max_total_exposure = true")), HasSubstr("btc.toml:3:22: portfolio.max_total_exposure: must be a decimal number"));
  EXPECT_THAT(refusal(with("max_total_exposure = 50")), HasSubstr("50 is more than 10 times the capital; it is a fraction, as in 0.1"));
  EXPECT_THAT(refusal(with("max_exposure_per_symbol = 0")), HasSubstr("0 is not above zero"));
  EXPECT_THAT(refusal(with("max_loss = -1")), HasSubstr("-1 is not above zero"));
  EXPECT_THAT(refusal(with("max_concurrent_tasks = 0")), HasSubstr("\"0\" is not a whole number from 1"));
  EXPECT_THAT(refusal(with("max_concurrent_tasks = \"3\"")), HasSubstr("must be a whole number, without quotes"));
  EXPECT_THAT(refusal("[[portfolio]]\ncapital = 5\n" + table("a")), HasSubstr("is one table; write [portfolio]"));
  EXPECT_THAT(refusal("portfolio = 5\n" + table("a")), HasSubstr("is a table; write [portfolio]"));
  EXPECT_THAT(refusal(table("a") + "[task.portfolio]\ncapital = 5\n"), HasSubstr("belongs to the file, not to a task"));
}

TEST_F(TaskFile, RefusesPortfoliosThatDiffer) {
  const std::string a = dir.write("a.toml", std::string(kPortfolio) + table("a"));
  const std::string b = dir.write("b.toml", std::string(kPortfolio) + table("b"));
  EXPECT_TRUE(read_files({a, b}));
  const std::string c = dir.write("c.toml", "[portfolio]\ncapital = 5\n" + table("c"));
  const auto differs = read_files({a, c});
  ASSERT_FALSE(differs);
  EXPECT_THAT(differs.error().message, HasSubstr("differs from the one at"));
}

TEST_F(TaskFile, RefusesATaskInAnotherQuoteThanItsPortfolio) {
  std::string other = table("b");
  other.replace(other.find("BTC/USDT"), 8, "ETH/USDC");
  EXPECT_THAT(refusal(std::string(kPortfolio) + table("a") + other), HasSubstr("ETH/USDC is not in USDT, as the portfolio's capital"));
}

TEST_F(TaskFile, RefusesKeysBesideTables) {
  EXPECT_THAT(refusal("post_only = true\n" + table("a")), HasSubstr("btc.toml:1:13: post_only: belongs inside a [[task]]"));
  EXPECT_THAT(refusal("[buy]\n" + table("a")), HasSubstr("btc.toml:1:1: buy: belongs inside a [[task]]"));
  EXPECT_THAT(refusal("[task]\n" + std::string(kTask)), HasSubstr("write [[task]] with two brackets"));
  EXPECT_THAT(refusal("task = []\n"), HasSubstr("btc.toml:1:8: task: "));
}

TEST_F(TaskFile, RefusesANameTwice) {
  EXPECT_THAT(refusal(table("a") + table("a")), HasSubstr("btc.toml:10:8: name: \"a\" is used by another task (btc.toml:1:1)"));
  const std::string first = dir.write("one/btc.toml", kTask);
  const std::string second = dir.write("two/btc.toml", kTask);
  const auto tasks = read_task_files({first, second});
  ASSERT_FALSE(tasks);
  EXPECT_EQ(tasks.error().code, ExitCode::Config);
  EXPECT_THAT(without_dir(tasks.error().message), HasSubstr("two/btc.toml:1:1: name: \"btc\" is used by another task (one/btc.toml:1:1)"));
  EXPECT_EQ(read_task_files({first, dir.write("two/eth.toml", kTask)})->size(), 2U);
}

// Text that is not TOML, and files that are none

TEST_F(TaskFile, TellsWhereTheTextIsNoToml) {
  EXPECT_THAT(refusal("symbol = \"BTC/USDT\"\ntotal_quantity = = 1\n"), HasSubstr("btc.toml:2:18: "));
  EXPECT_THAT(refusal("symbol = \"BTC/USDT\n"), HasSubstr("btc.toml:1:"));
  EXPECT_THAT(refusal(task_with("total_quantity = 2")), HasSubstr("btc.toml:4:"));
  EXPECT_THAT(refusal(std::string(kTask) + "[buy]\nexchange = \"mexc_spot\"\n"), HasSubstr("btc.toml:10:"));
  EXPECT_THAT(refusal("a = 99999999999999999999999\n"), HasSubstr("btc.toml:1:28: "));
  EXPECT_THAT(refusal("a = \"\xff\"\n"), HasSubstr("btc.toml:1:"));
  EXPECT_THAT(refusal(std::string("a = 1\n\0b = 2\n", 13)), HasSubstr("is not a text file"));
  EXPECT_THAT(refusal(""), HasSubstr("btc.toml:1:1: symbol: is required"));
}

TEST_F(TaskFile, ShowsNoControlCharacters) {
  const std::string told = refusal(task_with("lead = \"\\u001b[31m\"\n\"\\u001b]0;x\" = 1"));
  EXPECT_THAT(told, Not(HasSubstr("\x1b"))) << told;
  EXPECT_LT(refusal(task_with(std::string(100'000, 'k') + " = 1")).size(), 1000U) << "a long key is cut";
}

TEST_F(TaskFile, ReadsFilesOfOtherSystems) {
  std::string crlf;
  for (const char c : kTask) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(read(crlf).at(0).spec.order_quantity.str(), "0.1");
  EXPECT_EQ(read("\xEF\xBB\xBF" + std::string(kTask)).size(), 1U);
  const auto task =
      read("\xEF\xBB\xBFtotal_quantity = 1.25\nsymbol = \"BTC/USDT\"\norder_quantity = 0.1\nbuy.exchange = \"mexc_spot\"\nsell.exchange = \"gateio_spot\"");
  EXPECT_EQ(task.at(0).spec.total_quantity.str(), "1.25") << "a number on the line of the byte order mark";
  EXPECT_EQ(read(task_with("risk={\"max_loss\"=3,max_notional=7} # \u20ac")).at(0).spec.risk.max_notional->str(), "7");
}

TEST_F(TaskFile, SurvivesNestingWithoutEnd) {
  std::string dots = "a";
  for (int i = 0; i < 200'000; ++i) dots += ".a";
  EXPECT_THAT(refusal(dots + " = 1\n"), HasSubstr("btc.toml:1:"));
  EXPECT_THAT(refusal("[" + dots + "]\n"), HasSubstr("btc.toml:1:"));
  EXPECT_THAT(refusal("a = " + std::string(300'000, '[')), HasSubstr("btc.toml:1:"));
  std::string most = "x = ";  // the deepest that is read: tables in arrays, each with as many dots as a line may have
  for (int i = 0; i < 120; ++i) most += "[\n{" + dots.substr(0, 201) + " = ";
  most += "1";
  for (int i = 0; i < 120; ++i) most += "}\n]";
  EXPECT_THAT(refusal(most), HasSubstr("btc.toml:2:1: x: is not an array of a task file"));
}

TEST_F(TaskFile, TellsFilesThatCannotBeRead) {
  const auto code = [](const std::string& path) {
    const auto tasks = read_task_files({path});
    return tasks ? ExitCode::Ok : tasks.error().code;
  };
  EXPECT_EQ(code(dir / "none.toml"), ExitCode::NotFound);
  EXPECT_EQ(code(dir.path()), ExitCode::NotFound);
  EXPECT_EQ(code(dir.write("file", "") + "/below"), ExitCode::NotFound);
  EXPECT_EQ(code("/dev/null"), ExitCode::NotFound);
  EXPECT_THAT(read_task_files({dir / "none.toml"}).error().message, HasSubstr("none.toml: there is no such file"));
  EXPECT_THAT(read_task_files({dir.path()}).error().message, HasSubstr("is a directory"));
}

TEST_F(TaskFile, TellsAFileThatIsNotForThisUser) {
  const std::string secret = dir.write("secret.toml", kTask);
  std::filesystem::permissions(secret, std::filesystem::perms::none);
  if (std::ifstream(secret)) GTEST_SKIP() << "this user reads everything";
  const auto tasks = read_task_files({secret});
  ASSERT_FALSE(tasks);
  EXPECT_EQ(tasks.error().code, ExitCode::NotFound);
  EXPECT_THAT(tasks.error().message, HasSubstr("Permission denied"));
}

TEST_F(TaskFile, HasAtMostOneMebibyte) {
  const std::string comment = "#" + std::string((1U << 20) - kTask.size() - 2, ' ') + "\n";
  EXPECT_EQ(read(comment + std::string(kTask)).size(), 1U);
  EXPECT_THAT(refusal(comment + " " + std::string(kTask)), HasSubstr("is larger than 1 MiB"));
}

// Settings, as --set and the set verb give them

TEST_F(TaskFile, SettingsChangeATask) {
  TaskSource t = read(kTask).at(0);
  ASSERT_TRUE(apply_settings(t, {"order_quantity=0.05", "risk.max_loss=12", "buy.offset_ticks=-3"}));
  EXPECT_EQ(t.spec.order_quantity.str(), "0.05");
  EXPECT_EQ(t.spec.risk.max_loss->str(), "12");
  EXPECT_EQ(t.spec.leg.buy.offset_ticks, -3);
}

TEST_F(TaskFile, RefusesSettingsThatAreNone) {
  TaskSource t = read(kTask).at(0);
  const auto no_pair = apply_settings(t, {"order_quantity"});
  ASSERT_FALSE(no_pair);
  EXPECT_EQ(no_pair.error().code, ExitCode::Usage);
  const auto unknown = apply_settings(t, {"order_quantiti=1", "order_quantity=x"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ExitCode::Config);
  EXPECT_EQ(unknown.error().message.substr(0, 16), "order_quantiti: ");
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean order_quantity?\norder_quantity: \"x\""));
  EXPECT_THAT(apply_settings(t, {"max_los=1"}).error().message, HasSubstr("did you mean risk.max_loss?"));
  EXPECT_THAT(apply_settings(t, {"offset_tick=1"}).error().message, HasSubstr("dn-run keys lists them")) << "buy's or sell's";
}

}  // namespace
}  // namespace dn::app

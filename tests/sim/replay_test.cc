// Recordings as a market feed: what real files hold, and what a broken one is told.
#include "sim/replay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace dn::sim {
namespace {

namespace fs = std::filesystem;

const Symbol kNew = *symbol_from("NEW/USDT");
const std::string kBooks = "timestamp,sequence,bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,ask_price_1,ask_size_1\n";
const std::string kTrades = "timestamp,price,size,side,trade_id\n";
const std::string kBook = "1,7,10,1,11,1,9,1,12,1\n";

class RecordingTest : public ::testing::Test {
 protected:
  RecordingTest() {
    std::string name = (fs::temp_directory_path() / "dn-recording-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
  }
  ~RecordingTest() override { fs::remove_all(dir_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(dir_ / name, std::ios::binary) << text; }
  Expected<std::unique_ptr<ReplayFeed>, ReplayError> open(const std::string& books, const std::string& trades) const {
    write("orderbooks_NEW_USDT.csv", books);
    write("trades_NEW_USDT.csv", trades);
    return ReplayFeed::open(dir_.string(), kNew);
  }
  std::unique_ptr<ReplayFeed> good(const std::string& books, const std::string& trades) const {
    auto feed = open(books, trades);
    EXPECT_TRUE(feed.has_value()) << feed.error().message;
    return std::move(*feed);
  }
  // The message without the directory; "" when the files are taken.
  std::string complaint(const std::string& books, const std::string& trades) const {
    const auto feed = open(books, trades);
    if (feed) return "";
    EXPECT_EQ(feed.error().kind, ReplayError::Kind::BadData);
    const std::string prefix = dir_.string() + "/";
    EXPECT_EQ(feed.error().message.substr(0, prefix.size()), prefix);
    return feed.error().message.substr(prefix.size());
  }

  fs::path dir_;
};

std::string side_text(const std::vector<Level>& side) {
  std::string out;
  for (const Level& l : side) out += " " + l.price.str() + "x" + l.qty.str();
  return out;
}

// "time: trade price xqty side" or "time: bids | asks".
std::string text(const MarketEvent& e) {
  const std::string at = std::to_string(e.at.us) + ":";
  if (const auto* t = std::get_if<PublicTrade>(&e.what)) return at + " " + std::string(name(t->taker)) + " " + t->price.str() + "x" + t->qty.str();
  const Book& b = std::get<Book>(e.what);
  return at + side_text(b.bids) + " |" + side_text(b.asks);
}

std::vector<std::string> all(ReplayFeed& feed) {
  std::vector<std::string> out;
  while (const auto e = feed.next()) {
    EXPECT_TRUE(e->for_buy_leg && e->for_sell_leg);
    out.push_back(text(*e));
  }
  return out;
}

using Lines = std::vector<std::string>;

TEST_F(RecordingTest, NumbersAreExactInWhateverFormTheyWerePrinted) {
  const auto feed = good(kBooks + "1.5,1,111265.9,0.000477,1.112660e5,9e-06,111265.30,4.8e-05,111267,12345678.12345678\n", kTrades);
  EXPECT_EQ(all(*feed), Lines{"1500000: 111265.9x0.000477 111265.3x0.000048 | 111266x0.000009 111267x12345678.12345678"});
  EXPECT_EQ(feed->facts().price_places, 1);
  EXPECT_EQ(feed->facts().size_places, 8);
}

TEST_F(RecordingTest, TimesAreTheMicrosecondBelowWithoutABinaryFraction) {
  const auto feed = good(kBooks + "175690369" + kBook, kTrades +
                                                           "1756903691.2486422,1,1,buy,1\n"
                                                           "1756903691.248642999999,1,2,buy,2\n"
                                                           "1756903691.248643,1,3,buy,3\n"
                                                           "1.7569036925e9,1,4,sell,4\n");
  EXPECT_EQ(all(*feed), (Lines{"1756903691000000: 10x1 9x1 | 11x1 12x1", "1756903691248642: buy 1x1", "1756903691248642: buy 1x2", "1756903691248643: buy 1x3",
                               "1756903692500000: sell 1x4"}));
}

TEST_F(RecordingTest, AWeekWithoutARowIsTwoRecordingsAndRefused) {
  EXPECT_EQ(
      complaint(kBooks + kBook, kTrades + "1756903691.2,1,1,buy,1\n"),
      "orderbooks_NEW_USDT.csv: between 1 and 1756903691 (seconds) nothing was recorded: books and trades are not of one recording, or a timestamp is wrong");
}

TEST_F(RecordingTest, ColumnsAreFoundByNameInAnyOrderAndNumber) {
  const auto feed =
      good("ask_size_0,note,bid_size_0,timestamp,bid_price_0,ask_price_0\n0.5,hello,2,3,10,11\n", "side,size,x,price,timestamp\nsell,4,,10,3.5\n");
  EXPECT_EQ(all(*feed), (Lines{"3000000: 10x2 | 11x0.5", "3500000: sell 10x4"}));

  std::string header = "timestamp";
  std::string row = "1";
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    header += ",bid_price_" + n + ",bid_size_" + n + ",ask_price_" + n + ",ask_size_" + n;
    row += "," + std::to_string(2000 - i) + ",1," + std::to_string(2001 + i) + ",1";
  }
  const auto wide = good(header + "\n" + row + "\n", kTrades);
  const auto e = wide->next();
  EXPECT_EQ(std::get<Book>(e->what).bids.size(), 1000U);
  EXPECT_EQ(std::get<Book>(e->what).asks.back().price.str(), "3000");
}

TEST_F(RecordingTest, EmptyAndZeroLevelsCarriageReturnsAndAMissingLastLineEndAreNoFaults) {
  const auto feed =
      good("\xef\xbb\xbf" + kBooks + "1,,10,1,11,1,9,1,,\r\n\r\n2,,10,1,11,0,9,0,12,1,\r\n3,,10,1,11,1", kTrades + "1,10,0,sell,1\r\n\n2,10,1,sell,1");
  EXPECT_EQ(all(*feed), (Lines{"1000000: 10x1 9x1 | 11x1", "2000000: sell 10x1", "2000000: 10x1 | 12x1", "3000000: 10x1 | 11x1"}));
  EXPECT_EQ(feed->facts().trades, 1) << "one of no size is none";
}

TEST_F(RecordingTest, ABookThatIsCrossedOrOneSidedIsSkippedAndCounted) {
  const auto feed =
      good(kBooks + "1,1,11,1,11,1,,,,\n2,1,12,1,11,1,,,,\n3,1,,,11,1,,,12,1\n4,1,10,1,,,,,,\n5,1,10,0,11,1,,,,\n6,1,,,,,,,,\n7,1,10,1,11,1,,,,\n", kTrades);
  EXPECT_EQ(feed->facts().skipped_books, 6);
  EXPECT_EQ(feed->facts().books, 1);
  EXPECT_EQ(all(*feed), Lines{"7000000: 10x1 | 11x1"});
}

TEST_F(RecordingTest, LevelsOutOfOrderArePutInOrder) {
  const auto feed = good(kBooks + "1,1,9,1,12,2,10,3,11,4\n", kTrades);
  EXPECT_EQ(all(*feed), Lines{"1000000: 10x3 9x1 | 11x4 12x2"});
}

// The snapshot of the same time shows the trade's effect already; after it, the trade would shorten a queue twice.
TEST_F(RecordingTest, AtOneTimeTradesComeBeforeBooksAndRowsThatWentBackKeepTheirOrder) {
  const auto feed = good(kBooks + "5,1,10,5,11,1,,,,\n4,1,10,4,11,1,,,,\n5,1,10,6,11,1,,,,\n", kTrades + "5,10,1,sell,1\n4.5,10,2,sell,1\n5,10,3,buy,1\n");
  EXPECT_EQ(all(*feed),
            (Lines{"4000000: 10x4 | 11x1", "4500000: sell 10x2", "5000000: sell 10x1", "5000000: buy 10x3", "5000000: 10x5 | 11x1", "5000000: 10x6 | 11x1"}));
  EXPECT_EQ(feed->facts().first, Time{4'000'000});
  EXPECT_EQ(feed->facts().last, Time{5'000'000});
}

TEST_F(RecordingTest, ABadRowIsToldWithItsFileLineAndColumn) {
  const struct {
    std::string row, complaint;
  } books[] = {
      {"1,7,10,1,11,1,9,1,12,x", "orderbooks_NEW_USDT.csv:3:22: size \"x\" "},
      {"1,7,1O,1,11,1,9,1,12,1", "orderbooks_NEW_USDT.csv:3:5: price \"1O\" "},
      {"1,7,10,-1,11,1,9,1,12,1", "orderbooks_NEW_USDT.csv:3:8: size -1 is negative"},
      {"1,7,10,nan,11,1,9,1,12,1", "orderbooks_NEW_USDT.csv:3:8: size \"nan\" "},
      {"1,7,10, 1,11,1,9,1,12,1", "orderbooks_NEW_USDT.csv:3:8: size \" 1\" "},
      {",7,10,1,11,1,9,1,12,1", "orderbooks_NEW_USDT.csv:3:1: timestamp \"\" "},
      {"2026-01-01,7,10,1,11,1", "orderbooks_NEW_USDT.csv:3:1: timestamp \"2026-01-01\" "},
      {"1756903691248,7,10,1,11,1", "orderbooks_NEW_USDT.csv:3:1: timestamp 1756903691248 is not a time in seconds"},
      {"1,7,123456789012345678,1,11,1", "orderbooks_NEW_USDT.csv:3:5: price 123456789012345678 has more than 17 digits"},
      {"1,7,10,1e-13,11,1", "orderbooks_NEW_USDT.csv:3:8: size 1e-13 has more than 17 digits or more than 12 places"},
      {"1,7,10,1e99,11,1", "orderbooks_NEW_USDT.csv:3:8: size \"1e99\" "},
      {"1,7,10,\x1b[2J,11,1", "orderbooks_NEW_USDT.csv:3:8: size \"?[2J\" "},
  };
  for (const auto& b : books) EXPECT_EQ(complaint(kBooks + kBook + b.row + "\n", kTrades).substr(0, b.complaint.size()), b.complaint);
  const struct {
    std::string row, complaint;
  } trades[] = {
      {"1,10,1,hold,1", "trades_NEW_USDT.csv:2:8: side \"hold\" is neither buy nor sell"},
      {"1,10,1", "trades_NEW_USDT.csv:2:7: side \"\" is neither buy nor sell"},
      {"1,10", "trades_NEW_USDT.csv:2:5: size \"\" "},
      {"1,,1,sell,1", "trades_NEW_USDT.csv:2:3: price \"\" "},
      {"1,1.2.3,1,sell,1", "trades_NEW_USDT.csv:2:3: price \"1.2.3\" "},
  };
  for (const auto& t : trades) EXPECT_EQ(complaint(kBooks + kBook, kTrades + t.row + "\n").substr(0, t.complaint.size()), t.complaint);
}

TEST_F(RecordingTest, AFileThatIsNoRecordingIsToldWhatItLacks) {
  EXPECT_EQ(complaint("timestamp,price\n", kTrades), "orderbooks_NEW_USDT.csv:1:1: there are no columns bid_price_0, bid_size_0, ask_price_0, ask_size_0");
  EXPECT_EQ(complaint("bid_price_0,bid_size_0,ask_price_0,ask_size_0\n", kTrades), "orderbooks_NEW_USDT.csv:1:1: there is no column \"timestamp\"");
  EXPECT_EQ(complaint(kBooks, "timestamp,price,size\n"), "trades_NEW_USDT.csv:1:1: there is no column \"side\"");
  EXPECT_EQ(complaint(kBooks, kTrades), "orderbooks_NEW_USDT.csv: holds no usable book");
  EXPECT_NE(complaint("", kTrades).find("is not a header"), std::string::npos);
  EXPECT_NE(complaint(std::string(1000, '\0'), kTrades).find("is not a header"), std::string::npos);
  EXPECT_EQ(complaint(kBooks + kBook + std::string(1 << 20, '1') + "\n", kTrades), "orderbooks_NEW_USDT.csv:3:65537: the line is longer than 64 KiB");
  EXPECT_EQ(complaint(kBooks + kBook + std::string(1 << 20, '1'), kTrades), "orderbooks_NEW_USDT.csv:3:65537: the line is longer than 64 KiB");
}

TEST_F(RecordingTest, AFileThatIsTooLargeIsNotRead) {
  good(kBooks + kBook, kTrades);
  fs::resize_file(dir_ / "orderbooks_NEW_USDT.csv", (std::uintmax_t{512} << 20) + 1);  // a hole: it takes no room
  const auto feed = ReplayFeed::open(dir_.string(), kNew);
  ASSERT_FALSE(feed);
  EXPECT_EQ(feed.error().kind, ReplayError::Kind::BadData);
  EXPECT_NE(feed.error().message.find("is larger than 512 MiB"), std::string::npos);
}

TEST_F(RecordingTest, AMissingFileIsNamed) {
  write("orderbooks_NEW_USDT.csv", kBooks + kBook);
  const auto no_trades = ReplayFeed::open(dir_.string(), kNew);
  ASSERT_FALSE(no_trades);
  EXPECT_EQ(no_trades.error().kind, ReplayError::Kind::NotFound);
  EXPECT_EQ(no_trades.error().message, dir_.string() + "/trades_NEW_USDT.csv: there is no such file");
  write("trades_NEW_USDT.csv", kTrades);
  fs::remove(dir_ / "orderbooks_NEW_USDT.csv");
  fs::create_directory(dir_ / "orderbooks_NEW_USDT.csv");
  const auto no_books = ReplayFeed::open(dir_.string(), kNew);
  ASSERT_FALSE(no_books);
  EXPECT_EQ(no_books.error().kind, ReplayError::Kind::NotFound);
  EXPECT_EQ(no_books.error().message, dir_.string() + "/orderbooks_NEW_USDT.csv: there is no such file");
}

class RealRecordingTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RealRecordingTest, IsWhatItsDescriptionSays) {
  const char* elsewhere = std::getenv("DN_TEST_DATA");
  const fs::path data = elsewhere != nullptr ? fs::path(elsewhere) : fs::path(DN_SOURCE_DIR) / ".." / "shared" / "data";
  const fs::path dir = data / "gateio-spot-2025-09-03";
  if (!fs::exists(dir)) GTEST_SKIP() << "the recording " << dir << " is not here; set DN_TEST_DATA to the directory that holds it";
  const bool btc = std::string(GetParam()) == "BTC/USDT";
  auto feed = ReplayFeed::open(dir.string(), *symbol_from(GetParam()));
  ASSERT_TRUE(feed) << feed.error().message;
  const RecordingFacts facts = (*feed)->facts();
  EXPECT_EQ(facts.books + facts.skipped_books, btc ? 1658 : 1536);
  EXPECT_EQ(facts.trades, btc ? 606 : 917);
  EXPECT_EQ(facts.price_places, btc ? 1 : 2);
  Time last = facts.first;
  Dur longest;
  Qty traded;
  std::int64_t books = 0;
  while (const auto e = (*feed)->next()) {
    ASSERT_GE(e->at, last);
    longest = std::max(longest, e->at - last);
    last = e->at;
    if (const auto* t = std::get_if<PublicTrade>(&e->what)) {
      traded += t->qty;
      continue;
    }
    const Book& b = std::get<Book>(e->what);
    ++books;
    ASSERT_LT(b.bids.front().price, b.asks.front().price);
    const Price mid((b.bids.front().price + b.asks.front().price).decimal() * Decimal::from_parts(5, 1));
    ASSERT_GE(mid, Price(Decimal::from_parts(btc ? 11110700 : 434855, 2)));
    ASSERT_LE(mid, Price(Decimal::from_parts(btc ? 11127650 : 435585, 2)));
  }
  EXPECT_EQ(books, facts.books);
  EXPECT_EQ(last, facts.last);
  EXPECT_GT(longest, Dur::seconds(30)) << "the gap of the recording";
  EXPECT_EQ(traded.decimal().rounded(1, Rounding::HalfUp), Decimal::from_parts(btc ? 241 : 5001, 1));
}

INSTANTIATE_TEST_SUITE_P(Gateio, RealRecordingTest, ::testing::Values("BTC/USDT", "ETH/USDT"));

}  // namespace
}  // namespace dn::sim

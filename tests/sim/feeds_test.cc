// The markets: synthetic and recorded.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sim/replay.h"
#include "sim/synthetic.h"

namespace dn::sim {
namespace {

SyntheticFeed feed(std::uint64_t seed, bool one_venue = false) {
  const Symbol btc = *symbol_from("BTC/USDT");
  const Venue sell = one_venue ? Venue::MexcSpot : Venue::GateioSpot;
  return SyntheticFeed({seed, Time{1'000'000}, {*paper_instrument(Venue::MexcSpot, btc), *paper_instrument(sell, btc)}, one_venue});
}

std::string show(const MarketEvent& e) {
  std::string out = std::to_string(e.at.us) + (e.for_buy_leg ? "b" : "") + (e.for_sell_leg ? "s" : "");
  if (const auto* t = std::get_if<PublicTrade>(&e.what)) return out + " trade " + t->price.str() + " " + t->qty.str();
  for (const Level& l : std::get<Book>(e.what).bids) out += " " + l.price.str() + "x" + l.qty.str();
  return out;
}

TEST(Synthetic, BooksAreNeverCrossedStandOnTheirTicksAndTimeNeverGoesBack) {
  for (const bool one_venue : {false, true}) {
    SyntheticFeed f = feed(3, one_venue);
    Time last;
    PerSide<Time> last_of;
    for (int i = 0; i < 20'000; ++i) {
      const MarketEvent e = *f.next();
      Time& mine = e.for_buy_leg ? last_of.buy : last_of.sell;
      ASSERT_GE(e.at, mine);
      mine = e.at;
      const Price tick = e.for_buy_leg || one_venue ? Price(Decimal::from_parts(1, 2)) : Price(Decimal::from_parts(1, 1));
      if (const auto* b = std::get_if<Book>(&e.what)) {
        ASSERT_LT(b->bids.front().price, b->asks.front().price);
        for (const Level& l : b->bids) ASSERT_TRUE(l.price.is_multiple_of(tick) && l.qty.is_positive());
        for (std::size_t k = 1; k < b->asks.size(); ++k) ASSERT_LT(b->asks[k - 1].price, b->asks[k].price);
      } else {
        ASSERT_TRUE(std::get<PublicTrade>(e.what).price.is_multiple_of(tick));
      }
    }
  }
}

TEST(Synthetic, TheSameSeedIsTheSameMarket) {
  SyntheticFeed a = feed(9);
  SyntheticFeed b = feed(9);
  SyntheticFeed c = feed(10);
  int differs = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string of_a = show(*a.next());
    EXPECT_EQ(of_a, show(*b.next()));
    differs += of_a == show(*c.next()) ? 0 : 1;
  }
  EXPECT_GT(differs, 1000);
}

class Replay : public ::testing::Test {
 protected:
  Replay() : dir_(std::filesystem::temp_directory_path() / ("dn-replay-" + std::to_string(::getpid()))) { std::filesystem::create_directories(dir_); }
  ~Replay() override { std::filesystem::remove_all(dir_); }
  Expected<std::unique_ptr<ReplayFeed>, ReplayError> open(const std::string& books, const std::string& trades) {
    std::ofstream(dir_ / "orderbooks_A_B.csv") << books;
    std::ofstream(dir_ / "trades_A_B.csv") << trades;
    return ReplayFeed::open(dir_.string(), *symbol_from("A/B"));
  }
  static constexpr const char* kBooks = "timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,ask_price_1,ask_size_1\n";
  static constexpr const char* kTrades = "timestamp,price,size,side\n";
  std::filesystem::path dir_;
};

TEST_F(Replay, ReadsWhatRealRecordingsHave) {
  auto f = open(std::string(kBooks) + "2.5,10,1,11,9e-06,9,2,,\r\n1.000001,10,1,11,1,9,2,12,2,\n3,12,1,11,1,,,,\n",
                std::string(kTrades) + "2.5000009,10.25,4.8e-05,sell\n");
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ((*f)->facts().books, 2);
  EXPECT_EQ((*f)->facts().skipped_books, 1) << "the crossed one";
  EXPECT_EQ((*f)->facts().price_places, 2);
  EXPECT_EQ((*f)->facts().size_places, 6);
  EXPECT_EQ((*f)->next()->at, Time{1'000'001}) << "put in order";
  const auto second = (*f)->next();
  EXPECT_TRUE(std::holds_alternative<PublicTrade>(second->what)) << "at one time the trade comes before the book";
  EXPECT_EQ(second->at, Time{2'500'000}) << "to the microsecond below";
  const auto third = (*f)->next();
  EXPECT_EQ(std::get<Book>(third->what).asks.size(), 1u);
  EXPECT_EQ(std::get<Book>(third->what).asks[0].qty.str(), "0.000009");
  EXPECT_FALSE((*f)->next());
}

TEST_F(Replay, SaysWhereAFileIsWrong) {
  const auto message = [&](const std::string& books, const std::string& trades) {
    auto f = open(books, trades);
    return f ? std::string() : f.error().message;
  };
  EXPECT_NE(message(std::string(kBooks) + "1,10,x,11,1,,,,\n", kTrades).find("orderbooks_A_B.csv:2:6: size \"x\""), std::string::npos);
  EXPECT_NE(message(std::string(kBooks) + "1,10,-1,11,1,,,,\n", kTrades).find(":2:6:"), std::string::npos);
  EXPECT_NE(message(kBooks, std::string(kTrades) + "1,1,1,both\n").find("trades_A_B.csv:2:7:"), std::string::npos);
  EXPECT_NE(message("a,b\n", kTrades).find("no column \"timestamp\""), std::string::npos);
  EXPECT_NE(message(kBooks, kTrades).find("no usable book"), std::string::npos);
  EXPECT_NE(message("", kTrades).find("header"), std::string::npos);
}

TEST(ReplayOfTheRealRecording, HasWhatItsDescriptionSays) {
  const char* given = std::getenv("DN_TEST_DATA");
  const std::filesystem::path data = given != nullptr ? given : DN_SOURCE_DIR "/../shared/data";
  const auto recording = data / "gateio-spot-2025-09-03";
  if (!std::filesystem::exists(recording)) GTEST_SKIP() << recording << " is not here; set DN_TEST_DATA";
  auto f = ReplayFeed::open(recording.string(), *symbol_from("BTC/USDT"));
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ((*f)->facts().books + (*f)->facts().skipped_books, 1658);
  EXPECT_EQ((*f)->facts().trades, 606);
  EXPECT_EQ((*f)->facts().price_places, 1);
  Qty traded;
  while (const auto e = (*f)->next()) {
    if (const auto* t = std::get_if<PublicTrade>(&e->what)) traded += t->qty;
  }
  EXPECT_EQ(traded.decimal().rounded(1, Rounding::HalfUp), Decimal::from_parts(241, 1));
}

}  // namespace
}  // namespace dn::sim

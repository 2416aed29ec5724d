// Reading a list by windows of time: every row is found, or it is said that some cannot be.
#include "venues/mexc/windows.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace dn::venues::mexc {
namespace {

constexpr std::size_t kPage = 100;
const Time kNow{1'700'000'000'000'000};

// A venue's way with a list: which of the rows that fit it shows, what it chooses by, and what rows say of their time.
struct Venue {
  bool newest_first = true;
  bool chooses_by_second = false;
  bool says_seconds = true;
};

Time second_of(Time t) { return Time{t.us / 1'000'000 * 1'000'000}; }

// How many of the rows were seen; nullopt when the reader gave up.
std::optional<std::size_t> read(const std::vector<Time>& rows, Time since, const Venue& venue) {
  Windows windows(80);
  windows.begin(since, kNow);
  std::set<std::size_t> seen;
  while (!windows.done()) {
    std::vector<std::size_t> page;
    for (std::size_t i = 0; i < rows.size() && page.size() < kPage; ++i) {
      const std::size_t row = venue.newest_first ? rows.size() - 1 - i : i;
      const Time chosen = venue.chooses_by_second ? second_of(rows[row]) : rows[row];
      if (windows.current().from <= chosen && chosen <= windows.current().to) page.push_back(row);
    }
    seen.insert(page.begin(), page.end());
    Time first = Time::never();
    Time last{};
    for (const std::size_t row : page) {
      const Time said = venue.says_seconds ? second_of(rows[row]) : rows[row];
      first = std::min(first, said);
      last = std::max(last, said);
    }
    if (!windows.next(page.size() == kPage, first, last)) return std::nullopt;
  }
  return seen.size();
}

std::vector<Time> rows_within(std::mt19937& random, int count, Dur spread) {
  std::vector<Time> rows;
  for (int i = 0; i < count; ++i) rows.push_back(kNow - Dur::millis(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(spread.us / 1'000))));
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(MexcWindows, EveryRowIsFoundHoweverTheVenueSortsAndRounds) {
  std::mt19937 random(5);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  for (int i = 0; i < 150; ++i) {
    const Dur spread = Dur::seconds(i % 3 == 0 ? 3 : i % 3 == 1 ? 20 : 200);
    const auto rows = rows_within(random, 100 + static_cast<int>(random() % 800), spread);
    for (const Time since : {second_of(kNow - spread), kNow - spread - Dur::hours(24)}) {
      for (const bool newest_first : {true, false}) {
        for (const bool says_seconds : {true, false}) {
          EXPECT_EQ(read(rows, since, {newest_first, false, says_seconds}), rows.size()) << i << " " << newest_first << " " << says_seconds;
        }
        // A venue that chooses by the second shows no more than a page of it.
        const auto told = read(rows, since, {newest_first, true, true});
        EXPECT_EQ(told.value_or(rows.size()), rows.size());
        EXPECT_TRUE(told || spread < Dur::seconds(20));
      }
    }
  }
}

TEST(MexcWindows, TheSecondThatIsAskedFromMayHideRowsOfItsOwn) {
  std::vector<Time> rows;
  for (int i = 0; i < 150; ++i) rows.push_back(kNow - Dur::seconds(5) + Dur::millis(i));
  EXPECT_EQ(read(rows, kNow - Dur::seconds(5), {true, false, true}), 150U);
}

TEST(MexcWindows, AMomentThatFillsAPageAloneCannotBeTold) {
  EXPECT_EQ(read(std::vector<Time>(100, kNow - Dur::seconds(5)), kNow - Dur::hours(1), {}), std::nullopt);
  EXPECT_EQ(read(std::vector<Time>(99, kNow - Dur::seconds(5)), kNow - Dur::hours(1), {}), 99U);
}

}  // namespace
}  // namespace dn::venues::mexc

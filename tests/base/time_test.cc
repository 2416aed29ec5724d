#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ctime>
#include <limits>
#include <string>
#include <vector>

namespace dn {
namespace {

TEST(Rfc3339, KnownInstants) {
  const std::vector<std::pair<std::int64_t, std::string>> cases = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {1, "1970-01-01T00:00:00.000001Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {951'782'400'000'000, "2000-02-29T00:00:00.000000Z"},  // a century that is a leap year
      {951'868'800'000'000, "2000-03-01T00:00:00.000000Z"},
      {4'107'542'399'000'000, "2100-02-28T23:59:59.000000Z"},  // a century that is not
      {4'107'542'400'000'000, "2100-03-01T00:00:00.000000Z"},
      {1'709'164'800'000'000, "2024-02-29T00:00:00.000000Z"},
      {1'735'689'599'999'999, "2024-12-31T23:59:59.999999Z"},
      {1'735'689'600'000'000, "2025-01-01T00:00:00.000000Z"},
      {-2'208'988'800'000'000, "1900-01-01T00:00:00.000000Z"},
      {-62'135'596'800'000'000, "0001-01-01T00:00:00.000000Z"},
      {253'402'300'799'999'999, "9999-12-31T23:59:59.999999Z"},
  };
  for (const auto& [us, text] : cases) EXPECT_EQ(rfc3339(Time{us}), text);
}

TEST(Rfc3339, TakesEveryTime) {
  EXPECT_FALSE(rfc3339(Time::never()).empty());
  EXPECT_FALSE(rfc3339(Time{std::numeric_limits<std::int64_t>::min()}).empty());
}

RC_GTEST_PROP(Rfc3339, AgreesWithTheCLibrary, ()) {
  const auto us = *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'800'000'000);
  const std::time_t seconds = (us - (us % 1'000'000 + 1'000'000) % 1'000'000) / 1'000'000;
  std::tm parts{};
  RC_ASSERT(gmtime_r(&seconds, &parts) != nullptr);
  std::string text(20, '\0');
  text.resize(std::strftime(text.data(), text.size(), "T%H:%M:%S", &parts));
  const std::string printed = rfc3339(Time{us});
  RC_ASSERT(printed.size() == 27U);
  RC_ASSERT(std::stoi(printed.substr(0, 4)) == parts.tm_year + 1900);
  RC_ASSERT(std::stoi(printed.substr(5, 2)) == parts.tm_mon + 1);
  RC_ASSERT(std::stoi(printed.substr(8, 2)) == parts.tm_mday);
  RC_ASSERT(printed.substr(10, 9) == text);
}

TEST(Duration, ReadsWhatPeopleWrite) {
  const std::vector<std::pair<std::string, std::int64_t>> cases = {
      {"250ms", 250'000},     {"2s", 2'000'000}, {"1.5s", 1'500'000}, {"5m", 300'000'000}, {"4h", 14'400'000'000},
      {"1d", 86'400'000'000}, {"40us", 40},      {"0s", 0},           {"0.000001s", 1},    {"3650d", 3650LL * 86'400'000'000},
      {"0.0000001d", 8640},
  };
  for (const auto& [text, us] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.has_value()) << text << " " << parsed.error();
    EXPECT_EQ(parsed->us, us) << text;
  }
}

TEST(Duration, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "a number and a unit"},
      {"5", "a number and a unit"},
      {"ms", "a number and a unit"},
      {"-5s", "a number and a unit"},
      {" 5s", "a number and a unit"},
      {"5 s", "unknown unit"},
      {"5S", "unknown unit"},
      {"5min", "unknown unit"},
      {"5s ", "unknown unit"},
      {"1e3s", "unknown unit"},
      {".5s", "not a decimal"},
      {"1.s", "not a decimal"},
      {"1.2.3s", "not a decimal"},
      {"0.5us", "finer than a microsecond"},
      {"0.0000005s", "finer than a microsecond"},
      {"3651d", "longer than ten years"},
      {"99999999999999999999d", "longer than ten years"},
      {"1000000000000000000000000d", "more digits"},
      {std::string(50, '9') + "s", "more digits"},
  };
  for (const auto& [text, why] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_NE(parsed.error().find(why), std::string::npos) << text << ": " << parsed.error();
  }
}

TEST(Duration, PrintsTheShortestExactForm) {
  EXPECT_EQ(format_duration(Dur{}), "0s");
  EXPECT_EQ(format_duration(Dur::millis(1500)), "1500ms");
  EXPECT_EQ(format_duration(Dur::seconds(2)), "2s");
  EXPECT_EQ(format_duration(Dur::seconds(90)), "90s");
  EXPECT_EQ(format_duration(Dur::seconds(120)), "2m");
  EXPECT_EQ(format_duration(Dur::hours(24)), "1d");
  EXPECT_EQ(format_duration(Dur::micros(7)), "7us");
  EXPECT_EQ(format_duration(Dur::seconds(-2)), "-2s");
}

RC_GTEST_PROP(Duration, RoundTrips, ()) {
  const Dur d{*rc::gen::inRange<std::int64_t>(0, 3650LL * 86'400'000'000 + 1)};
  const auto back = parse_duration(format_duration(d));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == d);
}

TEST(Time, CountsInMicroseconds) {
  EXPECT_EQ(Time{5} + Dur{3}, Time{8});
  EXPECT_EQ(Time{5} - Dur{3}, Time{2});
  EXPECT_EQ(Time{5} - Time{3}, Dur{2});
  EXPECT_EQ(Dur::seconds(1) * 3, Dur::millis(3000));
  EXPECT_EQ(Dur::minutes(60), Dur::hours(1));
  EXPECT_LT(Time{1}, Time::never());
  EXPECT_TRUE(Time::never().is_never());
}

}  // namespace
}  // namespace dn

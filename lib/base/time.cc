#include "base/time.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>

#include "base/decimal.h"

namespace dn {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t us;
};
constexpr std::array<Unit, 6> kUnits{{{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1000}, {"us", 1}}};
constexpr std::int64_t kTenYearsUs = 3650LL * 86'400'000'000;

struct Civil {
  std::int64_t year;
  int month;
  int day;
};

// From days since 1970-01-01 to a date of the proleptic Gregorian calendar (years counted from March, 400-year eras).
Civil civil_from_days(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1);
  const int month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

std::string rfc3339(Time t) {
  constexpr std::int64_t kDayUs = 86'400'000'000;
  std::int64_t days = t.us / kDayUs;
  std::int64_t rest = t.us % kDayUs;
  if (rest < 0) {
    rest += kDayUs;
    --days;
  }
  const Civil c = civil_from_days(days);
  const std::int64_t seconds = rest / 1'000'000;
  return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z"), c.year, c.month, c.day, seconds / 3600, seconds / 60 % 60, seconds % 60,
                     rest % 1'000'000);
}

Expected<Dur, std::string> parse_duration(std::string_view text) {
  const auto unit_at = text.find_first_not_of("0123456789.");
  if (text.empty() || unit_at == 0 || unit_at == std::string_view::npos) {
    return Unexpected{std::string("needs a number and a unit, as in \"250ms\", \"2s\", \"5m\" or \"4h\"")};
  }
  const auto number = Decimal::parse(text.substr(0, unit_at));
  if (!number) return Unexpected{fmt::format("the number {}", describe(number.error()))};
  for (const Unit& unit : kUnits) {
    if (unit.name != text.substr(unit_at)) continue;
    if (!number->within(20, 12)) return Unexpected{std::string("has more digits than ten years in microseconds need")};
    const Decimal us = *number * Decimal(unit.us);
    if (us > Decimal(kTenYearsUs)) return Unexpected{std::string("is longer than ten years")};
    if (!us.is_multiple_of(Decimal(1))) return Unexpected{std::string("is finer than a microsecond")};
    return Dur{static_cast<std::int64_t>(us.normalized().mantissa())};
  }
  return Unexpected{std::string("has an unknown unit; write us, ms, s, m, h or d")};
}

std::string format_duration(Dur d) {
  if (d.us == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (d.us % unit.us == 0) return fmt::format("{}{}", d.us / unit.us, unit.name);
  }
  return fmt::format("{}us", d.us);
}

}  // namespace dn

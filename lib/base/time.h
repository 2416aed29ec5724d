// Points in time and durations as data: whole microseconds. Nothing in this file reads a clock.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace dn {

struct Dur {
  std::int64_t us = 0;

  static constexpr Dur micros(std::int64_t n) { return {n}; }
  static constexpr Dur millis(std::int64_t n) { return {n * 1000}; }
  static constexpr Dur seconds(std::int64_t n) { return {n * 1'000'000}; }
  static constexpr Dur minutes(std::int64_t n) { return {n * 60'000'000}; }
  static constexpr Dur hours(std::int64_t n) { return {n * 3'600'000'000}; }

  friend constexpr Dur operator+(Dur a, Dur b) { return {a.us + b.us}; }
  friend constexpr Dur operator-(Dur a, Dur b) { return {a.us - b.us}; }
  friend constexpr Dur operator*(Dur a, std::int64_t n) { return {a.us * n}; }
  friend constexpr auto operator<=>(Dur a, Dur b) = default;
};

// Microseconds since 1970-01-01T00:00:00Z.
struct Time {
  std::int64_t us = 0;

  static constexpr Time never() { return {INT64_MAX}; }
  constexpr bool is_never() const { return us == INT64_MAX; }

  friend constexpr Time operator+(Time t, Dur d) { return {t.us + d.us}; }
  friend constexpr Time operator-(Time t, Dur d) { return {t.us - d.us}; }
  friend constexpr Dur operator-(Time a, Time b) { return {a.us - b.us}; }
  friend constexpr auto operator<=>(Time a, Time b) = default;
};

// "2026-01-31T23:59:59.000001Z", always with six decimals.
std::string rfc3339(Time t);

// Durations as people write them: "250ms", "2s", "1.5s", "5m", "4h", "1d", "40us".
// The unit is required; the value is not negative and has at most microsecond precision and 10 years.
// The error is the reason, for the user.
Expected<Dur, std::string> parse_duration(std::string_view text);
// The shortest exact form: "1500ms", "2s", "0s".
std::string format_duration(Dur d);

}  // namespace dn

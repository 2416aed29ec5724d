#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/svg.h"
#include "base/check.h"

namespace dn::app {
namespace {

constexpr int kFinestPlaces = 18;
constexpr int kFractionPlaces = 9;  // of a picture's width: far finer than a tenth of a pixel
constexpr std::size_t kLongestLabel = 9;

// The smallest of 1, 2, 5, 10, ... of which at most `most` fit into the span.
Decimal round_step(const Decimal& span, int most) {
  Decimal unit = Decimal::from_parts(1, kFinestPlaces);
  for (;;) {
    for (const int factor : {1, 2, 5}) {
      const Decimal step = unit * Decimal(factor);
      if (step * Decimal(most) >= span) return step.normalized();
    }
    unit = (unit * Decimal(10)).normalized();
  }
}

// `whole` of the way, in tenths of a pixel.
Px part_of(const Decimal& part, const Decimal& whole, Px first, Px last) {
  const Decimal fraction = part.divided_by(whole, kFractionPlaces, Rounding::HalfUp);
  const Decimal way = (fraction * Decimal(last - first)).rounded(0, Rounding::HalfUp);
  return first + static_cast<Px>(way.normalized().mantissa());
}

// log2 of a number above zero in 2^-16ths: squared again and again, each square tells one bit.
std::int64_t log2_fixed(std::uint64_t n) {
  DN_CHECK(n > 0, "the logarithm of nothing");
  constexpr int kBits = 16;
  int whole = 63;
  while ((n >> static_cast<unsigned>(whole)) == 0) --whole;
  std::uint64_t x = whole >= 31 ? n >> static_cast<unsigned>(whole - 31) : n << static_cast<unsigned>(31 - whole);  // 1 to 2, in 2^-31ths
  std::int64_t out = whole;
  for (int bit = 0; bit < kBits; ++bit) {
    x = (x * x) >> 31U;
    out *= 2;
    if (x >> 32U != 0) {
      x >>= 1U;
      ++out;
    }
  }
  return out;
}

constexpr std::array<std::int64_t, 31> kTimeSteps{
    1,         2,          5,          10,         20,         50,          100,         200,           500,          1'000,     2'000,
    5'000,     10'000,     15'000,     30'000,     60'000,     120'000,     300'000,     600'000,       900'000,      1'800'000, 3'600'000,
    7'200'000, 10'800'000, 21'600'000, 43'200'000, 86'400'000, 172'800'000, 604'800'000, 1'209'600'000, 2'592'000'000};  // ms

std::string time_label(Time t, std::int64_t step_ms, bool days) {
  const std::string full = rfc3339(t);  // 2026-01-31T23:59:59.000001Z
  if (step_ms >= 86'400'000) return full.substr(0, 10);
  if (days) return full.substr(5, 5) + " " + full.substr(11, 5);
  if (step_ms >= 60'000) return full.substr(11, 5);
  if (step_ms >= 1'000) return full.substr(11, 8);
  return full.substr(11, 12);
}

}  // namespace

Scale::Scale(const Decimal& low, const Decimal& high, int ticks, Px first, Px last) : low_(low), high_(high), first_(first), last_(last) {
  if (high_ <= low_) {
    const Decimal room = low_.is_zero() ? Decimal(1) : low_.abs() * Decimal::from_parts(1, 1);
    high_ = low_ + room;
    low_ = low_ - room;
  }
  step_ = round_step(high_ - low_, ticks);
  low_ = low_.floor_to(step_);
  high_ = high_.ceil_to(step_);
}

Px Scale::at(const Decimal& value) const { return part_of(min(max(value, low_), high_) - low_, high_ - low_, first_, last_); }

std::vector<Decimal> Scale::ticks() const {
  std::vector<Decimal> out;
  for (Decimal t = low_; t <= high_; t += step_) out.push_back(t.normalized());
  return out;
}

std::string tick_label(const Decimal& value) {
  std::string plain = value.str();
  if (plain.size() <= kLongestLabel) return plain;
  const Decimal n = value.abs().normalized();
  // The digits without the zeros at either end, and what the first of them is worth.
  std::string all = n.str();
  const auto point = all.find('.');
  const auto first = all.find_first_not_of("0.");
  if (first == std::string::npos) return plain;
  const auto ones = static_cast<std::int64_t>(point == std::string::npos ? all.size() : point) - 1;
  const auto at = static_cast<std::int64_t>(first);
  const std::int64_t exponent = at < ones + 1 ? ones - at : ones + 1 - at;
  std::erase(all, '.');
  std::string digits = all.substr(all.find_first_not_of('0'));
  digits.erase(digits.find_last_not_of('0') + 1);
  digits = digits.substr(0, 3);
  if (digits.size() > 1) digits.insert(1, ".");
  return fmt::format("{}{}e{}", value.is_negative() ? "-" : "", digits, exponent);
}

TimeScale::TimeScale(Time from, Time to, Px first, Px last) : from_(from), to_(to > from ? to : from + Dur::seconds(1)), first_(first), last_(last) {}

Px TimeScale::at(Time t) const { return part_of(Decimal((std::clamp(t, from_, to_) - from_).us), Decimal((to_ - from_).us), first_, last_); }

std::vector<TimeTick> TimeScale::ticks() const {
  const std::int64_t span_ms = std::max<std::int64_t>(1, (to_ - from_).us / 1'000);
  const bool days = rfc3339(from_).substr(0, 10) != rfc3339(to_).substr(0, 10);
  const Px room = text_width(days ? "01-31 23:59" : (span_ms < 8'000 ? "23:59:59.123" : "23:59:59")) + px(14);
  const std::int64_t most = std::max<std::int64_t>(1, (last_ - first_) / room);
  std::int64_t step_ms = kTimeSteps.back();
  for (const std::int64_t s : kTimeSteps) {
    if (span_ms / s <= most) {
      step_ms = s;
      break;
    }
  }
  while (span_ms / step_ms > most) step_ms *= 2;
  const std::int64_t step = step_ms * 1'000;
  std::vector<TimeTick> out;
  for (std::int64_t us = (from_.us + step - 1) / step * step; us <= to_.us; us += step) out.push_back({Time{us}, time_label(Time{us}, step_ms, days)});
  return out;
}

LogScale::LogScale(std::int64_t low, std::int64_t high, Px first, Px last) : first_(first), last_(last) {
  constexpr std::int64_t kMost = INT64_MAX / 100;
  while (low_ <= low / 10 && low_ < kMost / 10) low_ *= 10;
  high_ = low_ * 10;
  while (high_ < high && high_ < kMost) high_ *= 10;
}

Px LogScale::at(std::int64_t value) const {
  const auto log = [](std::int64_t n) { return log2_fixed(static_cast<std::uint64_t>(n)); };
  const std::int64_t v = std::clamp(value, low_, high_);
  return first_ + (last_ - first_) * (log(v) - log(low_)) / (log(high_) - log(low_));
}

std::vector<std::int64_t> LogScale::ticks() const {
  std::vector<std::int64_t> out;
  for (std::int64_t t = low_; t <= high_; t *= 10) out.push_back(t);
  return out;
}

}  // namespace dn::app

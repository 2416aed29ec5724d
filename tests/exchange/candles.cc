#include "candles.h"

#include <algorithm>
#include <iterator>

namespace dn::exchange {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86400;
constexpr Dur kGrain = Dur::seconds(10);
constexpr std::size_t kGrainsKept = 4 * 8640;  // four busy days

struct YearMonth {
  std::int64_t year = 1970;
  std::int64_t month = 0;  // January is 0
};

bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

std::int64_t days_in(const YearMonth& m) {
  if (m.month == 1) return is_leap(m.year) ? 29 : 28;
  return m.month == 3 || m.month == 5 || m.month == 8 || m.month == 10 ? 30 : 31;
}

void merge(Candle& into, const Candle& grain) {
  into.high = max(into.high, grain.high);
  into.low = min(into.low, grain.low);
  into.close = grain.close;
  into.volume += grain.volume;
  into.quote += grain.quote;
}

// Without trades: where the one before it closed.
Candle flat(Time start, Price close) { return {start, close, close, close, close, {}, {}}; }

}  // namespace

Decimal Candle::change_rate() const {
  if (open.is_zero()) return {};
  return (close - open).decimal().divided_by(open.decimal(), 4, Rounding::HalfUp).normalized();
}

Time Period::floor(Time t) const {
  const std::int64_t s = t.us / kSecond;
  if (month) {
    std::int64_t first = 0;  // day of the month's first, since 1970
    for (YearMonth m;; m = m.month == 11 ? YearMonth{m.year + 1, 0} : YearMonth{m.year, m.month + 1}) {
      if (first + days_in(m) > s / kDay) return {first * kDay * kSecond};
      first += days_in(m);
    }
  }
  // 1970 began on a Thursday, three days after a Monday.
  const std::int64_t shift = week ? 3 * kDay : 0;
  return {((s + shift) / seconds * seconds - shift) * kSecond};
}

Time Period::next(Time start) const { return month ? floor(start + Dur::hours(24 * 31)) : start + Dur::seconds(seconds); }

void Candles::add(Time t, Price price, Qty qty) {
  const Time start = Period{kGrain.us / kSecond}.floor(t);
  const Candle one{start, price, price, price, price, qty, price * qty};
  if (!grains_.empty() && grains_.back().start >= start) {
    merge(grains_.back(), one);
  } else {
    grains_.push_back(one);
    if (grains_.size() > kGrainsKept) grains_.pop_front();
  }
}

Candles::Grains::const_iterator Candles::at_or_after(Time t) const {
  return std::partition_point(grains_.cbegin(), grains_.cend(), [t](const Candle& grain) { return grain.start < t; });
}

std::vector<Candle> Candles::list(const Period& period, Time from, Time until, std::size_t most) const {
  std::vector<Candle> out;
  if (grains_.empty() || most == 0) return out;
  // What lies too far back to be among the newest is left out from the start.
  const std::int64_t reach = (static_cast<std::int64_t>(most) + 1) * std::max<std::int64_t>(period.seconds, 10);
  const Time first = period.month ? from : std::max(from, Time{std::max<std::int64_t>(0, until.us - reach * kSecond)});
  Time at = period.floor(grains_.front().start);
  Price close = grains_.front().open;
  auto grain = grains_.cbegin();
  if (first > at) {
    at = period.floor(first);
    if (at < first) at = period.next(at);
    grain = at_or_after(at);
    if (grain != grains_.cbegin()) close = std::prev(grain)->close;
  }
  for (; at <= until; at = period.next(at)) {
    const Time end = period.next(at);
    Candle c = flat(at, close);
    for (bool any = false; grain != grains_.cend() && grain->start < end; ++grain, any = true) {
      if (!any) c = {at, grain->open, grain->open, grain->open, grain->open, {}, {}};
      merge(c, *grain);
    }
    close = c.close;
    out.push_back(c);
  }
  if (out.size() > most) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
  return out;
}

Candle Candles::current(const Period& period, Time now) const {
  const std::vector<Candle> one = list(period, period.floor(now), now, 1);
  return one.empty() ? flat(period.floor(now), {}) : one.back();
}

Candle Candles::day(Time now) const {
  const Time since = now - Dur::hours(24);
  auto grain = at_or_after(since);
  if (grains_.empty()) return flat(since, {});
  Candle out = flat(since, grain == grains_.cbegin() ? grain->open : std::prev(grain)->close);
  for (; grain != grains_.cend(); ++grain) merge(out, *grain);
  return out;
}

}  // namespace dn::exchange

#include "model/portfolio.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace dn {
namespace {

constexpr int kDigits = 15;  // as amounts of a task
constexpr int kPlaces = 12;
constexpr std::int64_t kMostFraction = 10;
constexpr std::int64_t kMostTasks = 100'000;

Expected<Decimal, std::string> read_positive(std::string_view text) {
  const auto d = Decimal::parse(text);
  if (!d) return Unexpected{fmt::format("\"{}\" {}; write a plain decimal such as 0.25", printable_excerpt(text), describe(d.error()))};
  if (!d->is_positive()) return Unexpected{fmt::format("{} is not above zero; write a positive amount", d->str())};
  if (!d->within(kDigits, kPlaces)) {
    return Unexpected{fmt::format("{} has too many digits; write at most {} in all and {} behind the point", printable_excerpt(text), kDigits, kPlaces)};
  }
  return *d;
}

Expected<Rate, std::string> read_fraction(std::string_view text) {
  const auto d = read_positive(text);
  if (!d) return Unexpected{d.error()};
  if (*d > Decimal(kMostFraction)) return Unexpected{fmt::format("{} is more than {} times the capital; it is a fraction, as in 0.1", d->str(), kMostFraction)};
  return Rate(*d);
}

template <class A>
std::optional<A> lower(const std::optional<A>& a, const std::optional<A>& b) {
  if (!a || !b) return a ? a : b;
  return min(*a, *b);
}

}  // namespace

const std::vector<KeyInfo>& portfolio_keys() {
  using T = KeyType;
  static const std::vector<KeyInfo> keys{
      {"capital", T::Decimal, true, "decimal > 0, quote", "what the fractions are of; required"},
      {"max_exposure_per_symbol", T::Decimal, true, "decimal > 0, fraction of capital", "value of both sides of all tasks of a symbol (default: no limit)"},
      {"max_total_exposure", T::Decimal, true, "decimal > 0, fraction of capital", "value of both sides of all tasks (default: no limit)"},
      {"max_loss", T::Decimal, true, "decimal > 0, quote", "halt all tasks when their realised + marked loss exceeds this (default: no limit)"},
      {"max_concurrent_tasks", T::Integer, true, "whole number >= 1", "how many tasks run at a time (default: no limit)"},
  };
  return keys;
}

Expected<void, std::string> set_portfolio_key(PortfolioSpec& spec, std::string_view key, std::string_view value) {
  if (key == "max_concurrent_tasks") {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (error != std::errc() || end != value.data() + value.size() || n < 1 || n > kMostTasks) {
      return Unexpected{fmt::format("\"{}\" is not a whole number from 1 to {}", printable_excerpt(value), kMostTasks)};
    }
    spec.max_concurrent_tasks = n;
    return {};
  }
  if (key == "max_exposure_per_symbol" || key == "max_total_exposure") {
    const auto fraction = read_fraction(value);
    if (!fraction) return Unexpected{fraction.error()};
    (key == "max_total_exposure" ? spec.max_total_exposure : spec.max_exposure_per_symbol) = *fraction;
    return {};
  }
  const auto amount = read_positive(value);
  if (!amount) return Unexpected{amount.error()};
  if (key == "capital") {
    spec.capital = Money(*amount);
  } else if (key == "max_loss") {
    spec.max_loss = Money(*amount);
  } else {
    return Unexpected{std::string("is not a key of the portfolio")};
  }
  return {};
}

PortfolioLimits limits_of(const PortfolioSpec& spec, const Asset& quote) {
  const auto part = [&](const std::optional<Rate>& of) { return of ? std::optional(Money((spec.capital * *of).decimal().normalized())) : std::nullopt; };
  return {quote, spec.capital, part(spec.max_exposure_per_symbol), part(spec.max_total_exposure), spec.max_loss, spec.max_concurrent_tasks};
}

PortfolioLimits stricter(const PortfolioLimits& a, const PortfolioLimits& b) {
  PortfolioLimits out = b;
  out.per_symbol = lower(a.per_symbol, b.per_symbol);
  out.total = lower(a.total, b.total);
  out.max_loss = lower(a.max_loss, b.max_loss);
  if (a.max_tasks > 0 && (b.max_tasks == 0 || a.max_tasks < b.max_tasks)) out.max_tasks = a.max_tasks;
  return out;
}

Money held_value(const LegTotals& leg) {
  constexpr int kScale = 8;
  if (!leg.filled.is_positive() || !leg.traded.is_positive()) return {};
  if (leg.filled == leg.traded) return leg.traded_quote;
  const Price average = average_price(leg.traded_quote, leg.traded, 12, Rounding::Up);
  return Money((average * leg.filled).decimal().rounded(kScale, Rounding::Up).normalized());
}

}  // namespace dn

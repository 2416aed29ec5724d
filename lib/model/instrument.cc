#include "model/instrument.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace dn {
namespace {

struct VenueNames {
  Venue venue;
  std::string_view name;
  std::string_view shown;
};
constexpr std::array kVenues{
#define DN_VENUE_ROW(id, text, shown) VenueNames{Venue::id, text, shown},
    DN_VENUES(DN_VENUE_ROW)
#undef DN_VENUE_ROW
};

bool is_asset(std::string_view text) {
  return !text.empty() && Asset::fits(text) && std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

}  // namespace

std::string_view name(Venue v) { return kVenues[static_cast<std::size_t>(v)].name; }
std::string_view short_name(Venue v) { return kVenues[static_cast<std::size_t>(v)].shown; }

std::optional<Venue> venue_from(std::string_view text) {
  for (const VenueNames& v : kVenues) {
    if (v.name == text) return v.venue;
  }
  return std::nullopt;
}

std::string venue_list() {
  std::string out;
  for (std::size_t i = 0; i < kVenues.size(); ++i) {
    if (i > 0) out += i + 1 == kVenues.size() ? " or " : ", ";
    out += kVenues[i].name;
  }
  return out;
}

const std::vector<std::string>& venue_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const VenueNames& v : kVenues) out.emplace_back(v.name);
    return out;
  }();
  return names;
}

std::string no_venue(std::string_view text) {
  std::string near = closest(text, venue_names());
  const auto begins = [&](const std::string& name) { return !text.empty() && name.starts_with(text); };
  if (near.empty() && std::ranges::count_if(venue_names(), begins) == 1) near = *std::ranges::find_if(venue_names(), begins);
  return fmt::format("is not a venue; write {}{}", venue_list(), near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

std::optional<Symbol> symbol_from(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = text.substr(0, slash);
  const auto quote = text.substr(slash + 1);
  if (!is_asset(base) || !is_asset(quote) || base == quote) return std::nullopt;
  return Symbol{Asset(base), Asset(quote)};
}

Asset Instrument::fee_asset(Side side) const {
  switch (fee_in) {
    case FeeIn::Received: return kind == InstrumentKind::Spot && side == Side::Buy ? symbol.base : symbol.quote;
    case FeeIn::Token: return fee_token;
    case FeeIn::Quote: break;
  }
  return symbol.quote;
}

Rate Instrument::base_fee_rate(Side side) const {
  if (kind != InstrumentKind::Spot || !(fee_asset(side) == symbol.base)) return {};
  const Rate worse = max(maker_fee, taker_fee);
  return worse.is_positive() ? worse : Rate{};
}

Qty Instrument::min_tradable(Price price) const {
  Qty least = max(min_qty, step);
  if (min_notional.is_positive() && price.is_positive()) {
    // The step's own decimal places are enough: between them no multiple of the step is skipped.
    least = max(least, Qty(min_notional.decimal().divided_by(price.decimal(), step.decimal().scale(), Rounding::Up)));
  }
  return least.ceil_to(step);
}

std::optional<Qty> Instrument::max_tradable(Price price) const {
  std::optional<Qty> most = max_qty;
  if (max_notional && price.is_positive()) {
    const Qty by_notional(max_notional->decimal().divided_by(price.decimal(), step.decimal().scale(), Rounding::Down));
    most = most ? min(*most, by_notional) : by_notional;
  }
  if (most) *most = most->floor_to(step);
  return most;
}

Qty Instrument::to_qty(Contracts contracts) const { return Qty(contracts.decimal() * multiplier.decimal()); }

Contracts Instrument::to_contracts(Qty qty) const {
  DN_CHECK(multiplier.is_positive(), "contracts of a spot instrument");
  return Contracts(qty.decimal().divided_by(multiplier.decimal(), 12, Rounding::Zero).normalized());
}

Qty common_step(const Instrument& a, const Instrument& b) { return Qty(least_common_multiple(a.step.decimal(), b.step.decimal())); }

}  // namespace dn

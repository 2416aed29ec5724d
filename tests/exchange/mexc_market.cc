// MEXC's market data by REST.
#include <algorithm>

#include "mexc.h"

namespace dn::exchange {
namespace {

HttpReply invalid_symbol() { return mexc_error(400, -1121, "Invalid symbol."); }

std::string decimals(const Decimal& number, int places) { return number.str_padded(places); }

std::string symbol_json(Site& site, const Market& m) {
  const Instrument& r = m.rules;
  const bool by_api = site.exchange.settings().mexc_not_by_api.count(m.name) == 0;
  const std::string most = r.max_notional ? r.max_notional->str() : "0";
  Arr filters;
  if (r.price_band) {
    filters.raw(Obj().s("filterType", "PERCENT_PRICE_BY_SIDE").d("bidMultiplierUp", *r.price_band).d("askMultiplierDown", *r.price_band).str());
  }
  Obj o;
  o.s("symbol", m.name).s("status", m.status() == TradingStatus::Trading ? "1" : "2").s("baseAsset", m.base).n("baseAssetPrecision", m.size_places);
  o.s("quoteAsset", m.quote).n("quotePrecision", m.price_places).n("quoteAssetPrecision", m.price_places);
  o.n("baseCommissionPrecision", m.size_places).n("quoteCommissionPrecision", m.price_places);
  o.raw("orderTypes", R"(["LIMIT","MARKET","LIMIT_MAKER"])").b("isSpotTradingAllowed", by_api).b("isMarginTradingAllowed", false);
  o.d("quoteAmountPrecision", r.min_notional).d("baseSizePrecision", r.min_qty).raw("permissions", R"(["SPOT"])").raw("filters", filters.str());
  o.s("maxQuoteAmount", most).d("makerCommission", r.maker_fee).d("takerCommission", r.taker_fee).d("quoteAmountPrecisionMarket", r.min_notional);
  o.s("maxQuoteAmountMarket", most).s("fullName", m.base).n("tradeSideType", 1).s("contractAddress", "").b("st", false);
  return o.str();
}

std::string ticker_json(const Market& m) {
  const auto top = m.sim.top();
  Obj o;
  o.s("symbol", m.name).s("bidPrice", top ? top->bid.str() : "").s("bidQty", top ? top->bid_qty.str() : "");
  o.s("askPrice", top ? top->ask.str() : "").s("askQty", top ? top->ask_qty.str() : "");
  return o.str();
}

std::string price_json(const Market& m) { return Obj().s("symbol", m.name).s("price", decimals(m.last.decimal(), m.price_places)).str(); }

std::string side_json(const std::vector<sim::Level>& levels, std::size_t most, const Market& m) {
  Arr out;
  for (const sim::Level& l : levels) {
    if (most-- == 0) break;
    out.raw(Arr().s(decimals(l.price.decimal(), m.price_places)).s(l.qty.str()).str());
  }
  return out.str();
}

// One symbol, or all when none is named.
template <class Json1>
HttpReply one_or_all(Site& site, const MexcCall& c, const Json1& json) {
  if (c.params.has("symbol")) {
    const Market* m = site.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
    return m == nullptr ? invalid_symbol() : HttpReply{200, json(*m), {}};
  }
  Arr all;
  for (const Market* m : site.exchange.markets(Venue::MexcSpot)) all.raw(json(*m));
  return {200, all.str(), {}};
}

}  // namespace

HttpReply mexc_exchange_info(Site& site, const MexcCall& c) {
  std::string wanted = c.params.get("symbol") + "," + c.params.get("symbols") + ",";
  const bool all = wanted == ",,";
  Arr symbols;
  if (all) {
    for (const Market* m : site.exchange.markets(Venue::MexcSpot)) symbols.raw(symbol_json(site, *m));
  }
  for (auto comma = wanted.find(','); comma != std::string::npos; comma = wanted.find(',')) {
    const std::string name = wanted.substr(0, comma);
    wanted.erase(0, comma + 1);
    if (name.empty()) continue;
    const Market* m = site.exchange.market(Venue::MexcSpot, name);
    if (m == nullptr) return invalid_symbol();
    symbols.raw(symbol_json(site, *m));
  }
  Obj o;
  o.s("timezone", "CST").n("serverTime", site.exchange.venue_now().us / 1000).raw("rateLimits", "[]").raw("exchangeFilters", "[]");
  return {200, o.raw("symbols", symbols.str()).str(), {}};
}

HttpReply mexc_symbols(Site& site, bool own) {
  Arr list;
  for (const Market* m : site.exchange.markets(Venue::MexcSpot)) {
    if (!own || site.exchange.settings().mexc_not_by_api.count(m->name) == 0) list.s(m->name);
  }
  // Both spellings of success are met in the wild.
  if (own) return {200, Obj().n("code", 200).raw("data", list.str()).null("msg").str(), {}};
  return {200, Obj().raw("data", list.str()).n("code", 0).s("msg", "success").n("timestamp", site.exchange.venue_now().us / 1000).str(), {}};
}

HttpReply mexc_depth(Site& site, const MexcCall& c) {
  const Market* m = site.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
  if (m == nullptr) return invalid_symbol();
  const auto limit = c.params.has("limit") ? whole_from(c.params.get("limit")) : std::optional<std::int64_t>(100);
  if (!limit || *limit < 1 || *limit > 5000) return mexc_error(400, 33333, "param error");
  const auto most = static_cast<std::size_t>(*limit);
  Obj o;
  o.n("lastUpdateId", m->version).raw("bids", side_json(m->sim.book().bids, most, *m)).raw("asks", side_json(m->sim.book().asks, most, *m));
  return {200, o.n("timestamp", site.exchange.venue_now().us / 1000).str(), {}};
}

HttpReply mexc_book_ticker(Site& site, const MexcCall& c) { return one_or_all(site, c, ticker_json); }
HttpReply mexc_price(Site& site, const MexcCall& c) { return one_or_all(site, c, price_json); }

}  // namespace dn::exchange

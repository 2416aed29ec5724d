// What MEXC tells of trades by REST: lists of them, candles, statistics of a day.
#include <algorithm>
#include <array>

#include "mexc.h"

namespace dn::exchange {
namespace {

constexpr std::array<std::pair<std::string_view, Period>, 9> kIntervals{{{"1m", {60}},
                                                                         {"5m", {300}},
                                                                         {"15m", {900}},
                                                                         {"30m", {1800}},
                                                                         {"60m", {3600}},
                                                                         {"4h", {14400}},
                                                                         {"1d", {86400}},
                                                                         {"1W", {604800, true}},
                                                                         {"1M", {2592000, false, true}}}};

HttpReply invalid_symbol() { return mexc_error(400, -1121, "Invalid symbol."); }

// A limit of a list, 500 when none is named; nullopt when it is wrong.
std::optional<std::int64_t> limit_of(const Params& p) {
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(500);
  return limit && *limit >= 1 && *limit <= 1000 ? limit : std::nullopt;
}

struct Times {
  Time from;
  Time until;
};
// startTime and endTime; nullopt when one is no number or they are the wrong way round.
std::optional<Times> times_of(const Params& p, Time now) {
  const auto from = p.has("startTime") ? whole_from(p.get("startTime")) : std::optional<std::int64_t>(0);
  const auto until = p.has("endTime") ? whole_from(p.get("endTime")) : std::optional<std::int64_t>(now.us / 1000);
  if (!from || !until || *from < 0 || *until < *from || *until > INT64_MAX / 1000) return std::nullopt;
  return Times{Time{*from * 1000}, Time{*until * 1000 + 999}};
}

std::string day_ticker(const Market& m, Time now) {
  const Candle day = m.candles.day(now);
  const auto top = m.sim.top();
  Obj o;
  o.s("symbol", m.name).d("priceChange", day.close - day.open).d("priceChangePercent", day.change_rate()).d("prevClosePrice", day.open);
  o.d("lastPrice", m.last).s("bidPrice", top ? top->bid.str() : "").s("bidQty", top ? top->bid_qty.str() : "");
  o.s("askPrice", top ? top->ask.str() : "").s("askQty", top ? top->ask_qty.str() : "").d("openPrice", day.open).d("highPrice", day.high);
  o.d("lowPrice", day.low).d("volume", day.volume).d("quoteVolume", day.quote).n("openTime", day.start.us / 1000).n("closeTime", now.us / 1000);
  return o.null("count").str();
}

}  // namespace

HttpReply mexc_trades(Site& site, const MexcCall& c) {
  const Market* m = site.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
  if (m == nullptr) return invalid_symbol();
  const auto limit = c.params.has("limit") ? whole_from(c.params.get("limit")) : std::optional<std::int64_t>(500);
  if (!limit || *limit < 1 || *limit > 1000) return mexc_error(400, 33333, "param error");
  Arr out;
  std::int64_t left = *limit;
  for (auto d = m->deals.rbegin(); d != m->deals.rend() && left-- > 0; ++d) {
    const bool buy = d->trade.taker == Side::Buy;
    Obj o;
    o.null("id").d("price", d->trade.price).d("qty", d->trade.qty).d("quoteQty", d->trade.price * d->trade.qty).n("time", d->time.us / 1000);
    out.raw(o.b("isBuyerMaker", !buy).b("isBestMatch", true).s("tradeType", buy ? "BID" : "ASK").str());
  }
  return {200, out.str(), {}};
}

HttpReply mexc_agg_trades(Site& site, const MexcCall& c) {
  const Market* m = site.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
  if (m == nullptr) return invalid_symbol();
  const auto limit = limit_of(c.params);
  const auto times = times_of(c.params, site.exchange.now());
  if (!limit || !times) return mexc_error(400, 33333, "param error");
  if (c.params.has("startTime") && c.params.has("endTime") && times->until - times->from > Dur::hours(1) + Dur::millis(1)) {
    return mexc_error(400, -1127, "More than 1 hours between startTime and endTime.");
  }
  Arr out;
  std::int64_t left = *limit;
  for (auto d = m->deals.rbegin(); d != m->deals.rend() && left > 0; ++d) {
    if (d->time < times->from || d->time > times->until) continue;
    Obj o;
    o.null("a").null("f").null("l").d("p", d->trade.price).d("q", d->trade.qty).n("T", d->time.us / 1'000'000 * 1000);
    out.raw(o.b("m", d->trade.taker == Side::Sell).b("M", true).str());
    --left;
  }
  return {200, out.str(), {}};
}

HttpReply mexc_klines(Site& site, const MexcCall& c) {
  const Market* m = site.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
  if (m == nullptr) return invalid_symbol();
  const std::string interval = c.params.get("interval");
  const auto period = std::find_if(kIntervals.begin(), kIntervals.end(), [&](const auto& i) { return i.first == interval; });
  if (period == kIntervals.end()) return mexc_error(400, -1121, "Invalid interval.");
  const auto limit = limit_of(c.params);
  const auto times = times_of(c.params, site.exchange.now());
  if (!limit || !times) return mexc_error(400, 33333, "param error");
  Arr out;
  for (const Candle& k : m->candles.list(period->second, times->from, std::min(times->until, site.exchange.now()), static_cast<std::size_t>(*limit))) {
    Arr row;
    row.raw(std::to_string(k.start.us / 1000)).s(k.open.str()).s(k.high.str()).s(k.low.str()).s(k.close.str()).s(k.volume.str());
    out.raw(row.raw(std::to_string(period->second.next(k.start).us / 1000)).s(k.quote.str()).str());
  }
  return {200, out.str(), {}};
}

HttpReply mexc_day_ticker(Site& site, const MexcCall& c) {
  const Time now = site.exchange.now();
  if (c.params.has("symbol")) {
    const Market* m = site.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
    return m == nullptr ? invalid_symbol() : HttpReply{200, day_ticker(*m, now), {}};
  }
  Arr all;
  for (const Market* m : site.exchange.markets(Venue::MexcSpot)) all.raw(day_ticker(*m, now));
  return {200, all.str(), {}};
}

// Of the trades of five minutes; the last price when there were none.
HttpReply mexc_average_price(Site& site, const MexcCall& c) {
  constexpr std::int64_t kMinutes = 5;
  const Market* m = site.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
  if (m == nullptr) return invalid_symbol();
  const Time now = site.exchange.now();
  Qty qty;
  Money money;
  for (const Candle& k : m->candles.list({10}, now - Dur::minutes(kMinutes), now, 31)) {
    qty += k.volume;
    money += k.quote;
  }
  const Price average = qty.is_zero() ? m->last : average_price(money, qty, m->price_places);
  return {200, Obj().n("mins", kMinutes).d("price", average).str(), {}};
}

// Coins and their networks. Nothing goes in or out here, and that is what it says.
HttpReply mexc_coins(Site& site) {
  Arr out;
  for (const auto& [asset, total] : site.exchange.account(Venue::MexcSpot).total) {
    Obj network;
    network.s("coin", asset).null("depositDesc").b("depositEnable", false).n("minConfirm", 1).s("name", asset).s("network", asset).b("withdrawEnable", false);
    network.s("withdrawFee", "0").null("withdrawIntegerMultiple").s("withdrawMax", "0").s("withdrawMin", "0").b("sameAddress", false).s("contract", "");
    network.null("withdrawTips").null("depositTips").s("netWork", asset);
    out.raw(Obj().s("coin", asset).s("Name", asset).raw("networkList", "[" + network.str() + "]").str());
  }
  return {200, out.str(), {}};
}

}  // namespace dn::exchange

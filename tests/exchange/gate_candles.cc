// Gate's candles by REST, and the words for their lengths.
#include <algorithm>
#include <array>

#include "gate.h"

namespace dn::exchange {
namespace {

constexpr std::array<std::pair<std::string_view, Period>, 10> kIntervals{{{"10s", {10}},
                                                                          {"1m", {60}},
                                                                          {"5m", {300}},
                                                                          {"15m", {900}},
                                                                          {"30m", {1800}},
                                                                          {"1h", {3600}},
                                                                          {"4h", {14400}},
                                                                          {"8h", {28800}},
                                                                          {"1d", {86400}},
                                                                          {"7d", {604800, true}}}};

struct Wanted {
  Period period;
  Time from;
  Time until;
  std::size_t most = 0;
};

// A limit, or times, not both.
GateAnswer read(const Params& p, Time now, const char* usual, std::int64_t most, Wanted& out) {
  const std::string interval = p.has("interval") ? p.get("interval") : usual;
  const auto period = gate_period(interval);
  if (!period) return gate_invalid("interval", interval);
  const bool times = p.has("from") || p.has("to");
  if (times && p.has("limit")) return gate_invalid("limit", p.get("limit"));
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(times ? most : 100);
  if (!limit || *limit < 1 || *limit > most) return gate_invalid("limit", p.get("limit"));
  const auto to = p.has("to") ? whole_from(p.get("to")) : std::optional<std::int64_t>(now.us / 1'000'000);
  if (!to || *to < 0 || *to > 10'000'000'000) return gate_invalid("to", p.get("to"));
  const auto from = p.has("from") ? whole_from(p.get("from")) : std::optional<std::int64_t>(0);
  if (!from || *from < 0 || *from > *to || (p.has("from") && (*to - *from) / period->seconds > most)) return gate_invalid("from", p.get("from"));
  out = {*period, Time{*from * 1'000'000}, std::min(now, Time{*to * 1'000'000}), static_cast<std::size_t>(*limit)};
  return gate_ok("");
}

}  // namespace

std::optional<Period> gate_period(std::string_view interval) {
  if (interval == "30d") return Period{2592000, false, true};
  const auto at = std::find_if(kIntervals.begin(), kIntervals.end(), [&](const auto& i) { return i.first == interval; });
  return at == kIntervals.end() ? std::nullopt : std::optional(at->second);
}

GateAnswer GateSpot::candlesticks(const Params& p) {
  const Market* m = site_.exchange.market(Venue::GateioSpot, p.get("currency_pair"));
  if (m == nullptr) return gate_error(400, "INVALID_CURRENCY_PAIR", "Invalid currency pair " + p.get("currency_pair"));
  const Time now = site_.exchange.now();
  Wanted w;
  if (auto bad = read(p, now, "30m", 1000, w); !bad.good()) return bad;
  Arr out;
  for (const Candle& c : m->candles.list(w.period, w.from, w.until, w.most)) {
    Arr row;
    row.s(std::to_string(c.start.us / 1'000'000)).s(c.quote.str()).s(c.close.str()).s(c.high.str()).s(c.low.str()).s(c.open.str()).s(c.volume.str());
    out.raw(row.s(w.period.next(c.start) <= now ? "true" : "false").str());
  }
  return gate_ok(out.str());
}

// Of trades, or with "mark_" or "index_" before the contract of those prices, which have no volume.
GateAnswer GateFutures::candlesticks(const Params& p, const GateContext& context) {
  std::string name = p.get("contract");
  const bool marks = name.rfind("mark_", 0) == 0 || name.rfind("index_", 0) == 0;
  if (marks) name = name.substr(name.find('_') + 1);
  const Market* m = site_.exchange.market(Venue::GateioFutures, name);
  if (m == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  Wanted w;
  if (auto bad = read(p, site_.exchange.now(), "5m", 2000, w); !bad.good()) return bad;
  Arr out;
  for (const Candle& c : (marks ? m->marks : m->candles).list(w.period, w.from, w.until, w.most)) {
    Obj o;
    o.n("t", c.start.us / 1'000'000);
    if (!marks) o.raw("v", gate_size(m->contracts(c.volume), context.decimal_sizes));
    o.d("c", c.close).d("h", c.high).d("l", c.low).d("o", c.open);
    if (!marks) o.d("sum", c.quote);
    out.raw(o.str());
  }
  return gate_ok(out.str());
}

}  // namespace dn::exchange

#include "venues/gateio/spot_rest.h"

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "venues/gateio/book.h"

namespace dn::venues::gateio {
namespace {

constexpr std::int64_t kLeastCountdownSeconds = 5;

Request public_get(std::string path, std::string query = {}) { return {"GET", std::move(path), std::move(query), {}, Pool::Public, false, {}}; }

TradingStatus trading_status(const Element& pair, Time now) {
  const auto status = text(pair, "trade_status");
  for (const std::string_view key : {"buy_start", "sell_start"}) {
    const auto start = seconds(text(pair, key));
    if (start && *start > now) return TradingStatus::Halted;
  }
  const auto gone = seconds(text(pair, "delisting_time"));
  if (gone && gone->us > 0 && *gone <= now) return TradingStatus::Halted;
  if (status == "tradable") return TradingStatus::Trading;
  return status == "sellable" ? TradingStatus::ReduceOnly : TradingStatus::Halted;
}

// 10^-places; nullopt beyond what an amount holds.
std::optional<Decimal> power(const Element& pair, std::string_view key) {
  const auto places = whole(pair, key);
  if (!places || *places < 0 || *places > 14) return std::nullopt;
  return Decimal::from_parts(1, static_cast<int>(*places)).normalized();
}

class SpotMarket final : public Question<Outcome<VenueFacts>> {
 public:
  explicit SpotMarket(ContextPtr context) : context_(std::move(context)) {}

  Call call(Time now) override { return encode(has_pair_ ? top_request(*context_) : public_get("/spot/currency_pairs/" + context_->pair), *context_, now); }

  std::optional<Outcome<VenueFacts>> heard(const wire::HttpResponse& response, Time now) override {
    const Reply reply = read(response);
    if (has_pair_) {
      if (reply.ok()) facts_.top = read_top(reply.root(), *context_, facts_.instrument);
      return Outcome<VenueFacts>(facts_);
    }
    const std::string what = "the rules of " + context_->pair;
    if (!reply.ok()) return Outcome<VenueFacts>(Unexpected{problem(reply, what)});
    auto instrument = read_pair(reply.root(), context_->symbol, now, facts_.warnings);
    if (!instrument) return Outcome<VenueFacts>(Unexpected{instrument.error()});
    facts_.instrument = *instrument;
    has_pair_ = true;
    return std::nullopt;
  }

 private:
  ContextPtr context_;
  VenueFacts facts_;
  bool has_pair_ = false;
};

}  // namespace

Outcome<Instrument> read_pair(const Element& pair, const Symbol& symbol, Time now, std::vector<std::string>& warnings) {
  const std::string what = "the rules of " + symbol.str();
  if (text(pair, "base") != symbol.base.view() || text(pair, "quote") != symbol.quote.view()) return Unexpected{broken(what, "another pair")};
  const auto tick = power(pair, "precision");
  const auto step = power(pair, "amount_precision");
  if (!tick || !step) return Unexpected{broken(what, "no precision")};
  Instrument i;
  i.venue = Venue::GateioSpot;
  i.symbol = symbol;
  i.kind = InstrumentKind::Spot;
  i.tick = Price(*tick);
  i.step = Qty(*step);
  // Absent or null: no limit. Present and not a number: the rules are not understood.
  for (const std::string_view key : {"min_base_amount", "min_quote_amount", "max_base_amount", "max_quote_amount"}) {
    if (!text(pair, key).empty() && !amount(pair, key)) return Unexpected{broken(what, key)};
  }
  const auto positive = [&](std::string_view key) {
    auto limit = amount(pair, key);
    if (limit && !limit->is_positive()) limit.reset();
    return limit;
  };
  if (const auto d = positive("min_base_amount")) i.min_qty = Qty(*d);
  if (const auto d = positive("min_quote_amount")) i.min_notional = Money(*d);
  if (const auto d = positive("max_base_amount")) i.max_qty = Qty(*d);
  if (const auto d = positive("max_quote_amount")) i.max_notional = Money(*d);
  i.status = trading_status(pair, now);
  if (const auto gone = seconds(text(pair, "delisting_time")); gone && *gone > now) {
    warnings.push_back(fmt::format("Gate.io delists {} at {}", symbol.str(), rfc3339(*gone)));
  }
  if (boolean(pair, "st_tag").value_or(false)) warnings.push_back(fmt::format("Gate.io marks {} as a risk (ST): it may be delisted", symbol.str()));
  // VIP 0 until the account says what it pays. The pair's own `fee` is deprecated.
  i.maker_fee = i.taker_fee = Rate(Decimal::from_parts(2, 3));
  i.fee_in = FeeIn::Received;
  return i;
}

std::unique_ptr<Question<Outcome<Time>>> ask_server_time(const ContextPtr& context) {
  return std::make_unique<OneCall<Outcome<Time>>>([context](Time now) { return encode(public_get("/spot/time"), *context, now); },
                                                  [](const wire::HttpResponse& response, Time) -> Outcome<Time> {
                                                    const Reply reply = read(response);
                                                    if (!reply.ok()) return Unexpected{problem(reply, "its time")};
                                                    const auto t = milliseconds(text(reply.root(), "server_time"));
                                                    if (!t || t->us == 0) return Unexpected{broken("its time", "no server_time")};
                                                    return *t;
                                                  });
}

std::unique_ptr<Question<Outcome<VenueFacts>>> ask_spot_market(ContextPtr context) { return std::make_unique<SpotMarket>(std::move(context)); }

std::unique_ptr<Question<Outcome<Time>>> ask_countdown(const ContextPtr& context, Dur timeout) {
  std::int64_t s = (std::max<std::int64_t>(timeout.us, 0) + 999'999) / 1'000'000;
  if (s > 0) s = std::max(s, kLeastCountdownSeconds);
  JsonWriter w;
  w.begin_object().field("timeout", s).field(context->futures() ? "contract" : "currency_pair", std::string_view(context->pair)).end_object();
  const std::string path = context->futures() ? "/futures/usdt/countdown_cancel_all" : "/spot/countdown_cancel_all";
  return std::make_unique<OneCall<Outcome<Time>>>(
      [context, r = Request{"POST", path, {}, w.str(), Pool::Cancel, true, {}}](Time now) { return encode(r, *context, now); },
      [](const wire::HttpResponse& response, Time) -> Outcome<Time> {
        const Reply reply = read(response);
        if (!reply.ok()) return Unexpected{problem(reply, "the countdown")};
        const auto at = milliseconds(text(reply.root(), "triggerTime"));
        if (!at) return Unexpected{broken("the countdown", "no triggerTime")};
        return *at;
      });
}

}  // namespace dn::venues::gateio

#include "venues/mexc/market.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace dn::venues::mexc {
namespace {

constexpr int kMostPlaces = 14;

// 10^-n as an exact number; nullopt for a count of places that cannot be.
std::optional<Decimal> unit(const Element& e, std::string_view key) {
  const auto places = whole(e, key);
  if (!places || *places < 0 || *places > kMostPlaces) return std::nullopt;
  return Decimal::from_parts(1, static_cast<int>(*places));
}

// A part of the value: what is more is no fee.
bool is_rate(const Decimal& d) { return d.abs() < Decimal(1); }

Problem config(std::string message) { return {Problem::Kind::Config, std::move(message)}; }

TradingStatus status_of(const Element& s) {
  const std::string_view status = text(s, "status");  // "ENABLED" before 2024-08-16
  return status == "1" || status == "ENABLED" ? TradingStatus::Trading : TradingStatus::Halted;
}

Outcome<Instrument> instrument_of(const Element& s, const Symbol& symbol) {
  Instrument i;
  i.venue = Venue::MexcSpot;
  i.symbol = symbol;
  i.status = status_of(s);
  i.api_tradable = boolean(s, "isSpotTradingAllowed").value_or(false);
  const std::string_view sides = text(s, "tradeSideType");
  if (!sides.empty() && sides != "1") i.status = TradingStatus::Halted;  // one leg of two is no use here
  const auto step = unit(s, "baseAssetPrecision");
  const auto tick = member(s, "quotePrecision") ? unit(s, "quotePrecision") : unit(s, "quoteAssetPrecision");
  if (!step || !tick) return Unexpected{config(fmt::format("MEXC: exchangeInfo of {} has no usable precisions", symbol.str()))};
  i.step = Qty(*step);
  i.tick = Price(*tick);
  i.min_qty = Qty(amount(s, "baseSizePrecision").value_or(Decimal{}));            // a minimum, whatever its name says
  i.min_notional = Money(amount(s, "quoteAmountPrecision").value_or(Decimal{}));  // likewise
  if (const auto most = amount(s, "maxQuoteAmount"); most && most->is_positive()) i.max_notional = Money(*most);
  i.maker_fee = Rate(amount(s, "makerCommission").value_or(Decimal{}));
  i.taker_fee = Rate(amount(s, "takerCommission").value_or(Decimal{}));
  if (i.min_qty.is_negative() || i.min_notional.is_negative() || !is_rate(i.maker_fee.decimal()) || !is_rate(i.taker_fee.decimal()))
    return Unexpected{config(fmt::format("MEXC: exchangeInfo of {} has no usable minimums and fees", symbol.str()))};
  i.fee_in = FeeIn::Quote;  // for buys and sells alike
  return i;
}

// One side of a book: [["price","quantity"],...]; nullopt when it is none.
std::optional<std::vector<Level>> read_levels(const Element& book, std::string_view key) {
  const auto side = member(book, key);
  if (!side || !side->is_array()) return std::nullopt;
  std::vector<Level> out;
  for (const Element& row : array_of(*side)) {
    const auto pair = array_of(row);
    const auto price = pair.size() >= 2 ? amount_of(text_of(pair[0])) : std::nullopt;
    const auto qty = pair.size() >= 2 ? amount_of(text_of(pair[1])) : std::nullopt;
    if (!price || !price->is_positive() || !qty || qty->is_negative()) return std::nullopt;
    out.push_back({Price(*price), Qty(*qty)});
  }
  return out;
}

// exchangeInfo, then the first prices.
class AskMarket final : public Question<Outcome<VenueFacts>> {
 public:
  explicit AskMarket(const Symbol& symbol) : symbol_(symbol) {}
  Call call(Time /*venue_now*/) override {
    if (!known_) return public_call("/api/v3/exchangeInfo", {{"symbol", symbol_text(symbol_)}}, 25);
    return public_call("/api/v3/ticker/bookTicker", {{"symbol", symbol_text(symbol_)}}, 10);
  }
  std::optional<Outcome<VenueFacts>> heard(const wire::HttpResponse& r, Time /*venue_now*/) override {
    if (!known_) {
      auto i = read_instrument(r, symbol_);
      if (!i) return Outcome<VenueFacts>(Unexpected{i.error()});
      facts_.instrument = std::move(*i);
      known_ = true;
      return std::nullopt;
    }
    if (const auto top = read_top(r)) facts_.top = *top;  // without it the stream brings the first prices
    return Outcome<VenueFacts>(std::move(facts_));
  }

 private:
  Symbol symbol_;
  VenueFacts facts_;
  bool known_ = false;
};

// The account's balances, then its fees for the symbol, then whether the pair is open to this account by API.
class AskAccount final : public Question<Outcome<VenueFacts>> {
 public:
  AskAccount(const Symbol& symbol, Credentials who, VenueFacts facts) : symbol_(symbol), who_(std::move(who)), facts_(std::move(facts)) {}

  Call call(Time venue_now) override {
    switch (step_) {
      case 0: return signed_call("GET", "/api/v3/account", {}, who_, venue_now, Pool::Account, 10);
      case 1: return signed_call("GET", "/api/v3/tradeFee", {{"symbol", symbol_text(symbol_)}}, who_, venue_now, Pool::Account, 20);
      default: return signed_call("GET", "/api/v3/selfSymbols", {}, who_, venue_now, Pool::Account, 1);
    }
  }

  std::optional<Outcome<VenueFacts>> heard(const wire::HttpResponse& r, Time /*venue_now*/) override {
    const Answer a = read_answer(r);
    if (step_ == 0) {
      if (a.kind != Answer::Kind::Ok) return Outcome<VenueFacts>(Unexpected{problem_of(a, "the account cannot be read")});
      if (auto bad = read_balances(a.json->root())) return Outcome<VenueFacts>(Unexpected{*bad});
    } else if (step_ == 1) {
      read_fees(a);
    } else {
      if (auto bad = read_own_symbols(a)) return Outcome<VenueFacts>(Unexpected{*bad});
      return Outcome<VenueFacts>(std::move(facts_));
    }
    ++step_;
    return std::nullopt;
  }

 private:
  std::optional<Problem> read_balances(const Element& root) {
    if (boolean(root, "canTrade") == false) return Problem{Problem::Kind::Permission, "MEXC: this account may not trade"};
    if (const auto kinds = member(root, "permissions"); kinds && kinds->is_array()) {
      const auto list = array_of(*kinds);
      if (!list.empty() && std::ranges::none_of(list, [](const Element& k) { return text_of(k) == "SPOT"; }))
        return Problem{Problem::Kind::Permission, "MEXC: this account has no right to the spot market"};
    }
    facts_.can_withdraw = boolean(root, "canWithdraw");
    const auto balances = member(root, "balances");
    if (!balances || !balances->is_array()) return Problem{Problem::Kind::Unreachable, "MEXC: the account's answer has no balances"};
    for (const Asset& asset : {symbol_.base, symbol_.quote}) facts_.free[asset] = Decimal{};  // what was never held is not listed
    for (const Asset& asset : {symbol_.base, symbol_.quote, Asset("MX")}) facts_.total[asset] = Decimal{};
    for (const Element& b : array_of(*balances)) {
      const std::string_view asset = text(b, "asset");
      if (!Asset::fits(asset)) continue;
      if (const auto at = facts_.free.find(Asset(asset)); at != facts_.free.end()) {
        if (const auto spendable = fitted(text(b, "free"))) at->second = *spendable;
      }
      const auto free = exact(text(b, "free"));
      const auto locked = exact(text(b, "locked"));
      const auto whole_of = facts_.total.find(Asset(asset));
      if (whole_of == facts_.total.end()) continue;
      if (free && locked) {
        whole_of->second = *free + *locked;
      } else {
        facts_.total.erase(whole_of);
      }
    }
    return std::nullopt;
  }

  void read_fees(const Answer& a) {
    const auto data = a.kind == Answer::Kind::Ok ? member(a.json->root(), "data") : std::nullopt;
    const auto maker = data ? amount(*data, "makerCommission") : std::nullopt;
    const auto taker = data ? amount(*data, "takerCommission") : std::nullopt;
    if (!maker || !taker || !is_rate(*maker) || !is_rate(*taker)) {
      facts_.warnings.emplace_back("MEXC: this account's fees cannot be read; the published ones are used");
      return;
    }
    facts_.instrument.maker_fee = Rate(*maker);
    facts_.instrument.taker_fee = Rate(*taker);
  }

  std::optional<Problem> read_own_symbols(const Answer& a) {
    const auto data = a.kind == Answer::Kind::Ok ? member(a.json->root(), "data") : std::nullopt;
    if (!data || !data->is_array()) {
      facts_.warnings.emplace_back("MEXC: the pairs open to this account by API cannot be read");
      return std::nullopt;
    }
    for (const Element& s : array_of(*data)) {
      if (text_of(s) == symbol_text(symbol_)) return std::nullopt;
    }
    return config(fmt::format("MEXC: {} is not open to this account by API (selfSymbols): trade it elsewhere, or ask MEXC to open it", symbol_.str()));
  }

  Symbol symbol_;
  Credentials who_;
  VenueFacts facts_;
  int step_ = 0;
};

}  // namespace

Outcome<Instrument> read_instrument(const wire::HttpResponse& response, const Symbol& symbol) {
  const Answer a = read_answer(response);
  if (a.kind != Answer::Kind::Ok) return Unexpected{problem_of(a, "the rules of " + symbol.str() + " cannot be read")};
  const auto list = member(a.json->root(), "symbols");
  if (!list || !list->is_array()) return Unexpected{Problem{Problem::Kind::Unreachable, "MEXC: exchangeInfo without symbols"}};
  for (const Element& s : array_of(*list)) {
    if (text(s, "baseAsset") == symbol.base.view() && text(s, "quoteAsset") == symbol.quote.view()) return instrument_of(s, symbol);
  }
  return Unexpected{config(fmt::format("MEXC does not list {}", symbol.str()))};
}

Outcome<TopOfBook> read_top(const wire::HttpResponse& response) {
  const Answer a = read_answer(response);
  if (a.kind != Answer::Kind::Ok) return Unexpected{problem_of(a, "prices cannot be read")};
  const Element& e = a.json->root();
  const auto bid = amount(e, "bidPrice");
  const auto ask = amount(e, "askPrice");
  const auto bid_qty = amount(e, "bidQty");
  const auto ask_qty = amount(e, "askQty");
  if (!bid || !ask || !bid_qty || !ask_qty || !bid->is_positive() || *ask < *bid || bid_qty->is_negative() || ask_qty->is_negative())
    return Unexpected{Problem{Problem::Kind::Unreachable, "MEXC: the book is empty"}};
  return TopOfBook{Price(*bid), Price(*ask), Qty(*bid_qty), Qty(*ask_qty)};
}

std::unique_ptr<Question<Outcome<Time>>> ask_time() {
  return std::make_unique<OneCall<Outcome<Time>>>([](Time) { return public_call("/api/v3/time", {}, 1); },
                                                  [](const wire::HttpResponse& r, Time) -> Outcome<Time> {
                                                    const Answer a = read_answer(r);
                                                    if (a.kind != Answer::Kind::Ok) return Unexpected{problem_of(a, "the clock cannot be read")};
                                                    const auto ms = whole(a.json->root(), "serverTime");
                                                    if (!ms || *ms <= 0 || *ms > 253'402'300'800'000)
                                                      return Unexpected{Problem{Problem::Kind::Unreachable, "MEXC: the clock's answer has no time"}};
                                                    return Time{*ms * 1000};
                                                  });
}

std::unique_ptr<Question<Outcome<TopOfBook>>> ask_top(const Symbol& symbol) {
  return std::make_unique<OneCall<Outcome<TopOfBook>>>(
      [symbol](Time) {
        return public_call("/api/v3/ticker/bookTicker", {{"symbol", symbol_text(symbol)}}, 10);
      },
      [](const wire::HttpResponse& r, Time) { return read_top(r); });
}

std::unique_ptr<Question<Outcome<Depth>>> ask_depth(const Symbol& symbol, int levels) {
  return std::make_unique<OneCall<Outcome<Depth>>>(
      [symbol, levels](Time) {
        return public_call("/api/v3/depth", {{"symbol", symbol_text(symbol)}, {"limit", std::to_string(levels)}}, 3);
      },
      [](const wire::HttpResponse& r, Time) -> Outcome<Depth> {
        const Answer a = read_answer(r);
        if (a.kind != Answer::Kind::Ok) return Unexpected{problem_of(a, "the book cannot be read")};
        auto bids = read_levels(a.json->root(), "bids");
        auto asks = read_levels(a.json->root(), "asks");
        if (!bids || !asks) return Unexpected{Problem{Problem::Kind::Unreachable, "MEXC: the book's answer is not usable"}};
        return Depth{std::move(*bids), std::move(*asks)};
      });
}

std::unique_ptr<Question<Outcome<VenueFacts>>> ask_market(const Symbol& symbol) { return std::make_unique<AskMarket>(symbol); }

std::unique_ptr<Question<Outcome<VenueFacts>>> ask_account(const Symbol& symbol, const Credentials& who, VenueFacts facts) {
  return std::make_unique<AskAccount>(symbol, who, std::move(facts));
}

}  // namespace dn::venues::mexc

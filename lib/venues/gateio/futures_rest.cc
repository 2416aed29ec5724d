#include "venues/gateio/futures_rest.h"

#include <fmt/format.h>

#include "venues/gateio/book.h"

namespace dn::venues::gateio {
namespace {

TradingStatus trading_status(const Element& contract) {
  // Only orders that reduce are taken from the announcement on.
  const auto status = text(contract, "status");
  if (boolean(contract, "in_delisting").value_or(false) || status == "delisting") return TradingStatus::ReduceOnly;
  // Older answers have no status.
  return status.empty() || status == "trading" ? TradingStatus::Trading : TradingStatus::Halted;
}

// The smallest difference between two sizes, in contracts. Fractions since December 2025, for some contracts: the smallest order is
// their step (Gate docs v4.106.88, X-Gate-Size-Decimal).
Decimal contract_step(const Element& contract) {
  if (!boolean(contract, "enable_decimal").value_or(false)) return Decimal(1);
  const auto least = amount(contract, "order_size_min");
  if (least && least->is_positive() && *least < Decimal(1)) return *least;
  return least && *least == Decimal(1) ? Decimal(1) : Decimal::from_parts(1, 1);
}

class FuturesMarket final : public Question<Outcome<VenueFacts>> {
 public:
  explicit FuturesMarket(ContextPtr context) : context_(std::move(context)) {}

  Call call(Time now) override {
    if (has_contract_) return encode(top_request(*context_), *context_, now);
    return encode({"GET", "/futures/usdt/contracts/" + context_->pair, {}, {}, Pool::Public, false, {}}, *context_, now);
  }

  std::optional<Outcome<VenueFacts>> heard(const wire::HttpResponse& response, Time /*now*/) override {
    const Reply reply = read(response);
    if (has_contract_) {
      if (reply.ok()) facts_.top = read_top(reply.root(), *context_, facts_.instrument);
      return Outcome<VenueFacts>(facts_);
    }
    if (!reply.ok()) return Outcome<VenueFacts>(Unexpected{problem(reply, "the contract " + context_->pair)});
    auto instrument = read_contract(reply.root(), context_->symbol);
    if (!instrument) return Outcome<VenueFacts>(Unexpected{instrument.error()});
    facts_.instrument = *instrument;
    if (const auto usual = amount(reply.root(), "cross_leverage_default"); usual && usual->is_positive()) facts_.leverage = *usual;
    has_contract_ = true;
    return std::nullopt;
  }

 private:
  ContextPtr context_;
  VenueFacts facts_;
  bool has_contract_ = false;
};

Outcome<std::string> read_user_id(const Reply& reply, std::string_view key) {
  if (!reply.ok()) return Unexpected{problem(reply, "the account")};
  const auto id = text(reply.root(), key);
  if (!is_user_id(id)) return Unexpected{broken("the account", "no user id")};
  return std::string(id);
}

}  // namespace

std::optional<Problem> mode_problem(const Element& account) {
  const auto mode = text(account, "position_mode");
  const auto dual = boolean(account, "in_dual_mode");
  if (mode.empty() && !dual) return broken("the futures account", "its position mode is not told");
  if ((mode.empty() || mode == "single") && !dual.value_or(false)) return std::nullopt;
  return Problem{Problem::Kind::Config,
                 fmt::format("the Gate.io futures account is in {} mode, in which orders mean something else: close positions, cancel orders, then choose "
                             "one-way mode (POST /futures/usdt/set_position_mode?position_mode=single, or in the web's futures settings)",
                             mode.empty() || mode == "single"        ? "dual"
                             : mode == "dual" || mode == "dual_plus" ? mode
                                                                     : "an unknown")};
}

Outcome<Instrument> read_contract(const Element& c, const Symbol& symbol) {
  const std::string what = "the contract " + symbol.str();
  if (text(c, "name") != symbol.base.str() + "_" + symbol.quote.str()) return Unexpected{broken(what, "another contract")};
  if (const auto type = text(c, "type"); !type.empty() && type != "direct") {
    return Unexpected{Problem{Problem::Kind::Config, "Gate.io's contract " + symbol.str() + " is not a linear one"}};
  }
  const auto multiplier = amount(c, "quanto_multiplier");
  const auto tick = amount(c, "order_price_round");
  const Decimal size_step = contract_step(c);
  const auto step = multiplier ? product(*multiplier, size_step) : std::nullopt;
  if (!multiplier || !multiplier->is_positive() || !multiplier->within(12, 9) || !tick || !tick->is_positive() || !step || !step->is_positive()) {
    return Unexpected{broken(what, "no multiplier or price step")};
  }
  Instrument i;
  i.venue = Venue::GateioFutures;
  i.symbol = symbol;
  i.kind = InstrumentKind::Perpetual;
  i.status = trading_status(c);
  i.multiplier = Qty(*multiplier);
  i.tick = Price(*tick);
  i.step = Qty(*step);
  const auto least = amount(c, "order_size_min");
  const auto most = amount(c, "order_size_max");
  const auto min_qty = product(least && *least > size_step ? *least : size_step, *multiplier);
  const auto max_qty = most && most->is_positive() ? product(*most, *multiplier) : std::nullopt;
  if (!min_qty || (most && most->is_positive() && !max_qty)) return Unexpected{broken(what, "size limits")};
  i.min_qty = Qty(*min_qty);
  if (max_qty) i.max_qty = Qty(*max_qty);
  if (const auto band = amount(c, "order_price_deviate"); band && band->is_positive()) i.price_band = Rate(*band);
  i.funding = read_funding_terms(c);
  // VIP 0 until the account says what it pays: the contract's own maker_fee_rate and taker_fee_rate are used for margins only.
  i.maker_fee = Rate(Decimal::from_parts(2, 4));
  i.taker_fee = Rate(Decimal::from_parts(5, 4));
  i.fee_in = FeeIn::Quote;
  return i;
}

std::unique_ptr<Question<Outcome<VenueFacts>>> ask_futures_market(ContextPtr context) { return std::make_unique<FuturesMarket>(std::move(context)); }

std::unique_ptr<Question<Outcome<std::string>>> ask_user_id(const ContextPtr& context) {
  return std::make_unique<OneCall<Outcome<std::string>>>(
      [context](Time now) {
        return encode({"GET", "/futures/usdt/accounts", {}, {}, Pool::Account, true, {}}, *context, now);
      },
      [context](const wire::HttpResponse& response, Time) {
        const Reply reply = read(response);
        auto id = read_user_id(reply, "user");
        if (id) context->user_id = *id;
        return id;
      });
}

}  // namespace dn::venues::gateio

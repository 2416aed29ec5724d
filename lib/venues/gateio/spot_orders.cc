#include "venues/gateio/spot_orders.h"

#include <fmt/format.h>

#include "base/json_writer.h"
#include "venues/sign.h"

namespace dn::venues::gateio {
namespace {

// Trades of up to 30 days can be asked for at once (Gate docs v4.106); a day less leaves room for the clocks.
constexpr Dur kTradeHistory = Dur::hours(29 * 24);

std::string paged(Page page) { return fmt::format("&page={}&limit={}", page.number + 1, page.rows); }
std::string within(Span span) { return fmt::format("&from={}&to={}", span.from, span.to); }

std::string_view time_in_force(OrderType type) {
  switch (type) {
    case OrderType::Limit: return "gtc";
    case OrderType::PostOnly: return "poc";
    case OrderType::Ioc:
    case OrderType::Market: break;
  }
  return "ioc";
}

class SpotDialect final : public Dialect {
 public:
  explicit SpotDialect(ContextPtr context) : context_(std::move(context)) {}

  Request place(const OrderRequest& r) const override {
    Request q{"POST", "/spot/orders", {}, spot_order_body(*context_, r), Pool::Order, true, r.expires};
    return q;
  }
  Request cancel(std::string_view key) const override { return one("DELETE", key, Pool::Cancel); }
  Request order(std::string_view key) const override { return one("GET", key, Pool::Account); }
  Request open_orders(Page page) const override { return list("/spot/orders", fmt::format("currency_pair={}&status=open{}", context_->pair, paged(page))); }
  Request finished_orders(Page page, Span span) const override {
    return list("/spot/orders", fmt::format("currency_pair={}&status=finished{}{}", context_->pair, paged(page), within(span)));
  }
  Request trades_of(std::string_view order_id, Page page, Time now) const override {
    return list("/spot/my_trades",
                fmt::format("currency_pair={}&order_id={}{}{}", context_->pair, percent_encoded(order_id), paged(page), within(newest(now, kTradeHistory))));
  }
  Request all_trades(Page page, Span span) const override {
    return list("/spot/my_trades", fmt::format("currency_pair={}{}{}", context_->pair, paged(page), within(span)));
  }
  Dur order_span() const override { return kOrderHistory; }
  Dur trade_span() const override { return kTradeHistory; }
  std::optional<Order> read_order(const Element& row) const override { return read_spot_order(row, context_->instrument); }
  std::optional<Fill> read_trade(const Element& row) const override;
  bool ended_before(const Element& /*row*/, Time /*time*/) const override { return false; }  // the query names the span
  bool of_symbol(const Element& row) const override {
    const auto pair = text(row, "currency_pair");
    return pair.empty() || pair == context_->pair;
  }

 private:
  Request one(std::string_view method, std::string_view key, Pool pool) const {
    return {std::string(method), "/spot/orders/" + percent_encoded(key), "currency_pair=" + context_->pair, {}, pool, true, {}};
  }
  static Request list(std::string path, std::string query) { return {"GET", std::move(path), std::move(query), {}, Pool::Account, true, {}}; }

  ContextPtr context_;
};

std::optional<Fill> SpotDialect::read_trade(const Element& row) const {
  const auto id = fitting<TradeId>(text(row, "id"));
  const auto order_id = fitting<VenueOrderId>(text(row, "order_id"));
  const auto side = side_from(text(row, "side"));
  const auto price = amount(row, "price");
  const auto qty = amount(row, "amount");
  if (!id || !order_id || !side || !price || !price->is_positive() || !qty || !qty->is_positive()) return std::nullopt;
  const auto paid = spot_fee(row, context_->instrument.fee_asset(*side));
  auto time = milliseconds(text(row, "create_time_ms"));
  if (!time) time = seconds(text(row, "create_time"));
  if (!paid || !time) return std::nullopt;
  Fill f;
  f.trade_id = *id;
  f.venue_order_id = *order_id;
  f.venue = context_->venue;
  f.side = *side;
  f.price = Price(*price);
  f.qty = Qty(*qty);
  f.fee = paid->fee;
  f.fee_asset = paid->asset;
  f.liquidity = text(row, "role") == "maker" ? Liquidity::Maker : Liquidity::Taker;
  f.time = *time;
  if (const auto ours = text(row, "text"); is_ours(ours)) f.order = ClientOrderId(ours);
  return f;
}

// Base filled. `filled_amount` is missing in older answers and in those of the trading WebSocket; `left` is in quote for a market buy,
// whose average price then tells. fill_price is no price but the value traded, and finish_as tells nothing about amounts.
std::optional<Decimal> filled_base(const Element& row, const Decimal& quantity, bool market_buy, const Instrument& instrument) {
  if (const auto filled = amount(row, "filled_amount")) return filled;
  if (!market_buy) {
    const auto left = amount(row, "left");
    if (!left) return std::nullopt;
    return (quantity - *left).normalized();
  }
  const auto value = amount(row, "filled_total");
  if (!value) return std::nullopt;
  if (value->is_zero()) return Decimal();
  const auto average = amount(row, "avg_deal_price");
  if (!average || !average->is_positive() || value->is_negative() || !instrument.step.is_positive()) return std::nullopt;
  // 19 digits divided with 15 more places stay within 128 bits; what does not is nobody's order.
  if (!value->within(19, 8) || average->scale() > 10) return std::nullopt;
  return value->divided_by(*average, std::min(instrument.step.decimal().scale(), 8), Rounding::HalfUp).normalized();
}

}  // namespace

DialectPtr spot_dialect(ContextPtr context) { return std::make_shared<SpotDialect>(std::move(context)); }

std::string spot_order_body(const Context& context, const OrderRequest& r) {
  // The venue's market buy spends an amount of quote; what is wanted is an amount of base, so it goes as a limit that takes or ends.
  const bool market = r.type == OrderType::Market && r.side == Side::Sell;
  JsonWriter w;
  w.begin_object().field("text", r.id.view()).field("currency_pair", std::string_view(context.pair));
  w.field("type", market ? "market" : "limit").field("side", name(r.side)).field("amount", std::string_view(r.qty.str()));
  if (!market) w.field("price", std::string_view(r.price.str()));
  w.field("time_in_force", time_in_force(r.type)).end_object();
  return w.str();
}

std::optional<Order> read_spot_order(const Element& row, const Instrument& instrument) {
  const auto id = fitting<VenueOrderId>(text(row, "id"));
  const auto side = side_from(text(row, "side"));
  const auto quantity = amount(row, "amount");
  const auto price = amount(row, "price");
  if (!id || !side || !quantity || quantity->is_negative()) return std::nullopt;
  const bool market_buy = text(row, "type") == "market" && *side == Side::Buy;
  const auto filled = filled_base(row, *quantity, market_buy, instrument);
  if (!filled || filled->is_negative() || !filled->within(19, 14) || (!market_buy && *filled > *quantity)) return std::nullopt;
  Order o;
  o.id = *id;
  o.side = *side;
  const auto status = text(row, "status");
  o.open = status != "closed" && status != "cancelled";
  o.filled = Qty(*filled);
  // How much base a market buy was for is known only by what it got.
  o.qty = market_buy ? o.filled : Qty(*quantity);
  if (price && !price->is_negative()) o.price = o.limit = Price(*price);
  if (const auto average = amount(row, "avg_deal_price"); o.price.is_zero() && average && average->is_positive()) o.price = Price(*average);
  auto created = milliseconds(text(row, "create_time_ms"));
  if (!created) created = seconds(text(row, "create_time"));
  if (created) o.created = *created;
  return o;
}

std::optional<FeePaid> spot_fee(const Element& trade, Asset otherwise) {
  struct Source {
    std::string_view key;
    std::string_view asset;
  };
  const auto fee = member(trade, "fee") ? fitted(text(trade, "fee")) : std::optional<Decimal>(Decimal());
  if (!fee) return std::nullopt;
  if (fee->is_zero()) {
    // Deducted in GT or points: the fee itself is "0" then.
    for (const Source& s : {Source{"gt_fee", "GT"}, Source{"point_fee", "POINT"}}) {
      const auto other = fitted(text(trade, s.key));
      if (other && !other->is_zero()) return FeePaid{Fee(*other), Asset(s.asset)};
    }
    return FeePaid{Fee(), otherwise};
  }
  const auto currency = text(trade, "fee_currency");
  if (currency.empty()) return FeePaid{Fee(*fee), otherwise};
  const auto asset = fitting<Asset>(currency);
  if (!asset) return std::nullopt;
  return FeePaid{Fee(*fee), *asset};
}

}  // namespace dn::venues::gateio

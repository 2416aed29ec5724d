#include "venues/gateio/futures_orders.h"

#include <fmt/format.h>

#include "base/json_writer.h"
#include "venues/sign.h"

namespace dn::venues::gateio {
namespace {

// What a question about trades by time spans at once.
constexpr Dur kPerpTradeHistory = Dur::hours(7 * 24);

std::string perp_paged(Page page) { return fmt::format("&limit={}&offset={}", page.rows, page.number * page.rows); }

std::string_view perp_time_in_force(OrderType type) {
  switch (type) {
    case OrderType::Limit: return "gtc";
    case OrderType::PostOnly: return "poc";
    case OrderType::Ioc:
    case OrderType::Market: break;
  }
  return "ioc";
}

class FuturesDialect final : public Dialect {
 public:
  explicit FuturesDialect(ContextPtr context) : context_(std::move(context)) {}

  Request place(const OrderRequest& r) const override {
    return {"POST", "/futures/usdt/orders", {}, futures_order_body(*context_, r), Pool::Order, true, r.expires};
  }
  Request cancel(std::string_view key) const override { return one("DELETE", key, Pool::Cancel); }
  Request order(std::string_view key) const override { return one("GET", key, Pool::Account); }
  Request open_orders(Page page) const override { return orders("open", page); }
  // The list goes back for half a year, and takes no span.
  Request finished_orders(Page page, Span /*span*/) const override { return orders("finished", page); }
  Request trades_of(std::string_view order_id, Page page, Time /*now*/) const override {
    return list("/futures/usdt/my_trades", fmt::format("contract={}&order={}{}", context_->pair, percent_encoded(order_id), perp_paged(page)));
  }
  Request all_trades(Page page, Span span) const override {
    return list("/futures/usdt/my_trades_timerange", fmt::format("contract={}&from={}&to={}{}", context_->pair, span.from, span.to, perp_paged(page)));
  }
  Dur order_span() const override { return Dur::hours(365 * 24); }
  Dur trade_span() const override { return kPerpTradeHistory; }
  std::optional<Order> read_order(const Element& row) const override { return read_futures_order(row, context_->instrument, Shape::Full); }
  std::optional<Fill> read_trade(const Element& row) const override { return read_futures_trade(row, *context_); }
  bool ended_before(const Element& row, Time time) const override {
    const auto end = seconds(text(row, "finish_time"));
    return end && end->us > 0 && *end < time;
  }
  bool of_symbol(const Element& row) const override {
    const auto contract = text(row, "contract");
    return contract.empty() || contract == context_->pair;
  }

 private:
  static Request one(std::string_view method, std::string_view key, Pool pool) {
    return {std::string(method), "/futures/usdt/orders/" + percent_encoded(key), {}, {}, pool, true, {}};
  }
  Request orders(std::string_view status, Page page) const {
    return list("/futures/usdt/orders", fmt::format("contract={}&status={}{}", context_->pair, status, perp_paged(page)));
  }
  static Request list(std::string path, std::string query) { return {"GET", std::move(path), std::move(query), {}, Pool::Account, true, {}}; }

  ContextPtr context_;
};

}  // namespace

DialectPtr futures_dialect(ContextPtr context) { return std::make_shared<FuturesDialect>(std::move(context)); }

std::string futures_order_body(const Context& context, const OrderRequest& r) {
  Decimal size = context.instrument.to_contracts(r.qty).decimal();
  if (r.side == Side::Sell) size = -size;
  JsonWriter w;
  w.begin_object().field("contract", std::string_view(context.pair));
  // Whole counts as JSON integers, which every version of the API takes; fractions as text.
  if (size.within(18, 0)) {
    w.field("size", static_cast<std::int64_t>(size.normalized().mantissa()));
  } else {
    w.field("size", std::string_view(size.str()));
  }
  w.field("price", std::string_view(r.type == OrderType::Market ? "0" : r.price.str())).field("tif", perp_time_in_force(r.type)).field("text", r.id.view());
  if (r.reduce_only) w.field("reduce_only", true);
  w.end_object();
  return w.str();
}

std::optional<Order> read_futures_order(const Element& row, const Instrument& instrument, Shape shape) {
  const auto id = fitting<VenueOrderId>(text(row, "id"));
  const auto size = amount(row, "size");
  const auto status = text(row, "status");
  auto left = amount(row, "left");
  if (!left && shape == Shape::Compact && !member(row, "left") && status == "finished") left = Decimal();
  if (!id || !size || size->is_zero() || !left) return std::nullopt;
  // `left` has the sign of `size`, and is never beyond it.
  if (!left->is_zero() && left->is_negative() != size->is_negative()) return std::nullopt;
  if (left->abs() > size->abs()) return std::nullopt;
  const auto qty = product(size->abs(), instrument.multiplier.decimal());
  const auto filled = product((*size - *left).abs(), instrument.multiplier.decimal());
  if (!qty || !filled) return std::nullopt;
  Order o;
  o.id = *id;
  o.open = status != "finished";
  o.side = size->is_negative() ? Side::Sell : Side::Buy;
  // One that closes the position does no more than reduce it either.
  o.reduce_only = boolean(row, "is_reduce_only").value_or(false) || boolean(row, "is_close").value_or(false);
  o.qty = Qty(*qty);
  o.filled = Qty(*filled);
  // A market order has the price "0"; fill_price is its average.
  for (const std::string_view key : {"price", "fill_price"}) {
    const auto price = amount(row, key);
    if (o.price.is_zero() && price && price->is_positive()) o.price = Price(*price);
  }
  if (const auto limit = amount(row, "price"); limit && limit->is_positive()) o.limit = Price(*limit);
  if (const auto created = seconds(text(row, "create_time"))) o.created = *created;
  return o;
}

std::optional<Fill> read_futures_trade(const Element& row, const Context& context) {
  auto id = fitting<TradeId>(text(row, "id"));
  if (!id) id = fitting<TradeId>(text(row, "trade_id"));
  const auto order_id = fitting<VenueOrderId>(text(row, "order_id"));
  const auto size = amount(row, "size");
  const auto price = amount(row, "price");
  // Rows of 2021 and 2022 have no fee: what it was is not known then, and nothing of ours is that old.
  const auto fee = fitted(text(row, "fee"));
  auto time = milliseconds(text(row, "create_time_ms"));
  if (!time) time = seconds(text(row, "create_time"));
  if (!id || !order_id || !size || size->is_zero() || !price || !price->is_positive() || !fee || !time) return std::nullopt;
  const auto qty = product(size->abs(), context.instrument.multiplier.decimal());
  if (!qty || !qty->is_positive()) return std::nullopt;
  Fill f;
  f.trade_id = *id;
  f.venue_order_id = *order_id;
  f.venue = context.venue;
  f.side = size->is_negative() ? Side::Sell : Side::Buy;
  f.price = Price(*price);
  f.qty = Qty(*qty);
  f.fee = Fee(*fee);
  f.fee_asset = context.symbol.quote;
  if (const auto points = fitted(text(row, "point_fee")); fee->is_zero() && points && !points->is_zero()) {
    f.fee = Fee(*points);
    f.fee_asset = Asset("POINT");
  }
  f.liquidity = text(row, "role") == "maker" ? Liquidity::Maker : Liquidity::Taker;
  f.time = *time;
  if (const auto ours = text(row, "text"); is_ours(ours)) f.order = ClientOrderId(ours);
  return f;
}

}  // namespace dn::venues::gateio

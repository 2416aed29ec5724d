#include "venues/mexc/orders.h"

#include <algorithm>
#include <set>

#include "venues/mexc/lists.h"

namespace dn::venues::mexc {
namespace {

constexpr Dur kShortestWindow = Dur::millis(1);

std::string_view type_text(OrderType t) {
  switch (t) {
    case OrderType::Limit: return "LIMIT";
    case OrderType::PostOnly: return "LIMIT_MAKER";
    case OrderType::Ioc: return "IMMEDIATE_OR_CANCEL";
    case OrderType::Market: break;
  }
  return "MARKET";
}

// In milliseconds on the wire; zero when it is missing or cannot be.
Time time_of(const Element& row, std::string_view key) {
  const auto ms = whole(row, key);
  return ms && *ms > 0 && *ms < 253'402'300'800'000 ? Time{*ms * 1000} : Time{};
}

// myTrades of one order. By the venue's id the newest page is nearly always all there is; without it, absence has to be told too,
// so a month is read to its end.
class AskTrades final : public Question<TradesReport> {
 public:
  AskTrades(Desk desk, const ClientOrderId& id, const VenueOrderId& venue_order_id) : desk_(std::move(desk)), venue_order_id_(venue_order_id) {
    report_.id = id;
  }

  Call call(Time venue_now) override {
    if (!begun_ && venue_order_id_.empty()) begin(venue_now);
    begun_ = true;
    return trades_call(desk_, venue_order_id_, windows_.done() ? nullptr : &windows_.current(), venue_now);
  }

  std::optional<TradesReport> heard(const wire::HttpResponse& r, Time venue_now) override {
    const Answer a = read_answer(r);
    if (a.kind != Answer::Kind::Ok || !a.json->root().is_array()) return std::move(report_);
    Rows<Fill> page = read_trades(a.json->root());
    const std::size_t rows = page.rows.size();
    for (Fill& fill : page.rows) take(std::move(fill));
    if (!page.all_readable) return std::move(report_);  // a trade that cannot be read must not be missed: asked again later
    if (windows_.done()) begin(venue_now);              // the first page of an order by its id
    if (!windows_.next(rows >= kTradesAPage, page.first, page.last)) {
      // By id, the sum is held against the order's amount; without one, nothing would show what is missing.
      report_.answered = !venue_order_id_.empty();
      return std::move(report_);
    }
    if (!windows_.done()) return std::nullopt;
    report_.answered = true;
    return std::move(report_);
  }

 private:
  void begin(Time venue_now) { windows_.begin(venue_now - kTradeHistory, venue_now + Dur::seconds(1)); }
  void take(Fill fill) {
    const bool ours = venue_order_id_.empty() ? fill.order == report_.id : fill.venue_order_id == venue_order_id_;
    if (!ours || !seen_.insert(fill.trade_id.str()).second) return;
    fill.order = report_.id;
    report_.fills.push_back(std::move(fill));
  }

  Desk desk_;
  VenueOrderId venue_order_id_;
  TradesReport report_;
  std::set<std::string> seen_;
  Windows windows_;
  bool begun_ = false;
};

}  // namespace

void name_order(Params* params, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  if (venue_order_id.empty()) {
    params->emplace_back("origClientOrderId", id.str());
  } else {
    params->emplace_back("orderId", venue_order_id.str());
  }
}

PlaceReport read_place(const ClientOrderId& id, const wire::HttpResponse& response) {
  PlaceReport p;
  p.id = id;
  if (response.status == 0 && response.never_left) {
    p.outcome = PlaceOutcome::DeniedLocally;
    p.code = Code("not_sent");
    p.reason = Reason(response.error);
    return p;
  }
  const Answer a = read_answer(response);
  p.code = Code(a.code);
  p.reason = Reason(a.message);
  if (a.kind == Answer::Kind::Ok) {
    // An acknowledgement only: no status, no fills.
    const std::string_view order = text(a.json->root(), "orderId");
    if (order.empty() || !VenueOrderId::fits(order)) {
      p.code = Code("unreadable_ack");
      return p;
    }
    p.outcome = PlaceOutcome::Accepted;
    p.venue_order_id = VenueOrderId(order);
    return p;
  }
  const auto means = a.kind == Answer::Kind::Refusal ? reject_class(a.code, a.message) : std::nullopt;
  if (!means) return p;
  p.outcome = PlaceOutcome::Refused;
  p.reject = *means;
  p.retry_after = a.retry_after;
  return p;
}

CancelReport read_cancel(const ClientOrderId& id, const wire::HttpResponse& response) {
  const Answer a = read_answer(response);
  return {id, a.kind != Answer::Kind::Nothing, Code(a.code)};
}

std::optional<OrderRow> read_order(const Element& row) {
  OrderRow o;
  const std::string_view venue_id = text(row, "orderId");
  const std::string_view client_id = text(row, "clientOrderId");
  const std::string_view status = text(row, "status");
  const auto filled = amount(row, "executedQty");
  const auto qty = member(row, "origQty") ? amount(row, "origQty") : amount(row, "Qty");  // the docs' sample has a slip
  const std::string_view side = text(row, "side");
  const Decimal price = amount(row, "price").value_or(Decimal{});
  if (venue_id.empty() || !VenueOrderId::fits(venue_id) || !filled || filled->is_negative() || !qty || qty->is_negative() || price.is_negative())
    return std::nullopt;
  o.venue_order_id = VenueOrderId(venue_id);
  if (ClientOrderId::fits(client_id)) o.client_order_id = ClientOrderId(client_id);
  o.text = shown_text(client_id);
  if (side == upper_name(Side::Buy)) o.side = Side::Buy;
  if (side == upper_name(Side::Sell)) o.side = Side::Sell;
  o.open = status == "NEW" || status == "PARTIALLY_FILLED";
  if (!o.open && status != "FILLED" && status != "CANCELED" && status != "PARTIALLY_CANCELED") return std::nullopt;
  o.filled = Qty(*filled);
  o.qty = Qty(*qty);
  o.price = Price(price);
  o.has_good_price = text(row, "price").empty() || amount(row, "price");
  o.created = time_of(row, "time");
  o.updated = time_of(row, "updateTime");
  return o;
}

std::optional<Fill> read_trade(const Element& row) {
  Fill f;
  f.venue = Venue::MexcSpot;
  const std::string_view id = text(row, "id");
  const std::string_view order = text(row, "orderId");
  const std::string_view client = text(row, "clientOrderId");
  const std::string_view fee_asset = text(row, "commissionAsset");
  const auto price = amount(row, "price");
  const auto qty = amount(row, "qty");
  const auto fee = amount(row, "commission");
  const auto buyer = boolean(row, "isBuyer");
  const auto time = whole(row, "time");
  if (id.empty() || !TradeId::fits(id) || order.empty() || !VenueOrderId::fits(order) || !buyer) return std::nullopt;
  if (!price || !price->is_positive() || !qty || !qty->is_positive()) return std::nullopt;
  if (!fee || !Asset::fits(fee_asset) || (fee_asset.empty() && !fee->is_zero()) || !time || *time <= 0 || *time > 253'402'300'800'000) return std::nullopt;
  f.trade_id = TradeId(id);
  f.venue_order_id = VenueOrderId(order);
  if (ClientOrderId::fits(client)) f.order = ClientOrderId(client);
  f.side = *buyer ? Side::Buy : Side::Sell;
  f.price = Price(*price);
  f.qty = Qty(*qty);
  f.fee = Fee(*fee);
  f.fee_asset = Asset(fee_asset);
  f.liquidity = boolean(row, "isMaker").value_or(false) ? Liquidity::Maker : Liquidity::Taker;
  f.time = Time{*time * 1000};
  return f;
}

std::unique_ptr<Question<PlaceReport>> ask_place(const Desk& desk, const OrderRequest& r) {
  return std::make_unique<OneCall<PlaceReport>>(
      [desk, r](Time venue_now) {
        Params p{{"symbol", symbol_text(desk.symbol)},
                 {"side", r.side == Side::Buy ? "BUY" : "SELL"},
                 {"type", std::string(type_text(r.type))},
                 {"quantity", r.qty.str()}};
        if (r.type != OrderType::Market) p.emplace_back("price", r.price.str());
        p.emplace_back("newClientOrderId", r.id.str());
        const bool bounded = r.expires.us > 0 && !r.expires.is_never();
        const Dur window = bounded ? std::clamp(r.expires - venue_now, kShortestWindow, kReceiveWindow) : kReceiveWindow;
        // A request that is late already carries a stamp that the venue refuses.
        const Time stamp = bounded ? std::min(venue_now, r.expires - window) : venue_now;
        return signed_call("POST", "/api/v3/order", std::move(p), desk.who, stamp, Pool::Order, 1, window);
      },
      [id = r.id](const wire::HttpResponse& response, Time) { return read_place(id, response); });
}

std::unique_ptr<Question<CancelReport>> ask_cancel(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  return std::make_unique<OneCall<CancelReport>>(
      [desk, id, venue_order_id](Time venue_now) {
        Params p{{"symbol", symbol_text(desk.symbol)}};
        name_order(&p, id, venue_order_id);
        return signed_call("DELETE", "/api/v3/order", std::move(p), desk.who, venue_now, Pool::Cancel, 1);
      },
      [id](const wire::HttpResponse& r, Time) { return read_cancel(id, r); });
}

std::unique_ptr<Question<Outcome<void>>> ask_trade_right(const Desk& desk) {
  return std::make_unique<OneCall<Outcome<void>>>(
      [desk](Time venue_now) {
        Params p{{"symbol", symbol_text(desk.symbol)}};
        name_order(&p, ClientOrderId("dn-check"), {});
        return signed_call("DELETE", "/api/v3/order", std::move(p), desk.who, venue_now, Pool::Cancel, 1);
      },
      [](const wire::HttpResponse& r, Time) -> Outcome<void> {
        const Answer a = read_answer(r);
        if (a.kind == Answer::Kind::Refusal && a.code == "-2011") return {};  // the key may: there is nothing to cancel
        return Unexpected{problem_of(a, "the right to trade is not proven")};
      });
}

std::unique_ptr<Question<TradesReport>> ask_trades(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  return std::make_unique<AskTrades>(desk, id, venue_order_id);
}

}  // namespace dn::venues::mexc

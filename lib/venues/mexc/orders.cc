#include "venues/mexc/orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace dn::venues::mexc {
namespace {

constexpr Dur kShortestWindow = Dur::millis(1);
constexpr std::size_t kOrdersAPage = 1000;
constexpr std::size_t kTradesAPage = 100;
constexpr int kMostPages = 40;
constexpr Dur kHistory = Dur::hours(7 * 24 - 1);  // allOrders takes windows of up to 7 days
constexpr Dur kTradeHistory = Dur::hours(30 * 24 - 1);

std::string_view type_text(OrderType t) {
  switch (t) {
    case OrderType::Limit: return "LIMIT";
    case OrderType::PostOnly: return "LIMIT_MAKER";
    case OrderType::Ioc: return "IMMEDIATE_OR_CANCEL";
    case OrderType::Market: break;
  }
  return "MARKET";
}

void name_order(Params* params, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  if (venue_order_id.empty()) {
    params->emplace_back("origClientOrderId", id.str());
  } else {
    params->emplace_back("orderId", venue_order_id.str());
  }
}

Code code_from(std::string_view text) { return Code(text); }

bool is_it(const OrderRow& row, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  return row.client_order_id == id || (!venue_order_id.empty() && row.venue_order_id == venue_order_id);
}

LookupReport found(LookupReport report, const OrderRow& row) {
  report.outcome = LookupOutcome::Found;
  report.venue_order_id = row.venue_order_id;
  report.open = row.open;
  report.filled = row.filled;
  report.price = row.price;
  report.qty = row.qty;
  return report;
}

LookupReport failed(LookupReport report, const Answer& a) {
  report.outcome = LookupOutcome::Failed;
  report.code = code_from(a.code);
  report.retry_after = a.retry_after;
  return report;
}

LookupReport failed(LookupReport report, std::string_view code) {
  report.outcome = LookupOutcome::Failed;
  report.code = code_from(code);
  return report;
}

LookupReport by_id(LookupReport report, const VenueOrderId& venue_order_id, const wire::HttpResponse& r) {
  const Answer a = read_answer(r);
  if (a.kind == Answer::Kind::Refusal && a.code == "-2013") {
    report.outcome = LookupOutcome::NotFound;
    return report;
  }
  if (a.kind != Answer::Kind::Ok) return failed(std::move(report), a);
  const auto row = read_order(a.json->root());
  if (!row) return failed(std::move(report), "unreadable_order");
  if (!is_it(*row, report.id, venue_order_id)) return failed(std::move(report), "another_order");
  return found(std::move(report), *row);
}

// The rows of a list; nullopt when a row of ours cannot be read, since it may be the one that is asked for.
struct Rows {
  std::vector<OrderRow> rows;
  bool all_readable = true;
};
Rows read_rows(const Element& list) {
  Rows out;
  for (const Element& e : array_of(list)) {
    if (auto row = read_order(e)) {
      out.rows.push_back(std::move(*row));
    } else {
      out.all_readable = false;
    }
  }
  return out;
}

LookupReport among_open(LookupReport report, const VenueOrderId& venue_order_id, const wire::HttpResponse& r) {
  const Answer a = read_answer(r);
  if (a.kind != Answer::Kind::Ok) return failed(std::move(report), a);
  if (!a.json->root().is_array()) return failed(std::move(report), "unreadable_list");
  const Rows list = read_rows(a.json->root());
  for (const OrderRow& row : list.rows) {
    if (is_it(row, report.id, venue_order_id)) return found(std::move(report), row);
  }
  if (!list.all_readable) return failed(std::move(report), "unreadable_list");
  report.outcome = LookupOutcome::NotFound;
  return report;
}

// allOrders over the last seven days. A full page is halved at its edges until nothing can hide behind it.
class AskHistory final : public Question<LookupReport> {
 public:
  AskHistory(Desk desk, LookupReport report, const VenueOrderId& venue_order_id)
      : desk_(std::move(desk)), report_(std::move(report)), venue_order_id_(venue_order_id) {}

  Call call(Time venue_now) override {
    if (windows_.empty()) windows_.push_back({venue_now - kHistory, venue_now + Dur::seconds(1)});
    const Window w = windows_.back();
    return signed_call("GET", "/api/v3/allOrders",
                       {{"symbol", symbol_text(desk_.symbol)},
                        {"startTime", std::to_string(w.from.us / 1000)},
                        {"endTime", std::to_string(w.to.us / 1000)},
                        {"limit", std::to_string(kOrdersAPage)}},
                       desk_.who, venue_now, Pool::Account, 10);
  }

  std::optional<LookupReport> heard(const wire::HttpResponse& r, Time venue_now) override {
    report_.venue_time = venue_now;
    const Answer a = read_answer(r);
    if (a.kind != Answer::Kind::Ok) return failed(std::move(report_), a);
    if (!a.json->root().is_array()) return failed(std::move(report_), "unreadable_list");
    const Rows list = read_rows(a.json->root());
    for (const OrderRow& row : list.rows) {
      if (is_it(row, report_.id, venue_order_id_)) return found(std::move(report_), row);
    }
    if (!list.all_readable) return failed(std::move(report_), "unreadable_list");
    if (!narrow(list.rows) || ++pages_ > kMostPages) return failed(std::move(report_), "history_too_long");
    if (!windows_.empty()) return std::nullopt;
    report_.outcome = LookupOutcome::NotFound;
    return std::move(report_);
  }

 private:
  struct Window {
    Time from;
    Time to;
  };

  // What of the window the page left out. False when one moment alone fills a page.
  bool narrow(const std::vector<OrderRow>& rows) {
    const Window w = windows_.back();
    windows_.pop_back();
    if (rows.size() < kOrdersAPage) return true;
    const auto [first, last] = std::ranges::minmax_element(rows, {}, &OrderRow::created);
    const Time from = first->created;
    const Time to = last->created;
    if (from <= w.from && to >= w.to) return false;
    // Times are whole seconds in places, so the edges are asked again.
    if (from > w.from) windows_.push_back({w.from, from + Dur::seconds(1)});
    if (to < w.to - Dur::seconds(2)) windows_.push_back({to, w.to});
    return windows_.empty() || windows_.back().to - windows_.back().from < w.to - w.from;
  }

  Desk desk_;
  LookupReport report_;
  VenueOrderId venue_order_id_;
  std::vector<Window> windows_;
  int pages_ = 0;
};

// myTrades of one order; a full page is followed to older ones.
class AskTrades final : public Question<TradesReport> {
 public:
  AskTrades(Desk desk, const ClientOrderId& id, const VenueOrderId& venue_order_id) : desk_(std::move(desk)), venue_order_id_(venue_order_id) {
    report_.id = id;
  }

  Call call(Time venue_now) override {
    Params p{{"symbol", symbol_text(desk_.symbol)}};
    if (!venue_order_id_.empty()) p.emplace_back("orderId", venue_order_id_.str());
    if (!before_.is_never()) {
      p.emplace_back("startTime", std::to_string((venue_now - kTradeHistory).us / 1000));
      p.emplace_back("endTime", std::to_string(before_.us / 1000));
    }
    p.emplace_back("limit", std::to_string(kTradesAPage));
    return signed_call("GET", "/api/v3/myTrades", std::move(p), desk_.who, venue_now, Pool::Account, 10);
  }

  std::optional<TradesReport> heard(const wire::HttpResponse& r, Time /*venue_now*/) override {
    const Answer a = read_answer(r);
    if (a.kind != Answer::Kind::Ok || !a.json->root().is_array()) return std::move(report_);
    std::size_t rows = 0;
    bool any_new = false;
    Time oldest = Time::never();
    for (const Element& e : array_of(a.json->root())) {
      ++rows;
      auto fill = read_trade(e);
      if (!fill) return std::move(report_);  // a trade that cannot be read must not be missed: asked again later
      oldest = std::min(oldest, fill->time);
      if (!belongs(*fill) || !seen_.insert(fill->trade_id.str()).second) continue;
      any_new = true;
      fill->order = report_.id;
      report_.fills.push_back(std::move(*fill));
    }
    const bool more = rows >= kTradesAPage && (any_new || venue_order_id_.empty()) && oldest != before_;
    if (more && ++pages_ < kMostPages) {
      before_ = oldest + Dur::millis(999);  // times are whole seconds
      return std::nullopt;
    }
    report_.answered = !more;
    return std::move(report_);
  }

 private:
  bool belongs(const Fill& f) const { return venue_order_id_.empty() ? f.order == report_.id : f.venue_order_id == venue_order_id_; }

  Desk desk_;
  VenueOrderId venue_order_id_;
  TradesReport report_;
  std::set<std::string> seen_;
  Time before_ = Time::never();
  int pages_ = 0;
};

}  // namespace

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
  p.code = code_from(a.code);
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
  return {id, a.kind != Answer::Kind::Nothing, code_from(a.code)};
}

std::optional<OrderRow> read_order(const Element& row) {
  OrderRow o;
  const std::string_view venue_id = text(row, "orderId");
  const std::string_view client_id = text(row, "clientOrderId");
  const std::string_view status = text(row, "status");
  const auto filled = amount(row, "executedQty");
  const auto qty = member(row, "origQty") ? amount(row, "origQty") : amount(row, "Qty");  // the docs' sample has a slip
  const auto created = whole(row, "time");
  if (venue_id.empty() || !VenueOrderId::fits(venue_id) || !filled || filled->is_negative() || !qty) return std::nullopt;
  o.venue_order_id = VenueOrderId(venue_id);
  if (ClientOrderId::fits(client_id)) o.client_order_id = ClientOrderId(client_id);
  o.open = status == "NEW" || status == "PARTIALLY_FILLED";
  if (!o.open && status != "FILLED" && status != "CANCELED" && status != "PARTIALLY_CANCELED") return std::nullopt;
  o.filled = Qty(*filled);
  o.qty = Qty(*qty);
  o.price = Price(amount(row, "price").value_or(Decimal{}));
  if (created && *created > 0 && *created < 253'402'300'800'000) o.created = Time{*created * 1000};
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
  if (id.empty() || !TradeId::fits(id) || order.empty() || !VenueOrderId::fits(order) || !price || !qty || !qty->is_positive() || !buyer) return std::nullopt;
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

std::unique_ptr<Question<LookupReport>> ask_lookup(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage) {
  LookupReport report;
  report.id = id;
  report.stage = stage;
  switch (stage) {
    case LookupStage::ById:
      return std::make_unique<OneCall<LookupReport>>(
          [desk, id, venue_order_id](Time venue_now) {
            Params p{{"symbol", symbol_text(desk.symbol)}};
            name_order(&p, id, venue_order_id);
            return signed_call("GET", "/api/v3/order", std::move(p), desk.who, venue_now, Pool::Account, 2);
          },
          [report, venue_order_id](const wire::HttpResponse& r, Time venue_now) mutable {
            report.venue_time = venue_now;
            return by_id(report, venue_order_id, r);
          });
    case LookupStage::OpenOrders:
      return std::make_unique<OneCall<LookupReport>>(
          [desk](Time venue_now) {
            return signed_call("GET", "/api/v3/openOrders", {{"symbol", symbol_text(desk.symbol)}}, desk.who, venue_now, Pool::Account, 3);
          },
          [report, venue_order_id](const wire::HttpResponse& r, Time venue_now) mutable {
            report.venue_time = venue_now;
            return among_open(report, venue_order_id, r);
          });
    case LookupStage::History: break;
  }
  return std::make_unique<AskHistory>(desk, std::move(report), venue_order_id);
}

std::unique_ptr<Question<TradesReport>> ask_trades(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  return std::make_unique<AskTrades>(desk, id, venue_order_id);
}

}  // namespace dn::venues::mexc

#include "venues/gateio/orders.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "venues/gateio/errors.h"

namespace dn::venues::gateio {
namespace {

PlaceReport placed(const ClientOrderId& id, const wire::HttpResponse& response, Time venue_now) {
  PlaceReport report;
  report.id = id;
  const Reply reply = read(response);
  if (response.status == 0 && response.never_left) {
    report.outcome = PlaceOutcome::DeniedLocally;
    report.code = Code("not_sent");
    report.reason = Reason(printable(reply.error));
    return report;
  }
  if (reply.ok()) return accepted_place(id, reply.root());
  if (reply.status == 429 || reply.refused()) return refused_place(id, reply.status, reply.label, reply.message, retry_after(response, venue_now));
  report.code = reply.code();
  report.reason = Reason(printable(reply.error));
  return report;
}

CancelReport cancelled(const ClientOrderId& id, const wire::HttpResponse& response) {
  const Reply reply = read(response);
  if (reply.success()) return {id, true, Code("cancelled")};
  return {id, reply.refused() && is_gone(reply.label), reply.code()};
}

std::string_view key_of(const ClientOrderId& id, const VenueOrderId& venue_order_id) { return venue_order_id.empty() ? id.view() : venue_order_id.view(); }

// The venue's id decides where it is known. A text proves as much: ours are never used twice.
bool names(const RowName& row, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  return venue_order_id.empty() ? row.text == id.view() : row.order_id == venue_order_id.view();
}

int count(const Element& list) { return static_cast<int>(array_of(list).size()); }

// Those of an order by the venue's id, or all.
Request trades_request(const Dialect& dialect, const VenueOrderId& venue_order_id, int page, Time now) {
  if (!venue_order_id.empty()) return dialect.trades_of(venue_order_id.view(), {page, kTradePage}, now);
  return dialect.all_trades({page, kTradePage}, newest(now, dialect.trade_span()));
}

class OrderLookup final : public Question<LookupReport> {
 public:
  OrderLookup(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage)
      : context_(std::move(context)), dialect_(std::move(dialect)), venue_order_id_(venue_order_id) {
    report_.id = id;
    report_.stage = stage;
    step_ = stage == LookupStage::ById ? Step::ById : stage == LookupStage::OpenOrders ? Step::Open : Step::Finished;
  }

  Call call(Time venue_now) override {
    asked_ = venue_now;
    if (began_.us == 0) began_ = venue_now;  // pages of one window
    return encode(request(began_), *context_, venue_now);
  }

  std::optional<LookupReport> heard(const wire::HttpResponse& response, Time venue_now) override {
    // The first exchange's time: later ones prove nothing about what arrived in between.
    if (report_.venue_time.us == 0) report_.venue_time = venue_time(response, std::min(asked_, venue_now), std::max(asked_, venue_now));
    const Reply reply = read(response);
    const bool by_key = step_ == Step::ById || step_ == Step::Confirm;
    if (by_key && reply.refused() && is_absent(reply.label)) return step_ == Step::ById ? finish(LookupOutcome::NotFound) : only_trades();
    if (!reply.ok()) return failed(reply.code(), reply.status == 429 ? retry_after(response, venue_now) : Dur{});
    switch (step_) {
      case Step::ById:
      case Step::Confirm: return by_id(reply.root());
      case Step::Open:
      case Step::Finished: return page_of_orders(reply.root(), venue_now);
      case Step::Trades: return page_of_trades(reply.root());
    }
    return failed(Code("bad_answer"), {});
  }

 private:
  enum class Step : std::uint8_t { ById, Open, Finished, Trades, Confirm };

  Request request(Time now) const {
    switch (step_) {
      case Step::ById: return dialect_->order(key_of(report_.id, venue_order_id_));
      case Step::Open: return dialect_->open_orders({page_, kOrderPage});
      case Step::Finished: return dialect_->finished_orders({page_, kOrderPage}, newest(now, kOrderHistory));
      case Step::Trades: return trades_request(*dialect_, venue_order_id_, page_, now);
      case Step::Confirm: break;
    }
    return dialect_->order(report_.venue_order_id.view());
  }

  LookupReport finish(LookupOutcome outcome) {
    report_.outcome = outcome;
    return report_;
  }
  LookupReport failed(const Code& code, Dur wait) {
    report_.code = code;
    report_.retry_after = wait;
    return finish(LookupOutcome::Failed);
  }
  LookupReport found(const Element& row) {
    const auto order = dialect_->read_order(row);
    if (!order) return failed(Code("bad_answer"), {});
    report_.venue_order_id = order->id;
    report_.open = order->open;
    report_.price = order->price;
    report_.qty = order->qty;
    report_.filled = max(order->filled, traded_);
    return finish(LookupOutcome::Found);
  }

  // What the venue answers must be what was asked for.
  LookupReport by_id(const Element& row) {
    const RowName name = row_name_of_order(row);
    const bool ours = step_ == Step::Confirm ? name.order_id == report_.venue_order_id.view() : names(name, report_.id, venue_order_id_);
    return ours ? found(row) : failed(Code("bad_answer"), {});
  }

  std::optional<LookupReport> page_of_orders(const Element& list, Time now) {
    if (!list.is_array()) return failed(Code("bad_answer"), {});
    bool old = count(list) > 0;
    for (const Element& row : array_of(list)) {
      if (names(row_name_of_order(row), report_.id, venue_order_id_)) return found(row);
      old = old && step_ == Step::Finished && dialect_->ended_before(row, now - kOrderHistory);
    }
    if (count(list) >= kOrderPage && !old) return next_page();
    if (step_ == Step::Open) return finish(LookupOutcome::NotFound);
    // A filled order may be in no list any more; its trades stay for longer.
    step_ = Step::Trades;
    page_ = 0;
    return std::nullopt;
  }

  std::optional<LookupReport> page_of_trades(const Element& list) {
    if (!list.is_array()) return failed(Code("bad_answer"), {});
    for (const Element& row : array_of(list)) {
      if (!names(row_name_of_trade(row), report_.id, venue_order_id_)) continue;
      const auto fill = dialect_->read_trade(row);
      if (!fill) return failed(Code("bad_answer"), {});
      // Pages are counted from the newest trade: one that comes in between moves the others to the next page.
      if (!seen_.insert(fill->trade_id.str()).second) continue;
      report_.venue_order_id = fill->venue_order_id;
      report_.price = fill->price;
      traded_ += fill->qty;
      if (!traded_.decimal().within(19, 14)) return failed(Code("bad_answer"), {});
    }
    if (count(list) >= kTradePage) return next_page();
    if (traded_.is_zero()) return finish(LookupOutcome::NotFound);
    step_ = Step::Confirm;
    return std::nullopt;
  }

  // It traded, and the venue has forgotten the order itself: it cannot fill any more.
  LookupReport only_trades() {
    report_.open = false;
    report_.filled = traded_;
    report_.qty = traded_;
    return finish(LookupOutcome::Found);
  }

  std::optional<LookupReport> next_page() {
    if (++page_ >= kMostPages) return failed(Code("too_many_pages"), {});
    return std::nullopt;
  }

  ContextPtr context_;
  DialectPtr dialect_;
  VenueOrderId venue_order_id_;
  LookupReport report_;
  Step step_ = Step::ById;
  int page_ = 0;
  std::set<std::string> seen_;  // trades, by id
  Qty traded_;
  Time began_;
  Time asked_;
};

class TradesOfOrder final : public Question<TradesReport> {
 public:
  TradesOfOrder(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id)
      : context_(std::move(context)), dialect_(std::move(dialect)), venue_order_id_(venue_order_id) {
    report_.id = id;
  }

  Call call(Time now) override {
    if (began_.us == 0) began_ = now;
    return encode(trades_request(*dialect_, venue_order_id_, page_, began_), *context_, now);
  }

  std::optional<TradesReport> heard(const wire::HttpResponse& response, Time /*venue_now*/) override {
    const Reply reply = read(response);
    if (!reply.ok() || !reply.root().is_array()) return no_answer();
    for (const Element& row : array_of(reply.root())) {
      if (!names(row_name_of_trade(row), report_.id, venue_order_id_)) continue;
      auto fill = dialect_->read_trade(row);
      if (!fill) return no_answer();
      if (!seen_.insert(fill->trade_id.str()).second) continue;  // on two pages, as above
      fill->order = report_.id;
      report_.fills.push_back(*fill);
    }
    if (count(reply.root()) >= kTradePage) {
      if (++page_ >= kMostPages) return no_answer();
      return std::nullopt;
    }
    report_.answered = true;
    return report_;
  }

 private:
  TradesReport no_answer() const { return {report_.id, false, {}}; }

  ContextPtr context_;
  DialectPtr dialect_;
  VenueOrderId venue_order_id_;
  TradesReport report_;
  std::set<std::string> seen_;
  int page_ = 0;
  Time began_;
};

}  // namespace

Span newest(Time now, Dur length) {
  const std::int64_t to = now.us / 1'000'000 + 2;
  return {std::max<std::int64_t>(to - length.us / 1'000'000, 0), to};
}

RowName row_name_of_order(const Element& row) { return {text(row, "id"), text(row, "text")}; }
RowName row_name_of_trade(const Element& row) { return {text(row, "order_id"), text(row, "text")}; }

PlaceReport refused_place(const ClientOrderId& id, int status, std::string_view label, std::string_view message, Dur wait) {
  PlaceReport report;
  report.id = id;
  report.code = label.empty() ? Code(fmt::format("http_{}", status)) : Code(printable(label));
  report.reason = Reason(printable(message));
  auto meaning = refusal_of(label);
  // A 429 did not reach the matching, whoever of the venue's gateways says it and in what words.
  if (status == 429) meaning = RejectClass::RateLimited;
  if (!meaning || status < 400 || status >= 500) return report;
  report.outcome = PlaceOutcome::Refused;
  report.reject = *meaning;
  if (*meaning == RejectClass::RateLimited) report.retry_after = wait;
  return report;
}

PlaceReport accepted_place(const ClientOrderId& id, const Element& order) {
  PlaceReport report;
  report.id = id;
  const auto venue_order_id = fitting<VenueOrderId>(text(order, "id"));
  const auto told = text(order, "text");
  if (!venue_order_id || (!told.empty() && told != id.view())) {
    report.code = Code("bad_answer");
    report.reason = Reason("the venue took something, but did not name this order");
    return report;
  }
  report.outcome = PlaceOutcome::Accepted;
  report.venue_order_id = *venue_order_id;
  return report;
}

std::unique_ptr<Question<PlaceReport>> ask_place(ContextPtr context, const Dialect& dialect, const OrderRequest& request) {
  const ClientOrderId id = request.id;
  return std::make_unique<OneCall<PlaceReport>>([context = std::move(context), r = dialect.place(request)](Time now) { return encode(r, *context, now); },
                                                [id](const wire::HttpResponse& response, Time now) { return placed(id, response, now); });
}

std::unique_ptr<Question<CancelReport>> ask_cancel(ContextPtr context, const Dialect& dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  return std::make_unique<OneCall<CancelReport>>(
      [context = std::move(context), r = dialect.cancel(key_of(id, venue_order_id))](Time now) { return encode(r, *context, now); },
      [id](const wire::HttpResponse& response, Time) { return cancelled(id, response); });
}

std::unique_ptr<Question<Outcome<void>>> ask_trade_right(ContextPtr context, const Dialect& dialect) {
  return std::make_unique<OneCall<Outcome<void>>>(
      [context = std::move(context), r = dialect.cancel("t-dn-check")](Time now) { return encode(r, *context, now); },
      [](const wire::HttpResponse& response, Time) -> Outcome<void> {
        const Reply reply = read(response);
        if (reply.refused() && is_gone(reply.label)) return {};  // the key may: there is nothing to cancel
        return Unexpected{problem(reply, "orders")};
      });
}

std::unique_ptr<Question<LookupReport>> ask_order(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id,
                                                  LookupStage stage) {
  return std::make_unique<OrderLookup>(std::move(context), std::move(dialect), id, venue_order_id, stage);
}

std::unique_ptr<Question<TradesReport>> ask_trades(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  return std::make_unique<TradesOfOrder>(std::move(context), std::move(dialect), id, venue_order_id);
}

}  // namespace dn::venues::gateio

// Whether an order exists at the venue: by id, among the open ones, in the history. What is not read to its end proves no absence.
#include "venues/mexc/lists.h"

namespace dn::venues::mexc {
namespace {

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
  report.code = Code(a.code);
  report.retry_after = a.retry_after;
  return report;
}

LookupReport failed(LookupReport report, std::string_view code) {
  report.outcome = LookupOutcome::Failed;
  report.code = Code(code);
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

LookupReport among_open(LookupReport report, const VenueOrderId& venue_order_id, const wire::HttpResponse& r) {
  const Answer a = read_answer(r);
  if (a.kind != Answer::Kind::Ok) return failed(std::move(report), a);
  if (!a.json->root().is_array()) return failed(std::move(report), "unreadable_list");
  const Rows<OrderRow> list = read_orders(a.json->root());
  for (const OrderRow& row : list.rows) {
    if (is_it(row, report.id, venue_order_id)) return found(std::move(report), row);
  }
  if (!list.all_readable) return failed(std::move(report), "unreadable_list");
  report.outcome = LookupOutcome::NotFound;
  return report;
}

// A lookup of one exchange. What it says holds for the moment at which it was asked, not for that of a late answer.
class AskOnce final : public Question<LookupReport> {
 public:
  using Read = LookupReport (*)(LookupReport, const VenueOrderId&, const wire::HttpResponse&);
  AskOnce(LookupReport report, const VenueOrderId& venue_order_id, OneCall<LookupReport>::Encode encode, Read read)
      : report_(std::move(report)), venue_order_id_(venue_order_id), encode_(std::move(encode)), read_(read) {}
  Call call(Time venue_now) override {
    report_.venue_time = venue_now;
    return encode_(venue_now);
  }
  std::optional<LookupReport> heard(const wire::HttpResponse& r, Time /*venue_now*/) override { return read_(std::move(report_), venue_order_id_, r); }

 private:
  LookupReport report_;
  VenueOrderId venue_order_id_;
  OneCall<LookupReport>::Encode encode_;
  Read read_;
};

// allOrders over the last seven days, a full page asked again from its edges until nothing can hide behind it; then a month of
// trades, since an order may be older; and where a trade names the order, the order itself. A trade alone proves no end.
class AskHistory final : public Question<LookupReport> {
 public:
  AskHistory(Desk desk, LookupReport report, const VenueOrderId& venue_order_id)
      : desk_(std::move(desk)), report_(std::move(report)), venue_order_id_(venue_order_id), trades_(ask_trades(desk_, report_.id, venue_order_id_)) {}

  Call call(Time venue_now) override {
    if (!begun_) {
      begun_ = true;
      report_.venue_time = venue_now;  // of its first exchange
      windows_.begin(venue_now - kHistory, venue_now + Dur::seconds(1));
    }
    if (traded_) return order_call(desk_, report_.id, *traded_, venue_now);
    if (windows_.done()) return trades_->call(venue_now);
    return all_orders_call(desk_, windows_.current(), venue_now);
  }

  std::optional<LookupReport> heard(const wire::HttpResponse& r, Time venue_now) override {
    if (traded_) return heard_order(r);
    if (windows_.done()) return heard_trades(r, venue_now);
    const Answer a = read_answer(r);
    if (a.kind != Answer::Kind::Ok) return failed(std::move(report_), a);
    if (!a.json->root().is_array()) return failed(std::move(report_), "unreadable_list");
    const Rows<OrderRow> list = read_orders(a.json->root());
    for (const OrderRow& row : list.rows) {
      if (is_it(row, report_.id, venue_order_id_)) return found(std::move(report_), row);
    }
    if (!list.all_readable) return failed(std::move(report_), "unreadable_list");
    if (!windows_.next(list.rows.size() >= kFullPage, list.first, list.last)) return failed(std::move(report_), "history_too_long");
    return std::nullopt;
  }

 private:
  std::optional<LookupReport> heard_trades(const wire::HttpResponse& r, Time venue_now) {
    const auto told = trades_->heard(r, venue_now);
    if (!told) return std::nullopt;
    if (!told->answered) {
      report_.retry_after = read_answer(r).retry_after;
      return failed(std::move(report_), "trades_unread");
    }
    if (told->fills.empty()) {
      report_.outcome = LookupOutcome::NotFound;
      return std::move(report_);
    }
    traded_ = told->fills[0].venue_order_id;
    return std::nullopt;
  }

  std::optional<LookupReport> heard_order(const wire::HttpResponse& r) {
    LookupReport l = by_id(std::move(report_), *traded_, r);
    if (l.outcome == LookupOutcome::NotFound) return failed(std::move(l), "trades_without_order");
    return l;
  }

  Desk desk_;
  LookupReport report_;
  VenueOrderId venue_order_id_;
  std::unique_ptr<Question<TradesReport>> trades_;
  Windows windows_;
  std::optional<VenueOrderId> traded_;  // the order that a trade of ours names
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Question<LookupReport>> ask_lookup(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage) {
  LookupReport report;
  report.id = id;
  report.stage = stage;
  switch (stage) {
    case LookupStage::ById:
      return std::make_unique<AskOnce>(
          std::move(report), venue_order_id, [desk, id, venue_order_id](Time venue_now) { return order_call(desk, id, venue_order_id, venue_now); }, &by_id);
    case LookupStage::OpenOrders:
      return std::make_unique<AskOnce>(
          std::move(report), venue_order_id, [desk](Time venue_now) { return open_orders_call(desk, venue_now); }, &among_open);
    case LookupStage::History: break;
  }
  return std::make_unique<AskHistory>(desk, std::move(report), venue_order_id);
}

}  // namespace dn::venues::mexc

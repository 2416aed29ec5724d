// Everything of an account in one symbol: the open orders, all orders of some weeks, the trades, and by id what only a trade names.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "venues/mexc/lists.h"

namespace dn::venues::mexc {
namespace {

constexpr int kMostFullPages = 80;  // of orders and of trades each; beyond it nothing is told

enum class Step : std::uint8_t { Open, All, Trades, Unlisted };
std::string_view what(Step step) {
  constexpr std::array<std::string_view, 4> kNames{"the open orders", "all orders", "the trades", "an order of a trade"};
  return kNames[static_cast<std::size_t>(step)];
}

// nullopt: something of it cannot be read.
std::optional<SeenOrder> seen(const OrderRow& row) {
  if (!row.side || !row.has_good_price || row.created.us <= 0) return std::nullopt;
  SeenOrder s;
  s.client_id = row.text;
  s.venue_order_id = row.venue_order_id;
  s.side = *row.side;
  s.price = row.price;
  s.qty = row.qty;
  s.filled = row.filled;
  s.open = row.open;
  s.created = row.created;
  return s;
}

class AskSurvey final : public Question<Outcome<Survey>> {
 public:
  AskSurvey(Desk desk, Time since) : desk_(std::move(desk)), since_(since) {}

  Call call(Time venue_now) override {
    if (!began_) {
      began_ = venue_now;
      since_ = whole_second(std::clamp(since_, venue_now - kTradeHistory, venue_now));
    }
    switch (step_) {
      case Step::Open: return open_orders_call(desk_, venue_now);
      case Step::All:
        if (windows_.done()) begin_orders(venue_now);
        return all_orders_call(desk_, windows_.current(), venue_now);
      case Step::Trades:
        if (windows_.done()) windows_.begin(since_, venue_now + kAhead);
        return trades_call(desk_, {}, &windows_.current(), venue_now);
      case Step::Unlisted: break;
    }
    return order_call(desk_, {}, unlisted_.back(), venue_now);
  }

  std::optional<Outcome<Survey>> heard(const wire::HttpResponse& r, Time /*venue_now*/) override {
    const Answer a = read_answer(r);
    // What the venue has forgotten it cannot tell.
    if (step_ == Step::Unlisted && a.kind == Answer::Kind::Refusal && a.code == "-2013") return next_unlisted();
    if (a.kind != Answer::Kind::Ok) return Unexpected{problem_of(a, what(step_))};
    const Element& root = a.json->root();
    if (step_ == Step::Unlisted) return heard_order(root);
    if (!root.is_array()) return unusable("no list");
    return step_ == Step::Trades ? heard_trades(root) : heard_orders(root);
  }

 private:
  static constexpr Dur kAhead = Dur::seconds(1);  // what just happened is inside, also when the clocks differ a little

  // The list goes by the orders' creation, and one that ended since may have been made before: it is always read for as far back as the
  // venue surely keeps it.
  void begin_orders(Time now) {
    const Time oldest = std::min(since_, now + kAhead - kHistory);
    for (Time to = now + kAhead; to > oldest; to = to - kHistory) windows_.begin(std::max(oldest, to - kHistory), to);
  }

  std::optional<Outcome<Survey>> heard_orders(const Element& list) {
    const Rows<OrderRow> page = read_orders(list);
    if (!page.all_readable || !of_symbol(list)) return unusable("a row that cannot be read");
    for (const OrderRow& row : page.rows) {
      auto order = seen(row);
      if (!order) return unusable("a row that cannot be read");
      // Where an end has no time it may be one that is asked for.
      const bool since = row.open || row.created >= since_ || row.updated.us == 0 || row.updated >= since_;
      if (since) book_.add(std::move(*order));
    }
    if (step_ == Step::Open) {
      step_ = Step::All;
      return std::nullopt;
    }
    return page_is_done(page.rows.size() >= kFullPage, page.first, page.last);
  }

  std::optional<Outcome<Survey>> heard_trades(const Element& list) {
    Rows<Fill> page = read_trades(list);
    if (!page.all_readable || !of_symbol(list)) return unusable("a row that cannot be read");
    for (Fill& trade : page.rows) {
      if (!is_ours(trade.order.view())) trade.order = {};
      if (trade.time >= since_) book_.add(std::move(trade));
    }
    return page_is_done(page.rows.size() >= kTradesAPage, page.first, page.last);
  }

  std::optional<Outcome<Survey>> page_is_done(bool full, Time first, Time last) {
    if (!windows_.next(full, first, last)) return unusable("it is longer than can be read");
    if (!windows_.done()) return std::nullopt;
    windows_ = Windows(kMostFullPages);
    if (step_ == Step::All) {
      step_ = Step::Trades;
      return std::nullopt;
    }
    step_ = Step::Unlisted;
    unlisted_ = book_.unlisted();
    if (unlisted_.size() > kMostUnlisted) return unusable("too many orders in no list");
    return finish_or_ask();
  }

  std::optional<Outcome<Survey>> heard_order(const Element& row) {
    const auto read = read_order(row);
    auto order = read ? seen(*read) : std::nullopt;
    if (!order || order->venue_order_id != unlisted_.back()) return unusable("an order that cannot be read");
    book_.add(std::move(*order));
    return next_unlisted();
  }
  std::optional<Outcome<Survey>> next_unlisted() {
    unlisted_.pop_back();
    return finish_or_ask();
  }
  std::optional<Outcome<Survey>> finish_or_ask() {
    if (!unlisted_.empty()) return std::nullopt;
    return book_.told(since_, *began_);
  }

  // No row says to be of another symbol.
  bool of_symbol(const Element& list) const {
    const std::vector<Element> rows = array_of(list);
    return std::all_of(rows.begin(), rows.end(), [this](const Element& row) {
      const std::string_view symbol = text(row, "symbol");
      return symbol.empty() || symbol == symbol_text(desk_.symbol);
    });
  }
  Outcome<Survey> unusable(std::string_view why) const {
    return Unexpected{Problem{Problem::Kind::Unreachable, fmt::format("MEXC: the answer for {} is not usable: {}", what(step_), why)}};
  }

  Desk desk_;
  Time since_;
  std::optional<Time> began_;
  Step step_ = Step::Open;
  Windows windows_{kMostFullPages};
  std::vector<VenueOrderId> unlisted_;
  SurveyBook book_;
};

}  // namespace

std::unique_ptr<Question<Outcome<Survey>>> ask_survey(const Desk& desk, Time since) { return std::make_unique<AskSurvey>(desk, since); }

}  // namespace dn::venues::mexc

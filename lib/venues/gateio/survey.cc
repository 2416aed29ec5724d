// Everything of an account in one symbol: the open orders, those that ended, the trades, and by id what only a trade names.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "venues/gateio/errors.h"
#include "venues/gateio/orders.h"

namespace dn::venues::gateio {
namespace {

constexpr Dur kReach = Dur::hours(180 * 24);  // the lists go back for half a year
constexpr int kRows = 1000;                   // the venue's largest page; of open orders it is kOrderPage
constexpr int kRound = 100;                   // a largest page is a multiple of it

enum class Step : std::uint8_t { Open, Ended, Trades, Unlisted };
std::string_view what(Step step) {
  constexpr std::array<std::string_view, 4> kNames{"the open orders", "the orders that ended", "the trades", "an order of a trade"};
  return kNames[static_cast<std::size_t>(step)];
}

// Zero where the venue shows none; a price that is no amount is none to be told as if there were none.
bool has_good_price(const Element& row) {
  if (text(row, "price").empty()) return !member(row, "price");
  const auto price = amount(row, "price");
  return price && !price->is_negative();
}

std::optional<SeenOrder> seen(const Element& row, const Dialect& dialect) {
  const auto order = dialect.read_order(row);
  if (!order || order->created.us <= 0 || !dialect.of_symbol(row) || !has_good_price(row)) return std::nullopt;
  SeenOrder s;
  s.client_id = shown_text(row_name_of_order(row).text);
  s.venue_order_id = order->id;
  s.side = order->side;
  s.price = order->limit;
  s.qty = order->qty;
  s.filled = order->filled;
  s.open = order->open;
  s.reduce_only = order->reduce_only;
  s.created = order->created;
  return s;
}

class AskSurvey final : public Question<Outcome<Survey>> {
 public:
  AskSurvey(ContextPtr context, DialectPtr dialect, Time since) : context_(std::move(context)), dialect_(std::move(dialect)), since_(since) {}

  Call call(Time venue_now) override {
    asked_ = venue_now;
    if (!begun_) begin(venue_now);
    return encode(request(), *context_, venue_now);
  }

  std::optional<Outcome<Survey>> heard(const wire::HttpResponse& response, Time venue_now) override {
    if (venue_time_.us == 0) venue_time_ = venue_time(response, std::min(asked_, venue_now), std::max(asked_, venue_now));
    const Reply reply = read(response);
    // What the venue has forgotten it cannot tell.
    if (step_ == Step::Unlisted && reply.refused() && is_absent(reply.label)) return next_unlisted();
    if (!reply.ok()) return Unexpected{problem(reply, what(step_))};
    if (step_ == Step::Unlisted) return heard_order(reply.root());
    if (!reply.root().is_array()) return unusable("an unexpected shape");
    return heard_page(array_of(reply.root()));
  }

 private:
  // The first question of a step fixes its spans: what happens while pages are read moves none of them.
  void begin(Time now) {
    begun_ = true;
    since_ = whole_second(std::clamp(since_, now - kReach, now));
    spans_.clear();
    page_ = 0;
    const Span all{std::max<std::int64_t>(since_.us / 1'000'000, 0), newest(now, {}).to};
    const std::int64_t widest = (step_ == Step::Trades ? dialect_->trade_span() : dialect_->order_span()).us / 1'000'000;
    for (std::int64_t from = all.from; from < all.to; from += widest) spans_.push_back({from, std::min(from + widest, all.to)});
  }

  Request request() const {
    switch (step_) {
      case Step::Open: return dialect_->open_orders({page_, kOrderPage});
      case Step::Ended: return dialect_->finished_orders({page_, rows_}, spans_.back());
      case Step::Trades: return dialect_->all_trades({page_, rows_}, spans_.back());
      case Step::Unlisted: break;
    }
    return dialect_->order(unlisted_.back().view());
  }

  std::optional<Outcome<Survey>> heard_page(const std::vector<Element>& rows) {
    bool old = !rows.empty();
    for (const Element& row : rows) {
      const bool before = step_ == Step::Ended && dialect_->ended_before(row, since_);
      old = old && before;
      if (!before && !take(row)) return unusable("a row that cannot be read");
    }
    if (++pages_ > kMostPages) return unusable("more pages than are read");
    const int count = static_cast<int>(rows.size());
    if (short_page_ > 0 && count > 0) return read_again();
    const bool full = count >= (step_ == Step::Open ? kOrderPage : rows_);
    short_page_ = !full && count % kRound == 0 ? count : 0;
    // A list without spans ends where a whole page ended before. An order that began long before the page's and ended after is missed
    // then, unless it traded: its trades name it.
    if (old || (!full && short_page_ == 0)) return next_span();
    ++page_;
    return std::nullopt;
  }

  // A page with less than was asked for is the last one, unless the venue does not give so many rows any more: a round number is doubted,
  // and when another page follows it the list is read again by pages of that length.
  std::optional<Outcome<Survey>> read_again() {
    rows_ = short_page_;
    short_page_ = page_ = 0;
    return std::nullopt;
  }

  bool take(const Element& row) {
    if (step_ == Step::Trades) {
      const auto trade = dialect_->read_trade(row);
      if (trade && dialect_->of_symbol(row)) book_.add(*trade);
      return trade && dialect_->of_symbol(row);
    }
    auto order = seen(row, *dialect_);
    if (order) book_.add(std::move(*order));
    return order.has_value();
  }

  std::optional<Outcome<Survey>> next_span() {
    short_page_ = page_ = 0;
    if (step_ != Step::Open) spans_.pop_back();
    if (step_ != Step::Open && !spans_.empty()) return std::nullopt;
    begun_ = false;
    if (step_ != Step::Trades) {
      step_ = step_ == Step::Open ? Step::Ended : Step::Trades;
      return std::nullopt;
    }
    step_ = Step::Unlisted;
    begun_ = true;
    unlisted_ = book_.unlisted();
    if (unlisted_.size() > kMostUnlisted) return unusable("too many orders in no list");
    return finish_or_ask();
  }

  std::optional<Outcome<Survey>> heard_order(const Element& row) {
    auto order = seen(row, *dialect_);
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
    return book_.told(since_, venue_time_);
  }
  Outcome<Survey> unusable(std::string_view why) const { return Unexpected{broken(what(step_), why)}; }

  ContextPtr context_;
  DialectPtr dialect_;
  Time since_;
  Step step_ = Step::Open;
  bool begun_ = false;  // this step
  std::vector<Span> spans_;
  int page_ = 0;  // of the span
  int rows_ = kRows;
  int short_page_ = 0;  // the length of the one before, where it is doubted
  int pages_ = 0;       // of the whole survey
  std::vector<VenueOrderId> unlisted_;
  SurveyBook book_;
  Time asked_;
  Time venue_time_;
};

}  // namespace

std::unique_ptr<Question<Outcome<Survey>>> ask_survey(ContextPtr context, DialectPtr dialect, Time since) {
  return std::make_unique<AskSurvey>(std::move(context), std::move(dialect), since);
}

}  // namespace dn::venues::gateio

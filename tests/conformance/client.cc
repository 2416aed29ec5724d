#include "client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "engine/ids.h"

namespace dn::conformance {
namespace {

constexpr Dur kTurn = Dur::millis(20);           // of the loop, between two looks at the condition
constexpr Dur kOrderLifetime = Dur::seconds(5);  // of a request
constexpr Dur kFateWithin = Dur::seconds(8);
constexpr std::array kStages{LookupStage::ById, LookupStage::OpenOrders, LookupStage::History};

// A venue as it is, less its order channel.
class WithoutChannel final : public venues::VenueApi {
 public:
  explicit WithoutChannel(std::unique_ptr<venues::VenueApi> api) : api_(std::move(api)) {}

  std::unique_ptr<venues::Question<venues::Outcome<Time>>> server_time() override { return api_->server_time(); }
  std::unique_ptr<venues::Question<venues::Outcome<venues::VenueFacts>>> market() override { return api_->market(); }
  std::unique_ptr<venues::Question<venues::Outcome<venues::VenueFacts>>> account(venues::VenueFacts f) override { return api_->account(std::move(f)); }
  std::unique_ptr<venues::Question<venues::Outcome<void>>> trade_right() override { return api_->trade_right(); }
  void set_instrument(const Instrument& instrument) override { api_->set_instrument(instrument); }
  std::string symbol_text() const override { return api_->symbol_text(); }
  std::unique_ptr<venues::Question<PlaceReport>> place(const OrderRequest& r) override { return api_->place(r); }
  std::unique_ptr<venues::Question<CancelReport>> cancel(const ClientOrderId& id, const VenueOrderId& at) override { return api_->cancel(id, at); }
  std::unique_ptr<venues::Question<LookupReport>> lookup(const ClientOrderId& id, const VenueOrderId& at, LookupStage stage) override {
    return api_->lookup(id, at, stage);
  }
  std::unique_ptr<venues::Question<TradesReport>> trades(const ClientOrderId& id, const VenueOrderId& at) override { return api_->trades(id, at); }
  std::unique_ptr<venues::Question<venues::Outcome<venues::Survey>>> survey(Time since) override { return api_->survey(since); }
  std::unique_ptr<venues::Question<venues::Outcome<FundingReport>>> funding(Time since) override { return api_->funding(since); }
  std::unique_ptr<venues::StreamProtocol> public_stream() override { return api_->public_stream(); }
  std::unique_ptr<venues::StreamProtocol> private_stream() override { return api_->private_stream(); }
  std::unique_ptr<venues::Question<venues::Outcome<TopOfBook>>> top_of_book() override { return api_->top_of_book(); }
  std::unique_ptr<venues::Question<venues::Outcome<venues::Depth>>> depth() override { return api_->depth(); }
  Dur request_window() const override { return api_->request_window(); }

 private:
  std::unique_ptr<venues::VenueApi> api_;
};

// No id is used twice, whichever client of the process makes it.
ClientOrderId next_id(Side leg, Time now) {
  static std::uint32_t sequence = 0;
  return make_client_order_id(task_key("conformance"), leg, static_cast<std::uint32_t>(now.us / 1'000'000), ++sequence);
}

}  // namespace

Qty sum_of(const std::vector<Fill>& fills) {
  Qty sum;
  for (const Fill& f : fills) sum += f.qty;
  return sum;
}

Client::Client(Venue venue, live::Access access) : venue_(venue), access_(std::move(access)), venues_(loop_, clock_, {{venue, access_}}) {}
Client::~Client() = default;

venues::Outcome<venues::VenueFacts> Client::start() {
  auto out = venues_.start({{venue_, symbol(), true}});
  if (out[0]) facts_ = *out[0];
  return std::move(out[0]);
}

live::Link::Emit Client::emit() {
  return [this](Event e) {
    if (const auto* book = std::get_if<BookUpdate>(&e)) top_ = book->top;
    if (std::holds_alternative<BookLost>(e)) top_.reset();
    events_.push_back(std::move(e));
  };
}

void Client::use(std::unique_ptr<live::Link> link) {
  link_ = std::move(link);
  link_->streams().on_note([this](const std::string& text) { notes_.push_back(text); });
  link_->start();
}

void Client::connect(const venues::VenueFacts& facts, Way way) {
  facts_ = facts;
  if (way == Way::RestOnly) return connect(facts, way, {});
  use(venues_.link(facts, true, 1, emit()));
}

std::unique_ptr<venues::VenueApi> Client::make_api(Way way) const {
  auto api = venues::registered(venue_).make({venue_, symbol(), access_.credentials});
  if (way == Way::RestOnly) api = std::make_unique<WithoutChannel>(std::move(api));
  api->set_instrument(facts_.instrument);
  return api;
}

void Client::connect(const venues::VenueFacts& facts, Way way, const venues::StreamRules& rules) {
  facts_ = facts;
  auto api = make_api(way);
  const live::StreamsOptions options{venue_, {access_.ws, access_.ca_file}, rules};
  auto account = std::make_shared<live::AccountStreams>(loop_, desk(), options.address, rules, *api);
  account->on_note([this](std::string_view stream, const std::string& text) { notes_.push_back(std::string(stream) + ": " + text); });
  auto with_rules = std::make_shared<live::SharedStreams>(loop_, desk(), std::move(api), options, std::move(account));
  use(std::make_unique<live::Link>(desk(), facts.instrument, make_api(way), std::move(with_rules), nullptr, emit()));
}

bool Client::ready(Way way) {
  const auto facts = start();
  if (!facts) {
    ADD_FAILURE() << name(venue_) << " does not start: " << facts.error().message;
    return false;
  }
  connect(*facts, way);
  return is_up();
}

bool Client::is_up() {
  const bool up = until([&] { return link_->is_up() && has<BookUpdate>(); });
  EXPECT_TRUE(up) << "not every stream is up and tells prices: " << notes();
  return up;
}

std::string Client::notes() const {
  std::string out;
  for (const std::string& n : notes_) out += n + "; ";
  return out;
}

bool Client::until(const std::function<bool()>& holds, Dur patience) {
  const Time end = now() + patience;
  for (;;) {
    desk().wake();
    if (link_) link_->wake();
    if (holds()) return true;
    if (now() >= end) return false;
    Time next = std::min({now() + kTurn, end, desk().next_deadline()});
    if (link_) next = std::min(next, link_->next_deadline());
    const Dur wait = std::max(next - now(), Dur{});
    loop_.run_one_until(std::chrono::steady_clock::now() + std::chrono::microseconds(wait.us));
  }
}

std::vector<PlaceReport> Client::reports(const ClientOrderId& id) const {
  std::vector<PlaceReport> out = all<PlaceReport>();
  std::erase_if(out, [&](const PlaceReport& r) { return r.id != id; });
  return out;
}

std::vector<Fill> Client::pushed_fills(const ClientOrderId& id) const {
  std::vector<Fill> out;
  for (const StreamFill& f : all<StreamFill>()) {
    if (f.fill.order == id) out.push_back(f.fill);
  }
  return out;
}

bool Client::has_news_of(const ClientOrderId& id) const {
  const std::vector<OrderHint> hints = all<OrderHint>();
  return !pushed_fills(id).empty() || std::any_of(hints.begin(), hints.end(), [&](const OrderHint& h) { return h.id == id; });
}

// ---- prices

TopOfBook Client::top() {
  EXPECT_TRUE(until([&] { return top_.has_value(); })) << "no price comes: " << notes();
  return top_.value_or(TopOfBook{});
}

TopOfBook Client::next_top() {
  top_.reset();
  return top();
}

Price Client::resting_price(Side side) {
  const TopOfBook t = top();
  const Decimal away = Decimal::from_parts(side == Side::Buy ? 98 : 102, 2);
  return ((side == Side::Buy ? t.bid : t.ask) * away).floor_to(instrument().tick);
}

Price Client::taking_price(Side side) {
  const TopOfBook t = top();
  const Decimal into = Decimal::from_parts(side == Side::Buy ? 1005 : 995, 3);
  return ((side == Side::Buy ? t.ask : t.bid) * into).floor_to(instrument().tick);
}

Qty Client::some_qty() {
  const Price low = (top().bid * Decimal::from_parts(9, 1)).floor_to(instrument().tick);
  return instrument().min_tradable(low) * Decimal(5);
}

// ---- orders

OrderRequest Client::order(Side side, OrderType type, Price price, Qty qty) const {
  OrderRequest r;
  r.created = clock_.now();
  r.expires = r.created + kOrderLifetime;
  r.id = next_id(side, r.created);
  r.leg = r.side = side;
  r.type = type;
  r.price = price;
  r.qty = qty;
  return r;
}

// The first event of that kind that fits. It leaves the list.
template <class R>
std::optional<R> Client::answer(const ClientOrderId& id, const std::function<bool(const R&)>& fits) {
  std::optional<R> out;
  until([&] {
    const auto at = std::find_if(events_.begin(), events_.end(), [&](const Event& e) {
      const auto* r = std::get_if<R>(&e);
      return r != nullptr && r->id == id && (!fits || fits(*r));
    });
    if (at == events_.end()) return false;
    out = std::get<R>(*at);
    events_.erase(at);
    return true;
  });
  if (!out) ADD_FAILURE() << name(venue_) << " has not answered about " << id.view() << "; " << notes();
  return out;
}

PlaceReport Client::placed(const ClientOrderId& id) { return answer<PlaceReport>(id, {}).value_or(PlaceReport{}); }

PlaceReport Client::place(const OrderRequest& r) {
  send_place(r);
  return placed(r.id);
}

CancelReport Client::cancel(const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  send_cancel(id, venue_order_id);
  return answer<CancelReport>(id, {}).value_or(CancelReport{});
}

LookupReport Client::lookup(const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage) {
  link_->send(LookupOrder{venue_, id, venue_order_id, stage});
  return answer<LookupReport>(id, [stage](const LookupReport& r) { return r.stage == stage; }).value_or(LookupReport{});
}

TradesReport Client::trades(const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  link_->send(QueryTrades{venue_, id, venue_order_id});
  return answer<TradesReport>(id, {}).value_or(TradesReport{});
}

LookupReport Client::find(const ClientOrderId& id, const VenueOrderId& venue_order_id, std::optional<LookupStage> only) {
  LookupReport last;
  const Time end = now() + kFateWithin;
  while (now() < end) {
    for (const LookupStage stage : kStages) {
      if (only && stage != *only) continue;
      last = lookup(id, venue_order_id, stage);
      if (last.outcome == LookupOutcome::Found) return last;
    }
  }
  ADD_FAILURE() << name(venue_) << " does not know " << id.view();
  return last;
}

LookupReport Client::fate(const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  LookupReport last;
  const Time end = now() + kFateWithin;
  while (now() < end) {
    bool nowhere = true;
    for (const LookupStage stage : kStages) {
      last = lookup(id, venue_order_id, stage);
      if (last.outcome == LookupOutcome::Found && !last.open) return last;
      nowhere = nowhere && last.outcome == LookupOutcome::NotFound;
    }
    if (nowhere) return last;
  }
  ADD_FAILURE() << name(venue_) << " does not tell the end of " << id.view();
  return last;
}

venues::Outcome<venues::Survey> Client::survey(Time since) {
  const auto api = venues::registered(venue_).make({venue_, symbol(), access_.credentials});
  api->set_instrument(facts_.instrument);
  const auto told = std::make_shared<std::optional<venues::Outcome<venues::Survey>>>();
  desk().ask<venues::Outcome<venues::Survey>>(api->survey(since), live::Urgency::Routine, Dur::seconds(5),
                                              [told](venues::Outcome<venues::Survey> answer) { told->emplace(std::move(answer)); });
  if (!until([&] { return told->has_value(); })) return Unexpected{venues::Problem{venues::Problem::Kind::Unreachable, "no answer in time"}};
  return std::move(**told);
}

FundingReport Client::funding(Time since) {
  const std::size_t before = all<FundingReport>().size();
  link_->send(QueryFunding{venue_, since});
  if (!until([&] { return all<FundingReport>().size() > before; })) ADD_FAILURE() << "no answer about funding";
  const auto told = all<FundingReport>();
  return told.empty() ? FundingReport{} : told.back();
}

TradesReport Client::all_trades(const ClientOrderId& id, const VenueOrderId& venue_order_id, Qty filled) {
  TradesReport out;
  const Time end = now() + kFateWithin;
  do {
    out = trades(id, venue_order_id);
  } while (now() < end && !(out.answered && sum_of(out.fills) >= filled));
  return out;
}

}  // namespace dn::conformance

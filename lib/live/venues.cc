#include "live/venues.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace dn::live {
namespace {

using venues::Outcome;
using venues::Problem;
using venues::VenueFacts;

constexpr int kClockSamples = 3;
constexpr int kTries = 3;                              // of each question, while no answer comes
constexpr Dur kAskPatience = Dur::seconds(12);         // of each call, the wait for request budget included
constexpr Dur kStartPatience = Dur::seconds(20);       // of all
constexpr Dur kSurveyPatience = Dur::minutes(5);       // of all; long histories come in many pages
constexpr Dur kClockWarning = Dur::millis(250);        //
constexpr auto kTurn = std::chrono::milliseconds(20);  // of the loop, between two looks at what waits for budget

void to_our_clock(venues::Survey& s, Dur offset) {
  for (venues::SeenOrder& o : s.orders) o.created = o.created - offset;
  s.venue_time = s.venue_time - offset;
}

}  // namespace

// The questions of one venue, one after the other.
class Venues::Start {
 public:
  Start(Desk& desk, Venue venue, std::unique_ptr<venues::VenueApi> api, bool orders) : desk_(desk), venue_(venue), api_(std::move(api)), orders_(orders) {
    ask_time();
  }

  bool done() const { return done_; }
  Outcome<VenueFacts> result() {
    if (problem_) return Unexpected{*problem_};
    return std::move(facts_);
  }
  void time_out() {
    if (done_) return;
    const std::string_view why =
        desk_.waits_for_budget() ? "does not answer in time: its request budget is used up, by this run or others" : "does not answer in time";
    fail({Problem::Kind::Unreachable, fmt::format("{} {}", name(venue_), why)});
  }

 private:
  // Its answers may come when the start is over.
  template <class Answer>
  std::function<void(Answer)> guarded(void (Start::*then)(const Answer&)) {
    return [this, alive = std::weak_ptr<bool>(alive_), then](const Answer& a) {
      if (!alive.expired() && !done_) (this->*then)(a);
    };
  }

  void ask_time() {
    sent_ = desk_.now();
    desk_.ask<Outcome<Time>>(api_->server_time(), Urgency::Routine, kAskPatience, guarded<Outcome<Time>>(&Start::on_time));
  }
  void on_time(const Outcome<Time>& t) {
    if (!t) return again(t.error(), [this] { ask_time(); });
    tries_ = 0;
    desk_.clock_sample(sent_, desk_.now(), *t);
    if (++samples_ < kClockSamples) return ask_time();
    if (desk_.clock_is_wrong()) return fail({Problem::Kind::Clock, clock_text("")});
    if (!desk_.clock_is_good()) return fail(desk_.clock_untold());
    ask_market();
  }
  void ask_market() { desk_.ask<Outcome<VenueFacts>>(api_->market(), Urgency::Routine, kAskPatience, guarded<Outcome<VenueFacts>>(&Start::on_market)); }
  void on_market(const Outcome<VenueFacts>& f) {
    if (!f) return again(f.error(), [this] { ask_market(); });
    tries_ = 0;
    facts_ = *f;
    if (!orders_) return on_account(f);
    ask_account();
  }
  void ask_account() {
    facts_.asked = desk_.venue_now();
    desk_.ask<Outcome<VenueFacts>>(api_->account(facts_), Urgency::Routine, kAskPatience, guarded<Outcome<VenueFacts>>(&Start::on_account));
  }
  void on_account(const Outcome<VenueFacts>& f) {
    if (!f) return again(f.error(), [this] { ask_account(); });
    facts_ = *f;
    facts_.heard = desk_.venue_now();
    facts_.offset = desk_.offset();
    const Dur off = desk_.offset();
    if (off > kClockWarning || Dur{} - off > kClockWarning) facts_.warnings.push_back(clock_text("; it is refused beyond 1s"));
    done_ = true;
  }
  // Questions may be asked twice; what is refused for a reason is refused again.
  void again(const Problem& p, const std::function<void()>& ask) {
    if (p.kind != Problem::Kind::Unreachable || ++tries_ >= kTries) return fail(p);
    ask();
  }
  void fail(const Problem& p) {
    problem_ = p;
    done_ = true;
  }
  std::string clock_text(std::string_view more) const {
    const std::int64_t ms = desk_.offset().us / 1000;
    return fmt::format("this machine's clock is {} ms {} that of {}{}", ms < 0 ? -ms : ms, ms < 0 ? "ahead of" : "behind", name(venue_), more);
  }

  Desk& desk_;
  Venue venue_;
  std::unique_ptr<venues::VenueApi> api_;
  bool orders_;
  bool done_ = false;
  int samples_ = 0;
  int tries_ = 0;
  Time sent_;
  VenueFacts facts_;
  std::optional<Problem> problem_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::vector<Outcome<VenueFacts>> Venues::start(const std::vector<Want>& wants, const std::function<bool()>& stop) {
  std::vector<std::unique_ptr<Start>> starts;
  for (const Want& w : wants) {
    starts.push_back(std::make_unique<Start>(desk(w.venue), w.venue, make(w.venue, w.symbol, w.orders), w.orders));
  }
  const auto all_done = [&] { return std::ranges::all_of(starts, [](const auto& s) { return s->done(); }); };
  if (!run_until(all_done, kStartPatience, stop)) {
    for (auto& s : starts) s->time_out();
  }
  std::vector<Outcome<VenueFacts>> out;
  for (auto& s : starts) out.push_back(s->result());
  return out;
}

bool Venues::run_until(const std::function<bool()>& done, Dur patience, const std::function<bool()>& stop) {
  const Time end = clock_.now() + patience;
  while (!done()) {
    if (clock_.now() > end || (stop && stop())) return false;
    loop_.run_one_until(std::chrono::steady_clock::now() + kTurn);
    for (auto& [venue, d] : desks_) d->wake();
  }
  return true;
}

template <class Answer>
std::vector<Outcome<Answer>> Venues::ask_each(const std::vector<Instrument>& instruments, Time since, Ask<Answer> question, std::string_view what,
                                              const std::function<bool()>& stop) {
  // Kept by the answers' callbacks as well: they may come when nobody waits any more.
  auto answers = std::make_shared<std::vector<std::optional<Outcome<Answer>>>>(instruments.size());
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    const Instrument& instrument = instruments[i];
    std::shared_ptr<venues::VenueApi> api = make(instrument.venue, instrument.symbol, true);
    api->set_instrument(instrument);
    Desk& at = desk(instrument.venue);
    at.ask<Outcome<Answer>>((api.get()->*question)(since + at.offset()), Urgency::Urgent, kAskPatience,
                            [answers, i, api](Outcome<Answer> told) { (*answers)[i] = std::move(told); });
  }
  (void)run_until([&] { return std::ranges::all_of(*answers, [](const auto& a) { return a.has_value(); }); }, kSurveyPatience, stop);
  std::vector<Outcome<Answer>> out;
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    auto& answer = (*answers)[i];
    if (!answer) answer = Unexpected{Problem{Problem::Kind::Unreachable, fmt::format("{} does not tell all its {} in time", name(instruments[i].venue), what)}};
    out.push_back(std::move(*answer));
  }
  return out;
}

std::vector<Outcome<venues::Survey>> Venues::survey(const std::vector<Instrument>& instruments, Time since, const std::function<bool()>& stop) {
  auto out = ask_each<venues::Survey>(instruments, since, &venues::VenueApi::survey, "orders and trades", stop);
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    if (out[i]) to_our_clock(*out[i], desk(instruments[i].venue).offset());
  }
  return out;
}

std::vector<Outcome<FundingReport>> Venues::payments(const std::vector<Instrument>& perpetuals, Time since, const std::function<bool()>& stop) {
  return ask_each<FundingReport>(perpetuals, since, &venues::VenueApi::funding, "funding payments", stop);
}

Desk& Venues::desk(Venue venue) {
  std::unique_ptr<Desk>& d = desks_[venue];
  if (!d) {
    const venues::VenueEntry& entry = venues::registered(venue);
    const Access& a = access_[venue];
    d = std::make_unique<Desk>(loop_, clock_, entry, DeskOptions{a.rest.empty() ? entry.rest : a.rest, a.ca_file, a.rate_scale, a.budget_directory, note_});
    std::shared_ptr<venues::VenueApi> clockwork = entry.make({venue, Symbol{Asset("BTC"), Asset("USDT")}, {}});
    d->keep_clock([clockwork] { return clockwork->server_time(); });
  }
  return *d;
}

std::int64_t Venues::heard() const {
  std::int64_t all = 0;
  for (const auto& [venue, d] : desks_) all += d->heard();
  return all;
}

std::unique_ptr<venues::VenueApi> Venues::make(Venue venue, const Symbol& symbol, bool orders) {
  return venues::registered(venue).make({venue, symbol, orders ? access_[venue].credentials : venues::Credentials{}});
}

DeadMan* Venues::dead_man(const Instrument& instrument) {
  auto& d = dead_men_[{instrument.venue, instrument.symbol.str()}];
  if (d) return d.get();
  auto api = make(instrument.venue, instrument.symbol, true);
  if (api->cancel_all_after(Dur{}) == nullptr) return nullptr;
  const Access& a = access_[instrument.venue];
  std::string lock;
  if (!a.budget_directory.empty()) {
    const std::string& rest = a.rest.empty() ? venues::registered(instrument.venue).rest : a.rest;
    lock = fmt::format("{}/{}-{}-{}-{:016x}.deadman", a.budget_directory, name(instrument.venue), instrument.symbol.base.view(), instrument.symbol.quote.view(),
                       fnv1a(rest));
  }
  api->set_instrument(instrument);
  d = std::make_unique<DeadMan>(desk(instrument.venue), std::move(api), fmt::format("{}, {}", name(instrument.venue), instrument.symbol.str()), std::move(lock),
                                note_);
  return d.get();
}

std::shared_ptr<SharedStreams> Venues::streams(const Instrument& instrument, bool orders, std::uint64_t jitter_seed) {
  const Venue venue = instrument.venue;
  auto& known = streams_[{venue, instrument.symbol.str(), orders}];
  if (auto shared = known.lock()) return shared;
  const Access& a = access_[venue];
  StreamsOptions options{venue, {a.ws.empty() ? venues::registered(venue).ws : a.ws, a.ca_file}, {}};
  options.rules.jitter_seed = jitter_seed;
  auto api = make(venue, instrument.symbol, orders);
  api->set_instrument(instrument);
  std::shared_ptr<AccountStreams> of_account = orders ? account(venue, options, *api) : nullptr;
  auto made = std::make_shared<SharedStreams>(loop_, desk(venue), std::move(api), options, std::move(of_account));
  made->on_note(note_);
  known = made;
  return made;
}

std::shared_ptr<AccountStreams> Venues::account(Venue venue, const StreamsOptions& options, venues::VenueApi& api) {
  auto& known = accounts_[venue];
  if (auto shared = known.lock()) return shared;
  venues::StreamRules rules = options.rules;
  ++rules.jitter_seed;
  auto made = std::make_shared<AccountStreams>(loop_, desk(venue), options.address, rules, api);
  if (note_) {
    made->on_note([note = note_, venue](std::string_view stream, const std::string& text) { note(fmt::format("{}, {}: {}", name(venue), stream, text)); });
  }
  known = made;
  return made;
}

std::shared_ptr<SharedStreams> Venues::connect(const Instrument& instrument, bool orders, std::uint64_t jitter_seed) {
  auto out = streams(instrument, orders, jitter_seed);
  out->start();
  if (orders && !out->has_channel()) desk(instrument.venue).expect_orders();
  return out;
}

std::shared_ptr<PriceWatch> Venues::watch(const Instrument& instrument, std::uint64_t jitter_seed) {
  auto api = make(instrument.venue, instrument.symbol, false);
  api->set_instrument(instrument);
  return std::make_shared<PriceWatch>(desk(instrument.venue), instrument, std::move(api), streams(instrument, false, jitter_seed));
}

std::unique_ptr<Link> Venues::link(const VenueFacts& facts, bool orders, std::uint64_t jitter_seed, Link::Emit emit) {
  const Instrument& instrument = facts.instrument;
  auto api = make(instrument.venue, instrument.symbol, orders);
  api->set_instrument(instrument);
  DeadMan* switched = orders ? dead_man(instrument) : nullptr;
  return std::make_unique<Link>(desk(instrument.venue), instrument, std::move(api), streams(instrument, orders, jitter_seed), switched, std::move(emit));
}

}  // namespace dn::live

// The venues of a process: a desk for each, and what a start asks of them before anything trades.
//
// Ownership: the loop and the clock outlive it. Thread rule: the loop's thread. Error rule: what keeps a task from starting is a Problem.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "live/link.h"
#include "live/price_watch.h"
#include "net/loop.h"

namespace dn::live {

// Where a venue is reached and who we are there.
struct Access {
  std::string rest;  // empty: the venue's own
  std::string ws;
  std::string ca_file;
  std::int64_t rate_scale = 1;
  venues::Credentials credentials;  // empty: prices only
  std::string budget_directory;     // where the request budget is kept; empty: in this process only
};

// What a venue shows before anything trades, each part by itself; none: not asked, because what it needs failed or there are no keys.
struct Look {
  Venue venue = Venue::MexcSpot;
  std::optional<venues::Outcome<Dur>> clock;                 // how far the venue's is ahead of ours
  std::optional<venues::Outcome<venues::VenueFacts>> facts;  // rules and prices; the account's own fees, balances and position where that is known
  std::optional<venues::Outcome<void>> account;              // whether it could be read
  std::optional<venues::Outcome<void>> trade_right;
  std::optional<venues::Outcome<venues::Depth>> depth;
};

class Venues {
 public:
  using Note = std::function<void(const std::string&)>;
  // `note`: what a person should know; optional.
  Venues(net::Loop& loop, const Clock& clock, std::map<Venue, Access> access, Note note = {})
      : loop_(loop), clock_(clock), access_(std::move(access)), note_(std::move(note)) {}

  struct Want {
    Venue venue = Venue::MexcSpot;
    Symbol symbol;
    bool orders = true;  // false: public calls only
  };
  // Asks all of them at the same time: the clock, the rules, first prices, and with `orders` rights, fees, balances and position. Runs the
  // loop until every answer is there or has failed, or `stop` says so. The result is in the order of `wants`.
  std::vector<venues::Outcome<venues::VenueFacts>> start(const std::vector<Want>& wants, const std::function<bool()>& stop = {});

  // Looks at all of them at the same time, for a person who wants to know before anything trades. What fails is told in its part; the rest
  // goes on. `known`: facts of a start that are not asked again, in the order of `wants`.
  std::vector<Look> look(const std::vector<Want>& wants, const std::vector<std::optional<venues::VenueFacts>>& known, const std::function<bool()>& stop = {});

  // Asks all of them at the same time what the account did in their symbols since a time of ours. The orders' times in the answers are ours
  // as well; a trade keeps the venue's, as the books do.
  std::vector<venues::Outcome<venues::Survey>> survey(const std::vector<Instrument>& instruments, Time since, const std::function<bool()>& stop = {});

  // Likewise of perpetuals: what their settlements paid the account since a time of ours. Times in the answers stay the venue's.
  std::vector<venues::Outcome<FundingReport>> payments(const std::vector<Instrument>& perpetuals, Time since, const std::function<bool()>& stop = {});

  Desk& desk(Venue venue);
  std::int64_t heard() const;  // as Desk::heard, of all venues
  // Its streams, and what orders need besides, before there is a link: whoever links while they are kept finds them connected.
  std::shared_ptr<SharedStreams> connect(const Instrument& instrument, bool orders, std::uint64_t jitter_seed);
  // Over the streams that all links of its venue and symbol share. With `orders`, behind the dead man's switch of both, where there is one.
  std::unique_ptr<Link> link(const venues::VenueFacts& facts, bool orders, std::uint64_t jitter_seed, Link::Emit emit);
  // Its public prices alone, over a stream that all watches of the venue and symbol share.
  std::shared_ptr<PriceWatch> watch(const Instrument& instrument, std::uint64_t jitter_seed);
  const Clock& clock() const { return clock_; }

 private:
  class Start;
  class Looking;
  // The same question about each, all at the same time.
  template <class Answer>
  using Ask = std::unique_ptr<venues::Question<venues::Outcome<Answer>>> (venues::VenueApi::*)(Time since);
  template <class Answer>
  std::vector<venues::Outcome<Answer>> ask_each(const std::vector<Instrument>& instruments, Time since, Ask<Answer> question, std::string_view what,
                                                const std::function<bool()>& stop);
  // Runs the loop until `done`; false when that took longer than `patience` or `stop` said so.
  bool run_until(const std::function<bool()>& done, Dur patience, const std::function<bool()>& stop);
  std::shared_ptr<SharedStreams> streams(const Instrument& instrument, bool orders, std::uint64_t jitter_seed);
  std::shared_ptr<AccountStreams> account(Venue venue, const StreamsOptions& options, venues::VenueApi& api);
  DeadMan* dead_man(const Instrument& instrument);
  std::unique_ptr<venues::VenueApi> make(Venue venue, const Symbol& symbol, bool orders);

  net::Loop& loop_;
  const Clock& clock_;
  std::map<Venue, Access> access_;
  Note note_;
  std::map<Venue, std::unique_ptr<Desk>> desks_;
  std::map<std::pair<Venue, std::string>, std::unique_ptr<DeadMan>> dead_men_;            // by venue and symbol
  std::map<std::tuple<Venue, std::string, bool>, std::weak_ptr<SharedStreams>> streams_;  // likewise, with orders or not
  std::map<Venue, std::weak_ptr<AccountStreams>> accounts_;
};

}  // namespace dn::live

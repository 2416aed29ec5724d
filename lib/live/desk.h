// Where a venue's REST calls leave: one HTTP client, the venue's request budget, and how far its clock is from ours. The budget is shared with
// other processes, and outlives them, by a file.
//
// Ownership: the loop and the clock outlive the desk; the desk outlives those that ask, or they guard their callbacks. Thread rule: the loop's
// thread. Error rule: every question is answered exactly once unless the desk is destroyed before; one that cannot be sent is answered as if
// the connection had failed before the first byte.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "live/budget_file.h"
#include "live/clock.h"
#include "live/turns.h"
#include "net/http_client.h"
#include "venues/venue.h"

namespace dn::live {

struct DeskOptions {
  std::string rest;             // scheme, host and port
  std::string ca_file;          // empty: the system's
  std::int64_t rate_scale = 1;  // multiplies the budget
  // Where the budget is kept; empty: in this process only, as when the directory cannot be used. `note` is told of that, for a person; optional.
  std::string budget_directory;
  std::function<void(const std::string&)> note;
};

// Urgent calls may use the part of the budget that is kept for cancels, hedges and proofs.
enum class Urgency : std::uint8_t { Routine, Urgent };

// How long each HTTP exchange of a question may take, and how much of that it may wait for budget.
struct Patience {
  Patience(Dur all) : whole(all), for_budget(all) {}  // NOLINT(google-explicit-constructor): most may wait all the time
  Patience(Dur all, Dur budget) : whole(all), for_budget(budget) {}
  Dur whole;
  Dur for_budget;
};

class Desk {
 public:
  Desk(net::Loop& loop, const Clock& clock, const venues::VenueEntry& entry, const DeskOptions& options);

  // `done` is called from within the loop or from wake, never from within ask.
  template <class Answer>
  void ask(std::unique_ptr<venues::Question<Answer>> question, Urgency urgency, Patience patience, std::function<void(Answer)> done) {
    proceed(std::make_shared<Typed<Answer>>(std::move(question), std::move(done)), urgency, patience);
  }
  // The errors of an exchange that was not made for want of budget, or because the venue does not answer what was asked before.
  static constexpr std::string_view kNoBudget = "no request budget left";
  static constexpr std::string_view kNoConnection = "every connection waits for an answer";

  // When a call of that pool could leave, behind what waits already; now or earlier: at once.
  Time ready(venues::Pool pool, std::int64_t weight, Urgency urgency) const;
  // For a routine call of weight 1 that can be put off: zero when it may leave within `patience`, else how long until its turn. `turn`: the
  // caller's, from one time to the next.
  Dur until_turn(venues::Pool pool, Dur patience, std::optional<Turn>& turn);
  // Something of that pool leaves by another way: true when it may leave now, and it is paid for then.
  bool take(venues::Pool pool, std::int64_t weight, Urgency urgency);

  bool waits_for_budget() const {
    return std::ranges::any_of(waiting_, [](const Waiting& w) { return !w.for_connection; });
  }

  // Orders and cancels will leave by REST; the fate of orders will be asked for. Connections are made for them and kept.
  void expect_orders() { keep_lines(kOrderLines, question_lines_); }
  void expect_questions() { keep_lines(order_lines_, kQuestionLines); }

  // Nothing of that pool leaves for so long: the venue said so by another way.
  void hold(venues::Pool pool, Dur wait);

  // Measures the venue's clock every now and then, and sends what waited for budget.
  void keep_clock(std::function<std::unique_ptr<venues::Question<venues::Outcome<Time>>>()> ask_time);
  // Measures it at the next wake: it may have been set.
  void doubt_clock() { next_measure_ = ask_time_ ? clock_.now() : next_measure_; }
  void wake();
  Time next_deadline() const;

  Time now() const { return clock_.now(); }
  Time venue_now() const { return clock_.now() + offset_; }
  Dur offset() const { return offset_; }  // the venue's time less ours
  // One measurement of the offset: asked at `sent`, answered at `heard` with `venue`. A sample of a slow exchange says little and is only
  // taken when there is no better one.
  void clock_sample(Time sent, Time heard, Time venue);
  bool clock_is_good() const { return apart() <= kMostOffset; }
  // Proven to be further off than is taken: the way of the best sample explains half its length of any difference.
  bool clock_is_wrong() const { return apart() - Dur{best_trip_.us / 2} > kMostOffset; }
  // Neither: it answers too slowly to say.
  venues::Problem clock_untold() const;
  // How often the venue answered, or said something of the account by another way; only changes of it mean something.
  std::int64_t heard() const { return heard_; }
  void note_heard() { ++heard_; }
  std::int64_t requests(venues::Pool pool) const { return requests_[static_cast<std::size_t>(pool)]; }  // that left by REST
  std::int64_t throttled() const { return throttled_; }                                                 // replies that told us to wait

  static constexpr Dur kMostOffset = Dur::seconds(1);

 private:
  static constexpr std::size_t kOrderLines = 2;     // kept open for orders and cancels, of which two leave at once
  static constexpr std::size_t kQuestionLines = 2;  // and for what asks for the fate of one: its state and its trades

  // A question without its type.
  struct Asked {
    virtual ~Asked() = default;
    virtual venues::Call call(Time venue_now) = 0;
    virtual bool heard(const wire::HttpResponse& response, Time venue_now) = 0;  // true: answered, and its caller told
  };
  template <class Answer>
  struct Typed final : Asked {
    Typed(std::unique_ptr<venues::Question<Answer>> q, std::function<void(Answer)> d) : question(std::move(q)), done(std::move(d)) {}
    venues::Call call(Time venue_now) override { return question->call(venue_now); }
    bool heard(const wire::HttpResponse& response, Time venue_now) override {
      std::optional<Answer> answer = question->heard(response, venue_now);
      if (!answer) return false;
      done(std::move(*answer));
      return true;
    }
    std::unique_ptr<venues::Question<Answer>> question;
    std::function<void(Answer)> done;
  };
  struct Waiting {
    std::shared_ptr<Asked> asked;
    Urgency urgency;
    Patience patience;
    Time since;
    Time give_up() const { return since + patience.for_budget; }
    Time at;                      // when it could leave, as last reckoned
    bool for_connection = false;  // it leaves when another question is answered
    venues::Pool pool{};          // of its next exchange, with its weight
    std::int64_t weight = 0;
  };
  struct Bucket {
    wire::RateBucket bucket;
    std::int64_t reserve;
    Turns turns{};
  };

  void keep_lines(std::size_t orders, std::size_t questions);
  void make_buckets(const venues::VenueEntry& entry, const DeskOptions& options);
  // What must be left in the bucket: of what waits, and for what is more urgent.
  std::int64_t kept(venues::Pool pool, Urgency urgency) const;
  void proceed(const std::shared_ptr<Asked>& asked, Urgency urgency, Patience patience);
  bool try_send(Waiting& w);
  bool may_leave(const Waiting& w, Time now) const;
  void replied(const std::shared_ptr<Asked>& asked, Urgency urgency, Patience patience, venues::Pool pool, const wire::HttpResponse& response);
  void measure();
  std::size_t index_of(venues::Pool pool) const { return of_pool_[static_cast<std::size_t>(pool)]; }
  Bucket& bucket_of(venues::Pool pool) { return buckets_[index_of(pool)]; }
  const Bucket& bucket_of(venues::Pool pool) const { return buckets_[index_of(pool)]; }

  const Clock& clock_;
  venues::Advice (*advice_)(const wire::HttpResponse&, Time);
  std::optional<BudgetFile> budget_file_;
  std::vector<Bucket> buckets_;  // may use the file
  std::array<std::uint8_t, 4> of_pool_{};
  std::deque<Waiting> waiting_;
  int questions_ = 0;  // under way
  std::size_t order_lines_ = 0;
  std::size_t question_lines_ = 0;
  std::function<std::unique_ptr<venues::Question<venues::Outcome<Time>>>()> ask_time_;
  bool measuring_ = false;
  Time next_measure_ = Time::never();
  Dur apart() const { return offset_ < Dur{} ? Dur{} - offset_ : offset_; }

  Dur offset_;
  Dur best_trip_;
  Time best_at_;
  bool has_offset_ = false;
  std::array<std::int64_t, 4> requests_{};  // by Pool
  std::int64_t throttled_ = 0;
  std::int64_t heard_ = 0;
  net::HttpClient http_;  // last: its callbacks use what stands above
};

}  // namespace dn::live

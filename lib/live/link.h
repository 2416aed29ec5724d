// What connects one task with one venue: its calls by REST, its part in the venue's streams, and the translation between the venue's news and the
// engine's events.
//
// Times: the engine's are ours, the venue's are its own; what is sent and what comes back is moved by the measured offset here and nowhere else.
// Ownership: loop and desk outlive it. Thread rule: the loop's thread. Error rule: every send is answered exactly once by an event.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/command.h"
#include "engine/event.h"
#include "live/dead_man.h"
#include "live/shared_streams.h"

namespace dn::live {

class Link final : private StreamsListener {
 public:
  // `api` knows its instrument. `emit` is called from within the loop, from wake and start, and never from within send.
  // `dead_man`: of this venue and symbol, where there is one; outlives the link.
  using Emit = std::function<void(Event)>;
  Link(Desk& desk, const Instrument& instrument, std::unique_ptr<venues::VenueApi> api, std::shared_ptr<SharedStreams> streams, DeadMan* dead_man, Emit emit);
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  SharedStreams& streams() { return *streams_; }

  void start();
  void send(const Send& send);
  void wake();
  Time next_deadline() const;

  // From now on orders of the run may rest here: the dead man's switch is armed with this timeout, above zero. Again: another timeout.
  void guard(Dur timeout);
  // None may any more; see DeadMan::release. A link that ends without it leaves the timer to strike.
  void unguard(bool disarm);
  // Answers the orders that wait for the dead man's switch as not sent: the kill switch is there.
  bool has_held() const { return !held_.empty(); }
  void drop_held();
  bool is_guarded() const { return guarded_for_.us > 0; }
  // Nothing is under way that the end of the run should wait for.
  bool is_settled() const { return dead_man_ == nullptr || (guarded_for_.us == 0 && dead_man_->is_settled()); }

  // Nothing ran for so long: what waits in the sockets is old, and what was said meanwhile is lost. All streams are made anew.
  void stood_still(Dur time);

  Venue venue() const { return instrument_.venue; }
  bool has_channel() const { return streams_->has_channel(); }  // orders and cancels leave by a stream
  const Instrument& instrument() const { return instrument_; }
  bool is_up() const { return streams_->is_up(); }

 private:
  void on_top(const TopOfBook& top) override { emit_(BookUpdate{instrument_.venue, top}); }
  void on_prices_lost() override { emit_(BookLost{instrument_.venue}); }
  void on_own(const venues::News& news) override;
  void on_own_reset() override { emit_(PrivateStreamReset{instrument_.venue}); }
  void on_answer(const venues::News& news) override;
  void on_channel_lost() override;

  // What was sent over the order channel and is not answered.
  struct Open {
    ClientOrderId id;
    bool cancel = false;
    Time deadline;
  };

  void place(const OrderRequest& request);
  void send_order(const OrderRequest& request);
  void send_held();
  // How long an order must wait for budget; zero: it leaves now, or in a moment.
  Dur wait_for_budget(Urgency urgency);
  PlaceReport no_budget(const ClientOrderId& id, Dur wait) const;
  void cancel(const CancelOrder& c);
  void lookup(const LookupOrder& l);
  void trades(const QueryTrades& q);
  void funding(const QueryFunding& q);
  bool over_channel(bool cancel, const ClientOrderId& id, Urgency urgency, const std::function<wire::Frame(venues::OrderChannel&)>& frame);
  void answer_later(Event event);
  void give_up(const Open& o, std::string_view code);
  template <class Answer>
  std::function<void(Answer)> guarded(std::function<void(Answer)> done);

  Desk& desk_;
  Instrument instrument_;
  std::unique_ptr<venues::VenueApi> api_;
  Emit emit_;
  std::shared_ptr<SharedStreams> streams_;
  DeadMan* dead_man_;
  Dur guarded_for_;           // zero: not
  std::optional<Turn> turn_;  // of an order that the budget had no room for
  std::vector<Open> open_;
  std::vector<OrderRequest> held_;  // until the dead man's switch is armed
  std::vector<Event> later_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // guards answers that come after the end
};

}  // namespace dn::live

// The engine of one task: a state machine that is told events and answers with commands.
//
// Pure: no clock, socket, thread, file or random number. Time comes with each event and must not decrease. The
// same sequence of events gives the same commands, byte for byte. One thread.
//
// Life: construct from the stored task (after Store::begin_run), `start`, then `handle` every event; call it with
// Wake at `next_deadline()` at the latest. Each answer's journal is made durable before its sends are carried out.
// When `finished()`, nothing more is asked for. An engine that is dropped at any moment and built again from what
// was journaled goes on correctly: that is how a crash, a restart and a test's crash are the same thing.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_set>
#include <vector>

#include "engine/analyze.h"
#include "engine/command.h"
#include "engine/errand.h"
#include "engine/event.h"
#include "engine/gate.h"
#include "engine/plan.h"
#include "engine/situation.h"
#include "engine/volatility.h"
#include "engine/working_order.h"
#include "model/task_record.h"

namespace dn {

// How a run is told to behave; not durable.
struct RunOptions {
  std::int64_t max_cycles = 0;   // 0 = no bound; otherwise the run drains with BudgetUsed after so many
  bool leave_orders = false;     // at the end of that budget: what rests stays
  bool cancel = false;           // somebody asked to cancel the task before this run, also a halted one
  std::optional<Errand> errand;  // instead of trading
  // Value of the account on each leg's venue, in quote, as the run's start found it; nullopt: risk.max_capital_fraction has nothing to
  // hold against.
  PerSide<std::optional<Money>> capital{};
  std::optional<Room> room{};  // of the portfolio; none: no portfolio is in force
};

class TaskEngine {
 public:
  TaskEngine(StoredTask stored, PerSide<Instrument> instruments, RunOptions options = {});

  // The first step. Every order that an earlier run left is asked for before anything new is decided; what `known` proves of it, reports
  // and fills that a survey of the venues found, is taken as their answer.
  void start(Time now, Commands& out, const std::vector<Event>& known = {});
  void handle(Time now, const Event& event, Commands& out);
  // When to be called again without an event. never() when finished.
  Time next_deadline() const;

  bool finished() const { return finished_; }
  ExitCode exit_code() const { return record_.exit_code; }
  const TaskRecord& record() const { return record_; }
  const Plan& plan() const { return plan_; }
  std::int64_t cycles() const { return cycles_; }
  // What it asks of the portfolio; answered with RoomGranted, before any other event.
  const std::optional<RoomWish>& room_wanted() const { return room_wish_; }
  const std::optional<Room>& room() const { return room_; }
  // See model/portfolio.h; `added`: the value of orders that are not made yet.
  Money exposure(const PerSide<Money>& added = {}) const;
  // Realised and marked; none until both books were seen.
  std::optional<Money> result() const { return result(situation()); }
  // What its sides are and wait for now, with what [adapt] made of it; while it closes what it opened, the sides of the closing trades: see
  // Situation::closing.
  const TaskSpec& trading_spec() const { return adapted_ ? adapted_spec_ : own_spec(); }
  // Parameters that its next cycle will take; what they change is not in the books before.
  const std::optional<TaskSpec>& pending_spec() const { return pending_spec_; }
  Venue venue(Side side) const { return legs_[side].instrument.venue; }
  // Orders that are not closed, oldest first per side.
  const std::vector<WorkingOrder>& working(Side side) const { return legs_[side].working; }

 private:
  static constexpr Dur kStopPatience = Dur::seconds(20);  // a stop that leaves the task to a later run gives up proving after this

  // An order that is closed because it never arrived.
  struct Absent {
    OrderRecord record;
    Time next_look;
    int looks = 0;
    bool asking = false;
  };
  struct LegState {
    Instrument instrument;
    std::vector<WorkingOrder> working;
    std::deque<OrderRecord> closed;  // the newest few, for trades that come late
    std::vector<Absent> absent;
    TopOfBook top;
    Time top_at;
    bool top_valid = false;
    bool top_known = false;
    Qty min_tradable;
    Price min_tradable_at;  // the price that min_tradable was computed for
    int failures = 0;       // unanswered questions in a row
    Time failing_since;
    Time next_place;       // backoff of new orders
    bool stopped = false;  // insufficient balance
    Reason stopped_why;
    Code shown_refusal;             // the gate's last refusal, told once
    std::optional<MidWindow> mids;  // while [adapt] is on
  };
  // Why the run is coming to its end, and how.
  struct Stop {
    enum class Kind : std::uint8_t { Complete, Cancel, Drain, Halt };
    Kind kind = Kind::Drain;
    ExitCode exit_code = ExitCode::Ok;
    bool leave_orders = false;
    bool hedge = true;  // restore the balance before the end
    Time deadline;      // gives up proving then; never() for Complete and Cancel until a drain sets it
    Reason reason;
    bool hurried = false;         // asked twice: ends with what is proven so far
    Time proven = Time::never();  // since when all but funding is proven
  };
  struct Rebalance {
    Side leg = Side::Buy;  // the leg that trades
    bool reduce = false;   // against the leading leg
    std::int64_t attempts = 0;
    Time since;
    Time next_try;
    Time held_until;      // by the venue's limit of requests
    ClientOrderId order;  // of the attempt under way; empty between attempts
  };

  // What the net spread did lately.
  struct SpreadWatch {
    bool closed = true;               // below min_spread_bps, or was until a moment ago: nothing new is quoted
    int closures = 0;                 // in quick succession
    Time changed;                     // when it closed or opened
    Time reopen;                      // not before: each closure in quick succession makes the next opening wait longer
    Time thin_since = Time::never();  // below exit_spread_bps
    bool compression_told = false;
    bool closed_told = false;
  };

  // What the venue of the perpetual leg told of its funding lately.
  struct FundingWatch {
    bool asking = false;
    Time asked_at;      // the newest question
    Time answered_for;  // when the newest question that was answered was asked
    Time next_ask;
    int failures = 0;                 // in a row
    Time poor_since = Time::never();  // below exit_funding_apr
    bool closed_told = false;
    Time given_up_for;  // the settlement whose payment nobody showed
  };

  // An errand under way.
  struct Chore {
    Errand what;
    TaskSpec spec;                  // the task's, with the errand's own limits
    PerSide<ClientOrderId> order;   // the newest of each leg; empty: none yet
    PerSide<std::int64_t> tries{};  // fruitless ones in a row
    PerSide<bool> given_up{};       // the leg cannot be traded any further
    PerSide<Reason> why{};          // ... because of this
    Time began;
    Time next_try;
    bool traded = false;        // something of its orders filled
    bool placed = false;        // an order of it reached the venue
    bool short_of = false;      // an order by hand filled less than was asked for
    bool told_held = false;     // that one leg is kept because the other cannot be closed
    bool abandoned = false;     // a signal came: nothing more is sent
    Reason doing;               // what the run is for
    PerSide<bool> priceless{};  // the leg's price is missing, and the stop's reason says so
  };

  // task.cc: the turn of the machine
  void apply(const Event& event);
  void advance();
  void run_cycle();
  void manage(const Decision& d);
  void mind_quote(const Situation& s, Side leg);
  bool all_asked() const;
  Situation situation() const;
  void track_imbalance(const Situation& s);
  void measure_unhedged();
  void move_to(TaskState to, const Reason& reason = {}, bool quiet = false);
  void flush_quiet_moves();
  void enter_error(const Reason& why);
  void restore_position();
  void refresh_book(LegState& leg, const TopOfBook& top);
  // Between two tries on the timer alone: also a task without a delay leaves the processor to others.
  Dur pause() const { return std::max(record_.spec.delay, Dur::millis(1)); }
  bool is_fresh(const LegState& leg) const { return leg.top_valid && now_ - leg.top_at <= record_.spec.risk.max_book_age; }

  // task_adapt.cc: parameters that change
  void apply_pending_spec();
  void fit_windows();
  void note_mid(LegState& leg, const TopOfBook& next);
  std::optional<Bps> volatility_now();
  void follow_volatility();
  void adapt(bool on, const std::string& why, std::string_view value, std::string_view limit);
  bool is_slice_too_small() const;
  TaskSpec adapted() const;
  const TaskSpec& own_spec() const { return closing_ ? closing_spec_ : record_.spec; }  // as if it were calm

  // task_orders.cc: the order protocol
  WorkingOrder* find_working(const ClientOrderId& id);
  void on(const PlaceReport& r);
  void on(const CancelReport& r);
  void on(const LookupReport& r);
  void on(const TradesReport& r);
  void on_refused(WorkingOrder& w, const PlaceReport& r);
  void on_found(WorkingOrder& w, const LookupReport& r);
  void on_not_found(WorkingOrder& w, const LookupReport& r);
  void on_failed(WorkingOrder& w, Side leg, const Code& code, Dur retry_after);
  void become_unknown(WorkingOrder& w, const Code& code, const Reason& reason);
  void drive_orders();
  void drive(WorkingOrder& w);
  void request_cancel(WorkingOrder& w, const Reason& reason);
  void close(WorkingOrder& w, CloseReason reason);
  void sweep_closed();
  static std::string trade_key(const Fill& f);  // unique over all venues
  void book(const Fill& told);
  void add_to_totals(const Fill& fill, const Price& arrival);
  void answered(Side leg);

  // task_absent.cc: orders that never arrived, and those that did after all
  void note_absent(const OrderRecord& o, bool look_again);
  void drive_absent();
  WorkingOrder* late_look_answered(const LookupReport& r);
  WorkingOrder* revive(const ClientOrderId& id);

  // task_place.cc: the only way by which an order is made
  OrderRequest make_request(Side leg, Side side, Purpose purpose, OrderType type, Price price, Qty qty) const;
  bool refuses_one_of_both(const PerSide<LegDecision>& both, OrderType type);
  bool place(Side leg, Side side, Purpose purpose, OrderType type, Price price, Qty qty);
  GateView gate_view(Side leg) const;
  void on_gate_refusal(Side leg, Purpose purpose, const Refusal& r);

  // task_room.cc: the task's part of a portfolio
  void ask_for_room(Money need);
  void on(const RoomGranted& r);
  bool waits_for_room(ExitCode wanted) const { return wanted == ExitCode::BudgetUsed && room_ && room_->refused(); }
  // The whole run was held back by the spread.
  bool waits_for_market(ExitCode wanted) const {
    return wanted == ExitCode::BudgetUsed && orders_this_run_ == 0 && spread_.closed && least_spread(record_.spec.risk).has_value();
  }

  // task_spread.cc: what the net spread allows
  void track_spread(Situation& s);
  void watch_entry(const Situation& s, const std::optional<Spread>& spread);
  void watch_compression(const Spread& spread);
  bool check_exit(const Situation& s);
  bool leave(const Spread& spread);

  // task_hold.cc: a task that opens, holds and closes
  Side seat_of(Side leg) const { return closing_ ? flip(leg) : leg; }  // and back
  void turn(bool closing);
  void remake_plan();
  bool mind_part(const Situation& s);
  bool begin_hold(const Situation& s, const Reason& why);
  void begin_close(const Reason& why);
  std::optional<Reason> closing_rule() const;
  std::optional<Reason> spread_to_close(const Situation& s);

  // task_funding.cc
  std::optional<Side> funded_leg() const;
  void start_funding();
  void note_fill(const Fill& f);
  void drive_funding();
  void on(const FundingReport& r);
  void book_funding(const FundingPayment& told, Side leg);
  Time settlement_until(Time at) const;
  bool is_funding_due();
  void schedule_funding();
  std::optional<Percent> told_apr() const;
  void track_funding(Situation& s);
  bool is_funding_closed() const;
  bool is_funding_poor() const;

  // task_errand.cc
  void begin_errand(const Reason& why);
  void unwind(const Reason& why);
  void end_unwind();
  bool step_errand();
  bool step_one_order();
  bool step_flatten();
  bool flatten_leg(const Situation& s, Side leg);
  bool is_stuck(const Situation& s, Side leg) const;
  Qty to_keep(const Situation& s, Side leg) const;
  bool hold_for_other(const Situation& s, Side leg);
  void place_for_errand(Side leg, Side side, Price price, Qty qty);
  bool settle_errand_order(Side leg);
  void end_order_by_hand();
  bool has_price(const Situation& s, Side leg);
  ExitCode errand_code(ExitCode wanted, const Situation& s) const;

  // task_stop.cc: rebalancing and the ways a run ends
  void begin_rebalance();
  bool step_rebalance();
  bool attempt_is_over();
  void hold_back(Rebalance& r, const ClientOrderId& id, Time until) const;
  bool finish_rebalance();
  void try_closing_hedge();
  bool check_loss(const Situation& s);
  std::optional<Money> result(const Situation& s) const;
  std::optional<Money> loss_limit(const Situation& s);
  bool place_hedge(const Situation& s, Side side);
  bool clear_for_hedge(Side leg);
  void escalate(const std::string& why);
  void begin_stop(Stop stop);
  void step_stop();
  void finish(ExitCode wanted);
  void tell_what_may_rest();
  void halt(ExitCode code, std::string_view what, const Reason& reason, bool hedge);
  ExitCode final_code(ExitCode wanted) const;
  void on(const Pause&);
  void on(const Resume&);
  void on(const CancelTask&);
  void on(const ChangeSpec& c);
  void on(const HaltTask& h);
  void on(const Drain& d);
  void end_pause_run();
  bool check_limits(const Situation& s);

  // task_orders.cc: what is told and stored
  void emit(TaskEvent::What what);
  void emit_step(OrderStep step, const OrderRecord& o, const Code& code, const Reason& reason);
  void alert(AlertKind kind, AlertLevel level, std::string_view code, const Reason& message, std::string_view value = {}, std::string_view limit = {});
  void save(const WorkingOrder& w);
  void save_task();

  TaskRecord record_;
  RunOptions options_;
  Plan plan_;
  PerSide<LegState> legs_;  // by the side on which they trade towards the end
  std::unordered_set<std::string> seen_trades_;
  std::string key_;
  bool same_book_ = false;

  Time now_;
  Time began_;               // of this run
  Commands* out_ = nullptr;  // of the step under way
  bool finished_ = false;
  bool started_ = false;
  std::int64_t cycles_ = 0;  // analyses on the timer, with both books fresh
  std::int64_t orders_this_run_ = 0;
  Time next_cycle_;
  Time error_until_;
  int errors_in_row_ = 0;
  bool contradiction_ = false;
  Time imbalance_since_ = Time::never();
  bool imbalance_told_ = false;
  std::optional<TaskSpec> pending_spec_;
  std::string pending_source_;
  std::vector<std::string> pending_told_;  // becomes events when a cycle has taken it; a run that ends before leaves that to the next
  std::int64_t pending_heard_ = 0;         // the newest cycle when it was asked for
  std::optional<Stop> stop_;
  std::optional<Rebalance> rebalance_;
  std::optional<Chore> chore_;
  std::deque<Time> sent_lately_;  // when orders were made in the last 24 hours, by all runs of the round
  SpreadWatch spread_;
  bool closing_ = false;              // legs_ stand on the sides of the closing trades
  TaskSpec closing_spec_;             // the task's, seen from there
  Time cheap_since_ = Time::never();  // the closing spread is at close_spread_bps or above
  bool adapted_ = false;              // the market is volatile
  TaskSpec adapted_spec_;             // ... and the task as it trades then
  FundingWatch funding_;
  std::unordered_set<std::string> seen_payments_;
  Time held_since_ = Time::never();  // the first fill of the perpetual leg
  Time newest_fill_;                 // ... and its newest
  std::optional<Room> room_;
  std::optional<RoomWish> room_wish_;
  Time measured_;  // up to when `guards.unhedged` counts
  Money apart_;    // value that stood unhedged since then
  std::vector<TaskEvent> quiet_moves_;
};

}  // namespace dn

#include "app/rebalance.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "app/control.h"
#include "app/event_text.h"
#include "app/halt.h"
#include "app/halt_files.h"
#include "app/status_json.h"
#include "app/verify.h"
#include "app/wall_clock.h"
#include "base/text.h"
#include "engine/ids.h"
#include "store/task_lock.h"

namespace dn::app {
namespace {

// What would be sent now, and what keeps it from being sent: the engine is asked with nothing connected to it.
struct Preview {
  std::vector<OrderRequest> orders;
  std::vector<Alerted> alerts;
  std::int64_t resting = 0;
};
Preview preview(StoredTask stored, const MarketView& view, const Errand& errand) {
  Preview out;
  const auto open = [](const OrderRecord& o) { return o.status != OrderStatus::Closed; };
  out.resting = std::ranges::count_if(stored.orders, open);
  std::erase_if(stored.orders, open);  // they would be cancelled and proven first
  TaskEngine engine(std::move(stored), view.instruments, RunOptions{0, false, false, errand});
  Commands commands;
  const auto look = [&] {
    for (const Send& s : commands.sends) {
      if (const auto* p = std::get_if<PlaceOrder>(&s)) out.orders.push_back(p->request);
    }
    for (const TaskEvent& e : commands.journal.events) {
      if (const auto* a = std::get_if<Alerted>(&e.what); a != nullptr && a->kind == AlertKind::Limit) out.alerts.push_back(*a);
    }
    commands.clear();
  };
  engine.start(view.start, commands);
  look();
  for (const Side leg : {Side::Sell, Side::Buy}) {
    if (!view.top[leg]) continue;
    engine.handle(view.start, BookUpdate{view.instruments[leg].venue, *view.top[leg]}, commands);
    look();
  }
  return out;
}

std::string order_line(const OrderRequest& r, Venue venue) {
  const std::string at = r.type == OrderType::Market ? "at the market (the venue's own order)" : fmt::format("at {} or better (IOC limit)", r.price.str());
  return fmt::format("{} {} on {} {}{}, worth about {}", r.side == Side::Buy ? "buy" : "sell", r.qty.str(), name(venue), at,
                     r.reduce_only ? ", reduce-only" : "", (r.price * r.qty).str());
}

class Rebalance {
 public:
  Rebalance(const RebalanceRequest& request, Output& output) : request_(request), output_(output), run_(request.run) {}

  Expected<ExitCode, ToolError> run() {
    if (auto read = read_request(); !read) return Unexpected{read.error()};
    if (auto fine = check_halt(); !fine) return Unexpected{fine.error()};
    if (auto known = known_already(); !known || *known) return known ? Expected<ExitCode, ToolError>(known_code_) : Unexpected{known.error()};
    const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    if (!request_.dry_run && !terminal && (!request_.yes || request_.max_notional.empty())) {
      return Unexpected{usage_error("without a terminal an order needs both --yes and --max-notional VALUE", "look first with --dry-run, then give both")};
    }
    if (live() && request_.yes) output_.never_wait();
    if (request_.dry_run || !request_.yes) {
      auto shown = show();
      if (!shown) return Unexpected{shown.error()};
      if (request_.dry_run) return request_.flatten ? *shown : say_halted(*shown);
      if (!confirmed()) {
        output_.message("nothing was sent");
        return ExitCode::Ok;
      }
    }
    return send();
  }

 private:
  bool by_hand() const { return !request_.exchange.empty() || !request_.symbol.empty() || !request_.side.empty() || !request_.quantity.empty(); }
  bool live() const { return run_.live && run_.live->orders; }
  bool machine() const { return output_.options().json || output_.options().ndjson; }

  Expected<void, ToolError> read_request() {
    Errand& e = errand_;
    const auto number = [](const std::string& flag, const std::string& text, std::string_view example, auto& to) -> Expected<void, ToolError> {
      if (text.empty()) return {};
      const auto d = Decimal::parse(text);
      if (!d || !d->is_positive() || !d->within(15, 12)) {
        return Unexpected{
            usage_error(fmt::format("{} {} is not a positive number", flag, printable_excerpt(text)), fmt::format("write for example {} {}", flag, example))};
      }
      to = std::decay_t<decltype(*to)>(*d);
      return {};
    };
    if (auto r = number("--max-slippage-bps", request_.max_slippage_bps, "50", e.max_slippage_bps); !r) return r;
    if (auto r = number("--max-notional", request_.max_notional, "3000", e.max_notional); !r) return r;
    if (!RequestId::fits(request_.request_id) || std::ranges::any_of(request_.request_id, [](char c) { return c <= ' ' || c > '~'; })) {
      return Unexpected{usage_error("--request-id is at most 64 printable characters without blanks", "write for example --request-id rebalance-17")};
    }
    e.request = RequestId(request_.request_id);
    e.naked_market = request_.naked_market;
    e.kind = request_.flatten ? Errand::Kind::Flatten : Errand::Kind::Rebalance;
    if (!by_hand()) {
      if (run_.names.size() != 1)
        return Unexpected{usage_error("one task is needed", "dn-rebalance --task NAME, or --exchange, --symbol, --side and --quantity")};
      return {};
    }
    return read_order();
  }

  // An order without a task is a task of its own, which ends with it.
  Expected<void, ToolError> read_order() {
    if (request_.flatten || !run_.names.empty()) {
      return Unexpected{usage_error("an order by hand belongs to no task", "leave out --task and --flatten, or --exchange, --symbol, --side and --quantity")};
    }
    if (request_.exchange.empty() || request_.symbol.empty() || request_.side.empty() || request_.quantity.empty()) {
      return Unexpected{usage_error("an order by hand needs --exchange, --symbol, --side and --quantity", "dn-rebalance --help")};
    }
    if (live() && request_.max_notional.empty())
      return Unexpected{usage_error("an order by hand needs --max-notional", "the most that it may be worth, in quote")};
    const auto side = side_from(request_.side);
    if (!side) {
      const std::string near = closest(request_.side, {std::string(name(Side::Buy)), std::string(name(Side::Sell))});
      return Unexpected{usage_error(
          fmt::format("--side {} is neither buy nor sell{}", printable_excerpt(request_.side), near.empty() ? "" : fmt::format("; did you mean {}?", near)),
          "write --side buy or --side sell")};
    }
    if (auto r = check_order(); !r) return r;
    const std::string id = request_.request_id.empty() ? fmt::format("{}-{}", wall_clock().us / 1000, getpid()) : request_.request_id;
    std::vector<std::string> keys{"name=" + std::string(kByHand) + id,  "symbol=" + request_.symbol,           "buy.exchange=" + request_.exchange,
                                  "sell.exchange=" + request_.exchange, "total_quantity=" + request_.quantity, "order_quantity=" + request_.quantity};
    if (!request_.max_notional.empty()) keys.push_back("risk.max_order_notional=" + request_.max_notional);
    TaskSource source;
    if (auto set = apply_settings(source, keys); !set) return set;
    errand_.kind = Errand::Kind::Order;
    errand_.side = *side;
    errand_.qty = source.spec.total_quantity;
    errand_.request = RequestId(id);
    run_.from_flags = {std::move(source)};
    run_.session.restart = true;  // a request that was refused before is made again
    return {};
  }

  // In the words of the flags, before the same values become a task's keys.
  Expected<void, ToolError> check_order() const {
    if (auto venue = venue_of_flag(request_.exchange); !venue) return Unexpected{venue.error()};
    if (!symbol_from(request_.symbol)) {
      return Unexpected{
          usage_error(fmt::format("--symbol {} is not a symbol", printable_excerpt(request_.symbol)), "write BASE/QUOTE in capitals, as in BTC/USDT")};
    }
    const auto quantity = Decimal::parse(request_.quantity);
    if (!quantity || !quantity->is_positive()) {
      return Unexpected{usage_error(fmt::format("--quantity {} is not an amount above zero", printable_excerpt(request_.quantity)),
                                    "write a plain decimal such as 0.25, in base")};
    }
    return {};
  }

  std::string task() const { return by_hand() ? run_.from_flags[0].spec.name : run_.names[0]; }

  // What was shown would not be sent now.
  ExitCode say_halted(ExitCode shown) const {
    const auto halted = find_halt();
    if (halted) return shown;
    output_.message(fmt::format("{}\n  next: {}", halted.error().message, halted.error().next));
    return worse(shown, halted.error().code);
  }

  // The kill switch stops every order except those that are a person's way out.
  Expected<void, ToolError> check_halt() const { return request_.flatten || request_.dry_run ? Expected<void, ToolError>() : find_halt(); }
  Expected<void, ToolError> find_halt() const {
    for (const HaltFile& file : halts_there(run_.halt_files)) {
      if (file.venue && !trades_on(*file.venue)) continue;
      const std::string whom = file.venue ? fmt::format("--exchange {}", name(*file.venue)) : "--all";
      return Unexpected{ToolError{ExitCode::Halted, fmt::format("the file {} is there: no order is sent", printable(file.path)),
                                  fmt::format("dn-rebalance --flatten closes a position also now; dn-recover resume {} --yes takes the file away", whom)}};
    }
    return {};
  }

  // What is not known yet does not trade there.
  bool trades_on(Venue venue) const {
    TaskSpec spec;
    if (by_hand()) {
      spec = run_.from_flags[0].spec;
    } else {
      auto store = Store::open(run_.session.db, Store::Mode::ReadOnly);
      const auto known = store ? (*store)->find_task(task()) : Expected<std::optional<TaskRecord>, StoreError>(std::nullopt);
      if (!known || !*known) return false;
      spec = (*known)->spec;
    }
    return spec.leg.buy.exchange == venue || spec.leg.sell.exchange == venue;
  }

  // A request that was carried out whole, also in an earlier round, is told again and not done again.
  Expected<bool, ToolError> known_already() {
    if (request_.request_id.empty() || !std::filesystem::exists(run_.session.db)) return false;
    auto store = Store::open(run_.session.db, Store::Mode::ReadOnly);
    if (!store) return Unexpected{store_failure(store.error())};
    auto order = (*store)->order_of_request(task(), request_.request_id);
    if (!order) return Unexpected{store_failure(order.error())};
    if (!*order) return false;
    if (by_hand()) {
      const OrderRequest& was = (*order)->request;
      if (was.side != errand_.side || was.qty != errand_.qty || !of_same_place()) {
        return Unexpected{usage_error(fmt::format("request {} was for another order: {} {}", request_.request_id, name(was.side), was.qty.str()),
                                      "give a new order a new --request-id")};
      }
    }
    const CloseReason end = (*order)->close_reason;
    if (end != CloseReason::Filled && end != CloseReason::Cancelled) return false;  // not ended, or never at the venue
    auto record = (*store)->find_task(task());
    if (!record) return Unexpected{store_failure(record.error())};
    const OrderRecord& o = **order;
    known_code_ = o.booked >= o.request.qty ? ExitCode::Ok : ExitCode::RebalancedPartly;
    output_.message(fmt::format("request {} was carried out before: nothing is sent again", request_.request_id));
    tell_end(**record, {o}, known_code_);
    return true;
  }

  // The task of that request traded on the same venue and symbol.
  bool of_same_place() const {
    auto store = Store::open(run_.session.db, Store::Mode::ReadOnly);
    if (!store) return true;
    const auto known = (*store)->find_task(task());
    const TaskSpec& spec = run_.from_flags[0].spec;
    return !known || !*known || ((*known)->spec.symbol == spec.symbol && (*known)->spec.leg.buy.exchange == spec.leg.buy.exchange);
  }

  Expected<std::pair<StoredTask, std::unique_ptr<Ground>>, ToolError> open() {
    StoredTask stored;
    if (by_hand()) {
      stored.task.spec = run_.from_flags[0].spec;
      stored.task.live = live();
    } else {
      auto store = Store::open(run_.session.db, Store::Mode::ReadOnly);
      if (!store) return Unexpected{store_failure(store.error())};
      auto found = (*store)->load_task(task());
      if (!found && found.error().kind == StoreError::Kind::NotFound) return Unexpected{no_such_task(task(), run_.session.db)};
      if (!found) return Unexpected{store_failure(found.error())};
      stored = std::move(*found);
      if (auto sound = check_books(stored); !sound) return Unexpected{sound.error()};
      if (stored.task.live != live()) {
        const std::string_view mode = stored.task.live ? "live" : "paper";
        return Unexpected{
            ToolError{ExitCode::Config, fmt::format("task {} trades {}, and this is another mode", task(), mode), fmt::format("give --mode {}", mode)}};
      }
    }
    run_.session.errand = errand_;
    auto grounds = make_grounds(run_, {TaskSource{stored.task.spec, {}, {}}}, output_, {});
    if (!grounds) return Unexpected{grounds.error()};
    grounds_ = std::move(*grounds);
    auto ground = grounds_->open(stored.task.spec, stored.task.updated, Absent::Allowed);
    if (!ground) return Unexpected{ground.error()};
    return std::pair{std::move(stored), std::move(*ground)};
  }

  // What would be sent, as the books and the prices stand.
  Expected<ExitCode, ToolError> show() {
    auto opened = open();
    if (!opened) return Unexpected{opened.error()};
    const auto& [stored, ground] = *opened;
    const MarketView& view = ground->view();
    const Preview p = preview(stored, view, errand_);
    ExitCode code = p.orders.empty() && !p.alerts.empty() ? ExitCode::Refused : ExitCode::Ok;
    if (p.orders.empty() && !view.absent.empty()) code = worse(code, view.absent.front().code);  // it may be that there is nothing to do
    if (machine()) {
      JsonWriter w;
      w.begin_object().field("schema", "dn.rebalance/1").field("task", task()).field("dry_run", true).field("exit_code", std::int64_t{number(code)});
      w.field("imbalance", stored.task.imbalance().str()).field("orders_to_cancel", p.resting).key("orders").begin_array();
      for (const OrderRequest& r : p.orders) {
        w.begin_object().field("exchange", name(view.instruments[r.leg].venue)).field("side", name(r.side)).field("order_type", name(r.type));
        w.field("price", r.price.str()).field("quantity", r.qty.str()).field("reduce_only", r.reduce_only).end_object();
      }
      w.end_array();
      if (request_.flatten) {
        w.key("then_left").begin_object();
        for (const Side leg : kSides) w.field(name(leg), left_after(stored, p, leg).str());
        w.end_object();
      }
      w.key("away").begin_array();
      for (const ToolError& e : view.absent) w.value(e.message);
      w.end_array().end_object();
      output_.data(w.str());
      return code;
    }
    output_.data(fmt::format("task {}: imbalance {} {}", task(), stored.task.imbalance().str(), stored.task.spec.symbol.base.view()));
    if (p.resting > 0) output_.data(fmt::format("  first      {} orders of the task are cancelled and proven, and what they filled counts", p.resting));
    for (const OrderRequest& r : p.orders) output_.data("  then       " + order_line(r, view.instruments[r.leg].venue));
    for (const Side leg : kSides) {
      if (const Qty left = left_after(stored, p, leg); request_.flatten && !p.orders.empty() && left.is_positive()) {
        output_.data(fmt::format("  and so on  until the {} {} that are left on {} are closed too, neither side more than a slice ahead of the other",
                                 left.str(), stored.task.spec.symbol.base.view(), name(view.instruments[leg].venue)));
      }
    }
    for (const Alerted& a : p.alerts)
      output_.data(fmt::format("  refused    {} {} {}", a.message.view(), a.value.view(), a.limit.empty() ? "" : "limit " + a.limit.str()));
    for (const ToolError& e : view.absent) output_.data(fmt::format("  away       {}; what it has cannot be proven now", e.message));
    if (p.orders.empty() && p.alerts.empty())
      output_.data(fmt::format("  then       nothing: {}", view.absent.empty() ? "there is nothing to do" : "not without that venue"));
    return code;
  }

  // What a leg still holds when the orders that are shown have filled.
  static Qty left_after(const StoredTask& stored, const Preview& p, Side leg) {
    Qty left = stored.task.leg[leg].net;
    for (const OrderRequest& r : p.orders) {
      if (r.leg == leg) left = left - r.qty;
    }
    return max(left, Qty{});
  }

  bool confirmed() const {
    std::cerr << "send it? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
  }

  Expected<ExitCode, ToolError> send() {
    grounds_.reset();
    run_.session.errand = errand_;
    std::uint32_t epoch_before = 0;
    if (auto before = Store::open(run_.session.db, Store::Mode::ReadOnly)) {
      if (const auto known = (*before)->find_task(task()); known && *known) epoch_before = (*known)->run_epoch;
    }
    if (request_.flatten) run_.halt_files.clear();
    auto done = carry_out(run_, output_);
    if (!done) return Unexpected{done.error()};
    auto store = Store::open(run_.session.db, Store::Mode::ReadOnly);
    if (!store) return Unexpected{store_failure(store.error())};
    auto stored = (*store)->load_task(task());
    if (!stored) return Unexpected{store_failure(stored.error())};
    std::vector<OrderRecord> sent;
    for (const OrderRecord& o : stored->orders) {
      const auto parts = parse_client_order_id(o.request.id.view());
      const bool of_request = !errand_.request.empty() && o.person_request == errand_.request;
      const bool of_run = parts && parts->epoch > epoch_before && o.request.purpose != Purpose::Quote;
      if (of_request || of_run) sent.push_back(o);
    }
    tell_end(stored->task, sent, done->code);
    return done->code;
  }

  std::string next_of(const TaskRecord& t, ExitCode code) const {
    if (!by_hand() || code != ExitCode::Refused) return advice(code, by_hand() ? std::string_view() : std::string_view(t.spec.name));
    return fmt::format("read the limit above; --quantity is in {}, not in {}", t.spec.symbol.base.view(), t.spec.symbol.quote.view());
  }

  void tell_end(const TaskRecord& t, const std::vector<OrderRecord>& sent, ExitCode code) {
    if (output_.options().json) {
      JsonWriter w;
      w.begin_object().field("schema", "dn.rebalance/1").field("task", t.spec.name).field("dry_run", false).field("exit_code", std::int64_t{number(code)});
      w.field("imbalance", t.imbalance().str()).field("reason", t.reason).key("orders").begin_array();
      for (const OrderRecord& o : sent) write_order(w, t.spec.name, t.spec, o);
      w.end_array().end_object();
      output_.data(w.str());
    } else if (output_.options().quiet) {
      if (code != ExitCode::Ok)
        output_.error(fmt::format("task {}: exit code {} ({}); next: {}", t.spec.name, number(code), info(code).meaning, next_of(t, code)));
    } else if (!output_.options().ndjson) {
      for (const OrderRecord& o : sent) {
        output_.data(fmt::format("  sent       {}; filled {}", order_line(o.request, *t.spec.leg[o.request.leg].exchange), o.booked.str()));
      }
      if (sent.empty()) output_.data("  sent       nothing");
      if (!by_hand()) output_.data(fmt::format("task {}: imbalance {} {}", t.spec.name, t.imbalance().str(), t.spec.symbol.base.view()));
      if (code != ExitCode::Ok) output_.data(fmt::format("  exit code  {} ({}); next: {}", number(code), info(code).meaning, next_of(t, code)));
    }
    output_.flush();
  }

  const RebalanceRequest& request_;
  Output& output_;
  RunRequest run_;
  Errand errand_;
  std::unique_ptr<Grounds> grounds_;
  ExitCode known_code_ = ExitCode::Ok;
};

}  // namespace

Expected<ExitCode, ToolError> rebalance(const RebalanceRequest& request, Output& output) { return Rebalance(request, output).run(); }

}  // namespace dn::app

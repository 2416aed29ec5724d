// The shapes of all JSON that the tools print. A test holds the outputs of real runs against them, also for fields that are missing here.
#include <array>

#include "app/schema.h"

namespace dn::app {
namespace {

#define DN_ORDER_STEP                                                                                                                       \
  "client_order_id text, venue_order_id text, exchange venue, leg side, side side, order_type order_type, purpose purpose, price decimal, " \
  "quantity decimal, reduce_only bool, code text, reason text"
#define DN_ALERT "level level, code text, message text, value? text, limit? text"
#define DN_CODE "code text, kind text, exit_code? exit_code, meaning text, why text, next text"
#define DN_FUNDING "rate decimal, interval_us int, next time, next_us int, apr_pct decimal?, expected decimal?"

constexpr auto kShapes = std::to_array<JsonShape>({
    // ---- lines of --ndjson, rows of dn-status events
    {"event.run_start", "", "A run begins.", "version text, mode trading, config_hash text, run_epoch int, accounts? []account_then"},
    {"event.state", "", "The state changed.", "from state, to state, mode mode, reason text"},
    {"event.intent", "", "An order is durable and about to be sent.", DN_ORDER_STEP},
    {"event.ack", "", "The venue took the order.", DN_ORDER_STEP},
    {"event.reject", "", "The venue refused the order, or it never left.", DN_ORDER_STEP},
    {"event.unknown", "", "What became of the order is not known.", DN_ORDER_STEP},
    {"event.resolved", "", "What became of it is known again.", DN_ORDER_STEP},
    {"event.fill", "", "A trade is booked.",
     "client_order_id text, venue_order_id text, trade_id text, exchange venue, leg side, side side, price decimal, quantity decimal, fee decimal, "
     "fee_asset text, liquidity liquidity, venue_time_us int"},
    {"event.cancel", "", "A cancelled order's final fill is proven.", "client_order_id text, side side, filled decimal, reason text"},
    {"event.rebalance", "", "A market-like order makes the sides equal.", "side side, exchange venue, quantity decimal, imbalance decimal, attempt int"},
    {"event.limit", "", "A limit held something back.", DN_ALERT},
    {"event.alert", "", "Something that a person may want to know.", DN_ALERT},
    {"event.halt", "", "The task is halted.", DN_ALERT},
    {"event.error", "", "A venue does not answer.", "class text, message text, next text"},
    {"event.funding", "", "A settlement's payment is booked.", "exchange venue, leg side, amount decimal, payment_id text, venue_time_us int"},
    {"event.trigger", "", "A trigger began the task.",
     "trigger text, spread_bps decimal, touch_spread_bps decimal, min_spread_bps decimal, quantity decimal, slice decimal, buy quoted_side, sell quoted_side"},
    {"event.summary", "", "A run ended.",
     "state state, mode mode, verdict verdict, exit_code exit_code, reason text, filled sides, net sides, imbalance decimal, avg_price known_sides, "
     "spread_bps decimal?, profit_quote decimal?, profit_bps decimal?, fees {}decimal, part? part, funding_quote? decimal, slippage_quote? decimal, "
     "basis_quote? decimal?, orders int, rebalances int, unhedged_seconds decimal, unhedged_notional_seconds decimal, open_orders int, cycles int, "
     "duration_us int"},
    {"event.exit_error", "", "A tool ends with an error.", "code exit_code, message text, next text"},

    // ---- rows
    {"task", "", "A task, as dn-status shows it; a line of dn-status --ndjson.",
     "task text, round int, state state, mode mode, verdict verdict, trading trading, reason text, symbol text, buy task_leg, sell task_leg, target decimal, "
     "order_quantity decimal, imbalance decimal, imbalance_pct decimal, spread_bps decimal?, gross_quote decimal?, profit_quote decimal?, "
     "profit_bps decimal?, break_even_bps decimal?, profit profit, funding task_funding?, part part, open_orders int, unknown_orders int, orders int, "
     "rebalances int, rejects int, "
     "errors int, runs int, unhedged_seconds decimal, unhedged_notional_seconds decimal, fees {}decimal, latency_us {}latency, asked_for []text, "
     "created_us int, updated_us int, run run_life, exit_code exit_code, health exit_code, next text"},
    {"order", "", "An order; a line of dn-status orders --ndjson.",
     "task text, client_order_id text, venue_order_id text, exchange venue, leg side, side side, order_type order_type, purpose purpose, price decimal, "
     "quantity decimal, filled decimal, reduce_only bool, status order_status, close_reason close_reason, code text, reason text, created_us int, "
     "updated_us int"},
    {"fill", "", "A booked trade; a line of dn-status fills --ndjson.",
     "task text, client_order_id text, venue_order_id text, trade_id text, exchange venue, leg side, side side, price decimal, quantity decimal, fee decimal, "
     "fee_asset text, liquidity liquidity, ts time, ts_us int"},

    // ---- documents of dn-status
    {"status", "dn.status/1", "dn-status, dn-status show, dn-status pnl", "tasks []task, halts []halt_file, portfolios []portfolio"},
    {"pnl", "dn.pnl/1", "dn-status pnl --by symbol or day", "by pnl_by, rows []pnl_row"},
    {"orders", "dn.status/1", "dn-status orders", "orders []order"},
    {"fills", "dn.status/1", "dn-status fills", "fills []fill"},
    {"events", "dn.status/1", "dn-status events", "events []event"},
    {"check", "dn.check/1", "dn-status check", "checks []check_row, exit_code exit_code"},
    {"explain", "dn.explain/1", "dn-status explain CODE", DN_CODE ", others []code"},
    {"codes", "dn.codes/1", "dn-status explain", "codes []code"},
    {"report", "dn.report/1", "dn-status report -o FILE", "file text, tasks int, bytes int, exit_code exit_code"},
    {"audit", "dn.audit/1", "dn-status audit",
     "online bool, from time?, to time?, ledger []ledger_line, sums []ledger_line, chains []chain, accounts []account_change, findings []audit_finding, "
     "not_proven []text, exit_code exit_code"},
    {"backup", "dn.backup/1", "dn-status backup", "file text, bytes int, rounds int, orders int, fills int, events int"},

    // ---- of dn-run
    {"run", "dn.run/1", "dn-run", "exit_code exit_code, tasks []event.summary"},
    {"said", "dn.run/1", "dn-run set, pause, resume, cancel; what the other tools say on their way", "task text, message text"},
    {"keys", "dn.keys/1", "dn-run keys", "keys []key"},
    {"plan", "dn.plan/1", "dn-run --plan, of each task",
     "task text, symbol text, common_step decimal, total_quantity decimal, order_quantity decimal, buy plan_leg, sell plan_leg, break_even_bps decimal?, "
     "net_spread_bps decimal?, worst_case_slice decimal?, worst_case decimal?, max_loss decimal?, dust decimal, adapt? plan_adapt, checks []check_row, "
     "exit_code exit_code"},
    {"trigger", "dn.trigger/1", "dn-run --plan, of each trigger", "trigger text, min_spread_bps decimal, max_tasks int, pairs []trigger_pair"},

    // ---- of dn-recover and dn-rebalance
    {"recover", "dn.recover/1", "dn-recover", "applied bool, hash text, exit_code exit_code, tasks []recovered, outcome []event.summary"},
    {"verify", "dn.verify/1", "dn-recover verify", "rounds int, exit_code exit_code, broken []text"},
    {"halt", "dn.halt/1", "dn-recover halt", "exit_code exit_code, messages []message, outcome []event.summary"},
    {"resume", "dn.resume/1", "dn-recover resume", "exit_code exit_code, messages []message, outcome []event.summary"},
    {"rebalance", "dn.rebalance/1", "dn-rebalance", "task text, dry_run false, exit_code exit_code, imbalance decimal, reason text, orders []order"},
    {"rebalance_plan", "dn.rebalance/1", "dn-rebalance --dry-run",
     "task text, dry_run true, exit_code exit_code, imbalance decimal, orders_to_cancel int, orders []planned_order, then_left? sides, away []text"},

    // ---- parts
    {"sides", "", "An amount of each side.", "buy decimal, sell decimal"},
    {"known_sides", "", "An amount of each side, where it is known.", "buy decimal?, sell decimal?"},
    {"quoted_side", "", "Where a side would trade, and at what price.", "exchange venue, price decimal"},
    {"task_leg", "", "One side of a task.", "exchange venue, filled decimal, net decimal, avg_price decimal?, progress decimal, fees {}decimal"},
    {"profit", "", "Profit in its parts, in quote: basis + slippage + funding - fees is the total.",
     "basis decimal?, slippage decimal?, funding decimal?, fees decimal?, total decimal?"},
    {"pnl_row", "", "What a day, or a symbol, brought, in quote: basis + slippage = gross, gross + funding - fees_quote = net.",
     "day? text, symbol? text, trading trading, quote text, rounds int, fills int, traded decimal, basis decimal, slippage decimal, gross decimal, "
     "funding decimal, fees_quote decimal, net decimal, other_fees {}decimal"},
    {"task_funding", "", "Funding of a task's perpetual leg.", "leg side, " DN_FUNDING ", received decimal, payments int"},
    {"latency", "", "How long a stage took, in microseconds.", "p50 decimal, p99 decimal, max decimal, count int"},
    {"halt_file", "", "A file of the kill switch.", "file text, exchange venue?, reason text"},
    {"portfolio", "", "The limits that tasks have together, and what is used of them.",
     "mode trading, quote text, capital decimal, halted text, exposure decimal, loss decimal, running int, limits portfolio_limits, symbols []exposure, "
     "leases []lease"},
    {"portfolio_limits", "", "Limits of a portfolio; null: none.",
     "max_exposure_per_symbol decimal?, max_total_exposure decimal?, max_loss decimal?, max_concurrent_tasks int?"},
    {"exposure", "", "What all tasks hold in a symbol.", "symbol text, exposure decimal"},
    {"lease", "", "What a task holds of a portfolio.",
     "task text, round int, symbol text, running bool, waiting bool, ended bool, closing bool, exposure decimal, room decimal, held sides, open sides, "
     "result decimal"},
    {"key", "", "A key of a task file, or of its table [portfolio] or [trigger].", "table text, key text, value text, may_change bool, meaning text"},
    {"check_row", "", "One check.", "name text, of text, status check_status, message text, next text, exit_code exit_code"},
    {"code", "", "What a code means.", DN_CODE},
    {"message", "", "What was done.", "task text, message text"},
    {"plan_leg", "", "One side of a plan; what its market does not show is missing.",
     "exchange venue, slice decimal, tick decimal, step decimal, fee_asset text, bid? decimal, ask? decimal, price? decimal, ticks_from_touch? decimal, "
     "ticks_from_opposite? decimal, min_tradable? decimal, fee_rate? decimal, slice_value? decimal, total_fees? decimal, funding? plan_funding, "
     "visible_depth? decimal, slice_of_depth_pct? decimal, taking_slice_bps? decimal?, needs? plan_needs"},
    {"plan_funding", "", "Funding that a plan expects.", DN_FUNDING},
    {"plan_needs", "", "What a side needs on its account.", "asset text, slice decimal, total decimal, free? decimal"},
    {"plan_adapt", "", "What counts while the market is volatile.",
     "volatility_bps decimal, calm_bps decimal, window_us int, order_quantity decimal, buy_tick_tolerance int, sell_tick_tolerance int"},
    {"trigger_pair", "", "A pair that a trigger watches.",
     "task text, symbol text, buy venue, sell venue, quantity decimal, slice decimal, touch_spread_bps decimal?, spread_bps decimal?, starts bool, "
     "trouble text"},
    {"recovered", "", "What differs between books and venues in a task.",
     "task text, mode mode, imbalance decimal, exit_code exit_code, hash text, findings []finding, accounts []account, not_proven []text"},
    {"finding", "", "One difference.",
     "finding finding_kind, exchange venue, client_order_id text, venue_order_id text, side side, price decimal, quantity decimal, filled decimal, "
     "booked decimal, action text"},
    {"account_then", "", "What an account held when a run began, at a moment between asked_us and heard_us on the venue's clock, which is ahead of ours.",
     "exchange venue, asked_us int, heard_us int, clock_ahead_us int, position decimal, entry_price decimal, total {}decimal"},
    {"ledger_line", "", "What came to and left an asset at a venue, of one task or, without its name, of all. change = in - out - fees + funding.",
     "task? text, exchange venue, asset text, holds holds, trades int, in decimal, out decimal, fees decimal, funding decimal, change decimal"},
    {"chain", "", "The journal of a round: its events, those from before there was a chain, and the digest of the newest.",
     "task text, round int, events int, unchained int, head text"},
    {"account_change", "",
     "How a balance moved since a run put it on record. difference = now - before - booked - others; explained: it is no more than rounded.",
     "exchange venue, asset text, since time, before decimal, now decimal, booked decimal, others decimal, difference decimal, rounded decimal, explained "
     "bool"},
    {"audit_finding", "", "Something that does not agree, or that is named because it is not these tasks'.",
     "finding audit_finding_kind, task text, exchange text, message text, contradicts bool"},
    {"account", "", "What an account has.", "exchange venue, position decimal, free {}decimal"},
    {"planned_order", "", "An order that would be sent.",
     "exchange venue, side side, order_type order_type, price decimal, quantity decimal, reduce_only bool"},
});

#undef DN_ORDER_STEP
#undef DN_ALERT
#undef DN_CODE
#undef DN_FUNDING

}  // namespace

std::span<const JsonShape> json_shapes() { return kShapes; }

}  // namespace dn::app

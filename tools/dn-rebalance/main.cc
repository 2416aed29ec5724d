// dn-rebalance: one market-like order that makes a task's sides equal, one by hand, or the emergency exit. See --help.
#include "app/rebalance.h"
#include "app/run_flags.h"
#include "app/tool.h"

namespace {

constexpr const char* kExamples =
    "Sends one market-like order: an IOC limit a little behind the market.\n"
    "\n"
    "  dn-rebalance --task btc --dry-run        what would be sent\n"
    "  dn-rebalance --task btc --yes --max-notional 15000\n"
    "                                           make the sides of a task equal\n"
    "  dn-rebalance --task btc --flatten --yes --max-notional 15000\n"
    "                                           close what it holds; it is halted\n"
    "  dn-rebalance --exchange gateio_spot --symbol BTC/USDT --side sell \\\n"
    "      --quantity 0.02 --yes --max-notional 3000\n"
    "                                           one order by hand\n"
    "\n"
    "What rests of the task is cancelled and proven first. With --request-id the\n"
    "same command twice sends one order.\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace dn::app;  // NOLINT(google-build-using-namespace): a tool is a page in the words of app
  CLI::App app(kExamples, "dn-rebalance");
  CommonFlags common;
  add_common_flags(app, common);
  RebalanceRequest request;
  app.add_option("--exchange", request.exchange, "by hand: where")->check(not_empty)->type_name("VENUE");
  app.add_option("--symbol", request.symbol, "by hand: pair, as BTC/USDT")->check(not_empty)->type_name("PAIR");
  app.add_option("--side", request.side, "by hand: buy or sell")->check(not_empty)->type_name("SIDE");
  app.add_option("--quantity", request.quantity, "by hand: how much, in base")->check(not_empty)->type_name("QTY");
  app.add_flag("-n,--dry-run", request.dry_run, "print what would be sent; send nothing");
  app.add_flag("--flatten", request.flatten, "close what the task holds on both sides, and halt it");
  app.add_flag("--naked-market", request.naked_market, "the venue's own market order, without a collar where the venue has none");
  app.add_option("--max-slippage-bps", request.max_slippage_bps, "how far behind the market (default: the task's)")->check(not_empty)->type_name("BPS");
  app.add_option("--max-notional", request.max_notional, "the most that an order may be worth, in quote")->check(not_empty)->type_name("VALUE");
  app.add_option("--request-id", request.request_id, "the same id twice is one order")->check(not_empty)->type_name("ID");
  app.add_flag("--yes", request.yes, "do not ask");
  return tool_main(argc, argv, app, common, [&]() -> dn::Expected<dn::ExitCode, ToolError> {
    RunFlags none;
    CommonFlags anything = common;
    if (anything.tasks.empty()) anything.all = true;  // an order by hand names no task
    auto run = run_request(none, anything);
    if (!run) return dn::Unexpected{run.error()};
    request.run = std::move(*run);
    request.run.all = false;
    Output output(common.output());
    return rebalance(request, output);
  });
}

// dn-status: shows the database; never writes, never needs the network unless asked. See --help.
#include "app/check.h"
#include "app/status.h"
#include "app/tool.h"

namespace {

constexpr const char* kExamples =
    "Shows the tasks of a database: state, fills, profit. Reads only.\n"
    "\n"
    "  dn-status                      a table of tasks\n"
    "  dn-status show btc             everything about one\n"
    "  dn-status orders --open        orders that are not closed; --unknown: of unknown fate\n"
    "  dn-status fills --csv          as CSV; --json and --ndjson as well\n"
    "  dn-status events --follow      what happens, as it happens\n"
    "  dn-status --check              the exit code says how it stands\n"
    "  dn-status check btc.toml       is this installation fit to trade it? --online asks the venues too\n"
    "  dn-status explain 23           what an exit code means and what to do\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace dn::app;  // NOLINT(google-build-using-namespace): a tool is a page in the words of app
  CLI::App app(kExamples, "dn-status");
  CommonFlags common;
  add_common_flags(app, common);
  StatusRequest request;
  app.add_flag("--csv", request.csv, "rows as CSV");
  app.add_flag("--check", request.check, "exit code of the state");
  app.add_flag("--watch", request.watch, "draw again every second");
  app.add_flag("--rounds", request.rounds, "all rounds of each task (--restart and triggers begin new ones), not only the newest");
  std::vector<std::string> names;
  std::string code;
  const auto verb = [&](const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->fallthrough();
    command->add_option("task_names", names, "tasks (default: all)");
    return command;
  };
  CLI::App* show = verb("show", "everything about a task");
  CLI::App* orders = verb("orders", "orders");
  orders->add_flag("--open", request.orders.open, "not closed");
  orders->add_flag("--unknown", request.orders.unknown, "of unknown fate");
  CLI::App* fills = verb("fills", "fills");
  CLI::App* events = verb("events", "what happened");
  events->add_flag("--follow", request.follow, "and what happens next, until the task ends");
  CLI::App* pnl = verb("pnl", "profit and loss");
  CheckRequest checking;
  CLI::App* check_all = app.add_subcommand("check", "pre-flight: files, keys, database; exits 22, 23, 69, 77, 78 or as the gravest says");
  check_all->fallthrough();
  check_all->add_option("files", checking.files, "task files (default: the tasks of the database that have not ended)")->type_name("FILE");
  check_all->add_flag("--test-alert", checking.test_alert, "send an alert to alert_command and alert_webhook, and see whether it gets there");
  check_all->add_flag("--online", checking.online, "ask the venues: clock, keys and their rights, symbols, balances, depth, prices, the worst case");
  CLI::App* explain_code = app.add_subcommand("explain", "what an exit code means");
  explain_code->fallthrough();
  explain_code->add_option("code", code, "the code")->required();
  app.require_subcommand(0, 1);
  return tool_main(argc, argv, app, common, [&]() -> dn::Expected<dn::ExitCode, ToolError> {
    if (explain_code->parsed()) return explain(code, common.json || common.ndjson);
    if (check_all->parsed()) {
      checking.common = common;
      return check_installation(checking);
    }
    if (show->parsed()) request.verb = StatusVerb::Show;
    if (orders->parsed()) request.verb = StatusVerb::Orders;
    if (fills->parsed()) request.verb = StatusVerb::Fills;
    if (events->parsed()) request.verb = StatusVerb::Events;
    if (pnl->parsed()) request.verb = StatusVerb::Pnl;
    if (request.follow && common.json) {
      return dn::Unexpected{ToolError{dn::ExitCode::Usage, "--json is one document at the end, and --follow may have none", "write --follow --ndjson"}};
    }
    auto place = installation(common);
    if (!place) return dn::Unexpected{place.error()};
    request.db = place->db;
    request.halt_files = place->halt_files;
    request.output = common.output();
    request.tasks = common.tasks;
    request.tasks.insert(request.tasks.end(), names.begin(), names.end());
    return show_status(request);
  });
}

#include "app/status_tool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "app/audit.h"
#include "app/backup.h"
#include "app/check.h"
#include "app/codes.h"
#include "app/report.h"
#include "app/report_plots.h"
#include "app/schema.h"
#include "app/status.h"
#include "app/tool.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr const char* kExamples =
    "Shows the tasks of a database: state, fills, profit. Reads only.\n"
    "\n"
    "  dn-status show btc             everything about one; without words a table\n"
    "  dn-status pnl --by day         profit of each day; --by symbol: of each symbol\n"
    "  dn-status --watch              a live table: keys sort it, q ends it\n"
    "  dn-status --check              the exit code says how it stands\n"
    "  dn-status check btc.toml       is it fit to trade? --online asks the venues\n"
    "  dn-status audit                the ledger, and do the books add up? --online\n"
    "  dn-status report -o btc.html   a page with plots; --csv: the data behind them\n"
    "  dn-status explain 23           what a code means, why, and what to do\n";

CLI::App* with_report_flags(CLI::App* command, ReportRequest& request) {
  command->add_option("-o,--output", request.file, "where it goes, 0600 (default: stdout)")->check(not_empty)->type_name("FILE");
  command->add_option("--svg", request.plot, "one plot of one task instead of the page: " + plot_list())->check(not_empty)->type_name("NAME");
  return command;
}

std::string whole_number(const std::string& text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc() && end == text.data() + text.size() && n >= 0) return "";
  return fmt::format("\"{}\" is not a whole number from 0 on", printable_excerpt(text));
}

void add_last(CLI::App& app, StatusRequest& request) {
  app.add_option("--last", request.last, "of orders, fills and events the newest N; 0: all (default: 1000 as text, else all)")
      ->check(whole_number)
      ->type_name("N");
}

CLI::App* add_check(CLI::App& app, CheckRequest& request) {
  CLI::App* check = app.add_subcommand("check", "pre-flight: files, keys, database; exits 22, 23, 69, 77, 78 or as the gravest says");
  check->fallthrough();
  check->add_option("files", request.files, "task files (default: the tasks of the database that have not ended)")->type_name("FILE");
  check->add_flag("--test-alert", request.test_alert, "send an alert to alert_command and alert_webhook, and see whether it gets there");
  check->add_flag("--online", request.online, "ask the venues: clock, keys and their rights, symbols, balances, depth, prices, the worst case");
  return check;
}

CLI::App* with_audit_flags(CLI::App* command, AuditRequest& request) {
  command->add_flag("--online", request.online, "ask the venues: trades, fees, funding and balances must be what the books say");
  command->add_option("--from", request.from, "the ledger from then on, UTC: a day, a moment, or so long before now")->check(not_empty)->type_name("TIME");
  command->add_option("--to", request.to, "the ledger before then")->check(not_empty)->type_name("TIME");
  command->add_option("--head", request.heads, "a digest that an earlier audit printed: the journal must still hold it; repeatable")
      ->check(not_empty)
      ->type_name("DIGEST")
      ->expected(1)
      ->take_all();
  return command;
}

// What the audit shares with the other verbs.
Expected<ExitCode, ToolError> audit_of(AuditRequest request, const CommonFlags& common, const StatusRequest& status, const Online* online) {
  if (status.watch || status.check) {
    return Unexpected{ToolError{ExitCode::Usage, "an audit is made once and ends with its own code", "leave out --watch and --check"}};
  }
  request.common = common;
  request.tasks = status.tasks;
  request.csv = status.csv;
  return audit(request, online);
}

// What the report shares with them.
Expected<ExitCode, ToolError> report_of(ReportRequest report, const StatusRequest& status) {
  if (status.watch || status.check) {
    return Unexpected{ToolError{ExitCode::Usage, "a report is written once and says nothing with its exit code", "leave out --watch and --check"}};
  }
  report.db = status.db;
  report.tasks = status.tasks;
  report.rounds = status.rounds;
  report.csv = status.csv;
  report.output = status.output;
  return write_report(report);
}

void add_flags(CLI::App& app, StatusRequest& request) {
  app.add_flag("--csv", request.csv, "rows as CSV")->excludes(app.get_option("--json"))->excludes(app.get_option("--ndjson"));
  auto* check = app.add_flag("--check", request.check, "exit code of the state");
  auto* watch = app.add_flag("--watch", request.watch, "draw again every second");
  app.add_flag("--prometheus", request.prometheus, "the numbers of the tasks as Prometheus metrics")->excludes(check)->excludes(watch);
  add_last(app, request);
  app.add_flag("--rounds", request.rounds, "all rounds of each task (--restart and triggers begin new ones), not only the newest");
}

// A form of output that does not go with what is asked for.
std::optional<ToolError> mistaken_form(const CLI::App& app, const StatusRequest& request, const CommonFlags& common) {
  const auto mistake = [](std::string what, std::string next) { return ToolError{ExitCode::Usage, std::move(what), std::move(next)}; };
  for (const char* verb : {"explain", "schema", "check", "backup"}) {
    if (request.csv && app.got_subcommand(verb)) return mistake(fmt::format("{} has no rows to write as CSV", verb), "leave out --csv");
  }
  if (request.watch && common.json) return mistake("--json is one document at the end, and --watch has none", "write --watch --ndjson");
  if (request.follow && common.json) return mistake("--json is one document at the end, and --follow may have none", "write --follow --ndjson");
  if (request.prometheus && (request.csv || common.json || common.ndjson || !app.get_subcommands().empty())) {
    return mistake("--prometheus is a form of its own, of all tasks or those of --task", "write dn-status --prometheus");
  }
  return std::nullopt;
}

// Goes on as dn-run, which carries a whole dn-status that is linked with the network. Returns only where that cannot be.
ToolError hand_over(int argc, char** argv) {
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "dn-run";
  std::string as_status(kAsStatus);
  std::vector<char*> arguments{argv[0], as_status.data()};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  arguments.push_back(nullptr);
  if (!error) execv(path.c_str(), arguments.data());
  return {ExitCode::NotFound, fmt::format("dn-status reaches the network through dn-run, and {} cannot be started: {}", printable(path), std::strerror(errno)),
          "install the four tools into one directory"};
}

}  // namespace

int status_tool(int argc, char** argv, const Online* online) {
  CLI::App app(kExamples, "dn-status");
  CommonFlags common;
  add_common_flags(app, common);
  StatusRequest request;
  add_flags(app, request);
  std::vector<std::string> names;
  std::string code;
  std::string by = "task";
  const auto verb = [&](const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->fallthrough();
    command->add_option("task_names", names, "tasks (default: all)")->type_name("NAME");
    return command;
  };
  CLI::App* show = verb("show", "everything about a task");
  CLI::App* orders = verb("orders", "orders");
  orders->add_flag("--open", request.orders.open, "not closed");
  orders->add_flag("--unknown", request.orders.unknown, "of unknown fate");
  CLI::App* fills = verb("fills", "fills");
  CLI::App* events = verb("events", "what happened");
  events->add_flag("--follow", request.follow, "and what happens next, until the task ends");
  CLI::App* pnl = verb("pnl", "profit and loss, of each task, symbol or day");
  pnl->add_option("--by", by, "task (its newest round), symbol or day (UTC, both of all rounds)")->check(one_of({"task", "symbol", "day"}))->type_name("WHAT");
  ReportRequest reporting;
  CLI::App* report = with_report_flags(verb("report", "a page with plots of what became of tasks; with --csv the data behind them"), reporting);
  AuditRequest auditing;
  CLI::App* audit_all =
      with_audit_flags(verb("audit", "the ledger by venue and asset; proves that the books and their journal agree, exits 24 where not"), auditing);
  CheckRequest checking;
  CLI::App* check_all = add_check(app, checking);
  const auto about = [&](const char* name, const char* help, const char* word, const char* type, std::string& into, const char* what) {
    CLI::App* command = app.add_subcommand(name, help);
    command->fallthrough();
    return std::pair(command, command->add_option(word, into, what)->type_name(type));
  };
  std::string file;
  std::string output_name;
  CLI::App* explain_code = about("explain", "what a code means, why it comes, what to do", "code", "CODE", code,
                                 "an exit code, by number or name, a code of an event, or the name of a check or finding (default: all)")
                               .first;
  const auto [backup, backup_file] = about("backup", "copy the database into a new file, while runs go on", "file", "FILE", file, "nothing is overwritten");
  backup_file->required()->check(not_empty);
  CLI::App* schema =
      about("schema", "the JSON Schema of the tools' outputs", "output", "OUTPUT", output_name, "one of them, as dn.status/1 (default: all)").first;
  app.require_subcommand(0, 1);
  return tool_main(argc, argv, app, common, [&, backup = backup]() -> Expected<ExitCode, ToolError> {
    if (auto mistake = mistaken_form(app, request, common)) return Unexpected{std::move(*mistake)};
    if (online == nullptr && (checking.online || checking.test_alert || auditing.online)) return Unexpected{hand_over(argc, argv)};
    if (explain_code->parsed()) return explain(code, common.json || common.ndjson);
    if (schema->parsed()) return print_schema(output_name);
    if (check_all->parsed()) {
      checking.common = common;
      return check_installation(checking, online);
    }
    if (show->parsed()) request.verb = StatusVerb::Show;
    if (orders->parsed()) request.verb = StatusVerb::Orders;
    if (fills->parsed()) request.verb = StatusVerb::Fills;
    if (events->parsed()) request.verb = StatusVerb::Events;
    if (pnl->parsed()) request.verb = StatusVerb::Pnl;
    request.by = by == "day" ? PnlBy::Day : by == "symbol" ? PnlBy::Symbol : PnlBy::Task;
    auto place = installation(common);
    if (!place) return Unexpected{place.error()};
    if (backup->parsed()) return back_up(place->db, file, common.output());
    request.db = place->db;
    request.halt_files = place->halt_files;
    request.output = common.output();
    request.tasks = common.tasks;
    request.tasks.insert(request.tasks.end(), names.begin(), names.end());
    if (audit_all->parsed()) return audit_of(std::move(auditing), common, request, online);
    return report->parsed() ? report_of(std::move(reporting), request) : show_status(request);
  });
}

}  // namespace dn::app

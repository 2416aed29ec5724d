// dn-run: runs tasks to their end. See --help.
#include <array>

#include "app/control.h"
#include "app/online.h"
#include "app/run.h"
#include "app/run_flags.h"
#include "app/status_tool.h"
#include "app/tool.h"

namespace {

constexpr const char* kExamples =
    "Runs delta-neutral tasks: buys on one venue, sells the same coin on another.\n"
    "\n"
    "  dn-run btc.toml                          run a task file to its end, on paper\n"
    "  dn-run btc.toml --plan                   show what it would do\n"
    "  dn-run btc.toml --max-runtime 50s        from cron: some work, then exit 10\n"
    "  dn-run --task btc                        go on with a task of the database\n"
    "  dn-run btc.toml --replay DIR             on a recording\n"
    "  dn-run btc.toml --metrics-file btc.prom  keep its numbers for Prometheus\n"
    "  dn-run set btc order_quantity=0.05       change a task, running or not\n"
    "  dn-run pause btc | resume btc | cancel btc\n"
    "  dn-run keys                              the keys of a task file\n";

using dn::ControlRequest;
using dn::ExitCode;
using dn::Expected;
using namespace dn::app;  // NOLINT(google-build-using-namespace): a tool is a page in the words of app

// A verb on a task of the database.
struct Verb {
  CLI::App* command = nullptr;
  ControlRequest::Verb verb = ControlRequest::Verb::Pause;
};

Expected<ExitCode, ToolError> control(const CommonFlags& common, ControlRequest::Verb verb, const std::string& task, const std::vector<std::string>& settings) {
  auto place = installation(common);
  if (!place) return dn::Unexpected{place.error()};
  Output output(common.output());
  return control_task(place->db, verb, task, settings, output);
}

Expected<ExitCode, ToolError> run(const RunFlags& flags, const CommonFlags& common) {
  auto request = run_request(flags, common);
  if (!request) return dn::Unexpected{request.error()};
  Output output(common.output());
  return run_tasks(*request, output);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] == kAsStatus) {
    argv[1] = argv[0];
    return status_tool(argc - 1, argv + 1, &online());
  }
  CLI::App app(kExamples, "dn-run");
  CommonFlags common;
  RunFlags flags;
  add_common_flags(app, common);
  add_run_flags(app, flags);
  std::string task;
  std::vector<std::string> settings;
  const std::array verbs{Verb{app.add_subcommand("set", "change keys of a task"), ControlRequest::Verb::Set},
                         Verb{app.add_subcommand("pause", "no new quotes until resume; hedges still go out"), ControlRequest::Verb::Pause},
                         Verb{app.add_subcommand("resume", "go on with a paused task"), ControlRequest::Verb::Resume},
                         Verb{app.add_subcommand("cancel", "end a task for good"), ControlRequest::Verb::Cancel}};
  for (const Verb& v : verbs) {
    v.command->fallthrough();
    v.command->add_option("task_name", task, "the task's name")->required()->type_name("NAME");
    if (v.verb == ControlRequest::Verb::Set) v.command->add_option("settings", settings, "what to change")->required()->type_name("KEY=VALUE");
  }
  CLI::App* keys = app.add_subcommand("keys", "the keys of a task file");
  keys->fallthrough();
  app.require_subcommand(0, 1);
  return tool_main(argc, argv, app, common, [&]() -> Expected<ExitCode, ToolError> {
    for (const Verb& v : verbs) {
      if (!v.command->parsed()) continue;
      if (!flags.files.empty()) return dn::Unexpected{no_such_word(flags.files[0], "a verb is about one task; call it once for each")};
      return control(common, v.verb, task, settings);
    }
    if (keys->parsed()) return print_keys(common.output());
    return run(flags, common);
  });
}

// dn-recover: compares the books with the venues after a crash and puts them right; halts and resumes. See --help.
#include "app/control.h"
#include "app/halt.h"
#include "app/portfolio_status.h"
#include "app/recover.h"
#include "app/run_flags.h"
#include "app/tool.h"
#include "app/verify.h"

namespace {

constexpr const char* kExamples =
    "Brings the books and the venues together after a crash; a plan, until --apply.\n"
    "\n"
    "  dn-recover                               what differs, of all tasks under way\n"
    "  dn-recover --task btc --apply            cancel what rests, prove every order\n"
    "  dn-recover --from-venue btc.toml --apply  the database is lost: make it anew\n"
    "  dn-recover verify                        do the books keep their promises?\n"
    "  dn-recover halt --reason \"odd prices\"    stop everything\n"
    "  dn-recover halt --exchange gateio_spot   stop what trades there\n"
    "  dn-recover resume --task btc --yes       lift a halt; --exchange V, --all\n"
    "  dn-recover release --task btc --yes      the portfolio forgets what it held\n"
    "\n"
    "It sends no order that adds to a position, and touches nothing of other hands.\n";

using dn::ExitCode;
using dn::Expected;
using namespace dn::app;  // NOLINT(google-build-using-namespace): a tool is a page in the words of app

struct Flags {
  bool apply = false;
  bool from_venue = false;
  bool yes = false;
  std::string plan_hash, since, exchange;
  std::vector<std::string> files;
  HaltRequest halt;
};

// The database and the venues of this command line, with no task file of its own.
Expected<RunRequest, ToolError> base(CommonFlags common) {
  RunFlags none;
  const bool all = common.all;
  if (common.tasks.empty()) common.all = true;
  auto run = run_request(none, common);
  if (run) run->all = all;
  return run;
}

Expected<ExitCode, ToolError> reconcile(const Flags& flags, const CommonFlags& common, Output& output) {
  RecoverRequest r;
  auto run = base(common);
  if (!run) return dn::Unexpected{run.error()};
  r.run = std::move(*run);
  r.run.files = flags.files;
  r.apply = flags.apply;
  r.expected_hash = flags.plan_hash;
  r.from_venue = flags.from_venue;
  if (r.from_venue) r.since = dn::Dur::hours(7 * 24 - 1);
  if (!flags.since.empty()) {
    const auto since = dn::parse_duration(flags.since);
    if (!since || since->us <= 0) return dn::Unexpected{ToolError{ExitCode::Usage, "--since is not a duration", "write for example --since 24h"}};
    r.since = *since;
  }
  if (!flags.files.empty() && !flags.from_venue) {
    return dn::Unexpected{ToolError{ExitCode::Usage, "task files are for --from-venue", "name tasks of the database with --task"}};
  }
  return recover(r, output);
}

Expected<ExitCode, ToolError> write_off(const CommonFlags& common, bool yes, Output& output) {
  auto place = installation(common);
  if (!place) return dn::Unexpected{place.error()};
  const auto done = release_tasks(place->db, common.tasks, yes);
  if (!done) return dn::Unexpected{done.error()};
  for (const std::string& line : *done) tell(output, "", line);
  return ExitCode::Ok;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kExamples, "dn-recover");
  CommonFlags common;
  Flags flags;
  add_common_flags(app, common);
  app.add_option("files", flags.files, "with --from-venue: the task files")->type_name("FILE");
  app.add_flag("--apply", flags.apply, "do what the plan says");
  app.add_option("--plan-hash", flags.plan_hash, "with --apply: only if the plan is still this one (exit 75 otherwise)")->type_name("HASH");
  app.add_flag("--from-venue", flags.from_venue, "make the books anew from the orders and trades at the venues");
  app.add_option("--since", flags.since, "how far back the venues are asked (default: since the books' newest entry; --from-venue: 7 days)")->type_name("DUR");
  CLI::App* halt = app.add_subcommand("halt", "stop all tasks (or those of --task): no order is sent any more");
  halt->fallthrough();
  halt->add_option("--exchange", flags.exchange, "what trades on this venue, and the file HALT-VENUE")->check(not_empty)->type_name("VENUE");
  halt->add_option("--reason", flags.halt.reason, "why, for whoever finds it")->type_name("TEXT");
  halt->add_flag("--cancel-all", flags.halt.cancel_all, "cancel what rests, and prove it");
  halt->add_flag("--flatten", flags.halt.flatten, "and close what the tasks hold");
  CLI::App* resume = app.add_subcommand("resume", "lift a halt: of the tasks of --task, or with --all every one and the files of the kill switch");
  resume->fallthrough();
  resume->add_option("--exchange", flags.exchange, "what was halted because of this venue, and the file HALT-VENUE")->check(not_empty)->type_name("VENUE");
  resume->add_flag("--yes", flags.yes, "you have read the reason");
  CLI::App* release = app.add_subcommand("release", "write off what the tasks of --task, which have ended, hold of the portfolio");
  release->fallthrough();
  release->add_flag("--yes", flags.yes, "it is held no more");
  CLI::App* check = app.add_subcommand("verify", "check the promises that the books keep");
  check->fallthrough();
  app.require_subcommand(0, 1);
  return tool_main(argc, argv, app, common, [&]() -> Expected<ExitCode, ToolError> {
    Output output(common.output());
    // "resume btc" must not be "resume everything".
    if (!app.get_subcommands().empty() && !flags.files.empty()) return dn::Unexpected{no_such_word(flags.files[0], "name tasks with --task NAME")};
    if (check->parsed()) {
      auto place = installation(common);
      return place ? verify(place->db, common.tasks, output) : Expected<ExitCode, ToolError>(dn::Unexpected{place.error()});
    }
    if (release->parsed()) return write_off(common, flags.yes, output);
    if (!halt->parsed() && !resume->parsed()) return reconcile(flags, common, output);
    auto exchange = dn::app::venue_of_flag(flags.exchange);
    if (!exchange) return dn::Unexpected{exchange.error()};
    flags.halt.exchange = *exchange;
    auto run = base(common);
    if (!run && halt->parsed()) return halt_without_venues(std::move(flags.halt), common, run.error(), output);
    if (!run) return dn::Unexpected{run.error()};
    if (resume->parsed()) return resume_tasks({std::move(*run), *exchange, flags.yes}, output);
    flags.halt.run = std::move(*run);
    return halt_tasks(flags.halt, output);
  });
}

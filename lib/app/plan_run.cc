#include "app/plan_run.h"

#include <algorithm>
#include <csignal>

#include "app/plan_text.h"
#include "app/preflight_portfolio.h"
#include "app/roster.h"
#include "app/signals.h"
#include "app/standing.h"
#include "app/trigger_plan.h"
#include "app/trigger_watch.h"

namespace dn::app {
namespace {

constexpr Time kPlanStart{1'767'225'600'000'000};  // of a paper market that is only looked at

// A task with what its venues show.
struct Planned {
  TaskSpec spec;  // that a run would begin with
  MarketView view;
  std::vector<live::Look> looks;
  Numbers numbers;
};

Expected<Planned, ToolError> plan_task(const std::string& db, Grounds& grounds, const TaskSource& source) {
  auto ground = grounds.open(source.spec, kPlanStart, Absent::Refused);
  if (!ground) return Unexpected{ground.error()};
  const MarketView& view = (*ground)->view();
  auto spec = begins_with(db, source, view);
  if (!spec) return Unexpected{spec.error()};
  auto looks = grounds.look(*spec, kPlanStart);
  if (!looks) return Unexpected{looks.error()};
  Numbers numbers = numbers_of(*spec, view);
  return Planned{std::move(*spec), view, std::move(*looks), std::move(numbers)};
}

ExitCode print_plan(const RunRequest& request, Output& output, const Planned& p, const std::optional<PortfolioQuestion>& portfolio) {
  const TaskQuestion question{p.spec, p.view, p.numbers, depth_of(p.spec, p.looks), standing_of(request.session.db, p.spec, true).progress};
  Checks checks;
  for (const live::Look& l : p.looks) check_venue(checks, p.spec, l);
  check_task(checks, question);
  if (portfolio) check_portfolio(checks, *portfolio, &p.spec.symbol);
  const OutputOptions& o = output.options();
  const bool machine = o.json || o.ndjson;
  std::string text = machine ? plan_json(question, checks) : plan_text(question, checks, !o.plain && is_rich(stdout));
  if (!machine) text.pop_back();
  output.data(text);
  return exit_code(checks);
}

// Together, since they share what a portfolio leaves.
Expected<ExitCode, ToolError> plan_all(const RunRequest& request, Output& output, Grounds& grounds, const std::vector<TaskSource>& sources,
                                       const std::optional<PortfolioLimits>& limits) {
  std::vector<Planned> planned;
  std::vector<TaskSpec> specs;
  for (const TaskSource& source : sources) {
    auto one = plan_task(request.session.db, grounds, source);
    if (!one) return Unexpected{one.error()};
    specs.push_back(one->spec);
    planned.push_back(std::move(*one));
  }
  auto portfolio = portfolio_question(request.session.db, grounds.live(), limits, specs, request.session.restart);
  if (!portfolio) return Unexpected{portfolio.error()};
  if (*portfolio) {
    for (const Planned& p : planned) (*portfolio)->find(p.spec.name)->numbers = p.numbers;
  }
  ExitCode code = ExitCode::Ok;
  for (const Planned& p : planned) code = worse(code, print_plan(request, output, p, *portfolio));
  return code;
}

}  // namespace

Expected<ExitCode, ToolError> plan_tasks(const RunRequest& request, Output& output) {
  Roster roster(request, output, [](const RunRequest&, const ToolError& e) { return e; });
  auto tasks = roster.collect();
  if (!tasks) return Unexpected{tasks.error()};
  std::vector<TaskSource> sources;
  for (const auto& [source, from_file] : *tasks) sources.push_back(source);
  SignalReader signals;
  std::vector<TaskSource> all = sources;
  for (TaskSource& source : trigger_tasks(roster.triggers())) all.push_back(std::move(source));
  auto grounds = make_grounds(request, all, output, [&]() -> std::optional<ExitCode> {
    for (const int signal : signals.wait(0)) {
      if (signal != SIGHUP) return signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
    }
    return std::nullopt;
  });
  if (!grounds) return Unexpected{grounds.error()};
  if ((*grounds)->now()) output.never_wait();
  ExitCode code = ExitCode::Ok;
  for (const TriggerSource& t : roster.triggers()) {
    const std::vector<PairPlan> pairs = plan_trigger(t.spec, **grounds, kPlanStart);
    const OutputOptions& o = output.options();
    output.data(o.json || o.ndjson ? trigger_plan_json(t.spec, pairs) : trigger_plan_text(t.spec, pairs));
    if (std::ranges::all_of(pairs, [](const PairPlan& p) { return p.failed.has_value(); })) code = worse(code, pairs[0].failed->code);
  }
  auto planned = plan_all(request, output, **grounds, sources, roster.limits());
  if (!planned) return Unexpected{planned.error()};
  return worse(code, *planned);
}

}  // namespace dn::app

#include "app/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/alert_check.h"
#include "app/output.h"
#include "app/preflight_local.h"
#include "app/preflight_portfolio.h"
#include "app/session.h"
#include "app/standing.h"
#include "base/check.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr Time kPaperStart{1'767'225'600'000'000};

class Checking {
 public:
  Checking(const CheckRequest& request, const Online* online) : request_(request), online_(online) {
    DN_CHECK(online != nullptr || (!request.online && !request.test_alert), "whoever asks the venues has a network");
  }

  Expected<ExitCode, ToolError> run() {
    auto place = installation(request_.common);
    if (place) {
      add_ok(checks_, "config", printable(place->config.file), place->config.file.empty() ? "no dn.toml: the defaults" : "");
      checks_.back().message += fmt::format("{}mode {}", place->config.file.empty() ? "; " : "", place->config.mode == TradingMode::Live ? "live" : "paper");
    } else {
      add_failure(checks_, "config", printable(request_.common.config), place.error());
    }
    read_files();
    if (place) {
      Checks of_database;
      if (auto done = read_database(*place, of_database); !done) return Unexpected{done.error()};
      check_state(checks_, *place, tasks_);
      checks_.insert(checks_.end(), of_database.begin(), of_database.end());
      check_credentials(checks_, *place, request_.common.credentials, tasks_, request_.online);
      for (const TaskSource& t : tasks_) check_limits(checks_, *place, t);
      check_alerts(checks_, place->config.alerts, request_.test_alert ? online_ : nullptr);
      const bool readable = std::ranges::none_of(of_database, [](const Check& c) { return c.name == "database" && c.status == CheckStatus::Fail; });
      if (readable) begin_portfolio(*place);
    }
    if (place && request_.online) {
      if (auto done = ask_venues(*place); !done) add_failure(checks_, "venues", "", done.error());
    } else {
      for (const TaskSource& t : tasks_) check_parameters(checks_, t.spec);
    }
    if (portfolio_) check_portfolio(checks_, *portfolio_);
    print();
    return exit_code(checks_);
  }

 private:
  void read_files() {
    for (const std::string& file : request_.files) {
      auto read = dn::app::read_files({file});
      if (!read) {
        add_failure(checks_, "task_file", printable(file), read.error());
        continue;
      }
      if (read->portfolio) take_limits(file, *read->portfolio);
      for (const TriggerSource& t : read->triggers) {
        add_ok(checks_, "task_file", printable(file),
               fmt::format("trigger {}, {} pairs; dn-run --plan FILE shows what they would earn now", t.spec.task.name, t.spec.pairs().size()));
      }
      for (TaskSource& s : read->tasks) {
        const bool twice = std::ranges::any_of(tasks_, [&](const TaskSource& t) { return t.spec.name == s.spec.name; });
        if (twice) {
          add_failure(checks_, "task_file", printable(file),
                      {ExitCode::Config, fmt::format("\"{}\" is used by another task", s.spec.name), "write name = \"...\" with a name of its own"});
          continue;
        }
        add_ok(checks_, "task_file", printable(file), fmt::format("task {}, {}", s.spec.name, s.spec.symbol.str()));
        tasks_.push_back(std::move(s));
      }
    }
  }

  // All files of a run give the same limits.
  void take_limits(const std::string& file, const PortfolioSource& portfolio) {
    if (!limits_) limits_ = portfolio.limits;
    if (*limits_ == portfolio.limits) return;
    add_failure(checks_, "task_file", printable(file),
                {ExitCode::Config, "its [portfolio] differs from that of another file", "write the same limits in all files, or [portfolio] in one of them"});
  }

  // What a run of all these tasks would find; their numbers come with their venues.
  void begin_portfolio(const Installation& place) {
    std::vector<TaskSpec> specs;
    for (const TaskSource& t : tasks_) specs.push_back(t.spec);
    auto question = portfolio_question(place.db, place.config.mode == TradingMode::Live, limits_, specs, false);
    if (question) {
      portfolio_ = std::move(*question);
    } else {
      add_failure(checks_, "portfolio", "", question.error());
    }
  }

  Expected<void, ToolError> read_database(const Installation& place, Checks& to) {
    std::set<std::string> wanted(request_.common.tasks.begin(), request_.common.tasks.end());
    for (const TaskSource& t : tasks_) wanted.insert(t.spec.name);
    const bool by_file = !request_.files.empty();
    if (by_file && wanted.empty()) wanted.insert("");  // files that cannot be read: no task is meant, not every one
    const std::vector<TaskRecord> known = check_database(to, place, request_.common.all ? std::set<std::string>{} : wanted);
    for (const std::string& name : request_.common.tasks) {
      if (std::ranges::none_of(known, [&](const TaskRecord& t) { return t.spec.name == name; })) return Unexpected{no_such_task(name, place.db)};
    }
    for (const TaskRecord& t : known) {
      const bool has_file = std::ranges::any_of(tasks_, [&](const TaskSource& s) { return s.spec.name == t.spec.name; });
      if (!has_file && t.verdict == Verdict::None) tasks_.push_back({t.spec, {}, {}});
    }
    return {};
  }

  // The venues' part, with or without keys: without, what is public is still looked at.
  Expected<void, ToolError> ask_venues(const Installation& place) {
    if (tasks_.empty()) {
      add_ok(checks_, "venues", "", "no task names one");
      return {};
    }
    if (place.config.mode == TradingMode::Paper && place.config.feed == FeedKind::Replay) {
      add_ok(checks_, "venues", "", "paper trades on a recording; dn-run FILE --replay DIR --plan shows its prices");
      return {};
    }
    auto grounds = online_->grounds(request_.common, place, tasks_);
    if (!grounds) return Unexpected{grounds.error()};
    for (const TaskSource& t : tasks_) {
      if (auto done = look(**grounds, t.spec, place); !done) add_failure(checks_, "symbol", t.spec.name, done.error());
    }
    return {};
  }

  Expected<void, ToolError> look(Grounds& grounds, const TaskSpec& spec, const Installation& place) {
    auto looks = grounds.look(spec, kPaperStart);
    if (!looks) return Unexpected{looks.error()};
    for (const live::Look& l : *looks) {
      if (seen_.insert({l.venue, spec.symbol.str()}).second) check_venue(checks_, spec, l);
    }
    const auto market = market_of(spec, *looks);
    if (!market) {
      check_parameters(checks_, spec);
      return {};
    }
    const Numbers numbers = numbers_of(spec, *market);
    if (portfolio_) portfolio_->find(spec.name)->numbers = numbers;
    check_task(checks_, {spec, *market, numbers, depth_of(spec, *looks), standing_of(place.db, spec, true).progress});
    return {};
  }

  void print() const {
    const OutputOptions o = request_.common.output();
    JsonWriter w;
    if (o.json || o.ndjson) {
      w.begin_object().field("schema", "dn.check/1").key("checks");
      write_checks(w, checks_);
      w.field("exit_code", std::int64_t{number(exit_code(checks_))}).end_object();
      write_out(w.str() + "\n");
    } else {
      Checks shown;
      std::ranges::copy_if(checks_, std::back_inserter(shown), [&](const Check& c) { return !o.quiet || c.status != CheckStatus::Ok; });
      if (!shown.empty()) write_out(checks_text(shown, !o.plain && is_rich(stdout)));
    }
  }

  const CheckRequest& request_;
  const Online* online_;
  Checks checks_;
  std::vector<TaskSource> tasks_;
  std::set<std::pair<Venue, std::string>> seen_;
  std::optional<PortfolioLimits> limits_;  // of the files
  std::optional<PortfolioQuestion> portfolio_;
};

}  // namespace

Expected<ExitCode, ToolError> check_installation(const CheckRequest& request, const Online* online) { return Checking(request, online).run(); }

}  // namespace dn::app

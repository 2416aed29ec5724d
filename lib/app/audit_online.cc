#include "app/audit_online.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/run_flags.h"

namespace dn::app {
namespace {

constexpr Dur kBeforeFirst = Dur::minutes(2);  // clocks differ

class Asking {
 public:
  explicit Asking(Output& output) : output_(output) {}

  void choose(const std::vector<std::string>& wanted, const Period& period, const std::vector<BookedRound>& rounds) {
    since_ = Time::never();
    for (const BookedRound& r : rounds) {
      const TaskRecord& t = r.stored.task;
      if (!t.live || (!wanted.empty() && std::ranges::find(wanted, t.spec.name) == wanted.end())) continue;
      since_ = std::min(since_, t.created - kBeforeFirst);
      if (pairs_.insert({*t.spec.leg.buy.exchange, *t.spec.leg.sell.exchange, t.spec.symbol.str()}).second) specs_.push_back(t.spec);
    }
    if (period.from.us > 0) since_ = period.from;
  }
  bool has_nothing() const { return specs_.empty(); }

  Expected<VenuesTold, ToolError> run(const CommonFlags& common) {
    CommonFlags all = common;
    all.all = true;  // only its venues are of interest here
    auto request = run_request(RunFlags{}, all);
    if (!request) return Unexpected{request.error()};
    if (!request->live || !request->live->orders) {
      return Unexpected{ToolError{ExitCode::Config, "the tasks were begun live, and this is paper: their venues are not known here", "use --mode live"}};
    }
    request->session.errand = Errand{};
    std::vector<TaskSource> sources;
    for (const TaskSpec& s : specs_) sources.push_back({s, {}, {}});
    auto grounds = make_grounds(*request, sources, output_, {});
    if (!grounds) return Unexpected{grounds.error()};
    for (const TaskSpec& s : specs_) ask(**grounds, s);
    return std::move(out_);
  }

 private:
  void ask(Grounds& grounds, const TaskSpec& spec) {
    auto ground = grounds.open(spec, {}, Absent::Allowed);
    if (!ground) {
      out_.failed.push_back(ground.error());
      return;
    }
    AccountViews views = (*ground)->survey(since_);
    out_.failed.insert(out_.failed.end(), views.failed.begin(), views.failed.end());
    const auto paid = (*ground)->payments(since_);
    for (const auto& p : paid) {
      if (!p) out_.failed.push_back(p.error());
    }
    for (AccountFacts& now : accounts_of(spec, (*ground)->view())) {
      const auto seen = std::ranges::find(views.accounts, now.venue, &AccountView::venue);
      if (seen == views.accounts.end() || !told_.insert({now.venue, spec.symbol.str()}).second) continue;
      VenueTold told{std::move(now), std::move(seen->seen), {}};
      for (const auto& p : paid) {
        if (p && p->venue == told.now.venue) told.payments = p->payments;
      }
      out_.told.push_back(std::move(told));
    }
  }

  Output& output_;
  Time since_;
  std::vector<TaskSpec> specs_;
  std::set<std::tuple<Venue, Venue, std::string>> pairs_;
  std::set<std::pair<Venue, std::string>> told_;
  VenuesTold out_;
};

}  // namespace

Expected<VenuesTold, ToolError> ask_venues(const CommonFlags& common, const std::vector<std::string>& wanted, const Period& period,
                                           const std::vector<BookedRound>& rounds) {
  Output output(common.output());
  Asking asking(output);
  asking.choose(wanted, period, rounds);
  if (asking.has_nothing()) return VenuesTold{{}, {{ExitCode::Ok, "no task of these trades live: nothing of them is at a venue", {}}}};
  return asking.run(common);
}

}  // namespace dn::app

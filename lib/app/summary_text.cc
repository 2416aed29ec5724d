#include <fmt/format.h>

#include "app/kpi.h"
#include "app/session.h"
#include "base/text.h"

namespace dn::app {

namespace {

std::string ending(const TaskRecord& r) {
  const std::string_view end = r.verdict != Verdict::None ? name(r.verdict) : (r.mode == TaskMode::Active ? name(r.state) : name(r.mode));
  std::string out = fmt::format("task {}: {}, exit code {} ({})\n", r.spec.name, end, number(r.exit_code), info(r.exit_code).meaning);
  if (!r.reason.empty()) out += fmt::format("  because    {}\n", printable(r.reason));
  return out;
}

}  // namespace

std::size_t Session::open_orders() const { return engine_ ? engine_->working(Side::Buy).size() + engine_->working(Side::Sell).size() : 0; }

std::string Session::trouble() const {
  const TaskRecord& r = record();
  switch (r.exit_code) {
    case ExitCode::Ok:
    case ExitCode::BudgetUsed:
    case ExitCode::Waiting:
    case ExitCode::Interrupted:
    case ExitCode::Terminated: return "";
    default: break;
  }
  std::string open;
  if (const std::size_t n = open_orders(); n > 0) {
    open = fmt::format("  open       {} of its orders may rest at the venues: dn-recover --task {} --apply\n", n, r.spec.name);
  }
  return ending(r) + open + fmt::format("  next       {}", advice(r.exit_code, r.spec.name));
}

std::string Session::summary_text() const {
  const TaskRecord& r = record();
  const Kpi k = kpi(r);
  const std::string base = r.spec.symbol.base.str();
  const std::string quote = r.spec.symbol.quote.str();
  std::string out = ending(r);
  for (const Side leg : kSides) {
    out +=
        fmt::format("  {:<10} {} {} of {} on {}{}, net {}\n", leg == Side::Buy ? "bought" : "sold", r.leg[leg].filled.str(), base, r.spec.total_quantity.str(),
                    name(*r.spec.leg[leg].exchange), k.avg_price[leg] ? fmt::format(" at {}", shown(k.avg_price[leg]->decimal())) : "", r.leg[leg].net.str());
  }
  out += fmt::format("  imbalance  {} {}\n", k.imbalance.str(), base);
  if (k.spread_bps) out += fmt::format("  spread     {} bps\n", shown(k.spread_bps->decimal()));
  for (const auto& [asset, fee] : k.fees.all()) out += fmt::format("  fees       {} {}\n", fee.str(), asset.view());
  if (r.holding.part != Part::Open) {
    out += fmt::format("  round      opened {} and {}, held since {}{}\n", r.leg.buy.traded.str(), r.leg.sell.traded.str(), rfc3339(r.holding.since),
                       r.holding.part == Part::Close ? ", closed again" : "");
  }
  if (k.basis && (r.spec.hold.minds_funding() || !k.funding.is_zero())) {
    out += fmt::format("  made of    basis {}, slippage {}, funding {}, fees {} {}\n", k.basis->str(), k.slippage.str(), k.funding.str(), (-k.fees_quote).str(),
                       quote);
  }
  if (k.profit) {
    out += fmt::format("  profit     {} {}{} net of fees\n", shown(k.profit->decimal()), quote,
                       k.profit_bps ? fmt::format(", {} bps", shown(k.profit_bps->decimal())) : "");
  }
  out += fmt::format("  orders     {} sent, {} rebalances, {} refused", r.orders, r.rebalances, r.rejects);
  if (const std::size_t n = open_orders(); n > 0)
    out += fmt::format("\n  open       {} of them may rest at the venues: dn-status orders {} --open", n, r.spec.name);
  if (r.exit_code != ExitCode::Ok) out += fmt::format("\n  next       {}", advice(r.exit_code, r.spec.name));
  return out;
}

}  // namespace dn::app

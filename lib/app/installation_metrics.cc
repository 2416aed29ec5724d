// Metrics that belong to no task: the program, the kill switch, the portfolios.
#include <array>

#include "app/exposition.h"
#include "app/metrics.h"

namespace dn::app {
namespace {

using Type = Exposition::Type;

class PortfolioFamilies {
 public:
  PortfolioFamilies(Exposition& e, const std::vector<PortfolioView>& portfolios) : e_(e), portfolios_(portfolios) {}

  void write() {
    money("dn_portfolio_capital", "What the fractions of the limits are of.", [](const PortfolioState& s) { return s.row.limits.capital; });
    money("dn_portfolio_exposure", "Value of both sides of all tasks, what unclosed orders may add included.", [](const PortfolioState& s) { return s.total; });
    money("dn_portfolio_loss", "Realised and marked loss of all tasks together.", [](const PortfolioState& s) { return lost(s); });
    e_.family("dn_portfolio_symbol_exposure", Type::Gauge, "Exposure of all tasks in a symbol.");
    for (const PortfolioView& p : portfolios_) {
      for (const auto& [symbol, used] : p.state.used)
        e_.sample({{"trading", mode_of(p.live)}, {"symbol", symbol.str()}, {"asset", p.state.row.limits.quote.view()}}, used.decimal());
    }
    limits();
    number("dn_portfolio_tasks", "Tasks whose runs are alive.", [](const PortfolioState& s) { return s.running; });
    number("dn_portfolio_halted", "1 while the portfolio is halted.", [](const PortfolioState& s) { return std::int64_t{!s.row.halted.empty()}; });
  }

 private:
  template <class Read>
  void money(std::string_view name, std::string_view help, Read read) {
    e_.family(name, Type::Gauge, help);
    for (const PortfolioView& p : portfolios_) e_.sample({{"trading", mode_of(p.live)}, {"asset", p.state.row.limits.quote.view()}}, read(p.state).decimal());
  }
  template <class Read>
  void number(std::string_view name, std::string_view help, Read read) {
    e_.family(name, Type::Gauge, help);
    for (const PortfolioView& p : portfolios_) e_.sample({{"trading", mode_of(p.live)}}, read(p.state));
  }

  void limits() {
    e_.family("dn_portfolio_limit", Type::Gauge, "A limit of the portfolio, in its quote; max_concurrent_tasks is a number.");
    for (const PortfolioView& p : portfolios_) {
      const PortfolioLimits& l = p.state.row.limits;
      const std::array<std::pair<std::string_view, std::optional<Money>>, 3> all{
          {{"max_exposure_per_symbol", l.per_symbol}, {"max_total_exposure", l.total}, {"max_loss", l.max_loss}}};
      for (const auto& [key, most] : all) {
        if (most) e_.sample({{"trading", mode_of(p.live)}, {"limit", key}}, most->decimal());
      }
      if (l.max_tasks > 0) e_.sample({{"trading", mode_of(p.live)}, {"limit", "max_concurrent_tasks"}}, l.max_tasks);
    }
  }

  Exposition& e_;
  const std::vector<PortfolioView>& portfolios_;
};

}  // namespace

std::string installation_metrics_text(const std::vector<PortfolioView>& portfolios, std::size_t halt_files) {
  Exposition e;
  e.family("dn_build_info", Type::Gauge, "Version of the program that wrote this.");
  e.sample({{"version", DN_VERSION}}, 1);
  e.family("dn_halt_files", Type::Gauge, "Files of the kill switch that are there.");
  e.sample({}, static_cast<std::int64_t>(halt_files));
  PortfolioFamilies(e, portfolios).write();
  return e.text();
}

}  // namespace dn::app

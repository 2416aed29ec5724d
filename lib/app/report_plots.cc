#include "app/report_plots.h"

#include "model/names.h"

namespace dn::app {
namespace {

constexpr Names<PlotKind, 7> kPlots{{{PlotKind::Progress, "progress"},
                                     {PlotKind::Imbalance, "imbalance"},
                                     {PlotKind::Spread, "spread"},
                                     {PlotKind::Profit, "profit"},
                                     {PlotKind::Slippage, "slippage"},
                                     {PlotKind::Latency, "latency"},
                                     {PlotKind::Timeline, "timeline"}}};

}  // namespace

const std::vector<PlotKind>& all_plots() {
  static const std::vector<PlotKind> all = [] {
    std::vector<PlotKind> out;
    out.reserve(kPlots.size());
    for (const auto& [kind, text] : kPlots) out.push_back(kind);
    return out;
  }();
  return all;
}

std::string_view name(PlotKind k) { return name_in(kPlots, k); }
std::optional<PlotKind> plot_from(std::string_view text) { return value_in(kPlots, text); }

std::string plot_list() {
  std::string out;
  for (const PlotKind k : all_plots()) out += (out.empty() ? "" : ", ") + std::string(name(k));
  return out;
}

Plot draw_plot(PlotKind kind, const TaskReport& r, Px width) {
  switch (kind) {
    case PlotKind::Progress: return draw_progress(r, width);
    case PlotKind::Imbalance: return draw_imbalance(r, width);
    case PlotKind::Spread: return draw_spread(r, width);
    case PlotKind::Profit: return draw_profit(r, width);
    case PlotKind::Slippage: return draw_slippage(r, width);
    case PlotKind::Latency: return draw_latency(r, width);
    case PlotKind::Timeline: return draw_timeline(r, width);
  }
  return draw_timeline(r, width);
}

}  // namespace dn::app

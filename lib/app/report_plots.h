// The plots of the report, each a picture of one width. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/svg_chart.h"

namespace dn::app {

enum class PlotKind : std::uint8_t { Progress, Imbalance, Spread, Profit, Slippage, Latency, Timeline };
const std::vector<PlotKind>& all_plots();
std::string_view name(PlotKind k);  // as on the command line: "progress"
std::optional<PlotKind> plot_from(std::string_view text);
std::string plot_list();  // "progress, imbalance, ...", for messages

struct Plot {
  Svg svg;
  std::vector<std::string> notes;  // what a reader should know: what is left out, thinned, or not in the books
};
// `width`: of the picture, at least kNarrow.
Plot draw_plot(PlotKind kind, const TaskReport& r, Px width);

inline constexpr Px kNarrow = px(340);
inline constexpr Px kWide = px(760);

Plot draw_progress(const TaskReport& r, Px width);
Plot draw_imbalance(const TaskReport& r, Px width);
Plot draw_spread(const TaskReport& r, Px width);
Plot draw_profit(const TaskReport& r, Px width);
Plot draw_slippage(const TaskReport& r, Px width);
Plot draw_latency(const TaskReport& r, Px width);
Plot draw_timeline(const TaskReport& r, Px width);

}  // namespace dn::app

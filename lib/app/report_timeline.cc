// What happened when: runs, states, orders and troubles, each in a lane.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/report_plots.h"

namespace dn::app {
namespace {

using Shape = LegendEntry::Shape;

constexpr Px kLane = px(14);
constexpr Px kLaneGap = px(9);

struct TroubleKind {
  Trouble kind;
  std::string_view style;
  std::string_view text;
  std::size_t lane;
};
constexpr std::size_t kErrorLane = 4;
constexpr std::size_t kAlertLane = 5;
constexpr std::array<std::string_view, 6> kLanes{"runs", "states", "buy orders", "sell orders", "errors", "alerts"};
constexpr std::array<TroubleKind, 5> kTroubles{{{Trouble::Refused, "f-warn", "refused", kErrorLane},
                                                {Trouble::Unknown, "f-sell", "unknown fate", kErrorLane},
                                                {Trouble::Error, "f-bad", "error", kErrorLane},
                                                {Trouble::Warning, "f-warn", "warning", kAlertLane},
                                                {Trouble::Critical, "f-bad", "critical", kAlertLane}}};

// Which columns of pixels something falls into, and how much.
class Columns {
 public:
  Columns(const TimeScale& times, Area area) : times_(times), first_(area.left / 10), counts_(static_cast<std::size_t>(area.width() / 10) + 2) {}

  void add(Stretch s) {
    ++counts_[column(s.from)];
    --counts_[column(s.to) + 1];
  }
  // Boxes as wide as what lies side by side.
  void draw(Chart& c, Px y, std::string_view style) const {
    std::int64_t covering = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const bool was = covering > 0;
      covering += counts_[i];
      if (!was && covering > 0) begin = i;
      if (was && covering == 0) c.svg.box({(first_ + static_cast<Px>(begin)) * 10, y}, static_cast<Px>(i - begin) * 10, kLane, style);
    }
  }

 private:
  std::size_t column(Time t) const { return std::min(static_cast<std::size_t>(std::max<Px>(0, times_.at(t) / 10 - first_)), counts_.size() - 2); }

  const TimeScale& times_;
  Px first_;
  std::vector<std::int64_t> counts_;  // what begins at a column less what ended before it
};

Px lane_top(const Chart& c, std::size_t lane) { return c.area.top + kLaneGap / 2 + static_cast<Px>(lane) * (kLane + kLaneGap); }

void draw_lane(Chart& c, const TimeScale& times, std::size_t lane, const std::vector<Stretch>& stretches, std::string_view style) {
  Columns columns(times, c.area);
  for (const Stretch& s : stretches) columns.add(s);
  columns.draw(c, lane_top(c, lane), style);
}

void draw_runs(Chart& c, const TaskReport& r, const TimeScale& times) {
  std::vector<Stretch> all;
  std::vector<Stretch> cut_off;
  all.reserve(r.history.runs.size());
  for (std::size_t i = 0; i < r.history.runs.size(); ++i) {
    const RunSpan& run = r.history.runs[i];
    const bool goes_on = i + 1 == r.history.runs.size() && r.view.held;
    all.push_back({run.from, run.to});
    if (!run.ended && !goes_on) cut_off.push_back({run.to, run.to});
  }
  draw_lane(c, times, 0, all, "f-calm");
  draw_lane(c, times, 0, cut_off, "f-bad");
}

void draw_orders(Chart& c, const TaskReport& r, const TimeScale& times) {
  for (const Side leg : kSides) {
    std::vector<Stretch> all;
    std::vector<Stretch> traded;
    for (const OrderSpan& o : r.orders) {
      if (o.leg == leg) (o.traded ? traded : all).push_back(o.life);
    }
    const std::size_t lane = leg == Side::Buy ? 2 : 3;
    const std::string style = leg == Side::Buy ? "f-buy" : "f-sell";
    draw_lane(c, times, lane, all, style + " half");
    draw_lane(c, times, lane, traded, style);
  }
}

std::vector<LegendEntry> timeline_legend(const TaskReport& r) {
  std::vector<LegendEntry> out{{Shape::Box, "f-calm", "it ran, trading"}};
  const auto add = [&out](bool is_there, std::string_view style, std::string_view text) {
    if (is_there) out.push_back({Shape::Box, std::string(style), std::string(text)});
  };
  const auto has = [&r](Trouble kind) { return std::ranges::any_of(r.history.marks, [kind](const Mark& m) { return m.kind == kind; }); };
  const auto& runs = r.history.runs;
  add(std::ranges::any_of(runs, [&](const RunSpan& s) { return !s.ended && (&s != &runs.back() || !r.view.held); }), "f-bad", "cut off");
  if (has(Trouble::Restart)) out.push_back({Shape::Line, "restart", "begun again"});
  add(!r.history.rebalancing.empty(), "f-third", "rebalancing");
  add(!r.history.completing.empty(), "f-ink", "completing");
  add(!r.history.in_error.empty(), "f-bad", "state ERROR");
  add(!r.history.paused.empty(), "f-warn", "paused, reducing or halted");
  add(!r.orders.empty(), "f-buy", "orders that traded");
  add(!r.orders.empty(), "f-buy half", "that did not");
  for (const TroubleKind& k : kTroubles) add(has(k.kind), k.style, k.text);
  return out;
}

}  // namespace

Plot draw_timeline(const TaskReport& r, Px width) {
  Chart c({.title = "Time line", .legend = timeline_legend(r), .width = width, .height = static_cast<Px>(kLanes.size()) * (kLane + kLaneGap), .left = px(76)});
  const TimeScale times(r.from, r.to, c.area.left, c.area.right);
  c.times(times);
  for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
    const Px y = lane_top(c, lane);
    c.svg.text({c.area.left - px(6), y + px(11)}, Anchor::End, "dim", kLanes[lane]);
    c.svg.line({c.area.left, y + kLane + kLaneGap / 2}, {c.area.right, y + kLane + kLaneGap / 2}, "grid");
  }
  draw_runs(c, r, times);
  const History& h = r.history;
  std::vector<Stretch> running;
  running.reserve(h.runs.size());
  for (const RunSpan& s : h.runs) running.push_back({s.from, s.to});
  draw_lane(c, times, 1, running, "f-calm");
  draw_lane(c, times, 1, h.paused, "f-warn");
  draw_lane(c, times, 1, h.completing, "f-ink");
  draw_lane(c, times, 1, h.rebalancing, "f-third");
  draw_lane(c, times, 1, h.in_error, "f-bad");
  draw_orders(c, r, times);
  for (const TroubleKind& k : kTroubles) {
    std::vector<Stretch> moments;
    for (const Mark& m : h.marks) {
      if (m.kind == k.kind) moments.push_back({m.at, m.at});
    }
    draw_lane(c, times, k.lane, moments, k.style);
  }
  std::vector<Px> drawn;
  for (const Mark& m : h.marks) {
    const Px x = times.at(m.at) / 10 * 10;
    if (m.kind != Trouble::Restart || (!drawn.empty() && drawn.back() == x)) continue;
    drawn.push_back(x);
    c.svg.line({x, c.area.top}, {x, c.area.bottom}, "restart");
  }
  std::vector<std::string> notes;
  if (!r.orders.empty() || !h.marks.empty()) notes.emplace_back("What is shorter than a pixel is drawn a pixel wide; what lies closer together is one box.");
  if (h.runs.empty()) notes.emplace_back("It has not run yet.");
  return {std::move(c.svg), std::move(notes)};
}

}  // namespace dn::app

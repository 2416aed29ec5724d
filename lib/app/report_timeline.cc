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
  Columns(const TimeScale& times, Area area) : times_(times), first_(area.left / 10), columns_(static_cast<std::size_t>(area.width() / 10) + 2) {}

  void add(Stretch s) {
    const std::size_t from = column(s.from);
    const std::size_t to = column(s.to);
    ++columns_[from].begun;
    ++columns_[to + 1].ended;
    columns_[from].share += share(s, from);
    if (to == from) return;
    columns_[to].share += share(s, to);
    ++columns_[from + 1].whole;
    --columns_[to].whole;
  }
  // Boxes as wide as what lies side by side. Where stretches crowd, a column is as high as the share of its time that they took, if `by_share`: else
  // a thousand moments would look like one that never ended. Whether there was such a column.
  bool draw(Chart& c, Px y, std::string_view style, bool by_share) const {
    bool crowded = false;
    Px high = 0;
    std::size_t begin = 0;
    std::int64_t covering = 0;
    std::int64_t whole = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      covering += columns_[i].begun - columns_[i].ended;
      whole += columns_[i].whole;
      const bool crowd = by_share && covering > 0 && whole == 0 && is_crowd(i, covering);
      crowded = crowded || crowd;
      const Px now = covering == 0 ? 0 : crowd ? height_of(columns_[i].share) : kLane;
      if (now == high) continue;
      if (high > 0) c.svg.box({(first_ + static_cast<Px>(begin)) * 10, y + kLane - high}, static_cast<Px>(i - begin) * 10, high, style);
      begin = i;
      high = now;
    }
    return crowded;
  }

 private:
  static constexpr std::int64_t kWhole = 1'000;  // thousandths of a column's time
  static constexpr std::size_t kNear = 2;
  static constexpr std::int64_t kCrowd = 3;
  static constexpr Px kLowest = px(2);
  struct Column {
    std::int64_t begun = 0;
    std::int64_t ended = 0;  // before this column
    std::int64_t whole = 0;  // what covers columns wholly from here on, less what does so no more
    std::int64_t share = 0;  // that stretches take which begin or end here
  };

  std::size_t column(Time t) const { return std::min(static_cast<std::size_t>(std::max<Px>(0, times_.at(t) / 10 - first_)), columns_.size() - 2); }
  // Of a stretch in a column where it begins or ends.
  std::int64_t share(Stretch s, std::size_t i) const {
    const Dur width{std::max<std::int64_t>(1, (times_.to() - times_.from()).us / static_cast<std::int64_t>(columns_.size() - 2))};
    const Time begin = times_.from() + width * static_cast<std::int64_t>(i);
    const Dur taken = std::min(s.to, begin + width) - std::max(s.from, begin);
    return std::clamp<std::int64_t>(taken.us * kWhole / width.us, 0, kWhole);
  }
  // `covering`: how many stretches touch column i.
  bool is_crowd(std::size_t i, std::int64_t covering) const {
    std::int64_t near = covering;
    for (std::size_t k = 1; k <= kNear; ++k) {
      if (i >= k) near += columns_[i - k + 1].ended;
      if (i + k < columns_.size()) near += columns_[i + k].begun;
    }
    return near >= kCrowd;
  }
  static Px height_of(std::int64_t share) { return std::clamp<Px>(kLane * share / kWhole / 10 * 10, kLowest, kLane); }

  const TimeScale& times_;
  Px first_;
  std::vector<Column> columns_;
};

Px lane_top(const Chart& c, std::size_t lane) { return c.area.top + kLaneGap / 2 + static_cast<Px>(lane) * (kLane + kLaneGap); }

bool draw_lane(Chart& c, const TimeScale& times, std::size_t lane, const std::vector<Stretch>& stretches, std::string_view style, bool by_share = true) {
  Columns columns(times, c.area);
  for (const Stretch& s : stretches) columns.add(s);
  return columns.draw(c, lane_top(c, lane), style, by_share);
}

bool draw_runs(Chart& c, const TaskReport& r, const TimeScale& times) {
  std::vector<Stretch> all;
  std::vector<Stretch> cut_off;
  all.reserve(r.history.runs.size());
  for (std::size_t i = 0; i < r.history.runs.size(); ++i) {
    const RunSpan& run = r.history.runs[i];
    const bool goes_on = i + 1 == r.history.runs.size() && r.view.held;
    all.push_back({run.from, run.to});
    if (!run.ended && !goes_on) cut_off.push_back({run.to, run.to});
  }
  const bool crowded = draw_lane(c, times, 0, all, "f-calm");
  draw_lane(c, times, 0, cut_off, "f-bad", false);
  return crowded;
}

bool draw_states(Chart& c, const TaskReport& r, const TimeScale& times) {
  const History& h = r.history;
  std::vector<Stretch> running;
  running.reserve(h.runs.size());
  for (const RunSpan& s : h.runs) running.push_back({s.from, s.to});
  bool crowded = draw_lane(c, times, 1, running, "f-calm");
  for (const auto& [stretches, style] : {std::pair{&h.paused, "f-warn"}, {&h.completing, "f-ink"}, {&h.rebalancing, "f-third"}, {&h.in_error, "f-bad"}}) {
    crowded |= draw_lane(c, times, 1, *stretches, style);
  }
  return crowded;
}

bool draw_orders(Chart& c, const TaskReport& r, const TimeScale& times) {
  bool crowded = false;
  for (const Side leg : kSides) {
    std::vector<Stretch> all;
    std::vector<Stretch> traded;
    for (const OrderSpan& o : r.orders) {
      if (o.leg != leg) continue;
      all.push_back(o.life);
      if (o.traded) traded.push_back(o.life);
    }
    const std::size_t lane = leg == Side::Buy ? 2 : 3;
    const std::string style = leg == Side::Buy ? "f-buy" : "f-sell";
    crowded |= draw_lane(c, times, lane, all, style + " half");
    crowded |= draw_lane(c, times, lane, traded, style);
  }
  return crowded;
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
  bool crowded = draw_runs(c, r, times);
  crowded |= draw_states(c, r, times);
  crowded |= draw_orders(c, r, times);
  const History& h = r.history;
  for (const TroubleKind& k : kTroubles) {
    std::vector<Stretch> moments;
    for (const Mark& m : h.marks) {
      if (m.kind == k.kind) moments.push_back({m.at, m.at});
    }
    draw_lane(c, times, k.lane, moments, k.style, false);
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
  if (crowded) notes.emplace_back("Where many short ones crowd, a column is as high as the share of its time that they took.");
  if (h.runs.empty()) notes.emplace_back("It has not run yet.");
  return {std::move(c.svg), std::move(notes)};
}

}  // namespace dn::app

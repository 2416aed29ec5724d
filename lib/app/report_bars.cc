// Profit in its parts, slippage by venue, latency by stage.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "app/report_plots.h"

namespace dn::app {
namespace {

using Shape = LegendEntry::Shape;

constexpr Px kRow = px(24);
constexpr Px kBar = px(14);
constexpr int kMostBins = 24;
constexpr std::array<std::string_view, 3> kVenueStyles{"f-buy", "f-sell", "f-third"};

std::string_view style_of(const ProfitPart& p) {
  if (p.is_sum) return "f-calm";
  return p.amount.is_negative() ? "f-bad" : "f-good";
}

// Where each part's bar begins and ends: a part goes on from where the last one ended, a sum begins at zero.
std::vector<std::pair<Decimal, Decimal>> waterfall(const std::vector<ProfitPart>& parts) {
  std::vector<std::pair<Decimal, Decimal>> out;
  Decimal at;
  for (const ProfitPart& p : parts) {
    const Decimal from = p.is_sum ? Decimal{} : at;
    at = from + p.amount.decimal();
    out.emplace_back(from, at);
  }
  return out;
}

std::string third_tokens(const TaskReport& r) {
  const Symbol& symbol = r.view.task.spec.symbol;
  std::string out;
  for (const auto& [asset, fee] : r.view.figures.fees.all()) {
    if (asset != symbol.quote && asset != symbol.base) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", fee.str(), asset.view());
  }
  return out;
}

// Bins of slippage: `first` is where the first whole one begins; the outermost ones take what is beyond.
struct Bins {
  Decimal first;
  Decimal width;
  std::size_t count = 1;
  std::size_t of(const Decimal& bps) const {
    if (bps < first) return 0;
    const Decimal n = (bps - first).divided_by(width, 0, Rounding::Down);
    return n >= Decimal(static_cast<std::int64_t>(count)) ? count - 1 : static_cast<std::size_t>(n.normalized().mantissa());
  }
};

// Around all but the outermost hundredth at each end, so that a single bad fill does not hide the rest.
Bins bins_for(const std::vector<Slip>& slips) {
  std::vector<Decimal> sorted;
  sorted.reserve(slips.size());
  for (const Slip& s : slips) sorted.push_back(s.bps.decimal());
  std::ranges::sort(sorted);
  const std::size_t cut = sorted.size() / 100;
  const Scale around(min(sorted[cut], Decimal{}), max(sorted[sorted.size() - 1 - cut], Decimal{}), kMostBins - 2, 0, px(1));
  const std::vector<Decimal> edges = around.ticks();
  return {edges.front(), edges[1] - edges[0], edges.size() - 1};
}

std::string nanoseconds(std::int64_t ns) {
  if (ns >= 1'000'000'000) return Decimal::from_parts(ns, 9).rounded(3, Rounding::HalfUp).normalized().str() + " s";
  if (ns >= 1'000'000) return Decimal::from_parts(ns, 6).rounded(3, Rounding::HalfUp).normalized().str() + " ms";
  if (ns >= 1'000) return Decimal::from_parts(ns, 3).rounded(1, Rounding::HalfUp).normalized().str() + " µs";
  return std::to_string(ns) + " ns";
}

void draw_stage(Chart& c, const LogScale& scale, const LatencyStats& s, Px y) {
  const auto target = latency_target_ns(s.stage);
  c.svg.text({c.area.left - px(6), y + px(4)}, Anchor::End, "", s.stage);
  c.svg.line({scale.at(s.p50_ns), y}, {scale.at(s.max_ns), y}, "range");
  const auto tip = [&](std::string_view what, std::int64_t ns) { return fmt::format("{} {}: {}", s.stage, what, nanoseconds(ns)); };
  c.svg.dot({scale.at(s.max_ns), y}, 30, "f-warn", tip("longest", s.max_ns));
  c.svg.dot({scale.at(s.p99_ns), y}, 38, "f-sell", tip("p99", s.p99_ns));
  c.svg.dot({scale.at(s.p50_ns), y}, 42, "f-buy", tip("p50", s.p50_ns));
  if (target) c.svg.line({scale.at(*target), y - px(9)}, {scale.at(*target), y + px(9)}, "target");
}

void draw_powers(Chart& c, const LogScale& scale) {
  const std::vector<std::int64_t> ticks = scale.ticks();
  const Px room = c.area.width() / static_cast<Px>(std::max<std::size_t>(1, ticks.size() - 1));
  const std::size_t every = room >= px(50) ? 1 : (room >= px(26) ? 2 : 3);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const Px x = scale.at(ticks[i]);
    c.svg.line({x, c.area.top}, {x, c.area.bottom + px(4)}, "grid");
    if (i % every == 0) c.svg.text({x, c.area.bottom + px(16)}, Anchor::Middle, "dim", nanoseconds(ticks[i]));
  }
  c.svg.line({c.area.left, c.area.bottom}, {c.area.right, c.area.bottom}, "axis");
  c.svg.text({(c.area.left + c.area.right) / 2, c.area.bottom + px(32)}, Anchor::Middle, "dim", "duration, each line ten times the one before");
}

}  // namespace

Plot draw_profit(const TaskReport& r, Px width) {
  const std::string quote = r.view.task.spec.symbol.quote.str();
  const auto rows = static_cast<Px>(std::max<std::size_t>(2, r.profit.size()));
  Px labels = px(60);
  Px amounts = px(40);
  for (const ProfitPart& p : r.profit) {
    labels = std::max(labels, text_width(p.label));
    amounts = std::max(amounts, text_width(shown(p.amount.decimal())));
  }
  Chart c({.title = "Profit in its parts",
           .legend = {{Shape::Box, "f-good", "gain"}, {Shape::Box, "f-bad", "cost"}, {Shape::Box, "f-calm", "sum"}},
           .width = width,
           .height = rows * kRow,
           .left = labels + px(10),
           .right = amounts + px(22)});
  std::vector<std::string> notes;
  if (const std::string other = third_tokens(r); !other.empty()) {
    notes.push_back("Fees in other tokens are not in the sum, the books hold no price of them: " + other + ".");
  }
  if (r.profit.empty()) {
    c.say("no profit yet: both sides must have traded");
    return {std::move(c.svg), std::move(notes)};
  }
  const auto bars = waterfall(r.profit);
  Decimal low;
  Decimal high;
  for (const auto& [from, to] : bars) {
    low = min(low, min(from, to));
    high = max(high, max(from, to));
  }
  const Scale scale(low, high, std::max(2, ticks_in(c.area.width()) - 1), c.area.left, c.area.right);
  c.lying(scale, quote);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Px y = c.area.top + static_cast<Px>(i) * kRow + kRow / 2;
    const Px from = std::min(scale.at(bars[i].first), scale.at(bars[i].second));
    const Px to = std::max(scale.at(bars[i].first), scale.at(bars[i].second));
    const ProfitPart& p = r.profit[i];
    c.svg.box({from, y - kBar / 2}, std::max<Px>(to - from, 10), kBar, style_of(p), p.label + ": " + p.amount.str() + " " + quote);
    if (i + 1 < bars.size()) c.svg.line({scale.at(bars[i].second), y + kBar / 2}, {scale.at(bars[i].second), y + kRow - kBar / 2}, "axis");
    c.svg.text({c.area.left - px(6), y + px(4)}, Anchor::End, p.is_sum ? "strong" : "", p.label);
    c.svg.text({width - px(2), y + px(4)}, Anchor::End, p.is_sum ? "strong" : "", shown(p.amount.decimal()));
  }
  notes.emplace_back("Basis: what the trades brought at the mids of their books when their orders were decided. What is open stands at its cost.");
  return {std::move(c.svg), std::move(notes)};
}

Plot draw_slippage(const TaskReport& r, Px width) {
  std::map<Venue, std::vector<std::int64_t>> counts;
  std::vector<std::string> notes;
  const Bins bins = r.slips.empty() ? Bins{} : bins_for(r.slips);
  std::int64_t most = 4;
  std::int64_t beyond = 0;
  for (const Slip& s : r.slips) {
    std::vector<std::int64_t>& of_venue = counts[s.venue];
    of_venue.resize(bins.count);
    most = std::max(most, ++of_venue[bins.of(s.bps.decimal())]);
    if (s.bps.decimal() < bins.first || s.bps.decimal() > bins.first + bins.width * Decimal(static_cast<std::int64_t>(bins.count))) ++beyond;
  }
  std::vector<LegendEntry> legend;
  legend.reserve(counts.size());
  for (const auto& [venue, n] : counts)
    legend.push_back({Shape::Box, std::string(kVenueStyles[legend.size() % kVenueStyles.size()]), std::string(name(venue))});
  Chart c({.title = "Slippage of fills by venue", .unit = "fills", .legend = std::move(legend), .width = width, .height = px(150)});
  if (r.slips.empty()) {
    c.say("no fill whose order knew the mid of its book");
    return {std::move(c.svg), std::move(notes)};
  }
  const Decimal last = bins.first + bins.width * Decimal(static_cast<std::int64_t>(bins.count));
  const Scale scale(bins.first, last, ticks_in(c.area.width()), c.area.left, c.area.right);
  const Scale fills(Decimal{}, Decimal(most), 4, c.area.bottom, c.area.top);
  c.values(fills);
  c.lying(scale, "bps better than the mid (left of 0: worse)");
  Px nth = 0;
  const auto venues = static_cast<Px>(counts.size());
  for (const auto& [venue, n] : counts) {
    for (std::size_t b = 0; b < n.size(); ++b) {
      const Decimal from = bins.first + bins.width * Decimal(static_cast<std::int64_t>(b));
      const Px x = scale.at(from);
      const Px share = std::max<Px>((scale.at(from + bins.width) - x - 10) / venues, 5);
      const Px y = fills.at(Decimal(n[b]));
      c.svg.box({x + 5 + nth * share, y}, share, c.area.bottom - y, kVenueStyles[static_cast<std::size_t>(nth) % kVenueStyles.size()],
                fmt::format("{}: {} fills from {} to {} bps", name(venue), n[b], from.str(), (from + bins.width).str()));
    }
    ++nth;
  }
  if (beyond > 0) notes.push_back(fmt::format("{} fills lie further out than the scale; the outermost bars count them.", beyond));
  const auto unknown = r.fills - static_cast<std::int64_t>(r.slips.size());
  if (unknown > 0) notes.push_back(fmt::format("{} fills are left out: the mid at their decision is not in the books.", unknown));
  return {std::move(c.svg), std::move(notes)};
}

Plot draw_latency(const TaskReport& r, Px width) {
  std::vector<const LatencyStats*> measured;
  std::int64_t low = INT64_MAX;
  std::int64_t high = 1;
  for (const LatencyStats& s : r.view.latency) {
    if (s.count == 0) continue;
    measured.push_back(&s);
    low = std::min(low, std::max<std::int64_t>(s.p50_ns, 1'000));
    high = std::max({high, s.max_ns, latency_target_ns(s.stage).value_or(1)});
  }
  const auto rows = static_cast<Px>(std::max<std::size_t>(2, measured.size()));
  std::vector<LegendEntry> legend;
  if (!measured.empty()) {
    legend = {
        {Shape::Dot, "f-buy", "half are quicker (p50)"}, {Shape::Dot, "f-sell", "p99"}, {Shape::Dot, "f-warn", "longest"}, {Shape::Line, "target", "target"}};
  }
  Chart c({.title = "Latency by stage", .legend = std::move(legend), .width = width, .height = rows * px(26), .left = px(92), .right = px(24)});
  std::vector<std::string> notes;
  if (measured.empty()) {
    c.say("the newest run that ended measured none");
    return {std::move(c.svg), std::move(notes)};
  }
  const LogScale scale(low, high, c.area.left, c.area.right);
  draw_powers(c, scale);
  Px y = c.area.top + px(13);
  for (const LatencyStats* s : measured) {
    draw_stage(c, scale, *s, y);
    y += px(26);
  }
  notes.emplace_back("Of the newest run that came to its end; the books hold count, p50, p99 and the longest of each stage.");
  if (!r.view.task.live) notes.emplace_back("On paper, what is asked of a venue takes the time of the simulated market.");
  return {std::move(c.svg), std::move(notes)};
}

}  // namespace dn::app

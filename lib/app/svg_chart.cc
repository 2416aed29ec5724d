#include "app/svg_chart.h"

#include <algorithm>
#include <optional>

namespace dn::app {
namespace {

constexpr Px kTitleRow = px(22);
constexpr Px kLegendRow = px(17);
constexpr Px kShapeWidth = px(22);
constexpr Px kEntryGap = px(16);

struct Placed {
  LegendEntry entry;
  Spot at;
};

// Entries beside each other, and a new row where they do not fit.
std::vector<Placed> laid_out(const std::vector<LegendEntry>& entries, Px width, Px* height) {
  std::vector<Placed> out;
  Spot at{px(2), 0};
  for (const LegendEntry& e : entries) {
    const Px needed = (e.shape == LegendEntry::Shape::None ? 0 : kShapeWidth) + text_width(e.text);
    if (at.x > px(2) && at.x + needed > width) at = {px(2), at.y + kLegendRow};
    out.push_back({e, at});
    at.x += needed + kEntryGap;
  }
  *height = entries.empty() ? 0 : at.y + kLegendRow;
  return out;
}

void draw(Svg& svg, const LegendEntry& e, Spot at) {
  const Px middle = at.y + px(8);
  switch (e.shape) {
    case LegendEntry::Shape::Line: svg.line({at.x, middle}, {at.x + px(16), middle}, e.style); break;
    case LegendEntry::Shape::Box: svg.box({at.x + px(3), middle - px(4)}, px(9), px(8), e.style); break;
    case LegendEntry::Shape::Dot: svg.dot({at.x + px(8), middle}, 30, e.style); break;
    case LegendEntry::Shape::None: break;
  }
  svg.text({at.x + (e.shape == LegendEntry::Shape::None ? 0 : kShapeWidth), at.y + px(12)}, Anchor::Start, "dim", e.text);
}

Px height_of(const ChartForm& f) {
  Px legend = 0;
  laid_out(f.legend, f.width, &legend);
  return kTitleRow + legend + (f.unit.empty() ? px(6) : px(18)) + f.height + f.below;
}

}  // namespace

Chart::Chart(const ChartForm& f) : svg(f.width, height_of(f), f.title) {
  svg.text({px(2), px(14)}, Anchor::Start, "strong", f.title);
  Px legend = 0;
  for (const Placed& p : laid_out(f.legend, f.width, &legend)) draw(svg, p.entry, {p.at.x, p.at.y + kTitleRow});
  const Px top = kTitleRow + legend + (f.unit.empty() ? px(6) : px(18));
  area = {f.left, top, f.width - f.right, top + f.height};
  if (!f.unit.empty()) svg.text({px(2), top - px(7)}, Anchor::Start, "dim", f.unit);
}

void Chart::values(const Scale& scale) {
  for (const Decimal& tick : scale.ticks()) {
    const Px y = scale.at(tick);
    svg.line({area.left, y}, {area.right, y}, tick.is_zero() ? "axis" : "grid");
    svg.text({area.left - px(6), y + px(4)}, Anchor::End, "dim", tick_label(tick));
  }
}

void Chart::times(const TimeScale& scale) {
  svg.line({area.left, area.bottom}, {area.right, area.bottom}, "axis");
  Px free_from = 0;
  for (const TimeTick& tick : scale.ticks()) {
    const Px x = scale.at(tick.at);
    svg.line({x, area.bottom}, {x, area.bottom + px(4)}, "axis");
    // A label at an edge stays inside of the picture, where there is room for it.
    const Px half = text_width(tick.label) / 2;
    const Px middle = std::clamp(x, half, svg.width() - half);
    if (middle - half < free_from) continue;
    svg.text({middle, area.bottom + px(16)}, Anchor::Middle, "dim", tick.label);
    free_from = middle + half + px(4);
  }
  const std::string first = rfc3339(scale.from()).substr(0, 10);
  const std::string last = rfc3339(scale.to()).substr(0, 10);
  const std::string day = first == last ? first : first + " to " + last;
  svg.text({(area.left + area.right) / 2, area.bottom + px(32)}, Anchor::Middle, "dim", "time (UTC), " + day);
}

void Chart::lying(const Scale& scale, std::string_view name) {
  svg.line({area.left, area.bottom}, {area.right, area.bottom}, "axis");
  Px free_from = -px(100);
  for (const Decimal& tick : scale.ticks()) {
    const Px x = scale.at(tick);
    svg.line({x, area.top}, {x, area.bottom + px(4)}, tick.is_zero() ? "axis" : "grid");
    const std::string label = tick_label(tick);
    const Px half = text_width(label) / 2;
    const Px middle = std::clamp(x, half, svg.width() - half);  // inside of the picture, as with times
    if (middle - half < free_from) continue;                    // a narrow picture has no room for it
    svg.text({middle, area.bottom + px(16)}, Anchor::Middle, "dim", label);
    free_from = middle + half + px(4);
  }
  svg.text({(area.left + area.right) / 2, area.bottom + px(32)}, Anchor::Middle, "dim", name);
}

void Chart::level(const Scale& scale, const Decimal& value, std::string_view style) {
  const Px y = scale.at(value);
  svg.line({area.left, y}, {area.right, y}, style);
}

void Chart::say(std::string_view text) { svg.text({(area.left + area.right) / 2, (area.top + area.bottom) / 2}, Anchor::Middle, "dim", text); }

std::vector<Spot> stairs(const Steps& steps, const TimeScale& times, const Scale& values, Time to) {
  std::vector<Spot> out;
  std::optional<Px> column;
  Px low = 0;
  Px high = 0;
  Px now = 0;
  const auto add = [&out](Spot s) {
    if (out.empty() || out.back() != s) out.push_back(s);
  };
  const auto finish_column = [&] {
    if (!column) return;
    for (const Px y : {low, high, now}) add({*column, y});
  };
  for (const Step& step : steps) {
    const Px x = times.at(step.at) / 10 * 10;
    const Px y = values.at(step.value);
    if (column == x) {
      low = std::min(low, y);
      high = std::max(high, y);
    } else {
      finish_column();
      if (column) add({x, now});
      low = column ? std::min(now, y) : y;
      high = column ? std::max(now, y) : y;
      column = x;
    }
    now = y;
  }
  finish_column();
  if (column) add({std::max(*column, times.at(to)), now});
  return out;
}

int ticks_in(Px width) { return static_cast<int>(std::clamp<Px>(width / px(72), 2, 10)); }

}  // namespace dn::app

// What charts have in common: title, legend, axes, and lines over time that are thinned to the pixel.
#pragma once

#include <string>
#include <vector>

#include "app/report_data.h"
#include "app/svg.h"

namespace dn::app {

struct LegendEntry {
  enum class Shape : std::uint8_t { Line, Box, Dot, None };
  Shape shape = Shape::Line;
  std::string style;
  std::string text;
};

// Where the data of a chart is drawn.
struct Area {
  Px left = 0;
  Px top = 0;
  Px right = 0;
  Px bottom = 0;
  Px width() const { return right - left; }
};

struct ChartForm {
  std::string title{};
  std::string unit{};  // of the upright axis, above it; may be empty
  std::vector<LegendEntry> legend{};
  Px width = 0;      // of the whole picture
  Px height = 0;     // of the area
  Px left = px(70);  // the longest label of a tick, "100000000", and its distance
  Px right = px(14);
  Px below = px(40);  // ticks and the name of the lying axis
};

// A picture with its title and legend, and an empty area. The legend takes as many rows as it needs.
class Chart {
 public:
  explicit Chart(const ChartForm& form);
  Svg svg;
  Area area;

  // Upright axis with its grid.
  void values(const Scale& scale);
  // Lying axes, with the grid where `upright_grid`.
  void times(const TimeScale& scale);
  void lying(const Scale& scale, std::string_view name);
  void level(const Scale& scale, const Decimal& value, std::string_view style);  // a line across at a value
  // In the middle of the area, instead of data.
  void say(std::string_view text);
};

// The places of a line over time that goes in steps, until `to`: of each pixel's column the first, lowest, highest and last value.
std::vector<Spot> stairs(const Steps& steps, const TimeScale& times, const Scale& values, Time to);

// How many ticks fit beside each other.
int ticks_in(Px width);

}  // namespace dn::app

// Drawing: shapes and texts of an SVG picture, and scales from exact numbers to places in it. Pure; nothing here throws.
//
// Places are whole tenths of a pixel. The way there (Scale::at, TimeScale::at) is the only place where a number that is drawn gets rounded;
// labels and tips are written from the exact number. All text is escaped here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "base/time.h"

namespace dn::app {

using Px = std::int64_t;  // tenths of a pixel
constexpr Px px(std::int64_t pixels) { return pixels * 10; }

// Text from anywhere as text of HTML or SVG, in elements and in quoted attributes: it cannot become markup, nor turn the reading direction.
std::string markup(std::string_view text);

struct Spot {
  Px x = 0;
  Px y = 0;
  friend bool operator==(const Spot&, const Spot&) = default;
};

enum class Anchor : std::uint8_t { Start, Middle, End };

// A picture that is drawn from the first shape to the last. `style` names classes of plot_style().
class Svg {
 public:
  Svg(Px width, Px height, std::string_view name) : width_(width), height_(height), name_(name) {}

  Px width() const { return width_; }
  Px height() const { return height_; }
  void line(Spot from, Spot to, std::string_view style);
  // Nothing where it has no room. `tip` shows when a pointer rests on it.
  void box(Spot corner, Px width, Px height, std::string_view style, std::string_view tip = {});
  void dot(Spot at, Px radius, std::string_view style, std::string_view tip = {});
  void text(Spot at, Anchor anchor, std::string_view style, std::string_view text);
  void path(const std::vector<Spot>& spots, std::string_view style);

  // The element for a page that has plot_style() in its head. `place`: a class of the page.
  std::string element(std::string_view place) const;
  // A file of its own. `notes`: what a reader should know of it.
  std::string file(const std::vector<std::string>& notes) const;

 private:
  std::string head(std::string_view attributes) const;

  Px width_;
  Px height_;
  std::string name_;
  std::string body_;
};

// Colours, for light and dark, and the classes of what is drawn.
std::string_view plot_style();

// About how wide a text is drawn: a little more than it is in most fonts.
Px text_width(std::string_view text);

// A straight scale from numbers to places.
class Scale {
 public:
  // Round numbers around `low` and `high`, with at most `ticks` steps between; equal ones get room on both sides. `first` is where the lowest
  // number lies, `last` the highest.
  Scale(const Decimal& low, const Decimal& high, int ticks, Px first, Px last);
  // What is beyond the scale lies at its end.
  Px at(const Decimal& value) const;
  const Decimal& low() const { return low_; }
  const Decimal& high() const { return high_; }
  std::vector<Decimal> ticks() const;

 private:
  Decimal low_;
  Decimal high_;
  Decimal step_;
  Px first_;
  Px last_;
};

// At most nine characters: plain where it fits, else with an exponent ("1.5e-9").
std::string tick_label(const Decimal& value);

struct TimeTick {
  Time at;
  std::string label;  // UTC
};

class TimeScale {
 public:
  // An empty span is made a second long.
  TimeScale(Time from, Time to, Px first, Px last);
  Px at(Time t) const;
  Time from() const { return from_; }
  Time to() const { return to_; }
  // Round times, so many that their labels do not touch.
  std::vector<TimeTick> ticks() const;

 private:
  Time from_;
  Time to_;
  Px first_;
  Px last_;
};

// A scale on which equal factors are equally wide, for whole numbers above zero; less than `low` lies at its beginning.
class LogScale {
 public:
  // Widened to powers of ten.
  LogScale(std::int64_t low, std::int64_t high, Px first, Px last);
  Px at(std::int64_t value) const;
  std::vector<std::int64_t> ticks() const;  // powers of ten

 private:
  std::int64_t low_ = 1;
  std::int64_t high_ = 10;
  Px first_;
  Px last_;
};

}  // namespace dn::app

#include "app/svg.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace dn::app {
namespace {

std::string place(Px p) {
  const std::string_view sign = p < 0 ? "-" : "";
  const Px size = p < 0 ? -p : p;
  return size % 10 == 0 ? fmt::format("{}{}", sign, size / 10) : fmt::format("{}{}.{}", sign, size / 10, size % 10);
}

std::string end_of_shape(std::string_view element, std::string_view tip) {
  return tip.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", markup(tip), element);
}

constexpr std::string_view kPlotStyle =
    ":root{--ink:#1c2530;--dim:#5b6672;--paper:#fff;--card:#f6f7f9;--rule:#d9dee4;--buy:#1769aa;--sell:#b8560f;--good:#0e7a55;--bad:#bd2b36;"
    "--warn:#8a6a00;--calm:#8aa0b5;--font:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e4e9ee;--dim:#9aa7b4;--paper:#12171d;--card:#1a2129;--rule:#333e4a;--buy:#6cb6f5;--sell:#f2a35e;"
    "--good:#4fce9d;--bad:#ff7b82;--warn:#e3c04f;--calm:#64788c}}\n"
    "@media print{:root{--ink:#000;--dim:#444;--paper:#fff;--card:#fff;--rule:#bbb;--buy:#1769aa;--sell:#b8560f;--good:#0e7a55;--bad:#bd2b36;"
    "--warn:#8a6a00;--calm:#8aa0b5}}\n"
    "svg text{font:11px var(--font);fill:var(--ink)}svg .dim{fill:var(--dim)}svg .strong{font-weight:600}\n"
    "svg line,svg path{fill:none;stroke-width:1;stroke:var(--ink)}svg .grid{stroke:var(--rule)}svg .axis{stroke:var(--dim)}\n"
    "svg path.buy,svg line.buy{stroke:var(--buy);stroke-width:1.6}svg path.sell,svg line.sell{stroke:var(--sell);stroke-width:1.6;stroke-dasharray:5 2}\n"
    "svg path.plain,svg line.plain{stroke:var(--buy);stroke-width:1.4}svg path.quoted,svg line.quoted{stroke:var(--calm);stroke-width:1.2}\n"
    "svg line.limit{stroke:var(--bad);stroke-width:1.4;stroke-dasharray:7 4}svg line.even{stroke:var(--warn);stroke-width:1.4;stroke-dasharray:2 3}\n"
    "svg line.target{stroke:var(--bad);stroke-width:2}svg line.restart{stroke:var(--ink);stroke-dasharray:1 2}svg "
    "line.range{stroke:var(--calm);stroke-width:3}\n"
    "svg .f-buy{fill:var(--buy)}svg .f-sell{fill:var(--sell)}svg .f-good{fill:var(--good)}svg .f-bad{fill:var(--bad)}svg .f-warn{fill:var(--warn)}\n"
    "svg .f-calm{fill:var(--calm)}svg .f-ink{fill:var(--ink)}svg .f-third{fill:var(--good)}svg .half{fill-opacity:.55}\n";

}  // namespace

std::string markup(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string_view plot_style() { return kPlotStyle; }

Px text_width(std::string_view text) {
  const auto characters = std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return characters * 64;
}

void Svg::line(Spot from, Spot to, std::string_view style) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", style, place(from.x), place(from.y), place(to.x), place(to.y));
}

void Svg::box(Spot corner, Px width, Px height, std::string_view style, std::string_view tip) {
  if (width <= 0 || height <= 0) return;
  body_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}", style, place(corner.x), place(corner.y), place(width),
                       place(height), end_of_shape("rect", tip));
}

void Svg::dot(Spot at, Px radius, std::string_view style, std::string_view tip) {
  body_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"{}", style, place(at.x), place(at.y), place(radius), end_of_shape("circle", tip));
}

void Svg::text(Spot at, Anchor anchor, std::string_view style, std::string_view text) {
  const std::string_view where = anchor == Anchor::Start ? "" : (anchor == Anchor::Middle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"");
  body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\"{}>{}</text>\n", style, place(at.x), place(at.y), where, markup(text));
}

void Svg::path(const std::vector<Spot>& spots, std::string_view style) {
  if (spots.size() < 2) return;
  body_ += fmt::format("<path class=\"{}\" d=\"M{} {}", style, place(spots[0].x), place(spots[0].y));
  for (std::size_t i = 1; i < spots.size(); ++i) {
    if (spots[i].y == spots[i - 1].y) {
      body_ += "H" + place(spots[i].x);
    } else if (spots[i].x == spots[i - 1].x) {
      body_ += "V" + place(spots[i].y);
    } else {
      body_ += "L" + place(spots[i].x) + " " + place(spots[i].y);
    }
  }
  body_ += "\"/>\n";
}

std::string Svg::head(std::string_view attributes) const {
  return fmt::format("<svg{} viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", attributes, place(width_), place(height_), markup(name_));
}

std::string Svg::element(std::string_view where) const {
  return head(fmt::format(" class=\"{}\" width=\"{}\" height=\"{}\"", where, place(width_), place(height_))) + "\n" + body_ + "</svg>\n";
}

std::string Svg::file(const std::vector<std::string>& notes) const {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
                    head(fmt::format(" xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\"", place(width_), place(height_)));
  out += "\n<title>" + markup(name_) + "</title>\n";
  std::string all;
  for (const std::string& note : notes) all += (all.empty() ? "" : " ") + note;
  if (!all.empty()) out += "<desc>" + markup(all) + "</desc>\n";
  out += fmt::format("<style>{}</style>\n", plot_style());
  out += fmt::format("<rect style=\"fill:var(--paper)\" width=\"{}\" height=\"{}\"/>\n", place(width_), place(height_));
  return out + body_ + "</svg>\n";
}

}  // namespace dn::app

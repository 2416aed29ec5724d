#include "app/watch_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/svg.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::size_t kMostSamples = 512;
constexpr std::string_view kRed = "31";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kDim = "2";
constexpr std::string_view kBold = "1";
constexpr std::array<std::string_view, 9> kBars{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 9> kAsciiBars{" ", ".", ":", "-", "=", "+", "*", "#", "@"};

int characters(std::string_view s) {
  return static_cast<int>(std::ranges::count_if(s, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// The first `most` characters.
std::string cut(std::string_view s, int most) {
  std::size_t end = 0;
  for (int n = 0; end < s.size(); ++end) {
    if ((static_cast<unsigned char>(s[end]) & 0xC0U) != 0x80U && ++n > most) break;
  }
  return std::string(s.substr(0, end));
}

int permille(const Decimal& part) {
  const Decimal n = (max(min(part, Decimal(1)), Decimal{}) * Decimal(1000)).rounded(0, Rounding::HalfUp);
  return static_cast<int>(n.normalized().mantissa());
}

Decimal apart_limit(const TaskSpec& s) { return bps_of(s.total_quantity.decimal(), s.risk.max_imbalance); }

Decimal size_apart(const TaskView& v) { return v.figures.imbalance.abs().decimal(); }

int apart_permille(const TaskView& v) {
  const Decimal limit = apart_limit(v.task.spec);
  if (!limit.is_positive()) return v.figures.imbalance.is_zero() ? 0 : 1000;
  return permille(size_apart(v).divided_by(limit, 6, Rounding::HalfUp));
}

// What matters most of how a task stands.
std::string_view standing(const TaskView& v) {
  if (v.frozen || v.deserted) return run_of(v);
  if (v.task.mode != TaskMode::Active) return name(v.task.mode);
  if (v.task.state == TaskState::ManagingOrders) return "MANAGING";
  return name(v.task.state);
}

std::string percent_of(const Decimal& fraction) { return (fraction * Decimal(100)).rounded(1, Rounding::HalfUp).str() + "%"; }

template <class A>
std::string short_number(const std::optional<A>& a, int places) {
  return a ? tick_label(a->decimal().rounded(places, Rounding::HalfUp).normalized()) : "-";
}

void halve(std::vector<int>& samples, bool keep_largest) {
  std::vector<int> out;
  for (std::size_t i = 0; i + 1 < samples.size(); i += 2) out.push_back(keep_largest ? std::max(samples[i], samples[i + 1]) : samples[i + 1]);
  samples = std::move(out);
}

}  // namespace

struct WatchScreen::Column {
  enum class What : std::uint8_t { Task, State, Bought, Sold, Progress, Imbalance, Apart, Net, Open, Symbol, Bps, Spread, Next };
  What what;
  std::string_view head;
  int width;
  int rank;  // the smaller, the longer it stays in a narrow window
  bool right;
};

// In the order in which they stand. Those up to rank 9 are kWholeTable wide together.
const std::vector<WatchScreen::Column>& WatchScreen::columns() {
  using enum Column::What;
  static const std::vector<Column> all{
      {Task, "task", 13, 1, false},         {State, "state", 11, 2, false},
      {Symbol, "symbol", 11, 10, false},    {Bought, "bought", 6, 4, true},
      {Sold, "sold", 6, 5, true},           {Progress, "progress", 8, 8, false},
      {Imbalance, "imbalance", 9, 3, true}, {Apart, "apart", 6, 9, false},
      {Spread, "spread bps", 10, 12, true}, {Net, "net", 9, 6, true},
      {Bps, "net bps", 9, 11, true},        {Open, "open", 4, 7, true},
      {Next, "next", 44, 13, false},
  };
  return all;
}

std::vector<const WatchScreen::Column*> WatchScreen::chosen(int width) const {
  std::vector<const Column*> by_rank;
  for (const Column& c : columns()) by_rank.push_back(&c);
  std::ranges::sort(by_rank, {}, [](const Column* c) { return c->rank; });
  int used = 0;
  std::size_t fitting = 0;
  for (const Column* c : by_rank) {
    const int needed = c->width + (fitting > 0 ? 1 : 0);
    if (fitting > 0 && used + needed > width) break;
    used += needed;
    ++fitting;
  }
  by_rank.resize(fitting);
  std::ranges::sort(by_rank);  // they stand in one vector
  return by_rank;
}

void WatchScreen::take(WatchLook look) {
  if (began_ == Time{}) began_ = look.at;
  for (const TaskView& v : look.tasks) {
    Past& p = past_[v.task.id];
    if (p.progress.size() >= kMostSamples) {
      halve(p.progress, false);
      halve(p.apart, true);
    }
    p.progress.push_back(permille((v.figures.progress.buy + v.figures.progress.sell) * Decimal::from_parts(5, 1)));
    p.apart.push_back(apart_permille(v));
  }
  look_ = std::move(look);
}

bool WatchScreen::key(char c) {
  if (c == 'r') {
    turned_ = !turned_;
    return true;
  }
  if (std::string_view("nsip").find(c) == std::string_view::npos) return false;
  order_ = static_cast<Order>(c);
  turned_ = false;
  return true;
}

std::vector<const TaskView*> WatchScreen::sorted() const {
  std::vector<const TaskView*> out;
  out.reserve(look_.tasks.size());
  for (const TaskView& v : look_.tasks) out.push_back(&v);
  const auto profit = [](const TaskView* v) { return v->figures.profit ? v->figures.profit->decimal() : Decimal{}; };
  std::ranges::stable_sort(out, [&](const TaskView* a, const TaskView* b) {
    switch (order_) {
      case Order::Name: break;
      case Order::State: return standing(*a) < standing(*b);
      case Order::Imbalance: return apart_permille(*a) != apart_permille(*b) ? apart_permille(*a) > apart_permille(*b) : size_apart(*a) > size_apart(*b);
      case Order::Profit: return profit(a) > profit(b);
    }
    return a->task.spec.name < b->task.spec.name;
  });
  if (turned_) std::ranges::reverse(out);
  return out;
}

// Each cell stands for an equal share of the time since the watch began; of progress the last value of it, of what is apart the largest.
std::string WatchScreen::bars(const std::vector<int>& past, int width) const {
  const auto cells = static_cast<std::size_t>(std::max(1, width));
  const auto& levels = plain_ ? kAsciiBars : kBars;
  std::string out;
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t from = past.size() <= cells ? i : i * past.size() / cells;
    const std::size_t to = past.size() <= cells ? i + 1 : (i + 1) * past.size() / cells;
    int value = 0;
    for (std::size_t s = from; s < std::min(to, past.size()); ++s) value = std::max(value, past[s]);
    out += levels[static_cast<std::size_t>((value * 8 + 999) / 1000)];
  }
  return out;
}

std::string WatchScreen::cell(const Column& c, const TaskView& v) const {
  using enum Column::What;
  const auto past = past_.find(v.task.id);
  switch (c.what) {
    case Task: return printable(v.task.spec.name);
    case State: return std::string(standing(v));
    case Symbol: return v.task.spec.symbol.str();
    case Bought: return percent_of(v.figures.progress.buy);
    case Sold: return percent_of(v.figures.progress.sell);
    case Progress: return past == past_.end() ? "" : bars(past->second.progress, c.width);
    case Imbalance: return tick_label(v.figures.imbalance.decimal().normalized());
    case Apart: return past == past_.end() ? "" : bars(past->second.apart, c.width);
    case Spread: return short_number(v.figures.spread_bps, 2);
    case Net: return short_number(v.figures.profit, 4);
    case Bps: return short_number(v.figures.profit_bps, 2);
    case Open: return fmt::format("{}{}", v.open_orders, v.unknown_orders > 0 ? "?" : "");
    case Next: return next_step(v);
  }
  return {};
}

std::string WatchScreen::styled(std::string_view style, const std::string& text) const {
  return colours_ ? fmt::format("\x1b[{}m{}\x1b[0m", style, text) : text;
}

// Red: a person has to look. Yellow: it waits, or is on the way to red.
std::string WatchScreen::coloured(const Column& c, const TaskView& v, std::string text) const {
  using enum Column::What;
  const bool ended = v.task.verdict != Verdict::None;
  switch (c.what) {
    case State:
      if (v.frozen || v.deserted || v.task.mode == TaskMode::Halted || v.task.state == TaskState::Error) return styled(kRed, text);
      if (v.task.mode == TaskMode::Paused || v.task.mode == TaskMode::Reducing) return styled(kYellow, text);
      return ended ? styled(kDim, text) : text;
    case Imbalance:
    case Apart:
      if (apart_permille(v) >= 1000) return styled(kRed, text);
      return apart_permille(v) >= 500 ? styled(kYellow, text) : text;
    case Net: return v.figures.profit && v.figures.profit->is_negative() ? styled(kRed, text) : text;
    case Open: return v.unknown_orders > 0 ? styled(kRed, text) : text;
    default: return text;
  }
}

std::string WatchScreen::fit(std::string text, int width, bool right) const {
  int have = characters(text);
  if (have > width) {
    text = cut(text, width - 1) + (plain_ ? "~" : "…");
    have = width;
  }
  const std::string room(static_cast<std::size_t>(std::max(0, width - have)), ' ');
  return right ? room + text : text + room;
}

std::string WatchScreen::title(int width) const {
  const auto count = [&](auto which) { return std::ranges::count_if(look_.tasks, which); };
  std::string text = fmt::format("dn-status {}Z  {} {}, {} running", rfc3339(look_.at).substr(11, 8), look_.tasks.size(),
                                 look_.tasks.size() == 1 ? "task" : "tasks", count(&TaskView::held));
  if (const auto n = count([](const TaskView& v) { return v.task.mode == TaskMode::Halted; }); n > 0) text += fmt::format(", {} halted", n);
  if (const auto n = count([](const TaskView& v) { return v.unknown_orders > 0; }); n > 0) text += fmt::format(", {} with orders of unknown fate", n);
  return styled(kBold, fit(std::move(text), width, false));
}

std::string WatchScreen::frame(ScreenSize size, bool keys) const {
  const int width = std::max(1, size.columns);
  std::vector<std::string> above{title(width)};
  if (width < kWholeTable) {
    above.push_back(styled(kYellow, fit(fmt::format("{} columns: some are left out, {} show more", width, kWholeTable), width, false)));
  }
  for (const std::string& h : look_.halts) above.push_back(styled(kRed, fit(printable(h), width, false)));
  for (const PortfolioView& p : look_.portfolios) {
    const std::string text = portfolio_text(p);
    above.push_back(fit(text.substr(0, text.find('\n')), width, false));
  }
  std::vector<std::string> below;
  if (width >= kWholeTable) {
    below.push_back(styled(kDim, fit(fmt::format("since {}Z: progress of 100 %, apart of max_imbalance_bps", rfc3339(began_).substr(11, 8)), width, false)));
  }
  below.push_back(styled(kDim, fit(keys ? "sort: n name, s state, i imbalance, p profit; r turn   q quit" : "ends with a signal", width, false)));

  const auto shown = chosen(width);
  std::string head;
  for (const Column* c : shown) head += (head.empty() ? "" : " ") + fit(std::string(c->head), c->width, c->right);
  above.push_back(styled(kBold, fit(head, width, false)));
  if (look_.tasks.empty()) above.push_back(fit("no tasks yet: dn-run FILE makes one", width, false));

  std::vector<std::string> rows;
  for (const TaskView* v : sorted()) {
    std::string row;
    for (const Column* c : shown) row += (row.empty() ? "" : " ") + coloured(*c, *v, fit(cell(*c, *v), std::min(c->width, width), c->right));
    rows.push_back(std::move(row));
  }
  const auto room = std::max<std::int64_t>(1, size.rows - static_cast<std::int64_t>(above.size() + below.size()));
  if (static_cast<std::int64_t>(rows.size()) > room) {
    const auto left_out = rows.size() - static_cast<std::size_t>(room) + 1;
    rows.resize(static_cast<std::size_t>(room) - 1);
    rows.push_back(styled(kYellow, fit(fmt::format("{} more tasks below: a taller window shows them, or sort them up", left_out), width, false)));
  }
  std::string out;
  int lines = 0;
  for (const auto* part : {&above, &rows, &below}) {
    for (const std::string& line : *part) {
      if (lines++ < size.rows) out += line + "\n";
    }
  }
  return out;
}

}  // namespace dn::app

#include "app/portfolio_status.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "app/membership.h"
#include "app/session.h"
#include "app/table.h"
#include "base/text.h"

namespace dn::app {
namespace {

std::string against(const Money& used, const std::optional<Money>& most) { return fmt::format("{} / {}", used.str(), most ? most->str() : "no limit"); }

std::string what_it_does(const Lease& l) {
  if (l.running) return l.waiting ? "waits for room" : "runs";
  return l.ended ? "ended" : "not running";
}

bool shows(const Lease& l) { return l.running || l.exposure.is_positive() || (l.closing && l.filled.buy.is_positive()); }

void limit(JsonWriter& w, std::string_view key, const std::optional<Money>& most) {
  w.key(key);
  most ? w.value(most->str()) : w.null();
}

void write_lease(JsonWriter& w, const Lease& l) {
  w.begin_object().field("task", l.task).field("round", l.round).field("symbol", l.symbol.str());
  w.field("running", l.running).field("waiting", l.waiting).field("ended", l.ended).field("closing", l.closing);
  w.field("exposure", l.exposure.str()).field("room", (l.running ? l.room : Money{}).str());
  w.key("held").begin_object().field("buy", l.held.buy.str()).field("sell", l.held.sell.str()).end_object();
  w.key("open").begin_object().field("buy", l.open.buy.str()).field("sell", l.open.sell.str()).end_object();
  w.field("result", l.result.str()).end_object();
}

}  // namespace

std::string_view mode_of(bool live) { return live ? "live" : "paper"; }

Money lost(const PortfolioState& s) { return s.result.is_negative() ? -s.result : Money{}; }

Expected<std::vector<PortfolioView>, ToolError> portfolios(Store& store, const std::string& db) {
  std::vector<PortfolioView> out;
  for (const bool live : {false, true}) {
    auto state = portfolio_of(store, db, live).state();
    if (!state) return Unexpected{store_failure(state.error())};
    if (*state) out.push_back({live, std::move(**state)});
  }
  return out;
}

std::string portfolio_text(const PortfolioView& v) {
  const PortfolioState& s = v.state;
  const PortfolioLimits& l = s.row.limits;
  std::string out = fmt::format("portfolio ({}): capital {} {}, exposure {}, loss {}, running {}\n", mode_of(v.live), l.capital.str(), l.quote.view(),
                                against(s.total, l.total), against(lost(s), l.max_loss),
                                l.max_tasks > 0 ? fmt::format("{} / {}", s.running, l.max_tasks) : std::to_string(s.running));
  if (!s.row.halted.empty()) out += fmt::format("it is halted: {}; dn-recover resume --all --yes lifts that\n", printable(s.row.halted));
  for (const auto& [symbol, used] : s.used) {
    if (used.is_positive()) out += fmt::format("  {}  {}\n", symbol.str(), against(used, l.per_symbol));
  }
  Table table({"task", "symbol", "exposure", "held buy", "held sell", "room", "result", ""});
  for (const Lease& x : s.leases) {
    if (!shows(x)) continue;
    table.add({x.round > 1 ? fmt::format("{} (round {})", x.task, x.round) : x.task, x.symbol.str(), x.closing ? "closes" : x.exposure.str(), x.held.buy.str(),
               x.held.sell.str(), x.running ? x.room.str() : "-", x.result.str(), what_it_does(x)});
  }
  return table.size() == 0 ? out : out + table.text();
}

void write_portfolio(JsonWriter& w, const PortfolioView& v) {
  const PortfolioState& s = v.state;
  const PortfolioLimits& l = s.row.limits;
  w.begin_object().field("mode", mode_of(v.live)).field("quote", l.quote.view()).field("capital", l.capital.str()).field("halted", s.row.halted);
  w.field("exposure", s.total.str()).field("loss", lost(s).str()).field("running", s.running);
  w.key("limits").begin_object();
  limit(w, "max_exposure_per_symbol", l.per_symbol);
  limit(w, "max_total_exposure", l.total);
  limit(w, "max_loss", l.max_loss);
  w.key("max_concurrent_tasks");
  l.max_tasks > 0 ? w.value(l.max_tasks) : w.null();
  w.end_object();
  w.key("symbols").begin_array();
  for (const auto& [symbol, used] : s.used) w.begin_object().field("symbol", symbol.str()).field("exposure", used.str()).end_object();
  w.end_array().key("leases").begin_array();
  for (const Lease& x : s.leases) {
    if (shows(x)) write_lease(w, x);
  }
  w.end_array().end_object();
}

Expected<std::vector<std::string>, ToolError> resume_portfolios(const std::string& db, bool only_look) {
  std::vector<std::string> out;
  if (!std::filesystem::exists(db)) return out;
  auto store = Store::open(db, only_look ? Store::Mode::ReadOnly : Store::Mode::ReadWrite);
  if (!store) return Unexpected{store_failure(store.error())};
  for (const bool live : {false, true}) {
    Portfolio portfolio = portfolio_of(**store, db, live);
    const auto row = portfolio.row();
    if (!row) return Unexpected{store_failure(row.error())};
    if (!*row || (*row)->halted.empty()) continue;
    out.push_back(fmt::format("the portfolio ({}), halted: {}", mode_of(live), printable((*row)->halted)));
    if (only_look) continue;
    if (auto done = portfolio.resume(); !done) return Unexpected{store_failure(done.error())};
  }
  return out;
}

Expected<std::vector<std::string>, ToolError> release_tasks(const std::string& db, const std::vector<std::string>& tasks, bool yes) {
  if (tasks.empty()) return Unexpected{ToolError{ExitCode::Usage, "which task holds nothing any more is not said", "dn-recover release --task NAME --yes"}};
  auto store = Store::open(db, yes ? Store::Mode::ReadWrite : Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  const auto views = portfolios(**store, db);
  if (!views) return Unexpected{views.error()};
  std::vector<std::string> out;
  for (const std::string& name : tasks) {
    const auto known = (*store)->find_task(name);
    if (!known) return Unexpected{store_failure(known.error())};
    if (!*known) return Unexpected{no_such_task(name, db)};
    const std::size_t before = out.size();
    for (const PortfolioView& v : *views) {
      for (const Lease& l : v.state.leases) {
        if (l.task == name && l.ended) out.push_back(fmt::format("task {} (round {}): exposure {} is written off", name, l.round, l.exposure.str()));
      }
    }
    if (out.size() == before) {
      return Unexpected{ToolError{ExitCode::Refused, fmt::format("task {} has not ended, or holds nothing of a portfolio", name),
                                  fmt::format("dn-run cancel {} ends it, dn-rebalance --task {} --flatten closes what it holds", name, name)}};
    }
  }
  if (!yes) {
    return Unexpected{ToolError{ExitCode::Usage, fmt::format("writing off needs --yes; this would be done:\n  {}", fmt::join(out, "\n  ")),
                                "do it where the coins were sold or moved by other means, then add --yes"}};
  }
  for (const std::string& name : tasks) {
    for (const PortfolioView& v : *views) {
      if (auto done = portfolio_of(**store, db, v.live).release(name); !done) return Unexpected{store_failure(done.error())};
    }
  }
  return out;
}

}  // namespace dn::app

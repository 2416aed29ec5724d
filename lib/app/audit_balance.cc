// How the balances of an account moved, and by what.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/audit_venue.h"

namespace dn::app {
namespace {

// When it really happened, on the venue's clock. Times of trades are told in whole milliseconds, some and those of payments in whole seconds; what is
// known of its order narrows it.
Period span_of(const Movement& m, Dur offset) {
  const Time told = m.time();
  const Dur vague = told.us % 1'000'000 == 0 ? Dur::seconds(1) : Dur::millis(1);
  Period p{std::max(told, m.not_before + offset), told + vague};
  if (!m.not_after.is_never()) p.to = std::min(p.to, m.not_after + offset);
  p.to = std::max(p.to, p.from);
  return p;
}

// Of fees and payments with more places than are kept the rest is cut (venues::fitted): what that may come to.
Decimal cut_off(const Decimal& amount) {
  constexpr int kMostPlaces = 14;
  return amount.normalized().scale() < kMostPlaces - 1 ? Decimal() : Decimal::from_parts(1, kMostPlaces);
}

// What moved one venue's account between two moments, as it is told of at both.
class Explanation {
 public:
  Explanation(const std::vector<const VenueTold*>& told, const std::vector<Movement>& moved) : told_(told), moved_(moved) {
    asked_ = Time::never();
    for (const VenueTold* t : told) {
      asked_ = std::min(asked_, t->now.asked);
      heard_ = std::max(heard_, t->now.heard);
      offset_ = t->now.offset;
    }
  }

  Time asked() const { return asked_; }
  bool is_quiet_now() const { return is_quiet(asked_, heard_, offset_); }
  // Nothing moved the account while it was told what it held: then it is sure what is before and what behind.
  bool is_quiet(Time asked, Time heard, Dur offset) const {
    return std::ranges::none_of(moved_, [&](const Movement& m) {
      const Period p = span_of(m, offset);
      return p.from <= heard && p.to > asked;
    });
  }

  // nullopt: it cannot be reckoned, and `why` says why.
  std::optional<AccountChange> change(const AccountFacts& then, const Asset& asset, const Decimal& now, std::string& why) const {
    AccountChange c;
    c.venue = then.venue;
    c.asset = asset;
    c.since = then.asked;
    c.before = then.total.at(asset);
    c.now = now;
    Ledger booked;
    Ledger others;
    for (const Movement& m : moved_) {
      if (!is_between(m, then)) continue;
      Ledger& into = m.booked ? booked : others;
      m.fill ? into.add(m.symbol, *m.fill) : into.add(m.symbol, *m.payment);
      if (m.fill && m.fill->fee_asset == asset) c.rounded += cut_off(m.fill->fee.decimal());
      if (m.payment && m.symbol.quote == asset) c.rounded += cut_off(m.payment->amount.decimal());
    }
    c.booked = sum(booked, asset);
    c.others = sum(others, asset);
    return add_positions(c, then, why) ? std::optional(c) : std::nullopt;
  }

 private:
  bool is_between(const Movement& m, const AccountFacts& then) const { return span_of(m, then.offset).from > then.heard && span_of(m, offset_).to <= asked_; }

  // Of a perpetual what was bought for and sold for; what is still open of it did not move the balance, see add_positions.
  static Decimal sum(const Ledger& ledger, const Asset& asset) {
    Decimal out;
    for (const LedgerLine& l : ledger.lines()) {
      if (l.asset == asset && l.holds != Holds::Position) out += l.change();
    }
    return out;
  }

  // A position's cost stays out of the balance until it is closed: what is open now, at its entry price, was not paid yet, and what was open
  // then had not been.
  bool add_positions(AccountChange& c, const AccountFacts& then, std::string& why) const {
    if (then.venue != Venue::GateioFutures) return true;
    std::set<std::string> asked_about;
    for (const VenueTold* t : told_) {
      if (!(t->now.symbol.quote == c.asset)) continue;
      asked_about.insert(t->now.symbol.str());
      const Qty held = t->now.position - moved_since(then, t->now.symbol);
      add_open(c, t->now.position, t->now.entry, 1);
      if (held.is_zero()) continue;
      if (!(then.symbol == t->now.symbol) || !(then.position == held)) {
        why = fmt::format("the account held {} {} before it was put on record, at a price that is not known", held.str(), t->now.symbol.str());
        return false;
      }
      add_open(c, held, then.entry, -1);
    }
    for (const Movement& m : moved_) {
      if (!is_between(m, then) || !(m.symbol.quote == c.asset) || asked_about.contains(m.symbol.str())) continue;
      why = fmt::format("{} moved it too, and was not asked about: audit all tasks", m.symbol.str());
      return false;
    }
    return true;
  }
  static void add_open(AccountChange& c, const Qty& position, const Price& entry, std::int64_t sign) {
    c.booked += (entry * position).decimal().rounded(18, Rounding::HalfUp) * Decimal(sign);
    const Decimal last_digit = Decimal::from_parts(1, std::min(entry.decimal().normalized().scale(), 18));
    c.rounded += position.abs().decimal() * last_digit;
  }
  Qty moved_since(const AccountFacts& then, const Symbol& symbol) const {
    Qty out;
    for (const Movement& m : moved_) {
      if (!m.fill || !(m.symbol == symbol) || !is_between(m, then)) continue;
      out += m.fill->side == Side::Buy ? m.fill->qty : -m.fill->qty;
    }
    return out;
  }

  const std::vector<const VenueTold*>& told_;
  const std::vector<Movement>& moved_;
  Time asked_;
  Time heard_;
  Dur offset_;
};

void tell_difference(const AccountChange& c, AuditView& view) {
  if (c.is_explained()) return;
  view.findings.push_back(
      {AuditFinding::Kind::Balance,
       {},
       std::string(name(c.venue)),
       fmt::format(
           "{} moved by {} since {}; trades, fees and funding make {}, and {} is left: a deposit, a withdrawal, a transfer, or trades in a symbol that was "
           "not asked about",
           c.asset.view(), (c.now - c.before).str(), rfc3339(c.since), (c.booked + c.others).str(), c.difference().str())});
}

}  // namespace

void explain_balances(const std::vector<const VenueTold*>& told, const std::vector<Movement>& moved, Time since, const std::vector<AccountFacts>& baselines,
                      AuditView& view) {
  const Explanation explanation(told, moved);
  const std::string venue(name(told[0]->now.venue));
  const auto not_proven = [&](ExitCode code, std::string why, std::string next) {
    view.not_proven.push_back({code, venue + ": " + std::move(why), std::move(next)});
  };
  std::map<Asset, Decimal> now;
  for (const VenueTold* t : told) now.insert(t->now.total.begin(), t->now.total.end());
  if (now.empty())
    return not_proven(ExitCode::Ok, "it does not tell balances that only these trades move (a unified account): trades and payments were compared alone", {});
  if (!explanation.is_quiet_now()) {
    return not_proven(ExitCode::Temporary, "the account traded while its balances were told: what is before and what behind is not sure",
                      "run the same command again");
  }
  std::string unknown;
  for (const auto& [asset, amount] : now) {
    const auto then = std::ranges::find_if(baselines, [&, a = asset](const AccountFacts& b) {
      return b.total.contains(a) && b.asked >= since && b.heard < explanation.asked() && explanation.is_quiet(b.asked, b.heard, b.offset);
    });
    if (then == baselines.end()) {
      unknown += fmt::format("{}{}", unknown.empty() ? "" : ", ", asset.view());
      continue;
    }
    std::string why;
    const auto change = explanation.change(*then, asset, amount, why);
    if (!change) {
      not_proven(ExitCode::Ok, fmt::format("{}: {}", asset.view(), why), {});
      continue;
    }
    if (change->now == change->before && change->booked.is_zero() && change->others.is_zero()) continue;
    view.changes.push_back(*change);
    tell_difference(*change, view);
  }
  if (unknown.empty()) return;
  not_proven(
      ExitCode::Ok,
      fmt::format("no run put on record what the account held of {} (runs of older versions did not, nor does one that begins while the account trades): "
                  "trades and payments were compared alone",
                  unknown),
      {});
}

}  // namespace dn::app

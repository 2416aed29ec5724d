#include "app/preflight.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/paper.h"
#include "app/table.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr Dur kClockWarning = Dur::millis(250);

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string_view sign(CheckStatus s, bool rich) {
  switch (s) {
    case CheckStatus::Ok: return rich ? "✓" : "ok";
    case CheckStatus::Warn: return rich ? "!" : "warn";
    case CheckStatus::Fail: break;
  }
  return rich ? "✗" : "FAIL";
}

const live::Look* look_at(const std::vector<live::Look>& looks, Venue venue) {
  const auto at = std::ranges::find(looks, venue, &live::Look::venue);
  return at == looks.end() ? nullptr : &*at;
}

// The row names the venue already.
ToolError failure_of(const TaskSpec& spec, Venue venue, const venues::Problem& p) {
  ToolError e = venue_failure(spec, venue, p);
  e.message = p.message;
  return e;
}

std::string_view check_of(venues::Problem::Kind kind) {
  using Kind = venues::Problem::Kind;
  return kind == Kind::Unreachable ? "reachable" : kind == Kind::Permission ? "key" : kind == Kind::Clock ? "clock" : "symbol";
}

// False: nothing else of this venue is known.
bool check_clock(Checks& to, const TaskSpec& spec, const live::Look& look) {
  const std::string venue(name(look.venue));
  if (!look.clock) return true;  // paper has ours
  if (!*look.clock) {
    add_failure(to, "reachable", venue, failure_of(spec, look.venue, look.clock->error()));
    return false;
  }
  add_ok(to, "reachable", venue, "answers");
  const Dur off = **look.clock;
  const Dur size = std::max(off, Dur{} - off);
  const std::string text = fmt::format("this machine's clock is {} ms {} the venue's", size.us / 1000, off.us < 0 ? "ahead of" : "behind");
  if (size > live::Desk::kMostOffset) {
    add_failure(to, "clock", venue, failure_of(spec, look.venue, {venues::Problem::Kind::Clock, text + "; at most 1000 ms are taken"}));
  } else if (size > kClockWarning) {
    add_warning(to, "clock", venue, text + "; beyond 1000 ms nothing is traded", "set this machine's clock (systemctl start systemd-timesyncd, or chrony)");
  } else {
    add_ok(to, "clock", venue, text);
  }
  return true;
}

void check_key(Checks& to, const TaskSpec& spec, const live::Look& look) {
  const std::string venue(name(look.venue));
  if (!look.account) return;
  if (!*look.account) {
    const venues::Problem& p = look.account->error();
    const std::string_view what = p.kind == venues::Problem::Kind::Config ? "account" : check_of(p.kind);
    return add_failure(to, what, venue, failure_of(spec, look.venue, p));
  }
  add_ok(to, "key", venue, "valid, reads the account");
  if (look.trade_right && *look.trade_right) {
    add_ok(to, "trade_right", venue, "the key may trade");
  } else if (look.trade_right && look.trade_right->error().kind == venues::Problem::Kind::Permission) {
    add_failure(to, "trade_right", venue, failure_of(spec, look.venue, look.trade_right->error()));
  } else {
    const std::string why = look.trade_right ? look.trade_right->error().message : "the venue does not answer in time";
    add_warning(to, "trade_right", venue, "not known: " + why, "run the same command again");
  }
  const auto& withdraws = (*look.facts)->can_withdraw;
  if (withdraws == true) {
    add_warning(to, "withdraw_right", venue, "the venue says that this account may withdraw",
                "make a key that may read and trade only, bound to this machine's address");
  } else if (withdraws == false) {
    add_ok(to, "withdraw_right", venue, "cannot withdraw");
  }
}

}  // namespace

std::string_view name(CheckStatus s) { return s == CheckStatus::Ok ? "ok" : s == CheckStatus::Warn ? "warn" : "fail"; }

void add_ok(Checks& to, std::string_view name, std::string_view of, std::string message) {
  to.push_back({std::string(name), std::string(of), CheckStatus::Ok, std::move(message), {}, ExitCode::Ok});
}

void add_warning(Checks& to, std::string_view name, std::string_view of, std::string message, std::string next) {
  to.push_back({std::string(name), std::string(of), CheckStatus::Warn, std::move(message), std::move(next), ExitCode::Ok});
}

void add_failure(Checks& to, std::string_view name, std::string_view of, const ToolError& e) {
  to.push_back({std::string(name), std::string(of), CheckStatus::Fail, e.message, e.next.empty() ? std::string(info(e.code).next) : e.next, e.code});
}

ExitCode exit_code(const Checks& checks) {
  ExitCode code = ExitCode::Ok;
  for (const Check& c : checks) {
    if (c.status == CheckStatus::Fail) code = worse(code, c.code);
  }
  return code;
}

std::string checks_text(const Checks& checks, bool rich) {
  // Messages of several lines stand below each other in their own column, so each line is a row.
  Table table({"", "check", "of", "result"});
  for (const Check& c : checks) {
    std::string rest = c.message;
    if (!c.next.empty()) rest += "\nnext: " + c.next;
    bool first = true;
    while (first || !rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const std::string line = rest.substr(0, end);
      rest.erase(0, end + 1);
      table.add(first ? std::vector<std::string>{std::string(sign(c.status, rich)), spaced(c.name), c.of, line} : std::vector<std::string>{"", "", "", line});
      first = false;
    }
  }
  return table.text();
}

void write_checks(JsonWriter& w, const Checks& checks) {
  w.begin_array();
  for (const Check& c : checks) {
    w.begin_object().field("name", c.name).field("of", c.of).field("status", name(c.status)).field("message", c.message).field("next", c.next);
    w.field("exit_code", std::int64_t{number(c.code)}).end_object();
  }
  w.end_array();
}

void check_venue(Checks& to, const TaskSpec& spec, const live::Look& look) {
  const std::string venue(name(look.venue));
  if (!check_clock(to, spec, look)) return;
  if (!look.facts) return add_warning(to, "symbol", venue, "its rules are not known: the venue does not answer in time", "run the same command again");
  if (!*look.facts) {
    const venues::Problem& p = look.facts->error();
    return add_failure(to, check_of(p.kind), venue, failure_of(spec, look.venue, p));
  }
  check_key(to, spec, look);
  for (const std::string& w : (*look.facts)->warnings) add_warning(to, "note", venue, w, "see whether that is as you want it");
}

std::optional<MarketView> market_of(const TaskSpec& spec, const std::vector<live::Look>& looks) {
  MarketView m;
  for (const Side leg : kSides) {
    const live::Look* l = look_at(looks, *spec.leg[leg].exchange);
    if (l == nullptr || !l->facts || !*l->facts) return std::nullopt;
    const venues::VenueFacts& f = **l->facts;
    m.instruments[leg] = f.instrument;
    m.top[leg] = f.top;
    if (f.top) m.mid[leg] = middle(*f.top);
    if (l->account && *l->account) m.funds[leg] = funds_of(f);
  }
  return m;
}

PerSide<std::optional<venues::Depth>> depth_of(const TaskSpec& spec, const std::vector<live::Look>& looks) {
  PerSide<std::optional<venues::Depth>> out;
  for (const Side leg : kSides) {
    const live::Look* l = look_at(looks, *spec.leg[leg].exchange);
    if (l != nullptr && l->depth && *l->depth) out[leg] = **l->depth;
  }
  return out;
}

}  // namespace dn::app

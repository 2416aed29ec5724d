#include "app/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/output.h"
#include "app/session.h"
#include "base/check.h"
#include "base/text.h"

namespace dn::app {
namespace {

class Auditing {
 public:
  Auditing(const AuditRequest& request, const Online* online) : request_(request), online_(online) {
    DN_CHECK(online != nullptr || !request.online, "whoever asks the venues has a network");
  }

  Expected<ExitCode, ToolError> run() {
    auto place = installation(request_.common);
    if (!place) return Unexpected{place.error()};
    if (auto read = read_flags(); !read) return Unexpected{read.error()};
    view_.online = request_.online;
    auto books = read_books(place->db);
    if (!books) return Unexpected{books.error()};
    if (request_.online) {
      auto told = online_->ask(request_.common, request_.tasks, view_.period, *books);
      if (!told) return Unexpected{told.error()};
      // They are held against what the books say by then: a run may have gone on meanwhile.
      books = read_books(place->db);
      if (!books) return Unexpected{books.error()};
      for (ToolError& e : told->failed) view_.not_proven.push_back(std::move(e));
      compare_with_venues(told->told, *books, request_.tasks, view_);
    }
    print();
    return view_.code();
  }

 private:
  Expected<void, ToolError> read_flags() {
    const Time now = wall_clock();
    for (const auto& [flag, text, into] : {std::tuple{"--from", &request_.from, &view_.period.from}, std::tuple{"--to", &request_.to, &view_.period.to}}) {
      if (text->empty()) continue;
      const auto moment = parse_moment(*text, now);
      if (!moment)
        return Unexpected{usage_error(fmt::format("{} {}: {}", flag, printable_excerpt(*text), moment.error()), "write for example --from 2026-01-01")};
      *into = *moment;
    }
    if (view_.period.to <= view_.period.from) return Unexpected{usage_error("--to is not behind --from: no time lies between them", "change one of them")};
    if (request_.online && !request_.to.empty()) {
      return Unexpected{usage_error("--online compares with what the accounts hold now, and --to is before that", "leave out --to, or --online")};
    }
    for (const std::string& head : request_.heads) {
      const bool is_digest = head.size() == 64 && head.find_first_not_of("0123456789abcdef") == std::string::npos;
      if (!is_digest)
        return Unexpected{usage_error(fmt::format("--head {} is no digest", printable_excerpt(head)), "give the 64 digits that an audit printed")};
    }
    return {};
  }

  bool is_wanted(const TaskRecord& t) const { return request_.tasks.empty() || std::ranges::find(request_.tasks, t.spec.name) != request_.tasks.end(); }

  // Every round of every task, since a balance is moved by all of them; what is wanted is audited on the way.
  Expected<std::vector<BookedRound>, ToolError> read_books(const std::string& db) {
    auto store = Store::open(db, Store::Mode::ReadOnly);
    if (!store) return Unexpected{store_failure(store.error())};
    auto rounds = (*store)->rounds();
    if (!rounds) return Unexpected{store_failure(rounds.error())};
    for (const std::string& task : request_.tasks) {
      if (std::ranges::none_of(*rounds, [&](const TaskRecord& t) { return t.spec.name == task; })) return Unexpected{no_such_task(task, db)};
    }
    begin();
    auto damage = (*store)->damage();
    if (!damage) return Unexpected{store_failure(damage.error())};
    for (std::string& line : *damage) view_.findings.push_back({AuditFinding::Kind::Books, {}, {}, std::move(line)});
    std::vector<BookedRound> out;
    for (const TaskRecord& t : *rounds) {
      BookedRound booked;
      auto round = audit_round(**store, t.id, [&](const StoredTask& r, const StoredEvent& e) { hear(booked, r, e); });
      if (!round) return Unexpected{store_failure(round.error())};
      booked.stored = std::move(round->round);
      booked.sound = can_be_added(booked.stored);
      if (is_wanted(t)) take(booked, std::move(round->broken), round->chain);
      out.push_back(std::move(booked));
    }
    finish();
    return out;
  }

  void hear(BookedRound& booked, const StoredTask& round, const StoredEvent& e) {
    heads_.erase(e.digest.str());
    if (e.type != "run_start") return;
    for (AccountFacts& a : accounts_in(e.json, round.task.spec.symbol)) booked.accounts.push_back(std::move(a));
  }

  void begin() {
    view_.rounds.clear();
    view_.ledgers.clear();
    view_.findings.clear();
    view_.not_proven.clear();
    sums_ = {};
    heads_ = {request_.heads.begin(), request_.heads.end()};
  }

  void take(const BookedRound& booked, std::vector<std::string> broken, const ChainView& chain) {
    const TaskRecord& t = booked.stored.task;
    view_.rounds.push_back({t.spec.name, t.round, chain});
    for (std::string& line : broken) view_.findings.push_back({AuditFinding::Kind::Books, t.spec.name, {}, std::move(line)});
    if (view_.ledgers.empty() || view_.ledgers.back().task != t.spec.name) {
      view_.ledgers.push_back({t.spec.name, {}});
      ledger_ = {};
    }
    if (!booked.sound) {
      view_.not_proven.push_back({ExitCode::BadData, fmt::format("task {}, round {}: it holds numbers that cannot be added up", t.spec.name, t.round), {}});
      return;
    }
    ledger_.add(booked.stored, view_.period);
    sums_.add(booked.stored, view_.period);
    view_.ledgers.back().lines = ledger_.lines();
  }

  void finish() {
    view_.sums = sums_.lines();
    for (const std::string& head : heads_) {
      view_.findings.push_back(
          {AuditFinding::Kind::Head, {}, {}, fmt::format("no event carries the digest {}: the journal was cut off before it, or written anew", head)});
    }
  }

  void print() const {
    const OutputOptions o = request_.common.output();
    if (o.json || o.ndjson) {
      write_out(audit_json(view_) + "\n");
    } else if (request_.csv) {
      write_out(audit_csv(view_));
    } else {
      write_out(audit_text(view_));
    }
  }

  const AuditRequest& request_;
  const Online* online_;
  AuditView view_;
  Ledger ledger_;  // of the newest of view_.ledgers
  Ledger sums_;
  std::set<std::string> heads_;  // not met yet
};

}  // namespace

Expected<ExitCode, ToolError> audit(const AuditRequest& request, const Online* online) { return Auditing(request, online).run(); }

}  // namespace dn::app

#include "app/alert_box.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/alert_event.h"
#include "app/alert_file.h"

namespace dn::app {
namespace {

constexpr std::int64_t kPage = 500;  // events read at a time
constexpr Dur kBetweenSaves = Dur::seconds(1);

std::optional<StoredEvent> first_after(Store& store, std::int64_t round, std::int64_t id) {
  auto found = store.events(round, id, 1);
  if (!found || found->empty()) return std::nullopt;
  return std::move(found->front());
}

// The newest event of a round, without reading the others.
std::optional<StoredEvent> newest_of(Store& store, std::int64_t round) {
  std::int64_t low = 0;  // there is an event beyond it
  std::int64_t high = 1;
  auto out = first_after(store, round, low);
  if (!out) return out;
  while (high < INT64_MAX / 2 && first_after(store, round, high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (first_after(store, round, middle) ? low : high) = middle;
  }
  return first_after(store, round, low);
}

// Events that nobody has been told of yet.
std::int64_t untold(const AlertLedger& ledger) {
  std::int64_t n = 0;
  for (const PendingAlert& p : ledger.pending) n += p.events();
  for (const AlertWindow& w : ledger.windows) n += w.held;
  return n;
}

std::string alerts(std::int64_t n) { return n == 1 ? "1 alert" : fmt::format("{} alerts", n); }

}  // namespace

AlertBox::AlertBox(Store& store, std::string task, std::string path, std::string receiver, Time now, std::vector<std::string>& notes)
    : task_(std::move(task)), path_(std::move(path)) {
  if (const auto rounds = store.rounds()) {
    for (const TaskRecord& t : *rounds) {
      if (t.spec.name == task_) rounds_.push_back(t.id);
    }
    std::ranges::sort(rounds_);
  }
  auto known = read_alert_ledger(path_);
  if (!known) notes.push_back(fmt::format("task {}: {}; alerts begin with this run", task_, known.error()));
  if (known && *known) ledger_ = std::move(**known);
  bool begin = !known || !*known;
  if (!begin && ledger_.cursor > 0) {
    const auto last = event(store, ledger_.cursor);
    begin = !last || last->ts != ledger_.cursor_time;
    if (begin) {
      notes.push_back(fmt::format("task {}: this is another database than the one whose alerts were delivered last; alerts begin with this run", task_));
      ledger_.failed += untold(ledger_);
    }
  }
  if (ledger_.failed > 0) {
    notes.push_back(
        fmt::format("task {}: {} of an earlier run could not be delivered by {}: dn-status events {}", task_, alerts(ledger_.failed), receiver, task_));
  }
  if (begin) {
    ledger_ = {};
    if (const auto last = newest(store)) {
      ledger_.cursor = last->id;
      ledger_.cursor_time = last->ts;
    }
  }
  if (const std::int64_t left = untold(ledger_); left > 0) {
    notes.push_back(fmt::format("task {}: {} of an earlier run: to be told to {} now", task_, alerts(left), receiver));
  }
  changed_ = begin || ledger_.failed > 0;
  ledger_.failed = 0;
  save(now, true, notes);
}

std::optional<StoredEvent> AlertBox::event(Store& store, std::int64_t id) const {
  for (auto round = rounds_.rbegin(); round != rounds_.rend(); ++round) {
    auto found = first_after(store, *round, id - 1);
    if (found && found->id == id) return found;
  }
  return std::nullopt;
}

std::optional<StoredEvent> AlertBox::newest(Store& store) const {
  for (auto round = rounds_.rbegin(); round != rounds_.rend(); ++round) {
    if (auto found = newest_of(store, *round)) return found;
  }
  return std::nullopt;
}

// A round's events all stand before those of the next.
bool AlertBox::read(Store& store, AlertThrottle& throttle, AlertLevel least, Time now, std::vector<std::string>& notes) {
  for (; reading_ < rounds_.size(); ++reading_) {
    const auto page = store.events(rounds_[reading_], ledger_.cursor, kPage);
    if (!page) {
      if (!std::exchange(unreadable_, true)) notes.push_back(fmt::format("task {}: its alerts cannot be read: {}", task_, page.error().message));
      return true;
    }
    for (const StoredEvent& e : *page) {
      const AlertKindOf kind = kind_of(e.type, e.json);
      if (reaches(kind.level, least)) throttle.offer(ledger_, now, e.id, kind.code);
      ledger_.cursor = e.id;
      ledger_.cursor_time = e.ts;
      changed_ = true;
    }
    all_read_ = static_cast<std::int64_t>(page->size()) < kPage;
    if (!all_read_) return false;
    if (reading_ + 1 == rounds_.size()) break;  // this one goes on
  }
  return true;
}

void AlertBox::close_windows(AlertThrottle& throttle, Time now, bool ending) {
  const std::size_t before = ledger_.pending.size();
  throttle.close_windows(ledger_, now, ending);
  changed_ = changed_ || ledger_.pending.size() != before;
}

std::optional<std::size_t> AlertBox::due(Time now, bool ending) const {
  for (std::size_t i = 0; i < ledger_.pending.size(); ++i) {
    const PendingAlert& p = ledger_.pending[i];
    // A clock that was set back must not keep it waiting.
    if (ending ? !p.tried_at_end : p.next_try <= now || p.next_try > now + Dur::minutes(2)) return i;
  }
  return std::nullopt;
}

std::optional<std::string> AlertBox::text(Store& store, std::size_t pending) const {
  const PendingAlert& p = ledger_.pending[pending];
  const auto found = event(store, p.event);
  if (!found) return std::nullopt;
  return with_suppressed(found->json, p.suppressed, p.mixed);
}

void AlertBox::delivered(std::size_t pending) {
  ledger_.pending.erase(ledger_.pending.begin() + static_cast<std::ptrdiff_t>(pending));
  changed_ = true;
}

bool AlertBox::failed(const AlertThrottle& throttle, std::size_t pending, Time now, bool ending) {
  changed_ = true;
  ledger_.pending[pending].tried_at_end = ending;
  return throttle.failed(ledger_, pending, now);
}

void AlertBox::drop(std::size_t pending) {
  ledger_.failed += ledger_.pending[pending].events();
  delivered(pending);
}

std::int64_t AlertBox::waiting() const { return untold(ledger_); }

void AlertBox::save(Time now, bool at_once, std::vector<std::string>& notes) {
  const bool soon = now >= saved_ && now - saved_ < kBetweenSaves;
  if (!changed_ || (soon && !at_once)) return;
  const std::string why = write_alert_ledger(path_, ledger_);
  if (!why.empty() && !unwritable_) notes.push_back(fmt::format("task {}: {}; alerts may be delivered twice", task_, why));
  unwritable_ = !why.empty();
  changed_ = unwritable_;
  saved_ = now;
}

}  // namespace dn::app

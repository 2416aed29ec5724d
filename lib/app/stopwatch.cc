#include "app/stopwatch.h"

#include <algorithm>
#include <chrono>

namespace dn::app {
namespace {

constexpr std::size_t kMost = 20'000;

std::int64_t real_ns() { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

void Stopwatches::Samples::add(std::int64_t value) {
  max = std::max(max, value);
  if (ns.size() < kMost) {
    ns.push_back(value);
  } else {
    ns[static_cast<std::size_t>(count) % kMost] = value;
  }
  ++count;
}

void Stopwatches::before_decision() { began_ns_ = real_ns(); }

void Stopwatches::after_decision(bool sends) {
  if (sends && began_ns_ > 0) decision_.add(real_ns() - began_ns_);  // a step that nothing was heard before has no beginning
  if (!sends) began_ns_ = 0;
}

void Stopwatches::all_sent() {
  if (by_tick_ && ordered_ && began_ns_ > 0) tick_to_order_.add(real_ns() - began_ns_);
  by_tick_ = ordered_ = false;
  began_ns_ = 0;
}

void Stopwatches::sending(Time now, const Send& send) {
  if (const auto* p = std::get_if<PlaceOrder>(&send)) {
    ordered_ = true;
    placed_[p->request.id.str()] = now;
    if (cycle_open_++ == 0) cycle_began_ = now;
  } else if (const auto* l = std::get_if<LookupOrder>(&send)) {
    asked_[l->id.str()] = now;
  }
}

void Stopwatches::heard(Time now, const Event& event) {
  const auto take = [now](auto& open, const ClientOrderId& id, Samples& into) {
    const auto at = open.find(id.str());
    if (at == open.end()) return false;
    into.add((now - at->second).us * 1000);
    open.erase(at);
    return true;
  };
  by_tick_ = std::holds_alternative<BookUpdate>(event);
  ordered_ = false;
  if (const auto* p = std::get_if<PlaceReport>(&event)) {
    if (take(placed_, p->id, placement_) && --cycle_open_ == 0) cycle_.add((now - cycle_began_).us * 1000);
  } else if (const auto* l = std::get_if<LookupReport>(&event)) {
    take(asked_, l->id, sync_);
  }
}

LatencyStats Stopwatches::summarize(std::string stage, const Samples& s) {
  std::vector<std::int64_t> sorted = s.ns;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](std::size_t percent) { return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)]; };
  return {std::move(stage), s.count, at(50), at(99), s.max};
}

std::vector<LatencyStats> Stopwatches::stats() const {
  return {summarize("cycle", cycle_), summarize("sync", sync_), summarize("placement", placement_), summarize("decision", decision_),
          summarize("tick_to_order", tick_to_order_)};
}

}  // namespace dn::app

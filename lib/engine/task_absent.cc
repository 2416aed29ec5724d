// Orders whose absence a venue proved. A venue that shows one after all, later than it ever should, is believed: the order is taken back
// into the books, cancelled, and what it traded is booked. Nobody resends anything for it.
#include <algorithm>
#include <utility>

#include "engine/task.h"

namespace dn {
namespace {

// It is asked for so often again while the run lasts: after 15 s, 1 min and 4 min. What turns up later is found by the next run's start.
constexpr int kLateLooks = 3;
constexpr Dur kFirstLateLook = Dur::seconds(15);

}  // namespace

void TaskEngine::note_absent(const OrderRecord& o, bool look_again) {
  legs_[seat_of(o.request.leg)].absent.push_back({o, now_ + kFirstLateLook, look_again ? 0 : kLateLooks, false});
}

void TaskEngine::drive_absent() {
  for (const Side leg : kSides) {
    for (Absent& a : legs_[leg].absent) {
      if (a.asking || a.looks >= kLateLooks || now_ < a.next_look) continue;
      a.asking = true;
      out_->sends.emplace_back(LookupOrder{legs_[leg].instrument.venue, a.record.request.id, a.record.venue_order_id, LookupStage::ById});
    }
  }
}

// The answer to such a question: the order, where it is there after all.
WorkingOrder* TaskEngine::late_look_answered(const LookupReport& r) {
  if (r.outcome == LookupOutcome::Found) return revive(r.id);
  for (const Side leg : kSides) {
    for (Absent& a : legs_[leg].absent) {
      if (a.record.request.id == r.id) a = {std::move(a.record), now_ + Dur{kFirstLateLook.us << (2 * (a.looks + 1))}, a.looks + 1, false};
    }
  }
  return nullptr;
}

// Null where the order's absence was never proven.
WorkingOrder* TaskEngine::revive(const ClientOrderId& id) {
  const auto is_it = [&](const OrderRecord& o) { return o.request.id == id; };
  for (const Side leg : kSides) {
    LegState& l = legs_[leg];
    const auto at = std::ranges::find_if(l.absent, is_it, &Absent::record);
    if (at == l.absent.end()) continue;
    WorkingOrder w;
    w.record = std::move(at->record);
    w.record.close_reason = CloseReason::None;
    w.doubt = true;
    l.absent.erase(at);
    std::erase_if(l.closed, is_it);
    const Reason why(std::string(name(l.instrument.venue)) + " shows order " + id.str() + " after all, whose absence it had proven");
    alert(AlertKind::Alert, AlertLevel::Warning, "arrived_after_all", why);
    become_unknown(w, Code("arrived_after_all"), why);
    request_cancel(w, Reason("it arrived after all; nothing waits for it any more"));
    return &l.working.emplace_back(std::move(w));
  }
  return nullptr;
}

}  // namespace dn

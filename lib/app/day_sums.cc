#include "app/day_sums.h"

namespace dn::app {

void DaySums::add(const Fill& fill, const Price& arrival) {
  if (const std::int64_t day = day_of(fill.time); day_ == nullptr || day != newest_) {
    newest_ = day;
    day_ = &days_[day];
  }
  ++day_->fills;
  add_fill(day_->leg[fill.leg], symbol_, fill, arrival);
}

TaskDays DaySums::days() const {
  TaskDays out;
  for (const auto& [day, brought] : days_) {
    out.starts.push_back({day, out.now.fills, out.now.leg});
    out.now.fills += brought.fills;
    for (const Side leg : kSides) out.now.leg[leg] += brought.leg[leg];
  }
  return out;
}

}  // namespace dn::app

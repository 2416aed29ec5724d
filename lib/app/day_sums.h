// The days of a task (model/task_record.h), made of its rows: what the store keeps is held against it, and it stands in where the store has none.
#pragma once

#include <map>

#include "store/store.h"

namespace dn::app {

class DaySums {
 public:
  explicit DaySums(const Symbol& symbol) : symbol_(symbol) {}
  // In any order; not beyond reckoning (app/verify.h).
  void add(const Fill& fill, const Price& arrival);
  void add(const FundingPayment& payment) { days_[day_of(payment.time)].leg[payment.leg].funding += payment.amount; }
  TaskDays days() const;

 private:
  Symbol symbol_;
  std::map<std::int64_t, DayStart> days_;  // what each brought
  std::int64_t newest_ = 0;
  DayStart* day_ = nullptr;  // of the fill before: nearly always that of the next one too
};

}  // namespace dn::app

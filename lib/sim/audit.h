// Holds a life's orders against its limits once more, after the fact: from what the exchange recorded, the parameters that were in force and
// the prices that had been heard, with arithmetic of its own. The engine's gate is not asked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/task_record.h"
#include "sim/world.h"

namespace dn::sim {

class Audit {
 public:
  // After every step: what is in force from now on.
  void in_force(Time now, const TaskRecord& record);
  void heard(Time now, const BookUpdate& book);

  // The first order that a limit should have kept back; nullopt when there is none.
  std::optional<std::string> check(const World& world) const;

 private:
  struct Rules {
    Time from;
    RiskSpec risk;
    Qty total;
    TaskMode mode = TaskMode::Active;
  };
  struct Sent {
    const VenueOrder* order = nullptr;
    Venue venue = Venue::MexcSpot;
    std::vector<const Rules*> rules;  // that were in force in that moment: which of them was applied is not told
    bool quote = false;
  };
  std::vector<const Rules*> rules_at(Time t) const;
  std::vector<TopOfBook> tops_at(Venue venue, Time t) const;
  std::vector<Sent> all_sent(const World& world) const;

  std::optional<std::string> check_one(const Sent& s, const Rules& rules, const World& world) const;
  std::optional<std::string> check_prices(const Sent& s, const RiskSpec& risk, const World& world) const;
  std::optional<std::string> check_counts(const std::vector<Sent>& sent, std::size_t at, const RiskSpec& risk) const;
  std::optional<std::string> check_amounts(const Sent& s, const Rules& rules, const World& world) const;

  std::vector<Rules> rules_;
  std::map<Venue, std::vector<std::pair<Time, TopOfBook>>> tops_;
};

}  // namespace dn::sim

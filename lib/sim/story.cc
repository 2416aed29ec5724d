#include "sim/story.h"

#include <fmt/format.h>

namespace dn::sim {
namespace {

std::string line(const StateChanged& e) { return fmt::format("{} -> {} ({}) {}", name(e.from), name(e.to), name(e.mode), e.reason.view()); }

std::string line(const OrderStepped& e) {
  const OrderRequest& r = e.request;
  const TaskEvent as_event{Time{}, e};
  return fmt::format("{} {}: {} {} {} {} at {} on {} {} {}", type_name(as_event), r.id.view(), name(r.purpose), name(r.type), name(r.side), r.qty.str(),
                     r.price.str(), name(e.venue), e.code.view(), e.reason.view());
}

std::string line(const Filled& e) {
  const Fill& f = e.fill;
  return fmt::format("fill {} of {}: {} {} at {} on {}, fee {} {}", f.trade_id.view(), f.order.view(), name(f.side), f.qty.str(), f.price.str(), name(f.venue),
                     f.fee.str(), f.fee_asset.view());
}

std::string line(const CancelProven& e) { return fmt::format("cancel {}: {} filled; {}", e.id.view(), e.filled.str(), e.reason.view()); }

std::string line(const Rebalanced& e) {
  return fmt::format("rebalance {} {} on {}, imbalance {}, attempt {}", name(e.side), e.qty.str(), name(e.venue), e.imbalance.str(), e.attempt);
}

std::string line(const Alerted& e) { return fmt::format("{}: {} {} {}", type_name({Time{}, e}), e.code.view(), e.message.view(), e.value.view()); }

std::string line(const Triggered& e) { return fmt::format("trigger {}: {} bps against {}", e.trigger, e.spread.str(), e.least.str()); }
std::string line(const FundingBooked& e) { return fmt::format("funding {} on {}: {}", e.payment.id.view(), name(e.payment.venue), e.payment.amount.str()); }

std::string line(const Erred& e) { return fmt::format("error {}: {}", e.error_class.view(), e.message.view()); }

}  // namespace

std::string story_line(const TaskEvent& event) {
  return std::visit([](const auto& what) { return line(what); }, event.what);
}

}  // namespace dn::sim

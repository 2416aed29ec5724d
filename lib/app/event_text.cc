#include "app/event_text.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace dn::app {
namespace {

struct Signs {
  std::string_view sign;
  std::string_view plain;
};
constexpr std::array<Signs, 7> kSigns{
    {{"📡", "[start]"}, {"⚖️", "[rebalance]"}, {"✅", "[fill]"}, {"🛑", "[cancel]"}, {"🎉", "[done]"}, {"⚠️", "[alert]"}, {"📝", "[order]"}}};

struct Writer {
  const TaskSpec& spec;
  bool plain;
  bool verbose;

  std::string operator()(const StateChanged& e) const {
    if (e.to == TaskState::Completed) return sign(Sign::Done, plain) + "DeltaNeutralTask completed " + task_label(spec);
    if (e.to == TaskState::Cancelled) return sign(Sign::Done, plain) + "DeltaNeutralTask cancelled " + task_label(spec);
    const bool told = verbose || e.to == TaskState::Error || (e.to == TaskState::Completing && !e.reason.empty());
    return told ? fmt::format("{}{} -> {}{}{}", sign(Sign::Order, plain), name(e.from), name(e.to), e.reason.empty() ? "" : ": ", e.reason.view()) : "";
  }
  std::string operator()(const OrderStepped& e) const {
    const OrderRequest& r = e.request;
    const auto line = [&](Sign s, std::string_view what) {
      return fmt::format("{}{} {} {} {} @ {} on {} ({}){}{}", sign(s, plain), what, upper_name(r.side), r.qty.str(), spec.symbol.base.view(), r.price.str(),
                         short_name(e.venue), r.id.view(), e.reason.empty() ? "" : ": ", e.reason.view());
    };
    switch (e.step) {
      case OrderStep::Intent: return verbose ? line(Sign::Order, "Placing " + std::string(name(r.type))) : "";
      case OrderStep::Ack: return verbose ? line(Sign::Order, "Order taken") : "";
      case OrderStep::Reject: return line(Sign::Warn, "Order refused");
      case OrderStep::Unknown: return line(Sign::Warn, "Order of unknown fate");
      case OrderStep::Resolved: return line(Sign::Order, "Fate resolved");
    }
    return "";
  }
  std::string operator()(const Filled& e) const {
    const Fill& f = e.fill;
    return fmt::format("{}Order filled {} {}: {} @ {}, fee {} {}", sign(Sign::Fill, plain), upper_name(f.side), task_label(spec), f.qty.str(), f.price.str(),
                       f.fee.str(), f.fee_asset.view());
  }
  std::string operator()(const CancelProven& e) const {
    return fmt::format("{}Cancelled order {} {}: {} filled, {}", sign(Sign::Cancel, plain), upper_name(e.side), task_label(spec), e.filled.str(),
                       e.reason.view());
  }
  std::string operator()(const Rebalanced& e) const {
    return fmt::format("{}Rebalancing {} imbalance: {}{}", sign(Sign::Rebalance, plain), upper_name(e.side), e.imbalance.abs().str(),
                       e.attempt > 1 ? fmt::format(" (attempt {})", e.attempt) : "");
  }
  std::string operator()(const Alerted& e) const {
    if (e.level == AlertLevel::Debug && !verbose) return "";
    const std::string_view level = e.level == AlertLevel::Critical ? "CRITICAL " : (e.level == AlertLevel::Warning ? "WARNING " : "");
    std::string numbers;
    if (!e.value.empty()) numbers = e.limit.empty() ? fmt::format(" ({})", e.value.view()) : fmt::format(" ({} against {})", e.value.view(), e.limit.view());
    return fmt::format("{}{}{}: {}{}", sign(Sign::Warn, plain), level, e.code.view(), e.message.view(), numbers);
  }
  std::string operator()(const FundingBooked& e) const {
    const FundingPayment& p = e.payment;
    return fmt::format("{}Funding {} on {}: {} {}", sign(Sign::Fill, plain), p.amount.is_negative() ? "paid" : "received", short_name(p.venue),
                       p.amount.abs().str(), spec.symbol.quote.view());
  }
  std::string operator()(const Triggered& e) const {
    return fmt::format("{}Trigger {} starts {} {}: {} bps net at a slice of {} ({} at the touch, {} are asked for)", sign(Sign::Start, plain), e.trigger,
                       e.total.str(), task_label(spec), e.spread.str(), e.slice.str(), e.touch_spread.str(), e.least.str());
  }
  std::string operator()(const Erred& e) const {
    return fmt::format("{}{}: {}; {}", sign(Sign::Warn, plain), e.error_class.view(), e.message.view(), e.next.view());
  }
};

}  // namespace

std::string task_label(const TaskSpec& s) {
  const auto venue = [&](Side leg) { return s.leg[leg].exchange ? short_name(*s.leg[leg].exchange) : std::string_view("?"); };
  return fmt::format("BUY:{}_SELL:{}_{}{}", venue(Side::Buy), venue(Side::Sell), s.symbol.base.view(), s.symbol.quote.view());
}

std::string sign(Sign s, bool plain) {
  const Signs& row = kSigns[static_cast<std::size_t>(s)];
  return std::string(plain ? row.plain : row.sign) + " ";
}

std::string event_line(const TaskEvent& event, const TaskSpec& spec, bool plain, bool verbose) {
  return printable(std::visit(Writer{spec, plain, verbose}, event.what));
}

}  // namespace dn::app

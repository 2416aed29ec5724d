#include "venues/gateio/order_channel.h"

#include <fmt/format.h>

#include <map>

#include "venues/gateio/streams.h"
#include "venues/gateio/trading_ws.h"

namespace dn::venues::gateio {
namespace {

class Channel final : public OrderChannel {
 public:
  explicit Channel(ContextPtr context) : context_(std::move(context)) {}

  wire::Headers upgrade_headers() const override { return size_headers(*context_); }

  std::vector<wire::Frame> opened(Time now) override {
    asked_.clear();
    return {ws_login(*context_, next_request({}, context_), now)};
  }
  std::vector<std::string> topics() const override { return {"login"}; }

  wire::Frame ping(Time now) override { return ping_frame(*context_, now); }

  // The name of a request about this order.
  std::string next_request(const ClientOrderId& id, const ContextPtr& market) {
    std::string name = fmt::format("r{}", ++requests_);
    asked_[name] = {id, market};
    return name;
  }

  Heard frame(const wire::Frame& frame, Time now) override {
    const std::string request = ws_request_id(frame);
    const auto at = asked_.find(request);
    if (at == asked_.end()) return other(frame);
    const WsAnswer a = ws_answer(*at->second.market, frame, at->second.id, now);
    if (a.kind == WsAnswer::Kind::Nothing) return {};
    if (a.kind == WsAnswer::Kind::Ack) return {Heard::Kind::Alive, {}, {}, {}};  // its result follows
    asked_.erase(at);
    switch (a.kind) {
      case WsAnswer::Kind::LoggedIn: return {Heard::Kind::Subscribed, topics(), {}, {}};
      case WsAnswer::Kind::LoginFailed: return {Heard::Kind::Refused, {}, {}, a.problem.message};
      case WsAnswer::Kind::Place: return {Heard::Kind::Data, {}, {a.place}, {}};
      case WsAnswer::Kind::Cancel: return {Heard::Kind::Data, {}, {a.cancel}, {}};
      case WsAnswer::Kind::Nothing:
      case WsAnswer::Kind::Ack:
      case WsAnswer::Kind::Status: break;
    }
    return {};
  }

 private:
  struct Asked {
    ClientOrderId id;
    ContextPtr market;
  };

  static Heard other(const wire::Frame& frame) {
    if (frame.binary) return {};
    const auto document = JsonDocument::parse(frame.payload);
    return document ? notice(document->root()).value_or(Heard{}) : Heard{};
  }

  ContextPtr context_;
  std::int64_t requests_ = 0;
  std::map<std::string, Asked> asked_;  // by request id; of this connection
};

}  // namespace

std::unique_ptr<OrderChannel> order_channel(ContextPtr context) { return std::make_unique<Channel>(std::move(context)); }

wire::Frame place_over(OrderChannel& channel, const ContextPtr& context, const OrderRequest& request, Time venue_now) {
  return ws_place(*context, request, static_cast<Channel&>(channel).next_request(request.id, context), venue_now);
}

wire::Frame cancel_over(OrderChannel& channel, const ContextPtr& context, const ClientOrderId& id, const VenueOrderId& venue_order_id, Time venue_now) {
  return ws_cancel(*context, id, venue_order_id, static_cast<Channel&>(channel).next_request(id, context), venue_now);
}

}  // namespace dn::venues::gateio

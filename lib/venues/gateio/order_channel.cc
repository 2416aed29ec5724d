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
    return {ws_login(*context_, next_request({}), now)};
  }
  std::vector<std::string> topics() const override { return {"login"}; }

  wire::Frame ping(Time now) override { return ping_frame(*context_, now); }

  wire::Frame place(const OrderRequest& request, Time now) override { return ws_place(*context_, request, next_request(request.id), now); }
  wire::Frame cancel(const ClientOrderId& id, const VenueOrderId& venue_order_id, Time now) override {
    return ws_cancel(*context_, id, venue_order_id, next_request(id), now);
  }

  Heard frame(const wire::Frame& frame, Time now) override {
    const std::string request = ws_request_id(frame);
    const auto at = asked_.find(request);
    if (at == asked_.end()) return other(frame);
    const WsAnswer a = ws_answer(*context_, frame, at->second, now);
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
  std::string next_request(const ClientOrderId& id) {
    std::string name = fmt::format("r{}", ++requests_);
    asked_[name] = id;
    return name;
  }

  static Heard other(const wire::Frame& frame) {
    if (frame.binary) return {};
    const auto document = JsonDocument::parse(frame.payload);
    return document ? notice(document->root()).value_or(Heard{}) : Heard{};
  }

  ContextPtr context_;
  std::int64_t requests_ = 0;
  std::map<std::string, ClientOrderId> asked_;  // by request id; of this connection
};

}  // namespace

std::unique_ptr<OrderChannel> order_channel(ContextPtr context) { return std::make_unique<Channel>(std::move(context)); }

}  // namespace dn::venues::gateio

#include "venues/gateio/streams.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "venues/gateio/futures_orders.h"
#include "venues/gateio/futures_rest.h"
#include "venues/gateio/sign.h"
#include "venues/gateio/spot_orders.h"

namespace dn::venues::gateio {
namespace {

// What both streams of both markets do: subscribe, recognise answers, ping.
class Stream : public StreamProtocol {
 public:
  explicit Stream(ContextPtr context) : context_(std::move(context)), prefix_(context_->futures() ? "futures." : "spot.") {}

  wire::Headers upgrade_headers() const override { return size_headers(*context_); }

  Heard frame(const wire::Frame& frame, Time /*venue_now*/) override {
    if (frame.binary) return {};
    const auto document = JsonDocument::parse(frame.payload);
    if (!document) return {};
    const Element& root = document->root();
    if (auto n = notice(root)) return *n;
    const auto channel = text(root, "channel");
    const auto all = topics();
    if (std::find(all.begin(), all.end(), channel) == all.end()) return {};
    const auto event = text(root, "event");
    if (event == "subscribe") return answer(root, channel);
    const auto result = member(root, "result");
    if (event != "update" || !result) return {};
    return news(channel, *result);
  }

  wire::Frame ping(Time now) override { return ping_frame(*context_, now); }

 protected:
  virtual Heard news(std::string_view channel, const Element& result) = 0;
  // What a subscription's payload names; the last of it is what an answer must name as well.
  virtual std::vector<std::string> payload() const { return {context_->pair}; }

  wire::Frame subscription(const std::string& channel, bool with_key, Time now) const {
    const std::int64_t time = now.us / 1'000'000;
    JsonWriter w;
    w.begin_object().field("time", time).field("channel", std::string_view(channel)).field("event", "subscribe").key("payload").begin_array();
    for (const std::string& p : payload()) w.value(std::string_view(p));
    w.end_array();
    if (with_key) {
      const Credentials& c = context_->credentials;
      w.key("auth").begin_object().field("method", "api_key").field("KEY", c.key.reveal());
      w.field("SIGN", std::string_view(subscription_signature(c.secret.reveal(), channel, "subscribe", std::to_string(time)))).end_object();
    }
    w.end_object();
    return {false, w.str()};
  }

  const Context& context() const { return *context_; }
  const ContextPtr& shared_context() const { return context_; }
  const std::string& prefix() const { return prefix_; }

 private:
  Heard answer(const Element& root, std::string_view channel) const {
    const auto error = member(root, "error");
    const auto result = member(root, "result");
    const auto status = result ? text(*result, "status") : std::string_view();
    if (error || status == "fail") {
      const std::string why = error ? fmt::format("{} {}", text(*error, "code"), text(*error, "message")) : "fail";
      return {Heard::Kind::Refused, {}, {}, told(fmt::format("{}: {}", channel, why))};
    }
    if (status != "success") return {};
    // Newer answers repeat what they are about: it must be what was asked for.
    if (const auto echoed = member(root, "payload"); echoed && echoed->is_array()) {
      const auto listed = array_of(*echoed);
      const std::string asked = payload().back();
      const bool ours = std::any_of(listed.begin(), listed.end(), [&](const Element& p) { return text_of(p) == asked; });
      if (!listed.empty() && !ours) return {};
    }
    return {Heard::Kind::Subscribed, {std::string(channel)}, {}, {}};
  }

  ContextPtr context_;
  std::string prefix_;
};

class PublicStream final : public Stream {
 public:
  using Stream::Stream;

  std::vector<wire::Frame> opened(Time now) override {
    last_update_ = 0;
    return {subscription(topics()[0], false, now)};
  }
  std::vector<std::string> topics() const override { return {prefix() + "book_ticker"}; }

 protected:
  Heard news(std::string_view /*channel*/, const Element& r) override {
    const auto update = whole(r, "u");
    if (!update || text(r, "s") != context().pair) return {};
    if (*update < last_update_) return {Heard::Kind::Data, {}, {}, {}};  // overtaken
    const auto bid = amount(r, "b");
    const auto ask = amount(r, "a");
    auto bid_qty = amount(r, "B");
    auto ask_qty = amount(r, "A");
    last_update_ = *update;
    // A side without orders has the price "": there is no top to tell.
    if (text(r, "b").empty() || text(r, "a").empty()) return {Heard::Kind::Data, {}, {}, {}};
    if (context().futures()) {
      const Decimal& per_contract = context().instrument.multiplier.decimal();
      if (bid_qty) bid_qty = product(*bid_qty, per_contract);
      if (ask_qty) ask_qty = product(*ask_qty, per_contract);
    }
    if (!bid || !ask || !bid_qty || !ask_qty || bid_qty->is_negative() || ask_qty->is_negative()) return {};
    if (!bid->is_positive() || !ask->is_positive()) return {Heard::Kind::Data, {}, {}, {}};
    return {Heard::Kind::Data, {}, {TopOfBook{Price(*bid), Price(*ask), Qty(*bid_qty), Qty(*ask_qty)}}, {}};
  }

 private:
  std::int64_t last_update_ = 0;
};

class PrivateStream final : public Stream {
 public:
  using Stream::Stream;

  std::unique_ptr<Question<Outcome<std::string>>> ticket() override {
    // Futures subscriptions name the user; with a wrong one they are accepted and stay silent.
    if (!context().futures() || !context().user_id.empty()) return nullptr;
    return ask_user_id(shared_context());
  }

  std::vector<wire::Frame> opened(Time now) override {
    std::vector<wire::Frame> out;
    for (const std::string& channel : topics()) out.push_back(subscription(channel, true, now));
    return out;
  }
  std::vector<std::string> topics() const override { return {prefix() + "orders", prefix() + "usertrades"}; }

 protected:
  // Of all pairs (Gate docs v4.106: "!all"), so that one connection does for all tasks of an account.
  std::vector<std::string> payload() const override {
    if (context().futures()) return {context().user_id, "!all"};
    return {"!all"};
  }

  Heard news(std::string_view channel, const Element& result) override {
    Heard h;
    h.kind = Heard::Kind::Data;
    const bool trades = channel == prefix() + "usertrades";
    std::vector<Element> list = array_of(result);
    if (result.is_object()) list.push_back(result);
    for (const Element& row : list) {
      if (text(row, context().futures() ? "contract" : "currency_pair") != context().pair) continue;
      if (trades) {
        if (const auto fill = read_fill(row)) {
          h.news.emplace_back(*fill);
          continue;
        }
      }
      // An order of ours moved, or a trade of it is told in a way that is not exact: REST is asked.
      if (const auto id = text(row, "text"); is_ours(id)) h.news.emplace_back(OrderNews{ClientOrderId(id), trades});
    }
    return h;
  }

 private:
  std::optional<Fill> read_fill(const Element& row) const {
    if (!context().futures()) return spot_dialect(shared_context())->read_trade(row);
    // A server that does not know of fractions tells 1.7 as 1, whatever was asked for. Where a contract can be divided, its trades are
    // therefore read by REST only.
    if (!(context().instrument.step == context().instrument.multiplier)) return std::nullopt;
    return read_futures_trade(row, context());
  }
};

}  // namespace

wire::Headers size_headers(const Context& context) { return context.futures() ? wire::Headers{{"X-Gate-Size-Decimal", "1"}} : wire::Headers{}; }

wire::Frame ping_frame(const Context& context, Time now) {
  JsonWriter w;
  w.begin_object().field("time", now.us / 1'000'000).field("channel", context.futures() ? "futures.ping" : "spot.ping").end_object();
  return {false, w.str()};
}

std::optional<Heard> notice(const Element& root) {
  if (text(root, "type") == "upgrade") return Heard{Heard::Kind::Closing, {}, {}, told(text(root, "msg"))};
  const auto channel = text(root, "channel");
  if (channel == "spot.pong" || channel == "futures.pong") return Heard{Heard::Kind::Alive, {}, {}, {}};
  return std::nullopt;
}

std::unique_ptr<StreamProtocol> public_stream(ContextPtr context) { return std::make_unique<PublicStream>(std::move(context)); }
std::unique_ptr<StreamProtocol> private_stream(ContextPtr context) { return std::make_unique<PrivateStream>(std::move(context)); }

}  // namespace dn::venues::gateio

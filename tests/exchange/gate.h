// Gate API v4, spot and USDT futures: what REST, the streams and the trading API over WebSocket share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "server.h"

namespace dn::exchange {

// An answer before it is dressed for REST or for a WebSocket.
struct GateAnswer {
  int status = 200;
  std::string body;   // of a success
  std::string label;  // of a refusal
  std::string message;
  bool detail = false;  // the message stands under "detail"
  bool good() const { return label.empty(); }
  std::string error_json() const;
};
GateAnswer gate_ok(std::string body, int status = 200);
GateAnswer gate_error(int status, std::string label, std::string message = "", bool detail = false);
GateAnswer gate_invalid(std::string_view parameter, std::string_view value);
GateAnswer gate_missing(std::string_view parameter);

// With more members at its end, as text or those of another object; no object is empty.
std::string gate_with(std::string object, const std::string& members);
std::string gate_joined(std::string object, const std::string& other);
// Counts orders that are placed or amended, one or an array of them; `pair` stands for what the body does not name.
RateLimits::Standing gate_count_place(Site& site, Venue venue, const Json& body, const std::string& pair);

std::string gate_seconds(Time t);  // "1768397866.662", a number
bool gate_text_is_good(std::string_view text);

// How sizes are written: strings with fractions, or whole numbers that lose them.
std::string gate_size(const Decimal& contracts, bool decimal_sizes);
enum class OrderShape : std::uint8_t { Rest, Compact, Push };
GateAnswer gate_ended(const Order& order);  // spot: why it cannot be cancelled or changed
std::string gate_spot_order(const Order& order);
void gate_spot_fee(Obj& out, const Trade& trade);        // what a trade paid: out of what was received, or in GT
void gate_spot_rates(Obj& out, const Instrument& spot);  // and what it would have to
// Without fees on the second version of the channel.
std::string gate_spot_push(const Order& order, OrderChange change, const std::string& uid, bool with_fees);
std::string gate_futures_order(const Order& order, OrderShape shape, bool decimal_sizes, const std::string& uid);
Decimal gate_signed_size(const Order& order);
Decimal gate_signed_left(const Order& order);

// Who asks, and how.
struct GateContext {
  bool by_ws = false;
  bool decimal_sizes = false;
};

// Cancels everything when its owner stays silent.
class Countdowns {
 public:
  explicit Countdowns(Site& site) : site_(site) {}
  GateAnswer set(Venue venue, const Json& body, std::string_view symbol_key);

 private:
  Site& site_;
  std::map<std::string, std::int64_t> armed_;  // what → which arming
  std::int64_t armings_ = 0;
};

class GateSpot {
 public:
  explicit GateSpot(Site& site) : site_(site) {}
  GateAnswer place(const Json& order, const GateContext& context);
  GateAnswer get(const std::string& id, const std::string& pair);
  GateAnswer cancel(const std::string& id, const std::string& pair);
  GateAnswer place_batch(const Json& list, const GateContext& context);
  GateAnswer amend(const std::string& id, const Json& change);
  GateAnswer amend_batch(const Json& list);
  GateAnswer cancel_all(const std::string& pair, const std::string& side);
  GateAnswer cancel_batch(const Json& list);
  GateAnswer list(const Params& p);
  GateAnswer open_orders(const Params& p);
  GateAnswer my_trades(const Params& p);
  GateAnswer accounts(const Params& p);

  GateAnswer pairs(const std::string& one);
  GateAnswer tickers(const Params& p);
  GateAnswer order_book(const Params& p);
  GateAnswer trades(const Params& p);
  GateAnswer candlesticks(const Params& p);
  GateAnswer currencies(const std::string& one);
  GateAnswer fees(const Params& p);

 private:
  GateAnswer check_amounts(const Json& order, NewOrder& w);
  GateAnswer check_limits(const NewOrder& w);
  GateAnswer filter(GateAnswer refusal);
  GateAnswer send(const NewOrder& w, const std::string& action_mode);
  GateAnswer refused(const Placed& p);
  Order* find(const std::string& id, const std::string& pair, GateAnswer& why_not);

  Site& site_;
};

class GateFutures {
 public:
  explicit GateFutures(Site& site) : site_(site) {}
  // Nothing private works before the wallet is funded; good() when it is.
  GateAnswer wallet() const;
  GateAnswer place(const Json& order, const GateContext& context);
  GateAnswer get(const std::string& id, const GateContext& context);
  GateAnswer cancel(const std::string& id, const GateContext& context);
  GateAnswer place_batch(const Json& list, const GateContext& context);
  GateAnswer amend(const std::string& id, const Json& change, const GateContext& context);
  GateAnswer amend_batch(const Json& list, const GateContext& context);
  GateAnswer cancel_all(const std::string& contract, const std::string& side, const GateContext& context);
  GateAnswer cancel_batch(const Json& ids);
  GateAnswer list(const Params& p, const GateContext& context);
  GateAnswer list_by_time(const Params& p, const GateContext& context);
  GateAnswer my_trades(const Params& p, bool by_time, const GateContext& context);
  GateAnswer account();
  GateAnswer account_book(const Params& p);
  GateAnswer positions(const Params& p, const GateContext& context);
  GateAnswer position(const std::string& contract, const GateContext& context);
  GateAnswer fee(const Params& p);
  GateAnswer set_leverage(const std::string& contract, const Params& p, const GateContext& context);
  GateAnswer set_mode(bool dual);

  GateAnswer contracts(const std::string& one, const GateContext& context);
  GateAnswer tickers(const Params& p, const GateContext& context);
  GateAnswer order_book(const Params& p, const GateContext& context);
  GateAnswer trades(const Params& p, const GateContext& context);
  GateAnswer funding_rate(const Params& p);
  GateAnswer candlesticks(const Params& p, const GateContext& context);
  GateAnswer risk_tiers(const Params& p);

 private:
  GateAnswer check(const Json& order, NewOrder& w, const GateContext& context);
  GateAnswer check_size(const Json& order, NewOrder& w, const GateContext& context);
  GateAnswer refused(const Placed& p, const NewOrder& w);
  GateAnswer check_price(const Json& order, NewOrder& w);
  GateAnswer filter(GateAnswer refusal);
  Order* find(const std::string& id, GateAnswer& why_not);
  std::string position_json(const Market& m, const GateContext& context) const;

  Site& site_;
};

std::string gate_spot_ticker(const Market& m, Time now);
std::string gate_futures_ticker(const Market& m, Time now, bool decimal_sizes);
// The length of a candle by its name; nullopt when there is no such candle.
std::optional<Period> gate_period(std::string_view interval);

struct Gate {
  explicit Gate(Site& s) : site(s), spot(s), futures(s), countdowns(s) {}
  Site& site;
  GateSpot spot;
  GateFutures futures;
  Countdowns countdowns;
};

// One WebSocket, of spot or of futures.
std::shared_ptr<Stream> gate_stream(Gate& gate, Venue venue, bool decimal_sizes);

// The trading API over a WebSocket, one for each connection.
class GateWsApi {
 public:
  GateWsApi(Gate& gate, Venue venue, bool decimal_sizes, std::string connection_id)
      : gate_(gate), venue_(venue), context_{true, decimal_sizes}, connection_id_(std::move(connection_id)) {}
  // `say` sends a message, `reset` ends the connection; both may be called later.
  void request(const Json& message, const std::function<void(const std::string&)>& say, const std::function<void()>& reset);

 private:
  struct Call {
    std::string channel;  // without "spot." or "futures."
    std::string req_id;
    Json param;
    Json header;
    RateLimits::Standing standing;
    Time arrived;
  };
  std::string frame(const Call& c, int status, const std::string& data, bool ack) const;
  std::string error(const Call& c, const GateAnswer& a) const;
  GateAnswer login(const Json& payload);
  GateAnswer run(const Call& c);
  GateAnswer run_spot(const Call& c);
  GateAnswer run_futures(const Call& c);
  bool count(Call& c);
  void carry_out(const Call& c, const std::optional<Fault>& fault, const std::function<void(const std::string&)>& say, const std::function<void()>& reset);

  Gate& gate_;
  Venue venue_;
  GateContext context_;
  std::string connection_id_;
  bool logged_in_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // requests that come late find out whether we still are
};

}  // namespace dn::exchange

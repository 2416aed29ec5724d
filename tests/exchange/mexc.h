// MEXC spot, API V3: what its REST half and its streams share.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "server.h"

namespace dn::exchange {

HttpReply mexc_error(int http, int code, std::string_view msg);
// With `"_extend":null`, as live answers to look-ups have it.
HttpReply mexc_not_found();
std::string_view mexc_type(const Order& order);
std::string_view mexc_status(const Order& order);
std::string mexc_order_json(const Order& order);

struct ListenKeys {
  struct Entry {
    Time expires;
    int connections = 0;
  };
  std::map<std::string, Entry> live;
  std::int64_t made = 0;
  void drop_expired(Time now);
};

// A signed or public endpoint asks with these.
struct MexcCall {
  const HttpRequest& http;
  Params params;
};

// Orders by REST.
class MexcOrders {
 public:
  explicit MexcOrders(Site& site) : site_(site) {}
  HttpReply place(const MexcCall& c);
  HttpReply place_batch(const MexcCall& c);
  HttpReply test(const MexcCall& c);
  HttpReply query(const MexcCall& c);
  HttpReply cancel(const MexcCall& c);
  HttpReply open_orders(const MexcCall& c);
  HttpReply cancel_open(const MexcCall& c);
  HttpReply cancel_everything();
  HttpReply all_orders(const MexcCall& c);
  HttpReply my_trades(const MexcCall& c);

 private:
  struct Checked {
    NewOrder wish;
    std::optional<HttpReply> refusal;
  };
  struct Outcome {
    const Order* order = nullptr;
    HttpReply refusal;  // when there is none
  };
  Checked check(const MexcCall& c);
  Outcome place_one(const MexcCall& c);
  std::optional<HttpReply> check_amounts(const MexcCall& c, NewOrder& w);
  std::optional<HttpReply> check_market_order(const MexcCall& c, NewOrder& w);
  std::optional<HttpReply> check_limits(const NewOrder& w);
  std::optional<HttpReply> check_price_band(const NewOrder& w);
  HttpReply filter(int code, std::string_view msg);
  std::string cancel_json(const Order& before) const;
  Order* find(const MexcCall& c);
  HttpReply refused(const Placed& p, const NewOrder& w);

  Site& site_;
};

// Market data by REST.
HttpReply mexc_exchange_info(Site& site, const MexcCall& c);
HttpReply mexc_symbols(Site& site, bool own);
HttpReply mexc_depth(Site& site, const MexcCall& c);
HttpReply mexc_book_ticker(Site& site, const MexcCall& c);
HttpReply mexc_price(Site& site, const MexcCall& c);
HttpReply mexc_trades(Site& site, const MexcCall& c);
HttpReply mexc_agg_trades(Site& site, const MexcCall& c);
HttpReply mexc_klines(Site& site, const MexcCall& c);
HttpReply mexc_day_ticker(Site& site, const MexcCall& c);
HttpReply mexc_average_price(Site& site, const MexcCall& c);
HttpReply mexc_coins(Site& site);

std::shared_ptr<Stream> mexc_stream(Site& site, ListenKeys& keys, const std::string& listen_key);

}  // namespace dn::exchange

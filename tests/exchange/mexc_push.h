// MEXC's pushes as protobuf, and the topics that name them.
#pragma once

#include <optional>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

#include "exchange.h"

namespace dn::exchange {

inline constexpr std::string_view kOrdersTopic = "spot@private.orders.v3.api.pb";
inline constexpr std::string_view kDealsTopic = "spot@private.deals.v3.api.pb";
inline constexpr std::string_view kAccountTopic = "spot@private.account.v3.api.pb";

// The body's field in the wrapper.
enum class MexcBody : std::uint16_t {
  LimitDepths = 303,
  Orders = 304,
  Deals = 306,
  Account = 307,
  Kline = 308,
  MiniTicker = 309,
  MiniTickers = 310,
  BookTickerBatch = 311,
  AggreDepths = 313,
  AggreDeals = 314,
  AggreBookTicker = 315
};

// What surrounds a body; what is empty or zero is left out.
struct MexcWrapper {
  std::string_view channel;
  std::string_view symbol;
  std::string_view symbol_id;
  Time created;
  Time sent;
};
std::string mexc_wrapped(const MexcWrapper& about, MexcBody tag, const std::string& body);

struct MexcTopic {
  enum class Kind : std::uint8_t { Ticker, TickerBatch, Depth, AggreDepth, Deals, Kline, Mini, Minis, Orders, MyDeals, Account };
  std::string name;
  Kind kind = Kind::Ticker;
  const Market* market = nullptr;  // of public topics
  Dur pause;                       // between two pushes
  std::size_t levels = 0;
  Period period;
  std::string interval;  // "Min1"
  Time last;
  bool due = false;
  std::string told;  // the top that was last pushed
  sim::Book book;    // as last pushed
  std::int64_t version = 0;

  bool is_private() const { return kind == Kind::Orders || kind == Kind::MyDeals || kind == Kind::Account; }
  bool follows_books() const { return kind == Kind::Ticker || kind == Kind::TickerBatch || kind == Kind::Depth || kind == Kind::AggreDepth; }
  bool follows_deals() const { return kind == Kind::Kline || kind == Kind::Mini; }
};
// nullopt: no such topic.
std::optional<MexcTopic> mexc_topic(Exchange& exchange, const std::string& name);

std::string mexc_book_ticker_bytes(const Market& m, const TopOfBook& top);
std::string mexc_ticker_batch_bytes(const Market& m, const TopOfBook& top);
std::string mexc_depth_bytes(const Market& m, std::size_t levels);
std::string mexc_aggre_depth_bytes(const Market& m, const sim::Book& change, const MexcTopic& topic);
std::string mexc_deal_bytes(const PublicDeal& d, const MexcTopic& topic);
std::string mexc_kline_bytes(const Candle& c, const MexcTopic& topic);
std::string mexc_mini_bytes(const Market& m, Time now);
std::string mexc_order_bytes(const Order& o);
std::string mexc_my_deal_bytes(const Trade& t);
std::string mexc_account_bytes(const BalanceChange& c, Time now);

}  // namespace dn::exchange

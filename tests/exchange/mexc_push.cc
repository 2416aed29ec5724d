// The bytes of MEXC's pushes.
#include "mexc_push.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "json.h"

namespace dn::exchange {
namespace {

using protozero::pbf_tag_type;
using protozero::pbf_writer;

std::int64_t ms(Time t) { return t.us / 1000; }

// proto3: what is empty or zero is not written.
void put(pbf_writer& w, pbf_tag_type tag, const std::string& text) {
  if (!text.empty()) w.add_string(tag, text);
}

std::string level_bytes(const sim::Level& l, int price_places) {
  std::string out;
  pbf_writer w(out);
  put(w, 1, l.price.decimal().str_padded(price_places));
  put(w, 2, l.qty.str());
  return out;
}

void put_top(pbf_writer& w, const TopOfBook& top) {
  put(w, 1, top.bid.str());
  put(w, 2, top.bid_qty.str());
  put(w, 3, top.ask.str());
  put(w, 4, top.ask_qty.str());
}

// The topic without its symbol.
std::string event_type(const MexcTopic& t) { return t.name.substr(0, t.name.rfind('@')); }

}  // namespace

std::string mexc_book_ticker_bytes(const Market& m, const TopOfBook& top) {
  std::string out;
  pbf_writer w(out);
  put_top(w, top);
  put(w, 5, std::to_string(m.version));
  w.add_int64(6, ms(m.book_time));
  return out;
}

std::string mexc_depth_bytes(const Market& m, std::size_t levels) {
  std::string out;
  pbf_writer w(out);
  for (const bool asks : {true, false}) {
    const auto& side = asks ? m.sim.book().asks : m.sim.book().bids;
    for (std::size_t i = 0; i < std::min(levels, side.size()); ++i) w.add_message(asks ? 1 : 2, level_bytes(side[i], m.price_places));
  }
  put(w, 3, "spot@public.limit.depth.v3.api.pb");
  put(w, 4, std::to_string(m.version));
  w.add_int64(5, ms(m.book_time));
  return out;
}

std::string mexc_deal_bytes(const PublicDeal& d, const MexcTopic& topic) {
  std::string deal;
  pbf_writer w(deal);
  put(w, 1, d.trade.price.str());
  put(w, 2, d.trade.qty.str());
  w.add_int32(3, d.trade.taker == Side::Buy ? 1 : 2);
  w.add_int64(4, ms(d.time));
  put(w, 5, fmt::format("{}X1", d.number));
  std::string out;
  pbf_writer all(out);
  all.add_message(1, deal);
  put(all, 2, event_type(topic));
  return out;
}

namespace {

int status_code(const Order& o) {
  if (o.open) return o.filled.is_zero() ? 1 : 3;
  return o.left().is_zero() ? 2 : o.filled.is_zero() ? 4 : 5;
}

int type_code(ListedType t) {
  constexpr std::array kCodes{1, 2, 3, 4, 5};
  return kCodes[static_cast<std::size_t>(t)];
}

}  // namespace

std::string mexc_order_bytes(const Order& o) {
  const bool market = o.type == ListedType::Market;
  const Money left = market && o.side == Side::Sell ? Money{} : o.price * o.qty - o.filled_quote;
  std::string out;
  pbf_writer w(out);
  put(w, 1, o.id);
  put(w, 2, o.client_id);
  put(w, 3, o.price.str());
  put(w, 4, o.qty.str());
  put(w, 5, o.by_quote ? o.amount.str() : market ? "0" : (o.price * o.qty).str());
  put(w, 6, o.average().decimal().rounded(o.market->price_places + 2, Rounding::HalfUp).str());
  w.add_int32(7, type_code(o.type));
  w.add_int32(8, o.side == Side::Buy ? 1 : 2);
  if (o.maker_last) w.add_bool(9, true);
  put(w, 10, (market ? left : o.price * o.left()).str());
  put(w, 11, o.left().str());
  if (!o.last_fill.is_zero()) put(w, 12, o.last_fill.str());
  put(w, 13, o.filled.str());
  put(w, 14, o.filled_quote.str());
  w.add_int32(15, status_code(o));
  w.add_int64(16, ms(o.created));
  return out;
}

std::string mexc_my_deal_bytes(const Trade& t) {
  const Order& o = *t.order;
  std::string out;
  pbf_writer w(out);
  put(w, 1, t.price.str());
  put(w, 2, t.qty.str());
  put(w, 3, (t.price * t.qty).str());
  w.add_int32(4, o.side == Side::Buy ? 1 : 2);
  if (t.maker) w.add_bool(5, true);
  put(w, 7, stream_trade_id(t));
  put(w, 8, o.client_id);
  put(w, 9, o.id);
  put(w, 10, t.fee.str());
  put(w, 11, t.fee_asset);
  w.add_int64(12, ms(t.time));
  return out;
}

std::string mexc_account_bytes(const BalanceChange& c, Time now) {
  std::string out;
  pbf_writer w(out);
  put(w, 1, c.asset);
  put(w, 2, "coin-" + c.asset);
  put(w, 3, c.now.free().str());
  put(w, 4, (c.change - c.locked_change).str());
  put(w, 5, c.now.locked.str());
  put(w, 6, c.locked_change.str());
  put(w, 7, c.kind == "place" ? "ENTRUST_PLACE" : c.kind == "fill" ? "ENTRUST" : "ENTRUST_CANCEL");
  w.add_int64(8, ms(now));
  return out;
}

std::string mexc_wrapped(const MexcWrapper& about, MexcBody tag, const std::string& body) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, about.channel.data(), about.channel.size());
  if (!about.symbol.empty()) w.add_string(3, about.symbol.data(), about.symbol.size());
  if (!about.symbol_id.empty()) w.add_string(4, about.symbol_id.data(), about.symbol_id.size());
  if (about.created.us != 0) w.add_int64(5, ms(about.created));
  if (about.sent.us != 0) w.add_int64(6, ms(about.sent));
  w.add_message(static_cast<pbf_tag_type>(tag), body);
  return out;
}

std::string mexc_ticker_batch_bytes(const Market& m, const TopOfBook& top) {
  std::string item;
  pbf_writer i(item);
  put_top(i, top);
  std::string out;
  pbf_writer w(out);
  w.add_message(1, item);
  put(w, 2, std::to_string(m.version));
  w.add_int64(3, ms(m.book_time));
  return out;
}

std::string mexc_aggre_depth_bytes(const Market& m, const sim::Book& change, const MexcTopic& topic) {
  std::string out;
  pbf_writer w(out);
  for (const sim::Level& l : change.asks) w.add_message(1, level_bytes(l, 0));
  for (const sim::Level& l : change.bids) w.add_message(2, level_bytes(l, 0));
  put(w, 3, event_type(topic));
  put(w, 4, std::to_string(topic.version + 1));
  put(w, 5, std::to_string(m.version));
  w.add_int64(6, ms(m.book_time));
  return out;
}

std::string mexc_kline_bytes(const Candle& c, const MexcTopic& topic) {
  std::string out;
  pbf_writer w(out);
  put(w, 1, topic.interval);
  w.add_int64(2, c.start.us / 1'000'000);
  put(w, 3, c.open.str());
  put(w, 4, c.close.str());
  put(w, 5, c.high.str());
  put(w, 6, c.low.str());
  put(w, 7, c.volume.str());
  put(w, 8, c.quote.str());
  w.add_int64(9, topic.period.next(c.start).us / 1'000'000);
  return out;
}

std::string mexc_mini_bytes(const Market& m, Time now) {
  const Candle day = m.candles.day(now);
  const std::string rate = day.change_rate().str();
  std::string out;
  pbf_writer w(out);
  put(w, 1, m.name);
  put(w, 2, m.last.str());
  put(w, 3, rate);
  put(w, 4, rate);
  put(w, 5, day.high.str());
  put(w, 6, day.low.str());
  put(w, 7, day.quote.str());
  put(w, 8, day.volume.str());
  put(w, 9, rate);
  put(w, 10, rate);
  put(w, 11, day.high.str());
  put(w, 12, day.low.str());
  return out;
}

}  // namespace dn::exchange

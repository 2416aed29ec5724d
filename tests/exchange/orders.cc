// What orders do to the exchange: placing, cancelling, fills and money.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "exchange.h"

namespace dn::exchange {
namespace {

constexpr std::size_t kMovementsKept = 10'000;

Decimal locked_in(const Market& m, const std::string& asset) {
  Decimal sum;
  for (const Order* o : m.open) {
    const bool in_quote = m.is_futures() || o->side == Side::Buy;
    if (asset == (in_quote ? m.quote : m.base)) sum += m.sim.truth().orders[o->sim_index].locked;
  }
  return sum;
}

Decimal margin_in(const Market& m, const std::string& asset) {
  if (!m.is_futures() || asset != m.quote) return {};
  return m.sim.truth().position_cost.abs().decimal().divided_by(Decimal(m.effective_leverage()), 18, Rounding::Up);
}

OrderType sim_type(ListedType type, Price limit) {
  switch (type) {
    case ListedType::PostOnly: return OrderType::PostOnly;
    case ListedType::Limit: return OrderType::Limit;
    default: return limit.is_zero() ? OrderType::Market : OrderType::Ioc;
  }
}

OrderRequest sim_request(const std::string& key, Side side, OrderType type, Price limit, Qty qty, bool reduce_only, Time now) {
  OrderRequest r;
  r.id = ClientOrderId(key);
  r.leg = r.side = side;
  r.type = type;
  r.price = limit;
  r.qty = qty;
  r.reduce_only = reduce_only;
  r.created = now;
  r.expires = Time::never();
  return r;
}

std::string finish_word(const Order& o) {
  if (o.left().is_zero()) return "filled";
  if (o.type == ListedType::Ioc || o.type == ListedType::Market) return "ioc";
  if (o.type == ListedType::Fok) return "fok";
  return o.reduce_only ? "reduce_out" : "cancelled";
}

}  // namespace

BalanceView Exchange::balance(Venue venue, const std::string& asset) {
  BalanceView view;
  view.total = accounts_[venue].total[asset];
  for (const Market* m : markets(venue)) {
    view.locked += locked_in(*m, asset);
    view.margin += margin_in(*m, asset);
  }
  return view;
}

// A SimVenue gets what the account has, less what the venue's other symbols hold.
void Exchange::give_funds(Market& m) {
  std::set<std::string> assets{m.quote};
  if (!m.is_futures()) assets.insert(m.base);
  if (m.rules.fee_in == FeeIn::Token) assets.insert(m.rules.fee_token.str());
  for (const std::string& asset : assets) {
    const BalanceView all = balance(m.venue, asset);
    const Decimal others = all.locked + all.margin - locked_in(m, asset) - margin_in(m, asset);
    const auto& has = m.sim.truth().balances;
    const auto now_there = has.find(Asset(asset));
    const Decimal wanted = all.total - others;
    m.sim.deposit(Asset(asset), now_there == has.end() ? wanted : wanted - now_there->second);
    m.money[asset] = wanted;
  }
}

// What trades did to a SimVenue's money happened to the account.
void Exchange::take_money(Market& m) {
  Account& a = accounts_[m.venue];
  for (const auto& [asset, amount] : m.sim.truth().balances) {
    Decimal& known = m.money[asset.str()];
    a.total[asset.str()] += amount - known;
    known = amount;
  }
}

// Each fee is a movement of its own; what is left of the change is one more.
void Exchange::keep_books(Market& m, const Decimal& before, std::size_t first_trade, const std::string& kind) {
  if (!m.is_futures()) return;
  Account& a = accounts_[m.venue];
  Decimal balance = before;
  Decimal rest = a.total[m.quote] - before;
  const auto row = [&](const Decimal& change, const std::string& what, std::int64_t trade) {
    balance += change;
    a.movements.push_back({next_number(), now(), change, balance, what, &m, trade});
    if (a.movements.size() > kMovementsKept) a.movements.pop_front();
  };
  for (std::size_t i = first_trade; i < a.trades.size(); ++i) {
    row(-a.trades[i].fee, "fee", a.trades[i].number);
    rest += a.trades[i].fee;
  }
  if (!rest.is_zero()) row(rest, kind, first_trade < a.trades.size() ? a.trades.back().number : 0);
}

void Exchange::tell_balances(Venue venue, const std::string& kind) {
  Account& a = accounts_[venue];
  for (const auto& [asset, total] : a.total) {
    const BalanceView view = balance(venue, asset);
    BalanceView& told = a.told[asset];
    BalanceChange change{venue, asset, view, view.total - told.total, view.locked - told.locked, kind};
    if (change.change.is_zero() && change.locked_change.is_zero() && view.margin == told.margin) continue;
    told = view;
    if (listener_ != nullptr) listener_->on_balance(change);
  }
}

Order& Exchange::enlist(const NewOrder& wish) {
  Account& a = accounts_[wish.market->venue];
  Order& o = a.orders.emplace_back();
  o.market = wish.market;
  o.client_id = wish.client_id;
  o.text = wish.text;
  o.side = wish.side;
  o.type = wish.type;
  o.tif = wish.tif;
  o.price = wish.price;
  o.qty = wish.qty;
  o.amount = wish.amount;
  o.by_quote = wish.by_quote;
  o.reduce_only = wish.reduce_only;
  o.close = wish.close;
  o.created = o.updated = now();
  const std::int64_t n = next_number();
  switch (wish.market->venue) {
    case Venue::MexcSpot: o.id = fmt::format("C02__{}{:011}", run_digits_.substr(run_digits_.size() - 10), n); break;
    case Venue::GateioSpot: o.number = 800'000'000'000 + n; break;
    case Venue::GateioFutures: o.number = 299'207'000'000'000'001 + n; break;
  }
  if (o.id.empty()) o.id = std::to_string(o.number);
  a.by_id[o.id] = &o;
  if (!o.client_id.empty()) a.by_client_id[o.client_id] = &o;
  wish.market->all.push_back(&o);
  return o;
}

Placed Exchange::place(const NewOrder& wish) {
  Market& m = *wish.market;
  give_funds(m);
  const std::string key = fmt::format("x{}", next_number());
  const std::size_t index = m.sim.truth().orders.size();
  const OrderType type = sim_type(wish.type, wish.limit);
  const PlaceReport report = m.sim.place(sim_request(key, wish.side, type, wish.limit, wish.qty, wish.reduce_only, now()), now());
  if (report.outcome != PlaceOutcome::Accepted) return {nullptr, report.code.str(), report.reason.str()};
  Order& o = enlist(wish);
  o.key = key;
  o.sim_index = index;
  accounts_[m.venue].by_key[key] = &o;
  m.open.push_back(&o);
  tell_balances(m.venue, "place");
  if (m.sim.truth().orders[index].open) {
    o.told = true;
    if (listener_ != nullptr) listener_->on_order(o, OrderChange::Put);
  }
  collect(m, "fill");
  return {&o, "", ""};
}

Order* Exchange::stillborn(const NewOrder& wish, const std::string& finish_as) {
  Order& o = enlist(wish);
  o.open = false;
  o.finish_as = finish_as;
  if (listener_ != nullptr) listener_->on_order(o, OrderChange::Finish);
  return &o;
}

// What is left of an order as a new one inside the SimVenue.
PlaceReport Exchange::put_into_sim(Order& o, Price limit, Qty qty) {
  Market& m = *o.market;
  give_funds(m);
  const std::string key = fmt::format("x{}", next_number());
  const std::size_t index = m.sim.truth().orders.size();
  PlaceReport report = m.sim.place(sim_request(key, o.side, sim_type(o.type, limit), limit, qty - o.filled, o.reduce_only, now()), now());
  if (report.outcome == PlaceOutcome::Accepted) {
    o.key = key;
    o.sim_index = index;
    accounts_[m.venue].by_key[key] = &o;
  }
  return report;
}

Placed Exchange::amend(Order& o, Price price, Qty qty, const std::string& amend_text) {
  Market& m = *o.market;
  if (m.status() != TradingStatus::Trading) return {nullptr, "not_tradable", "trading is halted"};
  const std::string text = amend_text.empty() ? "-" : amend_text;
  if (qty <= o.filled) {
    o.amend_text = text;
    cancel(o);
    return {&o, "", ""};
  }
  m.sim.cancel(ClientOrderId(o.key), {}, now());
  const PlaceReport report = put_into_sim(o, price, qty);
  if (report.outcome != PlaceOutcome::Accepted) {
    put_into_sim(o, o.price, o.qty);
    collect(m, "cancel");
    return {nullptr, report.code.str(), report.reason.str()};
  }
  o.amend_text = text;
  o.price = price;
  o.qty = qty;
  o.amount = o.market->is_futures() && o.side == Side::Sell ? -m.contracts(qty) : m.contracts(qty);
  o.updated = now();
  tell_balances(m.venue, "amend");
  if (m.sim.truth().orders[o.sim_index].open) {
    ++o.update_id;
    if (listener_ != nullptr) listener_->on_order(o, OrderChange::Update);
  }
  collect(m, "fill");
  return {&o, "", ""};
}

bool Exchange::set_leverage(Market& m, std::int64_t leverage, std::int64_t cross_limit) {
  const std::int64_t old_leverage = std::exchange(m.leverage, leverage);
  const std::int64_t old_limit = std::exchange(m.cross_limit, cross_limit);
  m.sim.set_leverage(m.effective_leverage());
  if (!balance(m.venue, m.quote).free().is_negative()) {
    tell_balances(m.venue, "leverage");
    return true;
  }
  m.leverage = old_leverage;
  m.cross_limit = old_limit;
  m.sim.set_leverage(m.effective_leverage());
  return false;
}

bool Exchange::cancel(Order& o, const std::string& finish_as) {
  if (!o.open) return false;
  Market& m = *o.market;
  m.sim.cancel(ClientOrderId(o.key), {}, now());
  o.finish_as = finish_as;
  collect(m, "cancel");
  return true;
}

void Exchange::book_fill(Market& m, const Fill& f) {
  Account& a = accounts_[m.venue];
  Order& o = *a.by_key.at(f.order.str());
  Trade t;
  t.number = next_number();
  t.order = &o;
  t.price = f.price;
  t.qty = f.qty;
  const Qty signed_qty = f.side == Side::Buy ? f.qty : -f.qty;
  if (!m.position.is_zero() && m.position.is_positive() != signed_qty.is_positive()) t.closing = min(f.qty, m.position.abs());
  m.position += signed_qty;
  m.traded = true;
  t.fee = f.fee.decimal();
  t.fee_asset = f.fee_asset.str();
  t.maker = f.liquidity == Liquidity::Maker;
  t.time = f.time;
  o.filled += f.qty;
  o.filled_quote += f.price * f.qty;
  o.fees[t.fee_asset] += t.fee;
  o.maker_last = t.maker;
  o.last_fill = f.qty;
  o.updated = now();
  o.trades.push_back(a.trades.size());
  a.trades.push_back(t);
  if (!t.maker) {
    ++m.version;
    m.trade_happened(t.number, {f.price, f.qty, f.side}, f.time);
    if (listener_ != nullptr) listener_->on_deal(m, m.deals.back());
  }
  if (listener_ != nullptr) listener_->on_trade(a.trades.back());
}

// Hears what the matching did, and tells it.
void Exchange::collect(Market& m, const std::string& kind) {
  const std::vector<Fill> fills = m.sim.take_new_fills();
  const std::int64_t version = m.version;
  const std::size_t first_trade = accounts_[m.venue].trades.size();
  std::vector<Order*> touched;
  for (const Fill& f : fills) {
    book_fill(m, f);
    Order* o = accounts_[m.venue].by_key.at(f.order.str());
    if (std::find(touched.begin(), touched.end(), o) == touched.end()) touched.push_back(o);
  }
  std::vector<Order*> ended;
  for (Order* o : m.open) {
    if (!m.sim.truth().orders[o->sim_index].open) ended.push_back(o);
  }
  for (Order* o : ended) {
    m.open.erase(std::find(m.open.begin(), m.open.end(), o));
    o->open = false;
    if (o->finish_as.empty()) o->finish_as = finish_word(*o);
    o->updated = now();
    if (std::find(touched.begin(), touched.end(), o) == touched.end()) touched.push_back(o);
  }
  if (touched.empty()) return;
  const Decimal before = accounts_[m.venue].total[m.quote];
  take_money(m);
  keep_books(m, before, first_trade, "pnl");
  for (Order* o : touched) {
    if (o->told) ++o->update_id;
    o->told = true;
    if (listener_ != nullptr) listener_->on_order(*o, o->open ? OrderChange::Update : OrderChange::Finish);
    o->last_fill = {};
  }
  tell_balances(m.venue, fills.empty() ? kind : "fill");
  if (m.version != version && listener_ != nullptr) listener_->on_book(m);
}

}  // namespace dn::exchange

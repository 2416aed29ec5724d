// The loopback exchange in a thread of this process, and where each venue is reached on it.
//
// Ownership: a Loopback owns its thread, its sockets and a folder for the certificates. Thread rule: its functions are called from the test's
// thread; what they ask runs on the exchange's, and they wait for the answer.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "live/venues.h"
#include "server.h"

namespace dn::conformance {

// The symbol of all cases, on every venue.
const Symbol& symbol();

// An order as the exchange itself has it.
struct LedgerOrder {
  std::string venue_order_id;
  Qty qty;
  Qty filled;
  bool open = false;
  bool reduce_only = false;
  Time created;
  std::string text;  // as the venue shows it; empty when it shows none
  Side side = Side::Buy;
  Price price;
};

struct LedgerTrade {
  std::string trade_id;  // as it is listed by REST
  LedgerOrder order;
  Price price;
  Qty qty;
  Fee fee;
  std::string fee_asset;
  bool maker = false;
};

class Loopback {
 public:
  // `rate_scale`: of the exchange's limits and of the budgets below them; 1 is what the venues really allow.
  explicit Loopback(int rate_scale);
  ~Loopback();
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  // "" when the venue can be reached, else what has to be added where.
  static std::string what_is_missing(Venue venue);
  // `door` "": the good one; else "wrongName", "expired" or "unknownCa".
  live::Access access(Venue venue, std::string_view door = {}) const;

  // A fault of the venue's requests or pushes, as tests/exchange/README.md names it.
  void fault(Venue venue, std::string_view what, std::string_view fault, int count = 1, int ms = 1000);
  void clear_faults();
  // The venue itself ends an order.
  void end_order(Venue venue, const ClientOrderId& id);
  void set(std::string_view key, std::int64_t value);
  // Positions of the symbol's contract pay or receive now. What it changed in the account.
  Money settle_funding(Venue venue, const Rate& rate);
  // Somebody else of the account places an order that rests: by hand, or with another program.
  LedgerOrder place_foreign(Venue venue, std::string_view text, Side side, Price price, Qty qty);

  // ---- the truth
  std::vector<LedgerOrder> orders(Venue venue, const ClientOrderId& id);
  std::vector<LedgerOrder> all_orders(Venue venue);
  std::vector<LedgerTrade> all_trades(Venue venue);
  std::int64_t counter(const std::string& name);
  // What a taker could get now up to a price.
  Qty depth(Venue venue, Side taker, Price limit);

 private:
  // The answer of `question`, asked on the exchange's thread.
  template <class Ask>
  auto asked(Ask question) {
    std::packaged_task<std::invoke_result_t<Ask>()> task(std::move(question));
    auto answer = task.get_future();
    asio::post(io_, [&task] { task(); });
    return answer.get();
  }
  exchange::Market* market(Venue venue);
  void control(const std::string& what, const std::string& json);

  int rate_scale_;
  std::string folder_;
  asio::io_context io_{1};
  std::unique_ptr<exchange::Server> server_;
  std::unique_ptr<exchange::Api> control_;
  exchange::Json ready_;
  std::thread thread_;
};

}  // namespace dn::conformance

// A round's tables against its journal. Every trade, every payment and every step of an order was also written as an event, and events are chained
// (store/chain.h): so the chain tells whether the events are those that were written, and the events tell what the tables must say. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace dn::app {

// What of a round's events is chained.
struct ChainView {
  std::int64_t events = 0;
  std::int64_t unchained = 0;  // of them, the oldest: written before there was a chain
  Digest head;                 // of the newest; empty: none is chained
};

// Reads the events of one round, oldest first, and says at the end what is wrong.
class JournalAudit {
 public:
  // `unchained`: how many of the oldest are not chained.
  explicit JournalAudit(std::int64_t unchained) { chain_.unchained = unchained; }

  void add(const StoredTask& round, const StoredEvent& event);
  // What is broken, each as a line for a person; empty when nothing is. `round` as above.
  std::vector<std::string> finish(const StoredTask& round);
  const ChainView& chain() const { return chain_; }

 private:
  using Key = std::pair<std::string, std::string>;  // exchange and id, as the event writes them
  struct Row {
    std::size_t at = 0;  // in its table
    std::int64_t told = 0;
  };
  using Rows = std::map<Key, Row, std::less<>>;

  void index(const StoredTask& round);
  void follow_chain(const StoredTask& round, const StoredEvent& event);
  void hold(const Fill& row, const StoredEvent& event);
  void hold(const FundingPayment& row, const StoredEvent& event);
  void hold(const StoredTask& round, const OrderRecord& row, const StoredEvent& event);
  Row* row_of(Rows& rows, const StoredEvent& event, std::string_view exchange, std::string_view id, std::string_view table);
  void compare(const StoredEvent& event, std::string_view what, std::string_view id, std::string_view key, const std::string& row);
  void fail(std::string line);

  ChainView chain_;
  bool indexed_ = false;
  std::string head_;  // "task NAME, round N: "
  Rows fills_;
  Rows fundings_;
  Rows orders_;  // by the id alone: the exchange is empty
  std::vector<std::string> broken_;
  std::size_t more_ = 0;  // broken, and not listed
};

// A member of an event as JsonWriter wrote it, without the quotes of a text; nullopt when there is none.
std::optional<std::string_view> raw_field(std::string_view json, std::string_view key);

// One round of `store` with what its events prove. Errors: of the store.
struct AuditedRound {
  StoredTask round;
  ChainView chain;
  std::vector<std::string> broken;  // the promises of its books (app/verify.h), then its journal
};
// `hear`: is handed every event as well; optional.
Expected<AuditedRound, StoreError> audit_round(Store& store, std::int64_t task_id, const Store::HearEvent& hear = {});

}  // namespace dn::app

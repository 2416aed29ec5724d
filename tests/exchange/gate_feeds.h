// Gate's public channels whose pushes are paced: books, changes of books, candles. One for each connection.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gate.h"

namespace dn::exchange {

class GateFeeds {
 public:
  // Channel without its prefix, result, event.
  using Push = std::function<void(const std::string&, const std::string&, const char*)>;
  GateFeeds(Site& site, Venue venue, bool decimal_sizes, Push push) : site_(site), venue_(venue), decimal_sizes_(decimal_sizes), push_(std::move(push)) {}

  static bool owns(const std::string& what);
  // Changes the subscriptions; "" or why not.
  std::string change(const std::string& what, const std::string& event, const std::vector<std::string>& items);
  // The first push of what was just subscribed; behind the acknowledgement.
  void begin(const std::string& what, const std::vector<std::string>& items);
  void on_book(const Market& m);
  void on_deal(const Market& m);

 private:
  enum class Kind : std::uint8_t { Snapshot, Changes, Obu, Candles };
  struct Feed {
    std::string id;  // channel and payload
    Kind kind = Kind::Snapshot;
    std::string what;
    const Market* market = nullptr;
    std::string label;  // the level, "ob.BTC_USDT.50" or the interval, as pushes write it
    std::size_t levels = 0;
    Period period;
    Dur pause;
    Time last;
    bool due = false;
    sim::Book book;  // as last pushed
    std::int64_t version = 0;
    Time candle;  // the start of the one last pushed
  };
  bool futures() const { return venue_ == Venue::GateioFutures; }
  std::string read(Feed& f, const std::vector<std::string>& items) const;
  std::string read_changes(Feed& f, const std::vector<std::string>& items) const;
  std::string read_obu(Feed& f, const std::vector<std::string>& items) const;
  std::string unknown(const std::string& name) const;
  Feed* find(const std::string& id);
  void pace(Feed& f);
  void flush(Feed& f);
  void push_snapshot(Feed& f);
  void push_changes(Feed& f);
  void push_obu(Feed& f);
  void push_candle(Feed& f);
  std::string size(const Market& m, Qty qty) const;
  std::string side(const Market& m, const std::vector<sim::Level>& levels, bool objects) const;

  Site& site_;
  Venue venue_;
  bool decimal_sizes_;
  Push push_;
  std::vector<Feed> feeds_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // pushes that come late find out whether we still are
};

}  // namespace dn::exchange

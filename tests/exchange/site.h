// What all parts of the server share, and what a venue's wire format is to it.
#pragma once

#include <asio.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "exchange.h"
#include "faults.h"

namespace dn::exchange {

struct ApiKey {
  std::string key;
  std::string secret;
  std::string uid;
};

// Requests of the last moments, by whatever they are counted by.
class RateLimits {
 public:
  struct Standing {
    bool good = true;
    std::int64_t remain = 0;
    std::int64_t limit = 0;
    Dur until_free;  // until the window has room again
  };
  Standing take(const std::string& what, std::int64_t limit, Dur window, Time now, std::int64_t weight = 1);

 private:
  struct Window {
    std::deque<std::pair<Time, std::int64_t>> hits;
    std::int64_t sum = 0;
  };
  std::map<std::string, Window> windows_;
};

class Stream;

struct Site {
  Site(asio::io_context& i, std::uint64_t seed, Settings settings);
  asio::io_context& io;
  Exchange exchange;
  Faults faults;
  RateLimits limits;
  ApiKey mexc;
  ApiKey gate;
  std::vector<std::weak_ptr<Stream>> streams;

  // What happened when, besides orders and trades; for the ledger.
  struct Mark {
    Time time;
    std::string what;
    Venue venue = Venue::MexcSpot;
    std::string detail;
  };
  std::deque<Mark> marks;  // the newest
  void mark(std::string what, Venue venue, std::string detail);

  // A rate limit under the run's scale.
  RateLimits::Standing limit(const std::string& what, std::int64_t most, Dur window, std::int64_t weight = 1);
  void after(Dur wait, std::function<void()> what);
  // Live streams of a venue; none: of all.
  std::vector<std::shared_ptr<Stream>> live(std::optional<Venue> venue);
};

// A venue's wire format.
class Api {
 public:
  virtual ~Api() = default;
  virtual bool owns(const HttpRequest& request) const = 0;
  virtual Venue venue_of(const HttpRequest& request) const = 0;
  // "place", "cancel", "query", "public" or "session", for faults.
  virtual std::string what(const HttpRequest& request) const = 0;
  virtual HttpReply handle(const HttpRequest& request) = 0;
  virtual HttpReply failure(int status) const = 0;  // 429, 500 and 503 as the venue writes them
  virtual Upgrade upgrade(const HttpRequest& request) = 0;
};

// A WebSocket of a venue: pushes wait a little, and faults meet them on the way.
class Stream : public WsSession, public std::enable_shared_from_this<Stream> {
 public:
  Stream(Site& site, Venue venue) : site_(site), venue_(venue) {}
  Venue venue() const { return venue_; }
  void opened(const std::shared_ptr<Connection>& connection) override;
  void closed() override { connection_ = nullptr; }
  bool is_open() const { return connection_ != nullptr; }
  const std::shared_ptr<Connection>& connection() const { return connection_; }
  // Every 200 ms or so.
  virtual void tick(Time now) = 0;

  virtual void on_order(const Order&, OrderChange) {}
  virtual void on_trade(const Trade&) {}
  virtual void on_balance(const BalanceChange&) {}
  virtual void on_book(const Market&) {}
  virtual void on_deal(const Market&, const PublicDeal&) {}
  virtual void upgrade_notice() {}

 protected:
  virtual void started() {}
  void say(std::string_view text);
  void push(WsMessage::Kind kind, std::string payload, bool is_private);
  Site& site_;

 private:
  struct Due {
    std::chrono::steady_clock::time_point at;
    WsMessage::Kind kind;
    std::string payload;
  };
  void enqueue(Due due);
  void deliver();

  Venue venue_;
  std::shared_ptr<Connection> connection_;
  std::deque<Due> queue_;
  std::optional<Due> held_;  // waits to be overtaken
};

}  // namespace dn::exchange

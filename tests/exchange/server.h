// The server: listening sockets, which venue speaks on which, the time that passes, and the faults that requests meet.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "certs.h"
#include "site.h"

namespace dn::exchange {

struct ServerOptions {
  int port = 0;  // of MEXC, the others follow it; 0: any free ones
  std::uint64_t seed = 1;
  Settings settings;
  std::string out;  // a folder for the certificates
};

class Server final : public Listener {
 public:
  // Listens from here on; throws std::exception when it cannot.
  Server(asio::io_context& io, ServerOptions options);
  ~Server() override;

  // What READY tells: files, addresses, keys.
  std::string ready_json() const;
  Site& site() { return *site_; }
  void stop();

  // Listener: everything goes on to the streams.
  void on_order(const Order& order, OrderChange change) override;
  void on_trade(const Trade& trade) override;
  void on_balance(const BalanceChange& change) override;
  void on_book(const Market& market) override;
  void on_deal(const Market& market, const PublicDeal& deal) override;

 private:
  struct Door;
  void open_door(const std::string& name, std::vector<Api*> apis, const Leaf* leaf);
  void accept(Door& door);
  void tick();
  int port_of(std::string_view name) const;

  asio::io_context& io_;
  ServerOptions options_;
  Certs certs_;
  std::unique_ptr<Site> site_;
  std::vector<std::unique_ptr<Api>> apis_;
  std::vector<std::unique_ptr<Door>> doors_;
  asio::steady_timer timer_;
  int ticks_ = 0;
};

// The apis, each behind its own file.
std::unique_ptr<Api> mexc_api(Site& site);
std::unique_ptr<Api> gate_api(Site& site);
std::unique_ptr<Api> control_api(Site& site);

}  // namespace dn::exchange

// One stream of a venue on a real socket: the pure session machine decides, this carries out.
//
// Ownership: loop, desk and listener outlive it. Thread rule: the loop's thread. Error rule: whatever fails ends in a reconnect and a note.
#pragma once

#include <memory>
#include <string>

#include "live/desk.h"
#include "net/ws_client.h"
#include "venues/stream_session.h"

namespace dn::live {

struct StreamListener {
  virtual ~StreamListener() = default;
  virtual void on_news(const venues::News& news) = 0;
  virtual void on_frame(const wire::Frame& /*frame*/) {}  // behind its news: each frame of the connection, for who reads it otherwise
  virtual void on_reset() = 0;                            // it is up (again)
  virtual void on_lost() = 0;
  virtual void on_note(const std::string& text) = 0;  // for a person
};

class Stream final : public net::WsHandler {
 public:
  struct Address {
    std::string url;
    std::string ca_file;
  };
  Stream(net::Loop& loop, Desk& desk, Address address, std::unique_ptr<venues::StreamProtocol> protocol, venues::StreamRules rules, StreamListener& listener);
  ~Stream() override;

  void start();
  void wake();
  // False: nothing of it was sent.
  bool send(const wire::Frame& frame) { return session_.is_up() && socket_ && socket_->send(frame); }
  // Gives this connection up and makes a new one.
  void renew(const std::string& why);
  Time next_deadline() const { return session_.next_deadline(); }
  bool is_up() const { return session_.is_up(); }
  const venues::StreamSession& session() const { return session_; }

 private:
  void carry_out();
  void connect(const std::string& suffix);

  void on_open() override;
  void on_frame(const wire::Frame& frame) override;
  void on_pong() override {}
  void on_closed(std::string why) override;

  net::Loop& loop_;
  Desk& desk_;
  Address address_;
  wire::Headers headers_;
  venues::StreamSession session_;
  StreamListener& listener_;
  std::unique_ptr<net::WsClient> socket_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // guards answers that come after the end
};

}  // namespace dn::live

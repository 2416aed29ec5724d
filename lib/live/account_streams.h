// What a venue tells and takes for an account as a whole, whatever the symbol: its own orders and trades, and where there is one the order channel. All
// tasks of a process share the two connections: a venue gives an address some hundreds of them, and each takes 100 kB.
//
// Ownership: loop and desk outlive it; the streams of the symbols (shared_streams.h) own it together. Thread rule: the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "live/stream.h"

namespace dn::live {

// What the streams of a symbol hear of their account.
struct AccountListener {
  virtual ~AccountListener() = default;
  virtual void on_own(const venues::News& news) = 0;
  virtual void on_own_reset() = 0;                       // what it would have said meanwhile has to be asked for
  virtual void on_answer(const venues::News& news) = 0;  // to an order or cancel of any symbol
  virtual void on_channel_lost() = 0;
};

class AccountStreams {
 public:
  // `first`: the api of any symbol. `rules`: of each stream, with a jitter seed of its own.
  AccountStreams(net::Loop& loop, Desk& desk, const Stream::Address& address, venues::StreamRules rules, venues::VenueApi& first);

  // For a person, with the name of the stream that it is about; optional.
  void on_note(std::function<void(std::string_view stream, const std::string&)> note) { note_ = std::move(note); }

  // `api` knows its instrument. The first one connects the streams.
  void join(AccountListener& listener, venues::VenueApi& api);
  void leave(AccountListener& listener);

  void wake();
  Time next_deadline() const;
  bool is_up() const;  // every stream is
  bool is_private_up() const { return private_stream_->is_up(); }

  bool has_channel() const { return order_stream_ != nullptr; }
  // None: there is no order channel, or it is not up.
  venues::OrderChannel* channel() { return order_stream_ && order_stream_->is_up() ? channel_ : nullptr; }
  // Over the order channel; false: nothing of it was sent.
  bool send(const wire::Frame& frame) { return order_stream_->send(frame); }
  void renew_channel(const std::string& why) { order_stream_->renew(why); }

  // Nothing ran for so long: what waits in the sockets is old. The streams are made anew, once, however many symbols say so.
  void stood_still(Dur time, const std::string& why);

 private:
  struct Private final : StreamListener {
    explicit Private(AccountStreams& s) : all(s) {}
    void on_news(const venues::News& news) override;
    void on_frame(const wire::Frame& frame) override;
    void on_reset() override;
    void on_lost() override {}
    void on_note(const std::string& text) override { all.say("own orders", text); }
    AccountStreams& all;
  };
  struct Orders final : StreamListener {
    explicit Orders(AccountStreams& s) : all(s) {}
    void on_news(const venues::News& news) override;
    void on_frame(const wire::Frame& /*frame*/) override { all.desk_.note_heard(); }
    void on_reset() override {}
    void on_lost() override;
    void on_note(const std::string& text) override { all.say("order channel", text); }
    AccountStreams& all;
  };
  // A symbol's streams, and what reads the account's pushes for them. The symbol that made the stream is read by the stream itself.
  struct Member {
    AccountListener* listener = nullptr;
    std::string symbol;                              // as the venue writes it
    std::unique_ptr<venues::StreamProtocol> reader;  // null: the stream's own
  };

  void decode(const wire::Frame& frame);
  void say(std::string_view stream, const std::string& text);

  Desk& desk_;
  std::string first_symbol_;  // empty: its streams are gone
  std::function<void(std::string_view, const std::string&)> note_;
  std::vector<Member> members_;
  Private private_{*this};
  Orders orders_{*this};
  venues::OrderChannel* channel_ = nullptr;  // owned by order_stream_
  std::unique_ptr<Stream> private_stream_;
  std::unique_ptr<Stream> order_stream_;  // null where the venue has none
  bool started_ = false;
  Time renewed_;
};

}  // namespace dn::live

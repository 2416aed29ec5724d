// The streams of a venue and symbol, as all links of a process share them: prices, the account's own orders, and where there is one the order
// channel. Each link hears all of it; what concerns the orders of others means nothing to its engine.
//
// Ownership: loop and desk outlive it; the links own it together, each joined from its start until its end. Thread rule: the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "live/stream.h"

namespace dn::live {

// What a link hears, from within the loop, from wake and while it joins.
struct StreamsListener {
  virtual ~StreamsListener() = default;
  virtual void on_top(const TopOfBook& top) = 0;
  virtual void on_prices_lost() = 0;
  virtual void on_own(const venues::News& news) = 0;  // of the account's orders
  virtual void on_own_reset() = 0;                    // what it would have said meanwhile has to be asked for
  virtual void on_answer(const venues::News& news) = 0;
  virtual void on_channel_lost() = 0;
};

struct StreamsOptions {
  Venue venue = Venue::MexcSpot;
  Stream::Address address;
  venues::StreamRules rules;  // of each stream, with a jitter seed of its own
  bool orders = true;         // false: prices only, nothing that needs a key
};

class SharedStreams {
 public:
  // `api` knows its instrument.
  SharedStreams(net::Loop& loop, Desk& desk, std::unique_ptr<venues::VenueApi> api, const StreamsOptions& options);

  // For a person, and for whoever records prices; optional.
  void on_note(std::function<void(const std::string&)> note) { note_ = std::move(note); }
  void on_top(std::function<void(const TopOfBook&)> top) { top_hook_ = std::move(top); }

  // The first one connects them. A later one is told at once what is known.
  void join(StreamsListener& listener);
  void leave(StreamsListener& listener) { std::erase(listeners_, &listener); }

  void wake();
  Time next_deadline() const;
  bool is_up() const;  // every stream is

  // Whether orders go over a channel of their own, while it is up.
  bool has_channel() const { return order_stream_ != nullptr; }
  // None: there is no order channel, or it is not up.
  venues::OrderChannel* channel() { return order_stream_ && order_stream_->is_up() ? channel_ : nullptr; }
  // Over the order channel; false: nothing of it was sent.
  bool send(const wire::Frame& frame) { return order_stream_->send(frame); }
  void renew_channel(const std::string& why) { order_stream_->renew(why); }

  // Nothing ran for so long: what waits in the sockets is old. All streams are made anew, once, however many links say so.
  void stood_still(Dur time, const std::string& why);

 private:
  struct Public final : StreamListener {
    explicit Public(SharedStreams& s) : all(s) {}
    void on_news(const venues::News& news) override;
    void on_reset() override;
    void on_lost() override;
    void on_note(const std::string& text) override { all.say("prices", text); }
    SharedStreams& all;
  };
  struct Private final : StreamListener {
    explicit Private(SharedStreams& s) : all(s) {}
    void on_news(const venues::News& news) override;
    void on_reset() override;
    void on_lost() override {}
    void on_note(const std::string& text) override { all.say("own orders", text); }
    SharedStreams& all;
  };
  struct Orders final : StreamListener {
    explicit Orders(SharedStreams& s) : all(s) {}
    void on_news(const venues::News& news) override;
    void on_reset() override {}
    void on_lost() override;
    void on_note(const std::string& text) override { all.say("order channel", text); }
    SharedStreams& all;
  };

  void told(const TopOfBook& top);
  void ask_top();
  void keep_top(const TopOfBook& top);
  void say(std::string_view stream, const std::string& text);

  Desk& desk_;
  Venue venue_;
  std::unique_ptr<venues::VenueApi> api_;
  std::vector<StreamsListener*> listeners_;
  std::function<void(const std::string&)> note_;
  std::function<void(const TopOfBook&)> top_hook_;
  Public public_{*this};
  Private private_{*this};
  Orders orders_{*this};
  venues::OrderChannel* channel_ = nullptr;  // owned by order_stream_
  std::unique_ptr<Stream> public_stream_;
  std::unique_ptr<Stream> private_stream_;
  std::unique_ptr<Stream> order_stream_;
  std::vector<Stream*> streams_;  // those that are there
  bool started_ = false;
  std::optional<TopOfBook> top_;  // the newest of this connection, or what REST told before it
  Time top_at_;
  Time next_top_ = Time::never();  // when a price is asked for, the stream being silent
  bool asking_top_ = false;
  bool wants_top_ = false;  // the stream has told none since it was asked for
  Time renewed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // guards answers that come after the end
};

}  // namespace dn::live

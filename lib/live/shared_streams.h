// The streams of a venue and symbol, as all links of a process share them: its prices, and its part in those of the account (account_streams.h). Each link
// hears all of it; what concerns the orders of others means nothing to its engine.
//
// Ownership: loop and desk outlive it; the links own it together, each joined from its start until its end. Thread rule: the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "live/account_streams.h"

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
  venues::StreamRules rules;
};

class SharedStreams final : private AccountListener {
 public:
  // `api` knows its instrument. `account`: null for prices only, which need no key.
  SharedStreams(net::Loop& loop, Desk& desk, std::unique_ptr<venues::VenueApi> api, const StreamsOptions& options, std::shared_ptr<AccountStreams> account);
  ~SharedStreams() override;
  SharedStreams(const SharedStreams&) = delete;
  SharedStreams& operator=(const SharedStreams&) = delete;

  // For a person, and for whoever records prices; optional.
  void on_note(std::function<void(const std::string&)> note) { note_ = std::move(note); }
  void on_top(std::function<void(const TopOfBook&)> top) { top_hook_ = std::move(top); }

  // Connects them, once.
  void start();
  // The first one connects them, where that was not done before. A later one is told at once what is known.
  void join(StreamsListener& listener);
  void leave(StreamsListener& listener) { std::erase(listeners_, &listener); }

  void wake();
  Time next_deadline() const;
  bool is_up() const;  // every stream is

  // Whether orders go over a channel of their own, while it is up.
  bool has_channel() const { return account_ && account_->has_channel(); }
  // None: there is no order channel, or it is not up.
  venues::OrderChannel* channel() { return account_ ? account_->channel() : nullptr; }
  // Over the order channel; false: nothing of it was sent.
  bool send(const wire::Frame& frame) { return account_->send(frame); }
  void renew_channel(const std::string& why) { account_->renew_channel(why); }

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

  void on_own(const venues::News& news) override;
  void on_own_reset() override;
  void on_answer(const venues::News& news) override;
  void on_channel_lost() override;
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
  Stream public_stream_;
  std::shared_ptr<AccountStreams> account_;
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

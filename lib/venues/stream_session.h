// The life of one stream, as a pure machine: fetch a ticket, connect, subscribe, prove it, stay alive, come back.
//
// Events in (what the socket and the HTTP client report, and the time), orders out (`take`). Whatever goes wrong ends in a
// reconnect with backoff and jitter; only `stop` ends it. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "venues/venue.h"

namespace dn::venues {

struct StreamRules {
  Dur connect_within = Dur::seconds(5);
  Dur prove_within = Dur::seconds(5);  // every topic acknowledged after this
  Dur silence = Dur::seconds(5);       // nothing heard at all, pongs included: the connection is dead
  Dur backoff_least = Dur::millis(200);
  Dur backoff_most = Dur::seconds(15);
  std::uint64_t jitter_seed = 1;
};

// What the shell carries out after each event, in this order.
struct StreamOut {
  bool close = false;
  std::unique_ptr<Question<Outcome<std::string>>> ask;  // answer with `ticket`
  std::optional<std::string> connect;                   // the suffix of the address
  std::vector<wire::Frame> send;
  bool lost = false;   // the stream was up and is no more
  bool reset = false;  // it is up (again): whatever it would have said meanwhile has to be asked for
  std::vector<News> news;
  std::vector<std::string> notes;  // for a person
};

class StreamSession {
 public:
  StreamSession(std::unique_ptr<StreamProtocol> protocol, StreamRules rules);

  void start(Time now);
  void opened(Time now, Time venue_now);
  void frame(const wire::Frame& frame, Time now, Time venue_now);
  void closed(const std::string& why, Time now);
  void ticket(const Outcome<std::string>& answer, Time now);
  // Carries out what is due.
  void wake(Time now, Time venue_now);
  // No reconnect after this.
  void stop();

  Time next_deadline() const;
  bool is_up() const { return state_ == State::Up; }
  StreamOut take();

  // Counts, for status and tests.
  std::int64_t broken_frames() const { return broken_frames_; }
  std::int64_t connects() const { return connects_; }

 private:
  enum class State : std::uint8_t { Idle, Ticket, Connecting, Proving, Up, Waiting, Stopped };

  void begin(Time now);
  void connect(Time now);
  void fail(const std::string& why, Time now, bool close);
  void heard(Heard& h, Time now);
  void prove(const std::vector<std::string>& topics);
  void renew(Time now);

  std::unique_ptr<StreamProtocol> protocol_;
  StreamRules rules_;
  State state_ = State::Idle;
  StreamOut out_;
  std::string ticket_;
  bool renewing_ = false;
  std::vector<std::string> unproven_;
  std::optional<TopOfBook> top_;   // the newest of this connection
  Time deadline_ = Time::never();  // of the state
  Time heard_;
  Time next_ping_ = Time::never();
  Time next_renewal_ = Time::never();
  Time end_of_life_ = Time::never();
  int failures_ = 0;
  std::int64_t broken_frames_ = 0;
  std::int64_t connects_ = 0;
};

}  // namespace dn::venues

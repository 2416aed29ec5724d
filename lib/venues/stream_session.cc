#include "venues/stream_session.h"

#include <algorithm>

#include "base/text.h"

namespace dn::venues {

StreamSession::StreamSession(std::unique_ptr<StreamProtocol> protocol, StreamRules rules) : protocol_(std::move(protocol)), rules_(rules) {}

void StreamSession::start(Time now) {
  if (state_ == State::Idle) begin(now);
}

void StreamSession::stop() {
  if (state_ != State::Idle && state_ != State::Stopped) out_.close = true;
  state_ = State::Stopped;
  deadline_ = next_ping_ = next_renewal_ = end_of_life_ = Time::never();
}

void StreamSession::begin(Time now) {
  renewing_ = false;
  out_.ask = protocol_->ticket();
  if (out_.ask == nullptr) {
    connect(now);
    return;
  }
  state_ = State::Ticket;
  deadline_ = now + rules_.connect_within * 2;
}

void StreamSession::connect(Time now) {
  state_ = State::Connecting;
  ++connects_;
  deadline_ = now + rules_.connect_within;
  out_.connect = protocol_->url_suffix(ticket_);
}

void StreamSession::ticket(const Outcome<std::string>& answer, Time now) {
  if (state_ == State::Ticket) {
    if (!answer) {
      fail(answer.error().message, now, false);
      return;
    }
    ticket_ = *answer;
    connect(now);
  } else if (renewing_) {
    renewing_ = false;
    // One that cannot be renewed ends soon: better now, at a moment of our choice.
    if (!answer && state_ == State::Up) fail(answer.error().message, now, true);
  }
}

void StreamSession::opened(Time now, Time venue_now) {
  if (state_ != State::Connecting) return;
  state_ = State::Proving;
  deadline_ = now + rules_.prove_within;
  heard_ = now;
  top_.reset();
  unproven_ = protocol_->topics();
  for (wire::Frame& f : protocol_->opened(venue_now)) out_.send.push_back(std::move(f));
  next_ping_ = now + protocol_->ping_interval();
  next_renewal_ = now + protocol_->renewal_interval();
  end_of_life_ = now + protocol_->longest_life();
  if (unproven_.empty()) prove({});
}

void StreamSession::frame(const wire::Frame& frame, Time now, Time venue_now) {
  if (state_ != State::Proving && state_ != State::Up) return;
  heard_ = now;
  Heard h = protocol_->frame(frame, venue_now);
  heard(h, now);
}

void StreamSession::heard(Heard& h, Time now) {
  switch (h.kind) {
    case Heard::Kind::Nothing: ++broken_frames_; break;
    case Heard::Kind::Subscribed: prove(h.topics); break;
    case Heard::Kind::Refused: fail(h.text.empty() ? "the venue refuses the subscription" : h.text, now, true); return;
    case Heard::Kind::Closing: fail("the venue closes this connection", now, true); return;
    case Heard::Kind::Alive:
    case Heard::Kind::Data: break;
  }
  // Streams speak only of changes, so a connection that is alive says that the last prices stand. Not so after a push that could
  // not be read, or in which a side of the book is empty: then they are vouched for no more.
  if (h.kind == Heard::Kind::Alive && top_) out_.news.emplace_back(*top_);
  if (h.kind == Heard::Kind::Nothing || h.kind == Heard::Kind::Data) top_.reset();
  for (News& n : h.news) {
    if (const auto* top = std::get_if<TopOfBook>(&n)) top_ = *top;
    out_.news.push_back(std::move(n));
  }
}

void StreamSession::prove(const std::vector<std::string>& topics) {
  for (const std::string& t : topics) std::erase(unproven_, t);
  if (state_ != State::Proving || !unproven_.empty()) return;
  state_ = State::Up;
  deadline_ = Time::never();
  failures_ = 0;
  out_.reset = true;
}

void StreamSession::closed(const std::string& why, Time now) {
  if (state_ == State::Connecting || state_ == State::Proving || state_ == State::Up) fail(why, now, false);
}

void StreamSession::fail(const std::string& why, Time now, bool close) {
  if (state_ == State::Up) out_.lost = true;
  out_.notes.push_back(printable_excerpt(why));
  out_.close = out_.close || close;
  out_.connect.reset();
  out_.send.clear();
  out_.ask.reset();
  top_.reset();
  next_ping_ = next_renewal_ = end_of_life_ = Time::never();
  state_ = State::Waiting;
  const Dur full = std::min(rules_.backoff_least * (std::int64_t{1} << std::min(failures_, 10)), rules_.backoff_most);
  // Half of it fixed, half drawn: many clients of one venue must not come back in step.
  const std::uint64_t draw = fnv1a(std::to_string(rules_.jitter_seed) + "/" + std::to_string(connects_) + "/" + std::to_string(failures_));
  deadline_ = now + Dur{full.us / 2 + static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(full.us / 2 + 1))};
  ++failures_;
}

void StreamSession::renew(Time now) {
  next_renewal_ = now + protocol_->renewal_interval();
  if (renewing_) return;
  out_.ask = protocol_->renewal(ticket_);
  renewing_ = out_.ask != nullptr;
}

void StreamSession::wake(Time now, Time venue_now) {
  if (deadline_ <= now) {
    switch (state_) {
      case State::Waiting: begin(now); break;
      case State::Ticket: fail("no answer to the request for a ticket", now, false); break;
      case State::Connecting: fail("the connection is not made in time", now, true); break;
      case State::Proving: fail("a subscription is not acknowledged in time", now, true); break;
      case State::Idle:
      case State::Up:
      case State::Stopped: break;
    }
  }
  if (state_ != State::Proving && state_ != State::Up) return;
  if (now - heard_ >= rules_.silence) {
    fail("the stream is silent", now, true);
    return;
  }
  if (end_of_life_ <= now) {
    fail("the connection is old and made anew", now, true);
    return;
  }
  if (next_renewal_ <= now) renew(now);
  if (next_ping_ <= now) {
    next_ping_ = now + protocol_->ping_interval();
    out_.send.push_back(protocol_->ping(venue_now));
  }
}

Time StreamSession::next_deadline() const {
  Time t = std::min({deadline_, next_ping_, next_renewal_, end_of_life_});
  if (state_ == State::Proving || state_ == State::Up) t = std::min(t, heard_ + rules_.silence);
  return t;
}

StreamOut StreamSession::take() {
  StreamOut out = std::move(out_);
  out_ = StreamOut{};
  return out;
}

}  // namespace dn::venues

#include "connection.h"

namespace dn::exchange {
namespace {

constexpr std::size_t kMaxQueued = 16U * 1024 * 1024;  // a reader slower than that is gone

}  // namespace

void Connection::start() {
  stream_->handshake([self = shared_from_this()](const asio::error_code& error) {
    if (error) {
      self->reset();
    } else {
      self->read();
    }
  });
}

void Connection::read() {
  if (over_) return;
  stream_->read(asio::buffer(chunk_), [self = shared_from_this()](const asio::error_code& error, std::size_t n) {
    if (self->over_) return;
    if (error) {
      self->reset();
      return;
    }
    if (self->decoder_) {
      self->decoder_->feed({self->chunk_.data(), n});
    } else {
      self->in_.append(self->chunk_.data(), n);
    }
    self->pump();
    // Requests that wait for their turn are bounded too.
    if (self->in_.size() > 4 * (kMaxHead + kMaxBody)) self->reset();
    self->read();
  });
}

void Connection::pump() {
  if (decoder_) {
    pump_ws();
  } else {
    pump_http();
  }
}

void Connection::pump_http() {
  while (!over_ && !closing_ && !busy_ && !decoder_) {
    HttpParsed p = parse_http(in_);
    if (p.state == HttpParsed::State::NeedMore) return;
    if (p.state == HttpParsed::State::Bad) {
      owner_.protocol_error("http: " + p.why);
      answer({p.status, p.why, {}, "text/plain"}, Fate::Send, false);
      return;
    }
    in_.erase(0, p.used);
    if (wants_ws(p.request)) {
      become_ws(p.request);
      return;
    }
    busy_ = true;
    owner_.request(p.request, [self = shared_from_this(), keep = p.request.keep_alive](const HttpReply& reply, Fate fate) {
      self->busy_ = false;
      self->answer(reply, fate, keep);
      self->pump_http();
    });
  }
}

void Connection::answer(const HttpReply& reply, Fate fate, bool keep_alive) {
  if (over_) return;
  if (fate == Fate::Reset) {
    reset();
    return;
  }
  std::string bytes = to_bytes(reply, keep_alive);
  if (fate == Fate::Truncate) bytes.resize(bytes.size() - (reply.body.size() + 1) / 2);
  send(std::move(bytes));
  if (!keep_alive || fate == Fate::Truncate) end();
}

void Connection::become_ws(const HttpRequest& request) {
  const HttpReply reply = ws_handshake(request);
  if (reply.status != 101) {
    owner_.protocol_error("ws: " + reply.body);
    answer(reply, Fate::Send, false);
    return;
  }
  Upgrade up = owner_.upgrade(request);
  if (!up.session) {
    answer(up.refusal, Fate::Send, false);
    return;
  }
  send(to_bytes(reply, true));
  decoder_ = std::make_unique<WsDecoder>(up.max_message);
  decoder_->feed(in_);
  in_.clear();
  session_ = std::move(up.session);
  session_->opened(shared_from_this());
  pump_ws();
}

void Connection::pump_ws() {
  while (!over_ && !closing_) {
    const auto m = decoder_->next();
    if (m) {
      handle(*m);
      continue;
    }
    if (decoder_->error() != 0) {
      owner_.protocol_error("ws: " + decoder_->why());
      close(decoder_->error(), decoder_->why());
    }
    return;
  }
}

void Connection::handle(const WsMessage& m) {
  const std::shared_ptr<WsSession> session = session_;  // it may close us while it listens
  switch (m.kind) {
    case WsMessage::Kind::Text: session->text(m.payload); return;
    case WsMessage::Kind::Binary: session->binary(); return;
    case WsMessage::Kind::Ping: send_frame(WsMessage::Kind::Pong, m.payload); return;
    case WsMessage::Kind::Pong: session->pong(); return;
    case WsMessage::Kind::Close:
      send_frame(WsMessage::Kind::Close, m.payload.substr(0, 2));
      end();
      return;
  }
}

void Connection::send_frame(WsMessage::Kind kind, std::string_view payload) {
  if (!closing_) send(ws_frame(kind, payload));
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  send_frame(WsMessage::Kind::Close, ws_close_payload(code, reason));
  end();
}

void Connection::send(std::string bytes) {
  if (over_) return;
  out_bytes_ += bytes.size();
  out_.push_back(std::move(bytes));
  if (out_bytes_ > kMaxQueued) {
    reset();
    return;
  }
  write_next();
}

void Connection::write_next() {
  if (writing_ || over_ || stalled_) return;
  if (out_.empty()) {
    if (!closing_) return;
    over_ = true;
    stream_->finish();
    return;
  }
  writing_ = true;
  stream_->write(out_.front(), [self = shared_from_this()](const asio::error_code& error, std::size_t) {
    self->writing_ = false;
    if (self->over_) return;
    if (error) {
      self->reset();
      return;
    }
    self->out_bytes_ -= self->out_.front().size();
    self->out_.pop_front();
    self->write_next();
  });
}

void Connection::stall(std::chrono::steady_clock::time_point until) {
  stalled_ = std::make_shared<asio::steady_timer>(io_, until);
  stalled_->async_wait([self = shared_from_this(), timer = stalled_](const asio::error_code&) {
    if (self->stalled_ != timer) return;  // a later stall took over
    self->stalled_ = nullptr;
    self->write_next();
  });
}

// Everything queued is still written, then the connection ends.
void Connection::end() {
  if (closing_ || over_) return;
  closing_ = true;
  if (session_) std::exchange(session_, nullptr)->closed();
  write_next();
}

void Connection::reset() {
  if (over_) return;
  over_ = true;
  if (stalled_) stalled_->cancel();
  stream_->reset();
  if (session_) std::exchange(session_, nullptr)->closed();
}

}  // namespace dn::exchange

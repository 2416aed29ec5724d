#include "live/stream.h"

#include <utility>

namespace dn::live {
namespace {

constexpr Dur kTicketPatience = Dur::seconds(5);

}  // namespace

Stream::Stream(net::Loop& loop, Desk& desk, Address address, std::unique_ptr<venues::StreamProtocol> protocol, venues::StreamRules rules,
               StreamListener& listener)
    : loop_(loop),
      desk_(desk),
      address_(std::move(address)),
      headers_(protocol->upgrade_headers()),
      session_(std::move(protocol), rules),
      listener_(listener) {}

Stream::~Stream() = default;

void Stream::start() {
  session_.start(desk_.now());
  carry_out();
}

void Stream::wake() {
  if (session_.next_deadline() > desk_.now()) return;
  session_.wake(desk_.now(), desk_.venue_now());
  carry_out();
}

void Stream::renew(const std::string& why) {
  socket_.reset();
  session_.closed(why, desk_.now());
  carry_out();
}

void Stream::carry_out() {
  venues::StreamOut out = session_.take();
  if (out.close) socket_.reset();
  if (out.ask) {
    desk_.ask<venues::Outcome<std::string>>(std::move(out.ask), Urgency::Routine, kTicketPatience,
                                            [this, alive = std::weak_ptr<bool>(alive_)](const venues::Outcome<std::string>& answer) {
                                              if (alive.expired()) return;
                                              session_.ticket(answer, desk_.now());
                                              carry_out();
                                            });
  }
  if (out.connect) connect(*out.connect);
  for (const wire::Frame& f : out.send) {
    if (socket_) socket_->send(f);
  }
  for (const std::string& note : out.notes) listener_.on_note(note);
  if (out.lost) listener_.on_lost();
  if (out.reset) listener_.on_reset();
  for (const venues::News& n : out.news) listener_.on_news(n);
}

void Stream::connect(const std::string& suffix) {
  socket_ = std::make_unique<net::WsClient>(loop_, *this);
  net::WsOptions options;
  options.url = address_.url + suffix;
  options.ca_file = address_.ca_file;
  options.headers = headers_;
  socket_->connect(options);
}

void Stream::on_open() {
  session_.opened(desk_.now(), desk_.venue_now());
  carry_out();
}

void Stream::on_frame(const wire::Frame& frame) {
  session_.frame(frame, desk_.now(), desk_.venue_now());
  carry_out();
  listener_.on_frame(frame);
}

void Stream::on_closed(std::string why) {
  session_.closed(why, desk_.now());
  carry_out();
}

}  // namespace dn::live

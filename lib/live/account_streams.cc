#include "live/account_streams.h"

#include <algorithm>

namespace dn::live {

AccountStreams::AccountStreams(net::Loop& loop, Desk& desk, const Stream::Address& address, venues::StreamRules rules, venues::VenueApi& first)
    : desk_(desk), first_symbol_(first.symbol_text()) {
  private_stream_ = std::make_unique<Stream>(loop, desk, address, first.private_stream(), rules, private_);
  ++rules.jitter_seed;
  if (std::unique_ptr<venues::OrderChannel> channel = first.order_channel()) {
    channel_ = channel.get();
    order_stream_ = std::make_unique<Stream>(loop, desk, address, std::move(channel), rules, orders_);
  }
}

void AccountStreams::join(AccountListener& listener, venues::VenueApi& api) {
  const std::string symbol = api.symbol_text();
  members_.push_back({&listener, symbol, symbol == first_symbol_ ? nullptr : api.private_stream()});
  if (started_) return;
  started_ = true;
  private_stream_->start();
  if (order_stream_) order_stream_->start();
}

void AccountStreams::leave(AccountListener& listener) {
  std::erase_if(members_, [&](const Member& m) {
    if (m.listener != &listener) return false;
    if (m.reader == nullptr) first_symbol_.clear();  // what knew its instrument is gone: whoever comes after it reads with what it knows then
    return true;
  });
}

void AccountStreams::wake() {
  private_stream_->wake();
  if (order_stream_) order_stream_->wake();
}

Time AccountStreams::next_deadline() const {
  const Time t = private_stream_->next_deadline();
  return order_stream_ ? std::min(t, order_stream_->next_deadline()) : t;
}

bool AccountStreams::is_up() const { return private_stream_->is_up() && (!order_stream_ || order_stream_->is_up()); }

void AccountStreams::stood_still(Dur time, const std::string& why) {
  if (desk_.now() - renewed_ < time) return;  // since it stood still: another symbol has said so
  renewed_ = desk_.now();
  private_stream_->renew(why);
  if (order_stream_) order_stream_->renew(why);
}

// What is said of the symbol that made the stream.
void AccountStreams::Private::on_news(const venues::News& news) {
  for (const Member& m : all.members_) {
    if (m.reader == nullptr) m.listener->on_own(news);
  }
}

void AccountStreams::Private::on_frame(const wire::Frame& frame) {
  all.desk_.note_heard();
  all.decode(frame);
}

// What is said of the other symbols. A push names its symbol; where it names none of ours, each reader looks whether it is about its own.
void AccountStreams::decode(const wire::Frame& frame) {
  const auto is_named = [&](const Member& m) { return frame.payload.find(m.symbol) != std::string::npos; };
  if (members_.size() == 1 && members_.front().reader == nullptr) return;
  const bool names_one = std::ranges::any_of(members_, is_named);
  for (const Member& m : members_) {
    if (m.reader == nullptr || (names_one && !is_named(m))) continue;
    for (const venues::News& n : m.reader->frame(frame, desk_.venue_now()).news) m.listener->on_own(n);
  }
}

void AccountStreams::Private::on_reset() {
  all.say("own orders", "connected");
  for (const Member& m : all.members_) m.listener->on_own_reset();
}

void AccountStreams::Orders::on_news(const venues::News& news) {
  const auto* p = std::get_if<PlaceReport>(&news);
  if (p != nullptr && p->outcome == PlaceOutcome::Refused && p->reject == RejectClass::RateLimited) all.desk_.hold(venues::Pool::Order, p->retry_after);
  for (const Member& m : all.members_) m.listener->on_answer(news);
}

void AccountStreams::Orders::on_lost() {
  for (const Member& m : all.members_) m.listener->on_channel_lost();
}

void AccountStreams::say(std::string_view stream, const std::string& text) {
  if (note_) note_(stream, text);
}

}  // namespace dn::live

#include "live/shared_streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dn::live {
namespace {

constexpr Dur kAnswerPatience = Dur::seconds(5);  // after it an answer is no longer waited for
constexpr Dur kTopEvery = Dur::seconds(1);
constexpr Dur kNewTop = Dur::millis(200);  // a price of so long ago is taken for the present one; an older one is asked for anew

}  // namespace

SharedStreams::SharedStreams(net::Loop& loop, Desk& desk, std::unique_ptr<venues::VenueApi> api, const StreamsOptions& options,
                             std::shared_ptr<AccountStreams> account)
    : desk_(desk),
      venue_(options.venue),
      api_(std::move(api)),
      public_stream_(loop, desk, options.address, api_->public_stream(), options.rules, public_),
      account_(std::move(account)) {}

SharedStreams::~SharedStreams() {
  if (account_ && started_) account_->leave(*this);
}

void SharedStreams::start() {
  if (std::exchange(started_, true)) return;
  public_stream_.start();
  next_top_ = desk_.now();  // it is there when they are
  if (account_) account_->join(*this, *api_);
}

void SharedStreams::join(StreamsListener& listener) {
  listeners_.push_back(&listener);
  start();
  if (account_ && account_->is_private_up()) listener.on_own_reset();
  if (!public_stream_.is_up()) return;
  if (top_ && desk_.now() - top_at_ <= kNewTop) {
    listener.on_top(*top_);
  } else {
    next_top_ = std::min(next_top_, desk_.now());
  }
}

bool SharedStreams::is_up() const { return public_stream_.is_up() && (!account_ || account_->is_up()); }

void SharedStreams::wake() {
  public_stream_.wake();
  if (account_) account_->wake();
  if (next_top_ <= desk_.now()) ask_top();
}

Time SharedStreams::next_deadline() const {
  const Time t = std::min(next_top_, public_stream_.next_deadline());
  return account_ ? std::min(t, account_->next_deadline()) : t;
}

void SharedStreams::stood_still(Dur time, const std::string& why) {
  if (account_) account_->stood_still(time, why);
  if (desk_.now() - renewed_ < time) return;  // since it stood still: another link has said so
  renewed_ = desk_.now();
  say("connections", why);
  public_stream_.renew(why);
}

void SharedStreams::told(const TopOfBook& top) {
  top_ = top;
  top_at_ = desk_.now();
  if (top_hook_) top_hook_(top);
  for (StreamsListener* l : listeners_) l->on_top(top);
}

// The stream has said no price yet, or none lately to one that has joined. Some venues speak of changes only.
void SharedStreams::ask_top() {
  next_top_ = public_stream_.is_up() ? desk_.now() + kTopEvery : Time::never();
  wants_top_ = true;
  if (asking_top_) return;
  asking_top_ = true;
  using Answer = venues::Outcome<TopOfBook>;
  desk_.ask<Answer>(api_->top_of_book(), Urgency::Routine, kAnswerPatience, [this, alive = std::weak_ptr<bool>(alive_)](const Answer& a) {
    if (alive.expired()) return;
    asking_top_ = false;
    if (a && wants_top_) keep_top(*a);
  });
}

// An answer of REST. Nobody trades on it before the stream is up.
void SharedStreams::keep_top(const TopOfBook& top) {
  if (public_stream_.is_up()) return told(top);
  top_ = top;
  top_at_ = desk_.now();
}

void SharedStreams::Public::on_news(const venues::News& news) {
  const auto* top = std::get_if<TopOfBook>(&news);
  if (top == nullptr) return;
  all.wants_top_ = false;
  all.next_top_ = Time::never();
  all.told(*top);
}

void SharedStreams::Public::on_reset() {
  const bool is_known = all.top_ && all.desk_.now() - all.top_at_ <= kNewTop;
  all.next_top_ = is_known ? all.desk_.now() + kTopEvery : all.desk_.now();
  if (is_known) all.told(*all.top_);
  all.say("prices", "connected");
}

void SharedStreams::Public::on_lost() {
  all.next_top_ = Time::never();
  all.top_.reset();
  for (StreamsListener* l : all.listeners_) l->on_prices_lost();
}

void SharedStreams::on_own(const venues::News& news) {
  for (StreamsListener* l : listeners_) l->on_own(news);
}

void SharedStreams::on_own_reset() {
  for (StreamsListener* l : listeners_) l->on_own_reset();
}

void SharedStreams::on_answer(const venues::News& news) {
  for (StreamsListener* l : listeners_) l->on_answer(news);
}

void SharedStreams::on_channel_lost() {
  for (StreamsListener* l : listeners_) l->on_channel_lost();
}

void SharedStreams::say(std::string_view stream, const std::string& text) {
  if (note_) note_(fmt::format("{}, {}: {}", name(venue_), stream, text));
}

}  // namespace dn::live

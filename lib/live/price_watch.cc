#include "live/price_watch.h"

#include <algorithm>

namespace dn::live {
namespace {

constexpr Dur kAskEvery = Dur::seconds(1);
constexpr Dur kDepthPatience = Dur::seconds(3);

}  // namespace

PriceWatch::PriceWatch(Desk& desk, const Instrument& instrument, std::unique_ptr<venues::VenueApi> api, std::shared_ptr<SharedStreams> streams)
    : desk_(desk), instrument_(instrument), api_(std::move(api)), streams_(std::move(streams)) {
  streams_->join(*this);
}

PriceWatch::~PriceWatch() { streams_->leave(*this); }

void PriceWatch::on_top(const TopOfBook& top) {
  top_ = top;
  top_at_ = desk_.now();
}

std::optional<TopOfBook> PriceWatch::top(Dur max_age) const { return top_ && desk_.now() - top_at_ <= max_age ? top_ : std::nullopt; }

const venues::Depth* PriceWatch::depth(Time since) {
  const Time now = desk_.now();
  if (depth_ && depth_at_ >= since) return &*depth_;
  if (asking_ || now - asked_ < kAskEvery) return nullptr;
  asking_ = true;
  asked_ = now;
  desk_.ask<venues::Outcome<venues::Depth>>(api_->depth(), Urgency::Routine, kDepthPatience,
                                            [this, now, alive = std::weak_ptr<bool>(alive_)](const venues::Outcome<venues::Depth>& d) {
                                              if (alive.expired()) return;
                                              asking_ = false;
                                              if (!d) return;
                                              depth_ = *d;
                                              depth_at_ = now;
                                            });
  return nullptr;
}

void PriceWatch::wake() {
  desk_.wake();
  streams_->wake();
}

Time PriceWatch::next_deadline() const { return std::min(desk_.next_deadline(), streams_->next_deadline()); }

}  // namespace dn::live

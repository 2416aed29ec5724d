// A feed from the middle: what came up to then is passed over, and the books as they stood are its first events.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "model/side.h"
#include "sim/market.h"

namespace dn::sim {

class JoinedFeed final : public MarketFeed {
 public:
  JoinedFeed(std::unique_ptr<MarketFeed> feed, Time from) : feed_(std::move(feed)), from_(from) {}

  // At one time the buy leg's book first. A book that both legs see is told once.
  std::optional<MarketEvent> next() override {
    if (!joined_) pass_over();
    for (const Side leg : kSides) {
      if (auto book = std::exchange(standing_[leg], std::nullopt)) return book;
    }
    if (first_) return std::exchange(first_, std::nullopt);
    return feed_->next();
  }

 private:
  void pass_over() {
    joined_ = true;
    for (first_ = feed_->next(); first_ && first_->at <= from_; first_ = feed_->next()) {
      if (!std::holds_alternative<Book>(first_->what)) continue;
      first_->at = from_;
      standing_[first_->for_buy_leg ? Side::Buy : Side::Sell] = std::move(*first_);
    }
  }

  std::unique_ptr<MarketFeed> feed_;
  Time from_;
  bool joined_ = false;
  PerSide<std::optional<MarketEvent>> standing_;
  std::optional<MarketEvent> first_;  // after the join
};

}  // namespace dn::sim

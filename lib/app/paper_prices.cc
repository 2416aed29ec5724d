#include "app/paper_prices.h"

#include "engine/quote.h"

namespace dn::app {
namespace {

class PaperPrices final : public Prices {
 public:
  explicit PaperPrices(PaperMarket market) : market_(std::move(market)), now_(market_.start), next_(market_.feed->next()) {
    for (const Side leg : kSides) {
      market_.top[leg].reset();
      market_.depth[leg].reset();
    }
  }

  MarketView view(Dur max_age) override {
    MarketView v = market_;
    v.start = now_;
    for (const Side leg : kSides) {
      if (now_ - told_[leg] > max_age) v.top[leg].reset();
      v.mid[leg] = v.top[leg] ? middle(*v.top[leg]) : Price{};
    }
    return v;
  }
  std::optional<PerSide<venues::Depth>> depth(Time) override {
    if (!market_.depth.buy || !market_.depth.sell) return std::nullopt;
    return PerSide<venues::Depth>{*market_.depth.buy, *market_.depth.sell};
  }

  Time next_time() const override { return next_ ? next_->at : Time::never(); }
  void step() override {
    if (!next_) return;
    now_ = next_->at;
    if (const auto* book = std::get_if<sim::Book>(&next_->what)) {
      if (next_->for_buy_leg) hear(Side::Buy, *book);
      if (next_->for_sell_leg) hear(Side::Sell, *book);
    }
    next_ = market_.feed->next();
  }

 private:
  void hear(Side leg, const sim::Book& book) {
    market_.top[leg] = top_of(book);
    market_.depth[leg] = depth_of(book);
    told_[leg] = now_;
  }

  PaperMarket market_;
  Time now_;
  PerSide<Time> told_;
  std::optional<sim::MarketEvent> next_;
};

}  // namespace

std::unique_ptr<Prices> paper_prices(PaperMarket market) { return std::make_unique<PaperPrices>(std::move(market)); }

}  // namespace dn::app

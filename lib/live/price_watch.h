// The prices of one venue and symbol while nothing trades there: the public stream, and the depth when somebody wants to know.
//
// Ownership: the desk outlives it. Thread rule: the loop's thread.
#pragma once

#include <memory>
#include <optional>

#include "live/desk.h"
#include "live/shared_streams.h"

namespace dn::live {

class PriceWatch final : private StreamsListener {
 public:
  // `api` knows its instrument.
  PriceWatch(Desk& desk, const Instrument& instrument, std::unique_ptr<venues::VenueApi> api, std::shared_ptr<SharedStreams> streams);
  ~PriceWatch() override;
  PriceWatch(const PriceWatch&) = delete;
  PriceWatch& operator=(const PriceWatch&) = delete;

  const Instrument& instrument() const { return instrument_; }
  // None: not known, or heard longer ago.
  std::optional<TopOfBook> top(Dur max_age) const;
  // As asked for at that time or later. None: not known yet; then it is asked for, once a second at most.
  const venues::Depth* depth(Time since);

  void wake();
  Time next_deadline() const;

 private:
  void on_top(const TopOfBook& top) override;
  void on_prices_lost() override { top_.reset(); }
  void on_own(const venues::News&) override {}
  void on_own_reset() override {}
  void on_answer(const venues::News&) override {}
  void on_channel_lost() override {}

  Desk& desk_;
  Instrument instrument_;
  std::unique_ptr<venues::VenueApi> api_;
  std::shared_ptr<SharedStreams> streams_;
  std::optional<TopOfBook> top_;
  Time top_at_;
  std::optional<venues::Depth> depth_;
  Time depth_at_;  // when it was asked for
  Time asked_;
  bool asking_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // guards answers that come after the end
};

}  // namespace dn::live

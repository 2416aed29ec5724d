// What every suite here starts from: one case for each registered venue, named after it, against one exchange for the suite.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <ostream>
#include <string>

#include "client.h"

namespace dn {

// For failures' texts.
template <class Tag>
void PrintTo(const Amount<Tag>& amount, std::ostream* out) {
  *out << amount.str();
}
template <std::size_t N>
void PrintTo(const FixedString<N>& text, std::ostream* out) {
  *out << '"' << text.view() << '"';
}
inline void PrintTo(PlaceOutcome o, std::ostream* out) {
  constexpr std::array kNames{"Accepted", "Refused", "DeniedLocally", "Unknown"};
  *out << kNames.at(static_cast<std::size_t>(o));
}
inline void PrintTo(LookupOutcome o, std::ostream* out) {
  constexpr std::array kNames{"Found", "NotFound", "Failed"};
  *out << kNames.at(static_cast<std::size_t>(o));
}
inline void PrintTo(RejectClass r, std::ostream* out) {
  constexpr std::array kNames{"Other", "InsufficientBalance", "WouldCross", "RateLimited", "Filter", "Halted", "Permission", "Expired", "Duplicate"};
  *out << kNames.at(static_cast<std::size_t>(r));
}
inline void PrintTo(Venue v, std::ostream* out) { *out << name(v); }
inline void PrintTo(Time t, std::ostream* out) { *out << rfc3339(t); }
inline void PrintTo(Dur d, std::ostream* out) { *out << d.us << "us"; }

}  // namespace dn

namespace dn::conformance {

class Conformance : public testing::TestWithParam<Venue> {
 protected:
  // Its limits are wide: cases that follow each other at once are no client's behaviour.
  static void SetUpTestSuite() { open_exchange(20); }
  static void TearDownTestSuite() { exchange_.reset(); }

  void SetUp() override {
    const std::string missing = Loopback::what_is_missing(venue());
    ASSERT_EQ(missing, "");
  }
  void TearDown() override {
    exchange().clear_faults();
    exchange().set("skew_ms", 0);
  }

  static void open_exchange(int rate_scale) { exchange_ = std::make_unique<Loopback>(rate_scale); }
  static Venue venue() { return GetParam(); }
  static Loopback& exchange() { return *exchange_; }
  static live::Access access(std::string_view door = {}) { return exchange().access(venue(), door); }
  static live::Access wrong_access() {
    live::Access a = access();
    std::string secret(a.credentials.secret.reveal());
    secret.back() = secret.back() == '0' ? '1' : '0';
    a.credentials.secret = Secret(secret);
    return a;
  }
  static bool has_channel() { return venues::registered(venue()).make({venue(), symbol(), access().credentials})->order_channel() != nullptr; }
  // The exchange's own record of an order: exactly one.
  static LedgerOrder in_ledger(const ClientOrderId& id) {
    const auto orders = exchange().orders(venue(), id);
    EXPECT_EQ(orders.size(), 1U) << id.view();
    return orders.size() == 1 ? orders[0] : LedgerOrder{};
  }

 private:
  inline static std::unique_ptr<Loopback> exchange_;
};

inline std::vector<Venue> every_venue() {
  std::vector<Venue> out;
  for (const venues::VenueEntry& e : venues::registered_venues()) out.push_back(e.venue);
  return out;
}
inline std::string venue_name(const testing::TestParamInfo<Venue>& info) { return std::string(name(info.param)); }

}  // namespace dn::conformance

// Runs the cases of a suite over every venue.
#define DN_OVER_EVERY_VENUE(suite) INSTANTIATE_TEST_SUITE_P(, suite, testing::ValuesIn(every_venue()), venue_name)

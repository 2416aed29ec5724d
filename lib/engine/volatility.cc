#include "engine/volatility.h"

#include "base/check.h"

namespace dn {

Bps volatility(const MidRange& r) {
  constexpr int kPlaces = 4;
  return Bps(((r.high - r.low).decimal() * Decimal(10'000)).divided_by(r.low.decimal(), kPlaces, Rounding::Up).normalized());
}

// What comes later and is at least as extreme outlasts what is there; what comes later, is less extreme and goes with it will never be asked for.
void MidWindow::Extremes::add(const Extreme& e) {
  while (size_ > 0 && (highest_ ? e.mid >= newest().mid : e.mid <= newest().mid)) --size_;
  if (size_ > 0 && newest().part == e.part) return;
  DN_CHECK(size_ < kMost, "a window touches no more parts than it has, and one");
  ++size_;
  newest() = e;
}

void MidWindow::Extremes::forget_before(std::int64_t part) {
  while (size_ > 0 && ring_[first_].part < part) {
    first_ = (first_ + 1) % kMost;
    --size_;
  }
}

MidWindow::MidWindow(Dur length) : length_(length), part_{(length.us + kParts - 1) / kParts} { DN_CHECK(length.us > 0, "a window has a length"); }

void MidWindow::note(Time at, const Price& mid) {
  forget(at);
  const Extreme e{at.us / part_.us, mid};
  highest_.add(e);
  lowest_.add(e);
}

std::optional<MidRange> MidWindow::range(Time now) {
  forget(now);
  if (highest_.empty()) return std::nullopt;
  return MidRange{lowest_.best(), highest_.best()};
}

void MidWindow::forget(Time now) {
  const std::int64_t oldest = (now - length_).us / part_.us;
  highest_.forget_before(oldest);
  lowest_.forget_before(oldest);
}

}  // namespace dn

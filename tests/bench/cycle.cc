// So many cycles of the hot path in one process, for counting instructions: ticks decoded, a fill that completes both slices, the decision, the
// promise of both orders, their requests built and signed, the answers to them, and the commit of it all. No socket, no clock, no chance: the same count
// each time.
//   cycle COUNT [DIRECTORY]     with DIRECTORY the steps are promised and committed in a database there
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "engine/bookkeeper.h"
#include "engine_at_work.h"
#include "store/store.h"
#include "venues/venue.h"

namespace {

using namespace dn;

constexpr Time kNow{1'767'225'600'000'000};

std::unique_ptr<venues::VenueApi> api(Venue venue) {
  auto out = venues::registered(venue).make({venue, *symbol_from("BTC/USDT"), {Secret(std::string(32, 'k')), Secret(std::string(32, 's'))}});
  out->set_instrument(bench::spot(venue));
  return out;
}

class Cycles {
 public:
  explicit Cycles(const char* directory) {
    stream_->opened(kNow);
    if (directory == nullptr) return;
    store_ = std::move(Store::open(std::string(directory) + "/dn.db", Store::Mode::ReadWrite)).value();
    TaskRecord fresh = bench::seed_task().task;
    fresh.run_epoch = 0;
    (void)store_->add_task(fresh);
    if (store_->begin_run(1, kNow).value().id != engine_.record().id || !store_->promise_in_file("bench")) std::abort();
    books_ = std::make_unique<Bookkeeper>(engine_.engine(), *store_, nobody_);
  }

  bool one() {
    for (int tick = 0; tick < 4; ++tick) hear_tick(tick % 2);
    const OrderRequest buy = *engine_.working(Side::Buy);
    const OrderRequest sell = *engine_.working(Side::Sell);
    engine_.ack(buy);
    keep();
    engine_.ack(sell);
    keep();
    engine_.fill(buy);
    keep();
    engine_.fill(sell);
    if (engine_.sends() != 2 || !keep()) return false;
    return !books_ || books_->commit(kNow);  // a cycle with its venues takes longer than steps wait for each other
  }

 private:
  void hear_tick(std::int64_t ticks) {
    const std::string bid = std::to_string(43250 + ticks);
    const wire::Frame frame{false,
                            R"({"time":1606293275,"time_ms":1606293275723,"channel":"spot.book_ticker","event":"update","result":{"t":1606293275123,"u":)" +
                                std::to_string(++update_) + R"(,"s":"BTC_USDT","b":")" + bid + R"(.0","B":"0.5","a":")" + bid + R"(.1","A":"0.5"}})"};
    const auto heard = stream_->frame(frame, kNow);
    engine_.tell(BookUpdate{Venue::GateioSpot, std::get<TopOfBook>(heard.news.at(0))});
    keep();
  }

  // What the shell does with a step.
  bool keep() {
    const Commands& c = engine_.answer();
    if (books_ && !books_->before_sends(kNow, c)) return false;
    for (const Send& s : c.sends) {
      if (const auto* p = std::get_if<PlaceOrder>(&s)) bytes_ += build(*p);
    }
    return !books_ || books_->after_sends(kNow).has_value();
  }

  std::size_t build(const PlaceOrder& p) {
    if (p.venue == Venue::GateioSpot) return gate_->place_over(*channel_, p.request, kNow).payload.size();
    return mexc_->place(p.request)->call(kNow).http.target.size();
  }

  bench::EngineAtWork engine_;
  std::unique_ptr<venues::VenueApi> mexc_ = api(Venue::MexcSpot);
  std::unique_ptr<venues::VenueApi> gate_ = api(Venue::GateioSpot);
  std::unique_ptr<venues::StreamProtocol> stream_ = gate_->public_stream();
  std::unique_ptr<venues::OrderChannel> channel_ = gate_->order_channel();
  std::unique_ptr<Store> store_;
  RunObserver nobody_;
  std::unique_ptr<Bookkeeper> books_;
  std::int64_t update_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fputs("usage: cycle COUNT [DIRECTORY]\n", stderr);
    return 64;
  }
  Cycles cycles(argc == 3 ? argv[2] : nullptr);
  for (long left = std::strtol(argv[1], nullptr, 10); left > 0; --left) {
    if (cycles.one()) continue;
    std::fputs("cycle: a step did not go as it should\n", stderr);
    return 70;
  }
  return 0;
}

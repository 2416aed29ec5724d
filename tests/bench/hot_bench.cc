// What stands between a tick's bytes and the orders' bytes, piece by piece: decode, sign and build, promise; and the commit that follows them.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <protozero/pbf_writer.hpp>

#include "store/store.h"
#include "store/task_lock.h"
#include "venues/venue.h"

namespace {

using namespace dn;

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

constexpr Time kNow{1'700'000'000'000'000};

Instrument instrument(Venue venue) {
  Instrument i;
  i.venue = venue;
  i.symbol = *symbol_from("BTC/USDT");
  i.tick = Price(dec("0.1"));
  i.step = Qty(dec("0.0001"));
  i.min_qty = i.step;
  i.min_notional = Money(3);
  return i;
}

std::unique_ptr<venues::VenueApi> api(Venue venue) {
  const std::string key(32, 'k');
  const std::string secret(32, 's');
  auto out = venues::registered(venue).make({venue, *symbol_from("BTC/USDT"), {Secret(key), Secret(secret)}});
  out->set_instrument(instrument(venue));
  return out;
}

OrderRequest order(Side leg) {
  OrderRequest r;
  r.id = ClientOrderId(leg == Side::Buy ? "t-abcdefghb1-1" : "t-abcdefghs1-2");
  r.leg = r.side = leg;
  r.price = Price(dec("43250.5"));
  r.qty = Qty(dec("0.1"));
  r.created = kNow;
  r.expires = kNow + Dur::seconds(5);
  return r;
}

void decode_gate_tick(benchmark::State& state) {
  const auto a = api(Venue::GateioSpot);
  const auto stream = a->public_stream();
  stream->opened(kNow);
  std::int64_t update = 1'000'000;
  for (auto _ : state) {
    const wire::Frame frame{false,
                            R"({"time":1606293275,"time_ms":1606293275723,"channel":"spot.book_ticker","event":"update","result":{"t":1606293275123,"u":)" +
                                std::to_string(++update) + R"(,"s":"BTC_USDT","b":"19177.79","B":"0.0003341504","a":"19179.38","A":"0.09"}})"};
    if (stream->frame(frame, kNow).news.size() != 1) state.SkipWithError("no prices");
  }
}
BENCHMARK(decode_gate_tick);

void decode_mexc_tick(benchmark::State& state) {
  const auto a = api(Venue::MexcSpot);
  const auto stream = a->public_stream();
  stream->opened(kNow);
  std::int64_t version = 1'000'000;
  for (auto _ : state) {
    std::string body;
    protozero::pbf_writer b(body);
    b.add_string(1, "93387.28");
    b.add_string(2, "3.73485");
    b.add_string(3, "93387.29");
    b.add_string(4, "7.669875");
    b.add_string(5, std::to_string(++version));
    wire::Frame frame{true, {}};
    protozero::pbf_writer w(frame.payload);
    w.add_string(1, "spot@public.aggre.bookTicker.v3.api.pb@10ms@BTCUSDT");
    w.add_string(3, "BTCUSDT");
    w.add_int64(6, 1'736'412'092'433);
    w.add_message(315, body);
    if (stream->frame(frame, kNow).news.size() != 1) state.SkipWithError("no prices");
  }
}
BENCHMARK(decode_mexc_tick);

// Signed, as it goes out.
void build_mexc_order(benchmark::State& state) {
  const auto a = api(Venue::MexcSpot);
  const OrderRequest r = order(Side::Sell);
  for (auto _ : state) benchmark::DoNotOptimize(a->place(r)->call(kNow).http.target.data());
}
BENCHMARK(build_mexc_order);

void build_gate_order_by_websocket(benchmark::State& state) {
  const auto a = api(Venue::GateioSpot);
  const auto channel = a->order_channel();
  const OrderRequest r = order(Side::Buy);
  for (auto _ : state) benchmark::DoNotOptimize(a->place_over(*channel, r, kNow).payload.data());
}
BENCHMARK(build_gate_order_by_websocket);

// A database of its own, and the step that quotes both legs.
class Books {
 public:
  Books() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dn-bench-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    store_ = std::move(Store::open(directory_ + "/dn.db", Store::Mode::ReadWrite)).value();
    TaskRecord fresh;
    fresh.spec.name = "bench";
    fresh.spec.symbol = *symbol_from("BTC/USDT");
    fresh.spec.leg.buy.exchange = Venue::GateioSpot;
    fresh.spec.leg.sell.exchange = Venue::MexcSpot;
    (void)store_->add_task(fresh);
    task_ = store_->begin_run(1, kNow).value();
    std::filesystem::create_directory(lock_directory(directory_ + "/dn.db"));
    (void)store_->promise_in_file("bench");
  }
  ~Books() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  void next_step() {
    batch_.clear();
    batch_.task = true;
    for (const Side leg : kSides) {
      OrderRecord o;
      o.request = order(leg);
      o.request.id = ClientOrderId("t-bench" + std::to_string(task_.next_seq++));
      batch_.orders.push_back(o);
      batch_.events.push_back({kNow, OrderStepped{OrderStep::Intent, Venue::MexcSpot, o.request, {}, {}, {}}});
    }
  }
  bool promise() { return store_->promise(task_, batch_); }
  bool commit() { return store_->commit(task_, batch_).has_value(); }

 private:
  std::string directory_;
  std::unique_ptr<Store> store_;
  TaskRecord task_;
  JournalBatch batch_;
};

void promise_both_legs(benchmark::State& state) {
  Books books;
  books.next_step();
  for (auto _ : state) {
    if (!books.promise()) state.SkipWithError("no promise");
  }
}
BENCHMARK(promise_both_legs);

void commit_both_legs(benchmark::State& state) {
  Books books;
  for (auto _ : state) {
    state.PauseTiming();
    books.next_step();
    state.ResumeTiming();
    if (!books.commit()) state.SkipWithError("no commit");
  }
}
BENCHMARK(commit_both_legs);

}  // namespace

BENCHMARK_MAIN();

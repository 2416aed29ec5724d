#include "sim/replay.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace dn::sim {
namespace {

constexpr std::uintmax_t kMaxFile = 512U << 20;
constexpr std::size_t kMaxLine = 64U << 10;
constexpr int kMaxDigits = 17;
constexpr int kMaxPlaces = 12;

using Error = ReplayError;

struct Field {
  std::string_view text;
  std::size_t column = 0;  // where it starts, from 1
};

void split(std::string_view line, std::vector<Field>* out) {
  out->clear();
  std::size_t start = 0;
  for (;;) {
    const std::size_t comma = line.find(',', start);
    const std::size_t end = comma == std::string_view::npos ? line.size() : comma;
    out->push_back({line.substr(start, end - start), start + 1});
    if (comma == std::string_view::npos) return;
    start = comma + 1;
  }
}

// One CSV file, line by line, that can say where it is.
class Csv {
 public:
  static Expected<Csv, Error> open(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return Unexpected{Error{Error::Kind::NotFound, path + ": there is no such file"}};
    if (static_cast<std::uintmax_t>(info.st_size) > kMaxFile) return Unexpected{Error{Error::Kind::BadData, path + ": is larger than 512 MiB"}};
    Csv csv(path);
    if (!csv.in_) return Unexpected{Error{Error::Kind::NotFound, path + ": cannot be read"}};
    if (auto header = csv.next(); !header) return Unexpected{header.error()};
    if (csv.fields_.size() < 2) return Unexpected{csv.error(1, "this is not a header of comma-separated column names")};
    for (std::size_t i = 0; i < csv.fields_.size(); ++i) csv.names_.emplace_back(csv.fields_[i].text);
    return csv;
  }

  // Reads the next line that is not empty; false at the end.
  Expected<bool, Error> next() {
    while (std::getline(in_, line_)) {
      ++number_;
      if (line_.size() > kMaxLine) return Unexpected{error(kMaxLine, "the line is longer than 64 KiB")};
      if (!line_.empty() && line_.back() == '\r') line_.pop_back();
      if (line_.empty()) continue;
      split(line_, &fields_);
      return true;
    }
    return false;
  }

  // The index of a column; npos when the file has none of that name.
  std::size_t column(std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    return at == names_.end() ? std::string_view::npos : static_cast<std::size_t>(at - names_.begin());
  }
  Expected<std::size_t, Error> required_column(std::string_view name) const {
    const std::size_t c = column(name);
    if (c == std::string_view::npos) return Unexpected{Error{Error::Kind::BadData, fmt::format("{}:1:1: there is no column \"{}\"", path_, name)}};
    return c;
  }

  std::string_view text(std::size_t column) const { return column < fields_.size() ? fields_[column].text : std::string_view(); }

  Expected<Decimal, Error> number(std::size_t column, std::string_view what) const {
    const auto d = Decimal::parse(text(column));
    if (!d) return Unexpected{error(at(column), fmt::format("{} \"{}\" {}", what, text(column), describe(d.error())))};
    if (!d->within(kMaxDigits, kMaxPlaces) || d->is_negative()) {
      return Unexpected{error(at(column), fmt::format("{} {} is negative or has more than {} digits", what, text(column), kMaxDigits))};
    }
    return *d;
  }

  // Seconds with decimals, to the microsecond below.
  Expected<Time, Error> time(std::size_t column) const {
    const auto seconds = number(column, "timestamp");
    if (!seconds) return Unexpected{seconds.error()};
    const Decimal us = (*seconds * Decimal(1'000'000)).rounded(0, Rounding::Down);
    if (us > Decimal(INT64_C(253402300799000000))) return Unexpected{error(at(column), "the timestamp is not a time in seconds")};
    return Time{static_cast<std::int64_t>(us.mantissa())};
  }

  Error error(std::size_t column, std::string_view what) const { return {Error::Kind::BadData, fmt::format("{}:{}:{}: {}", path_, number_, column, what)}; }
  std::size_t at(std::size_t column) const { return column < fields_.size() ? fields_[column].column : line_.size() + 1; }

 private:
  explicit Csv(std::string path) : path_(std::move(path)), in_(path_, std::ios::binary) {}

  std::string path_;
  std::ifstream in_;
  std::string line_;
  std::size_t number_ = 0;
  std::vector<Field> fields_;
  std::vector<std::string> names_;
};

void see(const Decimal& d, int* places) { *places = std::max(*places, d.normalized().scale()); }

struct LevelColumns {
  std::size_t bid_price, bid_size, ask_price, ask_size;
};

std::vector<LevelColumns> level_columns(const Csv& csv) {
  std::vector<LevelColumns> out;
  for (int i = 0; i < 1000; ++i) {
    const LevelColumns c{csv.column(fmt::format("bid_price_{}", i)), csv.column(fmt::format("bid_size_{}", i)), csv.column(fmt::format("ask_price_{}", i)),
                         csv.column(fmt::format("ask_size_{}", i))};
    if (std::max({c.bid_price, c.bid_size, c.ask_price, c.ask_size}) == std::string_view::npos) break;
    out.push_back(c);
  }
  return out;
}

// Adds a level; an empty or zero one is none.
Expected<void, Error> add_level(const Csv& csv, std::size_t price, std::size_t size, std::vector<Level>* side, RecordingFacts* facts) {
  if (csv.text(price).empty() || csv.text(size).empty()) return {};
  const auto p = csv.number(price, "price");
  if (!p) return Unexpected{p.error()};
  const auto q = csv.number(size, "size");
  if (!q) return Unexpected{q.error()};
  if (p->is_zero() || q->is_zero()) return {};
  see(*p, &facts->price_places);
  see(*q, &facts->size_places);
  side->push_back({Price(*p), Qty(*q)});
  return {};
}

bool is_whole(const Book& b) { return !b.bids.empty() && !b.asks.empty() && b.bids[0].price < b.asks[0].price; }

void put_in_order(Book& b) {
  std::stable_sort(b.bids.begin(), b.bids.end(), [](const Level& x, const Level& y) { return x.price > y.price; });
  std::stable_sort(b.asks.begin(), b.asks.end(), [](const Level& x, const Level& y) { return x.price < y.price; });
}

Expected<void, Error> read_books(const std::string& path, std::vector<MarketEvent>* out, RecordingFacts* facts) {
  auto csv = Csv::open(path);
  if (!csv) return Unexpected{csv.error()};
  const auto timestamp = csv->required_column("timestamp");
  if (!timestamp) return Unexpected{timestamp.error()};
  const auto levels = level_columns(*csv);
  if (levels.empty()) return Unexpected{Error{Error::Kind::BadData, path + ":1:1: there are no columns bid_price_0, bid_size_0, ask_price_0, ask_size_0"}};
  for (;;) {
    const auto more = csv->next();
    if (!more) return Unexpected{more.error()};
    if (!*more) return {};
    const auto at = csv->time(*timestamp);
    if (!at) return Unexpected{at.error()};
    Book book;
    for (const LevelColumns& c : levels) {
      if (auto r = add_level(*csv, c.bid_price, c.bid_size, &book.bids, facts); !r) return r;
      if (auto r = add_level(*csv, c.ask_price, c.ask_size, &book.asks, facts); !r) return r;
    }
    put_in_order(book);
    if (!is_whole(book)) {
      ++facts->skipped_books;
      continue;
    }
    ++facts->books;
    out->push_back({*at, true, true, std::move(book)});
  }
}

Expected<void, Error> read_trades(const std::string& path, std::vector<MarketEvent>* out, RecordingFacts* facts) {
  auto csv = Csv::open(path);
  if (!csv) return Unexpected{csv.error()};
  std::array<std::size_t, 4> columns{};
  constexpr std::array<std::string_view, 4> kNames{"timestamp", "price", "size", "side"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const auto c = csv->required_column(kNames[i]);
    if (!c) return Unexpected{c.error()};
    columns[i] = *c;
  }
  for (;;) {
    const auto more = csv->next();
    if (!more) return Unexpected{more.error()};
    if (!*more) return {};
    const auto at = csv->time(columns[0]);
    if (!at) return Unexpected{at.error()};
    const auto price = csv->number(columns[1], "price");
    if (!price) return Unexpected{price.error()};
    const auto size = csv->number(columns[2], "size");
    if (!size) return Unexpected{size.error()};
    const auto side = side_from(csv->text(columns[3]));
    if (!side) return Unexpected{csv->error(csv->at(columns[3]), fmt::format("side \"{}\" is neither buy nor sell", csv->text(columns[3])))};
    if (price->is_zero() || size->is_zero()) continue;
    see(*price, &facts->price_places);
    see(*size, &facts->size_places);
    ++facts->trades;
    out->push_back({*at, true, true, PublicTrade{Price(*price), Qty(*size), *side}});
  }
}

}  // namespace

Expected<std::unique_ptr<ReplayFeed>, ReplayError> ReplayFeed::open(const std::string& directory, const Symbol& symbol) {
  std::unique_ptr<ReplayFeed> feed(new ReplayFeed);
  const std::string tail = "_" + symbol.base.str() + "_" + symbol.quote.str() + ".csv";
  // Trades first: the stable sort then keeps them before books of the same time.
  if (auto r = read_trades(directory + "/trades" + tail, &feed->events_, &feed->facts_); !r) return Unexpected{r.error()};
  if (auto r = read_books(directory + "/orderbooks" + tail, &feed->events_, &feed->facts_); !r) return Unexpected{r.error()};
  if (feed->facts_.books == 0) return Unexpected{Error{Error::Kind::BadData, directory + "/orderbooks" + tail + ": holds no usable book"}};
  std::stable_sort(feed->events_.begin(), feed->events_.end(), [](const MarketEvent& a, const MarketEvent& b) { return a.at < b.at; });
  feed->facts_.first = feed->events_.front().at;
  feed->facts_.last = feed->events_.back().at;
  return feed;
}

std::optional<MarketEvent> ReplayFeed::next() {
  if (at_ == events_.size()) return std::nullopt;
  return std::move(events_[at_++]);
}

}  // namespace dn::sim

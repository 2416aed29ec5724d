#include "sim/replay.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/text.h"

namespace dn::sim {
namespace {

constexpr std::uintmax_t kMaxFile = 512U << 20;
constexpr std::size_t kMaxLine = 64U << 10;
constexpr int kMaxDigits = 17;
constexpr int kMaxPlaces = 12;
constexpr Dur kLongestGap = Dur::seconds(7 * 24 * 3600);  // a recorder that was away for a week begins a new recording
static_assert(kMaxPlaces < 16, "the places of a packed number have four bits");

using Recording = ReplayFeed::Recording;
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
    constexpr std::string_view kMark = "\xef\xbb\xbf";  // some programs begin a text file with it
    if (!csv.fields_.empty() && csv.fields_[0].text.starts_with(kMark)) csv.fields_[0].text.remove_prefix(kMark.size());
    if (csv.fields_.size() < 2) return Unexpected{csv.error(1, "this is not a header of comma-separated column names")};
    for (std::size_t i = 0; i < csv.fields_.size(); ++i) csv.names_.emplace_back(csv.fields_[i].text);
    return csv;
  }

  // Reads the next line that is not empty; false at the end.
  Expected<bool, Error> next() {
    for (;;) {
      // Never more than the limit in memory, however long the line is.
      in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
      auto length = static_cast<std::size_t>(in_.gcount());
      ++number_;
      if (in_.bad()) return Unexpected{error(1, "the file cannot be read further")};
      if (in_.fail() && length + 1 == buffer_.size()) return Unexpected{error(kMaxLine + 1, "the line is longer than 64 KiB")};
      if (in_.fail()) return false;
      if (!in_.eof()) --length;  // the line's end was counted too
      line_ = std::string_view(buffer_.data(), length);
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      if (line_.empty()) continue;
      split(line_, &fields_);
      return true;
    }
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
    auto d = decimal(column, what);
    if (d && !d->within(kMaxDigits, kMaxPlaces)) {
      return Unexpected{error(at(column), fmt::format("{} {} has more than {} digits or more than {} places", what, shown(column), kMaxDigits, kMaxPlaces))};
    }
    return d;
  }

  // Seconds with decimals, to the microsecond below.
  Expected<Time, Error> time(std::size_t column) const {
    const auto seconds = decimal(column, "timestamp");
    if (!seconds) return Unexpected{seconds.error()};
    constexpr std::int64_t kYear10000 = 253'402'300'800;
    if (*seconds >= Decimal(kYear10000)) return Unexpected{error(at(column), fmt::format("timestamp {} is not a time in seconds", shown(column)))};
    const Decimal us = (seconds->rounded(6, Rounding::Down) * Decimal(1'000'000)).rounded(0, Rounding::Down);
    return Time{static_cast<std::int64_t>(us.mantissa())};
  }

  std::string shown(std::size_t column) const { return printable_excerpt(text(column)); }
  Error error(std::size_t column, std::string_view what) const { return {Error::Kind::BadData, fmt::format("{}:{}:{}: {}", path_, number_, column, what)}; }
  std::size_t at(std::size_t column) const { return column < fields_.size() ? fields_[column].column : line_.size() + 1; }

 private:
  explicit Csv(std::string path) : path_(std::move(path)), in_(path_, std::ios::binary), buffer_(kMaxLine + 2) {}

  Expected<Decimal, Error> decimal(std::size_t column, std::string_view what) const {
    const auto d = Decimal::parse(text(column));
    if (!d) return Unexpected{error(at(column), fmt::format("{} \"{}\" {}", what, shown(column), describe(d.error())))};
    if (d->is_negative()) return Unexpected{error(at(column), fmt::format("{} {} is negative", what, shown(column)))};
    return *d;
  }

  std::string path_;
  std::ifstream in_;
  std::vector<char> buffer_;
  std::string_view line_;  // in the buffer, as the fields are
  std::size_t number_ = 0;
  std::vector<Field> fields_;
  std::vector<std::string> names_;
};

// Keeps a number and counts its places.
void keep(const Decimal& d, std::vector<std::int64_t>* numbers, int* places) {
  const Decimal n = d.normalized();
  *places = std::max(*places, n.scale());
  numbers->push_back(static_cast<std::int64_t>(n.mantissa()) * 16 + n.scale());
}
Decimal unpack(std::int64_t packed) { return Decimal::from_parts(packed / 16, static_cast<int>(packed % 16)); }
std::vector<Level> unpack_levels(const std::int64_t* numbers, std::uint32_t count) {
  std::vector<Level> out;
  out.reserve(count);
  for (; count > 0; --count, numbers += 2) out.push_back({Price(unpack(numbers[0])), Qty(unpack(numbers[1]))});
  return out;
}

struct LevelColumns {
  std::size_t bid_price, bid_size, ask_price, ask_size;
};

std::vector<LevelColumns> level_columns(const Csv& csv) {
  std::vector<LevelColumns> out;
  for (int i = 0;; ++i) {
    const LevelColumns c{csv.column(fmt::format("bid_price_{}", i)), csv.column(fmt::format("bid_size_{}", i)), csv.column(fmt::format("ask_price_{}", i)),
                         csv.column(fmt::format("ask_size_{}", i))};
    if (std::max({c.bid_price, c.bid_size, c.ask_price, c.ask_size}) == std::string_view::npos) break;
    out.push_back(c);
  }
  return out;
}

// Adds a level; an empty or zero one is none.
Expected<void, Error> add_level(const Csv& csv, std::size_t price, std::size_t size, std::vector<Level>* side) {
  if (csv.text(price).empty() || csv.text(size).empty()) return {};
  const auto p = csv.number(price, "price");
  if (!p) return Unexpected{p.error()};
  const auto q = csv.number(size, "size");
  if (!q) return Unexpected{q.error()};
  if (!p->is_zero() && !q->is_zero()) side->push_back({Price(*p), Qty(*q)});
  return {};
}

bool is_whole(const Book& b) { return !b.bids.empty() && !b.asks.empty() && b.bids[0].price < b.asks[0].price; }

void put_in_order(Book& b) {
  std::stable_sort(b.bids.begin(), b.bids.end(), [](const Level& x, const Level& y) { return x.price > y.price; });
  std::stable_sort(b.asks.begin(), b.asks.end(), [](const Level& x, const Level& y) { return x.price < y.price; });
}

void keep(Time at, const Book& book, Recording* out) {
  ++out->facts.books;
  out->rows.push_back({at, out->numbers.size(), static_cast<std::uint32_t>(book.bids.size()), static_cast<std::uint32_t>(book.asks.size()), Side::Buy});
  for (const auto* side : {&book.bids, &book.asks}) {
    for (const Level& l : *side) {
      keep(l.price.decimal(), &out->numbers, &out->facts.price_places);
      keep(l.qty.decimal(), &out->numbers, &out->facts.size_places);
    }
  }
}

Expected<void, Error> read_books(const std::string& path, Recording* out) {
  auto csv = Csv::open(path);
  if (!csv) return Unexpected{csv.error()};
  const auto timestamp = csv->required_column("timestamp");
  if (!timestamp) return Unexpected{timestamp.error()};
  const auto levels = level_columns(*csv);
  if (levels.empty()) return Unexpected{Error{Error::Kind::BadData, path + ":1:1: there are no columns bid_price_0, bid_size_0, ask_price_0, ask_size_0"}};
  Book book;
  for (;;) {
    const auto more = csv->next();
    if (!more) return Unexpected{more.error()};
    if (!*more) return {};
    const auto at = csv->time(*timestamp);
    if (!at) return Unexpected{at.error()};
    book.bids.clear();
    book.asks.clear();
    for (const LevelColumns& c : levels) {
      if (auto r = add_level(*csv, c.bid_price, c.bid_size, &book.bids); !r) return r;
      if (auto r = add_level(*csv, c.ask_price, c.ask_size, &book.asks); !r) return r;
    }
    put_in_order(book);
    if (is_whole(book)) {
      keep(*at, book, out);
    } else {
      ++out->facts.skipped_books;
    }
  }
}

Expected<void, Error> read_trades(const std::string& path, Recording* out) {
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
    if (!side) return Unexpected{csv->error(csv->at(columns[3]), fmt::format("side \"{}\" is neither buy nor sell", csv->shown(columns[3])))};
    if (price->is_zero() || size->is_zero()) continue;
    ++out->facts.trades;
    out->rows.push_back({*at, out->numbers.size(), 0, 0, *side});
    keep(*price, &out->numbers, &out->facts.price_places);
    keep(*size, &out->numbers, &out->facts.size_places);
  }
}

}  // namespace

Expected<std::unique_ptr<ReplayFeed>, ReplayError> ReplayFeed::open(const std::string& directory, const Symbol& symbol) {
  const std::string tail = fmt::format("_{}_{}.csv", symbol.base.view(), symbol.quote.view());
  Recording r;
  // Trades first: the stable sort then keeps them before books of the same time.
  if (auto done = read_trades(directory + "/trades" + tail, &r); !done) return Unexpected{done.error()};
  if (auto done = read_books(directory + "/orderbooks" + tail, &r); !done) return Unexpected{done.error()};
  if (r.facts.books == 0) return Unexpected{Error{Error::Kind::BadData, directory + "/orderbooks" + tail + ": holds no usable book"}};
  std::stable_sort(r.rows.begin(), r.rows.end(), [](const Row& a, const Row& b) { return a.at < b.at; });
  for (std::size_t i = 1; i < r.rows.size(); ++i) {
    if (r.rows[i].at - r.rows[i - 1].at <= kLongestGap) continue;
    return Unexpected{Error{Error::Kind::BadData,
                            fmt::format("{}/orderbooks{}: between {} and {} (seconds) nothing was recorded: books and trades are not of one recording, or a "
                                        "timestamp is wrong",
                                        directory, tail, r.rows[i - 1].at.us / 1'000'000, r.rows[i].at.us / 1'000'000)}};
  }
  r.facts.first = r.rows.front().at;
  r.facts.last = r.rows.back().at;
  return std::unique_ptr<ReplayFeed>(new ReplayFeed(std::move(r)));
}

std::optional<MarketEvent> ReplayFeed::next() {
  if (at_ == recording_.rows.size()) return std::nullopt;
  const Row& r = recording_.rows[at_++];
  const std::int64_t* n = &recording_.numbers[r.first];
  if (r.bids == 0) return MarketEvent{r.at, true, true, PublicTrade{Price(unpack(n[0])), Qty(unpack(n[1])), r.taker}};
  return MarketEvent{r.at, true, true, Book{unpack_levels(n, r.bids), unpack_levels(n + std::size_t{2} * r.bids, r.asks)}};
}

}  // namespace dn::sim

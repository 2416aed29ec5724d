#include "venues/gateio/book.h"

#include <fmt/format.h>

namespace dn::venues::gateio {
namespace {

constexpr int kTopLevels = 5;  // the fewest that both markets take

std::optional<Level> read_level(const Element& level, const Context& context, const Instrument& instrument) {
  std::optional<Decimal> price = amount(level, "p");
  std::optional<Decimal> size = amount(level, "s");
  if (const auto pair = array_of(level); pair.size() >= 2) {
    price = amount_of(text_of(pair[0]));
    size = amount_of(text_of(pair[1]));
  }
  if (!price || !price->is_positive() || !size || size->is_negative()) return std::nullopt;
  if (context.futures()) size = product(*size, instrument.multiplier.decimal());
  if (!size) return std::nullopt;
  return Level{Price(*price), Qty(*size)};
}

std::optional<std::vector<Level>> read_side(const Element& book, std::string_view key, const Context& context, const Instrument& instrument, std::size_t most) {
  const auto side = member(book, key);
  if (!side || !side->is_array()) return std::nullopt;
  std::vector<Level> out;
  for (const Element& row : array_of(*side)) {
    if (out.size() == most) break;
    const auto level = read_level(row, context, instrument);
    if (!level) return std::nullopt;
    out.push_back(*level);
  }
  return out;
}

std::optional<Depth> read_book(const Element& book, const Context& context, const Instrument& instrument, std::size_t most) {
  auto bids = read_side(book, "bids", context, instrument, most);
  auto asks = read_side(book, "asks", context, instrument, most);
  if (!bids || !asks) return std::nullopt;
  return Depth{std::move(*bids), std::move(*asks)};
}

Request book_request(const Context& c, int levels) {
  const std::string path = c.futures() ? "/futures/usdt/order_book" : "/spot/order_book";
  return {"GET", path, fmt::format("{}={}&limit={}", c.futures() ? "contract" : "currency_pair", c.pair, levels), {}, Pool::Public, false, {}};
}

}  // namespace

Request top_request(const Context& context) { return book_request(context, kTopLevels); }

std::optional<Depth> read_depth(const Element& book, const Context& context, const Instrument& instrument) {
  return read_book(book, context, instrument, SIZE_MAX);
}

std::optional<TopOfBook> read_top(const Element& book, const Context& context, const Instrument& instrument) {
  const auto d = read_book(book, context, instrument, 1);
  if (!d || d->bids.empty() || d->asks.empty()) return std::nullopt;
  return TopOfBook{d->bids[0].price, d->asks[0].price, d->bids[0].qty, d->asks[0].qty};
}

std::unique_ptr<Question<Outcome<TopOfBook>>> ask_top(const ContextPtr& context) {
  return std::make_unique<OneCall<Outcome<TopOfBook>>>([context](Time now) { return encode(top_request(*context), *context, now); },
                                                       [context](const wire::HttpResponse& response, Time) -> Outcome<TopOfBook> {
                                                         const Reply reply = read(response);
                                                         const std::string what = "the book of " + context->pair;
                                                         if (!reply.ok()) return Unexpected{problem(reply, what)};
                                                         const auto top = read_top(reply.root(), *context, context->instrument);
                                                         if (!top) return Unexpected{broken(what, "a side is empty")};
                                                         return *top;
                                                       });
}

std::unique_ptr<Question<Outcome<Depth>>> ask_depth(const ContextPtr& context, int levels) {
  return std::make_unique<OneCall<Outcome<Depth>>>([context, levels](Time now) { return encode(book_request(*context, levels), *context, now); },
                                                   [context](const wire::HttpResponse& response, Time) -> Outcome<Depth> {
                                                     const std::string what = "the book of " + context->pair;
                                                     const Reply reply = read(response);
                                                     if (!reply.ok()) return Unexpected{problem(reply, what)};
                                                     auto depth = read_depth(reply.root(), *context, context->instrument);
                                                     if (!depth) return Unexpected{broken(what, "its levels make no sense")};
                                                     return std::move(*depth);
                                                   });
}

}  // namespace dn::venues::gateio

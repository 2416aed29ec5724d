// The contract between a venue's folder and the shell that talks for it.
//
// A folder knows names, paths, signatures, payloads and quirks of one exchange; it does no I/O and reads no clock. The
// shell sends what a folder encodes and gives it what came back. Everything here is used from one thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/expected.h"
#include "base/secret.h"
#include "model/order.h"
#include "wire/frame.h"
#include "wire/http.h"
#include "wire/rate_budget.h"

namespace dn::venues {

struct Credentials {
  Secret key;
  Secret secret;
  bool empty() const { return key.empty() || secret.empty(); }
};

// Which of the venue's budgets a call draws on.
enum class Pool : std::uint8_t { Public, Account, Order, Cancel };

// What a venue allows, as buckets that stay below its limits in every window, and which of them a pool draws on.
struct Budget {
  wire::RateRule rule;
  std::int64_t reserve = 0;  // the part that only cancels, hedges and proofs may use
};
struct Budgets {
  std::vector<Budget> buckets;
  std::array<std::uint8_t, 4> of_pool{};  // index of the bucket, by Pool
};
// What a reply says about further requests.
struct Advice {
  Dur wait;                    // > 0: not before this has passed
  bool whole_account = false;  // for every pool, not only the one that was asked
};

struct Call {
  wire::HttpRequest http;
  Pool pool = Pool::Account;
  int weight = 1;
};

// Something the venue is asked: one or more HTTP exchanges in a row, then one answer. A response with status 0 is an exchange
// that brought nothing; every question ends with an answer also then.
template <class Answer>
class Question {
 public:
  virtual ~Question() = default;
  // The next exchange, stamped and signed for the venue's clock. Asked again after every heard() that returned nothing, and whenever the
  // exchange was not made after all (no budget): the last one asked for is the one that `heard` is about.
  virtual Call call(Time venue_now) = 0;
  virtual std::optional<Answer> heard(const wire::HttpResponse& response, Time venue_now) = 0;
};

// A question of one exchange.
template <class Answer>
class OneCall final : public Question<Answer> {
 public:
  using Encode = std::function<Call(Time venue_now)>;
  using Decode = std::function<Answer(const wire::HttpResponse&, Time venue_now)>;
  OneCall(Encode encode, Decode decode) : encode_(std::move(encode)), decode_(std::move(decode)) {}
  Call call(Time venue_now) override { return encode_(venue_now); }
  std::optional<Answer> heard(const wire::HttpResponse& response, Time venue_now) override { return decode_(response, venue_now); }

 private:
  Encode encode_;
  Decode decode_;
};

// What a start needs to know before anything trades.
struct VenueFacts {
  Instrument instrument;          // with this account's fees
  std::map<Asset, Decimal> free;  // spendable, of the symbol's two assets and the fee token (perpetual: of the margin asset)
  // The same with what orders and positions hold of it; without what a position would bring now. Lacks what the venue does not tell by asset.
  std::map<Asset, Decimal> total;
  std::optional<TopOfBook> top;
  Qty position;                       // perpetual: signed base
  Price entry;                        // perpetual: the average price of the position; zero where there is none
  std::optional<Decimal> leverage;    // perpetual: what a position of this symbol is opened with; none: not told
  std::optional<bool> can_withdraw;   // where the venue tells it
  std::vector<std::string> warnings;  // for a person
  // When the account was asked for and when it had been told, on the venue's clock: balances and position are of a moment in between. Set by
  // the shell.
  Time asked;
  Time heard;
  Dur offset;  // the venue's clock less ours then
};
struct Problem {
  enum class Kind : std::uint8_t {
    Unreachable,  // no usable answer: try again
    Permission,   // key, signature, address list, right
    Config,       // symbol unknown or not tradable by API, account in a mode that is not supported
    Clock,        // our clock and the venue's differ too much
  };
  Kind kind = Kind::Unreachable;
  std::string message;  // what and why, without secrets
};
template <class T>
using Outcome = Expected<T, Problem>;

// A price of a book and what stands there, in base.
struct Level {
  Price price;
  Qty qty;
};
// A book as far as it was asked for, the best price first; a side may be empty.
struct Depth {
  std::vector<Level> bids;
  std::vector<Level> asks;
};

// An order as a survey of the account shows it, whoever placed it.
struct SeenOrder {
  std::string client_id;  // the text that it carries, printable and bounded (at most 64 characters); empty when none
  VenueOrderId venue_order_id;
  Side side = Side::Buy;
  Price price;  // its limit; zero where the venue shows none
  Qty qty;      // base
  Qty filled;   // base, cumulative
  bool open = false;
  bool reduce_only = false;
  Time created;  // the venue's clock
};
// The account's part in one symbol. Complete, or there is none: a list that is not read to its end, or that holds a row which cannot be
// read, is a Problem.
struct Survey {
  // Every open order of the symbol, and every order that was created or ended since, as far as the venue keeps them; each once, oldest first.
  std::vector<SeenOrder> orders;
  // Every trade of the account in the symbol since; `order` is set when the venue's row carries a text of ours, else empty; each once,
  // oldest first.
  std::vector<Fill> trades;
  Time venue_time;  // of the first exchange
  Time since{};     // where the trades begin: as asked for, or as far as the venue goes back; the venue's clock
};

// What a stream says that matters. The private stream is a hint: whatever it says about an order is asked for by REST, except
// fills with the venue's own trade id, which are booked once whatever path brings them.
struct OrderNews {
  ClientOrderId id;
  bool traded = false;  // it is about a trade, which can be read now
};
// The last two are the answers of an OrderChannel.
using News = std::variant<TopOfBook, Fill, OrderNews, PlaceReport, CancelReport>;

// What one frame meant.
struct Heard {
  enum class Kind : std::uint8_t {
    Nothing,     // unknown or broken: counted, never fatal
    Alive,       // a pong or a heartbeat
    Subscribed,  // `topics` are proven
    Refused,     // a subscription or login is refused: `text` says why
    Data,        // `news`, which may be empty
    Closing,     // the venue announces the end of this connection
  };
  Kind kind = Kind::Nothing;
  std::vector<std::string> topics;
  std::vector<News> news;
  std::string text;
};

// One stream of a venue: what to connect to, what to say, what the answers mean. Keeps what one connection needs (versions seen);
// `opened` starts afresh.
class StreamProtocol {
 public:
  virtual ~StreamProtocol() = default;
  // What has to be fetched before each connect (a listenKey); null when nothing has to.
  virtual std::unique_ptr<Question<Outcome<std::string>>> ticket() { return nullptr; }
  // Keeps the ticket alive; null when nothing has to. The answer's text is not used.
  virtual std::unique_ptr<Question<Outcome<std::string>>> renewal(const std::string& /*ticket*/) { return nullptr; }
  virtual Dur renewal_interval() const { return Dur::minutes(20); }
  // Appended to the endpoint's address.
  virtual std::string url_suffix(const std::string& /*ticket*/) const { return {}; }
  // Of the opening request, besides what WebSocket itself needs.
  virtual wire::Headers upgrade_headers() const { return {}; }
  // What is said first on a new connection.
  virtual std::vector<wire::Frame> opened(Time venue_now) = 0;
  // The topics that must be proven before the stream counts as up; names as in Heard::topics.
  virtual std::vector<std::string> topics() const = 0;
  virtual Heard frame(const wire::Frame& frame, Time venue_now) = 0;
  virtual wire::Frame ping(Time venue_now) = 0;
  virtual Dur ping_interval() const { return Dur::seconds(1); }
  // The venue ends connections that are older than this.
  virtual Dur longest_life() const { return Dur::hours(23); }
};

// Orders over a WebSocket, where the venue has that: a stream whose topics are proven by its login and that brings the reports of what was
// sent over it as news. What is sent over it is never sent by REST as well.
// One for the account, whatever the symbol: VenueApi::place_over writes what is sent.
class OrderChannel : public StreamProtocol {};

class VenueApi {
 public:
  virtual ~VenueApi() = default;

  // ---- the start. Without credentials only the public ones may be asked.
  virtual std::unique_ptr<Question<Outcome<Time>>> server_time() = 0;
  // The symbol's rules and first prices. Fees are the venue's published ones until `account` is asked.
  virtual std::unique_ptr<Question<Outcome<VenueFacts>>> market() = 0;
  // Completes `facts` with this account's rights, fees, balances and position.
  virtual std::unique_ptr<Question<Outcome<VenueFacts>>> account(VenueFacts facts) = 0;
  // Whether the key may trade, asked without an order: by a cancel of one that there never was. Problem::Permission: it may not; others:
  // it is not known.
  virtual std::unique_ptr<Question<Outcome<void>>> trade_right() = 0;
  // Tells the api the rules it encodes with (contracts, steps). Before anything below is called.
  virtual void set_instrument(const Instrument& instrument) = 0;
  // The symbol as the venue's pushes name it.
  virtual std::string symbol_text() const = 0;

  // ---- orders. `id` is ours; `venue_order_id` may be empty.
  virtual std::unique_ptr<Question<PlaceReport>> place(const OrderRequest& request) = 0;
  virtual std::unique_ptr<Question<CancelReport>> cancel(const ClientOrderId& id, const VenueOrderId& venue_order_id) = 0;
  virtual std::unique_ptr<Question<LookupReport>> lookup(const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage) = 0;
  virtual std::unique_ptr<Question<TradesReport>> trades(const ClientOrderId& id, const VenueOrderId& venue_order_id) = 0;
  // All of the account's orders and trades in the symbol since a time on the venue's clock, for recovery and to name what is not ours. Times
  // count as whole seconds, since some venues tell no finer ones; earlier than the venue keeps its trades is as if it were just that.
  virtual std::unique_ptr<Question<Outcome<Survey>>> survey(Time since) = 0;
  // The dead man's switch, where the venue has one: all orders of the symbol go after `timeout` unless asked again; null elsewhere.
  virtual std::unique_ptr<Question<Outcome<Time>>> cancel_all_after(Dur /*timeout*/) { return nullptr; }
  // Of perpetuals: the account's funding payments in the symbol since then (whole seconds, the venue's clock) and the terms of the next
  // settlement, in the venue's time; `leg` is not set. null elsewhere.
  virtual std::unique_ptr<Question<Outcome<FundingReport>>> funding(Time /*since*/) { return nullptr; }

  // ---- streams
  virtual std::unique_ptr<StreamProtocol> public_stream() = 0;
  // Subscribes to what the account does in all symbols; its news are those of this api's one.
  virtual std::unique_ptr<StreamProtocol> private_stream() = 0;
  virtual std::unique_ptr<OrderChannel> order_channel() { return nullptr; }
  // What is said over a channel, also one that another symbol's api of the same venue and account made. Only where there are channels.
  virtual wire::Frame place_over(OrderChannel& /*channel*/, const OrderRequest& /*request*/, Time /*venue_now*/) { return {}; }
  virtual wire::Frame cancel_over(OrderChannel& /*channel*/, const ClientOrderId& /*id*/, const VenueOrderId& /*venue_order_id*/, Time /*venue_now*/) {
    return {};
  }
  // Prices by REST, for a quiet stream's first value.
  virtual std::unique_ptr<Question<Outcome<TopOfBook>>> top_of_book() = 0;
  // The best kDepthLevels prices of both sides by REST. After set_instrument.
  static constexpr int kDepthLevels = 20;
  virtual std::unique_ptr<Question<Outcome<Depth>>> depth() = 0;

  // How long after its creation a request may still arrive, on the venue's clock.
  virtual Dur request_window() const = 0;
};

// Fills in the leg and the identity that only the task knows are the shell's part: a Fill of a venue has `venue`, ids, side,
// price, quantity in base, fee, asset, liquidity and time; `leg` is not set.

struct VenueSetup {
  Venue venue = Venue::MexcSpot;
  Symbol symbol;
  Credentials credentials;  // empty: public calls only
};

// One venue of a folder. Each folder's venue.cc has `void enlist(std::vector<VenueEntry>&)` in its own namespace; the build finds it.
struct VenueEntry {
  Venue venue = Venue::MexcSpot;
  std::string account;  // the section of the credentials file: "mexc", "gateio"
  std::string rest;     // the venue's own address: scheme, host and port
  std::string ws;
  Budgets budgets;
  Advice (*advice)(const wire::HttpResponse& reply, Time venue_now) = nullptr;
  std::unique_ptr<VenueApi> (*make)(VenueSetup setup) = nullptr;
  std::string_view company;  // as people call it: "MEXC"
  // What the venue's own code for a refusal of an order means; nullopt: it is none, or not known.
  std::optional<RejectClass> (*refusal)(std::string_view code) = nullptr;
};
const std::vector<VenueEntry>& registered_venues();
// The entry of a venue; every Venue has one.
const VenueEntry& registered(Venue venue);

}  // namespace dn::venues

#include "venues/mexc/stream.h"

#include <fmt/format.h>

#include <protozero/pbf_reader.hpp>

#include "base/json_writer.h"
#include "base/text.h"
#include "venues/mexc/rest.h"

namespace dn::venues::mexc {
namespace {

// Field numbers of PushDataV3ApiWrapper's bodies.
constexpr protozero::pbf_tag_type kPrivateOrders = 304;
constexpr protozero::pbf_tag_type kBookTicker = 305;
constexpr protozero::pbf_tag_type kPrivateDeals = 306;
constexpr protozero::pbf_tag_type kAggreBookTicker = 315;

std::string_view view_of(protozero::pbf_reader& r) {
  const protozero::data_view v = r.get_view();
  return {v.data(), v.size()};
}

// A string field, whatever wire type it came with.
std::string_view string_field(protozero::pbf_reader& r) {
  if (r.wire_type() == protozero::pbf_wire_type::length_delimited) return view_of(r);
  r.skip();
  return {};
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t n = 0;
  if (digits.empty() || digits.size() > 19) return 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return 0;
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return n;
}

void read_ticker(std::string_view body, std::uint64_t* last_version, Heard* out) {
  std::string_view bid, bid_qty, ask, ask_qty, version;
  protozero::pbf_reader r(body.data(), body.size());
  while (r.next()) {
    switch (r.tag()) {
      case 1: bid = string_field(r); break;
      case 2: bid_qty = string_field(r); break;
      case 3: ask = string_field(r); break;
      case 4: ask_qty = string_field(r); break;
      case 5: version = string_field(r); break;
      default: r.skip();
    }
  }
  const std::uint64_t v = number_of(version);
  if (v != 0 && v < *last_version) return;  // an older push that was overtaken
  const auto b = amount_of(bid);
  const auto a = amount_of(ask);
  const auto bq = amount_of(bid_qty);
  const auto aq = amount_of(ask_qty);
  if (!b || !a || !bq || !aq || !b->is_positive() || *a <= *b || bq->is_negative() || aq->is_negative()) return;  // a side is empty
  if (v != 0) *last_version = v;
  out->news.emplace_back(TopOfBook{Price(*b), Price(*a), Qty(*bq), Qty(*aq)});
}

void read_private(std::string_view body, protozero::pbf_tag_type client_id_field, bool traded, Heard* out) {
  std::string_view client;
  protozero::pbf_reader r(body.data(), body.size());
  while (r.next()) {
    if (r.tag() == client_id_field) {
      client = string_field(r);
    } else {
      r.skip();
    }
  }
  if (!client.empty() && ClientOrderId::fits(client)) out->news.emplace_back(OrderNews{ClientOrderId(client), traded});
}

void read_wrapper(std::string_view bytes, std::string_view symbol, std::uint64_t* last_version, Heard* out) {
  std::string_view of, body;
  protozero::pbf_tag_type kind = 0;
  protozero::pbf_reader r(bytes.data(), bytes.size());
  while (r.next()) {
    const protozero::pbf_tag_type tag = r.tag();
    if (tag == 3) {
      of = string_field(r);
    } else if (tag >= 301 && tag <= 315 && r.wire_type() == protozero::pbf_wire_type::length_delimited) {
      kind = tag;
      body = view_of(r);  // a body that comes twice: the last one counts
    } else {
      r.skip();
    }
  }
  if (!of.empty() && of != symbol) return;
  if (kind == kAggreBookTicker || kind == kBookTicker) read_ticker(body, last_version, out);
  if (kind == kPrivateOrders) read_private(body, 2, false, out);
  if (kind == kPrivateDeals) read_private(body, 8, true, out);
}

wire::Frame subscription(const std::vector<std::string>& topics) {
  JsonWriter w;
  w.begin_object().field("method", "SUBSCRIPTION").key("params").begin_array();
  for (const std::string& t : topics) w.value(std::string_view(t));
  w.end_array().field("id", std::int64_t{1}).end_object();
  return {false, w.str()};
}

class Stream : public StreamProtocol {
 public:
  Stream(const Symbol& symbol, std::vector<std::string> topics) : symbol_(symbol_text(symbol)), topics_(std::move(topics)) {}
  std::vector<wire::Frame> opened(Time /*venue_now*/) override {
    last_version_ = 0;
    return {subscription(topics_)};
  }
  std::vector<std::string> topics() const override { return topics_; }
  Heard frame(const wire::Frame& f, Time /*venue_now*/) override { return f.binary ? read_push(f.payload, symbol_, &last_version_) : read_control(f.payload); }
  wire::Frame ping(Time /*venue_now*/) override { return {false, R"({"method":"PING"})"}; }

 private:
  std::string symbol_;
  std::vector<std::string> topics_;
  std::uint64_t last_version_ = 0;
};

constexpr std::string_view kListenKeys = "/api/v3/userDataStream";

Outcome<std::string> as_listen_key(std::string_view key) {
  const bool plain =
      !key.empty() && key.size() <= 256 && key.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == std::string_view::npos;
  if (!plain) return Unexpected{Problem{Problem::Kind::Unreachable, "MEXC: an unusable listenKey"}};
  return std::string(key);
}

// A key lives for an hour also when its process does not, and an account may have 60 (dossier, 15.5): runs that begin every minute use them up.
// When no other is given, one of those that are there is taken; each carries five connections, so which one goes by the moment.
class AskListenKey final : public Question<Outcome<std::string>> {
 public:
  explicit AskListenKey(Credentials who) : who_(std::move(who)) {}

  Call call(Time venue_now) override { return signed_call(refused_ ? "GET" : "POST", kListenKeys, {}, who_, venue_now, Pool::Account, 1); }

  std::optional<Outcome<std::string>> heard(const wire::HttpResponse& r, Time venue_now) override {
    const Answer a = read_answer(r);
    if (refused_) return a.kind == Answer::Kind::Ok ? one_of(a.json->root(), venue_now) : Unexpected{*refused_};
    if (a.kind == Answer::Kind::Ok) return as_listen_key(text(a.json->root(), "listenKey"));
    const Problem p = problem_of(a, "no listenKey for the private stream");
    if (a.kind != Answer::Kind::Refusal || p.kind == Problem::Kind::Permission || a.retry_after > Dur{}) return Unexpected{p};
    refused_ = p;
    return std::nullopt;
  }

 private:
  // An object with the list; before 2025-12 the list alone.
  Outcome<std::string> one_of(const Element& told, Time venue_now) const {
    const std::vector<Element> keys = array_of(member(told, "listenKey").value_or(told));
    if (keys.empty()) return Unexpected{*refused_};
    return as_listen_key(text_of(keys[static_cast<std::size_t>(venue_now.us) % keys.size()]));
  }

  Credentials who_;
  std::optional<Problem> refused_;  // a new one
};

class PrivateStream final : public Stream {
 public:
  PrivateStream(const Symbol& symbol, Credentials who)
      : Stream(symbol, {"spot@private.orders.v3.api.pb", "spot@private.deals.v3.api.pb", "spot@private.account.v3.api.pb"}), who_(std::move(who)) {}

  std::unique_ptr<Question<Outcome<std::string>>> ticket() override { return std::make_unique<AskListenKey>(who_); }
  std::unique_ptr<Question<Outcome<std::string>>> renewal(const std::string& ticket) override {
    return std::make_unique<OneCall<Outcome<std::string>>>(
        [this, ticket](Time venue_now) {
          return signed_call("PUT", kListenKeys, {{"listenKey", ticket}}, who_, venue_now, Pool::Account, 1);
        },
        [](const wire::HttpResponse& r, Time) -> Outcome<std::string> {
          const Answer a = read_answer(r);
          if (a.kind != Answer::Kind::Ok) return Unexpected{problem_of(a, "no listenKey for the private stream")};
          return as_listen_key(text(a.json->root(), "listenKey"));
        });
  }
  std::string url_suffix(const std::string& ticket) const override { return "?listenKey=" + ticket; }

 private:
  Credentials who_;
};

}  // namespace

Heard read_push(std::string_view bytes, std::string_view symbol, std::uint64_t* last_version) {
  Heard h;
  try {
    read_wrapper(bytes, symbol, last_version, &h);
    h.kind = Heard::Kind::Data;
  } catch (const protozero::exception&) {
    h = Heard{};  // a broken frame is dropped
  }
  return h;
}

Heard read_control(std::string_view payload) {
  Heard h;
  const auto json = JsonDocument::parse(payload);
  if (!json || !json->root().is_object()) {
    // Bare text such as "Invalid listen key".
    if (payload.find("listen key") != std::string_view::npos) {
      h.kind = Heard::Kind::Refused;
      h.text = printable_excerpt(payload);
    }
    return h;
  }
  const std::string_view msg = text(json->root(), "msg");
  const std::string_view code = text(json->root(), "code");
  if (msg == "PONG" || msg == "pong") {
    h.kind = Heard::Kind::Alive;
  } else if (msg.find("Not Subscribed") != std::string_view::npos || (!code.empty() && code != "0")) {
    h.kind = Heard::Kind::Refused;
    h.text = msg.empty() ? "code " + printable_excerpt(code) : printable_excerpt(msg);
  } else if (msg.find("spot@") != std::string_view::npos) {
    h.kind = Heard::Kind::Subscribed;
    for (std::size_t at = 0; at <= msg.size();) {
      const std::size_t end = std::min(msg.find(',', at), msg.size());
      h.topics.emplace_back(msg.substr(at, end - at));
      at = end + 1;
    }
  }
  return h;
}

std::unique_ptr<StreamProtocol> public_stream(const Symbol& symbol) {
  return std::make_unique<Stream>(symbol, std::vector<std::string>{"spot@public.aggre.bookTicker.v3.api.pb@10ms@" + symbol_text(symbol)});
}

std::unique_ptr<StreamProtocol> private_stream(const Symbol& symbol, const Credentials& who) { return std::make_unique<PrivateStream>(symbol, who); }

}  // namespace dn::venues::mexc

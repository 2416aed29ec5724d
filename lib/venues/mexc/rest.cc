#include "venues/mexc/rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "venues/sign.h"

namespace dn::venues::mexc {
namespace {

struct Row {
  std::string_view code;
  RejectClass means;
};

// Codes that prove that nothing was placed. What is missing here proves nothing.
constexpr std::array kRefusals{
    Row{"10007", RejectClass::Halted},               // the pair is not open to orders by API
    Row{"30000", RejectClass::Halted},               // pair suspended
    Row{"30016", RejectClass::Halted},               // trading disabled
    Row{"30018", RejectClass::Halted},               // market disabled
    Row{"30001", RejectClass::Halted},               // this direction is not allowed
    Row{"30002", RejectClass::Filter},               // below the minimum value
    Row{"88013", RejectClass::Filter},               // the same, other family
    Row{"30003", RejectClass::Filter},               // above the maximum
    Row{"30004", RejectClass::InsufficientBalance},  // not enough quote
    Row{"30005", RejectClass::InsufficientBalance},  // not enough base
    Row{"10101", RejectClass::InsufficientBalance},  //
    Row{"30010", RejectClass::Filter},               // no valid trade price
    Row{"30014", RejectClass::Halted},               // invalid symbol
    Row{"30021", RejectClass::Halted},               // symbol missing
    Row{"-1121", RejectClass::Halted},               // invalid symbol
    Row{"30019", RejectClass::Other},                // market orders by API are off
    Row{"30020", RejectClass::Permission},           // no right for the symbol
    Row{"70011", RejectClass::Permission},           // the pair is barred for this account's keys
    Row{"30025", RejectClass::Other},                // no opposite order
    Row{"30027", RejectClass::Other},                // risk control
    Row{"30028", RejectClass::Other},                //
    Row{"10098", RejectClass::Other},                //
    Row{"30029", RejectClass::Other},                // too many open orders
    Row{"30032", RejectClass::InsufficientBalance},  // largest position reached
    Row{"30041", RejectClass::Other},                // order type not usable now
    Row{"30087", RejectClass::Filter},               // price outside the band
    Row{"10096", RejectClass::Filter},               // too many decimals
    Row{"10102", RejectClass::Filter},               // amount zero or negative
    Row{"-1128", RejectClass::Other},                // parameters do not fit together
    Row{"33333", RejectClass::Other},                //
    Row{"44444", RejectClass::Other},                //
    Row{"700004", RejectClass::Other},               //
    Row{"700005", RejectClass::Other},               //
    Row{"700008", RejectClass::Other},               // illegal characters
    Row{"700013", RejectClass::Other},               // content type
    Row{"401", RejectClass::Permission},             //
    Row{"602", RejectClass::Permission},             // signature
    Row{"700001", RejectClass::Permission},          //
    Row{"700002", RejectClass::Permission},          // signature
    Row{"700006", RejectClass::Permission},          // address not on the key's list
    Row{"700007", RejectClass::Permission},          // right or pair not on the key
    Row{"10072", RejectClass::Permission},           // key unknown
    Row{"10073", RejectClass::Permission},           //
    Row{"700003", RejectClass::Expired},             // outside recvWindow
    Row{"429", RejectClass::RateLimited},
    Row{"418", RejectClass::RateLimited},
    Row{"403", RejectClass::RateLimited},  // the firewall lets nothing through
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The body's own "code": a number or its text. 0 and 200 are success, as is none at all.
std::string code_of(const Element& root) {
  const std::string_view code = text(root, "code");
  return code == "0" || code == "200" ? std::string() : std::string(code);
}

}  // namespace

Dur retry_after(const wire::HttpResponse& r) {
  const auto seconds = Decimal::parse(wire::header(r, "retry-after"));
  if (seconds && seconds->is_positive() && *seconds <= Decimal(86'400))
    return Dur::seconds(static_cast<std::int64_t>(seconds->rounded(0, Rounding::Up).mantissa()));
  return r.status == 418 ? Dur::minutes(2) : Dur::seconds(1);
}

std::string symbol_text(const Symbol& symbol) { return symbol.base.str() + symbol.quote.str(); }

std::string query_of(const Params& params) {
  std::string out;
  for (const auto& [name, value] : params) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += percent_encoded(value);
  }
  return out;
}

std::string signature(std::string_view secret, std::string_view query, std::string_view body) {
  std::string all(query);
  all += body;
  return hmac_sha256_hex(secret, all);
}

Call public_call(std::string_view path, const Params& params, int weight) {
  Call c;
  c.http.method = "GET";
  c.http.target = std::string(path);
  if (!params.empty()) c.http.target += "?" + query_of(params);
  c.http.headers = {{"Content-Type", "application/json"}};
  c.pool = Pool::Public;
  c.weight = weight;
  return c;
}

Call signed_call(std::string_view method, std::string_view path, Params params, const Credentials& who, Time venue_now, Pool pool, int weight, Dur window) {
  params.emplace_back("recvWindow", std::to_string(window.us / 1000));
  params.emplace_back("timestamp", std::to_string(venue_now.us / 1000));
  std::string query = query_of(params);
  query += "&signature=" + signature(who.secret.reveal(), query, "");
  Call c;
  c.http.method = std::string(method);
  c.http.target = std::string(path) + "?" + query;
  c.http.headers = {{"X-MEXC-APIKEY", std::string(who.key.reveal())}, {"Content-Type", "application/json"}};
  c.pool = pool;
  c.weight = weight;
  return c;
}

Answer read_answer(const wire::HttpResponse& r) {
  Answer a;
  if (r.status == 0) {
    a.code = "no_answer";
    a.message = r.error;
    return a;
  }
  auto json = JsonDocument::parse(r.body);
  const bool is_object = json && json->root().is_object();
  std::string code = is_object ? code_of(json->root()) : std::string();
  a.message = is_object ? printable_excerpt(text(json->root(), "msg")) : std::string();
  if (r.status == 429 || r.status == 418 || r.status == 403) {
    // The firewall's 403 comes as HTML; one with a code of its own is about rights.
    a.kind = Answer::Kind::Refusal;
    a.code = r.status == 403 && !code.empty() ? printable_excerpt(code) : std::to_string(r.status);
    a.retry_after = retry_after(r);
    if (a.message.empty()) a.message = fmt::format("HTTP {}", r.status);
    return a;
  }
  if (r.status >= 500 || r.status < 200 || (r.status >= 300 && r.status < 400) || !json) {
    a.code = fmt::format("http_{}", r.status);
    if (a.message.empty()) a.message = json ? "an answer that says nothing" : "an answer that is not JSON";
    return a;
  }
  if (r.status >= 400 && code.empty()) code = std::to_string(r.status);
  if (!code.empty()) {
    a.kind = Answer::Kind::Refusal;
    a.code = printable_excerpt(code);
    // A limit that comes as a code only, under a status of its own.
    if (reject_class(a.code, a.message) == RejectClass::RateLimited) a.retry_after = retry_after(r);
    return a;
  }
  a.kind = Answer::Kind::Ok;
  a.json.emplace(std::move(*json));
  return a;
}

std::optional<RejectClass> reject_class(std::string_view code, std::string_view message) {
  if (code == "400") {
    // One code for many things; only the text tells them apart.
    if (contains(message, "scale is invalid")) return RejectClass::Filter;
    if (contains(message, "api key required")) return RejectClass::Permission;
    if (contains(message, "client order id already exists")) return RejectClass::Duplicate;
    return std::nullopt;
  }
  const auto row = std::ranges::find(kRefusals, code, &Row::code);
  if (row == kRefusals.end()) return std::nullopt;
  return row->means;
}

Problem problem_of(const Answer& answer, std::string_view what) {
  Problem p;
  p.message = fmt::format("MEXC: {}: {} ({})", what, answer.message.empty() ? "refused" : answer.message, answer.code);
  if (answer.kind != Answer::Kind::Refusal) return p;
  const auto means = reject_class(answer.code, answer.message);
  if (!means || *means == RejectClass::RateLimited) return p;
  p.kind = *means == RejectClass::Permission ? Problem::Kind::Permission : *means == RejectClass::Expired ? Problem::Kind::Clock : Problem::Kind::Config;
  return p;
}

}  // namespace dn::venues::mexc

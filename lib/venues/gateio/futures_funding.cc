// Funding of a contract: the terms of the next settlement, and what the account's settlements brought (Gate docs v4.106, account_book of
// type "fund": a negative change was paid).
#include <fmt/format.h>

#include "venues/gateio/futures_rest.h"

namespace dn::venues::gateio {
namespace {

constexpr int kFundingRows = 1000;  // the venue's largest page
constexpr int kMostPages = 50;      // years of hourly settlements

class AskFunding final : public Question<Outcome<FundingReport>> {
 public:
  AskFunding(ContextPtr context, Time since) : context_(std::move(context)), since_(since) { report_.venue = context_->venue; }

  Call call(Time now) override {
    if (!has_terms_) return encode({"GET", "/futures/usdt/contracts/" + context_->pair, {}, {}, Pool::Public, false, {}}, *context_, now);
    const std::int64_t from = std::max<std::int64_t>(since_.us / 1'000'000, 0);
    const std::string query = fmt::format("contract={}&type=fund&from={}&limit={}&offset={}", context_->pair, from, kFundingRows, page_ * kFundingRows);
    return encode({"GET", "/futures/usdt/account_book", query, {}, Pool::Account, true, {}}, *context_, now);
  }

  std::optional<Outcome<FundingReport>> heard(const wire::HttpResponse& response, Time /*now*/) override {
    const Reply reply = read(response);
    if (!reply.ok()) return Outcome<FundingReport>(Unexpected{problem(reply, has_terms_ ? "the funding payments" : "the contract's funding")});
    if (!has_terms_) {
      report_.terms = read_funding_terms(reply.root());
      has_terms_ = true;
      return std::nullopt;
    }
    if (!reply.root().is_array()) return broken_book("an unexpected shape");
    const auto rows = array_of(reply.root());
    for (const Element& row : rows) {
      if (!take(row)) return broken_book("a row that cannot be read");
    }
    if (rows.size() < kFundingRows) {
      report_.answered = true;
      return Outcome<FundingReport>(report_);
    }
    if (++page_ >= kMostPages) return broken_book("more pages than are read");
    return std::nullopt;
  }

 private:
  static std::optional<Outcome<FundingReport>> broken_book(std::string_view why) {
    return Outcome<FundingReport>(Unexpected{broken("the funding payments", why)});
  }

  // Rows of other kinds and contracts were not asked for; where a venue sends them all the same they are no funding of ours.
  bool take(const Element& row) {
    if (text(row, "type") != "fund") return true;
    const auto contract = text(row, "contract");
    if ((contract.empty() ? text(row, "text") : contract) != context_->pair) return true;
    const auto change = fitted(text(row, "change"));
    const auto at = seconds(text(row, "time"));
    if (!change || !at || at->us <= 0) return false;
    // Older rows have no id; there is one row for a contract and settlement.
    const std::string id = text(row, "id").empty() ? fmt::format("{}-{}", context_->pair, text(row, "time")) : std::string(text(row, "id"));
    const auto known = fitting<PaymentId>(id);
    if (!known) return false;
    report_.payments.push_back({*known, context_->venue, Side::Buy, Money(*change), *at});
    return true;
  }

  ContextPtr context_;
  Time since_;
  FundingReport report_;
  bool has_terms_ = false;
  int page_ = 0;
};

}  // namespace

FundingTerms read_funding_terms(const Element& contract) {
  constexpr std::int64_t kLongest = 7 * 24 * 3600;  // seconds
  FundingTerms t;
  if (const auto rate = amount(contract, "funding_rate"); rate && rate->within(12, 9)) t.rate = Rate(*rate);
  const auto interval = whole(contract, "funding_interval");
  const auto next = whole(contract, "funding_next_apply");
  if (!interval || *interval <= 0 || *interval > kLongest || !next || *next <= 0 || *next > INT64_MAX / 2'000'000) return t;
  t.interval = Dur::seconds(*interval);
  t.next = Time{*next * 1'000'000};
  return t;
}

std::unique_ptr<Question<Outcome<FundingReport>>> ask_funding(ContextPtr context, Time since) {
  return std::make_unique<AskFunding>(std::move(context), since);
}

}  // namespace dn::venues::gateio

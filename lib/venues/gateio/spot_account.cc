#include <fmt/format.h>

#include "base/text.h"
#include "venues/gateio/account.h"
#include "venues/gateio/errors.h"
#include "venues/gateio/spot_rest.h"

namespace dn::venues::gateio {
namespace {

const Asset kGt{"GT"};

class SpotAccount final : public Question<Outcome<VenueFacts>> {
 public:
  SpotAccount(ContextPtr context, VenueFacts facts) : context_(std::move(context)), facts_(std::move(facts)) {}

  Call call(Time now) override { return encode(request(), *context_, now); }

  std::optional<Outcome<VenueFacts>> heard(const wire::HttpResponse& response, Time /*now*/) override {
    const Reply reply = read(response);
    switch (step_) {
      case Step::Detail: return detail(reply);
      case Step::Fee: return fee(reply);
      case Step::OldFee: return reply.ok() ? fees(reply.root()) : stop(problem(reply, "the fees"));
      case Step::Classic: return classic(reply);
      case Step::Unified: return unified(reply);
      case Step::GtPrice: break;
    }
    return gt_price(reply);
  }

 private:
  enum class Step : std::uint8_t { Detail, Fee, OldFee, Classic, Unified, GtPrice };
  using Next = std::optional<Outcome<VenueFacts>>;

  Request request() const {
    const std::string pair = "currency_pair=" + context_->pair;
    switch (step_) {
      case Step::Detail: return account_detail();
      case Step::Fee: return {"GET", "/wallet/fee", pair, {}, Pool::Account, true, {}};
      case Step::OldFee: return {"GET", "/spot/fee", pair, {}, Pool::Account, true, {}};
      case Step::Classic: return {"GET", "/spot/accounts", {}, {}, Pool::Account, true, {}};
      case Step::Unified: return unified_accounts();
      case Step::GtPrice: break;
    }
    return {"GET", "/spot/tickers", "currency_pair=GT_" + context_->symbol.quote.str(), {}, Pool::Public, false, {}};
  }

  Next go(Step step) {
    step_ = step;
    return std::nullopt;
  }
  static Next stop(Problem p) { return Outcome<VenueFacts>(Unexpected{std::move(p)}); }
  // The key lacks a right that has another way round: another kind of trouble (bad key, address) would come back there anyhow.
  static bool lacks_right(const Reply& reply) { return reply.refused() && reply.label == "FORBIDDEN" && reply.message.find("whitelist") == std::string::npos; }

  Next detail(const Reply& reply) {
    if (lacks_right(reply)) return go(Step::Fee);
    if (!reply.ok()) return stop(problem(reply, "the account"));
    const auto identity = read_identity(reply.root(), context_->pair, facts_.warnings);
    if (!identity) return stop(broken("the account", "no user_id"));
    context_->user_id = identity->user_id;
    unified_ = identity->unified;
    return go(Step::Fee);
  }

  Next fee(const Reply& reply) {
    if (lacks_right(reply)) return go(Step::OldFee);  // deprecated, but asks for the spot right only
    return reply.ok() ? fees(reply.root()) : stop(problem(reply, "the fees"));
  }

  Next fees(const Element& row) {
    const auto taker = amount(row, "taker_fee");
    const auto maker = amount(row, "maker_fee");
    if (!taker || !maker || taker->abs() >= Decimal(1) || maker->abs() >= Decimal(1)) return stop(broken("the fees", "no rates"));
    facts_.instrument.taker_fee = Rate(*taker);
    facts_.instrument.maker_fee = Rate(*maker);
    facts_.instrument.fee_in = FeeIn::Received;
    // debit_fee: 1 GT, 2 points, 3 the plain rate (Gate docs v4.106).
    const auto debit = whole(row, "debit_fee");
    gt_ = boolean(row, "gt_discount").value_or(false) && (!debit || *debit == 1);
    const auto in_gt = [&](std::string_view key, const Decimal& plain) {
      const auto rate = amount(row, key);
      return Rate(rate && rate->is_positive() && *rate < Decimal(1) ? *rate : plain);
    };
    gt_taker_ = in_gt("gt_taker_fee", *taker);
    gt_maker_ = in_gt("gt_maker_fee", *maker);
    return go(unified_ ? Step::Unified : Step::Classic);
  }

  Next classic(const Reply& reply) {
    if (reply.refused() && reply.label.find("UNIFIED") != std::string::npos && !asked_unified_) return go(Step::Unified);
    if (!reply.ok()) return stop(problem(reply, "the balances"));
    if (!reply.root().is_array()) return stop(broken("the balances", "no list"));
    for (const Asset& asset : wanted()) facts_.free[asset] = facts_.total[asset] = Decimal();  // zero balances may be left out
    for (const Element& row : array_of(reply.root())) {
      for (const Asset& asset : wanted()) {
        if (text(row, "currency") != asset.view()) continue;
        const auto free = fitted(text(row, "available"));
        if (!free) return stop(broken("the balances", asset.view()));
        facts_.free[asset] = *free;
        const auto all_free = exact(text(row, "available"));
        const auto locked = exact(text(row, "locked"));
        if (all_free && locked) {
          facts_.total[asset] = *all_free + *locked;
        } else {
          facts_.total.erase(asset);
        }
      }
    }
    return balances_known();
  }

  Next unified(const Reply& reply) {
    asked_unified_ = true;
    facts_.total.clear();  // what all its markets move together
    if (reply.refused() && is_classic_only(reply.label)) return go(Step::Classic);
    if (!reply.ok()) return stop(problem(reply, "the unified account"));
    for (const Asset& asset : wanted()) {
      const auto free = unified_free(reply.root(), asset);
      if (!free) return stop(broken("the unified account", asset.view()));
      facts_.free[asset] = *free;
    }
    facts_.warnings.emplace_back("the Gate.io account is a unified one: what is spendable also backs its other positions");
    return balances_known();
  }

  std::vector<Asset> wanted() const { return {context_->symbol.base, context_->symbol.quote, kGt}; }

  Next balances_known() {
    if (!gt_) return done();
    if (facts_.free[kGt].is_positive()) return go(Step::GtPrice);
    facts_.warnings.emplace_back("fees are set to be paid in GT, but there is none: they come out of what is received");
    return done();
  }

  Next gt_price(const Reply& reply) {
    std::optional<Decimal> price;
    if (reply.ok()) {
      for (const Element& row : array_of(reply.root())) price = amount(row, "last");
    }
    if (!price || !price->is_positive()) {
      facts_.warnings.emplace_back("the price of GT is not known: fees are planned as if they came out of what is received");
      return done();
    }
    facts_.instrument.fee_in = FeeIn::Token;
    facts_.instrument.fee_token = kGt;
    facts_.instrument.fee_token_price = Price(*price);
    facts_.instrument.taker_fee = gt_taker_;
    facts_.instrument.maker_fee = gt_maker_;
    return done();
  }

  Next done() { return Outcome<VenueFacts>(facts_); }

  ContextPtr context_;
  VenueFacts facts_;
  Step step_ = Step::Detail;
  bool unified_ = false;
  bool asked_unified_ = false;
  bool gt_ = false;
  Rate gt_taker_;
  Rate gt_maker_;
};

}  // namespace

std::unique_ptr<Question<Outcome<VenueFacts>>> ask_spot_account(ContextPtr context, VenueFacts facts) {
  return std::make_unique<SpotAccount>(std::move(context), std::move(facts));
}

}  // namespace dn::venues::gateio

#include <fmt/format.h>

#include "venues/gateio/account.h"
#include "venues/gateio/errors.h"
#include "venues/gateio/futures_rest.h"

namespace dn::venues::gateio {
namespace {

class FuturesAccount final : public Question<Outcome<VenueFacts>> {
 public:
  FuturesAccount(ContextPtr context, VenueFacts facts) : context_(std::move(context)), facts_(std::move(facts)) {}

  Call call(Time now) override { return encode(request(), *context_, now); }

  std::optional<Outcome<VenueFacts>> heard(const wire::HttpResponse& response, Time /*now*/) override {
    const Reply reply = read(response);
    switch (step_) {
      case Step::Detail: return detail(reply);
      case Step::Wallet: return wallet(reply);
      case Step::Unified: return unified(reply);
      case Step::Fee: return fee(reply);
      case Step::Position: break;
    }
    return position(reply);
  }

 private:
  enum class Step : std::uint8_t { Detail, Wallet, Unified, Fee, Position };
  using Next = std::optional<Outcome<VenueFacts>>;

  Request request() const {
    const auto get = [](std::string path, std::string query = {}) { return Request{"GET", std::move(path), std::move(query), {}, Pool::Account, true, {}}; };
    switch (step_) {
      case Step::Detail: return account_detail();
      case Step::Wallet: return get("/futures/usdt/accounts");
      case Step::Unified: return unified_accounts();
      case Step::Fee: return get("/futures/usdt/fee", "contract=" + context_->pair);
      case Step::Position: break;
    }
    return get("/futures/usdt/positions/" + context_->pair);
  }

  Next go(Step step) {
    step_ = step;
    return std::nullopt;
  }
  static Next stop(Problem p) { return Outcome<VenueFacts>(Unexpected{std::move(p)}); }

  Next detail(const Reply& reply) {
    // A key without the account right still trades: the wallet tells the user id too.
    if (reply.refused() && reply.label == "FORBIDDEN" && reply.message.find("whitelist") == std::string::npos) return go(Step::Wallet);
    if (!reply.ok()) return stop(problem(reply, "the account"));
    const auto identity = read_identity(reply.root(), context_->pair, facts_.warnings);
    if (!identity) return stop(broken("the account", "no user_id"));
    context_->user_id = identity->user_id;
    unified_ = identity->unified;
    return go(Step::Wallet);
  }

  Next wallet(const Reply& reply) {
    if (!reply.ok()) return stop(problem(reply, "the futures account"));
    const Element& a = reply.root();
    if (auto p = mode_problem(a)) return stop(std::move(*p));
    const auto free = fitted(text(a, "available"));
    if (!free) return stop(broken("the futures account", "no available"));
    facts_.free[context_->symbol.quote] = *free;
    if (const auto total = exact(text(a, "total"))) facts_.total[context_->symbol.quote] = *total;
    // Futures subscriptions with a wrong user id are accepted and stay silent: without an id nothing is subscribed.
    if (context_->user_id.empty()) {
      const auto user = whole(a, "user");
      if (!user || *user <= 0) return stop(broken("the futures account", "no user id"));
      context_->user_id = std::to_string(*user);
    }
    // 0 is the classic margin mode; the others belong to unified accounts.
    unified_ = unified_ || whole(a, "margin_mode").value_or(0) != 0;
    return go(unified_ ? Step::Unified : Step::Fee);
  }

  Next unified(const Reply& reply) {
    if (reply.refused() && is_classic_only(reply.label)) return go(Step::Fee);
    if (!reply.ok()) return stop(problem(reply, "the unified account"));
    const auto free = unified_free(reply.root(), context_->symbol.quote);
    if (!free) return stop(broken("the unified account", context_->symbol.quote.view()));
    facts_.free[context_->symbol.quote] = *free;
    facts_.total.clear();  // what all its markets move together
    facts_.warnings.emplace_back("the Gate.io account is a unified one: what is spendable also backs its other positions");
    return go(Step::Fee);
  }

  Next fee(const Reply& reply) {
    if (!reply.ok()) return stop(problem(reply, "the futures fees"));
    const auto row = member(reply.root(), context_->pair);
    const auto taker = row ? amount(*row, "taker_fee") : std::nullopt;
    const auto maker = row ? amount(*row, "maker_fee") : std::nullopt;
    if (!taker || !maker || taker->abs() >= Decimal(1) || maker->abs() >= Decimal(1)) return stop(broken("the futures fees", "no rates"));
    facts_.instrument.taker_fee = Rate(*taker);
    facts_.instrument.maker_fee = Rate(*maker);
    return go(Step::Position);
  }

  Next position(const Reply& reply) {
    // Never traded: there is no row yet.
    if (reply.refused() && reply.label == "POSITION_NOT_FOUND") {
      facts_.position = Qty();
      return Outcome<VenueFacts>(facts_);
    }
    if (!reply.ok()) return stop(problem(reply, "the position"));
    const Element& p = reply.root();
    if (const auto mode = text(p, "mode"); mode != "single") return stop(problem_of("POSITION_DUAL_MODE", mode, "the position"));
    const auto size = amount(p, "size");
    const auto base = size ? product(*size, facts_.instrument.multiplier.decimal()) : std::nullopt;
    if (text(p, "contract") != context_->pair || !base) return stop(broken("the position", "no size"));
    facts_.position = Qty(*base);
    if (const auto entry = fitted(text(p, "entry_price")); entry && entry->is_positive()) facts_.entry = Price(*entry);
    const auto leverage = amount(p, "leverage");
    if (const auto cross = amount(p, "cross_leverage_limit"); cross && cross->is_positive()) facts_.leverage = *cross;
    if (leverage && leverage->is_positive()) {
      facts_.leverage = *leverage;
      facts_.warnings.push_back(
          fmt::format("the margin of {} is isolated at {}x on Gate.io: its position can be liquidated on its own", context_->pair, leverage->str()));
    }
    return Outcome<VenueFacts>(facts_);
  }

  ContextPtr context_;
  VenueFacts facts_;
  Step step_ = Step::Detail;
  bool unified_ = false;
};

}  // namespace

std::unique_ptr<Question<Outcome<VenueFacts>>> ask_futures_account(ContextPtr context, VenueFacts facts) {
  return std::make_unique<FuturesAccount>(std::move(context), std::move(facts));
}

}  // namespace dn::venues::gateio

"""What a task's numbers must be, reckoned from the ledger of the loopback exchange and from nothing of ours, in whole fractions."""
from decimal import Decimal
from fractions import Fraction

LEG_OF_ID = {"b": "buy", "s": "sell"}


def rounded(value, places):
    """Half up, as text without trailing zeros; None stays None."""
    if value is None:
        return None
    sign = -1 if value < 0 else 1
    scaled = abs(value) * 10**places
    whole = int(scaled) + (1 if scaled - int(scaled) >= Fraction(1, 2) else 0)
    return plain(Fraction(sign * whole, 10**places))


def plain(value):
    """An exact decimal fraction as text."""
    text = format(Decimal(value.numerator) / Decimal(value.denominator), "f") if value.denominator == 1 else None
    if text is None:
        places = 0
        while (value * 10**places).denominator != 1:
            places += 1
            assert places < 60, value
        digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
        text = ("-" if value < 0 else "") + digits[:-places] + "." + digits[-places:]
    return text


class Leg:
    """Sums of what one side of the task traded at its venue. `trades`: of its orders; `side`: where it opens."""

    def __init__(self, side, base, trades):
        self.filled = self.net = self.traded = self.traded_quote = self.cash = self.slippage = Fraction(0)
        self.fees = {}
        for t in trades:
            quantity, price, fee = (Fraction(t[k]) for k in ("quantity", "price", "fee"))
            forward = quantity if t["side"] == side else -quantity
            self.filled += forward
            self.net += forward
            if t["fee_asset"] == base:
                self.net += fee if side == "sell" else -fee
            if t["side"] == side:
                self.traded += quantity
                self.traded_quote += quantity * price
            self.cash += quantity * price if t["side"] == "sell" else -quantity * price
            self.fees[t["fee_asset"]] = self.fees.get(t["fee_asset"], Fraction(0)) + fee
        self.average = Fraction(rounded(self.traded_quote / self.traded, 12)) if self.traded else None


class Reckoning:
    """`before`, `after`: ledgers; `venues`: {"buy": venue, "sell": venue}, two different ones; `total`: of each side. One task has traded in between."""

    def __init__(self, before, after, venues, symbol, total, goes_round=False):
        self.base, self.quote = symbol.split("/")
        known = {(t["venue"], t["trade_id"]) for t in before["trades"]}
        self.trades = [t for t in after["trades"] if (t["venue"], t["trade_id"]) not in known and t["client_order_id"].startswith("t-")]
        seen = {(o["venue"], o["venue_order_id"]) for o in before["orders"]}
        self.orders = [o for o in after["orders"] if (o["venue"], o["venue_order_id"]) not in seen and o["client_order_id"].startswith("t-")]
        self.leg = {side: Leg(side, self.base, [t for t in self.trades if t["venue"] == venues[side]]) for side in ("buy", "sell")}
        self.funding = self.paid(after) - self.paid(before)
        self.funded = next((side for side in ("buy", "sell") if venues[side] == "gateio_futures"), None)
        self.total, self.venues, self.goes_round = Fraction(total), venues, goes_round
        self.mid_of = self.slippage = self.basis = None  # take_mids
        buy, sell = self.leg["buy"], self.leg["sell"]
        self.imbalance = buy.net - sell.net
        self.fees = dict(buy.fees)
        for asset, fee in sell.fees.items():
            self.fees[asset] = self.fees.get(asset, Fraction(0)) + fee
        self.fees_quote = self.fees.get(self.quote, Fraction(0)) + sum(leg.average * leg.fees.get(self.base, 0) for leg in (buy, sell) if leg.average)
        self.spread = self.profit = self.gross = self.profit_bps = self.break_even = None
        self.matched = min(buy.net, sell.net)
        if buy.average and sell.average:
            self.spread = (sell.average - buy.average) * 10000 / buy.average
            self.divide(buy, sell, goes_round)

    def divide(self, buy, sell, goes_round):
        taken_back = all(2 * leg.filled < leg.traded for leg in (buy, sell))
        is_round = goes_round or taken_back
        if self.matched <= 0 and not is_round:
            return
        cost_price = buy.average if self.imbalance > 0 else sell.average
        self.profit = buy.cash + sell.cash + cost_price * self.imbalance - self.fees.get(self.quote, Fraction(0)) + self.funding
        self.gross = self.profit + self.fees_quote - self.funding
        opened = max(self.matched, min(buy.traded, sell.traded)) if is_round else self.matched
        cost = buy.average * opened
        if cost > 0:
            self.profit_bps = self.profit * 10000 / cost
            self.break_even = self.fees_quote * 10000 / cost

    def take_mids(self, mid_of):
        """`mid_of`: of a trade, the mid of its book when its order was decided."""
        self.mid_of = mid_of
        for t in self.trades:
            self.leg[next(side for side in self.leg if self.venues[side] == t["venue"])].slippage += self.gain(t) * Fraction(t["quantity"])
        self.slippage = sum(leg.slippage for leg in self.leg.values())
        self.basis = None if self.gross is None else Fraction(rounded(self.gross, 20)) - self.slippage

    def gain(self, trade):
        """What a trade brought against its mid, per base."""
        better = self.mid_of(trade) - Fraction(trade["price"])
        return better if trade["side"] == "buy" else -better

    def slips(self):
        return [(t, self.gain(t) * 10000 / self.mid_of(t)) for t in self.trades]

    def parts(self):
        """The parts of the profit by the names that a report has for them; none while nothing can be said of it."""
        if self.profit is None:
            return {}
        in_quote = self.fees.get(self.quote, Fraction(0))
        out = {"basis": self.basis, "slippage": self.slippage, f"fees in {self.quote}": -in_quote}
        if self.funding or self.funded and self.goes_round:
            out["funding"] = self.funding
        if self.fees.get(self.base):
            out[f"fees in {self.base}"] = in_quote - self.fees_quote
        return {name: Fraction(rounded(amount, 20)) for name, amount in out.items()}

    def paid(self, ledger):
        return Fraction(ledger["positions"].get(f"{self.base}_{self.quote}", {"funding": "0"})["funding"])

    def progress(self, side):
        return self.leg[side].filled / self.total

"""Limits over the wire, on books that stand where the test puts them: the value at which a limit refuses is asked for once;
as the limit itself it lets the task through, and less by the smallest unit it refuses again."""
import json
import time
import unittest
from decimal import ROUND_UP, Decimal

from live_tools import LiveTest
from tools import RUN

BUY, SELL = ("mexc_spot", "BTCUSDT"), ("gateio_spot", "BTC_USDT")
CALM = {BUY: ("60000", "60001"), SELL: ("60100", "60101")}


class PinnedMarket(LiveTest):
    def pin(self, market, bid, ask, quantity="50"):
        self.exchange.control("POST", "book", {"venue": market[0], "symbol": market[1], "bids": [[bid, quantity]], "asks": [[ask, quantity]]})

    def calm(self):
        for market, (bid, ask) in CALM.items():
            self.pin(market, bid, ask)

    def file(self, more="", total="0.01", slice_="0.005", **how):
        return self.task_file(self.name, "BTC/USDT", BUY[0], SELL[0], total, slice_, more=more, **how)

    def orders(self):
        return [o for o in self.exchange.ledger()["orders"] if o["client_order_id"].startswith("t-")]

    name, tries, before, known = "t", 0, 0, 0

    def new_orders(self):
        """Those after what a task had done before the limit was set."""
        return self.orders()[self.before:]

    def new_events(self):
        """Those after what the task had told before the limit was set."""
        return self.events(self.name)[self.known:]

    def refusals(self, code):
        return [e for e in self.new_events() if e["type"] == "limit" and e["code"] == code]


class Fresh:
    """A task without a past; what it had to unlearn before the limit counts is in `after`."""

    after = ()
    orders_of_the_past = 0

    def begun_earlier(self):
        """What became of the task before the limit was set: nothing."""
        self.before, self.known = len(self.orders()), 0

    def interrupt(self, run):
        """What becomes of a run under way: nothing."""
        return run


class ExactlyMet(Fresh, PinnedMarket):
    settings = {"balances": {"mexc": {"USDT": "1000000", "BTC": "0"}}}

    def setUp(self):
        super().setUp()
        self.calm()

    def next_task(self):
        """A task of its own, so that the one before is nothing to it."""
        self.tries += 1
        self.name = f"t{self.tries}"
        self.begun_earlier()

    def try_limit(self, key, limit, *more, runtime="30s"):
        self.next_task()
        limit = limit() if callable(limit) else limit
        return self.live(self.file(), *self.after, "--set", f"risk.{key}={limit}", *more, "--max-runtime", runtime)

    def refused(self, key, limit, exit_code, *, least=False):
        """Runs into the limit; gives the value that was refused. `least`: the limit is one from below."""
        done = self.try_limit(key, limit, runtime="5s" if 10 in exit_code else "30s")
        self.assertIn(done.returncode, exit_code, done.stderr)
        told = self.refusals(key)
        self.assertTrue(told, done.stderr)
        value = Decimal(told[0]["value"])
        self.assertEqual(Decimal(told[0]["limit"]), Decimal(limit))
        (self.assertLess if least else self.assertGreater)(value, Decimal(limit))
        return value

    def passes(self, key, limit):
        done = self.try_limit(key, limit)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({Decimal(self.task(self.name)[s]["filled"]) for s in ("buy", "sell")}, {Decimal("0.01")})
        self.assertEqual(self.refusals(key), [])

    def test_the_value_of_an_order(self):
        # Bought at 60001, sold at 60100: the dearer of the two is what the limit has to hold.
        self.assertEqual(self.refused("max_order_notional", "300", (22,)), Decimal("300.005"))
        self.assertEqual(self.new_orders(), [], "both legs or none")
        self.assertEqual(self.refused("max_order_notional", "300.49999999", (22,)), Decimal("300.5"))
        self.assertEqual(self.new_orders(), [])
        self.passes("max_order_notional", "300.5")

    def test_the_value_of_both_sides(self):
        # Two slices of 300.005 and 300.5; the last order needs room for a hedge at its own price.
        most = self.refused("max_notional", "1201", (22,))
        self.refused("max_notional", str(most - Decimal("0.00000001")), (22,))
        fills = [f for f in self.real_fills() if f["task"] == self.name]
        self.assertLessEqual(sum(Decimal(f["price"]) * Decimal(f["quantity"]) for f in fills), most)
        self.assert_balanced(self.name)
        self.passes("max_notional", str(most))

    def test_the_position_of_a_side(self):
        self.assertEqual(self.refused("max_position", "0.009999", (22,)), Decimal("0.01"))
        self.assert_balanced(self.name)
        self.passes("max_position", "0.01")

    def test_the_orders_of_a_run_and_of_a_day(self):
        for key, most in (("max_orders_per_run", 4 - self.orders_of_the_past), ("max_orders_per_day", 4)):
            self.assertEqual(self.refused(key, most - 1, (22,)), most)
            self.passes(key, most)

    def test_the_orders_of_a_minute(self):
        self.assertEqual(self.refused("max_orders_per_minute", 3, (10, 12)), 4)
        self.assert_balanced(self.name)
        self.passes("max_orders_per_minute", 4)

    def test_the_share_of_the_account(self):
        # 0.01 bought at 60001, of what is free at MEXC with its coin at the mid; a fraction has eight places.
        unit = Decimal("0.00000001")

        def share(units):
            free = self.exchange.ledger()["balances"]["mexc"]
            all_of_it = Decimal(free["USDT"]["total"]) + Decimal(free["BTC"]["total"]) * Decimal("60000.5")
            return (Decimal("600.01") / all_of_it).quantize(unit, ROUND_UP) - units * unit

        done = self.try_limit("max_capital_fraction", lambda: f"{share(1):f}")
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertIn("max_capital_fraction", done.stderr)
        self.assertIn("600.01", done.stderr)
        self.assertRegex(done.stderr, r"(?<![\d.])(600(\.00\d+)?|599\.9\d+)(?![\d.])", "the limit that it is held against")
        self.passes("max_capital_fraction", lambda: f"{share(0):f}")

    def test_the_net_spread(self):
        net = self.refused("min_spread_bps", "500", (10, 12), least=True)
        self.refused("min_spread_bps", str(net + Decimal("0.01")), (10, 12), least=True)
        self.assertEqual(self.new_orders(), [])
        self.passes("min_spread_bps", str(net))

    def test_the_price_collar(self):
        # 10 bps above the mid of 60000.5 are 60060.5005; a tick is 0.01.
        done = self.try_limit("price_collar_bps", "10", "--set", "buy.offset_ticks=-5951", runtime="5s")
        self.assertIn(done.returncode, (10, 12), done.stderr)
        told = self.refusals("price_collar_bps")[0]
        self.assertEqual((told["value"], told["limit"]), ("60060.51", "60060.5005"))
        self.assertEqual(self.new_orders(), [], "both legs or none")
        done = self.try_limit("price_collar_bps", "10", "--set", "buy.offset_ticks=-5950")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.refusals("price_collar_bps"), [])

    def ahead(self, *more):
        """The buy side takes a slice of a tenth of the total, the sell side rests out of reach: the sides are apart by just that, until a hedge."""
        self.next_task()
        file = self.file(total="0.05")
        done = self.live(file, *self.after, "--set", "sell.offset_ticks=-5000", *(f"--set={m}" for m in more), "--max-runtime", "5s")
        self.assertIn(done.returncode, (0, 10), done.stderr)
        hedges = [o for o in self.rows("orders") if o["purpose"] == "rebalance" and o["task"] == self.name]
        self.assertTrue(hedges, done.stderr)
        return [e for e in self.new_events() if e["type"] == "alert" and e["code"] == "imbalance"], hedges

    def test_the_imbalance(self):
        self.assertEqual(self.ahead("risk.max_imbalance_bps=1000")[0], [], "a tenth is not above a tenth")
        told = self.ahead("risk.max_imbalance_bps=999.99")[0][0]
        self.assertEqual((told["value"], told["limit"], told["level"]), ("0.005", "0.00499995", "CRITICAL"))

    def test_the_slippage(self):
        # From the bid of 60100 down by 7 bps are 60057.93; the price of the hedge is the next tick of Gate's that keeps it.
        hedge = self.ahead("risk.max_slippage_bps=7")[1][0]
        self.assertEqual(Decimal(hedge["price"]).quantize(Decimal("0.1")), Decimal("60058.0"))
        self.assertGreaterEqual(Decimal(hedge["price"]), Decimal("60057.93"))

    def test_the_spread_to_stay(self):
        net = self.refused("min_spread_bps", "500", (10, 12), least=True)
        self.name, self.known = "stay", 0
        run = self.begin_live(self.file("max_capital_fraction = 0.2\n", total="1"), "--ndjson", "--max-runtime", "30s")
        self.wait_for_event(run, "fill")
        self.change(f"risk.exit_spread_bps={net}", "risk.exit_action=complete")
        for _ in range(4):
            self.wait_for_event(run, "fill")
        run = self.interrupt(run)
        for _ in range(4):
            self.wait_for_event(run, "fill")
        self.assertEqual(self.refusals("exit_spread_bps"), [])
        self.change(f"risk.exit_spread_bps={net + Decimal('0.01')}")
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, err)
        told = self.refusals("exit_spread_bps")
        self.assertEqual([(Decimal(t["value"]), Decimal(t["limit"])) for t in told], [(net, net + Decimal("0.01"))])

    def change(self, *settings):
        done = self.call(RUN, "set", self.name, *settings, "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_loss(self):
        # Dear bought, cheap sold: a slice loses 0.005 by its prices, 0.1500025 and 0.6 in fees.
        self.pin(SELL, "60000", "60002")
        whole = 2 * Decimal("0.7550025")
        self.assertEqual(self.refused("max_loss", str(whole - Decimal("0.0000001")), (23,)), whole)
        self.passes("max_loss", str(whole))


class Again(PinnedMarket):
    """Limits on how often and how long, in a run and over a kill."""

    def setUp(self):
        super().setUp()
        self.calm()

    def set(self, *settings):
        done = self.call(RUN, "set", self.name, *settings, "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stderr)

    def halt(self, status):
        self.exchange.control("POST", "halt", {"venue": BUY[0], "symbol": BUY[1], "status": status})

    def refused(self, run, times):
        """The run waits for the spread; when it may quote, its venue takes no order, so many times."""
        self.assertEqual(self.wait_for_event(run, "limit")["code"], "min_spread_bps")
        self.halt("halted")
        self.set("risk.min_spread_bps=-100")
        for _ in range(times):
            self.wait_for_event(run, "reject")

    def test_refusals_in_a_row(self):
        file = self.file("max_repeated_errors = 4\nmin_spread_bps = 100\n", quote="touch", offset=300, tolerance=5)
        run = self.begin_live(file, "--ndjson")
        self.refused(run, 3)
        self.halt("trading")
        while self.wait_for_event(run, "ack")["exchange"] != BUY[0]:
            pass
        run.terminate()
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 143, err)

    def test_refusals_in_a_row_are_counted_over_a_kill(self):
        file = self.file("max_repeated_errors = 4\nmin_spread_bps = 100\n", quote="touch", offset=300, tolerance=5)
        run = self.begin_live(file, "--ndjson")
        self.refused(run, 3)
        self.kill(run)
        self.halt("trading")
        self.set("risk.min_spread_bps=100")
        run = self.begin_live("--task", self.name, "--ndjson")
        self.refused(run, 1)
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 23, err)
        self.assertIn("refused 4 orders in a row", self.task(self.name)["reason"])

    def test_half_of_the_entry_spread(self):
        # Entered at 10 bps: bought at 60000, sold at 60060, in ticks of 0.1. A run has one slice and waits for the minute to pass.
        self.pin(BUY, "59999", "60000")
        self.pin(SELL, "60060", "60061")
        run = self.begin_live(self.file("max_orders_per_minute = 2\n", total="1"), "--ndjson", "--set", "risk.max_capital_fraction=0.2")
        for _ in range(2):
            self.wait_for_event(run, "fill")
        self.pin(SELL, "60030", "60061")
        time.sleep(0.3)  # the pace of the market
        self.pin(SELL, "60029.9", "60061")
        for _ in range(2):
            told = self.wait_for_event(run, "alert")
            self.assertEqual((told["code"], told["level"], told["value"], told["limit"]), ("spread_compression", "WARNING", "4.9833", "5"))
            self.kill(run)
            run = self.begin_live("--task", self.name, "--ndjson")
        self.kill(run)

    def test_the_time_of_an_imbalance(self):
        # The buy side takes a slice, the sell side rests out of reach. What a killed run left apart has had its grace: five minutes are over.
        for most in ("6m", "5m"):
            self.name = "t" + most
            file = self.file('imbalance_grace = "5m"\nmax_imbalance_time = "5m"\n', total="0.05")
            run = self.begin_live(file, "--ndjson", "--set", "sell.offset_ticks=-5000")
            self.wait_for_event(run, "fill")
            self.kill(run)
            run = self.begin_live("--task", self.name, "--ndjson", "--set", f"risk.max_imbalance_time={most}", "--max-runtime", "3s")
            out, err = run.communicate(timeout=60)
            self.assertEqual(run.returncode, 10, err)
            told = [(e["value"], e["limit"], e["level"]) for e in map(json.loads, out.splitlines()) if e["type"] == "alert" and e["code"] == "imbalance_time"]
            self.assertEqual(told, [("0.005", "5m", "CRITICAL")] if most == "5m" else [])


class Jump(PinnedMarket):
    """A venue shows what cannot be: nothing leaves for as long as it does, and the task goes on when the market is back."""

    def setUp(self):
        super().setUp()
        self.calm()

    def places_nothing_while(self, *strange, market=BUY):
        """Quotes rest a little away from the market; then it shows the strange books in turn, and in the end it is calm again."""
        file = self.file(quote="touch", offset=300, tolerance=5)
        run = self.begin_live(file, "--ndjson", "--max-runtime", "60s")
        for _ in range(2):
            self.wait_for_event(run, "ack")
        self.pin(market, *strange[0])
        self.until(lambda: not [o for o in self.orders() if o["open"]])  # seen: what rests is taken away
        began = time.time()
        for number in range(30):
            self.pin(market, *strange[number % len(strange)])
            time.sleep(0.05)  # the pace of the market
        ended = time.time()
        self.calm()
        self.until(lambda: [o for o in self.orders() if o["began_us"] > ended * 1e6])
        self.assertEqual([o for o in self.orders() if began * 1e6 < o["began_us"] < ended * 1e6], [])
        run.terminate()
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 143, err)
        self.assertFalse([o for o in self.orders() if o["open"]])
        for order in self.orders():
            self.assertTrue(Decimal(59000) < Decimal(order["price"]) < Decimal(61000), order)
        self.assert_balanced("t")
        self.assert_no_sins()

    def test_ten_times_the_price(self):
        self.places_nothing_while(("600000", "600010"), ("600100", "600110"))

    def test_a_tenth_of_the_price_on_the_selling_side(self):
        self.places_nothing_while(("6010", "6011"), ("6000", "6001"), market=SELL)

    def test_no_price_at_all(self):
        self.places_nothing_while(("0", "0"), ("0", "60001"))

    def test_a_crossed_book(self):
        self.places_nothing_while(("60200", "60001"), ("60300", "60001"))


if __name__ == "__main__":
    unittest.main()

"""Limits on hedges, and on how many tasks there are, over the wire: exactly met they let the task through, passed by one or by the smallest unit they
refuse; likewise when a run was killed in between, and with an order of unknown fate."""
import json
import unittest
from decimal import Decimal

import market_limits_test as market
import portfolio_limits_test as portfolio


class Hedges(market.PinnedMarket):
    """The buy side takes, the sell side only hedges."""

    def setUp(self):
        super().setUp()
        self.calm()

    def levels(self, at, bids, asks):
        self.exchange.control("POST", "book", {"venue": at[0], "symbol": at[1], "bids": bids, "asks": asks})

    def hedged(self, name, total, slice_, more=""):
        self.name = name
        path = self.file('imbalance_grace = "0s"\nmax_imbalance_bps = 10000\nmax_imbalance_time = "5m"\n' + more, total=total, slice_=slice_, tolerance=1000000)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        return self.write(name + ".toml", 'lead = "buy"\n' + text)

    def of_purpose(self, purpose):
        return [o for o in self.rows("orders") if o["task"] == self.name and o["purpose"] == purpose]


class Attempts(Hedges):
    """Each bid is for 0.002, and within one basis point there is no other: 0.005 need three orders that take what is there."""

    def setUp(self):
        super().setUp()
        self.levels(market.SELL, [["60100", "0.002"], ["60080", "0.002"], ["60060", "0.002"]], [["60101", "50"]])

    def disturb(self):
        """What becomes of the first attempt: nothing."""

    def run_with(self, most):
        self.disturb()
        done = self.live(self.hedged(f"t{most}", "0.005", "0.005", f"max_slippage_bps = 1\nrebalance_attempts = {most}\n"), "--max-runtime", "60s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_balanced(self.name)
        return [e for e in self.events(self.name) if e.get("code") == "rebalance_escalated"]

    def test_as_many_as_allowed_are_enough(self):
        self.assertEqual(self.run_with(3), [])
        self.assertEqual([Decimal(o["filled"]) for o in self.of_purpose("rebalance")], [Decimal("0.002"), Decimal("0.002"), Decimal("0.001")])
        self.assertEqual(self.of_purpose("reduce"), [])

    def test_one_less_and_the_leading_side_is_reduced(self):
        (told,) = self.run_with(2)
        self.assertEqual((told["level"], told["value"]), ("CRITICAL", "0.001"))
        self.assertIn("2 market-like orders did not fill it, rebalance_attempts is 2", told["message"])
        kinds = [o["purpose"] for o in self.rows("orders") if o["purpose"] != "quote"]
        self.assertEqual(kinds[:3], ["rebalance", "rebalance", "reduce"])
        (reduced,) = self.of_purpose("reduce")
        self.assertEqual((reduced["side"], Decimal(reduced["filled"])), ("sell", Decimal("0.001")))


class AttemptsWithAnOrderOfUnknownFate(Attempts):
    """The reply to the first attempt is lost: it counts, and the next one waits for its proof."""

    def disturb(self):
        self.exchange.fault(venue=market.SELL[0], what="place", fault="reset_after", count=1, ms=0)

    def run_with(self, most):
        told = super().run_with(most)
        hedges = [e for e in self.events(self.name) if e["type"] in ("intent", "unknown", "resolved") and e["purpose"] == "rebalance"]
        self.assertEqual([e["type"] for e in hedges[:4]], ["intent", "unknown", "resolved", "intent"])
        return told


class AttemptsAfterAKill(Hedges):
    def test_a_new_run_tries_anew(self):
        self.levels(market.SELL, [["60100", "0.002"], ["60080", "0.002"], ["60060", "0.002"]], [["60101", "50"]])
        self.exchange.control("POST", "latency", {"ms": 500})  # what became of the second of two attempts is not known yet when the run is killed
        run = self.begin_live(self.hedged("t", "0.005", "0.005", "max_slippage_bps = 1\nrebalance_attempts = 2\n"), "--ndjson")
        for _ in range(2):
            self.wait_for_event(run, "rebalance")
        self.until(lambda: len([o for o in self.orders() if o["venue"] == market.SELL[0] and not o["open"]]) == 2)
        self.kill(run)
        self.exchange.control("POST", "latency", {"ms": 0})
        self.assertEqual([e for e in self.events("t") if e.get("code") == "rebalance_escalated"], [])
        done = self.live("--task", "t", "--max-runtime", "60s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([e for e in self.events("t") if e.get("code") == "rebalance_escalated"], [])
        self.assertEqual(len(self.of_purpose("rebalance")), 3)
        self.assert_balanced("t")


class Threshold(Hedges):
    """A buy of 0.005 gets 0.003 and rests; that is how far the sides are apart."""

    def run_with(self, threshold, interrupted=False):
        self.levels(market.BUY, [["60000", "50"]], [["60001", "0.003"], ["60300", "50"]])
        name = "t" + threshold.replace(".", "-") + ("k" if interrupted else "")
        file = self.hedged(name, "0.01", "0.005", f"imbalance_threshold = {threshold}\n")
        run = self.begin_live(file, "--ndjson", "--max-runtime", "3s", "--set", "risk.imbalance_grace=" + ("5m" if interrupted else "0s"))
        self.wait_for_event(run, "fill")
        if interrupted:
            self.kill(run)
            run = self.begin_live("--task", name, "--ndjson", "--max-runtime", "3s", "--set", "risk.imbalance_grace=0s")
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 10, err)
        self.assert_balanced(name)
        told = self.events(name)
        hedge = next(e for e in told if e["type"] == "rebalance")
        self.assertEqual(hedge["imbalance"], "0.003")
        ends = [e for e in told if e["type"] == "state" and e["to"] == "COMPLETING"]
        return "before the end" if hedge["ts_us"] < ends[-1]["ts_us"] else "at the end"

    def test_from_the_threshold_on(self):
        self.assertEqual(self.run_with("0.003"), "before the end")
        self.assertEqual(self.run_with("0.00300001"), "at the end")

    def test_likewise_after_a_kill(self):
        self.assertEqual(self.run_with("0.003", True), "before the end")
        self.assertEqual(self.run_with("0.00300001", True), "at the end")


class Places(portfolio.Together):
    """max_concurrent_tasks counts the processes that are alive, and what they have at the venues is nothing to it."""

    total = "0.01"

    def begun_earlier(self):
        """Each is begun by the test itself."""

    def file_of(self, name, most):
        self.name = name
        path = self.file(quote="touch", offset=3000, tolerance=100000)
        with open(path, "a", encoding="utf-8") as f:
            f.write(f"[portfolio]\ncapital = 1000000\nmax_concurrent_tasks = {most}\n")
        return path

    def rests(self, name, most):
        run = self.begin_live(self.file_of(name, most), "--ndjson")
        for _ in range(2):
            self.wait_for_event(run, "ack")
        return run

    def assert_no_place_for(self, name, most):
        before = len(self.orders())
        done = self.live(self.file_of(name, most), "--max-runtime", "1s")
        self.assertEqual(done.returncode, 12, done.stderr)
        told = [e for e in self.events(name) if e["type"] == "limit"]
        self.assertEqual([(e["code"], e["value"], e["limit"]) for e in told], [("max_concurrent_tasks", str(most + 1), str(most))])
        for number in (told[0]["value"], told[0]["limit"]):
            self.assertIn(number, told[0]["message"])
        self.assertEqual(len(self.orders()), before)

    def end(self, *runs):
        for run in runs:
            run.terminate()
        for run in runs:
            _, err = run.communicate(timeout=60)
            self.assertEqual(run.returncode, 143, err)
        self.assertEqual([o for o in self.orders() if o["open"]], [])
        self.assert_no_sins()

    def test_as_many_as_allowed_and_one_more(self):
        self.next_database()
        first, second = self.rests("a", 2), self.rests("b", 2)
        self.assertEqual(self.portfolio()["running"], 2)
        self.assert_no_place_for("c", 2)
        self.end(first, second)
        third = self.rests("c", 2)
        self.end(third)

    def test_the_killed_hold_no_place_and_one_that_waits_gets_it_at_once(self):
        self.next_database()
        first = self.rests("a", 1)
        waits = self.begin_live(self.file_of("b", 1), "--ndjson", "--max-runtime", "60s")
        self.until(lambda: self.portfolio()["running"] == 1 and "b" in {x["task"] for x in json.loads(self.status("--json").stdout)["tasks"]})
        self.assertEqual(len(self.orders()), 2)
        self.kill(first)
        for _ in range(2):
            self.wait_for_event(waits, "ack")
        self.assert_no_place_for("a2", 1)
        again = self.live("--task", "a", "--max-runtime", "1s")
        self.assertEqual(again.returncode, 12, "the killed one waits for a place like any other")
        waits.terminate()
        waits.communicate(timeout=60)
        again = self.live("--task", "a", "--max-runtime", "1s")
        self.assertEqual(again.returncode, 10, again.stderr)
        self.assertEqual([o for o in self.orders() if o["open"]], [])

    def test_an_order_of_unknown_fate_neither_takes_a_place_nor_gives_one(self):
        self.next_database()
        self.exchange.control("POST", "settings", {"hidden_ms": "10000"})
        self.exchange.fault(venue=market.BUY[0], what="place", fault="reset_after", count=1, ms=0)
        first = self.begin_live(self.file_of("a", 1), "--ndjson")
        self.wait_for_event(first, "unknown")
        self.assert_no_place_for("b", 1)
        self.kill(first)
        self.exchange.control("POST", "settings", {"hidden_ms": "0"})
        second = self.rests("b", 1)
        self.end_one(second)
        again = self.live("--task", "a", "--max-runtime", "1s")
        self.assertEqual(again.returncode, 10, again.stderr)
        self.assertEqual([o for o in self.orders() if o["open"]], [])

    def end_one(self, run):
        run.terminate()
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 143, err)


if __name__ == "__main__":
    unittest.main()

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
    """A slice is bought, and hedges do not fill."""

    def file_with(self, most):
        return self.hedged(f"t{most}", "0.005", "0.005", f"rebalance_attempts = {most}\n")

    def escalations(self):
        return [e for e in self.events(self.name) if e.get("code") == "rebalance_escalated"]

    def assert_escalated_after(self, most):
        (told,) = self.escalations()
        self.assertEqual((told["level"], told["value"]), ("CRITICAL", "0.005"))
        self.assertIn(f"{most} market-like orders did not fill it, rebalance_attempts is {most}", told["message"])
        purposes = [o["purpose"] for o in self.rows("orders") if o["task"] == self.name and o["purpose"] != "quote"]
        self.assertEqual(purposes[:most + 1], ["rebalance"] * most + ["reduce"])

    def test_so_many_and_then_the_leading_side_is_reduced(self):
        for most in (2, 3):
            # The venue of the hedge takes nothing until the leading side was reduced.
            run = self.begin_live(self.file_with(most), "--ndjson", "--set", "risk.min_spread_bps=100")
            self.wait_for_event(run, "limit")
            self.halt("halted")
            self.assertEqual(self.run_task("set", self.name, "risk.min_spread_bps=-100").returncode, 0)
            while self.wait_for_event(run, "alert")["code"] != "rebalance_escalated":
                pass
            self.halt("trading")
            _, err = run.communicate(timeout=60)
            self.assertEqual(run.returncode, 0, err)
            self.assert_escalated_after(most)
            self.assert_balanced(self.name)

    def halt(self, status):
        self.exchange.control("POST", "halt", {"venue": market.SELL[0], "symbol": market.SELL[1], "status": status})

    # With orders of unknown fate: their requests were lost, and the next one waits for the proof of that.

    def lose(self, count):
        self.exchange.fault(venue=market.SELL[0], what="place", fault="reset_before", count=count, ms=0)

    def after_two_that_were_lost(self, most):
        self.lose(2)
        done = self.live(self.file_with(most), "--max-runtime", "120s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_balanced(self.name)
        hedges = [e["type"] for e in self.events(self.name) if e["type"] in ("intent", "unknown", "resolved") and e["purpose"] == "rebalance"]
        self.assertEqual(hedges[:6], ["intent", "unknown", "resolved"] * 2)

    def test_the_last_one_that_is_allowed_may_fill(self):
        self.after_two_that_were_lost(3)
        self.assertEqual(self.escalations(), [])
        self.assertEqual([Decimal(o["filled"]) for o in self.of_purpose("rebalance")], [0, 0, Decimal("0.005")])

    def test_one_of_unknown_fate_is_an_attempt_as_well(self):
        self.after_two_that_were_lost(2)
        self.assert_escalated_after(2)

    def test_a_new_run_tries_anew(self):
        self.lose(1)
        run = self.begin_live(self.file_with(2), "--ndjson")
        self.wait_for_event(run, "unknown")
        self.kill(run)
        self.lose(1)
        done = self.live("--task", self.name, "--max-runtime", "120s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.escalations(), [])
        self.assertEqual(len(self.of_purpose("rebalance")), 3)
        self.assert_balanced(self.name)


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

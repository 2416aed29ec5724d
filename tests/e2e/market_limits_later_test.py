"""Limits over the wire, met exactly and passed by the smallest unit by a task with a past: its run was killed, or an order of it is of unknown
fate. The values are those of a task without one, so nothing of the past is forgotten or counted twice."""
import json
import unittest
from decimal import Decimal

import market_limits_test as fresh

ALONE = ("sell.offset_ticks=-500", "risk.imbalance_grace=5m", "risk.max_imbalance_time=5m", "risk.max_imbalance_bps=10000", "risk.max_loss=1000")


class Killed:
    """A run has one slice on each side, and waits for the minute to pass; then kill -9."""

    then = ("fill", "fill")
    after = ("--set=risk.max_orders_per_minute=1000",)
    orders_of_the_past = 2

    def begun_earlier(self):
        before = len(self.orders())
        run = self.begin_live(self.file(), "--ndjson", "--set", "risk.max_orders_per_minute=2", "--set", "risk.max_loss=1000")
        left = list(self.then)  # in whatever order
        while left:
            event = json.loads(run.stdout.readline())["type"]
            if event in left:
                left.remove(event)
        self.until(lambda: len(self.orders()) == before + 2)
        self.kill(run)
        self.before = before + 2
        self.known = len(self.events(self.name))

    def interrupt(self, run):
        self.kill(run)
        return self.begin_live("--task", self.name, "--ndjson", "--max-runtime", "30s")


class KilledWithAnOrderOfUnknownFate(Killed):
    """The reply to the buy was lost; that it filled can be seen only when the run that sent it is dead."""

    then = ("unknown",)

    def begun_earlier(self):
        self.exchange.control("POST", "settings", {"hidden_ms": "10000"})
        self.exchange.fault(venue="mexc_spot", what="place", fault="reset_after", count=1, ms=0)
        super().begun_earlier()
        self.exchange.control("POST", "settings", {"hidden_ms": "0"})


class AfterAKill(Killed, fresh.ExactlyMet):
    pass


class AfterAKillWithAnOrderOfUnknownFate(KilledWithAnOrderOfUnknownFate, fresh.ExactlyMet):
    pass


class BesideAnOrderOfUnknownFate(fresh.PinnedMarket):
    """A slice is bought, and for a second or two nobody can know; the selling side rests and follows its market meanwhile."""

    def follows(self, limit):
        self.calm()
        self.pin(fresh.SELL, "59000", "59001")
        settings = (*ALONE, f"risk.max_notional={limit}", "risk.min_spread_bps=-100")
        run = self.begin_live(self.file(), "--ndjson", *(f"--set={setting}" for setting in settings), "--max-runtime", "8s")
        self.assertEqual(self.wait_for_event(run, "limit")["code"], "min_spread_bps")  # it has begun, and waits
        self.exchange.fault(venue="mexc_spot", what="place", fault="reset_after", count=1, ms=0)
        self.exchange.fault(venue="mexc_spot", what="query", fault="reset_before", count=5, ms=0)
        self.calm()
        self.wait_for_event(run, "unknown")
        self.pin(fresh.SELL, "60200", "60201")
        out, err = run.communicate(timeout=60)
        self.assertIn(run.returncode, (10, 20, 22), err)
        return [json.loads(line) for line in out.splitlines()]

    def test_it_counts_whole(self):
        # 300.005 for what nobody knows of, and 0.005 at 60250.
        events = self.follows("601.255")
        self.assertEqual([e for e in events if e["type"] == "limit"], [])
        kinds = [e["type"] for e in events]
        self.assertLess(kinds.index("intent"), kinds.index("resolved"))
        self.assertEqual(Decimal(events[kinds.index("intent")]["price"]), Decimal("60250"))

    def test_it_counts_whole_by_the_smallest_unit(self):
        events = self.follows("601.25499999")
        kinds = [e["type"] for e in events]
        told = events[kinds.index("limit")]
        self.assertEqual((told["code"], told["value"], told["limit"]), ("max_notional", "601.255", "601.25499999"))
        self.assertLess(kinds.index("limit"), kinds.index("resolved"))
        self.assertNotIn(Decimal("60250"), {Decimal(o["price"]) for o in self.orders()})


if __name__ == "__main__":
    unittest.main()

"""Holding a spot-futures position live: what its settlement pays is read from the venue's own book, once, and the round closes by its rule."""
import json
import os
import unittest
from decimal import Decimal

from live_tools import LiveTest

RATE = "0.0003"


def dollars(ledger):
    return sum(Decimal(ledger["balances"][venue]["USDT"]["total"]) for venue in ("mexc", "gate_futures"))


class Funding(LiveTest):
    def tell(self, rate=RATE, seconds=4):
        """The contract settles so soon that the run need not wait for its minute."""
        self.exchange.control("POST", "funding_terms", {"symbol": "BTC_USDT", "rate": rate, "interval": 3600, "in": seconds})

    def carry(self, keys):
        path = self.task_file("carry", "BTC/USDT", "mexc_spot", "gateio_futures", "0.02", "0.01", more='max_capital_fraction = 1\nmax_hold = "12h"\n')
        with open(path, encoding="utf-8") as f:
            text = f.read()
        return self.write("carry.toml", keys + "\n" + text)

    def until_held(self, process):
        for line in process.stdout:
            if json.loads(line).get("code") == "holding":
                return
        self.fail(process.stderr.read())

    def settle(self):
        self.exchange.control("POST", "funding", {"symbol": "BTC_USDT", "rate": RATE})

    def assert_whole_round(self, before):
        after = self.exchange.ledger()
        task = self.task("carry")
        self.assertEqual((task["verdict"], task["part"], task["imbalance"]), ("COMPLETED", "close", "0"))
        self.assertEqual(Decimal(after["positions"]["BTC_USDT"]["quantity"]), 0)
        received = Decimal(after["positions"]["BTC_USDT"]["funding"]) - Decimal(before["positions"].get("BTC_USDT", {"funding": "0"})["funding"])
        self.assertGreater(received, 0)
        parts = {k: Decimal(v) for k, v in task["profit"].items()}
        self.assertEqual(parts["funding"], received)
        self.assertEqual(parts["basis"] + parts["slippage"] + parts["funding"] - parts["fees"], parts["total"])
        self.assertEqual(parts["total"], dollars(after) - dollars(before))
        self.assertEqual(task["funding"]["payments"], 1)
        for order in self.rows("orders"):
            closes = order["side"] != order["leg"]
            self.assertEqual(order["reduce_only"], closes and order["exchange"] == "gateio_futures", order["client_order_id"])
        self.assert_no_sins()

    def test_a_round_is_held_through_a_settlement(self):
        before = self.exchange.ledger()
        self.tell()
        run = self.begin_live(self.carry("exit_after_fundings = 1"), "--ndjson")
        self.until_held(run)
        self.settle()
        told = [json.loads(line) for line in run.stdout]
        self.assertEqual(run.wait(), 0, run.stderr.read())
        self.assertEqual([e["type"] for e in told if e["type"] == "funding"], ["funding"])
        self.assert_whole_round(before)
        run.communicate()

    def test_what_was_paid_while_nobody_ran_is_booked_by_the_next_run(self):
        before = self.exchange.ledger()
        self.tell()
        path = self.carry("exit_after_fundings = 1")
        run = self.begin_live(path, "--ndjson")
        self.until_held(run)
        self.kill(run)
        self.settle()
        self.assertEqual(self.task("carry")["part"], "hold")
        done = self.live(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_whole_round(before)

    def test_books_made_anew_wait_for_a_person(self):
        path = self.carry('hold_for = "1h"')
        run = self.begin_live(path, "--ndjson")
        self.until_held(run)
        self.kill(run)
        self.db = os.path.join(self.dir, "anew", "dn.db")
        done = self.recover("--from-venue", path, "--apply", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("task carry is paused", done.stderr)
        orders = len(self.exchange.ledger()["orders"])
        self.assertEqual(self.live(path).returncode, 12, "whether it was to open or to close is not known")
        self.assertEqual(len(self.exchange.ledger()["orders"]), orders)

    def test_the_plan_tells_the_funding(self):
        self.tell(rate="-0.0001", seconds=3000)
        done = self.live(self.carry("min_funding_apr = 5"), "--plan", "--json")
        funding = json.loads(done.stdout)["sell"]["funding"]
        self.assertEqual((funding["rate"], funding["interval_us"], funding["apr_pct"]), ("-0.0001", 3_600_000_000, "-87.6"))
        self.assertLess(Decimal(funding["expected"]), 0)
        once = self.live(os.path.join(self.dir, "carry.toml"), "--max-runtime", "2s")
        self.assertEqual(once.returncode, 10, once.stderr)
        self.assertEqual(self.rows("orders"), [])


if __name__ == "__main__":
    unittest.main()

"""Holding a spot-futures position live: what its settlement pays is read from the venue's own book, once, and the round closes by its rule. Whatever
fees are paid in, the parts of the profit are exact, the same in every view, and their sum is what the exchange's balances changed by."""
import csv
import io
import json
import os
import unittest
from decimal import ROUND_HALF_UP, Decimal, localcontext

from live_tools import LiveTest

RATE = "0.0003"


def held(ledger, asset):
    """What all accounts have of it."""
    return sum(Decimal(assets[asset]["total"]) for assets in ledger["balances"].values() if asset in assets)


def dollars(ledger):
    return held(ledger, "USDT")


class FundingTest(LiveTest):
    spot = "mexc_spot"

    def tell(self, rate=RATE, seconds=4):
        """The contract settles so soon that the run need not wait for its minute."""
        self.exchange.control("POST", "funding_terms", {"symbol": "BTC_USDT", "rate": rate, "interval": 3600, "in": seconds})

    def carry(self, keys):
        path = self.task_file("carry", "BTC/USDT", self.spot, "gateio_futures", "0.02", "0.01", more='max_capital_fraction = 1\nmax_hold = "12h"\nmax_imbalance_time = "5m"\n')
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


class Funding(FundingTest):
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


class Split(FundingTest):
    """Three settlements, then the rate turns: the round closes, and what it brought is divided to the last digit."""

    asset = "USDT"  # that the spot leg's fees are paid in

    def three_settlements(self, process):
        """The run asks a moment after each settlement that it was told of, and hears of the next one."""
        for rate in (RATE, RATE, "-0.0001"):
            self.settle()
            self.tell(rate=rate, seconds=4)
            self.wait_for_event(process, "funding")

    def average(self):
        """Of what the buy leg bought, rounded as the tools do."""
        bought = [f for f in self.rows("fills") if f["side"] == f["leg"] == "buy"]
        with localcontext() as context:
            context.prec = 60
            value = sum(Decimal(f["price"]) * Decimal(f["quantity"]) for f in bought)
            return (value / sum(Decimal(f["quantity"]) for f in bought)).quantize(Decimal("0.000000000001"), ROUND_HALF_UP)

    def parts(self):
        """As each view tells them; they must say the same."""
        task = self.task("carry")
        parts = {k: Decimal(v) for k, v in task["profit"].items()}
        (pnl,) = json.loads(self.status("pnl", "--json", "--task", "carry").stdout)["tasks"]
        self.assertEqual(pnl["profit"], task["profit"])
        shown = self.status("show", "carry").stdout
        self.assertIn(f"basis {task['profit']['basis']}, slippage {task['profit']['slippage']}, funding {task['profit']['funding']}, fees -{task['profit']['fees']}"
                      .replace("fees --", "fees ").replace("fees -0\n", "fees 0\n"), shown)
        report = self.status("report", "--task", "carry", "--csv").stdout
        rows = [r for r in csv.DictReader(io.StringIO(report)) if r["plot"] == "profit"]
        sums, total, so_far = [], {}, Decimal(0)
        for row in rows:
            if row["series"] == "part":
                so_far += Decimal(row["y"])
                total[row["x"]] = Decimal(row["y"])
            elif row["series"] == "sum":
                self.assertEqual(Decimal(row["y"]), so_far, row)
                sums.append(so_far)
        self.assertEqual(sums[-1], parts["total"])
        self.assertLessEqual({parts["basis"], parts["slippage"], parts["funding"]}, set(total.values()))
        return parts

    def test_held_through_three_settlements_and_closed_when_the_rate_turns(self):
        before = self.exchange.ledger()
        self.tell()
        path = self.carry("exit_funding_apr = 0")
        run = self.begin_live(path, "--ndjson")
        self.until_held(run)
        self.three_settlements(run)
        self.kill(run)  # from cron: the next run is told the same rate again, which has had its minute
        self.assertEqual(self.task("carry")["part"], "hold")
        done = self.live(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        why = [e for e in self.events("carry") if e.get("code") == "must_close"]
        self.assertIn("is below exit_funding_apr 0", why[0]["message"])
        after = self.exchange.ledger()
        task = self.task("carry")
        self.assertEqual((task["verdict"], task["part"], task["funding"]["payments"]), ("COMPLETED", "close", 3))
        self.assertEqual(Decimal(after["positions"]["BTC_USDT"]["quantity"]), 0)
        self.assert_split(before, after, self.parts())
        self.assert_no_sins()

    def assert_split(self, before, after, parts):
        self.assertEqual(parts["funding"], Decimal(after["positions"]["BTC_USDT"]["funding"]))
        self.assertGreater(parts["funding"], 0)
        self.assertEqual(parts["basis"] + parts["slippage"] + parts["funding"] - parts["fees"], parts["total"])
        with localcontext() as context:
            context.prec = 60
            rest = held(after, "BTC") - held(before, "BTC")  # below the venue's smallest order: stands at its cost
            self.assertEqual(parts["total"] - self.average() * rest, dollars(after) - dollars(before), "to the last digit")
        if self.asset != "BTC":
            self.assertEqual(rest, 0)
        fees = {}
        for f in self.rows("fills"):
            fees[f["fee_asset"]] = fees.get(f["fee_asset"], Decimal(0)) + Decimal(f["fee"])
        self.assertEqual(set(fees), {"USDT", self.asset})
        self.assertEqual({k: Decimal(v) for k, v in self.task("carry")["fees"].items()}, fees)
        if self.asset not in ("USDT", "BTC"):
            self.assertEqual(held(after, self.asset) - held(before, self.asset), -fees[self.asset], "the token's fees stand beside the sum")


class SplitWithFeesInTheCoin(Split):
    spot, asset = "gateio_spot", "BTC"


class SplitWithFeesInGt(Split):
    spot, asset = "gateio_spot", "GT"
    settings = {"gate_gt_price": "7.3"}


class SplitWithFeesInMx(Split):
    asset = "MX"
    settings = {"mexc_mx_price": "2.9"}


if __name__ == "__main__":
    unittest.main()

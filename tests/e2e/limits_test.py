"""Each limit over the wire: exactly met it lets the task through, passed by the smallest unit it refuses with its code and both numbers, also after a
restart; and the exchange's own ledger, read afterwards, shows no order beyond it."""
import unittest
from decimal import Decimal

from live_tools import LiveTest
from tools import RUN


class Limits(LiveTest):
    def file(self, more, total="0.01", slice_="0.005", **how):
        return self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", total, slice_, more=more, **how)

    def refusals(self, code):
        return [e for e in self.events("t") if e["type"] == "limit" and e["code"] == code]

    def orders(self):
        return [o for o in self.exchange.ledger()["orders"] if o["client_order_id"].startswith("t-")]

    def quotes(self):
        return [o for o in self.orders() if o["type"] == "limit"]

    def assert_refused(self, done, code, exit_code=22):
        self.assertEqual(done.returncode, exit_code, done.stderr)
        refusal = self.refusals(code)[0]
        self.assertGreaterEqual(Decimal(refusal["value"]), Decimal(refusal["limit"]))
        self.assertIn(refusal["value"], refusal["message"])
        self.assertIn(refusal["limit"], refusal["message"])
        return refusal

    def test_the_position_of_a_side(self):
        done = self.live(self.file("max_position = 0.01\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({Decimal(self.task("t")[s]["filled"]) for s in ("buy", "sell")}, {Decimal("0.01")})

    def test_the_position_of_a_side_passed_by_a_step(self):
        done = self.live(self.file("max_position = 0.009999\n"))
        refusal = self.assert_refused(done, "max_position")
        self.assertEqual((Decimal(refusal["value"]), Decimal(refusal["limit"])), (Decimal("0.01"), Decimal("0.009999")))
        again = self.live("--task", "t", "--quiet")
        self.assertEqual((again.returncode, again.stdout), (23, ""), "halted: a person has to look")
        self.assertIn("task t: HALTED, exit code 23", again.stderr)
        for side in ("buy", "sell"):
            self.assertLessEqual(sum(Decimal(o["filled"]) for o in self.orders() if o["side"] == side), Decimal("0.009999"))
        self.assert_balanced("t")

    def test_the_value_of_an_order(self):
        done = self.live(self.file(""), "--set", "risk.max_order_notional=400")
        self.assert_refused(done, "max_order_notional")
        self.assertEqual(self.orders(), [], "both legs or none")

    def test_the_value_of_both_sides(self):
        # Two orders of the four fit: the second pair would pass it.
        done = self.live(self.file("max_notional = 1500\n"))
        self.assert_refused(done, "max_notional")
        self.assertLessEqual(sum(Decimal(t["price"]) * Decimal(t["quantity"]) for t in self.exchange.ledger()["trades"]), Decimal(1500))
        self.assert_balanced("t")

    def test_orders_of_a_run(self):
        file = self.file("max_orders_per_run = 4\n", offset=-1000, tolerance=100000)  # beyond what the market does until they are there: all four fill at once
        done = self.live(file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.orders()), 4)

    def test_orders_of_a_run_passed_by_one(self):
        done = self.live(self.file("max_orders_per_run = 3\n"))
        self.assert_refused(done, "max_orders_per_run")
        self.assertLessEqual(len(self.quotes()), 3)
        self.assert_balanced("t")

    def test_orders_of_a_minute_are_counted_over_restarts(self):
        # Orders far from the market rest; each run cancels its two, so only the limit ends the series.
        file = self.file("max_orders_per_minute = 5\n", quote="touch", offset=5000, tolerance=10000)
        for _ in range(4):
            done = self.live(file, "--max-runtime", "2s")
            self.assertIn(done.returncode, (10, 12), done.stderr)
        self.assertEqual(len(self.orders()), 4, "two runs of two; the fifth alone would leave one leg without the other")
        self.assertTrue(self.refusals("max_orders_per_minute"))

    def test_orders_of_a_day_are_counted_over_restarts(self):
        file = self.file("max_orders_per_day = 4\n", quote="touch", offset=5000, tolerance=10000)
        codes = [self.live(file, "--max-runtime", "2s").returncode for _ in range(3)]
        self.assertEqual(codes[2], 22, codes)
        self.assertEqual(len(self.orders()), 4)
        self.assertTrue(self.refusals("max_orders_per_day"))

    def test_the_net_spread(self):
        done = self.live(self.file("min_spread_bps = 500\n"), "--max-runtime", "3s")
        self.assertEqual(done.returncode, 12, done.stderr)
        self.assertEqual(self.orders(), [])
        told = self.refusals("min_spread_bps")
        self.assertEqual(len(told), 1, "once, not at every tick")
        self.assertEqual(Decimal(told[0]["limit"]), 500)

    def test_the_loss_is_a_breaker_that_only_a_person_closes(self):
        # Bought on the dearer venue, sold on the cheaper one, taker on both: the first slice loses more than this.
        file = self.task_file("t", "BTC/USDT", "gateio_spot", "mexc_spot", "0.01", "0.005", more="max_loss = 0.01\n")
        done = self.live(file)
        self.assertEqual(done.returncode, 23, done.stderr)
        self.assertIn("are [buy] and [sell] swapped?", done.stderr)
        first = self.refusals("max_loss")[0]
        self.assertGreater(Decimal(first["value"]), Decimal("0.01"))
        before = len(self.orders())
        self.assertEqual(self.live(file).returncode, 23, "also after a restart")
        self.assertEqual(len(self.orders()), before)
        self.assertNotEqual(self.recover("resume", "--task", "t", "--config", self.config).returncode, 0, "--yes is asked for")
        self.assertEqual(self.call(RUN, "set", "t", "risk.max_loss=100", "--db", self.db).returncode, 0)
        resumed = self.recover("resume", "--task", "t", "--yes", "--config", self.config)
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertIn("max_loss", resumed.stdout, "what it resumes")
        done = self.live("--task", "t")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_time_of_holding(self):
        file = self.file("max_hold = \"1s\"\n", quote="touch", offset=5000, tolerance=10000)
        done = self.live(file, "--max-runtime", "20s")
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertTrue([e for e in self.events("t") if e["type"] == "halt" and e["code"] == "max_hold"])
        self.assert_balanced("t")


    def test_the_time_of_holding_goes_on_over_restarts(self):
        file = self.file("max_hold = \"1m\"\n", quote="touch", offset=5000, tolerance=10000)
        self.assertEqual(self.live(file, "--max-runtime", "1500ms").returncode, 10, "a minute is not over")
        began = len(self.orders())
        done = self.live(file, "--set", "risk.max_hold=1s", "--max-runtime", "20s")
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertTrue([e for e in self.events("t") if e["type"] == "halt" and e["code"] == "max_hold"])
        self.assertEqual(len(self.orders()), began, "nothing more was sent")


class Exits(LiveTest):
    """What exit_spread_bps does when the net spread falls below it while the task holds something."""

    def leave(self, action):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_futures", "1", "0.005", more="max_capital_fraction = 0.2\n")
        run = self.begin_live(file, "--ndjson", "--max-runtime", "30s")
        self.wait_for_event(run, "fill")
        # The owner wants more than the market gives.
        done = self.call(RUN, "set", "t", "risk.exit_spread_bps=400", f"risk.exit_action={action}", "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        _, err = run.communicate(timeout=60)
        return run.returncode, err

    def assert_told(self):
        told = [e for e in self.events("t") if e["type"] == "limit" and e["code"] == "exit_spread_bps"]
        self.assertEqual(len(told), 1)
        self.assertLess(Decimal(told[0]["value"]), Decimal(told[0]["limit"]))

    def test_complete_stays_hedged(self):
        before = self.exchange.ledger()
        self.assertEqual(self.leave("complete")[0], 0)
        task = self.task("t")
        self.assertEqual(task["verdict"], "COMPLETED")
        self.assertGreater(Decimal(task["buy"]["filled"]), 0)
        self.assert_balanced("t")
        self.assert_told()
        self.assert_books_equal(before)

    def test_unwind_closes_the_position(self):
        before = self.exchange.ledger()
        self.assertEqual(self.leave("unwind")[0], 0)
        task = self.task("t")
        self.assertEqual(task["verdict"], "CANCELLED")
        self.assertEqual([Decimal(task[s]["net"]) for s in ("buy", "sell")], [0, 0])
        self.assert_told()
        self.assert_books_equal(before)
        after = self.exchange.ledger()
        self.assertEqual(Decimal(after["positions"].get("BTC_USDT", {"quantity": "0"})["quantity"]), 0)
        self.assertTrue(all(o["reduce_only"] for o in after["orders"] if o["venue"] == "gateio_futures" and o["side"] == "buy"))

    def test_pause_waits_for_a_person(self):
        self.assertEqual(self.leave("pause")[0], 10)
        self.assertEqual(self.task("t")["mode"], "PAUSED")
        self.assert_told()
        self.assert_balanced("t")


class Capital(LiveTest):
    settings = {"balances": {"mexc": {"USDT": "100000", "": "0"}, "gate_spot": {"USDT": "100000", "BTC": "1"}}}

    def test_a_task_uses_its_share_of_the_account(self):
        # 5 % of 100,000 and a little: one slice of about 550 fits ten times less than a fraction of 10 bps allows.
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005", more="max_capital_fraction = 0.005\n")
        done = self.live(file)
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertIn("max_capital_fraction", done.stderr)
        file = self.task_file("u", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005", more="max_capital_fraction = 0.05\n")
        done = self.live(file)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()

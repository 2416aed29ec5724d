"""Recovery against the loopback exchange: lost books, lost orders, a venue that is away, strangers on the account."""
import json
import os
import shutil
import unittest
from decimal import Decimal

from live_tools import LiveTest
from exchange_client import Gate

PATIENT = 'max_repeated_errors = 1000\nmax_imbalance_time = "5m"\nmax_imbalance_bps = 10000\n'
SEND = ("--yes", "--max-notional", "100000")


class Recover(LiveTest):
    settings = {"rate_scale": "4"}

    def setUp(self):
        super().setUp()
        self.before = self.exchange.ledger()
        self.file = self.task_file("eth", "ETH/USDT", "mexc_spot", "gateio_spot", "1.2", "0.1", more=PATIENT)

    def killed_after(self, lines, file=None):
        self.exchange.control("POST", "latency", {"ms": 60})  # what is told is not all that happens
        task = self.begin_live(file or self.file, "--ndjson")
        for _ in range(lines):
            if not task.stdout.readline():
                break
        self.kill(task)
        self.exchange.control("POST", "latency", {"ms": 0})

    def killed_at(self, event):
        task = self.begin_live(self.file, "--ndjson")
        self.wait_for_event(task, event)
        self.kill(task)

    def recover_live(self, *arguments):
        return self.recover(*arguments, "--config", self.config)

    def rebalance_live(self, *arguments):
        return self.rebalance(*arguments, "--config", self.config)

    def plan(self, *arguments):
        done = self.recover_live("--json", *arguments)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout), done.returncode

    def finish(self, name="eth"):
        done = self.live("--task", name, "--max-runtime", "2m")
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        self.assert_books_equal(self.before)
        self.assert_balanced(name, "0.01")
        self.assertEqual(self.recover("verify").returncode, 0)

    def make_equal(self):
        """What a script does after a crash; the sides are equal then and nothing rests."""
        done = self.recover_live("--task", "eth", "--apply")
        self.assertIn(done.returncode, (0, 20), done.stderr)
        if done.returncode == 20:
            again = self.rebalance_live("--task", "eth", *SEND)
            self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(self.rows("orders", "--open"), [])
        self.assert_books_equal(self.before)
        self.assert_balanced("eth", "0.01")

    def test_recover_and_rebalance_after_kills(self):
        for lines in (3, 5, 8, 12):
            self.killed_after(lines)
            self.make_equal()
            plan, code = self.plan("--task", "eth")
            self.assertEqual((plan["hash"], code), ("0", 0))
        self.finish()
        self.assert_no_sins(but=("protocol_errors",))

    def test_orders_whose_intent_a_power_cut_took_are_found_again(self):
        self.killed_after(4)
        # What a power cut leaves is a state of before: the newest commits are gone, and the orders they announced are at the venues.
        saved = os.path.join(self.dir, "saved")
        shutil.copytree(os.path.dirname(self.db), saved)
        self.killed_at("ack")  # of an order that the saved state does not know
        shutil.rmtree(os.path.dirname(self.db))
        shutil.copytree(saved, os.path.dirname(self.db))
        # Only the run's epoch is safe against power loss; here it went as well, so it is given back by hand as the disk would.
        import sqlite3
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE tasks SET run_epoch = run_epoch + 1")
        done = self.live(self.file, "--max-runtime", "2m")
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        self.assertTrue([e for e in self.events("eth") if e.get("code") == "orders_adopted"])
        self.assert_books_equal(self.before)
        self.assert_balanced("eth", "0.01")
        self.assertEqual(self.recover("verify").returncode, 0)

    def test_lost_books_are_made_anew_from_the_venues(self):
        self.killed_after(12)
        self.make_equal()
        lost_fills, lost = self.rows("fills"), self.task("eth")
        shutil.rmtree(os.path.dirname(self.db))
        plan, code = self.plan("--from-venue", self.file)
        self.assertEqual(code, 21)
        self.assertTrue(all(f["finding"] == "lost" for f in plan["tasks"][0]["findings"]), plan)
        self.assertFalse(os.path.exists(self.db), "a plan makes nothing")
        done = self.recover_live("--from-venue", self.file, "--apply")
        self.assertEqual(done.returncode, 0, done.stderr)
        fields = ("trade_id", "exchange", "client_order_id", "side", "price", "quantity", "fee", "fee_asset")
        as_set = lambda rows: sorted(tuple(r[f] for f in fields) for r in rows)
        self.assertEqual(as_set(self.rows("fills")), as_set(lost_fills))
        for side in ("buy", "sell"):
            for field in ("filled", "net", "avg_price", "fees"):
                self.assertEqual(self.task("eth")[side][field], lost[side][field], (side, field))
        self.finish()

    def test_a_new_database_does_not_begin_a_task_that_the_venues_know_to_be_open(self):
        self.killed_at("ack")
        shutil.rmtree(os.path.dirname(self.db))
        done = self.live(self.file)
        self.assertEqual(done.returncode, 24, done.stderr)
        self.assertIn("--from-venue", done.stderr)
        again = self.recover_live("--from-venue", self.file, "--apply")
        self.assertIn(again.returncode, (0, 20), again.stderr)
        self.finish()

    def test_lost_books_of_a_finished_task_do_not_trade_it_again(self):
        small = self.task_file("done", "ETH/USDT", "mexc_spot", "gateio_spot", "0.1", "0.1", more=PATIENT)
        self.assertEqual(self.live(small, "--max-runtime", "1m").returncode, 0)
        after = self.exchange.ledger()["trades"]
        shutil.rmtree(os.path.dirname(self.db))
        done = self.live(small, "--max-runtime", "1m")
        self.assertEqual(done.returncode, 24, done.stderr)
        self.assertIn("--from-venue", done.stderr)
        again = self.live(small, "--max-runtime", "1m")
        # Books that were begun in the same second as the lost ones number their runs alike, and take the orders over.
        self.assertIn(again.returncode, (0, 24), again.stderr)
        self.assertEqual(self.exchange.ledger()["trades"], after)
        if again.returncode == 24:
            self.assertEqual(self.recover_live("--from-venue", small, "--apply").returncode, 0)
        self.assertEqual(len(self.real_fills()), len(after), "the books hold what was lost")
        self.assertEqual(self.live(small, "--max-runtime", "1m").returncode, 0)
        self.assertEqual(self.exchange.ledger()["trades"], after, "it had nothing left to trade")

    def test_a_name_that_is_begun_again_at_once_uses_no_id_twice(self):
        small = self.task_file("again", "ETH/USDT", "mexc_spot", "gateio_spot", "0.1", "0.1", more=PATIENT)
        for _ in range(3):
            shutil.rmtree(os.path.dirname(self.db), ignore_errors=True)
            done = self.live(small, "--max-runtime", "1m", "--restart")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("earlier orders under this name", done.stderr)
        ids = [(o["venue"], o["client_order_id"]) for o in self.exchange.ledger()["orders"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assert_no_sins(but=("protocol_errors",))

    def test_strangers_are_named_and_never_touched(self):
        quiet = self.task_file("quiet", "ETH/USDT", "mexc_spot", "gateio_spot", "1.2", "0.1", quote="touch", offset=500, tolerance=10000, more=PATIENT)
        task = self.begin_live(quiet, "--ndjson")
        for _ in range(2):
            self.wait_for_event(task, "ack")
        self.kill(task)
        gate = Gate(self.exchange)
        low = str((Decimal(gate.public("/spot/tickers", "currency_pair=ETH_USDT")[1][0]["highest_bid"]) * Decimal("0.95")).quantize(Decimal("0.01")))
        status, mine = gate.signed("POST", "/spot/orders", body={"currency_pair": "ETH_USDT", "side": "buy", "amount": "0.5", "price": low})
        gate.connection.close()
        self.assertIn(status, (200, 201), mine)
        plan, code = self.plan("--task", "quiet")
        self.assertEqual(code, 21)
        strangers = [f["venue_order_id"] for f in plan["tasks"][0]["findings"] if f["finding"] == "foreign"]
        self.assertEqual(strangers, [mine["id"]])
        self.assertEqual(self.recover_live("--task", "quiet", "--apply").returncode, 0)
        open_now = [o["venue_order_id"] for o in self.exchange.ledger()["orders"] if o["open"]]
        self.assertEqual(open_now, [mine["id"]])

    def test_a_venue_that_is_away_does_not_keep_the_other_from_being_proven(self):
        quiet = self.task_file("quiet", "ETH/USDT", "mexc_spot", "gateio_spot", "1.2", "0.1", quote="touch", offset=500, tolerance=10000, more=PATIENT)
        task = self.begin_live(quiet, "--ndjson")
        for _ in range(2):
            self.wait_for_event(task, "ack")
        self.kill(task)
        with open(self.config, encoding="utf-8") as f:
            config = f.read()
        away = config.replace(self.exchange.urls["mexcRest"], "https://127.0.0.1:9")
        self.config = self.write("dn.toml", away)
        done = self.live("--task", "quiet")
        self.assertEqual(done.returncode, 69, done.stderr)
        left = self.rows("orders", "--open")
        self.assertEqual([o["exchange"] for o in left], ["mexc_spot"], done.stderr)
        done = self.recover_live("--task", "quiet", "--apply")
        self.assertIn(done.returncode, (21, 69), done.stderr)
        self.assertIn("mexc_spot", done.stderr)
        self.config = self.write("dn.toml", config)
        self.assertEqual(self.recover_live("--task", "quiet", "--apply").returncode, 0)
        self.assertEqual(self.rows("orders", "--open"), [])
        self.assert_books_equal(self.before)

    def test_a_request_is_carried_out_once_whatever_happens_between(self):
        order = ("--exchange", "gateio_futures", "--symbol", "BTC/USDT", "--side", "sell", "--quantity", "0.02", "--request-id", "r-1", *SEND)
        self.exchange.fault(venue="gateio_futures", what="place", fault="reset_after", count=1)
        for _ in range(2):
            done = self.rebalance_live(*order)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.exchange.ledger()["orders"]) - len(self.before["orders"]), 1)
        self.assert_books_equal(self.before)

    def test_flatten_closes_what_a_task_holds(self):
        file = self.task_file("carry", "BTC/USDT", "gateio_spot", "gateio_futures", "0.2", "0.01", more=PATIENT)
        self.killed_after(14, file)
        done = self.rebalance_live("--task", "carry", "--flatten", *SEND)
        self.assertEqual(done.returncode, 0, done.stderr)
        for side in ("buy", "sell"):
            self.assertLess(abs(Decimal(self.task("carry")[side]["net"])), Decimal("0.0001"))
        self.assert_books_equal(self.before)
        self.assertEqual(self.live("--task", "carry").returncode, 23)

    def test_flatten_keeps_the_hedge_of_what_a_venue_that_is_away_holds(self):
        file = self.task_file("carry", "BTC/USDT", "mexc_spot", "gateio_futures", "0.02", "0.01", more=PATIENT)
        done = self.live(file)
        self.assertEqual(done.returncode, 0, done.stderr)
        orders = len(self.exchange.ledger()["orders"])
        with open(self.config, encoding="utf-8") as f:
            config = f.read()
        self.config = self.write("dn.toml", config.replace(self.exchange.urls["mexcRest"], "https://127.0.0.1:9"))
        shown = self.rebalance_live("--task", "carry", "--flatten", "--dry-run")
        self.assertIn("cannot be proven now", shown.stdout)
        self.assertNotIn("there is nothing to do", shown.stdout)
        done = self.rebalance_live("--task", "carry", "--flatten", *SEND)
        self.assertEqual(done.returncode, 20, done.stdout + done.stderr)
        self.assertEqual(len(self.exchange.ledger()["orders"]), orders, "buying the futures back alone would leave the spot side open")
        held = [e for e in self.events("carry") if e["type"] == "alert" and e["code"] == "flatten_held"]
        self.assertEqual(len(held), 1)
        self.assertIn("mexc_spot", held[0]["message"])
        self.config = self.write("dn.toml", config)
        done = self.rebalance_live("--task", "carry", "--flatten", *SEND)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(Decimal(self.exchange.ledger()["positions"]["BTC_USDT"]["quantity"]), 0)
        self.assert_books_equal(self.before)

    def test_halt_while_it_runs(self):
        quiet = self.task_file("quiet", "ETH/USDT", "mexc_spot", "gateio_spot", "1.2", "0.1", quote="touch", offset=500, tolerance=10000, more=PATIENT)
        task = self.begin_live(quiet, "--ndjson")
        self.wait_for_event(task, "ack")
        done = self.recover_live("halt", "--reason", "enough", "--cancel-all")
        self.assertEqual(done.returncode, 0, done.stderr)
        task.communicate()
        self.assertEqual(task.returncode, 23)
        self.assertEqual(self.rows("orders", "--open"), [])
        self.assertEqual(self.recover("resume", "--all", "--yes", "--config", self.config).returncode, 0)
        self.assertFalse(os.path.exists(os.path.join(os.path.dirname(self.db), "HALT")))


if __name__ == "__main__":
    unittest.main()

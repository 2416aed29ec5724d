"""dn-run set over the wire, in the states that a task passes through: what is asked for waits for the next cycle, and no order is made by a mix of what
was and what is."""
import contextlib
import json
import os
import sqlite3
import unittest
from decimal import Decimal

from live_tools import LiveTest


class SetLive(LiveTest):
    settings = {"rate_scale": 20}

    def ask(self, name, *changes):
        done = self.run_task("set", name, *changes, "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)

    def wait_for_state(self, name, state):
        self.until(lambda: self.task(name)["state"] == state)

    def assert_sizes_follow(self, name, old, new):
        """Of the quotes: by the old slice before the change was taken, by the new one after it, and the change is told once."""
        slice_, told = old, 0
        for e in self.events(name):
            if e["type"] == "alert" and e["code"] == "parameters_changed" and e["message"].startswith("order_quantity "):
                slice_, told = new, told + 1
            elif e["type"] == "intent" and e["purpose"] == "quote":
                self.assertLessEqual(Decimal(e["quantity"]), Decimal(slice_), e)
                self.assertIn(Decimal(e["quantity"]), (Decimal(slice_), Decimal(slice_) / 2), "whole slices, or what makes the total whole")
        self.assertEqual(told, 1, [e for e in self.events(name) if e["type"] == "alert"])

    def finish(self, process, name, before):
        process.stdout.read()
        self.assertEqual(process.wait(timeout=90), 0, process.stderr.read())
        self.assert_sizes_follow(name, "0.002", "0.001")
        self.assert_balanced(name)
        self.assert_books_equal(before)
        self.assert_no_sins()

    def with_key(self, file, line):
        with open(file, encoding="utf-8") as f:
            text = f.read()
        return self.write(os.path.basename(file), line + "\n" + text)

    def taker(self, name, more=""):
        return self.task_file(name, "BTC/USDT", "mexc_spot", "gateio_spot", "0.02", "0.002", more="max_capital_fraction = 1\n" + more)

    def test_what_is_told_as_applied_is_there_after_a_kill(self):
        """The kill comes in the moment in which the books say that it was done."""
        file = self.task_file("kept", "BTC/USDT", "mexc_spot", "gateio_spot", "0.2", "0.002", quote="touch", offset=20000, tolerance=0,
                              more="max_capital_fraction = 1\nmax_orders_per_minute = 10000\n")
        self.exchange.control("POST", "latency", {"ms": 20})  # a change waits for the answers that are under way
        for n in range(10):
            run = self.begin_live(file, "--ndjson") if n == 0 else self.begin_live("--task", "kept", "--ndjson")
            self.wait_for_event(run, "run_start")
            wish = self.begin("set", "kept", f"buy.offset_ticks={20001 + n}", "--config", self.config)
            with contextlib.closing(sqlite3.connect(self.db, timeout=5)) as database:
                while database.execute("SELECT count(*) FROM controls WHERE done_us IS NOT NULL").fetchone()[0] <= n:
                    self.assertIsNone(run.poll())
                run.kill()
                run.wait()
                spec = database.execute("SELECT spec FROM tasks WHERE name = 'kept'").fetchone()[0]
            wish.communicate(timeout=60)
            run.stdout.close()
            run.stderr.close()
            self.assertIn(f"buy.offset_ticks={20001 + n}", spec)

    def test_while_a_venue_does_not_answer(self):
        before = self.exchange.ledger()
        run = self.begin_live(self.task_file("error", "BTC/USDT", "mexc_spot", "gateio_spot", "0.02", "0.002", quote="touch", offset=20000, tolerance=1000000,
                                             more="max_capital_fraction = 1\n"), "--ndjson")
        self.wait_for_event(run, "ack")
        self.exchange.fault(venue="gateio_spot", what="query", fault="http_502_html", count=1000)
        self.wait_for_state("error", "ERROR")
        self.ask("error", "order_quantity=0.001", "buy.offset_ticks=-1000", "sell.offset_ticks=1000", "buy.tick_tolerance=5", "sell.tick_tolerance=5")
        self.exchange.fault(clear=True)
        self.finish(run, "error", before)

    def test_while_it_rebalances(self):
        """The buy side fills, the sell side stands far away: the difference is repaired again and again."""
        before = self.exchange.ledger()
        file = self.with_key(self.taker("hedged", 'imbalance_grace = "0s"\n'), 'lead = "buy"')
        self.exchange.control("POST", "latency", {"ms": 150})
        run = self.begin_live(file, "--ndjson")
        self.wait_for_event(run, "rebalance")
        self.ask("hedged", "order_quantity=0.001")
        self.finish(run, "hedged", before)

    def test_while_it_holds(self):
        path = self.task_file("held", "BTC/USDT", "mexc_spot", "gateio_spot", "0.004", "0.002", more="max_capital_fraction = 1\n")
        run = self.begin_live(self.with_key(path, 'hold_for = "1h"'), "--ndjson")
        for line in run.stdout:
            if json.loads(line).get("code") == "holding":
                break
        self.ask("held", "order_quantity=0.001", "hold_for=1s")
        run.stdout.read()
        self.assertEqual(run.wait(timeout=90), 0, run.stderr.read())
        closing = [o for o in self.rows("orders", "held") if o["side"] != o["leg"]]
        self.assertTrue(closing)
        self.assertEqual(max(Decimal(o["quantity"]) for o in closing), Decimal("0.001"), "what closes goes by the new slice from its first order on")

    def test_during_a_stop_it_is_left_to_the_next_run(self):
        before = self.exchange.ledger()
        run = self.begin_live(self.taker("ends"), "--ndjson")
        self.wait_for_event(run, "ack")
        self.exchange.control("POST", "latency", {"ms": 400})
        run.terminate()
        self.wait_for_state("ends", "COMPLETING")
        self.ask("ends", "order_quantity=0.001")
        run.stdout.read()
        self.assertEqual(run.wait(timeout=60), 143, run.stderr.read())
        self.exchange.control("POST", "latency", {"ms": 0})
        again = self.begin_live(os.path.join(self.dir, "ends.toml"), "--ndjson")
        self.finish(again, "ends", before)


if __name__ == "__main__":
    unittest.main()

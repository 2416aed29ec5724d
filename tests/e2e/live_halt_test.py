"""The kill switch while orders rest and move: how fast it is, that nothing is sent behind it, and that it lasts."""
import json
import os
import subprocess
import time
import unittest
from decimal import Decimal

from live_tools import LiveTest

ROUNDS = int(os.environ.get("DN_HALT_ROUNDS", "3"))
SOON_MS = 2000  # on a machine that does much else; scripts/halt-latency prints how long it takes
BUSY = "max_repeated_errors = 1000\nmax_orders_per_minute = 10000\nmax_orders_per_run = 100000\n"
ON_THE_WAY_US = 20_000  # an order that left just before the file was there


class LiveHalt(LiveTest):
    settings = {"rate_scale": "10"}

    def setUp(self):
        super().setUp()
        self.state = os.path.dirname(self.db)

    def begin_quoting(self, *files):
        task = subprocess.Popen([os.environ["DN_RUN"], *files, "--quiet", "--db", self.db, "--config", self.config], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.dir)
        self.addCleanup(task.stderr.close)
        self.addCleanup(lambda: task.poll() is None and task.kill())
        return task

    def busy(self, name, symbol, buy, sell, offset=40, tolerance=0):
        return self.task_file(name, symbol, buy, sell, "50", "0.1", quote="touch", offset=offset, tolerance=tolerance, more=BUSY)

    def orders(self):
        return self.exchange.ledger()["orders"]

    def touch(self, name):
        """When it was there, as the exchange counts time."""
        before = int(time.time() * 1e6)
        open(os.path.join(self.state, name), "w", encoding="utf-8").close()
        return before

    def is_resting_on_both(self, *venues):
        resting = {o["venue"] for o in self.orders() if o["open"]}
        return set(venues) <= resting

    def halt_once(self, number):
        """From the file's appearance to the last cancel at the exchange, in microseconds."""
        known = len(self.orders())
        venues = ("gateio_spot", "gateio_futures") if number % 2 else ("mexc_spot", "gateio_spot")
        task = self.begin_quoting(self.busy(f"t{number}", "ETH/USDT", *venues))
        self.until(lambda: len(self.orders()) >= known + 6 and self.is_resting_on_both(*venues))
        pulled_us = self.touch("HALT")
        _, err = task.communicate(timeout=60)
        self.assertEqual(task.returncode, 23, err)
        orders = self.orders()
        self.assertEqual([o for o in orders if o["open"]], [])
        self.assertEqual([o for o in orders if o["began_us"] > pulled_us + ON_THE_WAY_US], [], "a new order behind the kill switch")
        shown = self.task(f"t{number}")
        self.assertEqual((shown["mode"], shown["open_orders"]), ("HALTED", 0))
        self.assertIn("the file HALT is there", shown["reason"])
        os.unlink(os.path.join(self.state, "HALT"))
        return max([o["ended_us"] for o in orders if o["ended_us"] > pulled_us], default=pulled_us) - pulled_us

    def test_the_file_ends_heavy_quoting_at_once(self):
        taken = sorted(self.halt_once(i) / 1000 for i in range(ROUNDS))
        at = lambda part: taken[min(len(taken) - 1, int(len(taken) * part))]
        print(f"HALT to the last cancel at the exchange, {len(taken)} times: p50 {at(0.5):.1f} ms, p90 {at(0.9):.1f} ms, p99 {at(0.99):.1f} ms, max {taken[-1]:.1f} ms")
        self.assertLess(taken[-1], SOON_MS)

    def test_it_is_seen_while_the_run_waits(self):
        file = self.task_file("calm", "ETH/USDT", "mexc_spot", "gateio_spot", "1", "0.1", quote="touch", offset=3000, tolerance=100000, more=BUSY)
        task = self.begin_quoting(file, "--set", "delay=1h")
        self.until(lambda: self.is_resting_on_both("mexc_spot", "gateio_spot"))
        pulled_us = self.touch("HALT")
        task.communicate(timeout=60)
        self.assertEqual(task.returncode, 23)
        ended = [o["ended_us"] - pulled_us for o in self.orders()]
        self.assertEqual(len(ended), 2)
        self.assertLess(max(ended) / 1000, SOON_MS)

    def test_a_halt_lasts_until_a_person_lifts_it(self):
        self.halt_once(1)
        placed = len(self.orders())
        for _ in range(2):
            self.assertEqual(self.live("--task", "t1").returncode, 23)
        self.touch("HALT")
        self.assertEqual(self.live("--task", "t1").returncode, 23)
        self.assertEqual(len(self.orders()), placed)
        done = self.recover("resume", "--task", "t1", "--yes", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.path.exists(os.path.join(self.state, "HALT")), "a task's resume is not everybody's")
        self.assertIn("HALT is still there", done.stdout)
        self.assertEqual(self.live("--task", "t1").returncode, 23)
        self.assertEqual(len(self.orders()), placed)
        self.assertEqual(self.recover("resume", "--all", "--yes", "--config", self.config).returncode, 0)
        self.assertEqual(self.live("--task", "t1", "--max-runtime", "2s").returncode, 10)
        self.assertGreater(len(self.orders()), placed)

    def test_one_venue_is_halted_and_the_rest_goes_on(self):
        here = self.busy("here", "ETH/USDT", "mexc_spot", "gateio_spot", 3000, 100000)
        there = self.busy("there", "ETH/USDT", "mexc_spot", "gateio_futures", 3000, 100000)
        task = self.begin_quoting(here, there)
        self.until(lambda: self.is_resting_on_both("gateio_spot", "gateio_futures", "mexc_spot"))
        self.touch("HALT-gateio_spot")
        self.until(lambda: not self.is_resting_on_both("gateio_spot"))
        self.until(lambda: self.task("here")["mode"] == "HALTED")
        self.assertEqual(self.task("there")["mode"], "ACTIVE")
        self.assertTrue(self.is_resting_on_both("gateio_futures"))
        shown = self.status("--config", self.config)
        self.assertIn("HALT-gateio_spot halts what trades on gateio_spot", shown.stdout)
        self.assertEqual(json.loads(self.status("--json", "--config", self.config).stdout)["halts"][0]["exchange"], "gateio_spot")
        self.assertEqual(self.status("--check", "--task", "here", "--config", self.config).returncode, 23)
        task.terminate()
        task.communicate(timeout=60)
        self.assertEqual(self.live("--task", "here").returncode, 23)
        done = self.recover("halt", "--exchange", "gateio_futures", "--reason", "odd funding", "--json", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["schema"], "dn.halt/1")
        self.assertEqual(self.task("there")["reason"], "HALT-gateio_futures: odd funding")
        done = self.recover("resume", "--exchange", "gateio_futures", "--yes", "--config", self.config)
        self.assertIn("task there: resumed", done.stdout)
        self.assertEqual(sorted(f for f in os.listdir(self.state) if f.startswith("HALT")), ["HALT-gateio_spot"])
        self.assertEqual((self.task("here")["mode"], self.task("there")["mode"]), ("HALTED", "ACTIVE"))

    def test_what_a_killed_run_left_is_cancelled_and_nothing_more(self):
        task = self.begin_quoting(self.busy("t", "ETH/USDT", "mexc_spot", "gateio_spot", 3000, 100000), "--set", "risk.dead_man=0s")
        self.until(lambda: self.is_resting_on_both("mexc_spot", "gateio_spot"))
        task.kill()
        task.communicate()
        self.touch("HALT")
        placed = len(self.orders())
        self.assertEqual(self.live("--task", "t").returncode, 23)
        self.assertEqual([o for o in self.orders() if o["open"]], [])
        self.assertEqual(len(self.orders()), placed)

    def test_a_venue_that_is_away_keeps_its_order_and_everybody_is_told(self):
        task = self.begin_quoting(self.busy("h", "ETH/USDT", "mexc_spot", "gateio_spot", offset=4000, tolerance=100000))
        self.until(lambda: self.is_resting_on_both("mexc_spot", "gateio_spot"))
        self.exchange.fault(venue="mexc_spot", what="any", fault="reset_before", count=100000)
        self.touch("HALT")
        _, said = task.communicate(timeout=60)
        self.assertEqual(task.returncode, 23, said)
        self.assertIn("1 of its orders may rest at the venues: dn-recover --task h --apply", said)
        (told,) = [e for e in self.events("h") if e["type"] == "alert" and e["code"] == "left_open"]
        self.assertEqual(told["level"], "CRITICAL")
        self.assertIn("mexc_spot", told["message"])
        self.assertEqual(self.events("h")[-1]["open_orders"], 1)
        shown = self.status("--check")
        self.assertEqual(shown.returncode, 21)
        self.assertIn("dn-recover --task h --apply", self.status().stdout)
        self.exchange.fault(clear=True)
        self.assertEqual(self.recover("--task", "h", "--apply", "--config", self.config).returncode, 23)
        self.assertEqual([o for o in self.orders() if o["open"]], [])

    def test_a_flatten_of_everything_names_what_ended_tasks_hold(self):
        done = self.live(self.task_file("carry", "BTC/USDT", "mexc_spot", "gateio_futures", "0.02", "0.01", more="max_capital_fraction = 1\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        halted = self.recover("halt", "--flatten", "--config", self.config)
        self.assertEqual(halted.returncode, 20, halted.stderr)
        self.assertIn("task carry has ended and holds -0.02 BTC of gateio_futures, which stays", halted.stdout + halted.stderr)
        by_name = self.recover("halt", "--flatten", "--task", "carry", "--config", self.config)
        self.assertEqual(by_name.returncode, 0, by_name.stderr)
        self.assertEqual(Decimal(self.exchange.ledger()["positions"]["BTC_USDT"]["quantity"]), 0)
        again = self.recover("halt", "--flatten", "--config", self.config)
        self.assertEqual(again.returncode, 0, again.stderr)


if __name__ == "__main__":
    unittest.main()

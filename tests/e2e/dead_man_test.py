"""The dead man's switch of Gate, and a process that stood still: what rests when a run falls silent goes, and nothing rests on old prices."""
import os
import signal
import time
import unittest

from live_tools import Gate, LiveTest

VENUES = ("gateio_spot", "gateio_futures")
PATIENT = 'max_repeated_errors = 1000\n'


class DeadManTest(LiveTest):
    def begin_resting(self, name, dead_man="5s", *arguments, more=PATIENT):
        """A task whose quotes stand far away on both of Gate's markets, with both of them at the exchange."""
        timer = f'dead_man = "{dead_man}"\n' if dead_man else ""
        file = self.task_file(name, "ETH/USDT", *VENUES, "0.4", "0.1", quote="touch", offset=3000, tolerance=100000, more=more + timer)
        already = len(self.open_orders())
        task = self.begin_live(file, "--ndjson", *arguments)
        self.addCleanup(task.stdout.close)
        self.addCleanup(task.stderr.close)
        self.addCleanup(lambda: task.poll() is None and task.kill())
        self.until(lambda: len(self.open_orders()) == already + 2)
        # And the run knows it: a process that is stopped in the middle of a step ends that step first when it goes on.
        self.until(lambda: [o["status"] for o in self.rows("orders", "--open") if o["task"] == name] == ["open"] * 2)
        return task

    def open_orders(self):
        return [o for o in self.exchange.ledger()["orders"] if o["open"]]

    def marks(self, what, venue):
        return [m for m in self.exchange.ledger()["marks"] if m["what"] == what and m["venue"] == venue]

    def lengths(self, venue):
        """The lengths that the countdown was set to, in seconds, in order."""
        return [int(m["detail"].split()[1]) for m in self.marks("countdown", venue)]

    def end(self, task, code=143):
        task.send_signal(signal.SIGTERM)
        out, err = task.communicate(timeout=60)
        self.assertEqual(task.returncode, code, out[-2000:] + err[-2000:])
        return err

    def place_foreign(self):
        gate = Gate(self.exchange)
        self.addCleanup(lambda: gate.connection.close())
        bid = gate.public("/spot/tickers", "currency_pair=ETH_USDT")[1][0]["highest_bid"]
        status, order = gate.signed("POST", "/spot/orders", body={"currency_pair": "ETH_USDT", "side": "buy", "amount": "0.1", "price": str(round(float(bid) * 0.95, 2))})
        self.assertIn(status, (200, 201), order)
        return order["id"]


class DeadMan(DeadManTest):
    def test_it_is_armed_before_the_first_order_and_off_at_a_clean_end(self):
        for venue in VENUES:
            self.exchange.fault(venue=venue, what="deadman", fault="late", ms=700)
        task = self.begin_resting("t")
        orders = self.exchange.ledger()["orders"]
        for venue in VENUES:
            self.until(lambda v=venue: self.marks("countdown", v))
            armed = self.marks("countdown", venue)[0]
            first = min(o["began_us"] for o in orders if o["venue"] == venue)
            self.assertEqual(armed["detail"], "ETH_USDT 5")
            self.assertLess(armed["time_us"], first, "an order rested before anything would have taken it away")
        for venue in VENUES:
            self.until(lambda v=venue: len(self.lengths(v)) >= 4)  # and renewed, with silent streams as well
        foreign = self.place_foreign()
        err = self.end(task)
        self.assertIn("the dead man's switch is armed", err)
        for venue in VENUES:
            self.assertEqual(self.lengths(venue)[-1], 0)
            self.assertEqual(self.marks("countdown_struck", venue), [])
        self.assertEqual([o["venue_order_id"] for o in self.open_orders()], [foreign])
        self.assert_no_sins()

    def test_what_is_left_resting_is_not_taken(self):
        task = self.begin_resting("t", "5s", "--on-exit", "leave")
        self.end(task)
        self.assertEqual(len(self.open_orders()), 2)
        for venue in VENUES:
            self.assertEqual(self.lengths(venue)[-1], 0)

    def test_a_killed_run_leaves_nothing_at_the_exchange(self):
        task = self.begin_resting("t")
        foreign = self.place_foreign()
        self.kill(task)
        self.until(lambda: not self.open_orders(), 8)
        self.assertIn(foreign, [o["venue_order_id"] for o in self.exchange.ledger()["orders"] if not o["open"]], "it takes what others have there as well")

    def test_the_end_of_one_run_does_not_switch_off_the_other_ones(self):
        first = self.begin_resting("one")
        second = self.begin_resting("two")
        err = self.end(first)
        self.assertIn("left to the other runs", err)
        for venue in VENUES:
            self.assertNotIn(0, self.lengths(venue))
        self.assertEqual(len(self.open_orders()), 2)
        second.send_signal(signal.SIGSTOP)
        self.until(lambda: not self.open_orders(), 8)
        second.send_signal(signal.SIGCONT)
        self.until(lambda: len(self.open_orders()) == 2)
        self.end(second)
        for venue in VENUES:
            self.assertEqual(self.lengths(venue)[-1], 0)

    def test_a_renewal_that_fails_is_told_and_repeated(self):
        task = self.begin_resting("t")
        self.exchange.fault(venue="gateio_spot", what="deadman", fault="http_502_html", count=2)
        known = len(self.lengths("gateio_spot"))
        self.until(lambda: len(self.lengths("gateio_spot")) >= known + 2)
        self.assertEqual(len(self.open_orders()), 2)
        err = self.end(task)
        self.assertIn("WARNING: the dead man's switch was not renewed", err)
        self.assertIn("renewed again", err)
        self.assertEqual(self.marks("countdown_struck", "gateio_spot"), [])

    def test_one_that_cannot_be_armed_is_a_warning_and_no_obstacle(self):
        self.exchange.fault(venue="gateio_spot", what="deadman", fault="http_502_html", count=1000)
        task = self.begin_resting("t")
        self.assertEqual(self.lengths("gateio_spot"), [])
        err = self.end(task)
        self.assertIn("WARNING: the dead man's switch cannot be armed", err)

    def test_the_task_or_the_installation_can_turn_it_off(self):
        self.end(self.begin_resting("by-task", "0s"))
        self.config = self.write_config(more='deadman = "0s"')
        self.end(self.begin_resting("by-installation", None))
        for venue in VENUES:
            self.assertEqual(self.lengths(venue), [])
        self.end(self.begin_resting("but-this", "7s"))
        self.assertEqual(self.lengths("gateio_spot")[0], 7)

    def test_it_can_be_changed_while_the_task_runs(self):
        task = self.begin_resting("t", "30s")
        self.assertEqual(self.run_task("set", "t", "risk.dead_man=3s").returncode, 78)
        self.assertEqual(self.run_task("set", "t", "risk.dead_man=6s").returncode, 0)
        self.until(lambda: self.lengths("gateio_spot")[-1] == 6)
        self.assertEqual(self.run_task("set", "t", "risk.dead_man=0s").returncode, 0)
        self.until(lambda: self.lengths("gateio_spot")[-1] == 0)
        self.end(task)

    def test_what_a_halted_start_does_needs_no_switch(self):
        self.kill(self.begin_resting("t", "0s"))
        self.assertEqual(self.call(os.environ["DN_RECOVER"], "halt", "--task", "t", "--db", self.db, "--config", self.config).returncode, 0)
        placed = len(self.exchange.ledger()["orders"])
        done = self.live("--task", "t")
        self.assertEqual(done.returncode, 23, done.stderr)
        self.assertEqual(self.open_orders(), [])
        self.assertEqual(len(self.exchange.ledger()["orders"]), placed, "a halted task sends nothing but cancels")
        for venue in VENUES:
            self.assertEqual(self.lengths(venue), [])


class Standstill(DeadManTest):
    def assert_seen_as_frozen(self, name):
        """By others, some time later."""
        os.utime(os.path.join(os.path.dirname(self.db), "locks", name + ".lock"), (time.time() - 60, time.time() - 60))
        seen = self.status("--check", "--task", name)
        self.assertEqual(seen.returncode, 21, seen.stdout + seen.stderr)
        self.assertIn("its run does not move", seen.stdout)

    def test_a_frozen_process_leaves_nothing_and_goes_on_with_fresh_prices(self):
        before = self.exchange.ledger()
        task = self.begin_resting("t", "5s", more=PATIENT + 'max_book_age = "30s"\n')  # so that nothing but the pause makes its prices old
        task.send_signal(signal.SIGSTOP)
        self.until(lambda: not self.open_orders(), 8)
        self.assert_seen_as_frozen("t")
        woken_us = int(time.time() * 1e6)
        task.send_signal(signal.SIGCONT)
        self.until(lambda: len(self.open_orders()) == 2, 30)
        ledger = self.exchange.ledger()
        for venue in VENUES:
            again = [o["began_us"] for o in ledger["orders"] if o["venue"] == venue and o["began_us"] > woken_us]
            prices = [m["time_us"] for m in self.marks("prices", venue) if m["time_us"] > woken_us]
            armed = [m["time_us"] for m in self.marks("countdown", venue) if m["time_us"] > woken_us]
            self.assertTrue(prices, "it still believes the prices in its sockets")
            self.assertEqual([o for o in again if o < prices[0]], [], "orders on prices of before the pause")
            self.assertEqual([o for o in again if o < armed[0]], [], "orders that nothing would have taken away")
        err = self.end(task)
        self.assertIn("nothing ran here for", err)
        self.assert_books_equal(before)
        self.assertEqual([o["status"] for o in self.rows("orders", "--open")], [])

    def test_a_pause_during_fast_quoting_is_no_harm_either(self):
        before = self.exchange.ledger()
        file = self.task_file("busy", "ETH/USDT", *VENUES, "5", "0.1", quote="touch", offset=40, tolerance=0, more=PATIENT + 'dead_man = "5s"\nmax_book_age = "30s"\nmax_orders_per_minute = 10000\n')
        task = self.begin_live(file, "--quiet")  # nobody reads along, and a full pipe is a standstill too
        self.addCleanup(task.stdout.close)
        self.addCleanup(task.stderr.close)
        self.addCleanup(lambda: task.poll() is None and task.kill())
        for _ in range(2):
            self.until(lambda: len(self.exchange.ledger()["orders"]) > 6)
            task.send_signal(signal.SIGSTOP)
            self.until(lambda: not self.open_orders(), 8)
            woken_us = int(time.time() * 1e6)
            task.send_signal(signal.SIGCONT)
            self.until(lambda: any(o["began_us"] > woken_us for o in self.exchange.ledger()["orders"]), 30)
            ledger = self.exchange.ledger()
            for venue in VENUES:
                prices = [m["time_us"] for m in self.marks("prices", venue) if m["time_us"] > woken_us]
                early = [o for o in ledger["orders"] if o["venue"] == venue and o["type"] != "ioc" and o["began_us"] > woken_us
                         and (not prices or o["began_us"] < prices[0])]
                self.assertEqual(early, [])
        task.send_signal(signal.SIGTERM)
        out, err = task.communicate(timeout=60)
        self.assertIn(task.returncode, (143, 20), out[-2000:] + err[-2000:])
        self.assert_books_equal(before)


class Recipe(DeadManTest):
    """scripts/examples/deadman.sh, for venues without a dead man's switch."""

    def setUp(self):
        super().setUp()
        file = self.task_file("t", "ETH/USDT", "mexc_spot", "gateio_spot", "0.4", "0.1", quote="touch", offset=3000, tolerance=100000,
                              more=PATIENT + 'dead_man = "0s"\n')
        self.task_run = self.begin_live(file, "--ndjson")
        self.addCleanup(self.task_run.stdout.close)
        self.addCleanup(self.task_run.stderr.close)
        self.addCleanup(lambda: self.task_run.poll() is None and self.task_run.kill())
        self.until(lambda: len(self.open_orders()) == 2)

    def deadman(self, *arguments):
        self.environment["PATH"] = os.path.dirname(os.environ["DN_RECOVER"]) + ":" + os.environ["PATH"]
        script = os.path.join(os.environ["DN_SOURCE"], "scripts", "examples", "deadman.sh")
        return self.call(script, *arguments, os.path.dirname(self.db), "t", "--config", self.config)

    def lock_age(self):
        return time.time() - os.stat(os.path.join(os.path.dirname(self.db), "locks", "t.lock")).st_mtime

    def test_a_run_that_is_alive_is_left_alone(self):
        began = time.monotonic()
        self.until(lambda: time.monotonic() - began > 2.5 and self.lock_age() < 2, 20)  # it shows that it is alive
        done = self.deadman("--after", "30")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(self.open_orders()), 2)
        self.end(self.task_run)

    def test_a_frozen_run_is_ended_and_what_rests_is_cancelled(self):
        self.task_run.send_signal(signal.SIGSTOP)
        self.until(lambda: self.lock_age() > 2)
        done = self.deadman("--after", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.open_orders(), [])
        self.assertEqual(self.task_run.wait(10), -signal.SIGKILL)
        self.assertEqual(self.rows("orders", "--open"), [])

    def test_what_a_killed_run_left_is_cancelled_and_an_ended_one_costs_nothing(self):
        self.kill(self.task_run)
        self.until(lambda: self.lock_age() > 2)
        done = self.deadman("--after", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.open_orders(), [])
        requests = self.exchange.ledger()["counters"]["requests"]
        self.assertEqual(self.deadman("--after", "2").returncode, 0)
        self.assertEqual(self.exchange.ledger()["counters"]["requests"], requests)

    def test_what_cannot_be_looked_at_does_not_pass_for_quiet(self):
        self.kill(self.task_run)
        self.until(lambda: self.lock_age() > 2)
        os.rename(self.db, self.db + ".away")
        self.assertEqual(self.deadman("--after", "2").returncode, 66)
        with open(self.db, "w", encoding="utf-8") as f:
            f.write("damaged " * 1000)
        done = self.deadman("--after", "2")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("dn.db", done.stderr)
        os.rename(self.db + ".away", self.db)
        self.assertEqual(self.deadman("--after", "2").returncode, 0)
        self.assertEqual(self.open_orders(), [])

    def test_a_task_or_a_directory_that_is_not_known_is_said(self):
        self.end(self.task_run)
        script = os.path.join(os.environ["DN_SOURCE"], "scripts", "examples", "deadman.sh")
        self.deadman()
        for place, task in ((os.path.dirname(self.db), "nobody"), (os.path.join(self.dir, "typo"), "t")):
            done = self.call(script, place, task, "--config", self.config)
            self.assertEqual(done.returncode, 66, (place, task, done.stderr))

    def test_a_wrong_command_line_is_refused(self):
        self.assertEqual(self.deadman("--after", "soon").returncode, 64)
        self.end(self.task_run)


if __name__ == "__main__":
    unittest.main()

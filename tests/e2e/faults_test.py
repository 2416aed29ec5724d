"""Every wire fault of the loopback exchange, during place, cancel and query, on each venue: the task ends balanced and its books equal the
exchange's ledger, or it says with its exit code what a person must decide. No order is ever there twice."""
import threading
import time
import unittest

from live_tools import LiveTest

REQUEST_FAULTS = ("reset_before", "reset_after", "slow", "late", "truncate", "empty", "http_500_accepted", "http_503_accepted", "http_502_html", "html_403", "rate_limit")
PUSH_FAULTS = ("duplicate", "reorder", "garbage", "truncate", "slow", "drop_private")
# Buy and sell venue of a task that meets the faults of a venue.
LEGS = {
    "mexc_spot": ("mexc_spot", "gateio_spot"),
    "gateio_spot": ("mexc_spot", "gateio_spot"),
    "gateio_futures": ("gateio_spot", "gateio_futures"),
}
# Ends that a fault may bring: done, or stopped with a question for a person.
GOOD_ENDS = (0, 10)
SLICE = 0.1  # ETH
PATIENT = "max_repeated_errors = 1000\nmax_imbalance_time = \"5m\"\nmax_imbalance_bps = 10000\n"


class Faults(LiveTest):
    def begin_task(self, venue, what, slices, **quotes):
        buy, sell = LEGS[venue]
        name = f"{venue}-{what}".replace("_", "-")
        file = self.task_file(name, "ETH/USDT", buy, sell, f"{SLICE * slices:.1f}", f"{SLICE}", more=PATIENT, **quotes)
        task = self.begin_live(file, "--ndjson", "--max-runtime", "4m")
        self.wait_for_event(task, "run_start")
        return name, task

    def set_faults(self, venue, what, faults):
        for fault in faults:
            self.exchange.fault(venue=venue, what=what, fault=fault, count=1, ms=3500 if fault in ("slow", "late") else 300)

    def faults_left(self):
        return [f for f in self.exchange.control("GET", "faults") if f.get("count", 0) > 0]

    def ends_well(self, name, task, before):
        story = "".join(task.communicate(timeout=300))[-6000:]
        self.assertIn(task.returncode, GOOD_ENDS, story)
        self.assert_no_sins(but=("protocol_errors",))
        self.assert_books_equal(before)
        self.assert_balanced(name, "0.01")
        self.assertEqual(self.task(name)["unknown_orders"], 0, story)

    def taking(self, venue, what, faults, slices):
        """A task that takes what it wants; its requests meet each of `faults` once."""
        before = self.exchange.ledger()
        name, task = self.begin_task(venue, what, slices)
        self.set_faults(venue, what, faults)
        self.ends_well(name, task, before)

    def quoting(self, venue, what):
        """A task whose quotes are far away and replaced at every move, until every fault has happened; then it takes."""
        before = self.exchange.ledger()
        name, task = self.begin_task(venue, what, 2, quote="touch", offset=150, tolerance=0)
        self.set_faults(venue, what, REQUEST_FAULTS)
        # Its output is read meanwhile: a full pipe would stop it.
        seen = []
        reader = threading.Thread(target=lambda: seen.extend(task.stdout), daemon=True)
        reader.start()
        end = time.monotonic() + 150
        while self.faults_left() and time.monotonic() < end and task.poll() is None:
            time.sleep(0.1)
        left = self.faults_left()
        done = self.run_task("set", name, "buy.offset_ticks=-300", "sell.offset_ticks=300")
        self.assertEqual(done.returncode, 0, done.stderr)
        task.wait(timeout=250)
        reader.join(timeout=10)
        self.assertIn(task.returncode, GOOD_ENDS, "".join(seen)[-6000:] + task.stderr.read())
        task.stdout.close()
        task.stderr.close()
        self.assertEqual(left, [], "faults that nothing met")
        self.assert_no_sins(but=("protocol_errors",))
        self.assert_books_equal(before)
        self.assert_balanced(name, "0.01")


def add_cases():
    for venue in LEGS:
        def place(self, venue=venue):
            self.taking(venue, "place", REQUEST_FAULTS, 14)
            self.assertEqual(self.faults_left(), [], "faults that nothing met")

        def query(self, venue=venue):
            self.quoting(venue, "query")

        def cancel(self, venue=venue):
            self.quoting(venue, "cancel")

        def push(self, venue=venue):
            self.taking(venue, "stream", PUSH_FAULTS, 8)

        for case in (place, query, cancel, push):
            setattr(Faults, f"test_{case.__name__}_on_{venue}", case)


add_cases()

if __name__ == "__main__":
    unittest.main()

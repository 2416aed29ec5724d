"""Every wire fault of the loopback exchange, during place, cancel and query, on each venue: the task ends balanced and its books equal the
exchange's ledger, or it says with its exit code what a person must decide. No order is ever there twice."""
import os
import sys
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
PATIENT = "max_repeated_errors = 1000\nmax_imbalance_time = \"5m\"\nmax_imbalance_bps = 10000\n"


class Faults(LiveTest):
    def meet(self, venue, what, faults, *, maker=False, slices=6):
        """One task during which each of `faults` happens once, to requests of kind `what`."""
        buy, sell = LEGS[venue]
        name = f"{venue}-{what}".replace("_", "-")
        before = self.exchange.ledger()
        for fault in faults:
            self.exchange.fault(venue=venue, what=what, fault=fault, count=1, ms=3500 if fault in ("slow", "late") else 300)
        size = 0.1
        quotes = {"quote": "touch", "offset": 1, "tolerance": 0} if maker else {}
        file = self.task_file(name, "ETH/USDT", buy, sell, f"{size * slices:.1f}", f"{size}", more=PATIENT, **quotes)
        done = self.live(file, "--verbose", "--max-runtime", "4m")
        story = done.stderr[-6000:]
        self.assertIn(done.returncode, GOOD_ENDS, story)
        left = [f for f in self.exchange.control("GET", "faults") if f.get("count", 0) > 0]
        self.assert_no_sins(but=("protocol_errors",))
        self.assert_books_equal(before)
        self.assert_balanced(name, "0.01")
        self.assertEqual(self.task(name)["unknown_orders"], 0, story)
        return done, left

    def answers(self, venue, what, **how):
        _, left = self.meet(venue, what, REQUEST_FAULTS, **how)
        self.assertEqual(left, [], "faults that nothing met")


def add_cases():
    for venue in LEGS:
        def place(self, venue=venue):
            self.answers(venue, "place", slices=14)

        def query(self, venue=venue):
            self.answers(venue, "query", slices=14)

        def cancel(self, venue=venue):
            self.meet(venue, "cancel", REQUEST_FAULTS, maker=True, slices=4)

        def push(self, venue=venue):
            self.meet(venue, "stream", PUSH_FAULTS, slices=8)

        for case in (place, query, cancel, push):
            setattr(Faults, f"test_{case.__name__}_on_{venue}", case)


add_cases()

if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *os.environ.get("DN_FAULT_CASES", "").split(), *sys.argv[1:]])

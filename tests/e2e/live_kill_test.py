"""kill -9 in the middle of live runs, again and again: whatever was under way, the next run goes on, and in the end the books equal the ledger."""
import unittest

from live_tools import LiveTest

PATIENT = 'max_repeated_errors = 1000\nmax_imbalance_time = "5m"\nmax_imbalance_bps = 10000\n'


class Kill(LiveTest):
    # A dozen starts in a row wait for their budget as they must, which is tested elsewhere; here they wait less.
    settings = {"rate_scale": "4"}

    def rounds(self, name, buy, sell, faults=()):
        before = self.exchange.ledger()
        file = self.task_file(name, "ETH/USDT", buy, sell, "1.2", "0.1", more=PATIENT)
        for after in (1, 3, 4, 5, 6, 8, 9, 11, 14, 18, 23, 29):
            for venue, what, fault in faults:
                self.exchange.fault(venue=venue, what=what, fault=fault, count=1, ms=1000)
            task = self.begin_live(file, "--ndjson")
            for _ in range(after):
                if not task.stdout.readline():
                    break
            self.kill(task)
        done = self.live(file, "--max-runtime", "3m")
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        self.assertEqual(self.task(name)["verdict"], "COMPLETED")
        self.assert_no_sins(but=("protocol_errors",))
        self.assert_books_equal(before)
        self.assert_balanced(name, "0.01")

    def test_spot_against_spot(self):
        self.rounds("spot", "mexc_spot", "gateio_spot")

    def test_spot_against_futures(self):
        self.rounds("futures", "gateio_spot", "gateio_futures")

    def test_with_replies_that_are_lost_as_well(self):
        faults = (("mexc_spot", "place", "reset_after"), ("gateio_spot", "place", "http_500_accepted"), ("any", "query", "truncate"))
        self.rounds("lost", "mexc_spot", "gateio_spot", faults)


if __name__ == "__main__":
    unittest.main()

"""A long run, no test of the suite: see scripts/soak."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["DN_SOURCE"], "tests", "e2e"))
from crash_tools import say  # noqa: E402  pylint: disable=wrong-import-position
from live_tools import LiveTest  # noqa: E402  pylint: disable=wrong-import-position

MINUTES = int(os.environ["DN_SOAK_MINUTES"])
SCALE = 20  # the exchange allows so many times as much as the venues, so that an hour's orders take minutes
PAGES = 2048  # KiB; the database's page caches fill slowly, up to a bound
DROP_EVERY = 10  # seconds between two cuts of all streams
ENDLESS = 'max_loss = 10000000\nmax_orders_per_run = 10000000\nmax_orders_per_day = 10000000\nmax_hold = "100h"\nmax_repeated_errors = 1000\n'
ENDLESS += 'max_imbalance_time = "5m"\nmax_imbalance_bps = 10000\nmax_capital_fraction = 1\n'


class Soak(LiveTest):
    settings = {"rate_scale": str(SCALE)}

    def measure(self, process):
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as f:
            resident = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        return resident, len(os.listdir(f"/proc/{process.pid}/fd"))

    def test_it_does_not_grow(self):
        before = self.exchange.ledger()
        files = [self.task_file(name, symbol, buy, sell, total, slice_, more=ENDLESS)
                 for name, symbol, buy, sell, total, slice_ in (("spot", "ETH/USDT", "mexc_spot", "gateio_spot", "2000", "0.02"),
                                                                ("perp", "XRP/USDT", "gateio_spot", "gateio_futures", "1000000", "20"))]
        run = self.begin_live(*files, "--quiet")
        end, rows = time.monotonic() + MINUTES * 60, []
        while time.monotonic() < end:
            time.sleep(DROP_EVERY)
            self.assertIsNone(run.poll(), "it ended by itself")
            rows.append(self.measure(run))
            for venue in ("mexc_spot", "gateio_spot", "gateio_futures"):
                self.exchange.control("POST", "faults", {"venue": venue, "request": "any", "fault": "drop_stream", "count": 1})
        run.terminate()
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 143, err[-2000:])
        self.assert_books_equal(before)
        self.assert_no_sins()
        third = len(rows) // 3
        early, late = rows[third:2 * third], rows[2 * third:]
        fills = len(self.exchange.ledger()["trades"])
        say(f"{MINUTES} minutes, {fills} fills: KiB {[r[0] for r in rows[::max(1, len(rows) // 12)]]}, descriptors {[r[1] for r in rows[::max(1, len(rows) // 12)]]}")
        self.assertLessEqual(max(r[1] for r in late), max(r[1] for r in early) + 2)
        self.assertLess(max(r[0] for r in late), max(r[0] for r in early) + PAGES)


if __name__ == "__main__":
    unittest.main()

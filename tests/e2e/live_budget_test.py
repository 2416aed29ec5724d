"""The venues' real limits, and runs that are killed and begun again at once: what one asked for, the next one knows."""
import glob
import os
import unittest

from live_tools import LiveTest


class Budget(LiveTest):
    def files(self):
        return sorted(glob.glob(os.path.join(os.path.dirname(self.db), "locks", "*.budget")))

    def breaches_after(self, starts, forget=False, databases=1):
        """A task is killed and begun again, so often or until the exchange has counted a breach."""
        folder = os.path.dirname(self.db)
        for i in range(starts):
            self.db = os.path.join(folder, "dn.db" if databases == 1 else f"{i % databases}.db")
            file = self.task_file(f"again{i % databases}", "ETH/USDT", "mexc_spot", "gateio_spot", "5", "0.1")
            task = self.begin_live(file, "--ndjson")
            self.wait_for_event(task, "run_start")
            self.kill(task)
            if forget:
                for budget in self.files():
                    os.unlink(budget)
            breaches = self.exchange.ledger()["counters"]["rate_limit_breaches"]
            if breaches:
                return breaches
        return 0

    def test_restarts_in_a_row_stay_below_the_limits(self):
        self.assertEqual(self.breaches_after(9), 0)
        self.assert_no_sins(but=("protocol_errors",))
        self.assertEqual([os.stat(f).st_mode & 0o7777 for f in self.files()], [0o600, 0o600])

    def test_so_do_those_of_several_databases(self):
        self.assertEqual(self.breaches_after(9, databases=3), 0)

    def test_they_would_not_without_the_file(self):
        self.assertGreater(self.breaches_after(9, forget=True), 0)

    def test_what_cannot_be_used_is_said_and_keeps_nothing_from_running(self):
        file = self.task_file("plan", "ETH/USDT", "mexc_spot", "gateio_spot", "1", "0.1")
        done = self.live(file, "--plan")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("counts its requests alone", done.stderr)
        mexc = next(f for f in self.files() if "mexc_spot" in f)
        os.unlink(mexc)
        os.mkdir(mexc)
        done = self.live(file, "--plan")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = [line for line in done.stderr.splitlines() if "counts its requests alone" in line]
        self.assertEqual(len(said), 1, done.stderr)
        self.assertIn(mexc, said[0])


if __name__ == "__main__":
    unittest.main()

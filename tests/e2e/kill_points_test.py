"""kill -9 at every file and socket call of the tools: whatever was half done, what comes after it makes the books equal the ledger.

A point is a tool, a system call and a count. All points take a while (scripts/kill-points); here every DN_KILL_STRIDE-th of them."""
import os
import shutil
import time
import unittest

from crash_tools import CrashTest, flag, say

STRIDE = flag("DN_KILL_STRIDE", 97)
FROM = os.environ.get("DN_KILL_FROM", "")  # CALL:N, the point to begin with
MOST = flag("DN_KILL_COUNT", 1_000_000)
TELL = flag("DN_KILL_TELL", 0)  # says every so many points how far it is, and goes on after a failure
FRESH = 60  # points on one exchange


class KillPoints(CrashTest):
    def each_point(self, tool, counts, one):
        points = [(call, n) for call, most in counts.items() for n in range(1, most + 1)]
        first = (FROM.split(":")[0], int(FROM.split(":")[1])) if FROM else ("", 0)
        chosen = [p for p in points if p >= first][::STRIDE][:MOST]
        failures, began = [], time.monotonic()
        for done, (call, n) in enumerate(chosen):
            if done % FRESH == FRESH - 1:
                self.new_exchange()
            try:
                one(self.new_books(), call, n, done)
            except AssertionError as e:
                failures.append(f"{tool} killed at {call}:{n}: {e}")
                say(failures[-1])
                if not TELL:
                    break
                self.new_exchange()
            if TELL and (done + 1) % TELL == 0:
                say(f"{tool}: {done + 1} of {len(chosen)} points, the last was {call}:{n}, {len(failures)} failures, {time.monotonic() - began:.0f} s")
        say(f"{tool}: {len(chosen)} of {len(points)} points, {self.kills} kills, {len(failures)} failures")
        self.assertEqual(failures, [])
        self.assertGreater(self.kills, len(chosen) // 3, "most points are never reached: nothing was tested")

    def test_a_run(self):
        def one(name, call, n, turn):
            file = self.taker(name)
            self.killed_at(call, n, self.command("run", file))
            if turn % 2:
                self.by_hand(name)
            self.run_to_the_end(file)
            self.assert_whole(name)

        done, counts = self.count_calls(self.command("run", self.taker(self.new_books())))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.each_point("dn-run", counts, one)

    def test_a_run_again_and_again(self):
        """The next run is killed as well, at the same point of its own, and the one after it a little later."""
        def one(name, call, n, turn):
            file = self.taker(name, total="0.4")
            for later in (0, 0, 1, 3):
                self.killed_at(call, n + later, self.command("run", file))
            if turn % 2:
                self.by_hand(name)
            self.run_to_the_end(file)
            self.assert_whole(name)

        done, counts = self.count_calls(self.command("run", self.taker(self.new_books())))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.each_point("dn-run, repeated", {c: n for c, n in counts.items() if c in ("pwrite64", "sendto", "recvfrom", "fdatasync")}, one)

    def errand(self, tool, *arguments):
        """A tool that puts right what a killed run left, killed itself: once, and every other time twice more."""
        def command(name):
            return self.command(tool, "--task", name, *arguments)

        def one(name, call, n, turn):
            self.left_apart(name)
            for later in (0, 1, 2) if turn % 2 else (0,):
                self.killed_at(call, n + later, command(name))
            if turn % 4 < 2:
                done = self.call(*command(name))
                self.assertIn(done.returncode, (0, 20), done.stdout + done.stderr)
            self.by_hand(name)
            self.run_to_the_end(self.taker(name))
            self.assert_whole(name)

        name = self.new_books()
        self.left_apart(name)
        done, counts = self.count_calls(command(name))
        self.assertIn(done.returncode, (0, 20), done.stderr)
        self.each_point("dn-" + tool, counts, one)

    def test_dn_recover(self):
        self.errand("recover", "--apply")

    def test_dn_recover_from_venue(self):
        """The database is gone, and what makes it anew is killed."""
        def command(name):
            return self.command("recover", "--from-venue", self.taker(name), "--apply")

        def one(name, call, n, turn):
            self.left_apart(name)
            shutil.rmtree(os.path.dirname(self.db))
            self.made_anew = True
            for later in (0, 1, 2) if turn % 2 else (0,):
                self.killed_at(call, n + later, command(name))
            done = self.call(*command(name))
            self.assertIn(done.returncode, (0, 20, 64), done.stdout + done.stderr)
            if done.returncode == 64:
                self.assertIn("its books are not gone", done.stderr)
            if turn % 4 < 2:
                self.by_hand(name)
            self.run_to_the_end(self.taker(name))
            self.assert_whole(name)

        name = self.new_books()
        self.left_apart(name)
        shutil.rmtree(os.path.dirname(self.db))
        done, counts = self.count_calls(command(name))
        self.assertIn(done.returncode, (0, 20), done.stderr)
        self.each_point("dn-recover --from-venue", counts, one)

    def test_dn_rebalance(self):
        self.errand("rebalance", "--yes", "--max-notional", "100000", "--request-id", "once")


class KillPointsWithContracts(KillPoints):
    """Spot against contracts: orders go over the venue's order channel, and what they leave is a position."""

    pair = ("gateio_spot", "gateio_futures")
    test_a_run_again_and_again = test_dn_recover_from_venue = None


if __name__ == "__main__":
    unittest.main()

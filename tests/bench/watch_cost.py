"""A benchmark, no test: see scripts/watch-cost."""
import os
import pty
import resource
import statistics
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.environ["DN_SOURCE"], "tests", "e2e"))
from live_tools import EXCHANGE, Exchange, LiveTest  # noqa: E402  pylint: disable=wrong-import-position
from tools import STATUS  # noqa: E402  pylint: disable=wrong-import-position

ROUNDS, WATCHERS = int(os.environ["DN_WATCH_ROUNDS"]), int(os.environ["DN_WATCHERS"])
STAGES = ("decision", "intents", "cycle", "tick_order")
SLICES = 600


class Watcher:
    """dn-status --watch on a terminal of its own, whose output is taken away as it comes."""

    def __init__(self, db):
        self.master, slave = pty.openpty()
        env = {**os.environ, "TERM": "xterm-256color"}
        self.process = subprocess.Popen([STATUS, "--watch", "--db", db], stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True)
        os.close(slave)
        self.drawn = 0
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        try:
            while text := os.read(self.master, 65536):
                self.drawn += text.count(b"\x1b[H")
        except OSError:  # it has ended
            pass

    def end(self):
        os.write(self.master, b"q")
        self.process.wait(10)


class WatchCost(LiveTest):
    settings = {"rate_scale": 100}

    def fresh_exchange(self):
        """Without the trades of the rounds before: a start reads those of the last hours."""
        self.end_exchange()
        self.exchange = Exchange(EXCHANGE, os.path.join(self.dir, "exchange"), "--seed", "7", "--config", os.path.join(self.dir, "exchange.json"))
        self.config = self.write_config()
        self.write_credentials()

    def one(self, number, watchers):
        """A task of its own: how long its stages took, the run's processor time, and how often it was drawn."""
        name = f"w{number}"
        file = self.task_file(name, "BTC/USDT", "mexc_spot", "gateio_spot", SLICES * 5 / 10000, "0.0005", more='max_capital_fraction = 1\nmax_orders_per_minute = 100000\n')
        beside = [Watcher(self.db) for _ in range(watchers)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = self.live(file, "--quiet")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        for watcher in beside:
            watcher.end()
        latency = self.task(name)["latency_us"]
        return ({(stage, what): latency[stage][what] for stage in STAGES if stage in latency for what in ("p50", "p99")},
                (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000, min((w.drawn for w in beside), default=0))

    def test_rounds(self):
        self.one("first", 0)  # makes the database
        with_and_without = {0: [], WATCHERS: []}
        for number in range(ROUNDS):
            self.fresh_exchange()
            for watchers in (0, WATCHERS) if number % 2 == 0 else (WATCHERS, 0):  # the second finds a longer past
                with_and_without[watchers].append(self.one(f"{number}-{watchers}", watchers))
        self.assertGreater(min(drawn for _, _, drawn in with_and_without[WATCHERS]), 2)
        median = lambda watchers, of: statistics.median(of(result) for result in with_and_without[watchers])  # pylint: disable=unnecessary-lambda-assignment
        print(f"{ROUNDS} runs of {SLICES} slices each, alternating, watched by {WATCHERS} and not: medians, watched / not")
        for key in with_and_without[0][0][0]:
            here, there = (median(w, lambda r, key=key: float(r[0][key])) for w in (WATCHERS, 0))
            print(f"  {key[0]:<10} {key[1]} {here:10.1f} / {there:10.1f} us   {here / there:.2f}")
        here, there = (median(w, lambda r: r[1]) for w in (WATCHERS, 0))
        print(f"  processor of the run {here:6.1f} / {there:6.1f} ms   {here / there:.2f}")
        print(f"  screens drawn in a run, the fewest: {min(drawn for _, _, drawn in with_and_without[WATCHERS])}")


if __name__ == "__main__":
    unittest.main()

"""One portfolio over many processes that are killed and begun again: what the exchange's own ledger shows never comes to more than the limit.

DN_PORTFOLIO_SECONDS: how long; DN_PORTFOLIO_RUNS: how many processes."""
import json
import random
import re
import signal
import subprocess
import time
import unittest
from decimal import Decimal

from crash_tools import CrashTest, flag, say

SECONDS = flag("DN_PORTFOLIO_SECONDS", 25)
RUNS = flag("DN_PORTFOLIO_RUNS", 8)
QUARREL = re.compile(r"busy|database is locked|kept it locked", re.IGNORECASE)
GRAVE = "max_repeated_errors = 1000\nmax_imbalance_time = \"5m\"\nmax_imbalance_bps = 10000\nmax_loss = 100000\n"


class PortfolioLive(CrashTest):
    def file(self, name, total, slice_, limits, **how):
        path = self.task_file(name, "ETH/USDT", "mexc_spot", "gateio_spot", total, slice_, more=GRAVE, **how)
        with open(path, "a", encoding="utf-8") as f:
            f.write(limits)
        return path

    def exposure(self):
        """What was traded, and what rests at full size, both sides."""
        ledger = self.exchange.ledger()
        traded = sum(Decimal(t["price"]) * Decimal(t["quantity"]) for t in ledger["trades"] if t["client_order_id"].startswith("t-"))
        ours = [o for o in ledger["orders"] if o["open"] and o["client_order_id"].startswith("t-")]
        return traded + sum(Decimal(o["price"]) * (Decimal(o["quantity"]) - Decimal(o["filled"])) for o in ours)

    def portfolio(self):
        answer = self.status("--json")
        return json.loads(answer.stdout)["portfolios"][0]

    def spawn(self, file, i):
        command = self.command("run", file, "--max-runtime", "3s", "--quiet")
        with open(f"{self.dir}/said-{i}", "a", encoding="utf-8") as said:
            return subprocess.Popen(command, stdout=said, stderr=said, env=self.environment, cwd=self.dir)  # pylint: disable=consider-using-with

    def test_a_task_that_has_begun_trades_while_others_start(self):
        self.exchange.control("POST", "latency", {"ms": 300})
        sizes = {"ETH": ("0.2", "0.1"), "BTC": ("0.004", "0.002"), "DOGE": ("1000", "500")}
        files = [self.task_file(f"s-{base.lower()}", f"{base}/USDT", "mexc_spot", "gateio_spot", *sizes[base], more=GRAVE) for base in sizes]
        done = self.live(*files, "--ndjson")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        first_order = next(i for i, e in enumerate(told) if e["type"] == "intent")
        last_start = max(i for i, e in enumerate(told) if e["type"] == "run_start")
        self.assertLess(first_order, last_start)
        self.assert_books_equal(self.before)

    def test_many_processes_and_kills_never_pass_the_limit(self):
        cap = Decimal(30000)
        limits = "[portfolio]\ncapital = 100000\nmax_exposure_per_symbol = 0.3\n"
        files = [self.file(f"n{i}", "2", "0.1", limits) for i in range(RUNS)]
        rng = random.Random(7)
        running = {i: self.spawn(f, i) for i, f in enumerate(files)}
        most, kills, codes = Decimal(0), 0, []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            seen = self.exposure()
            most = max(most, seen)
            self.assertLessEqual(seen, cap)
            for i, process in list(running.items()):
                if process.poll() is None and rng.random() < 0.01:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    kills += 1
                if process.poll() is not None:
                    codes.append(process.returncode)
                    running[i] = self.spawn(files[i], i)
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        for process in running.values():
            codes.append(process.wait())
        self.assertLessEqual(self.exposure(), cap)
        self.assertGreater(kills, 0)
        self.assertGreater(most, cap * Decimal("0.8"), "what the dead had not used is used by others")
        said = ""
        for i in range(RUNS):
            with open(f"{self.dir}/said-{i}", encoding="utf-8") as f:
                said += f.read()
        self.assertNotRegex(said, QUARREL)
        # A signal may come before the program hears it, or while a venue is asked at the start.
        self.assertLessEqual(set(codes), {0, 10, 12, 22, 143, 20, 21, 69, -signal.SIGKILL, -signal.SIGTERM}, said[-3000:])
        shown = self.portfolio()
        self.assertLessEqual(Decimal(shown["exposure"]), cap)
        self.assertEqual(shown["running"], 0)
        self.assertGreaterEqual(Decimal(shown["exposure"]) * Decimal("1.02"), self.exposure(), "the books know of all of it")
        say(f"{len(codes)} runs, {kills} kills, at most {most} of {cap}")

    def test_a_venue_that_is_away_is_no_trouble_of_the_others(self):
        with open(self.config, encoding="utf-8") as f:
            at, futures = f.read().split("[endpoints.gateio_futures]")
        self.config = self.write("dn.toml", at + "[endpoints.gateio_futures]" + re.sub(r'rest = "[^"]*"', 'rest = "https://127.0.0.1:1"', futures))
        tasks = [self.file("well", "0.2", "0.1", ""), self.task_file("away", "ETH/USDT", "mexc_spot", "gateio_futures", "0.2", "0.1")]
        done = self.live(*tasks)
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn("goes on without task away", done.stderr)
        self.assertEqual(self.task("well")["verdict"], "COMPLETED")
        self.assert_balanced("well", "0.001")

    def test_a_symbol_that_is_halted_is_no_trouble_of_the_others(self):
        self.exchange.control("POST", "halt", {"venue": "gateio_spot", "symbol": "DOGE_USDT", "status": "halted"})
        files = [self.task_file(f"h-{base.lower()}", f"{base}/USDT", "mexc_spot", "gateio_spot", total, slice_, more=GRAVE)
                 for base, total, slice_ in (("ETH", "0.2", "0.1"), ("DOGE", "1000", "500"))]
        done = self.live(*files)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("the run goes on without task h-doge", done.stderr)
        self.assertEqual(self.task("h-eth")["verdict"], "COMPLETED")
        self.assertEqual(self.live(files[1]).returncode, 78, "alone it says so too")
        self.assert_books_equal(self.before)

    def test_what_a_killed_run_had_not_used_is_free_at_once(self):
        # A slice of 0.1 rests far away and four more are ahead of it; the other one needs more than that leaves.
        limits = "[portfolio]\ncapital = 50000\nmax_total_exposure = 0.1\n"
        first = self.begin_live(self.file("rests", "2", "0.1", limits, quote="touch", offset=2000, tolerance=100000), "--ndjson")
        self.wait_for_event(first, "ack")
        waiting = self.begin_live(self.file("waits", "0.4", "0.2", limits), "--ndjson", "--max-runtime", "20s")
        told = self.wait_for_event(waiting, "limit")
        self.assertEqual(told["code"], "max_total_exposure")
        self.assertEqual({x["task"]: x["waiting"] for x in self.portfolio()["leases"]}["waits"], True)
        self.kill(first)
        _, err = waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, 0, err)
        self.assertLessEqual(self.exposure(), 5000)


if __name__ == "__main__":
    unittest.main()

"""One task, many processes at once: one works on it, the others say who, and the exchange sees the orders of one.

scripts/overlap is the long form."""
import os
import re
import signal
import subprocess
import time
import unittest
from decimal import Decimal

from crash_tools import CrashTest, flag, say

ROUNDS = flag("DN_OVERLAP_ROUNDS", 2)
RUNS = flag("DN_OVERLAP_RUNS", 64)
HELD = re.compile(r"is held by process (\d+), since 20")
ID = re.compile(r"t-.{8}[bs](?P<epoch>[0-9a-z]+)-(?P<number>[0-9a-z]+)")
# What SQLite says when two get into each other's way; nobody may have to read it.
QUARREL = re.compile(r"busy|database is locked|kept it locked|held by another process", re.IGNORECASE)


class Crowd:
    """Processes that were started at once, with what they wrote."""

    def __init__(self, test, commands):
        self.test = test
        self.members = []
        for i, (tool, *arguments) in enumerate(commands):
            said = open(os.path.join(test.dir, f"said-{i}"), "w+", encoding="utf-8")  # pylint: disable=consider-using-with
            command = test.command(tool, *arguments)
            self.members.append((tool, said, subprocess.Popen(command, stdout=said, stderr=said, env=test.environment, cwd=test.dir)))  # pylint: disable=consider-using-with
        self.pids = {p.pid for _, _, p in self.members}

    def alive(self):
        return [p for _, _, p in self.members if p.poll() is None]

    def wait_for(self, left):
        """Until not more than so many are alive."""
        while len(self.alive()) > left:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)

    def ends(self):
        """(tool, exit code, what it said) of each."""
        out = []
        for tool, said, process in self.members:
            process.wait()
            said.seek(0)
            out.append((tool, process.returncode, said.read()))
            said.close()
        return out

    def look_at_ends(self, fine):
        """`fine`: the exit codes of those that held the task, by tool. How many those were."""
        holders = 0
        for tool, code, said in self.ends():
            if code == -signal.SIGTERM and said == "":
                continue  # the signal came before it had begun
            self.test.assertIn(code, (*fine[tool], 11), f"dn-{tool}: {said[-1500:]}")
            self.test.assertNotRegex(said, QUARREL)
            if code != 11:
                holders += 1
                continue
            named = HELD.search(said)
            self.test.assertIsNotNone(named, said)
            self.test.assertIn(int(named[1]), self.pids, said)
            self.test.assertIn("next:", said)
        return holders


class Overlap(CrashTest):
    def started(self, name):
        return sum(e["type"] == "run_start" for e in self.events(name))

    def assert_orders_of_one(self, name):
        """One run's, numbered from 1 without a gap, as many as it says it sent, and a replacement only for what it had cancelled."""
        orders = [o for o in self.exchange.ledger()["orders"] if o["client_order_id"].startswith("t-")]
        own = {o["client_order_id"] for o in self.rows("orders")}
        named = [ID.fullmatch(o["client_order_id"]) for o in orders if o["client_order_id"] in own]
        self.assertEqual(len({n["epoch"] for n in named}), 1)
        self.assertEqual(sorted(int(n["number"], 36) for n in named), list(range(1, len(named) + 1)))
        events = self.events(name)
        self.assertEqual([e["orders"] for e in events if e["type"] == "summary"][0], len(named))
        # Two sides of four slices; a slice that did not fill in one piece takes further orders, each after a cancel that is told.
        cancelled = sum(e["type"] == "cancel" for e in events)
        hedges = sum(e["type"] == "rebalance" for e in events)
        self.assertLessEqual(len(named), 8 + cancelled + hedges, events)

    def only_runs(self):
        name = self.new_books()
        file = self.taker(name, total="0.4")
        crowd = Crowd(self, [("run", file)] * RUNS)
        crowd.look_at_ends({"run": (0,)})  # those that come after the end find nothing to do
        self.assertEqual(self.started(name), 1)
        self.assert_whole(name)
        self.assert_orders_of_one(name)
        orders = self.rows("orders")
        for side in ("buy", "sell"):
            self.assertEqual(sum(Decimal(o["filled"]) for o in orders if o["side"] == side), Decimal("0.4"))

    def runs_and_other_tools(self):
        """What a killed run left apart, all tools at once: whoever comes first. A run that holds it rests, so it is ended."""
        name = self.new_books()
        self.left_apart(name)
        file = self.lopsided(name)
        others = [("recover", "--task", name, "--apply"), ("rebalance", "--task", name, "--yes", "--max-notional", "100000")] * 3
        crowd = Crowd(self, [("run", file)] * (RUNS // 2) + others + [("run", file)] * (RUNS - RUNS // 2))
        crowd.wait_for(1)
        for holder in crowd.alive():
            holder.send_signal(signal.SIGTERM)
        holders = crowd.look_at_ends({"run": (143, 20), "recover": (0, 20), "rebalance": (0,)})
        self.assertGreaterEqual(holders, 1)
        self.by_hand(name)
        self.run_to_the_end(self.taker(name))
        self.assert_whole(name)

    def test_a_task_that_is_held_keeps_no_other_from_being_recovered(self):
        name = self.new_books()
        self.left_apart("a" + name)
        self.left_apart("b" + name)
        run = self.begin_live(self.lopsided("a" + name), "--ndjson")
        self.wait_for_event(run, "ack")
        done = self.tool("recover", "--apply")
        self.assertEqual(done.returncode, 20, done.stdout + done.stderr)  # graver than 11
        self.assertRegex(done.stderr, f"a{name} is held by process {run.pid}")
        self.assertEqual([o for o in self.rows("orders", "--open") if o["task"] == "b" + name], [])
        self.assertEqual(self.tool("recover", "--task", "a" + name, "--apply").returncode, 11)
        run.send_signal(signal.SIGTERM)
        run.communicate()

    def rounds(self, one):
        failures, began = [], time.monotonic()
        for i in range(ROUNDS):
            if i % 20 == 19:
                self.new_exchange()
            try:
                one()
            except AssertionError as e:
                failures.append(f"round {i + 1}: {e}")
                say(failures[-1])
                self.new_exchange()
            if ROUNDS > 10 and i % 10 == 9:
                say(f"{i + 1} rounds, {len(failures)} failures, {time.monotonic() - began:.0f} s")
        self.assertEqual(failures, [])

    def test_many_runs_at_once(self):
        self.rounds(self.only_runs)

    def test_all_tools_at_once(self):
        self.rounds(self.runs_and_other_tools)


if __name__ == "__main__":
    unittest.main()

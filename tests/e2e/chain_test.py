"""The watchdog that a user can copy (scripts/examples/watchdog.sh), as cron calls it, while its tools are killed and the wire lies.
Each round has a seed of its own: a task, kills at system calls of whatever tool runs, and faults of the exchange.

scripts/chain is the long form."""
import os
import random
import signal
import subprocess
import time
import unittest

from crash_tools import PATIENT, TOOLS, WATCHDOG, CrashTest, flag, say

ROUNDS = flag("DN_CHAIN_ROUNDS", 6)
SEED = flag("DN_CHAIN_SEED", 1)
CALLS = {"pwrite64": 220, "sendto": 70, "recvfrom": 180, "fdatasync": 5, "write": 28, "close": 76, "openat": 56, "epoll_wait": 62}  # and how often a run makes them
FAULTS = ("reset_before", "reset_after", "http_500_accepted", "http_503_accepted", "http_502_html", "truncate", "empty", "late", "slow")
PUSHES = ("duplicate", "reorder", "drop_private", "truncate")
# Stands for each tool on the watchdog's PATH: takes the next line of the plan, and lets strace kill the tool there.
STAND_IN = """#!/bin/bash
read -r call n <"$PLAN" && sed -i 1d "$PLAN"
echo "$(basename "$0")" "$call" "$n" >>"$PLAN.log"
[[ -n $call && $call != - ]] || exec {tool} "$@"
exec strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" {tool} "$@"
"""


class Chain(CrashTest):
    def setUp(self):
        super().setUp()
        folder = os.path.join(self.dir, "bin")
        os.mkdir(folder)
        for tool, program in TOOLS.items():
            path = self.write(os.path.join("bin", "dn-" + tool), STAND_IN.format(tool=program))
            os.chmod(path, 0o700)
        self.plan = self.write("plan", "")
        self.environment = {**self.environment, "PATH": folder + ":" + self.environment["PATH"], "PLAN": self.plan}

    def watchdog(self, file, *flags):
        return self.call(WATCHDOG, "--max-notional", "100000", "--pause", "0", *flags, file, "--db", self.db, "--config", self.config)

    def lie(self, dice):
        """Faults of the wire for one round."""
        self.exchange.fault(clear=True)
        self.exchange.control("POST", "settings", {"mexc_hidden_ms": dice.choice([0, 0, 300, 1500])})
        told = []
        for _ in range(dice.randrange(4)):
            what = dice.choice(["place", "cancel", "query", "stream"])
            fault = dice.choice(PUSHES if what == "stream" else FAULTS)
            told.append({"venue": dice.choice(["mexc_spot", "gateio_spot", "any"]), "what": what, "fault": fault, "count": dice.randint(1, 3), "ms": dice.choice([100, 1000])})
            self.exchange.fault(**told[-1])
        return told

    def one_round(self, seed):
        dice = random.Random(seed)
        name = self.new_books()
        file = self.taker(name, total=dice.choice(["0.2", "0.4", "0.6"]), more=PATIENT)
        kills = [dice.choice([*CALLS, "-"]) for _ in range(dice.randrange(7))]
        kills = [call if call == "-" else f"{call} {dice.randint(1, CALLS[call])}" for call in kills]
        self.write("plan", "".join(k + "\n" for k in kills))
        self.write("plan.log", "")
        told = self.lie(dice)
        runtime = dice.choice(["300ms", "1s", "50s"])
        codes, said = [], ""
        try:
            while not codes or codes[-1] in (10, 20) and len(codes) < 20:  # as cron would: again while nothing is wrong
                # On a busy machine the shortest time may always be over before both books have come.
                done = self.watchdog(file, "--max-runtime", runtime if len(codes) < 10 else "50s")
                codes.append(done.returncode)
                said = done.stderr
            self.assertEqual(codes[-1], 0, said[-3000:])
            self.assertLessEqual(set(codes), {0, 10})
            self.assert_whole(name)
        except AssertionError as e:
            with open(self.plan + ".log", encoding="utf-8") as f:
                raise AssertionError(f"seed {seed}, --max-runtime {runtime}, faults {told}, codes {codes}, calls {f.read().split(chr(10))}: {e}") from e

    def test_the_watchdog_always_gets_there(self):
        failures, began = [], time.monotonic()
        for seed in range(SEED, SEED + ROUNDS):
            if seed % 40 == 39:
                self.new_exchange()
            try:
                self.one_round(seed)
            except AssertionError as e:
                failures.append(str(e))
                say(failures[-1])
                self.new_exchange()
            if ROUNDS > 20 and (seed - SEED) % 10 == 9:
                say(f"{seed - SEED + 1} rounds, {len(failures)} failures, {time.monotonic() - began:.0f} s")
        self.assertEqual(failures, [])

    def test_codes_that_need_a_person_end_it(self):
        name = self.new_books()
        file = self.lopsided(name)
        self.left_apart(name)
        halted = self.tool("recover", "halt", "--task", name, "--reason", "a test")
        self.assertEqual(halted.returncode, 0, halted.stderr)
        done = self.watchdog(file)
        self.assertEqual(done.returncode, 23, done.stderr[-2000:])
        self.assert_balanced(name)  # a halted task that is apart is still made whole
        self.assertEqual(self.watchdog(os.path.join(self.dir, "none.toml")).returncode, 66)
        self.assertEqual(self.call(WATCHDOG, "--max-notional").returncode, 64)

    def test_a_signal_is_handed_on_and_ends_it(self):
        name = self.new_books()
        command = [WATCHDOG, self.lopsided(name), "--db", self.db, "--config", self.config, "--ndjson"]
        watchdog = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.dir)
        self.wait_for_event(watchdog, "fill")
        watchdog.send_signal(signal.SIGTERM)
        _, said = watchdog.communicate(timeout=60)
        self.assertEqual(watchdog.returncode, 143, said)
        self.assertEqual([o for o in self.exchange.ledger()["orders"] if o["open"]], [])


if __name__ == "__main__":
    unittest.main()

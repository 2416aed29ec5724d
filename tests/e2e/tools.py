"""Runs the tools as processes, each in a directory of its own."""
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

RUN = os.environ["DN_RUN"]
STATUS = os.environ["DN_STATUS"]
RECOVER = os.environ["DN_RECOVER"]
REBALANCE = os.environ["DN_REBALANCE"]
SOURCE = os.environ["DN_SOURCE"]
EXAMPLES = os.path.join(SOURCE, "scripts", "examples")


class ToolTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="dn-e2e-")
        self.db = os.path.join(self.dir, "state", "dn.db")
        self.environment = {"HOME": self.dir, "PATH": os.environ["PATH"]}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def tearDown(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def call(self, tool, *arguments):
        return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=300, env=self.environment, cwd=self.dir)

    def large_portfolio(self):
        """The example of a portfolio with limits that other tasks of the database leave room in."""
        with open(os.path.join(EXAMPLES, "portfolio.toml"), encoding="utf-8") as f:
            text = f.read()
        for small, large in (("capital = 100000 ", "capital = 100000000 "), ("max_loss = 500 ", "max_loss = 500000 ")):
            assert small in text
            text = text.replace(small, large)
        return self.write("portfolio.toml", text)

    def run_task(self, *arguments):
        return self.call(RUN, *arguments, "--db", self.db)

    def begin(self, *arguments):
        return subprocess.Popen([RUN, *arguments, "--db", self.db], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.dir)

    def recover(self, *arguments):
        return self.call(RECOVER, *arguments, "--db", self.db)

    def rebalance(self, *arguments):
        return self.call(REBALANCE, *arguments, "--db", self.db)

    def status(self, *arguments):
        return self.call(STATUS, *arguments, "--db", self.db)

    def assert_codes_explained(self, codes):
        """dn-status explain knows what these codes of events mean."""
        for code in sorted(codes - {""}):
            done = self.call(STATUS, "explain", code)
            self.assertEqual(done.returncode, 0, done.stderr)

    def task(self, name):
        """The task as dn-status --json shows it."""
        answer = self.status("--json", "--task", name)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)["tasks"][0]

    def events(self, name):
        answer = self.status("events", name, "--ndjson")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def rows(self, verb, *arguments):
        answer = self.status(verb, "--json", *arguments)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)[verb]

    def wait_for_event(self, process, *wanted):
        """Reads --ndjson from a process until an event of one of these types comes."""
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] in wanted:
                return event
        self.fail(f"no {' or '.join(wanted)} event came: {process.stderr.read()}")

    def freeze(self, process):
        """Not in the middle of a write: everybody would wait for the one who stands still with the database in its hands."""
        while True:
            process.send_signal(signal.SIGSTOP)
            try:
                with contextlib.closing(sqlite3.connect(self.db, timeout=0.5)) as database:
                    database.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.communicate()

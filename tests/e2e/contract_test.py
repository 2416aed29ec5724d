"""What holds for all tools alike: --quiet, a reader that goes away, whose an error is, and how many rows are shown."""
import csv
import io
import json
import os
import subprocess
import unittest

from tools import EXAMPLES, REBALANCE, RECOVER, RUN, STATUS, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")


class Contract(ToolTest):
    def part(self, cycles="10"):
        """A task under way."""
        done = self.run_task(BTC, "--seed", "2", "--speed", "max", "--quiet", "--max-cycles", cycles)
        self.assertIn(done.returncode, (10, 20), done.stderr)

    # ---- --quiet

    def test_quiet_says_not_a_word_of_what_goes_well(self):
        self.part()
        for tool, *arguments in ((RUN, "set", "btc", "order_quantity=0.05"), (RUN, "pause", "btc"), (RUN, "resume", "btc"), (RECOVER, "verify"),
                                 (RECOVER, "--task", "btc", "--apply"), (RECOVER, "halt", "--task", "btc", "--reason", "a test"),
                                 (RECOVER, "resume", "--task", "btc", "--yes"), (REBALANCE, "--task", "btc", "--yes", "--max-notional", "20000"),
                                 (STATUS, "--check"), (STATUS, "check", BTC), (STATUS, "backup", os.path.join(self.dir, "copy.db")),
                                 (STATUS, "report", "-o", os.path.join(self.dir, "r.html")), (RUN, BTC, "--seed", "3", "--speed", "max")):
            done = self.call(tool, *arguments, "--quiet", "--db", self.db)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), arguments)

    def test_quiet_leaves_what_was_asked_for_and_what_went_wrong(self):
        self.part()
        for tool, *arguments in ((STATUS,), (STATUS, "show", "btc"), (STATUS, "orders"), (STATUS, "--json"), (STATUS, "explain", "21"), (RUN, "keys"),
                                 (RUN, BTC, "--plan"), (RECOVER,), (REBALANCE, "--task", "btc", "--dry-run")):
            done = self.call(tool, *arguments, "--quiet", "--db", self.db)
            self.assertEqual(done.returncode, 0, (arguments, done.stderr))
            self.assertTrue(done.stdout, arguments)
        self.assertEqual(self.recover("halt", "--task", "btc", "--reason", "odd prices", "--quiet").returncode, 0)
        halted = self.run_task("--task", "btc", "--speed", "max", "--quiet")
        self.assertEqual((halted.returncode, halted.stdout), (23, ""))
        self.assertIn("odd prices", halted.stderr)
        checked = self.status("--check", "--quiet")
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (23, "", ""), "the code is what --check is for")

    # ---- a reader that has seen enough

    def through_a_pipe(self, tool, *arguments, lines=1):
        """The exit code and stderr of a tool whose reader leaves after some lines."""
        process = subprocess.Popen([tool, *arguments, "--db", self.db], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
        process.stderr.close()
        return process.wait(120), told

    def test_a_closed_pipe_ends_a_tool_that_shows_quietly(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max", "--quiet")
        for arguments in ((), ("events", "--last", "0"), ("events", "--json"), ("events", "--ndjson"), ("orders", "--csv"), ("fills",), ("schema",), ("explain",),
                          ("report",), ("--prometheus",), ("events", "--follow")):
            self.assertEqual(self.through_a_pipe(STATUS, *arguments), (0, ""), arguments)

    def test_a_closed_pipe_ends_no_run(self):
        code, _ = self.through_a_pipe(RUN, BTC, "--seed", "2", "--speed", "max", "--ndjson", "--quiet")
        self.assertEqual(code, 0)
        self.assertEqual(self.task("btc")["verdict"], "COMPLETED")

    # ---- whose an error is

    def test_an_error_names_its_task_and_the_run_that_it_ended(self):
        faults = self.write("faults.toml", 'for = "10m"\ncrash = 200\n')
        crashed = self.run_task(BTC, "--seed", "3", "--speed", "max", "--faults", faults, "--ndjson")
        self.assertEqual(crashed.returncode, 70, crashed.stderr)
        *events, error = [json.loads(line) for line in crashed.stdout.splitlines()]
        self.assertEqual((error["type"], error["task"], error["run_id"]), ("exit_error", "btc", events[-1]["run_id"]))
        nobody = json.loads(self.status("show", "nobody", "--json").stdout)
        self.assertEqual((nobody["type"], nobody["task"]), ("exit_error", "nobody"))
        self.assertNotIn("run_id", nobody)
        wrong = json.loads(self.call(RUN, "nowhere.toml", "--json").stdout)
        self.assertNotIn("task", wrong)

    # ---- rows

    def test_people_are_shown_the_newest_rows_and_programs_all(self):
        file = self.write("many.toml", 'name = "many"\nsymbol = "BTC/USDT"\ntotal_quantity = 8\norder_quantity = 0.01\n[buy]\nexchange = "mexc_spot"\n'
                          '[sell]\nexchange = "gateio_spot"\n[risk]\nmax_orders_per_run = 100000\nmax_orders_per_minute = 100000\nmax_hold = "200h"\n')
        self.assertEqual(self.run_task(file, "--seed", "8", "--speed", "max", "--quiet").returncode, 0)
        for verb in ("orders", "fills", "events"):
            every = self.rows(verb)
            self.assertGreater(len(every), 1000, verb)
            shown = self.status(verb)
            heads = 0 if verb == "events" else 1
            self.assertEqual(len(shown.stdout.splitlines()), 1000 + heads, verb)
            self.assertIn("the newest 1000 rows", shown.stderr)
            self.assertEqual(len(list(csv.DictReader(io.StringIO(self.status(verb, "--csv").stdout)))), len(every), verb)
            self.assertEqual(self.rows(verb, "--last", "7"), every[-7:], verb)
            whole = self.status(verb, "--last", "0")
            self.assertEqual(whole.stderr, "")
            self.assertGreaterEqual(len(whole.stdout.splitlines()), len(every))
        for wrong in ("-1", "x", ""):
            self.assertEqual(self.status("orders", "--last", wrong).returncode, 64)

    def test_each_csv_begins_with_the_names_of_its_columns(self):
        self.part()
        for arguments, first in (((), "task"), (("orders",), "task"), (("fills",), "task"), (("events",), "ts"), (("pnl",), "task"), (("pnl", "--by", "day"), "day"),
                                 (("pnl", "--by", "symbol"), "symbol"), (("report",), "task")):
            rows = list(csv.reader(io.StringIO(self.status(*arguments, "--csv").stdout)))
            self.assertEqual(rows[0][0], first, arguments)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])}, arguments)
        events = list(csv.DictReader(io.StringIO(self.status("events", "--csv").stdout)))
        self.assertEqual([json.loads(e["json"])["type"] for e in events], [e["type"] for e in events])

    def test_the_keys_as_a_document(self):
        told = json.loads(self.call(RUN, "keys", "--json").stdout)["keys"]
        text = self.call(RUN, "keys").stdout
        self.assertEqual({k["table"] for k in told}, {"task", "portfolio", "trigger"})
        for k in told:
            self.assertIn(f"\n{k['key']} ", text)
            self.assertTrue(k["meaning"] and k["value"], k)
        self.assertTrue(any(k["may_change"] for k in told))


if __name__ == "__main__":
    unittest.main()

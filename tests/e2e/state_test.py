"""dn-status: what it shows, in every form, and that it only reads."""
import contextlib
import csv
import io
import json
import os
import sqlite3
import subprocess
import unittest

from tools import EXAMPLES, RUN, STATUS, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")


class State(ToolTest):
    def test_without_a_database_it_says_what_to_do_and_makes_none(self):
        done = self.status()
        self.assertEqual(done.returncode, 66)
        self.assertIn("next: dn-run", done.stderr)
        self.assertFalse(os.path.exists(self.db))

    def test_every_form_of_every_verb(self):
        self.assertEqual(self.run_task(BTC, "--seed", "2", "--speed", "max").returncode, 0)
        before = os.stat(self.db).st_mtime_ns
        for verb in ("orders", "fills"):
            rows = self.rows(verb)
            lines = self.status(verb, "--ndjson").stdout.splitlines()
            self.assertEqual(rows, [json.loads(line) for line in lines])
            table = list(csv.DictReader(io.StringIO(self.status(verb, "--csv").stdout)))
            self.assertEqual(len(table), len(rows))
            for cells, row in zip(table, rows):
                for key in set(cells) & set(row):
                    self.assertEqual(cells[key], str(row[key]))
            self.assertIn("t-", self.status(verb).stdout)
        self.assertIn("summary", self.status("events").stdout)
        self.assertEqual(self.rows("events"), self.events("btc"), "one document holds what the lines say")
        self.assertIn("COMPLETED", self.status("show", "btc").stdout)
        self.assertIn("net bps", self.status("pnl").stdout)
        self.assertEqual(self.rows("orders", "--open"), [])
        self.assertEqual(self.rows("orders", "--unknown"), [])
        self.assertEqual(self.status("--check").returncode, 0)
        self.assertEqual(os.stat(self.db).st_mtime_ns, before)

    def test_latency_has_the_stages_of_the_seed(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        latency = self.task("btc")["latency_us"]
        self.assertEqual(set(latency), {"cycle", "sync", "placement", "decision", "tick_to_order"})
        for stage in latency.values():
            self.assertTrue({"p50", "p99", "max"} <= set(stage))
            self.assertLessEqual(float(stage["p50"]), float(stage["max"]))

    def test_what_the_command_line_sets_counts_also_after_the_set_verb(self):
        file = self.write("s.toml", 'name = "s"\nsymbol = "BTC/USDT"\ntotal_quantity = 2\norder_quantity = 0.1\n'
                          '[buy]\nexchange = "mexc_spot"\n[sell]\nexchange = "gateio_spot"\n')

        def run(*arguments):
            done = self.run_task(file, "--seed", "5", "--speed", "max", "--max-cycles", "3", *arguments)
            self.assertIn(done.returncode, (10, 20), done.stderr)
            with contextlib.closing(sqlite3.connect(self.db)) as db:
                (spec,) = db.execute("SELECT spec FROM tasks WHERE name = 's'").fetchone()
            keys = dict(line.split("=", 1) for line in spec.splitlines())
            return keys["order_quantity"], keys["delay"]

        self.assertEqual(run(), ("0.1", "100ms"))
        self.assertEqual(self.run_task("set", "s", "order_quantity=0.05", "delay=200ms").returncode, 0)
        self.assertEqual(run(), ("0.05", "200ms"), "the file says nothing new")
        self.assertEqual(run("--set", "order_quantity=0.1"), ("0.1", "200ms"))
        self.assertEqual(self.run_task("set", "s", "order_quantity=0.03").returncode, 0)
        self.assertEqual(run("--set", "order_quantity=0.1"), ("0.1", "200ms"))
        self.assertEqual(run("--set", "delay=300ms"), ("0.1", "300ms"))
        self.assertEqual(self.run_task(file, "--set", "order_quantity=3").returncode, 78, "no slice is larger than the total")

    def test_follow_ends_with_the_task(self):
        process = self.begin(BTC, "--speed", "20")
        while not os.path.exists(self.db):
            self.assertIsNone(process.poll(), "it ended before it made a database")
        followed = self.status("events", "btc", "--follow", "--ndjson")
        process.communicate()
        if followed.returncode == 66:  # looked before the task's row was there
            followed = self.status("events", "btc", "--follow", "--ndjson")
        self.assertEqual(followed.returncode, 0, followed.stderr)
        self.assertEqual(json.loads(followed.stdout.splitlines()[-1])["type"], "summary")

    def test_explain(self):
        self.assertIn("dn-recover", self.status("explain", "21").stdout)
        self.assertEqual(self.status("explain", "3").returncode, 64)
        self.assertEqual(self.status("explain", "x").returncode, 64)
        told = json.loads(self.status("explain", "21", "--json").stdout)
        self.assertEqual((told["schema"], told["exit_code"]), ("dn.explain/1", 21))
        self.assertIn("dn-recover", told["next"])

    def test_a_full_device_is_told(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        for verb in ((), ("events",), ("orders", "--json")):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([STATUS, *verb, "--db", self.db], stdout=full, stderr=subprocess.PIPE, text=True, env=self.environment, check=False)
            self.assertEqual(done.returncode, 74, done.stderr)
            self.assertIn("could not be written", done.stderr)

    def to_full_device(self, *arguments):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([STATUS, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, env=self.environment, check=False)
        self.assertIn("could not be written", done.stderr)
        return done.returncode

    def test_a_full_device_takes_nothing_from_what_is_graver(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max", "--max-cycles", "3")
        self.assertEqual(self.to_full_device("--version"), 74)
        self.assertEqual(self.to_full_device("check", "--db", self.db), 74)
        self.assertEqual(self.to_full_device("audit", "--db", self.db), 74)
        self.assertEqual(self.recover("halt", "--task", "btc").returncode, 0)
        self.assertEqual(self.to_full_device("check", "--db", self.db), 23)
        self.change("UPDATE fills SET price = '1' WHERE id = 1")
        for form in ((), ("--json",)):
            self.assertEqual(self.to_full_device("audit", *form, "--db", self.db), 24, form)

    def change(self, *statements):
        with contextlib.closing(sqlite3.connect(self.db)) as database, database:
            for s in statements:
                database.execute(s)

    def test_a_halted_task_whose_sides_differ_is_made_equal_first(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max", "--max-cycles", "30")
        self.assertEqual(self.recover("halt", "--task", "btc").returncode, 0)
        self.assertIn("dn-recover resume --task btc --yes", self.task("btc")["next"])
        self.change("UPDATE tasks SET exit_code = 20", "UPDATE legs SET net = '0.01' WHERE leg = 'sell'")
        advice = "dn-rebalance --task btc --yes --max-notional N"
        self.assertIn(advice, self.task("btc")["next"])
        self.assertIn(advice, self.status("check").stdout)

    def test_pnl_as_csv_is_exact_and_adds_up(self):
        """By task as by symbol; for people both are rounded."""
        self.run_task(BTC, "--seed", "7", "--speed", "max")
        (of_task,) = csv.DictReader(io.StringIO(self.status("pnl", "--csv").stdout))
        (of_symbol,) = csv.DictReader(io.StringIO(self.status("pnl", "--by", "symbol", "--csv").stdout))
        parts = ("basis", "slippage", "gross", "funding", "fees in quote", "net")
        self.assertEqual({p: of_task[p] for p in parts}, {p: of_symbol[p] for p in parts})
        self.assertGreater(len(of_task["net"].split(".")[1]), 8, "digits beyond those that people see")

    def test_a_database_that_is_none_is_told_once(self):
        os.makedirs(os.path.dirname(self.db), mode=0o700)
        with open(self.db, "w", encoding="utf-8") as f:
            f.write("no database at all\n" * 500)
        done = self.status("check", "--json")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual([c["name"] for c in json.loads(done.stdout)["checks"] if c["status"] == "fail"], ["database"])

    def test_a_watch_is_no_document(self):
        done = self.status("--watch", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["code"]), (64, 64))

    def test_unknown_names_and_verbs(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        self.assertEqual(self.status("show", "nobody").returncode, 66)
        self.assertEqual(self.status("frobnicate").returncode, 64)
        self.assertEqual(self.call(RUN, "--task", "nobody", "--db", self.db).returncode, 66)


if __name__ == "__main__":
    unittest.main()

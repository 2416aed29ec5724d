"""Everything that the tools print as JSON on paper is what `dn-status schema` says, field by field; and everything that it says is printed."""
import json
import os
import unittest

from schema_tools import Schema
from tools import EXAMPLES, REBALANCE, RECOVER, RUN, STATUS, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")
TRIGGER = """name = "scan"
[buy]
price_reference = "opposite"
[sell]
price_reference = "opposite"
[risk]
max_order_notional = 1000
[trigger]
symbols = ["BTC/USDT"]
venue_pairs = ["mexc_spot > gateio_spot"]
min_spread_bps = -100
total_notional = 2000
order_notional = 200
"""
CARRY = """name = "carry"
symbol = "BTC/USDT"
total_quantity = 0.5
order_quantity = 0.1
hold_for = "1m"
[buy]
exchange = "mexc_spot"
price_reference = "opposite"
[sell]
exchange = "gateio_futures"
price_reference = "opposite"
[adapt]
volatility_bps = 30
[risk]
max_hold = "48h"
"""
FAULTS = """for = "60s"
reject = 80
lost_reply = 80
late_reply = 60
error_after_accept = 60
late_visible = 200
rate_limit = 40
"""
# What no short run on paper says: there a settlement is hours away. schema_live_test.py hears it.
NOT_ON_PAPER = {"event.funding"}


class Outputs(ToolTest):
    def setUp(self):
        super().setUp()
        self.schema = Schema(self.call(STATUS, "schema").stdout)

    def line(self, name, text):
        self.assertEqual(self.schema.problems(name, json.loads(text)), [], text[:2000])

    def document(self, name, tool, *arguments, codes=(0,)):
        """One document, and nothing else, on stdout."""
        done = self.call(tool, *arguments, "--json", "--db", self.db)
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        self.line(name, done.stdout)
        return json.loads(done.stdout)

    def lines(self, name, tool, *arguments, codes=(0,)):
        done = self.call(tool, *arguments, "--ndjson", "--db", self.db)
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        self.assertTrue(done.stdout, done.stderr)
        for line in done.stdout.splitlines():
            self.line(name, line)

    def runs(self):
        """Runs that say all that there is to say."""
        faults = self.write("faults.toml", FAULTS)
        self.lines("event", RUN, BTC, "--seed", "2", "--speed", "max")
        rough = self.write("rough.toml", 'name = "rough"\nsymbol = "ETH/USDT"\ntotal_quantity = 3\norder_quantity = 0.1\n[buy]\nexchange = "mexc_spot"\n'
                           '[sell]\nexchange = "gateio_spot"\n[risk]\nmax_repeated_errors = 1000\n')
        self.lines("event", RUN, rough, "--seed", "5", "--speed", "max", "--faults", faults, "--max-runtime", "10m", codes=(0, 10, 20, 21, 22, 23))
        tight = self.write("tight.toml", 'name = "tight"\nsymbol = "ETH/USDT"\ntotal_quantity = 2\norder_quantity = 0.1\n[buy]\nexchange = "mexc_spot"\n'
                           '[sell]\nexchange = "gateio_spot"\n[risk]\nmax_orders_per_run = 6\n')
        self.lines("event", RUN, tight, "--seed", "4", "--speed", "max", codes=(22,))
        self.lines("event", RUN, self.write("carry.toml", CARRY), "--seed", "3", "--speed", "max")
        self.lines("event", RUN, self.write("scan.toml", TRIGGER), "--seed", "7", "--speed", "max", "--once", codes=(0, 10, 12))
        self.lines("event", RUN, BTC, "--max-cycles", "0", codes=(64,))
        self.document("run", RUN, self.large_portfolio(), "--seed", "4", "--speed", "max")
        self.document("event", RUN, "nowhere.toml", codes=(66,))
        small = self.write("small.toml", 'name = "small"\nsymbol = "BTC/USDT"\ntotal_quantity = 1\norder_quantity = 0.1\n[buy]\nexchange = "mexc_spot"\n'
                           '[sell]\nexchange = "gateio_spot"\n')
        self.document("run", RUN, small, "--seed", "5", "--speed", "max", "--max-cycles", "3", codes=(10, 20))
        for verb in ("pause", "resume"):
            self.document("said", RUN, verb, "small")
        self.document("keys", RUN, "keys")
        self.document("said", RUN, "set", "small", "order_quantity=0.2")
        for file, name in ((BTC, "plan"), (self.write("carry.toml", CARRY), "plan"), (self.write("scan.toml", TRIGGER), "trigger")):
            self.document(name, RUN, file, "--plan", "--seed", "3", codes=(0, 22, 78))

    def looks(self):
        for arguments, name in (((), "status"), (("--rounds",), "status"), (("show", "btc"), "status"), (("pnl",), "status"), (("pnl", "--by", "day"), "pnl"), (("pnl", "--by", "symbol"), "pnl"), (("orders",), "orders"),
                                (("fills",), "fills"), (("events",), "events"), (("explain",), "codes"), (("explain", "21"), "explain"),
                                (("explain", "max_loss"), "explain"), (("backup", os.path.join(self.dir, "copy.db")), "backup"),
                                (("report", "-o", os.path.join(self.dir, "report.html")), "report"), (("audit",), "audit")):
            self.document(name, STATUS, *arguments)
        for arguments, name in (((), "task"), (("orders",), "order"), (("fills",), "fill"), (("events",), "event")):
            self.lines(name, STATUS, *arguments)
        self.document("check", STATUS, "check", BTC, codes=(0, 20, 21, 23, 24))
        self.document("event", STATUS, "show", "nobody", codes=(66,))

    def repairs(self):
        self.document("verify", RECOVER, "verify")
        self.document("recover", RECOVER, codes=(0, 20, 21, 23))
        self.document("recover", RECOVER, "--task", "small", "--apply", codes=(0, 20))
        self.document("rebalance_plan", REBALANCE, "--task", "small", "--dry-run", codes=(0, 22))
        self.document("rebalance_plan", REBALANCE, "--task", "btc", "--flatten", "--dry-run", codes=(0, 22))
        self.document("rebalance", REBALANCE, "--task", "btc", "--flatten", "--yes", "--max-notional", "100000", codes=(0, 20, 25))
        self.document("halt", RECOVER, "halt", "--reason", "a <\"test\">", codes=(0, 20))
        self.document("status", STATUS)
        self.document("resume", RECOVER, "resume", "--all", "--yes", codes=(0, 20))

    def test_all_that_is_printed_is_in_the_schema_and_the_other_way_round(self):
        self.runs()
        self.looks()
        self.repairs()
        self.assert_codes_explained(self.schema.codes)
        self.assertEqual(self.schema.outputs() - self.schema.seen, set(), "outputs that nothing here has printed")
        self.assertEqual(self.schema.events() - self.schema.seen - NOT_ON_PAPER, set(), "events that nothing here has said")

    def test_one_output_alone(self):
        whole = json.loads(self.call(STATUS, "schema").stdout)
        self.assertEqual(whole["$schema"], "https://json-schema.org/draft/2020-12/schema")
        for name in sorted(self.schema.outputs()):
            one = json.loads(self.call(STATUS, "schema", name).stdout)
            self.assertEqual(one["anyOf"], [{"$ref": f"#/$defs/{name}"}])
            self.assertEqual(one["$defs"], whole["$defs"])
        self.assertEqual(len(json.loads(self.call(STATUS, "schema", "dn.status/1").stdout)["anyOf"]), 4)
        refused = self.call(STATUS, "schema", "dn.stauts/1")
        self.assertEqual(refused.returncode, 64)
        self.assertIn("dn.status/1?", refused.stderr)

    def test_what_is_wrong_is_found(self):
        good = {"schema": "dn.verify/1", "rounds": 1, "exit_code": 0, "broken": []}
        self.assertEqual(self.schema.problems("verify", good), [])
        for wrong in ({"rounds": "1"}, {"exit_code": 3}, {"broken": [1]}, {"more": 1}, {"schema": "dn.verify/2"}):
            self.assertNotEqual(self.schema.problems("verify", {**good, **wrong}), [], wrong)
        del good["rounds"]
        self.assertNotEqual(self.schema.problems("verify", good), [])
        self.assertNotEqual(self.schema.problems("event", {"schema": "dn.event/1", "type": "surprise"}), [])


if __name__ == "__main__":
    unittest.main()

"""The same against the loopback exchange: what only real venues make the tools say."""
import json
import os
import unittest

from live_tools import LiveTest
from schema_tools import Schema
from tools import REBALANCE, RECOVER, RUN, STATUS


class Live(LiveTest):
    def setUp(self):
        super().setUp()
        self.schema = Schema(self.call(STATUS, "schema").stdout)

    def told(self, name, form, tool, *arguments, codes=(0,)):
        done = self.call(tool, *arguments, form, "--config", self.config)
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        self.assertTrue(done.stdout, done.stderr)
        for line in [done.stdout] if form == "--json" else done.stdout.splitlines():
            self.assertEqual(self.schema.problems(name, json.loads(line)), [], line[:2000])
        return done

    def test_a_settlement(self):
        terms = {"symbol": "BTC_USDT", "rate": "0.0003", "interval": 3600, "in": 4}
        self.exchange.control("POST", "funding_terms", terms)
        path = self.task_file("carry", "BTC/USDT", "mexc_spot", "gateio_futures", "0.02", "0.01", more='max_capital_fraction = 1\nmax_hold = "12h"\n')
        with open(path, encoding="utf-8") as f:
            text = f.read()
        run = self.begin_live(self.write("carry.toml", "exit_after_fundings = 1\n" + text), "--ndjson")
        for line in run.stdout:
            event = json.loads(line)
            self.assertEqual(self.schema.problems("event", event), [], line)
            if event.get("code") == "holding":
                self.exchange.control("POST", "funding", {"symbol": "BTC_USDT", "rate": "0.0003"})
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, err)
        self.assertIn("event.funding", self.schema.seen)
        self.told("status", "--json", STATUS)

    def test_a_life_of_a_task(self):
        eth = self.task_file("eth", "ETH/USDT", "mexc_spot", "gateio_futures", "0.4", "0.1", more="max_capital_fraction = 1\n")
        self.told("plan", "--json", RUN, eth, "--plan", codes=(0, 22))
        self.told("check", "--json", STATUS, "check", eth, "--online", codes=(0, 22))
        self.told("event", "--ndjson", RUN, eth)
        resting = self.task_file("far", "BTC/USDT", "mexc_spot", "gateio_spot", "0.02", "0.01", quote="touch", offset=300, more="max_capital_fraction = 1\n")
        run = self.begin_live(resting, "--ndjson")
        self.wait_for_event(run, "ack")
        self.kill(run)
        self.told("recover", "--json", RECOVER, codes=(0, 21))
        self.told("rebalance_plan", "--json", REBALANCE, "--task", "far", "--dry-run")
        self.told("recover", "--json", RECOVER, "--apply", codes=(0, 21))
        self.told("halt", "--json", RECOVER, "halt", "--task", "far", "--cancel-all")
        self.told("resume", "--json", RECOVER, "resume", "--task", "far", "--yes")
        self.told("status", "--json", STATUS)
        self.told("orders", "--json", STATUS, "orders")
        self.told("events", "--json", STATUS, "events")
        self.told("audit", "--json", STATUS, "audit", "--online", codes=(0, 75))
        self.assert_codes_explained(self.schema.codes)
        os.remove(os.path.join(self.dir, "credentials.toml"))
        self.told("event", "--json", RUN, eth, "--restart", codes=(77,))


if __name__ == "__main__":
    unittest.main()

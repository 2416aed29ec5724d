"""Pre-flight: every fault that is planted at the venues, in the keys or in the files is found, with its code, before an order is sent."""
import json
import os
import shutil
import unittest
from decimal import Decimal

from live_tools import LiveTest
from tools import EXAMPLES, ToolTest


class Checks:
    """What dn-status check answers, by name."""

    def checked(self, code, *arguments):
        done = self.status("check", *arguments, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["schema"], report["exit_code"]), ("dn.check/1", code))
        return report["checks"]

    def assert_one(self, checks, name, status, of="", said=""):
        fit = [c for c in checks if c["name"] == name and of in c["of"]]
        self.assertTrue(fit, f"no check {name} of {of}: {checks}")
        self.assertIn(status, [c["status"] for c in fit], fit)
        good = [c for c in fit if c["status"] == status and said in c["message"]]
        self.assertTrue(good, f"{said}: {fit}")
        if status != "ok":
            self.assertTrue(all(c["next"] for c in good), good)
        return good[0]

    def failures(self, checks):
        return sorted({c["name"] for c in checks if c["status"] == "fail"})


class Offline(Checks, ToolTest):
    def setUp(self):
        super().setUp()
        self.file = shutil.copy(os.path.join(EXAMPLES, "btc.toml"), self.dir)

    def test_a_fresh_installation_is_fine_and_stays_untouched(self):
        checks = self.checked(0, self.file)
        self.assert_one(checks, "task_file", "ok", said="BTC/USDT")
        self.assert_one(checks, "database", "ok", said="not there yet")
        self.assertFalse(os.path.exists(os.path.dirname(self.db)))
        text = self.status("check", self.file)
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertTrue(text.stdout.isascii(), "no terminal, no signs")
        self.assertIn("task file", text.stdout)

    def test_alerts_can_be_tried(self):
        self.assert_one(self.checked(0), "alerts", "ok", said="nobody is told")
        self.assert_one(self.checked(78, "--test-alert"), "alerts", "fail", said="nobody is told")
        got = os.path.join(self.dir, "got")
        hook = self.write("hook", f"#!/bin/sh\ncat > {got}\n")
        os.chmod(hook, 0o700)
        config = self.write("dn.toml", f'alert_command = "{hook}"\nalert_level = "CRITICAL"\n')
        self.assert_one(self.checked(0, "--config", config), "alerts", "ok", said="--test-alert")
        self.assertFalse(os.path.exists(got))
        self.assert_one(self.checked(0, "--config", config, "--test-alert"), "alerts", "ok", said="took a test")
        with open(got, encoding="utf-8") as f:
            alert = json.load(f)
        self.assertEqual((alert["schema"], alert["type"], alert["level"], alert["code"]), ("dn.event/1", "alert", "INFO", "test"))

    def test_alerts_that_reach_nobody_are_found(self):
        config = self.write("dn.toml", 'alert_command = "no-such-program-here"\n')
        self.assert_one(self.checked(78, "--config", config), "alerts", "fail", said="not in PATH")
        config = self.write("dn.toml", 'alert_command = "false"\nalert_webhook = "http://127.0.0.1:9/hook"\n')
        checks = self.checked(69, "--config", config, "--test-alert")
        self.assert_one(checks, "alerts", "fail", said="the command false")
        self.assert_one(checks, "alerts", "fail", said="the webhook http://127.0.0.1:9")

    def test_files_that_are_wrong_are_named_and_the_rest_is_still_checked(self):
        bad = self.write("bad.toml", 'name = "bad"\nfrob = 1\n')
        checks = self.checked(78, self.file, bad)
        self.assert_one(checks, "task_file", "fail", of="bad.toml", said="frob")
        self.assert_one(checks, "task_file", "ok", of="btc.toml")
        self.assertEqual(self.failures(self.checked(66, os.path.join(self.dir, "none.toml"))), ["task_file"])
        again = shutil.copy(self.file, os.path.join(self.dir, "again.toml"))
        self.assert_one(self.checked(78, self.file, again), "task_file", "fail", of="again.toml", said="another task")
        config = self.write("dn.toml", 'mode = "maybe"\n')
        self.assert_one(self.checked(78, self.file, "--config", config), "config", "fail", said="maybe")

    def test_keys_that_others_can_read_or_that_are_not_there(self):
        keys = self.write("keys.toml", '[mexc]\nkey = "k"\nsecret = "s"\n[gateio]\nkey = "k"\nsecret = "s"\n')
        os.chmod(keys, 0o600)
        live = ("--mode", "live", self.file)
        self.assert_one(self.checked(0, *live, "--credentials", keys), "credentials", "ok", said="gateio, mexc")
        os.chmod(keys, 0o644)
        self.assert_one(self.checked(77, *live, "--credentials", keys), "credentials", "fail", said="0644")
        self.assert_one(self.checked(77, *live), "credentials", "fail", said="there are none")

    def test_a_live_task_needs_its_limit(self):
        keys = self.write("keys.toml", '[mexc]\nkey = "k"\nsecret = "s"\n[gateio]\nkey = "k"\nsecret = "s"\n')
        os.chmod(keys, 0o600)
        with open(self.file, encoding="utf-8") as f:
            text = "".join(line for line in f if "max_order_notional" not in line)
        self.assert_one(self.checked(78, "--mode", "live", "--credentials", keys, self.write("bare.toml", text)), "limits", "fail")

    def test_what_waits_for_a_person(self):
        self.assertEqual(self.run_task(self.file, "--speed", "max", "--max-cycles", "20", "--seed", "3").returncode, 10)
        self.assert_one(self.checked(0), "task", "ok", of="btc")
        self.assertEqual(self.status("check", "--task", "nobody").returncode, 66)
        state = os.path.dirname(self.db)
        os.chmod(state, 0o750)
        self.assert_one(self.checked(0), "state", "warn", said="0750")
        os.chmod(state, 0o770)
        self.assert_one(self.checked(77), "state", "fail", said="0770")
        os.chmod(state, 0o700)
        halt = os.path.join(state, "HALT")
        self.write(halt, "")
        self.assert_one(self.checked(23), "halt", "fail", of="HALT")
        os.unlink(halt)
        self.assertEqual(self.recover("halt", "--reason", "odd prices").returncode, 0)
        os.path.exists(halt) and os.unlink(halt)
        self.assert_one(self.checked(23), "task", "fail", of="btc")

    def test_the_kill_switch_of_a_venue_counts_where_a_task_trades_there(self):
        os.makedirs(os.path.dirname(self.db), 0o700)
        for venue, code in (("gateio_spot", 23), ("gateio_futures", 0)):
            path = self.write(os.path.join(os.path.dirname(self.db), "HALT-" + venue), "")
            rows = [c for c in self.checked(code, self.file) if c["name"] == "halt"]
            self.assertEqual([(c["status"], c["of"]) for c in rows], [("fail" if code else "warn", path)])
            os.remove(path)

    def test_a_database_that_is_none(self):
        os.makedirs(os.path.dirname(self.db), 0o700)
        with open(self.db, "wb") as f:
            f.write(b"not a database, but long enough to be taken for one" * 100)
        os.chmod(self.db, 0o600)
        self.assert_one(self.checked(74), "database", "fail")

    def test_on_paper_online_asks_nobody_and_knows_the_paper_venues(self):
        checks = self.checked(0, self.file, "--online")
        self.assert_one(checks, "worst_case", "ok", said="USDT")
        self.assert_one(checks, "prices", "ok", said="mexc_spot")
        self.assertEqual([c for c in checks if c["name"] in ("key", "reachable", "balance")], [])

    def test_the_plan_says_the_same(self):
        done = self.run_task(self.file, "--plan", "--seed", "5", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = json.loads(done.stdout)
        self.assert_one(plan["checks"], "worst_case", "ok", said=plan["worst_case_slice"])
        self.assertEqual(plan["exit_code"], 0)
        self.assertGreater(Decimal(plan["buy"]["visible_depth"]), 0)
        loss = Decimal(plan["worst_case_slice"])
        refused = self.run_task(self.file, "--plan", "--seed", "5", "--json", "--set", f"risk.max_loss={(loss / 2).quantize(Decimal('0.01'))}")
        self.assertEqual(refused.returncode, 22, refused.stdout)
        self.assertEqual(self.failures(json.loads(refused.stdout)["checks"]), ["worst_case"])
        text = self.run_task(self.file, "--plan", "--seed", "5")
        self.assertIn("worst case", text.stdout)
        self.assertIn("depth", text.stdout)
        self.assertFalse(os.path.exists(self.db), "a plan writes nothing")


class Online(Checks, LiveTest):
    def setUp(self):
        super().setUp()
        self.file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005")

    def set(self, **what):
        self.exchange.control("POST", "settings", what)

    def online(self, code, *arguments, file=None):
        return self.checked(code, file or self.file, "--online", "--config", self.config, *arguments)

    def assert_untouched(self):
        self.assertEqual(self.exchange.ledger()["orders"], [])

    def test_a_good_installation(self):
        self.set(mexc_account_withdraws=False)
        checks = self.online(0)
        for venue in ("mexc_spot", "gateio_spot"):
            for name in ("reachable", "clock", "key", "trade_right"):
                self.assert_one(checks, name, "ok", of=venue)
        self.assert_one(checks, "withdraw_right", "ok", of="mexc_spot")
        for name in ("symbol", "sizes", "prices", "fees", "balance", "capital", "worst_case"):
            self.assert_one(checks, name, "ok", of="t")
        self.assert_untouched()
        self.assert_no_sins()
        futures = self.task_file("f", "ETH/USDT", "gateio_spot", "gateio_futures", "1", "0.1")
        self.assert_one(self.online(0, file=futures), "trade_right", "ok", of="gateio_futures")
        self.assert_no_sins()

    def test_keys_and_their_rights(self):
        self.assert_one(self.online(0), "withdraw_right", "warn", of="mexc_spot")
        for change, venue in (({"mexc_secret": "0" * 32}, "mexc_spot"), ({"gateio_key": "0" * 32}, "gateio_spot")):
            self.write_credentials(**change)
            self.assert_one(self.online(77), "key", "fail", of=venue)
        self.write_credentials(mode=0o644)
        checks = self.online(77)
        self.assert_one(checks, "credentials", "fail", said="0644")
        self.assert_one(checks, "symbol", "ok")
        self.write_credentials()
        for setting, venue in (("mexc_key_trades", "mexc_spot"), ("gate_key_trades", "gateio_spot")):
            self.set(**{setting: False})
            checks = self.online(77)
            self.assertEqual(self.failures(checks), ["trade_right"])
            self.assert_one(checks, "trade_right", "fail", of=venue)
            self.set(**{setting: True})
        self.set(mexc_account_trades=False)
        self.assert_one(self.online(77), "key", "fail", of="mexc_spot", said="may not trade")
        self.assert_untouched()

    def test_clocks(self):
        self.set(skew_ms=300)
        self.assert_one(self.online(0), "clock", "warn", of="gateio_spot")
        self.set(skew_ms=-2000)
        checks = self.online(78)
        self.assertEqual(self.failures(checks), ["clock"])
        self.assert_one(checks, "clock", "fail", of="mexc_spot", said="ahead of")

    def test_a_venue_that_is_too_slow_to_tell_the_time_is_not_called_a_wrong_clock(self):
        self.exchange.control("POST", "latency", {"ms": 2600})
        run = self.live(self.file)
        self.assertEqual(run.returncode, 69, run.stderr)
        self.assertIn("too long to say whether the clocks differ", run.stderr)

    def test_symbols_that_do_not_trade(self):
        for venue, symbol in (("mexc_spot", "BTCUSDT"), ("gateio_spot", "BTC_USDT")):
            self.exchange.control("POST", "halt", {"venue": venue, "symbol": symbol, "status": "halted"})
            self.assert_one(self.online(78), "symbol", "fail", said=venue)
            self.exchange.control("POST", "halt", {"venue": venue, "symbol": symbol, "status": "trading"})
        self.set(mexc_not_by_api=["BTCUSDT"])
        self.assert_one(self.online(78), "symbol", "fail", said="API")
        self.set(mexc_not_by_api=[])
        self.assert_one(self.online(78, file=self.task_file("n", "KAS/USDT", "mexc_spot", "gateio_spot", "10", "1")), "symbol", "fail", of="gateio_spot")

    def test_sizes_below_the_minimums_once_they_are_rounded(self):
        small = self.task_file("s", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.00001")
        self.assert_one(self.online(78, file=small), "sizes", "fail", of="s", said="order_quantity")

    def test_one_venue_is_away(self):
        self.config = self.write_config()
        with open(self.config, encoding="utf-8") as f:
            text = f.read()
        gate = self.exchange.urls["gateRest"].replace("/api/v4", "")
        self.config = self.write("dn.toml", text.replace(gate, "https://127.0.0.1:9"))
        checks = self.online(69)
        self.assertEqual(self.failures(checks), ["reachable"])
        self.assert_one(checks, "reachable", "fail", of="gateio_spot")
        self.assert_one(checks, "key", "ok", of="mexc_spot")

    def test_the_plan_ends_with_the_same_code(self):
        self.assertEqual(self.live(self.file, "--plan").returncode, 0)
        self.set(gate_key_trades=False)
        done = self.live(self.file, "--plan", "--json")
        self.assertEqual(done.returncode, 77, done.stdout)
        self.assertEqual(self.failures(json.loads(done.stdout)["checks"]), ["trade_right"])
        self.assert_untouched()


class Poor(Checks, LiveTest):
    settings = {"balances": {"mexc": {"USDT": "300", "BTC": "0.002"}, "gate_spot": {"USDT": "0", "BTC": "0.004"}}}

    def check_and_run(self, total, slice_, more=""):
        self.file = self.task_file("p", "BTC/USDT", "mexc_spot", "gateio_spot", total, slice_, more=more)
        checks = self.checked(22, self.file, "--online", "--config", self.config)
        return checks, self.live(self.file)

    def test_a_balance_below_the_first_slice_keeps_both_legs_from_beginning(self):
        checks, run = self.check_and_run("0.01", "0.005")
        self.assert_one(checks, "balance", "fail", said="0.01 BTC for what it has left, and 0.004 are free")
        self.assertEqual(run.returncode, 22, run.stderr)
        self.assertIn("gateio_spot: the sell leg needs 0.005 BTC for its first slice, and 0.004 are free", run.stderr)
        self.assertIn("mexc_spot", run.stderr)
        self.assertEqual(self.exchange.ledger()["orders"], [])
        self.assertFalse(os.path.exists(self.db), "nothing is written")

    def test_a_task_keeps_to_its_share_of_the_balance(self):
        checks, run = self.check_and_run("0.001", "0.001", more="max_capital_fraction = 0.01\n")
        self.assert_one(checks, "capital", "fail", said="max_capital_fraction")
        self.assertEqual(run.returncode, 22, run.stderr)
        self.assertIn("max_capital_fraction", run.stderr)

    def test_what_has_begun_may_go_on(self):
        # Far from the market. What rests is paid for; the next slice is not.
        self.file = self.task_file("p", "BTC/USDT", "mexc_spot", "gateio_spot", "0.004", "0.002", quote="touch", offset=3000, tolerance=2000, more="max_capital_fraction = 1\n")
        self.assertEqual(self.live(self.file, "--max-runtime", "3s", "--on-exit", "leave").returncode, 10)
        self.assertEqual(len([o for o in self.exchange.ledger()["orders"] if o["open"]]), 2)
        again = self.live(self.file, "--max-runtime", "1s")
        self.assertEqual(again.returncode, 10, again.stderr)
        self.assertIn("it goes on with what it has begun", again.stderr)
        self.assertEqual([o for o in self.exchange.ledger()["orders"] if o["open"]], [])


if __name__ == "__main__":
    unittest.main()

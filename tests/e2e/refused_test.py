"""Bad input is refused before anything is written or sent, with its place, its reason, a remedy and a code."""
import json
import os
import sqlite3
import unittest

from tools import RUN, ToolTest

GOOD = """name = "t"
symbol = "BTC/USDT"
total_quantity = 1.0
order_quantity = 0.1
[buy]
exchange = "mexc_spot"
[sell]
exchange = "gateio_spot"
"""


class Refused(ToolTest):
    def refuse(self, text, code, *said, arguments=()):
        path = self.write("t.toml", text)
        done = self.run_task(path, "--speed", "max", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for words in said:
            self.assertIn(words, done.stderr)
        self.assertIn("next:", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse(os.path.exists(self.db), "nothing is written")

    def change(self, old, new):
        self.assertIn(old, GOOD)
        return GOOD.replace(old, new)

    def test_task_files(self):
        for old, new, *said in (
            ("order_quantity = 0.1", "order_quantiti = 0.1", "t.toml:4:", "order_quantiti", "did you mean order_quantity?"),
            ("order_quantity = 0.1", 'order_quantity = true', "t.toml:4:", "must be a decimal number"),
            ("order_quantity = 0.1", "order_quantity = 0", "t.toml:4:18:", "not above zero"),
            ("order_quantity = 0.1", "order_quantity = -0.1", "t.toml:4:18:", "not above zero"),
            ("order_quantity = 0.1", "order_quantity = 1.5", "t.toml:4:18:", "larger than total_quantity"),
            ("order_quantity = 0.1", "order_quantity = nan", "t.toml:4:18:", "not a decimal"),
            ("order_quantity = 0.1", "order_quantity = inf", "t.toml:4:18:", "not a decimal"),
            ("order_quantity = 0.1", "order_quantity = 1e400", "t.toml:4:"),
            ("order_quantity = 0.1", "order_quantity = 0.1234567890123456789012345678901234567890", "t.toml:4:18:", "digits"),
            ("order_quantity = 0.1", "order_quantity = 1234567890123456789012345678901234567890", "t.toml:4:"),
            ("order_quantity = 0.1", "order_quantity = 0x10", "t.toml:4:18:"),
            ("order_quantity = 0.1", "order_quantity = ", "t.toml:4:"),
            ("order_quantity = 0.1", "order_quantity = 0.1\norder_quantity = 0.2", "t.toml:5:"),
            ("order_quantity = 0.1", "", "order_quantity", "required"),
            ('"BTC/USDT"', '"BTCUSDT"', "t.toml:2:10:", "BASE/QUOTE"),
            ('"BTC/USDT"', '"BTC/EUR"', "t.toml:8:", "does not list BTC/EUR") if False else ('"BTC/USDT"', '"BTC/EUR"', "does not list BTC/EUR"),
            ('"BTC/USDT"', '"KAS/USDT"', "gateio_spot does not list KAS/USDT"),
            ('"mexc_spot"', '"mexc"', "t.toml:6:12:", "is not a venue; write mexc_spot, gateio_spot or gateio_futures"),
            ('exchange = "mexc_spot"', 'exchange = "mexc_spot"\noffset_ticks = "2"', "t.toml:7:16:", "whole number"),
            ('exchange = "mexc_spot"', 'exchange = "mexc_spot"\noffset_ticks = 2.5', "t.toml:7:16:", "whole number"),
            ('exchange = "mexc_spot"', 'exchange = "mexc_spot"\ntick_tolerance = -1', "t.toml:7:18:", "from 0"),
            ("total_quantity = 1.0", "total_quantity = 0.00001", "t.toml:", "order_quantity"),
            ("total_quantity = 1.0\norder_quantity = 0.1", "total_quantity = 0.00001\norder_quantity = 0.00001", "t.toml:4:18:", "below the smallest order of gateio_spot"),
            ('name = "t"', 'name = "a b"', "t.toml:1:8:", "not a task name"),
            ('name = "t"', 'delay = "fast"\nname = "t"', "t.toml:1:9:", "250ms"),
            ('name = "t"', 'delay = 100\nname = "t"', "t.toml:1:9:", "duration in quotes"),
            ('name = "t"', '[portfolio]\nmax_loss = 5\n', "portfolio.capital", "required"),
        ):
            with self.subTest(new=new):
                self.refuse(self.change(old, new), 78, *said)

    def test_all_problems_of_a_file_are_told_at_once(self):
        self.refuse(GOOD.replace("1.0", "-1").replace("mexc_spot", "mexc"), 78, "t.toml:3:18:", "t.toml:6:12:")

    def test_files_that_are_none(self):
        self.assertEqual(self.run_task(os.path.join(self.dir, "no.toml")).returncode, 66)
        self.assertEqual(self.run_task(self.dir).returncode, 66)
        with open(os.path.join(self.dir, "b.toml"), "wb") as f:
            f.write(os.urandom(4000) + b"\0")
        self.assertEqual(self.run_task(os.path.join(self.dir, "b.toml")).returncode, 78)
        self.assertEqual(self.run_task(self.write("big.toml", "# " + "x" * 1_100_000)).returncode, 78)
        self.assertFalse(os.path.exists(self.db))

    def test_two_tasks_of_one_name(self):
        done = self.run_task(self.write("a.toml", GOOD), self.write("b.toml", GOOD))
        self.assertEqual(done.returncode, 78)
        self.assertIn("b.toml:1:8: name", done.stderr)

    def test_command_lines(self):
        for arguments in ((), ("--frobnicate",), ("x.toml", "--speed", "fast"), ("x.toml", "--seed", "-1"), ("x.toml", "--max-runtime", "10"), ("--max-cycles", "0"), ("set", "t"),
                          ("x.toml", "--json", "--ndjson"), ("x.toml", "--mode", "dry"), ("x.toml", "--replay", ""), ("x.toml", "--faults", "")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.run_task(*arguments).returncode, 64)
        self.assertEqual(self.call(RUN, "x.toml", "--db", "").returncode, 64, "an unset variable names no database")

    def test_errors_are_json_where_json_is_asked_for(self):
        for arguments in ((self.write("t.toml", self.change("0.1", "0"))), "--json"), ("--ndjson", "--frobnicate"):
            done = self.run_task(*arguments)
            error = json.loads(done.stdout)
            self.assertEqual((error["type"], error["code"]), ("exit_error", done.returncode))
            self.assertTrue(error["message"] and error["next"])

    def test_what_live_trading_asks_for(self):
        def live(*arguments, **environment):
            self.environment.update(environment)
            return self.run_task(*arguments, "--mode", "live")

        file = self.write("t.toml", GOOD)
        done = live(file)
        self.assertEqual(done.returncode, 78)
        self.assertIn("max_order_notional", done.stderr)
        file = self.write("t.toml", GOOD + "[risk]\nmax_order_notional = 1000\n")
        done = live(file)
        self.assertEqual(done.returncode, 77)
        self.assertIn("--credentials", done.stderr)
        for flags in (("--speed", "5"), ("--seed", "1"), ("--replay", "."), ("--faults", "x")):
            with self.subTest(flags=flags):
                done = live(file, *flags)
                self.assertEqual(done.returncode, 64)
                self.assertIn(flags[0], done.stderr)
        self.assertFalse(os.path.exists(self.db))

    def test_keys_that_others_could_read_are_not_used(self):
        task = self.write("t.toml", GOOD + "[risk]\nmax_order_notional = 1000\n")
        secret = "canary-5f3a"
        keys = self.write("keys.toml", f'[mexc]\nkey = "k"\nsecret = "{secret}"\n[gateio]\nkey = "k"\nsecret = "{secret}"\n')
        link = os.path.join(self.dir, "link.toml")
        os.symlink(keys, link)

        def refuse(path, code, text):
            done = self.run_task(task, "--mode", "live", "--credentials", path)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(text, done.stderr)
            self.assertNotIn(secret, done.stdout + done.stderr)

        for mode in (0o604, 0o640, 0o644, 0o660, 0o666):
            os.chmod(keys, mode)
            refuse(keys, 77, "read by others")
        os.chmod(keys, 0o600)
        refuse(link, 77, "symbolic link")
        refuse(self.dir, 77, "not a regular file")
        refuse(os.path.join(self.dir, "none.toml"), 66, "no such file")
        for text, code, what in ((f"[mexc]\nkey = {secret}\n", 78, "not TOML"), (f'[mexc]\nkey = "{secret}"\n', 78, "both key and secret"), (f'{secret} = 1\n', 78, "mexc.key"),
                                 (f'[mexc]\nkey = "k"\nsecret = "{secret}"\n', 77, "[gateio]"), (f'[mexc]\nkey = "a b"\nsecret = "{secret}"\n', 78, "visible")):
            with self.subTest(text=text):
                path = self.write("bad.toml", text)
                os.chmod(path, 0o600)
                refuse(path, code, what)
        self.environment["CREDENTIALS_DIRECTORY"] = self.dir
        os.rename(keys, os.path.join(self.dir, "dn"))
        os.chmod(os.path.join(self.dir, "dn"), 0o644)
        done = self.run_task(task, "--mode", "live")
        self.assertEqual(done.returncode, 77)
        self.assertIn("read by others", done.stderr)
        del self.environment["CREDENTIALS_DIRECTORY"]
        for command, what in (("exit 3", "exit code 3"), ("kill -9 $$", "signal"), (f"echo {secret}", "not TOML"), ("yes", "64 KiB")):
            with self.subTest(command=command):
                config = self.write("dn.toml", f'credential_command = "{command}"\n')
                done = self.run_task(task, "--mode", "live", "--config", config)
                self.assertIn(done.returncode, (77, 78))
                self.assertIn(what, done.stderr)
                self.assertNotIn(secret, done.stderr)

    def test_a_database_of_a_newer_program(self):
        self.assertEqual(self.run_task(self.write("t.toml", GOOD), "--speed", "max", "--seed", "1").returncode, 0)
        connection = sqlite3.connect(self.db)
        connection.execute("PRAGMA user_version = 999")
        connection.commit()
        connection.close()
        for done in (self.run_task(self.write("t.toml", GOOD), "--restart"), self.status()):
            self.assertEqual(done.returncode, 65, done.stderr)
            self.assertIn("999", done.stderr)

    def test_a_database_that_is_none(self):
        os.makedirs(os.path.dirname(self.db))
        with open(self.db, "wb") as f:
            f.write(b"not a database at all, but long enough to be one" * 100)
        for done in (self.run_task(self.write("t.toml", GOOD)), self.status()):
            self.assertEqual(done.returncode, 74, done.stderr)
            self.assertIn("--from-venue", done.stderr)

    def test_a_second_process_on_one_task(self):
        path = self.write("t.toml", GOOD)
        first = self.begin(path, "--ndjson")
        self.wait_for_event(first, "ack")
        second = self.call(RUN, path, "--db", self.db)
        self.assertEqual(second.returncode, 11, second.stderr)
        self.assertIn(str(first.pid), second.stderr)
        self.kill(first)

    def test_an_existing_task_does_not_change_its_venues(self):
        self.assertEqual(self.run_task(self.write("t.toml", GOOD), "--once", "--speed", "max").returncode, 10)
        done = self.run_task(self.write("t.toml", self.change("mexc_spot", "gateio_spot")), "--speed", "max")
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("t.toml:6:12: buy.exchange", done.stderr)

    def test_dn_toml(self):
        for text, said in (("mod = \"paper\"", "did you mean mode?"), ("mode = \"wet\"", "paper, live"), ('[endpoints.kraken]\nrest = "https://x"', "is not a venue"),
                           ('[endpoints.mexc_spot]\nrest = "http://127.0.0.1"', "https://"), ('[endpoints.mexc_spot]\nrest = "https://api.example.com"\nrate_scale = 5', "loopback")):
            with self.subTest(text=text):
                self.refuse(GOOD, 78, said, arguments=("--config", self.write("dn.toml", text)))
        self.refuse(GOOD, 66, "no such file", arguments=("--config", os.path.join(self.dir, "none.toml")))

    def test_faults_files(self):
        for text, said in (("lost_replie = 5", "did you mean lost_reply?"), ("lost_reply = 1001", "per mille"), ('lost_reply = "5"', "per mille"), ("for = 30", "duration")):
            with self.subTest(text=text):
                self.refuse(GOOD, 78, said, arguments=("--faults", self.write("f.toml", text)))


if __name__ == "__main__":
    unittest.main()

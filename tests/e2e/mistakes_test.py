"""What people get wrong, each told once: what, why, what to do, and with the right exit code. Nothing is sent or written for it."""
import json
import os
import unittest

from tools import REBALANCE, RECOVER, RUN, STATUS, ToolTest

GOOD = """name = "btc"
symbol = "BTC/USDT"
total_quantity = 1.0
order_quantity = 0.1
[buy]
exchange = "mexc_spot"
[sell]
exchange = "gateio_spot"
[risk]
max_order_notional = 20000
"""
KEYS = '[mexc]\nkey = "k"\nsecret = "canary-7d1e"\n[gateio]\nkey = "k"\nsecret = "canary-7d1e"\n'


class Mistakes(ToolTest):
    def told(self, done, code, *words):
        """One message: the tool, what is wrong, and the next step. What kind of market it is may stand before it."""
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\A(paper: .*\n)?dn-[a-z]+: \S")
        self.assertEqual(done.stderr.count("\n  next: "), 1, done.stderr)
        self.assertNotIn("canary", done.stderr)
        for text in words:
            self.assertIn(text, done.stderr)

    def in_the_file(self, mistakes, code):
        for name, old, new, *words in mistakes:
            with self.subTest(name):
                self.assertIn(old, GOOD)
                path = self.write("btc.toml", GOOD.replace(old, new, 1))
                self.told(self.run_task(path, "--speed", "max"), code, *words)
                self.assertFalse(os.path.exists(self.db), "nothing was written")

    def test_in_a_task_file(self):
        self.in_the_file((
            ("a key mistyped", "order_quantity", "order_quantiti", "btc.toml:4:", "did you mean order_quantity?"),
            ("a key without its table", "order_quantity = 0.1", "order_quantity = 0.1\nmax_los = 5", "did you mean risk.max_loss?"),
            ("a key of either side", "order_quantity = 0.1", 'order_quantity = 0.1\nexchange = "mexc_spot"', "dn-run keys lists them"),
            ("a table mistyped", "[risk]", "[rsk]", "did you mean risk.max_order_notional?"),
            ("a typo in a venue", "gateio_spot", "gateio_sopt", "btc.toml:8:12:", "did you mean gateio_spot?"),
            ("an exchange for a venue", '"mexc_spot"', '"mexc"', "write mexc_spot, gateio_spot or gateio_futures", "did you mean mexc_spot?"),
            ("a symbol without its slash", "BTC/USDT", "BTCUSDT", "btc.toml:2:10:", 'as in "BTC/USDT"'),
            ("a symbol in small letters", "BTC/USDT", "btc/usdt", "in capitals"),
            ("base and quote swapped", "BTC/USDT", "USDT/BTC", "does not list USDT/BTC", "did you mean BTC/USDT?"),
            ("a coin that the venue has not", "BTC/USDT", "BTC/EUR", "does not list BTC/EUR"),
            ("a slice above the total", "order_quantity = 0.1", "order_quantity = 10", "btc.toml:4:18:", "larger than total_quantity"),
            ("nothing to trade", "total_quantity = 1.0", "total_quantity = 0", "is not above zero"),
            ("a negative quantity", "order_quantity = 0.1", "order_quantity = -0.1", "is not above zero"),
            ("a comma for a point", "order_quantity = 0.1", 'order_quantity = "0,1"', "write a plain decimal such as 0.25"),
            ("a slice below the minimum", "total_quantity = 1.0\norder_quantity = 0.1", "total_quantity = 0.00001\norder_quantity = 0.00001", "below the smallest order of"),
            ("a duration without its unit", "order_quantity = 0.1", 'order_quantity = 0.1\ndelay = "100"', "btc.toml:5:9:", "100"),
            ("a duration as a number", "order_quantity = 0.1", "order_quantity = 0.1\ndelay = 100", 'as in "250ms"'),
            ("a switch in quotes", "order_quantity = 0.1", 'order_quantity = 0.1\npost_only = "true"', "true or false, without quotes"),
            ("a choice that is none", "order_quantity = 0.1", 'order_quantity = 0.1\nlead = "bye"', "both, buy or sell"),
            ("a key twice", "order_quantity = 0.1", "order_quantity = 0.1\norder_quantity = 0.2", "btc.toml:5:"),
            ("a quote forgotten", '"BTC/USDT"', '"BTC/USDT', "btc.toml:2:"),
            ("one bracket for two", 'name = "btc"', '[task]\nname = "btc"', "write [[task]] with two brackets"),
            ("a portfolio without capital", "[risk]", "[portfolio]\nmax_loss = 5\n[risk]", "write capital = VALUE"),
        ), 78)

    def test_a_quantity_in_quote_for_one_in_base(self):
        path = self.write("btc.toml", GOOD.replace("total_quantity = 1.0", "total_quantity = 100").replace("order_quantity = 0.1", "order_quantity = 10"))
        done = self.run_task(path, "--speed", "max", "--plan")
        self.assertEqual(done.returncode, 22, done.stdout + done.stderr)
        self.assertIn("in BTC", done.stdout + done.stderr)

    def test_in_what_is_named(self):
        file = self.write("btc.toml", GOOD)
        other = self.write("eth.toml", GOOD)
        for name, done, code, *words in (
            ("a file mistyped", self.run_task(os.path.join(self.dir, "btc.tml")), 66, "there is no such file; did you mean", "btc.toml?"),
            ("a file without its ending", self.run_task(os.path.join(self.dir, "btc")), 66, "did you mean", "btc.toml?"),
            ("a directory for a file", self.run_task(self.dir), 66, "is a directory"),
            ("a name in two files", self.run_task(file, other), 78, "used by another task", "a name of its own"),
            ("a task's name for its file", self.run_task("somewhere"), 66, "there is no such file", "--task somewhere"),
            ("a flag mistyped", self.run_task(file, "--plann"), 64, "did you mean --plan?"),
            ("a config that is not there", self.run_task(file, "--config", os.path.join(self.dir, "dn.toml")), 66, "there is no such file"),
            ("a key of dn.toml mistyped", self.run_task(file, "--config", self.write("a.toml", 'stat_dir = "/x"')), 78, "did you mean state_dir?"),
            ("a mode in capitals", self.run_task(file, "--config", self.write("b.toml", 'mode = "Live"')), 78, "paper, live"),
            ("an address without TLS", self.run_task(file, "--config", self.write("c.toml", '[endpoints.mexc_spot]\nrest = "http://127.0.0.1"')), 78, "write https://HOST:PORT"),
            ("a home for a shell", self.run_task(file, "--config", self.write("d.toml", 'state_dir = "~/dn"')), 78, "write the path from / on"),
            ("a fault mistyped", self.run_task(file, "--faults", self.write("f.toml", "lost_replay = 5")), 78, "did you mean lost_reply?"),
            ("a recording that is not there", self.run_task(file, "--replay", os.path.join(self.dir, "none")), 66, "none"),
            ("a log where nothing can be written", self.run_task(file, "--log-file", "/proc/none/dn.log"), 74, "give --log-file a file that can be written"),
            ("no database", self.status(), 66, "database"),
            ("a task file for a database", self.call(STATUS, "--db", file), 74, "not a database of dn", "give the right --db"),
        ):
            with self.subTest(name):
                self.told(done, code, *words)

    def test_in_the_command_line(self):
        file = self.write("btc.toml", GOOD)
        for name, done, *words in (
            ("a flag mistyped", self.run_task(file, "--max-runtim", "50s"), "--max-runtim is not a flag of dn-run; did you mean --max-runtime?"),
            ("one dash for two", self.run_task("-task", "btc"), "did you mean --task?"),
            ("a flag of a verb without it", self.recover("--flatten"), "belongs to a verb: dn-recover halt --flatten"),
            ("a verb mistyped", self.status("shwo", "btc"), "did you mean dn-status show?"),
            ("a verb mistyped with a flag of it", self.status("chekc", "--online"), "did you mean dn-status check?"),
            ("a flag before its verb", self.status("--online", "check"), "stands behind its verb: dn-status check --online"),
            ("a word too many", self.status("explain", "20", "21"), "one word too many for dn-status explain"),
            ("rows before the first", self.status("orders", "--last", "-1"), '"-1" is not a whole number'),
            ("rows in words", self.status("orders", "--last", "ten"), '"ten" is not a whole number'),
            ("CSV of what has no rows", self.status("check", "--csv"), "check has no rows", "leave out --csv"),
            ("a verb mistyped where files stand", self.call(RUN, "puase", "btc"), "did you mean dn-run pause?"),
            ("a mode mistyped", self.run_task(file, "--mode", "lve"), "--mode", "did you mean live?"),
            ("a time without its unit", self.run_task(file, "--max-runtime", "50"), "--max-runtime 50s"),
            ("a speed in words", self.run_task(file, "--speed", "fast"), "--speed 10"),
            ("a seed that is none", self.run_task(file, "--seed", "x"), "--seed 7"),
            ("no task", self.run_task(), "no task is given"),
            ("a file and flags", self.run_task(file, "--symbol", "BTC/USDT"), "--set key=value"),
            ("a variable that is empty", self.call(RUN, file, "--db", ""), "check the variable"),
            ("a code that is none", self.status("explain", "99"), "99 is no exit code", "dn-status explain lists all codes"),
            ("resume without saying what", self.recover("resume", "--yes"), "--task NAME", "--all"),
            ("a task where none stands", self.recover("resume", "btc"), "name tasks with --task NAME"),
            ("half an order by hand", self.rebalance("--exchange", "mexc_spot", "--symbol", "BTC/USDT"), "--quantity"),
            ("a venue mistyped by hand", self.by_hand(exchange="gateio_sopt"), "did you mean gateio_spot?"),
            ("a side mistyped by hand", self.by_hand(side="sel"), "did you mean sell?"),
            ("a rehearsal by another name", self.run_task(file, "--dry-run"), "--plan"),
            ("a mode as a flag", self.run_task(file, "--live"), "here it is --mode live"),
            ("a verb before the file", self.call(RUN, "run", file), "the file alone: dn-run FILE"),
            ("a verb of another tool", self.call(RUN, "status", "btc"), "here it is dn-status"),
            ("stop for pause or cancel", self.call(RUN, "stop", "btc"), "dn-run pause NAME", "dn-run cancel NAME"),
            ("a task for a verb", self.status("btc"), "dn-status show btc"),
            ("a task for its flag", self.rebalance("btc"), "--task btc"),
            ("logs for events", self.status("logs", "btc"), "dn-status events"),
            ("a tail of rows", self.status("orders", "--tail", "5"), "--last N"),
            ("nothing to set", self.call(RUN, "set", "btc", "--db", self.db), "dn-run set needs NAME KEY=VALUE"),
            ("a verb without its task", self.call(RUN, "cancel", "--all"), "dn-run cancel needs NAME"),
            ("a copy without its file", self.status("backup"), "dn-status backup needs FILE"),
            ("an order without its limit", self.call(REBALANCE, "--exchange", "mexc_spot", "--symbol", "BTC/USDT", "--side", "buy", "--quantity", "0.1", "--db", self.db), "--max-notional"),
        ):
            with self.subTest(name):
                self.told(done, 64, *words)

    def by_hand(self, exchange="mexc_spot", side="buy", quantity="0.01"):
        return self.rebalance("--exchange", exchange, "--symbol", "BTC/USDT", "--side", side, "--quantity", quantity, "--yes", "--max-notional", "3000")

    def test_quote_for_base_by_hand(self):
        done = self.by_hand(quantity="3000")
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertIn("the order's value", done.stderr)
        self.assertIn("--quantity is in BTC, not in USDT", done.stdout)

    def test_about_tasks_of_the_database(self):
        self.assertEqual(self.run_task(self.write("btc.toml", GOOD), "--once", "--speed", "max", "--seed", "1").returncode, 10)
        swapped = self.write("swapped.toml", GOOD.replace("mexc_spot", "X").replace("gateio_spot", "mexc_spot").replace("X", "gateio_spot"))
        for name, done, code, *words in (
            ("sides swapped", self.run_task(swapped), 78, "swapped.toml:6:12: buy.exchange"),
            ("a task mistyped", self.run_task("--task", "btcc"), 66, "did you mean btc?", "dn-status lists the tasks"),
            ("one mistyped behind a verb", self.run_task("pause", "bct"), 66, "did you mean btc?"),
            ("one mistyped for dn-status", self.status("show", "btd"), 66, "did you mean btc?"),
            ("one mistyped for dn-recover", self.recover("--task", "bttc"), 66, "did you mean btc?"),
            ("one mistyped for dn-rebalance", self.rebalance("--task", "bttc", "--dry-run"), 66, "did you mean btc?"),
            ("a key mistyped", self.run_task("set", "btc", "order_quantiti=1"), 78, "did you mean order_quantity?"),
            ("a blank for =", self.run_task("set", "btc", "order_quantity", "0.05"), 64, "write for example order_quantity=0.05"),
            ("a key that stays", self.run_task("set", "btc", "buy.exchange=gateio_spot"), 22, "cannot change once the task exists"),
            ("release of what goes on", self.recover("release", "--task", "btc", "--yes"), 22, "has not ended"),
        ):
            with self.subTest(name):
                self.told(done, code, *words)

    def test_in_going_live(self):
        file = self.write("btc.toml", GOOD)
        keys = self.write("keys.toml", KEYS)
        half = self.write("half.toml", '[mexc]\nkey = "k"\nsecret = "canary-7d1e"\n')
        link = os.path.join(self.dir, "link.toml")
        os.symlink(keys, link)
        for path, mode in ((keys, 0o644), (half, 0o600)):
            os.chmod(path, mode)
        bare = self.write("bare.toml", GOOD.split("[risk]", maxsplit=1)[0])
        for name, done, code, *words in (
            ("no keys", self.run_task(file, "--mode", "live"), 77, "give --credentials FILE, or trade on paper"),
            ("keys that others can read", self.run_task(file, "--mode", "live", "--credentials", keys), 77, "read by others", "0644", "chmod 600"),
            ("a directory for keys", self.run_task(file, "--mode", "live", "--credentials", self.dir), 77, "is not a regular file", "a file with your keys"),
            ("a link to keys", self.run_task(file, "--mode", "live", "--credentials", link), 77, "symbolic link"),
            ("keys of one venue", self.run_task(file, "--mode", "live", "--credentials", half), 77, "has no [gateio]"),
            ("keys that are not there", self.run_task(file, "--mode", "live", "--credentials", os.path.join(self.dir, "none")), 66, "there is no such file"),
            ("no limit for an order", self.run_task(bare, "--mode", "live", "--credentials", keys), 78, "max_order_notional"),
            ("a market of paper", self.run_task(file, "--mode", "live", "--seed", "7"), 64, "--seed makes no sense with --mode live"),
            ("a recording of nothing real", self.run_task(file, "--record", self.dir), 64, "--mode live"),
            ("nobody to wait for", self.run_task(file, "--spin", "0"), 64, "--mode live"),
            ("a processor that is not there", self.run_task(file, "--mode", "live", "--credentials", half, "--spin", "1000"), 64, "may run on processor"),
        ):
            with self.subTest(name):
                self.told(done, code, *words)
                self.assertFalse(os.path.exists(self.db), "nothing was written")

    def test_two_forms_of_rows_at_once(self):
        for form in ("--json", "--ndjson"):
            done = self.status("orders", "--csv", form)
            self.assertEqual((done.returncode, done.stdout.count("\n")), (64, 1), done.stdout)
            told = json.loads(done.stdout)
            self.assertEqual((told["code"], told["next"]), (64, "leave out one of them"))
            self.assertIn("--csv", told["message"])

    def test_what_is_told_to_programs_says_the_same(self):
        for tool, arguments in ((RUN, ("--max-runtim", "5s")), (STATUS, ("shwo",)), (RECOVER, ("--aply",))):
            plain = self.call(tool, *arguments)
            told = self.call(tool, *arguments, "--json")
            self.assertEqual(told.stderr, "")
            self.assertIn(plain.stderr.split(": ", 1)[1].split("\n")[0].split(";")[0].replace('"', '\\"'), told.stdout)


if __name__ == "__main__":
    unittest.main()

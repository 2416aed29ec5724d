"""What a live run never does: believe a certificate, show a secret, quote without prices, or need its private stream."""
import base64
import fcntl
import json
import os
import subprocess
import time
import unittest
import urllib.parse
from decimal import Decimal

from live_tools import LiveTest
from tools import RECOVER

CANARY = "cAnAry/+=secret-2f81c4"
KEY = "mx0cAnArykey77b1"


class Certificates(LiveTest):
    def lines(self, path):
        with open(path, encoding="utf-8") as f:
            return f.read().splitlines()

    def refused(self, rest, ws_only):
        config = self.write_config(rest=rest)
        if ws_only:
            bad = self.lines(config)
            good = self.lines(self.write_config())
            config = self.write("dn.toml", "\n".join(b if b.startswith("ws") else g for g, b in zip(good, bad)) + "\n")
        self.config = config
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_futures", "0.01", "0.005")
        return self.live(file, "--max-runtime", "4s", "--verbose")

    def test_rest_behind_a_bad_certificate(self):
        for door in ("wrongName", "expired", "unknownCa"):
            with self.subTest(door=door):
                done = self.refused(self.exchange.urls[door], False)
                self.assertEqual(done.returncode, 69, done.stderr)
                self.assertRegex(done.stderr.lower(), "certificate|tls|ssl")
        self.assertEqual(self.exchange.ledger()["orders"], [])

    def test_streams_behind_a_bad_certificate(self):
        for door in ("wrongName", "expired", "unknownCa"):
            with self.subTest(door=door):
                done = self.refused(self.exchange.urls[door], True)
                self.assertIn(done.returncode, (10, 12), done.stderr)
                self.assertRegex(done.stderr.lower(), "certificate|tls|ssl")
                self.assertNotIn("connected\n", done.stderr)
        self.assertEqual(self.exchange.ledger()["orders"], [])


class StuckReaders(LiveTest):
    """Whoever reads stdout and stderr stops: a terminal after Ctrl-S, a pager, a pipe into something that hangs."""

    settings = {"rate_scale": 20}

    def begin_unread(self, file, *arguments):
        run = self.begin_live(file, "--ndjson", "--verbose", *arguments)
        for stream in (run.stdout, run.stderr):
            fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, 4096)
        return run

    def test_the_task_goes_on_and_the_reader_misses_nothing(self):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.05", "0.001", more="max_capital_fraction = 1\n")
        run = self.begin_unread(file)
        self.until(lambda: len([o for o in self.exchange.ledger()["orders"] if o["client_order_id"].startswith("t-")]) >= 100, 60)
        out, _ = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0)
        self.assertGreater(len(out), 3 * 4096)
        told = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([e["type"] for e in told], [e["type"] for e in self.events("t")])

    def test_the_kill_switch_works(self):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.05", "0.001", quote="touch", offset=50, tolerance=0)
        run = self.begin_unread(file)
        orders = lambda: [o for o in self.exchange.ledger()["orders"] if o["client_order_id"].startswith("t-")]  # noqa: E731
        self.until(lambda: len(orders()) > 40, 60)
        self.write(os.path.join(os.path.dirname(self.db), "HALT"), "stop")
        self.until(lambda: not [o for o in orders() if o["open"]])
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 23)


    def test_a_run_ends_although_nobody_ever_reads(self):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.05", "0.001", more="max_capital_fraction = 1\n")
        for arguments in (("--ndjson", "--verbose"), ("--verbose",)):
            run = self.begin_live(file, *arguments, "--restart")
            for stream in (run.stdout, run.stderr):
                fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, 4096)
            self.assertIn(run.wait(timeout=90), (0, 74))
            self.assertEqual(self.task("t")["verdict"], "COMPLETED")
            run.stdout.close()
            run.stderr.close()

    def test_a_repair_does_not_wait_for_its_reader(self):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.05", "0.001", quote="touch", offset=500, tolerance=10000)
        run = self.begin_live(file, "--ndjson")
        self.wait_for_event(run, "ack")
        self.until(lambda: len(self.open_orders()) == 2)
        self.kill(run)
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
        tool = subprocess.Popen([RECOVER, "--task", "t", "--apply", "--db", self.db, "--config", self.config], stdout=writer, stderr=writer,
                                env=self.environment, cwd=self.dir)
        self.until(lambda: not self.open_orders())
        os.close(writer)
        os.close(reader)
        tool.wait(timeout=60)

    def open_orders(self):
        return [o for o in self.exchange.ledger()["orders"] if o["open"]]


class Signals(LiveTest):
    def test_a_signal_during_a_slow_start_ends_it_in_every_moment(self):
        files = [self.task_file(f"t{i}", "BTC/USDT", "mexc_spot", "gateio_spot", "0.05", "0.001", more="max_capital_fraction = 1\n") for i in (1, 2)]
        self.exchange.control("POST", "latency", {"ms": 600})
        for number, seconds in enumerate((1, 2.5, 4, 5.5)):
            self.db = os.path.join(self.dir, f"state-{number}", "dn.db")
            self.config = self.write_config()
            run = self.begin_live(*files)
            with self.assertRaises(subprocess.TimeoutExpired):
                run.wait(timeout=seconds)
            run.terminate()
            signalled = time.time()
            _, err = run.communicate(timeout=60)
            self.assertEqual(run.returncode, 143, err)
            late = [o for o in self.exchange.ledger()["orders"] if o["client_order_id"].startswith("t-") and o["began_us"] > (signalled + 2) * 1e6]
            self.assertEqual([o for o in late if o["type"] == "limit"], [], err)


class StateOfOthers(LiveTest):
    def test_nothing_is_traded_by_a_database_that_others_can_change(self):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005")
        os.makedirs(os.path.dirname(self.db))
        os.chmod(os.path.dirname(self.db), 0o777)
        done = self.live(file)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("chmod 700", done.stderr)
        self.assertEqual(self.exchange.ledger()["orders"], [])
        os.chmod(os.path.dirname(self.db), 0o700)
        self.assertEqual(self.live(file).returncode, 0)


class Secrets(LiveTest):
    settings = {"mexc_key": KEY, "mexc_secret": CANARY, "gate_key": KEY + "g", "gate_secret": CANARY + "g"}

    def forms(self):
        for text in (CANARY, KEY):
            raw = text.encode()
            yield from (raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"="))
            yield from (urllib.parse.quote(text, safe="").encode(), urllib.parse.quote_plus(text).encode())

    def assert_nowhere(self, *outputs):
        texts = [o.encode() for o in outputs]
        for folder, _, files in os.walk(self.dir):
            for name in files:
                path = os.path.join(folder, name)
                if name in ("credentials.toml", "exchange.json") or "/exchange" in folder:
                    continue
                with open(path, "rb") as f:
                    texts.append(f.read())
        for form in self.forms():
            for text in texts:
                self.assertNotIn(form, text)

    def test_no_secret_in_outputs_logs_or_database(self):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_futures", "0.01", "0.005")
        for fault in ("reset_after", "html_403", "http_500_accepted", "truncate"):
            self.exchange.fault(venue="any", what="place", fault=fault, count=1, ms=0)
        done = self.live(file, "--ndjson", "--verbose", "--log-file", os.path.join(self.dir, "log.txt"), "--max-runtime", "60s")
        self.assertEqual(done.returncode, 0, done.stdout)
        shown = [self.status(*a) for a in (("show", "t"), ("events", "t"), ("orders", "t", "--json"), ("--json",))]
        self.assert_nowhere(done.stdout, done.stderr, *(s.stdout + s.stderr for s in shown))

    def test_no_secret_in_what_a_refused_key_brings(self):
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005")
        for change in ({"mexc_secret": CANARY + "x"}, {"gateio_secret": CANARY + "x"}, {"mexc_key": KEY + "x"}, {"gateio_key": KEY + "x"}):
            with self.subTest(change=change):
                self.write_credentials(**change)
                done = self.live(file, "--json", "--verbose")
                self.assertEqual(done.returncode, 77, done.stdout)
                self.assert_nowhere(done.stdout, done.stderr)


class Resting(LiveTest):
    def resting(self, name, *arguments):
        """A task whose quotes stand far away, with both of them at the exchange."""
        more = 'max_book_age = "1s"\nmax_repeated_errors = 1000\n'
        file = self.task_file(name, "ETH/USDT", "mexc_spot", "gateio_spot", "0.2", "0.1", quote="touch", offset=3000, tolerance=2000, more=more)
        task = self.begin_live(file, "--ndjson", *arguments)
        self.addCleanup(task.stdout.close)
        self.addCleanup(task.stderr.close)
        self.addCleanup(lambda: task.poll() is None and task.kill())
        self.until(lambda: len(self.open_orders()) == 2)
        self.until(lambda: [o["status"] for o in self.rows("orders", name)] == ["open", "open"])  # also in the books
        return task

    def open_orders(self):
        return [o for o in self.exchange.ledger()["orders"] if o["open"]]

    def finish(self, name, task):
        self.run_task("set", name, "buy.offset_ticks=-300", "sell.offset_ticks=300")
        out, err = task.communicate(timeout=60)
        self.assertEqual(task.returncode, 0, out[-3000:] + err[-1000:])
        self.assertEqual(self.task(name)["verdict"], "COMPLETED")


class Streams(Resting):
    def test_quotes_disappear_when_the_public_stream_stands_still_and_come_back(self):
        before = self.exchange.ledger()
        task = self.resting("still")
        self.exchange.fault(venue="mexc_spot", what="stream", fault="stall_stream", ms=8000)
        began = time.monotonic()
        self.until(lambda: not self.open_orders(), 10)
        self.assertLess(time.monotonic() - began, 7, "max_book_age is 1s, and 5s later a stream that has not said a word yet is given up")
        self.until(lambda: len(self.open_orders()) == 2, 30)
        self.finish("still", task)
        self.assert_books_equal(before)

    def test_without_its_private_stream_it_trades_all_the_same(self):
        before = self.exchange.ledger()
        for _ in range(3):
            self.exchange.fault(venue="any", what="stream", fault="drop_private", count=1000)
        task = self.resting("deaf")
        self.finish("deaf", task)
        self.assert_books_equal(before)

    def test_cut_streams_are_made_again(self):
        before = self.exchange.ledger()
        task = self.resting("cut")
        connections = self.exchange.ledger()["counters"]["ws_connections"]
        for venue in ("mexc_spot", "gateio_spot"):
            self.exchange.fault(venue=venue, what="stream", fault="drop_stream")
        self.until(lambda: self.exchange.ledger()["counters"]["ws_connections"] >= connections + 4)
        self.until(lambda: len(self.open_orders()) == 2)
        self.finish("cut", task)
        self.assert_books_equal(before)


class Beginning(Resting):
    def test_a_run_that_does_not_begin_says_what_an_earlier_one_left(self):
        task = self.resting("left")
        self.kill(task)
        self.assertEqual(len(self.open_orders()), 2)
        self.config = self.write_config(rest="https://127.0.0.1:9")
        done = self.live("--task", "left")
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn("orders of task left are not proven yet", done.stderr)
        self.config = self.write_config()
        self.assertEqual(self.live("--task", "left", "--max-runtime", "1s").returncode, 10)
        self.assertEqual(self.open_orders(), [])


    def fails_at_its_first_look(self, venue, file, name):
        """The venue tells its rules and the account's money, and then not what the account did lately."""
        self.exchange.control("POST", "latency", {"ms": 400})
        runs = self.runs_of(name)
        run = self.begin_live(file)
        self.until(lambda: self.runs_of(name) > runs)  # the run is in the books, and nothing is asked yet that it waits for
        self.exchange.fault(venue=venue, what="query", fault="http_502_html", count=100000)
        _, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 69, err)
        self.assertIn(f"{venue}: ", err)
        self.assertIn("run the same command again", err)
        self.exchange.fault(clear=True)
        self.exchange.control("POST", "latency", {"ms": 0})
        return err

    def runs_of(self, name):
        answer = self.status("--json", "--task", name)
        return json.loads(answer.stdout)["tasks"][0]["runs"] if answer.returncode == 0 else 0

    def test_a_task_that_begins_without_a_look_at_the_account_sends_nothing(self):
        before = self.exchange.ledger()
        for venue, name in (("mexc_spot", "first"), ("gateio_spot", "second")):
            file = self.task_file(name, "ETH/USDT", "mexc_spot", "gateio_spot", "0.2", "0.1")
            sent = len(self.exchange.ledger()["orders"])
            self.fails_at_its_first_look(venue, file, name)
            self.assertEqual(len(self.exchange.ledger()["orders"]), sent)
            self.assertEqual(self.events(name), [], "it did not begin")
            done = self.live(file)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_books_equal(before)

    def test_what_an_earlier_run_left_is_cancelled_where_the_venue_answers(self):
        task = self.resting("look", "--set", "risk.dead_man=0s")
        self.kill(task)
        err = self.fails_at_its_first_look("gateio_spot", os.path.join(self.dir, "look.toml"), "look")
        self.assertIn("orders of task look are not proven yet", err)
        self.assertEqual([o["venue"] for o in self.open_orders()], ["gateio_spot"])
        self.assertEqual(self.live("--task", "look", "--max-runtime", "1s").returncode, 10)
        self.assertEqual(self.open_orders(), [])


class PaperOnLivePrices(LiveTest):
    def test_no_key_is_needed_and_nothing_is_signed(self):
        os.unlink(os.path.join(self.dir, "credentials.toml"))
        self.config = self.write_config(mode="paper", more='feed = "live"')
        file = self.task_file("p", "BTC/USDT", "mexc_spot", "gateio_futures", "0.01", "0.005")
        done = self.live(file, "--max-runtime", "60s")
        self.assertEqual(done.returncode, 0, done.stderr)
        ledger = self.exchange.ledger()
        self.assertEqual(ledger["orders"], [])
        self.assert_no_sins()
        self.assertEqual(self.task("p")["imbalance"], "0")
        self.config = self.write_config()
        self.write_credentials()
        mixed = self.live("--task", "p", "--restart")
        self.assertEqual(mixed.returncode, 0, "a finished task may begin a new round live")

    def test_a_paper_task_does_not_go_on_live(self):
        self.config = self.write_config(mode="paper", more='feed = "live"')
        file = self.task_file("p", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005", quote="touch", offset=3000, tolerance=2000)
        self.assertEqual(self.live(file, "--max-runtime", "1s").returncode, 10)
        self.config = self.write_config()
        done = self.live("--task", "p")
        self.assertEqual(done.returncode, 78)
        self.assertIn("begun on paper", done.stderr)
        self.assertEqual(self.exchange.ledger()["orders"], [])

    def test_a_run_that_spins_stays_on_its_processor_and_does_the_same(self):
        core = min(os.sched_getaffinity(0))
        before = self.exchange.ledger()
        file = self.task_file("spins", "ETH/USDT", "mexc_spot", "gateio_spot", "0.2", "0.1")
        run = self.begin_live(file, "--ndjson", "--spin", str(core))
        self.wait_for_event(run, "ack")
        self.assertEqual(os.sched_getaffinity(run.pid), {core})
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, out[-2000:] + err)
        self.assert_books_equal(before)

    def test_what_is_recorded_can_be_replayed(self):
        self.config = self.write_config(mode="paper", more='feed = "live"')
        file = self.task_file("r", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005", quote="touch", offset=3000, tolerance=2000)
        folder = os.path.join(self.dir, "recording")
        self.assertEqual(self.live(file, "--max-runtime", "3s", "--record", folder).returncode, 10)
        for venue in ("mexc_spot", "gateio_spot"):
            with open(os.path.join(folder, venue, "orderbooks_BTC_USDT.csv"), encoding="utf-8") as f:
                rows = f.read().splitlines()
            self.assertGreater(len(rows), 5)
            self.assertEqual({len(r.split(",")) for r in rows}, {7})
            bid, ask = Decimal(rows[-1].split(",")[3]), Decimal(rows[-1].split(",")[5])
            self.assertLess(0, bid)
            self.assertLess(bid, ask)
        self.db += ".replay"
        taker = self.task_file("r2", "BTC/USDT", "mexc_spot", "gateio_spot", "0.01", "0.005")
        done = self.run_task(taker, "--replay", folder, "--speed", "max")
        self.assertIn(done.returncode, (0, 10), done.stderr)
        self.assertEqual(self.task("r2")["imbalance"], "0")


if __name__ == "__main__":
    unittest.main()

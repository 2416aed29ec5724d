"""Alerts that reach a person: a command and a webhook are told what happens, and neither can disturb the trading."""
import http.server
import json
import os
import signal
import stat
import threading
import time
import unittest

from tools import EXAMPLES, RUN, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")
FAST = ("--speed", "max")


class Receiver(http.server.ThreadingHTTPServer):
    """A web server on loopback that remembers what it is told; `answer` is its status, `wait` keeps it silent until set."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told = []
        self.answer = 200
        self.wait = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def address(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append((self.path, self.headers["Content-Type"], body))
        if self.server.wait is not None:
            self.server.wait.wait(60)
        self.send_response(self.server.answer)
        if self.server.answer == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class AlertsTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.told_file = os.path.join(self.dir, "told")
        self.tried_file = os.path.join(self.dir, "tried")
        self.broken = os.path.join(self.dir, "broken")
        # Appends what it is told in one write; while there is a file "broken", it only says that it was called, and fails.
        self.hook = self.script("hook", f'if [ -e {self.broken} ]; then echo x >> {self.tried_file}; exit 1; fi\nline=$(cat)\nprintf "%s\\n" "$line" >> {self.told_file}\n')

    def script(self, name, body):
        path = self.write(name, "#!/bin/sh\n" + body)
        os.chmod(path, 0o700)
        return path

    def config(self, **keys):
        text = f'state_dir = "{os.path.dirname(self.db)}"\n' + "".join(f'{k} = "{v}"\n' for k, v in keys.items())
        return ("--config", self.write("dn.toml", text))

    def told(self):
        """What the hook was told, line by line."""
        if not os.path.exists(self.told_file):
            return []
        with open(self.told_file, encoding="utf-8") as f:
            return f.read().splitlines()

    def codes(self):
        return [json.loads(line).get("code") for line in self.told()]

    def stored(self, *types):
        """The events of the database as they are stored, of these types."""
        return [e for e in self.events("btc") if not types or e["type"] in types]

    def halted(self, *arguments):
        """A run that stores one halt: the file HALT is there when it begins."""
        os.makedirs(os.path.dirname(self.db), exist_ok=True)
        halt = os.path.join(os.path.dirname(self.db), "HALT")
        open(halt, "w", encoding="utf-8").close()
        done = self.run_task(BTC, *FAST, *arguments)
        os.unlink(halt)
        self.assertEqual(done.returncode, 23, done.stderr)
        return done

    def wait_until(self, true, process):
        end = time.monotonic() + 60
        while not true():
            self.assertIsNone(process.poll(), "the run has ended")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)


class Command(AlertsTest):
    def test_the_hook_is_told_the_event_as_it_is_printed(self):
        done = self.halted("--ndjson", "--on-alert", self.hook)
        printed = [line for line in done.stdout.splitlines() if '"level":"CRITICAL"' in line]
        self.assertEqual(len(printed), 1)
        self.assertEqual(self.told(), printed)

    def test_only_what_is_grave_enough_is_told(self):
        paused = self.run_task(BTC, *FAST, "--max-cycles", "1", *self.config(alert_command=self.hook))
        self.assertEqual(paused.returncode, 10, paused.stderr)
        self.assertEqual(self.told(), [], "states, orders and fills are not for a person")
        done = self.run_task(BTC, *FAST, *self.config(alert_command=self.hook, alert_level="DEBUG"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("fill", [json.loads(line)["type"] for line in self.told()])

    def test_the_counts_of_a_busy_run_add_up(self):
        done = self.run_task(BTC, "--seed", "3", *FAST, *self.config(alert_command=self.hook, alert_level="DEBUG"))
        self.assertEqual(done.returncode, 0, done.stderr)
        told = [json.loads(line) for line in self.told()]
        stored = self.stored()
        self.assertGreater(len(stored), 100)
        self.assertLess(len(told), 31)
        self.assertEqual(sum(e.get("suppressed", 1) for e in told), len(stored))

    def test_a_hook_that_hangs_floods_or_fails_changes_not_a_byte_of_the_run(self):
        arguments = (BTC, "--seed", "7", *FAST, "--ndjson")
        plain = self.run_task(*arguments)
        hooks = {"hangs": "sleep 1000\n", "floods": "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2\n", "fails": "exit 1\n"}
        for name, body in hooks.items():
            with self.subTest(name):
                self.db = os.path.join(self.dir, "state-" + name, "dn.db")
                begun = time.monotonic()
                done = self.run_task(*arguments, *self.config(alert_command=self.script(name, body), alert_level="DEBUG"))
                self.assertEqual((done.returncode, done.stdout), (plain.returncode, plain.stdout))
                self.assertLess(time.monotonic() - begun, 30, "the end waits for some seconds at most")
                self.assertEqual("not delivered" in done.stderr, name != "floods", done.stderr)
                if name != "floods":  # also what came while the first one kept the thread
                    self.assertIn(f" yet: {len(self.stored())};", done.stderr)

    def test_what_was_not_delivered_goes_out_with_the_next_run_once(self):
        open(self.broken, "w", encoding="utf-8").close()
        done = self.halted("--on-alert", self.hook)
        self.assertIn("ended with exit code 1", done.stderr)
        self.assertIn(f"alerts not delivered by the command {self.hook} yet: 1;", done.stderr)
        os.unlink(self.broken)
        again = self.run_task(BTC, *FAST, "--on-alert", self.hook)
        self.assertEqual(self.codes(), ["halt_file"])
        self.assertIn("1 alert of an earlier run: to be told to", again.stderr)
        self.run_task(BTC, *FAST, "--on-alert", self.hook)
        self.assertEqual(self.codes(), ["halt_file"])

    def test_kill_and_the_next_run_delivers_exactly_what_was_not(self):
        config = self.config(alert_command=self.hook, alert_level="INFO")
        process = self.begin(BTC, "--ndjson", *config)
        self.wait_for_event(process, "ack")
        self.run_task("pause", "btc")
        self.wait_until(lambda: "paused" in self.codes(), process)
        open(self.broken, "w", encoding="utf-8").close()
        self.run_task("resume", "btc")
        self.wait_until(lambda: os.path.exists(self.tried_file) and "resumed" in [e["code"] for e in self.stored("alert")], process)
        self.kill(process)
        self.assertNotIn("resumed", self.codes())
        os.unlink(self.broken)
        done = self.run_task(BTC, *FAST, *config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.codes().count("paused"), 1, self.codes())
        # A hook that had just been called when its run was killed may still get through.
        self.assertIn(self.codes().count("resumed"), (1, 2), self.codes())

    def test_a_stopped_run_delivers_before_it_ends(self):
        config = self.config(alert_command=self.script("slow", f"sleep 1\nexec {self.hook}\n"), alert_level="INFO")
        process = self.begin(BTC, "--ndjson", *config)
        self.wait_for_event(process, "ack")
        self.run_task("pause", "btc")
        self.wait_for_event(process, "alert")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, err)
        self.assertIn("paused", self.codes())

    def test_repeats_are_held_back_and_told_at_the_end(self):
        config = self.config(alert_command=self.hook, alert_level="INFO")
        process = self.begin(BTC, "--ndjson", *config)
        self.wait_for_event(process, "ack")
        for _ in range(3):
            for verb in ("pause", "resume"):
                self.run_task(verb, "btc")
                self.wait_for_event(process, "alert")
        self.wait_until(lambda: {"paused", "resumed"} <= set(self.codes()), process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        told = [json.loads(line) for line in self.told() if json.loads(line).get("code") in ("paused", "resumed")]
        self.assertEqual([e.get("suppressed") for e in told], [None, None, 2, 2], told)

    def test_the_hook_sees_no_secret_and_the_files_are_private(self):
        self.environment["DN_TEST_SECRET"] = "hunter2"
        hook = self.script("env", f"env > {self.told_file}\n")
        self.halted("--on-alert", hook)
        self.assertNotIn("hunter2", "\n".join(self.told()))
        self.assertIn("PATH=", "\n".join(self.told()))
        locks = os.path.join(os.path.dirname(self.db), "locks")
        files = [f for f in os.listdir(locks) if "alerts" in f]
        self.assertEqual(files, ["btc.alerts-command"])
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(locks, files[0])).st_mode), 0o600)

    def test_a_database_with_a_past_is_not_told_again(self):
        self.halted()
        done = self.run_task(BTC, *FAST, "--on-alert", self.hook)
        self.assertEqual(done.returncode, 23, done.stderr)
        self.assertNotIn("halt_file", self.codes())

    def test_a_database_made_anew_begins_anew(self):
        self.halted("--on-alert", self.hook)
        for name in os.listdir(os.path.dirname(self.db)):
            if name.startswith("dn.db"):
                os.unlink(os.path.join(os.path.dirname(self.db), name))
        done = self.halted("--on-alert", self.hook)
        self.assertIn("another database", done.stderr)
        self.assertEqual(self.codes(), ["halt_file", "halt_file"])

    def test_a_run_that_cannot_begin_is_told_too_and_not_every_minute_anew(self):
        config = self.config(alert_command=self.hook)
        for _ in range(3):
            done = self.run_task(BTC, "--mode", "live", "--json", *config)
            self.assertEqual(done.returncode, 77, done.stderr)
        self.assertEqual(len(self.told()), 1)
        told, printed = json.loads(self.told()[0]), json.loads(done.stdout)
        self.assertEqual([told[k] for k in ("type", "code", "message", "next")], [printed[k] for k in ("type", "code", "message", "next")])

    def test_halt_and_resume_by_a_person_are_told_too(self):
        config = self.config(alert_command=self.hook)
        self.assertEqual(self.run_task(BTC, *FAST, "--max-cycles", "1", *config).returncode, 10)
        self.assertEqual(self.recover("halt", "--task", "btc", "--reason", "odd prices", *config).returncode, 0)
        self.assertEqual(self.codes(), ["halted"])
        self.assertEqual(self.recover("resume", "--task", "btc", "--yes", *config).returncode, 0)
        self.assertEqual(self.codes(), ["halted", "resumed"])
        done = self.run_task(BTC, *FAST, *config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.codes(), ["halted", "resumed"])

    def test_halt_at_once_also_where_the_hook_hangs(self):
        config = self.config(alert_command=self.script("hangs", "sleep 1000\n"))
        process = self.begin(BTC, "--ndjson", *config)
        self.wait_for_event(process, "ack")
        begun = time.monotonic()
        self.assertIn(self.recover("halt", "--cancel-all", *config).returncode, (0, 20, 23))
        self.assertLess(time.monotonic() - begun, 20)
        self.assertEqual(self.rows("orders", "--open"), [])
        process.communicate(timeout=60)

    def test_a_command_that_makes_no_sense_is_refused(self):
        for command, why in (("mail 'me", "not closed"), ("''", "names no program"), ("", "empty")):
            done = self.run_task(BTC, *FAST, "--on-alert", command)
            self.assertEqual(done.returncode, 64)
            self.assertIn(why, done.stderr)
        done = self.run_task(BTC, *FAST, *self.config(alert_command="mail 'me"))
        self.assertEqual(done.returncode, 78)
        self.assertIn("dn.toml:2:17: alert_command: has a ' that is not closed", done.stderr)
        done = self.run_task(BTC, *FAST, "--on-alert", "dn-no-such-program")
        self.assertEqual(done.returncode, 0, "a missing hook keeps nobody from trading")
        self.assertIn("is not in PATH", done.stderr)


class Webhook(AlertsTest):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)
        self.address = self.receiver.address("/hooks/s3cr3t?token=abc")

    def nowhere_shown(self, done):
        for text in (done.stdout, done.stderr):
            self.assertNotIn("s3cr3t", text)
            self.assertNotIn("abc", text)
        for folder, _, files in os.walk(os.path.dirname(self.db)):
            for name in files:
                with open(os.path.join(folder, name), "rb") as f:
                    self.assertNotIn(b"s3cr3t", f.read(), name)

    def test_it_is_told_the_event_as_it_is_printed(self):
        done = self.halted("--ndjson", *self.config(alert_webhook=self.address))
        printed = [line for line in done.stdout.splitlines() if '"level":"CRITICAL"' in line]
        self.assertEqual(self.receiver.told, [("/hooks/s3cr3t?token=abc", "application/json", printed[0])])
        self.nowhere_shown(done)

    def test_command_and_webhook_are_told_each_on_its_own(self):
        open(self.broken, "w", encoding="utf-8").close()
        config = self.config(alert_webhook=self.address, alert_command=self.hook)
        self.halted(*config)
        self.assertEqual((len(self.receiver.told), len(self.told())), (1, 0))
        os.unlink(self.broken)
        self.run_task(BTC, *FAST, *config)
        self.assertEqual((len(self.receiver.told), len(self.told())), (1, 1))

    def test_a_refusal_or_a_redirect_is_no_delivery(self):
        config = self.config(alert_webhook=self.address)
        self.receiver.answer = 302
        done = self.halted(*config)
        self.assertIn("answers with HTTP status 302", done.stderr)
        self.assertNotIn("/elsewhere", [path for path, _, _ in self.receiver.told])
        self.nowhere_shown(done)
        self.receiver.answer = 500
        done = self.run_task(BTC, *FAST, *config)
        self.assertIn("answers with HTTP status 500", done.stderr)
        self.receiver.answer = 204
        self.receiver.told.clear()
        done = self.run_task(BTC, *FAST, *config)
        self.assertEqual(len(self.receiver.told), 1)

    def test_one_that_is_down_or_silent_delays_the_end_by_seconds_at_most(self):
        self.receiver.wait = threading.Event()
        begun = time.monotonic()
        done = self.halted(*self.config(alert_webhook=self.address))
        self.assertLess(time.monotonic() - begun, 15)
        self.assertIn("was not done when the run ended", done.stderr)
        self.receiver.wait.set()
        self.receiver.wait = None
        self.receiver.shutdown()
        self.receiver.server_close()
        begun = time.monotonic()
        done = self.run_task(BTC, *FAST, "--alert-webhook", self.address)
        self.assertLess(time.monotonic() - begun, 5, "a refused connection costs no wait")
        self.assertIn("cannot be reached: connection refused", done.stderr)
        self.nowhere_shown(done)

    def test_addresses_that_would_leak_are_refused_and_not_shown(self):
        for address in ("http://example.com/s3cr3t", "ftp://example.com/s3cr3t", "s3cr3t", "https://u:s3cr3t@example.com/"):
            done = self.run_task(BTC, *FAST, "--alert-webhook", address)
            self.assertEqual(done.returncode, 64, done.stderr)
            self.nowhere_shown(done)
            done = self.run_task(BTC, *FAST, *self.config(alert_webhook=address))
            self.assertEqual(done.returncode, 78, done.stderr)
            self.nowhere_shown(done)


if __name__ == "__main__":
    unittest.main()

"""Alerts of live runs: somebody is told by command and by webhook while real sockets trade, and the exchange sees no difference."""
import json
import os
import time
import unittest

from live_tools import LiveTest


class LiveAlerts(LiveTest):
    def setUp(self):
        super().setUp()
        self.told_file = os.path.join(self.dir, "told")

    def hook(self, body):
        path = self.write("hook", "#!/bin/sh\n" + body)
        os.chmod(path, 0o700)
        return path

    def told(self):
        if not os.path.exists(self.told_file):
            return []
        with open(self.told_file, encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def test_a_live_task_trades_to_its_end_with_a_hook_that_hangs(self):
        self.config = self.write_config(more=f'alert_command = "{self.hook("sleep 1000")}"\nalert_level = "DEBUG"')
        file = self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "0.02", "0.01")
        done = self.live(file, "--max-runtime", "30s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("was not done when the run ended, and was killed", done.stderr)
        self.assertEqual(self.task("t")["verdict"], "COMPLETED")

    def test_a_halt_of_a_live_task_is_told_while_the_hook_sees_no_key(self):
        self.config = self.write_config(more=f'alert_command = "{self.hook(f"cat >> {self.told_file}; env > {self.told_file}.env; ls -l /proc/self/fd > {self.told_file}.fds")}"')
        process = self.begin_live(self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "1", "0.01", quote="touch", offset=50), "--ndjson")
        self.wait_for_event(process, "ack")
        open(os.path.join(os.path.dirname(self.db), "HALT"), "w", encoding="utf-8").close()
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 23, err)
        self.assertEqual([(e["type"], e["level"], e["code"]) for e in self.told()], [("halt", "CRITICAL", "halt_file")])
        with open(self.told_file + ".env", encoding="utf-8") as f:
            self.assertNotIn("credentials", f.read().lower())
        with open(self.told_file + ".fds", encoding="utf-8") as f:
            self.assertNotIn("socket:", f.read())

    def test_a_webhook_behind_a_bad_certificate_is_told_nothing(self):
        for door in ("wrongName", "expired", "unknownCa"):
            with self.subTest(door=door):
                self.db = os.path.join(self.dir, door, "dn.db")
                self.config = self.write_config(more=f'alert_webhook = "{self.exchange.urls[door]}/s3cr3t"')
                os.makedirs(os.path.dirname(self.db))
                open(os.path.join(os.path.dirname(self.db), "HALT"), "w", encoding="utf-8").close()
                done = self.live(self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "1", "0.01"))
                self.assertEqual(done.returncode, 23, done.stderr)
                self.assertIn("cannot be reached: certificate refused", done.stderr)
                self.assertNotIn("s3cr3t", done.stderr)

    def test_a_run_that_cannot_begin_is_told(self):
        self.write_credentials(mode=0o644)
        self.config = self.write_config(more=f'alert_command = "{self.hook(f"cat >> {self.told_file}")}"')
        begun = time.monotonic()
        done = self.live(self.task_file("t", "BTC/USDT", "mexc_spot", "gateio_spot", "1", "0.01"))
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual([(e["type"], e["code"]) for e in self.told()], [("exit_error", 77)])


if __name__ == "__main__":
    unittest.main()

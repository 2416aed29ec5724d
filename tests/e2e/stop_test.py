"""Signals, kill -9, a full disk, pauses: a task that is stopped at any moment goes on correctly."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from tools import EXAMPLES, RUN, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")


class Stop(ToolTest):
    def start(self, *arguments):
        return self.begin(BTC, "--ndjson", *arguments)

    def finish(self):
        done = self.run_task(BTC, "--speed", "max")
        self.assertEqual(done.returncode, 0, done.stderr)
        task = self.task("btc")
        self.assertEqual((task["verdict"], task["buy"]["filled"], task["sell"]["filled"]), ("COMPLETED", "1", "1"))
        trades = [f["trade_id"] for f in self.rows("fills")]
        self.assertEqual(len(trades), len(set(trades)))
        ids = [o["client_order_id"] for o in self.rows("orders")]
        self.assertEqual(len(ids), len(set(ids)))

    def test_sigterm_and_sigint_leave_nothing_resting(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.subTest(code=code):
                self.db = os.path.join(self.dir, str(code), "dn.db")
                process = self.start()
                self.wait_for_event(process, "ack")
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, code, err)
                self.assertEqual(self.rows("orders", "--open"), [])
                self.assertEqual(json.loads(out.splitlines()[-1])["type"], "summary")
                self.finish()

    def test_kill_at_any_event_and_the_same_command_completes(self):
        for kills in (("intent", "ack", "fill"), ("fill", "intent", "cancel")):
            self.db = os.path.join(self.dir, kills[0], "dn.db")
            for event in kills:
                process = self.start()
                self.wait_for_event(process, event)
                # An order of the run before may not be proven yet; that the task is held is said in every case.
                self.assertIn(self.status("--check").returncode, (0, 21))
                self.assertIn("its run goes on", self.status("show", "btc").stdout)
                self.kill(process)
                self.assertIn(self.status("--check").returncode, (20, 21, 75), "nobody is")
            self.finish()
            self.assertEqual(self.status("--check").returncode, 0)

    def test_paused_stays_paused_and_resumes(self):
        process = self.start()
        self.wait_for_event(process, "ack")
        self.assertEqual(self.run_task("pause", "btc").returncode, 0)
        paused = self.wait_for_event(process, "alert")
        self.assertEqual(paused["code"], "paused")
        self.kill(process)
        again = self.run_task(BTC, "--speed", "max")
        self.assertEqual(again.returncode, 12, again.stderr)
        self.assertEqual((self.task("btc")["mode"], self.task("btc")["open_orders"]), ("PAUSED", 0))
        self.assertEqual(self.status("--check").returncode, 12)
        self.assertEqual(self.run_task("resume", "btc").returncode, 0)
        self.finish()

    def test_cancelled_stays_cancelled(self):
        process = self.start()
        self.wait_for_event(process, "fill")
        self.assertEqual(self.run_task("cancel", "btc").returncode, 0)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        task = self.task("btc")
        self.assertEqual((task["verdict"], task["open_orders"]), ("CANCELLED", 0))
        filled = task["buy"]["filled"]
        again = self.run_task(BTC, "--speed", "max")
        self.assertEqual(again.returncode, 0)
        self.assertEqual(self.task("btc")["buy"]["filled"], filled)
        self.assertEqual(self.run_task("pause", "btc").returncode, 22)
        fresh = self.run_task(BTC, "--restart", "--speed", "max")
        self.assertEqual(fresh.returncode, 0, fresh.stderr)
        self.assertEqual((self.task("btc")["verdict"], self.task("btc")["round"]), ("COMPLETED", 2))

    def test_the_halt_file_stops_and_keeps_stopped(self):
        state = os.path.join(self.dir, "kill")
        config = self.write("dn.toml", f'state_dir = "{state}"\n')
        process = self.start("--config", config)
        self.wait_for_event(process, "ack")
        open(os.path.join(self.dir, "kill", "HALT"), "w").close() if os.path.isdir(state) else (os.makedirs(state), open(os.path.join(state, "HALT"), "w").close())
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (23, 20), err)
        self.assertEqual((self.task("btc")["mode"], self.task("btc")["open_orders"]), ("HALTED", 0))
        os.unlink(os.path.join(state, "HALT"))
        again = self.run_task(BTC, "--speed", "max", "--config", config)
        self.assertIn(again.returncode, (23, 20))
        self.assertEqual(self.task("btc")["mode"], "HALTED")

    def test_a_halt_file_beside_the_database_is_seen_before_the_first_order(self):
        os.makedirs(os.path.dirname(self.db))
        halt = os.path.join(os.path.dirname(self.db), "HALT")
        open(halt, "w").close()
        config = self.write("dn.toml", f'state_dir = "{self.dir}/elsewhere"\n')
        done = self.run_task(BTC, "--speed", "max", "--config", config)
        self.assertEqual(done.returncode, 23, done.stderr)
        self.assertEqual(self.rows("orders"), [])
        self.assertEqual(self.task("btc")["mode"], "HALTED")
        os.unlink(halt)
        self.assertEqual(self.run_task(BTC, "--speed", "max", "--config", config).returncode, 23, "halted stays halted")

    def test_a_halted_task_can_be_cancelled(self):
        os.makedirs(os.path.dirname(self.db))
        halt = os.path.join(os.path.dirname(self.db), "HALT")
        process = self.start()
        self.wait_for_event(process, "fill")
        open(halt, "w").close()
        process.communicate(timeout=60)
        self.assertEqual(self.task("btc")["mode"], "HALTED")
        os.unlink(halt)
        self.assertEqual(self.run_task("cancel", "btc").returncode, 0)
        done = self.run_task("--task", "btc", "--speed", "max")
        self.assertEqual(done.returncode, 0, done.stderr)
        task = self.task("btc")
        self.assertEqual((task["verdict"], task["open_orders"], task["imbalance"]), ("CANCELLED", 0, "0"))

    def test_a_second_signal_ends_at_once_and_says_how_the_task_stands(self):
        process = self.start()
        self.wait_for_event(process, "ack")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        # 20 or 21 where the end came before a hedge or an answer, else the signal's own.
        stands = self.status("--check").returncode
        self.assertIn(stands, (0, 20, 21))
        self.assertEqual(process.returncode, stands or 143, err)
        self.finish()

    def test_two_databases_in_one_directory_do_not_lock_each_other(self):
        process = self.start()
        self.wait_for_event(process, "ack")
        first, self.db = self.db, os.path.join(os.path.dirname(self.db), "other.db")
        self.finish()
        self.db = first
        self.kill(process)
        self.finish()

    def test_a_task_of_a_seeded_run_goes_on_without_the_seed(self):
        began = self.run_task(BTC, "--seed", "7", "--speed", "max", "--max-cycles", "3")
        self.assertEqual(began.returncode, 10, began.stderr)
        self.finish()  # on the seeded clock: by the wall clock max_hold would be over long ago
        self.assertLess(self.events("btc")[-1]["ts"], "2026-01-02")

    def test_a_finished_task_tells_its_summary_again(self):
        self.finish()
        again = self.run_task(BTC, "--ndjson")
        summary = json.loads(again.stdout.splitlines()[-1])
        self.assertEqual((summary["type"], summary["verdict"], summary["filled"]), ("summary", "COMPLETED", {"buy": "1", "sell": "1"}))
        self.assertEqual(summary["run_id"], "btc-1-1")

    def test_parameters_change_while_it_runs_and_stay_changed(self):
        process = self.start()
        self.wait_for_event(process, "ack")
        self.assertEqual(self.run_task("set", "btc", "order_quantity=0.05", "buy.tick_tolerance=10").returncode, 0)
        self.assertEqual(self.wait_for_event(process, "alert")["code"], "parameters_changed")
        self.kill(process)
        for bad, code in (("order_quantity=2", 78), ("order_quantity=x", 78), ("symbol=ETH/USDT", 22), ("nothing=1", 78), ("order_quantity", 64)):
            self.assertEqual(self.run_task("set", "btc", bad).returncode, code, bad)
        self.assertEqual(self.task("btc")["order_quantity"], "0.05")
        self.finish()
        self.assertEqual(self.task("btc")["order_quantity"], "0.05", "the file did not change since: what was set stays")

    def test_sighup_reads_the_file_again(self):
        with open(BTC, encoding="utf-8") as f:
            text = f.read().replace("max_order_notional = 20000", "max_order_notional = 30000")
        path = self.write("btc.toml", text)
        process = self.begin(path, "--ndjson")
        self.wait_for_event(process, "ack")
        self.write("btc.toml", text.replace("order_quantity = 0.1", "order_quantity = 0.2"))
        process.send_signal(signal.SIGHUP)
        self.assertEqual(self.wait_for_event(process, "alert")["code"], "parameters_changed")
        self.wait_for_event(process, "fill")
        self.kill(process)
        self.assertEqual(self.task("btc")["order_quantity"], "0.2")

    def test_max_runtime_is_a_budget(self):
        done = self.run_task(BTC, "--max-runtime", "2s", "--speed", "max")
        self.assertEqual(done.returncode, 10, done.stderr)
        self.assertEqual(self.task("btc")["open_orders"], 0)
        self.finish()

    def test_a_full_disk_loses_nothing(self):
        mount = os.path.join(self.dir, "small")
        os.makedirs(mount)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", mount], capture_output=True).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        try:
            self.db = os.path.join(mount, "dn.db")
            process = self.start()
            self.wait_for_event(process, "fill")
            ballast = os.path.join(mount, "ballast")
            with open(ballast, "wb") as f:
                try:
                    f.write(b"x" * 16_000_000)
                except OSError:
                    pass
            out, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 74, err)
            self.assertIn('"exit_error"', out.splitlines()[-1])
            os.unlink(ballast)
            self.finish()
        finally:
            subprocess.run(["umount", "-l", mount], check=True)

    def test_a_reader_that_goes_away_does_not_end_the_run(self):
        process = subprocess.Popen(f"exec {RUN} {BTC} --db {self.db} --ndjson --speed max 2>/dev/null | head -n 3 >/dev/null; exit ${{PIPESTATUS[0]}}", shell=True, executable="/bin/bash",
                                   env=self.environment)
        self.assertEqual(process.wait(timeout=120), 0)
        self.assertEqual(self.task("btc")["verdict"], "COMPLETED")


if __name__ == "__main__":
    unittest.main()

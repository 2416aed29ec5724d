"""Halting and resuming by command: what is told, which files come and go, and what each lifts. On paper."""
import json
import os
import unittest

from tools import ToolTest


class Halt(ToolTest):
    def setUp(self):
        super().setUp()
        self.state = os.path.dirname(self.db)
        self.config = self.write("dn.toml", f'state_dir = "{self.state}"\n')
        self.leave("spot", "mexc_spot", "gateio_spot")
        self.leave("perp", "mexc_spot", "gateio_futures")

    def leave(self, name, buy, sell):
        """A run that ends with its orders resting."""
        file = self.write(name + ".toml", f'name = "{name}"\nsymbol = "BTC/USDT"\ntotal_quantity = 2\norder_quantity = 0.05\n'
                          f'[buy]\nexchange = "{buy}"\n[sell]\nexchange = "{sell}"\n')
        done = self.run_task(file, "--seed", "5", "--speed", "max", "--max-cycles", "60", "--on-exit", "leave", "--config", self.config)
        self.assertIn(done.returncode, (10, 20), done.stderr)

    def recover_here(self, *arguments):
        return self.recover(*arguments, "--config", self.config)

    def document(self, *arguments, code=0):
        done = self.recover_here(*arguments, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)  # one, and nothing else

    def modes(self):
        return {name: self.task(name)["mode"] for name in ("spot", "perp")}

    def files(self):
        return sorted(f for f in os.listdir(self.state) if f.startswith("HALT"))

    def test_a_name_that_says_nothing_halts_everything(self):
        for name in ("HALT-gateio", "Halt", "HALT.txt", "halt_all.TXT", "halt now", "Halt-folder"):
            path = os.path.join(self.state, name)
            os.mkdir(path) if name.endswith("folder") else open(path, "w", encoding="utf-8").close()
            done = self.run_task("--task", "spot", "--speed", "max", "--config", self.config)
            self.assertIn(done.returncode, (20, 23), done.stderr)
            self.assertIn(name, self.task("spot")["reason"])
            self.assertIn(name, self.status("--config", self.config).stdout)
            self.assertIn(self.status("check", "--config", self.config).returncode, (20, 23))
            self.recover_here("resume", "--all", "--yes")
            self.assertFalse(os.path.exists(path), "it is taken away with the others")

    def test_what_is_only_called_a_little_like_it_halts_nothing(self):
        for name in ("halted.db", "halt.db", "HALTED", "halt.conf", "HALT-2.db", "unHALT", "hal"):
            open(os.path.join(self.state, name), "w", encoding="utf-8").close()
        done = self.run_task("--task", "spot", "--speed", "max", "--max-cycles", "5", "--config", self.config)
        self.assertIn(done.returncode, (0, 10), done.stderr)
        self.assertEqual(self.modes()["spot"], "ACTIVE")
        self.assertEqual(json.loads(self.status("check", "--json", "--config", self.config).stdout)["exit_code"], 0)
        self.recover_here("resume", "--all", "--yes")
        self.assertTrue(os.path.exists(os.path.join(self.state, "halted.db")), "it is nobody's to take away")

    def test_a_database_may_be_called_halted_and_not_like_the_switch(self):
        file = os.path.join(self.dir, "spot.toml")
        self.db = os.path.join(self.dir, "elsewhere", "halted.db")
        done = self.run_task(file, "--seed", "5", "--speed", "max", "--max-cycles", "60", "--config", self.config)
        self.assertIn(done.returncode, (10, 20), done.stderr)
        self.assertEqual(self.task("spot")["mode"], "ACTIVE")
        self.db = os.path.join(self.dir, "elsewhere", "halt-2026")
        done = self.run_task(file, "--config", self.config)
        self.assertEqual(done.returncode, 64, done.stderr)
        self.assertIn("halts every run beside it", done.stderr)
        self.assertFalse(os.path.exists(self.db))

    def test_a_link_that_leads_nowhere_is_a_file_that_is_there(self):
        os.symlink("/nowhere/at/all", os.path.join(self.state, "HALT"))
        done = self.run_task("--task", "spot", "--speed", "max", "--config", self.config)
        self.assertIn(done.returncode, (20, 23), done.stderr)
        self.assertEqual(self.task("spot")["mode"], "HALTED")

    def test_json_is_one_document_whatever_there_is_to_do(self):
        told = self.document("halt", "--reason", 'odd "prices"')
        self.assertEqual((told["schema"], told["exit_code"], told["outcome"]), ("dn.halt/1", 0, []))
        self.assertEqual(sorted(m["task"] for m in told["messages"]), ["", "perp", "spot"])
        again = self.document("halt")
        self.assertIn("halted already", again["messages"][1]["message"])
        cancelled = self.document("halt", "--cancel-all")
        self.assertEqual([o["type"] for o in cancelled["outcome"]], ["summary", "summary"])
        resumed = self.document("resume", "--all", "--yes")
        self.assertEqual((resumed["schema"], len(resumed["messages"])), ("dn.resume/1", 3))
        self.assertIn("would lift every halt", self.document("resume", "--yes", code=64)["message"])
        refused = self.document("resume", code=64)
        self.assertEqual(refused["type"], "exit_error")
        self.assertEqual(self.document("halt", "--task", "none", code=66)["type"], "exit_error")

    def test_without_a_database_the_file_is_written_all_the_same(self):
        self.db = os.path.join(self.dir, "elsewhere", "dn.db")
        told = self.document("halt")
        self.assertEqual([m["task"] for m in told["messages"]], ["", ""])
        self.assertEqual(self.files(), ["HALT"])

    def test_a_word_that_means_nothing_does_nothing(self):
        """A task's name without --task must not become all tasks."""
        for words in (("halt", "spot"), ("halt", "spot", "--flatten"), ("verify", "spot")):
            done = self.recover_here(*words)
            self.assertEqual(done.returncode, 64, done.stdout)
            self.assertIn("--task", done.stderr)
        self.assertEqual((self.modes(), self.files()), ({"spot": "ACTIVE", "perp": "ACTIVE"}, []))
        self.recover_here("halt")
        self.assertEqual(self.recover_here("resume", "spot", "--yes").returncode, 64)
        self.assertEqual(self.modes(), {"spot": "HALTED", "perp": "HALTED"})
        for verb in ("pause", "resume", "cancel"):
            self.assertEqual(self.run_task(verb, "spot", "perp", "--config", self.config).returncode, 64, verb)

    def test_the_switch_works_where_the_installation_does_not(self):
        """What stops everything must not need what trading needs."""
        self.write("dn.toml", f'state_dir = "{self.state}"\nmode = "live"\n[endpoints.gateio_spot]\nrest = "https://127.0.0.1:1"\nca_file = "{self.dir}/gone.pem"\n')
        done = self.recover_here("halt", "--exchange", "gateio_futures")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gone.pem", done.stderr)
        self.assertEqual((self.modes(), self.files()), ({"spot": "ACTIVE", "perp": "HALTED"}, ["HALT-gateio_futures"]))
        done = self.recover_here("halt", "--flatten")
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("nothing is cancelled or closed", done.stderr)
        self.assertEqual((self.modes(), self.files()), ({"spot": "HALTED", "perp": "HALTED"}, ["HALT", "HALT-gateio_futures"]))
        self.write("dn.toml", "mod = 1\n")
        done = self.recover_here("halt")  # --db tells the place
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("mod", done.stderr)

    def test_resume_says_what_it_would_do_and_needs_yes(self):
        self.recover_here("halt", "--reason", "odd prices")
        for words in ((), ("--all",), ("--task", "spot")):
            done = self.recover_here("resume", *words)
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertIn("task spot, halted: odd prices", done.stderr)
            self.assertEqual("HALT is taken away" in done.stderr, "--task" not in words)
        self.assertEqual(self.modes(), {"spot": "HALTED", "perp": "HALTED"})
        self.assertEqual(self.files(), ["HALT"])

    def test_the_resume_of_one_task_leaves_the_file(self):
        self.recover_here("halt")
        done = self.recover_here("resume", "--task", "spot", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("HALT is still there", done.stdout)
        self.assertEqual(self.modes(), {"spot": "ACTIVE", "perp": "HALTED"})
        self.assertEqual(self.run_task("--task", "spot", "--config", self.config).returncode, 23)
        self.assertEqual(self.recover_here("resume", "--all", "--yes").returncode, 0)
        self.assertEqual((self.files(), self.modes()), ([], {"spot": "ACTIVE", "perp": "ACTIVE"}))

    def test_a_venue_is_halted_and_resumed_by_itself(self):
        self.assertEqual(self.recover_here("halt", "--task", "spot", "--reason", "by itself").returncode, 0)
        done = self.recover_here("halt", "--exchange", "mexc_spot", "--reason", "maintenance")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.files(), self.modes()), (["HALT-mexc_spot"], {"spot": "HALTED", "perp": "HALTED"}))
        self.assertEqual(self.task("perp")["reason"], "HALT-mexc_spot: maintenance")
        done = self.recover_here("resume", "--exchange", "gateio_futures", "--yes")
        self.assertIn("stays halted, for another reason", done.stdout)
        done = self.recover_here("resume", "--exchange", "mexc_spot", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("task spot: stays halted, for another reason: by itself", done.stdout)
        self.assertEqual((self.files(), self.modes()), ([], {"spot": "HALTED", "perp": "ACTIVE"}))

    def test_a_touched_file_is_enough(self):
        open(os.path.join(self.state, "HALT-gateio_futures"), "w", encoding="utf-8").close()
        # One market for every run of this test: what rests may be filled before it is cancelled, and 20 is told then.
        self.assertEqual(self.run_task("--task", "perp", "--seed", "6", "--speed", "max", "--config", self.config).returncode, 23)
        self.assertIn("the file HALT-gateio_futures is there", self.task("perp")["reason"])
        self.assertIn(self.run_task("--task", "spot", "--speed", "max", "--max-cycles", "5", "--config", self.config).returncode, (10, 20))
        done = self.rebalance("--task", "perp", "--yes", "--max-notional", "30000", "--config", self.config)
        self.assertEqual(done.returncode, 23, done.stderr)
        self.assertIn("resume --exchange gateio_futures", done.stderr)
        self.assertNotEqual(self.rebalance("--task", "spot", "--yes", "--max-notional", "30000", "--config", self.config).returncode, 23)

    def test_status_names_the_files(self):
        self.recover_here("resume", "--all", "--yes")
        self.assertNotIn("HALT", self.status("--config", self.config).stdout)
        with open(os.path.join(self.state, "HALT"), "w", encoding="utf-8") as f:
            f.write("the cat walked\x1b[31m over it\nmore\n")
        shown = self.status("--config", self.config)
        self.assertIn("HALT halts everything (the cat walked", shown.stdout)
        self.assertNotIn("\x1b", shown.stdout)
        self.assertEqual(self.status("--check", "--config", self.config).returncode, 23)
        halts = json.loads(self.status("--json", "--config", self.config).stdout)["halts"]
        self.assertEqual([(h["file"], h["exchange"]) for h in halts], [(os.path.join(self.state, "HALT"), None)])

    def test_what_is_no_venue_is_refused(self):
        self.assertEqual(self.recover_here("halt", "--exchange", "nasdaq").returncode, 64)
        self.assertEqual(self.recover_here("halt", "--exchange", "mexc_spot", "--task", "spot").returncode, 64)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()

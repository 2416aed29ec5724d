"""dn-status backup: a copy of the books while a run goes on."""
import json
import os
import sqlite3
import stat
import unittest

from tools import EXAMPLES, RECOVER, STATUS, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")


class Backup(ToolTest):
    def setUp(self):
        super().setUp()
        self.file = os.path.join(self.dir, "copy.db")

    def test_beside_a_run_it_holds_a_moment_and_the_run_goes_on(self):
        run = self.begin(BTC, "--seed", "5", "--speed", "20", "--ndjson")
        self.wait_for_event(run, "fill")
        done = self.status("backup", self.file, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["schema"], "dn.backup/1")
        self.assertGreater(told["fills"], 0)
        self.assertEqual(told["bytes"], os.path.getsize(self.file))
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        self.assertEqual([n for n in os.listdir(self.dir) if n.startswith("copy.db")], ["copy.db"], "it is one file")
        run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0)

        def fills(db):
            answer = self.call(STATUS, "fills", "--json", "--db", db)
            self.assertEqual(answer.returncode, 0, answer.stderr)
            return json.loads(answer.stdout)["fills"]

        copied = fills(self.file)
        self.assertEqual(len(copied), told["fills"])
        self.assertEqual(copied, fills(self.db)[:len(copied)])
        self.assertEqual(self.call(RECOVER, "verify", "--db", self.file).returncode, 0)

    def test_it_overwrites_nothing(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        self.write("copy.db", "something dear")
        for name in (self.file, self.db):
            before = os.path.getsize(name)
            done = self.status("backup", name)
            self.assertEqual(done.returncode, 74, done.stderr)
            self.assertIn("is there already", done.stderr)
            self.assertIn("next: name a file that is not there yet", done.stderr)
            self.assertEqual(os.path.getsize(name), before)

    def test_what_cannot_be_copied_and_where_it_cannot_be_written(self):
        done = self.status("backup", self.file)
        self.assertEqual(done.returncode, 66, "there is no database")
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        done = self.status("backup", os.path.join(self.dir, "nowhere", "copy.db"))
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertIn("there is no directory", done.stderr)
        for arguments in (("backup",), ("backup", "")):
            self.assertEqual(self.status(*arguments).returncode, 64)
        done = self.status("backup", "/proc/copy.db")  # where nothing can be made, by root neither
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("cannot make the file", done.stderr)
        self.assertEqual(os.listdir(self.dir), ["state"], "nothing is left of those that failed")

    def test_a_damaged_database_is_no_backup(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        with sqlite3.connect(self.db) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'orders'").fetchone()
        db.close()
        with open(self.db, "r+b") as f:
            f.seek((page - 1) * 4096 + 3)
            f.write(b"\xff" * 5)
        done = self.status("backup", self.file)
        self.assertEqual(done.returncode, 74, done.stdout)
        self.assertIn(f"{self.db} is damaged, and so would be its backup", done.stderr)
        self.assertNotIn(".part-", done.stderr, "a file that is gone by now")
        self.assertFalse(os.path.exists(self.file))


if __name__ == "__main__":
    unittest.main()

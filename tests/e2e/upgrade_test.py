"""An upgrade meets books that an older version made, in the middle of a task: the new version goes on with them."""
import os
import re
import sqlite3
import unittest

from tools import EXAMPLES, SOURCE, ToolTest


def steps():
    """The SQL of each version of the schema, from 1, as lib/store/schema.cc has it."""
    with open(os.path.join(SOURCE, "lib", "store", "schema.cc"), encoding="utf-8") as f:
        text = f.read()
    return [sql for _, sql in sorted((int(n), sql) for n, sql in re.findall(r'kVersion(\d+)\s*=\s*(?:R"sql\()?"?(.*?)(?:\)sql)?";', text, re.DOTALL))]


def columns(connection, table):
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


class Upgrade(ToolTest):
    def as_version(self, version):
        """Makes the database what that version would have written: its tables, with what of the rows they can hold."""
        os.rename(self.db, self.db + ".new")
        new = sqlite3.connect(self.db + ".new")
        old = sqlite3.connect(self.db)
        for sql in steps()[:version]:
            old.executescript(sql)
        old.execute("PRAGMA foreign_keys = OFF")
        for (table,) in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
            shared = [c for c in columns(old, table) if c in columns(new, table)]
            marks = ", ".join("?" for _ in shared)
            old.executemany(f"INSERT OR REPLACE INTO {table} ({', '.join(shared)}) VALUES ({marks})", new.execute(f"SELECT {', '.join(shared)} FROM {table}").fetchall())
        old.execute(f"PRAGMA application_id = {new.execute('PRAGMA application_id').fetchone()[0]}")
        old.execute(f"PRAGMA user_version = {version}")
        old.commit()
        old.close()
        new.close()
        for end in ("", "-wal", "-shm"):
            if os.path.exists(self.db + ".new" + end):
                os.remove(self.db + ".new" + end)
        os.chmod(self.db, 0o600)

    def test_a_task_under_way_is_gone_on_with_from_every_version(self):
        newest = len(steps())
        self.assertGreater(newest, 1)
        for version in range(1, newest):
            with self.subTest(version=version):
                file = os.path.join(EXAMPLES, "btc.toml")
                name = f"v{version}"
                done = self.run_task(file, "--set", f"name={name}", "--max-cycles", "60", "--speed", "max", "--seed", "5")
                self.assertEqual(done.returncode, 10, done.stderr)
                before = self.task(name)
                self.assertNotIn(before["buy"]["filled"], ("0", "1"))
                self.as_version(version)
                done = self.status()
                self.assertEqual(done.returncode, 65, done.stderr)
                self.assertIn(f"older schema version {version}", done.stderr)
                self.assertIn("next: run dn-recover", done.stderr)
                done = self.run_task("--task", name, "--speed", "max", "--seed", "6")
                self.assertEqual(done.returncode, 0, done.stderr)
                after = self.task(name)
                self.assertEqual((after["verdict"], after["buy"]["filled"], after["imbalance"]), ("COMPLETED", "1", "0"))
                self.assertEqual(self.recover("verify").returncode, 0)


if __name__ == "__main__":
    unittest.main()

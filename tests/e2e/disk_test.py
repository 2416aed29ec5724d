"""Disks that are full, directories that may not be written, databases that are damaged or gone: a clear exit code, never a wrong state, and a
way back to books that equal the ledger."""
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from crash_tools import CrashTest, flag
from tools import RUN

FULL = flag("DN_DISK_STRIDE", 29)  # every so many writes of a run meet a full disk
NOBODY = 65534
BROKEN = (74, 24)


class Disk(CrashTest):
    def files(self):
        return [self.db, self.db + "-wal", self.db + "-shm", self.db + "-journal"]

    def full_at(self, calls, when, command):
        """Lets a write to the database find no room."""
        paths = [word for path in self.files() for word in ("-P", path)]
        return self.under_strace([*paths, "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:error=ENOSPC:when={when}"], command)

    def to_the_end(self, name, by_hand=False):
        if by_hand:
            self.by_hand(name)
        self.run_to_the_end(self.taker(name))
        self.assert_whole(name)

    def rebuild(self, name, file):
        self.made_anew = True
        done = self.tool("recover", "--from-venue", file, "--apply")
        self.assertIn(done.returncode, (0, 20), done.stdout + done.stderr)
        return done

    def next_second(self):
        """The epoch of new books is the second in which they begin; those of the same second are taken for the same books, and completed."""
        time.sleep(1 - time.time() % 1)

    # ---- a full disk

    def test_a_full_disk_under_a_run(self):
        """For one write, and from one on: the run ends with 74, or did not need it."""
        _, counts = self.count_calls(self.command("run", self.taker(self.new_books())))
        seen = set()
        for call in ("pwrite64", "fdatasync", "ftruncate", "fallocate"):
            for n in range(1, counts.get(call, 0) + 1, FULL if call == "pwrite64" else 1):
                more = "+" if n % 2 else ""
                name = self.new_books()
                done = self.full_at(call, f"{n}{more}", self.command("run", self.taker(name)))
                self.assertIn(done.returncode, (0, 74), (call, n, more, done.stderr[-1500:]))
                if done.returncode == 74:
                    self.assertIn("next:", done.stderr)
                seen.add(done.returncode)
                self.to_the_end(name, by_hand=n // 2 % 2 == 0)
        self.assertIn(74, seen)

    def test_a_full_disk_under_the_tools_that_repair(self):
        for tool, flags in (("recover", ("--apply",)), ("rebalance", ("--yes", "--max-notional", "100000"))):
            for n in (1, 2, 5, 9, 17, 33):
                name = self.new_books()
                self.left_apart(name)
                done = self.full_at("pwrite64", f"{n}+", self.command(tool, "--task", name, *flags))
                self.assertIn(done.returncode, (0, 20, 74), (tool, n, done.stdout, done.stderr))
                self.to_the_end(name, by_hand=True)

    # ---- a directory that may not be written

    def as_nobody(self, *command):
        """Root may write everywhere, so as somebody else."""
        other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=self.environment, cwd="/", check=False, **other)

    def give_to_nobody(self):
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.dir], check=True)

    def test_a_directory_that_may_not_be_written(self):
        try:
            if self.as_nobody(RUN, "--version").returncode != 0:
                self.skipTest("another user cannot run the tools where they are")
        except PermissionError:
            self.skipTest("another user cannot run the tools where they are")
        name = self.new_books()
        self.left_apart(name)
        state = os.path.dirname(self.db)
        self.give_to_nobody()
        for path in [p for p in self.files() if os.path.exists(p)]:
            os.chmod(path, 0o400)
        os.chmod(state, 0o500)
        for tool, flags in (("run", ()), ("recover", ("--apply",)), ("rebalance", ("--yes", "--max-notional", "100000"))):
            done = self.as_nobody(*self.command(tool, "--task", name, *flags))
            self.assertEqual(done.returncode, 74, (tool, done.stdout, done.stderr))
            self.assertIn("permission", done.stderr, tool)
        os.chmod(state, 0o700)
        for path in [p for p in self.files() if os.path.exists(p)]:
            os.chmod(path, 0o600)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "0:0", self.dir], check=True)
        self.to_the_end(name, by_hand=True)

    # ---- a damaged database

    def ended_early(self, name):
        """A run that was ended early, so that everything stands in one file. The sides are equal, on half of the task."""
        run = self.begin_live(self.lopsided(name), "--ndjson")
        self.wait_for_event(run, "fill")
        run.send_signal(signal.SIGTERM)
        run.communicate()
        self.assertFalse(os.path.exists(self.db + "-wal"))

    def test_no_damaged_page_goes_by_unseen(self):
        """Every page in turn: a tool that reads it says so, or its rows are what they were."""
        name = self.new_books()
        self.ended_early(name)
        rows = {verb: self.rows(verb) for verb in ("orders", "fills")}
        with open(self.db, "rb") as f:
            good = f.read()
        dice, found = random.Random(1), 0
        for page in range(len(good) // 4096):
            bad = bytearray(good)
            bad[page * 4096:(page + 1) * 4096] = dice.randbytes(4096)
            with open(self.db, "wb") as f:
                f.write(bad)
            for tool, arguments in (("recover", ("verify",)), ("recover", ("--task", name))):
                done = self.tool(tool, *arguments)
                self.assertIn(done.returncode, (0, 20, *BROKEN), (page, done.stdout, done.stderr))
                found += done.returncode in BROKEN
            for verb, before in rows.items():
                answer = self.status(verb, "--json")
                self.assertIn(answer.returncode, (0, *BROKEN), (page, answer.stderr))
                if answer.returncode == 0:
                    self.assertEqual(self.rows(verb), before, page)
            with open(self.db, "wb") as f:
                f.write(good)
        self.assertGreater(found, 5)
        self.to_the_end(name)

    def test_a_damaged_database_is_made_anew_from_the_venues(self):
        for damage in ("header", "middle", "half"):
            name = self.new_books()
            self.ended_early(name)
            size = os.path.getsize(self.db)
            with open(self.db, "r+b") as f:
                if damage == "half":
                    f.truncate(size // 8192 * 4096)
                else:
                    f.seek(0 if damage == "header" else 4096)
                    f.write(random.Random(2).randbytes(4096 if damage == "header" else size - 4096))
            file = self.taker(name)
            for tool, arguments in (("run", (file,)), ("recover", ("--task", name, "--apply")), ("rebalance", ("--task", name, "--yes", "--max-notional", "9999"))):
                done = self.tool(tool, *arguments)
                self.assertIn(done.returncode, BROKEN, (damage, tool, done.stdout, done.stderr))
            shutil.rmtree(os.path.dirname(self.db))
            self.rebuild(name, file)
            self.to_the_end(name, by_hand=True)

    def test_rows_that_were_changed_are_not_traded_on_and_nothing_is_left_resting(self):
        """A number that is another one is no error of SQLite's."""
        name = self.new_books()
        self.left_apart(name)
        self.assertTrue([o for o in self.exchange.ledger()["orders"] if o["open"]])
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE fills SET quantity = '0.07'")
        file = self.taker(name)
        for tool, arguments in (("run", (file,)), ("recover", ("--task", name)), ("rebalance", ("--task", name, "--yes", "--max-notional", "9999"))):
            orders = len(self.exchange.ledger()["orders"])
            done = self.tool(tool, *arguments)
            self.assertEqual(done.returncode, 24, (tool, done.stderr))
            self.assertIn("its fills add up to", done.stderr)
            self.assertEqual([o for o in self.exchange.ledger()["orders"] if o["open"]], [], tool)
            self.assertEqual(len(self.exchange.ledger()["orders"]), orders, tool)
        shutil.rmtree(os.path.dirname(self.db))
        self.rebuild(name, file)
        self.to_the_end(name, by_hand=True)

    def test_an_order_that_the_books_closed_and_that_rests_is_cancelled(self):
        for tool, flags, codes in (("recover", ("--apply",), (20,)), ("run", ("--max-runtime", "3s"), (0, 10))):
            name = self.new_books()
            self.left_apart(name)
            with sqlite3.connect(self.db) as db:
                db.execute("UPDATE orders SET status = 'closed', close_reason = 'cancelled' WHERE status <> 'closed'")
            plan = self.tool("recover", "--task", name)
            self.assertEqual(plan.returncode, 21, plan.stderr)
            self.assertIn("resting", plan.stdout)
            done = self.tool(tool, "--task", name, *flags)
            self.assertIn(done.returncode, codes, done.stdout + done.stderr)
            self.assertIn("the books had closed it", done.stderr)
            self.assertEqual([o for o in self.exchange.ledger()["orders"] if o["open"]], [], tool)
            self.to_the_end(name, by_hand=True)

    def test_an_order_that_the_books_have_on_the_other_side_is_not_traded_on(self):
        name = self.new_books()
        self.left_apart(name)
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE orders SET side = 'sell', leg = 'buy' WHERE status <> 'closed'")
        for tool, flags in (("run", ()), ("recover", ("--apply",)), ("rebalance", ("--yes", "--max-notional", "9999"))):
            orders = len(self.exchange.ledger()["orders"])
            done = self.tool(tool, "--task", name, *flags)
            self.assertEqual(done.returncode, 24, (tool, done.stdout, done.stderr))
            self.assertEqual(len(self.exchange.ledger()["orders"]), orders, tool)
        self.assertEqual([o for o in self.exchange.ledger()["orders"] if o["open"]], [])
        shutil.rmtree(os.path.dirname(self.db))
        self.rebuild(name, self.taker(name))
        self.to_the_end(name, by_hand=True)

    def test_a_log_that_is_changed_under_a_run_does_not_end_well(self):
        """Another program writes into it or cuts it off, and the run goes on from what it remembers."""
        codes = []
        for harm in ("noise", "zeros", "half", "nothing"):
            name = self.new_books()
            file = self.taker(name, total="1.2")
            run = self.begin_live(file, "--ndjson")
            for _ in range(8):  # by then it holds pages that the run does not write again
                self.wait_for_event(run, "fill")
            with open(self.db + "-wal", "r+b") as f:
                size = os.path.getsize(self.db + "-wal")
                if harm in ("noise", "zeros"):
                    f.seek(32)
                    f.write(random.Random(3).randbytes(size - 32) if harm == "noise" else bytes(size - 32))
                else:
                    f.truncate(size // 2 if harm == "half" else 0)
            said, _ = run.communicate(timeout=120)
            codes.append(run.returncode)
            self.assertIn(run.returncode, (0, *BROKEN), (harm, said))
            if run.returncode != 0:
                shutil.rmtree(os.path.dirname(self.db))
                self.rebuild(name, file)
            self.to_the_end(name)
        self.assertIn(74, codes)

    # ---- a database that is gone

    def test_a_lost_log_is_found_again_at_the_venues(self):
        """What was in the log only is gone: as after a power cut, or the whole task."""
        for runs in (0, 1):
            name = self.new_books()
            if runs:
                self.ended_early(name)
                run = self.begin_live(self.lopsided(name), "--ndjson")
                self.wait_for_event(run, "ack")
                self.kill(run)
            else:
                self.left_apart(name)
            for path in self.files()[1:3]:
                os.remove(path)
            file = self.taker(name)
            done = self.tool("run", file, "--max-runtime", "2m")
            self.assertIn(done.returncode, (0, 24), done.stderr)
            if done.returncode == 24:
                self.assertIn("dn-recover --from-venue", done.stderr)
                shutil.rmtree(os.path.dirname(self.db))
                self.rebuild(name, file)
            self.to_the_end(name)

    def test_the_database_is_deleted_under_a_run(self):
        name = self.new_books()
        file = self.lopsided(name)
        run = self.begin_live(file, "--ndjson")
        self.wait_for_event(run, "fill")
        for path in self.files():
            if os.path.exists(path):
                os.remove(path)
        run.send_signal(signal.SIGTERM)  # it wants to save
        said, _ = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 74, said)
        self.assertIn("deleted or replaced", said)
        self.next_second()
        done = self.tool("run", file, "--max-runtime", "2s")
        self.assertEqual(done.returncode, 24, done.stderr)
        shutil.rmtree(os.path.dirname(self.db))
        self.rebuild(name, file)
        self.to_the_end(name, by_hand=True)

    def test_lost_books_stay_lost_until_they_are_made_anew(self):
        """However often cron calls it: a run that begins with an empty database trades nothing while the venues tell of sides that are apart."""
        name = self.new_books()
        self.left_apart(name)
        shutil.rmtree(os.path.dirname(self.db))
        self.next_second()
        file = self.taker(name)
        for _ in range(3):
            done = self.tool("run", file, "--max-runtime", "2s")
            self.assertEqual(done.returncode, 24, done.stderr)
            self.assertIn("--from-venue", done.stderr)
        self.rebuild(name, file)  # on the database that those runs began
        self.to_the_end(name, by_hand=True)

    def test_what_is_made_anew_equals_what_was_lost(self):
        fields = ("client_order_id", "venue_order_id", "trade_id", "exchange", "side", "price", "quantity", "fee", "fee_asset", "liquidity")

        def books(name):
            fills = sorted(tuple(f[k] for k in fields) for f in self.rows("fills", name))
            task = self.task(name)
            return fills, {leg: {k: task[leg][k] for k in ("filled", "net", "avg_price")} for leg in ("buy", "sell")}, task["imbalance"], task["fees"]

        for apart in (True, False):
            name = self.new_books()
            file = self.lopsided(name) if apart else self.taker(name, total="0.6")
            if apart:
                self.ended_early(name)
            else:
                run = self.begin_live(file, "--ndjson")
                for _ in range(3):
                    self.wait_for_event(run, "fill")
                self.kill(run)
                self.assertIn(self.tool("recover", "--task", name, "--apply").returncode, (0, 20))
            lost = books(name)
            self.assertGreater(len(lost[0]), 0)
            shutil.rmtree(os.path.dirname(self.db))
            self.rebuild(name, file)
            self.assertEqual(books(name), lost)
            self.run_to_the_end(self.taker(name, total="0.2" if apart else "0.6"))
            self.assert_whole(name)


if __name__ == "__main__":
    unittest.main()

"""Orders whose reply never came, one at a time, on each venue: found late, arriving late, or never arriving. What became of each is proven, booked
once, and told with its evidence."""
import json
import os
import subprocess
import unittest
from decimal import Decimal

from live_tools import LiveTest
from tools import REBALANCE

VENUES = ("mexc_spot", "gateio_spot", "gateio_futures")


class Unknown(LiveTest):
    settings = {"rate_scale": "4"}

    def by_hand(self, venue, request):
        return [REBALANCE, "--exchange", venue, "--symbol", "BTC/USDT", "--side", "sell", "--quantity", "0.01", "--request-id", request,
                "--yes", "--max-notional", "100000", "--config", self.config, "--db", self.db]

    def order_by_hand(self, venue, request):
        return self.call(*self.by_hand(venue, request))

    def resolution(self, request):
        """Of the only order of a request: that it was unknown, and what ended that."""
        events = self.events("hand-" + request)
        self.assertEqual([e["type"] for e in events if e["type"] in ("intent", "unknown")], ["intent", "unknown"])
        (resolved,) = [e for e in events if e["type"] == "resolved"]
        self.assertTrue(resolved["reason"], resolved)
        return resolved

    def at_the_exchange(self, before):
        return self.exchange.ledger()["orders"][len(before["orders"]):]

    def filled_once(self, before, done, venue, request):
        self.assertEqual(done.returncode, 0, (venue, done.stderr))
        (order,) = self.at_the_exchange(before)
        self.assertEqual(Decimal(order["filled"]), Decimal("0.01"), venue)
        self.assertEqual(self.resolution(request)["code"], "found")
        (row,) = self.rows("orders", "hand-" + request)
        self.assertEqual((row["client_order_id"], row["venue_order_id"]), (order["client_order_id"], order["venue_order_id"]))
        trades = [t for t in self.exchange.ledger()["trades"] if t["venue_order_id"] == order["venue_order_id"]]
        fills = self.rows("fills", "hand-" + request)
        self.assertEqual(sorted(t["trade_id"] for t in trades), sorted(f["trade_id"] for f in fills))
        for field in ("quantity", "fee"):
            self.assertEqual(sum(Decimal(t[field]) for t in trades), sum(Decimal(f[field]) for f in fills), (venue, field))

    def case(self, venue, request, fault, ms):
        before = self.exchange.ledger()
        self.exchange.fault(venue=venue, what="place", fault=fault, count=1, ms=ms)
        done = self.order_by_hand(venue, request)
        self.assert_no_sins(but=("protocol_errors", "bad_timestamps"))  # what comes after its expiry is refused by its stamp
        return before, done

    def never_arrived(self, before, done, request):
        self.assertEqual(done.returncode, 22, done.stderr)  # it was not taken; the request may be made again
        self.assertEqual(self.at_the_exchange(before), [])
        resolved = self.resolution(request)
        self.assertEqual(resolved["code"], "never_arrived")
        self.assertIn("not found by id, among open orders or in the history", resolved["reason"])
        self.assertEqual(self.rows("fills", "hand-" + request), [])

    def test_a_reply_is_lost_and_the_order_is_seen_ten_seconds_later(self):
        self.exchange.control("POST", "settings", {"hidden_ms": "10000"})
        for venue in VENUES:
            request = "hidden-" + venue.replace("_", "-")
            self.filled_once(*self.case(venue, request, "reset_after", 0), venue, request)

    def test_a_request_arrives_after_its_sender_gave_up(self):
        for venue in VENUES:
            request = "late-" + venue.replace("_", "-")
            before, done = self.case(venue, request, "late", 4000)
            # A trading WebSocket that does not answer is renewed, and what still waited in the old one is gone with it.
            if venue == "mexc_spot" or self.at_the_exchange(before):
                self.filled_once(before, done, venue, request)
            else:
                self.never_arrived(before, done, request)

    def test_a_request_arrives_after_it_expired(self):
        for venue in VENUES:
            request = "expired-" + venue.replace("_", "-")
            self.never_arrived(*self.case(venue, request, "late", 8000), request)

    def test_a_request_that_came_after_all_is_not_made_again(self):
        # So late, and hidden for so long, that its absence was proven before.
        self.exchange.control("POST", "settings", {"hidden_ms": "12000"})
        before = self.exchange.ledger()
        self.exchange.fault(venue="mexc_spot", what="place", fault="late", count=1, ms=4000)
        self.assertEqual(self.order_by_hand("mexc_spot", "after-all").returncode, 22)
        self.until(lambda: self.at_the_exchange(before))
        self.exchange.control("POST", "settings", {"hidden_ms": "0"})
        again = self.order_by_hand("mexc_spot", "after-all")
        self.assertEqual(again.returncode, 24, again.stdout + again.stderr)
        self.assertIn("did arrive after all", again.stderr)
        self.assertEqual(len(self.at_the_exchange(before)), 1)
        self.assertEqual(self.order_by_hand("mexc_spot", "another").returncode, 0)

    def test_an_order_by_hand_whose_tool_was_killed_is_proven_by_its_repeat(self):
        self.exchange.control("POST", "settings", {"hidden_ms": "6000"})
        for venue in VENUES:
            request = "killed-" + venue.replace("_", "-")
            before = self.exchange.ledger()
            self.exchange.fault(venue=venue, what="place", fault="reset_after", count=1)
            with open(os.path.join(self.dir, "said"), "w", encoding="utf-8") as said:
                tool = subprocess.Popen(self.by_hand(venue, request), stdout=said, stderr=said, env=self.environment, cwd=self.dir)
            self.until(lambda: self.at_the_exchange(before))
            tool.kill()
            tool.wait()
            self.filled_once(before, self.order_by_hand(venue, request), venue, request)
            self.assertEqual(self.recover("--apply", "--config", self.config).returncode, 0, "nothing is in the way of others")

    def arrives_after_all(self, run):
        """The first MEXC order of the task comes so late, and hidden for so long, that its absence is proven before it is seen."""
        self.exchange.fault(venue="mexc_spot", what="place", fault="late", count=1, ms=4000)
        self.exchange.control("POST", "settings", {"hidden_ms": "14000"})
        return self.begin_live(self.task_file("after-all", "BTC/USDT", "mexc_spot", "gateio_spot", "0.02", "0.01", quote="touch", offset=20000,
                                              tolerance=1000000), "--max-runtime", run)

    def codes(self):
        answer = self.status("events", "after-all", "--ndjson")  # nothing on stdout: it has not begun
        return [e["code"] for e in map(json.loads, answer.stdout.splitlines()) if e["type"] in ("unknown", "resolved", "alert") and e["code"]]

    def test_a_task_takes_back_an_order_that_came_after_all(self):
        before = self.exchange.ledger()
        run = self.arrives_after_all("50s")
        self.until(lambda: "never_arrived" in self.codes(), 40)
        self.exchange.control("POST", "settings", {"hidden_ms": "0"})
        self.assertEqual(run.wait(timeout=90), 10, run.stderr.read())
        codes = self.codes()
        self.assertIn("never_arrived", codes)
        self.assertLess(codes.index("never_arrived"), codes.index("arrived_after_all"))
        self.assert_books_equal(before)
        self.assert_no_sins()

    def test_the_next_start_cancels_an_order_that_came_after_all(self):
        before = self.exchange.ledger()
        run = self.arrives_after_all("60s")
        self.until(lambda: "never_arrived" in self.codes(), 40)
        self.kill(run)
        self.exchange.control("POST", "settings", {"hidden_ms": "0"})
        self.assertTrue([o for o in self.exchange.ledger()["orders"] if o["open"]])
        plan = self.recover("--task", "after-all", "--config", self.config)
        self.assertIn("cancel it", plan.stdout)
        self.assertEqual(self.recover("--task", "after-all", "--apply", "--config", self.config).returncode, 0)
        self.assertIn("arrived_after_all", self.codes())
        self.assert_books_equal(before)
        again = self.recover("--task", "after-all", "--apply", "--config", self.config)
        self.assertEqual((again.returncode, "nothing to do" in again.stdout), (0, True), again.stdout)


if __name__ == "__main__":
    unittest.main()

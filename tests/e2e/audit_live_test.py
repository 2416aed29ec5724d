"""dn-status audit --online against the loopback exchange: what the books say is what the venue's balances moved by, or the difference is named."""
import json
import os
import time
import unittest
from decimal import Decimal

from audit_tools import Auditor
from live_tools import Gate, LiveTest, Mexc

SHORT = {"mexc_spot": "mexc", "gateio_spot": "gate_spot", "gateio_futures": "gate_futures"}


class OnlineAudit(Auditor, LiveTest):
    def online(self, *arguments, code=0):
        """Asked again while the account has traded a moment before: some times are told in whole seconds."""
        end = time.monotonic() + 20
        while True:
            done = self.status("audit", "--online", "--json", "--config", self.config, *arguments)
            if done.returncode != 75 or time.monotonic() > end:
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                return json.loads(done.stdout)

    def run_live_task(self, name, buy, sell, symbol="BTC/USDT", total="0.02", slice_="0.01", more=""):
        done = self.live(self.task_file(name, symbol, buy, sell, total, slice_, more="max_capital_fraction = 1\n" + more))
        self.assertEqual(done.returncode, 0, done.stderr)

    def assert_all_explained(self, told, before, *assets):
        """Every balance that moved stands there with what the exchange's ledger says, and nothing is left of it."""
        after = self.exchange.ledger()
        self.assertEqual(told["findings"], [])
        self.assertEqual(told["not_proven"], [])
        lines = {(line["exchange"], line["asset"]): line for line in told["accounts"]}
        self.assertEqual(sorted(lines), sorted(assets))
        for (venue, asset), line in lines.items():
            moved = Decimal(after["balances"][SHORT[venue]][asset]["total"]) - Decimal(before["balances"][SHORT[venue]][asset]["total"])
            self.assertEqual(Decimal(line["now"]) - Decimal(line["before"]), moved, (venue, asset))
            self.assertTrue(line["explained"], line)
            if Decimal(line["rounded"]) == 0:
                self.assertEqual((Decimal(line["difference"]), Decimal(line["booked"])), (0, moved), (venue, asset))


class Spot(OnlineAudit):
    ASSETS = [(v, a) for v in ("mexc_spot", "gateio_spot") for a in ("BTC", "USDT")]

    def test_an_honest_run_is_proven(self):
        before = self.exchange.ledger()
        self.run_live_task("btc", "mexc_spot", "gateio_spot")
        self.assert_all_explained(self.online(), before, *self.ASSETS)
        text = self.status("audit", "--online", "--config", self.config)
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertIn("the books agree with themselves and their journal, and with what the venues tell", text.stdout)

    def test_tasks_of_one_account_are_told_apart_by_their_books(self):
        before = self.exchange.ledger()
        self.run_live_task("one", "mexc_spot", "gateio_spot")
        self.run_live_task("two", "mexc_spot", "gateio_spot", total="0.01")
        self.run_live_task("eth", "gateio_spot", "mexc_spot", symbol="ETH/USDT", total="0.2", slice_="0.1")
        self.assert_all_explained(self.online(), before, *self.ASSETS, ("mexc_spot", "ETH"), ("gateio_spot", "ETH"))
        self.assertEqual(self.online("two")["findings"], [], "its baseline is a later one, and what the others did since is in their books")

    def test_a_killed_run_and_the_next_one_add_up(self):
        before = self.exchange.ledger()
        path = self.task_file("btc", "BTC/USDT", "mexc_spot", "gateio_spot", "0.05", "0.005", more="max_capital_fraction = 1\n")
        run = self.begin_live(path, "--ndjson")
        self.wait_for_event(run, "fill")
        self.kill(run)
        done = self.live(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_all_explained(self.online(), before, *self.ASSETS)

    def test_trades_by_hand_are_named_and_never_put_right(self):
        self.run_live_task("btc", "mexc_spot", "gateio_spot")
        mexc, gate = Mexc(self.exchange), Gate(self.exchange)
        status, placed = mexc.signed("POST", "order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01")
        self.assertEqual(status, 200, placed)
        order = {"currency_pair": "BTC_USDT", "type": "market", "side": "sell", "amount": "0.02", "time_in_force": "ioc", "text": "t-by-hand"}
        status, placed = gate.signed("POST", "/spot/orders", body=order)
        self.assertEqual(status, 201, placed)
        fills = self.rows("fills")
        told = self.online()
        self.assertEqual({(f["finding"], f["exchange"]) for f in told["findings"]}, {("foreign", "mexc_spot"), ("foreign", "gateio_spot")})
        for finding, amount in zip(sorted(told["findings"], key=lambda f: f["exchange"]), ("0.02", "0.01")):
            self.assertRegex(finding["message"], rf"by another hand, .* sold {amount} BTC for [0-9.]+ USDT in all")
        for line in told["accounts"]:
            self.assertEqual(Decimal(line["difference"]), 0, line)
            if line["asset"] == "BTC":
                self.assertEqual(Decimal(line["others"]) < 0, True, line)
        self.assertEqual(self.rows("fills"), fills)

    def test_a_trade_in_another_symbol_is_a_difference_that_nothing_explains(self):
        self.run_live_task("btc", "mexc_spot", "gateio_spot")
        status, placed = Mexc(self.exchange).signed("POST", "order", "symbol=ETHUSDT&side=SELL&type=MARKET&quantity=0.5")
        self.assertEqual(status, 200, placed)
        told = self.online(code=24)
        (finding,) = told["findings"]
        self.assertEqual((finding["finding"], finding["exchange"]), ("balance", "mexc_spot"))
        self.assertIn("is left: a deposit, a withdrawal, a transfer, or trades in a symbol that was not asked about", finding["message"])

    def test_edited_books_are_named_by_trade_and_by_balance(self):
        self.run_live_task("btc", "mexc_spot", "gateio_spot")
        (trade, fee) = self.query("SELECT trade_id, fee FROM fills WHERE venue = 'mexc_spot' ORDER BY id LIMIT 1")[0]
        self.alter(f"UPDATE fills SET fee = '0' WHERE trade_id = '{trade}'")
        told = self.online(code=24)
        self.assertIn(f"trade {trade}: fee 0 USDT in the books, {fee} USDT at the venue", self.messages(told, "differs"))
        self.assertEqual(len(self.messages(told, "balance")), 1)
        self.alter(f"DELETE FROM fills WHERE trade_id = '{trade}'")
        self.assertIn(f"trade {trade} of order", self.messages(self.online(code=24), "missed_trade")[0])
        self.alter("INSERT INTO fills SELECT NULL, task_id, venue, 'made-up', client_order_id, venue_order_id, leg, side, price, quantity, fee, fee_asset, liquidity, "
                   "time_us FROM fills LIMIT 1")
        self.assertIn("trade made-up, ", self.messages(self.online(code=24), "not_at_venue")[0])

    def test_books_without_a_baseline_are_compared_trade_by_trade_and_say_so(self):
        self.run_live_task("btc", "mexc_spot", "gateio_spot")
        # As version 6 left it: no chain, and no balances at the beginning of a run.
        self.alter("UPDATE events SET json = substr(json, 1, instr(json, ',\"accounts\"') - 1) || '}' WHERE type = 'run_start'",
                   "DROP TABLE days", "DROP TABLE day_legs", "DROP TABLE day_fees", "DROP INDEX orders_of_task", "DROP INDEX fills_of_task", "ALTER TABLE events DROP COLUMN digest", "ALTER TABLE tasks DROP COLUMN unchained", "PRAGMA user_version = 6")
        self.recover("--config", self.config)
        told = self.online()
        self.assertEqual((told["findings"], told["accounts"]), ([], []))
        self.assertEqual(len([line for line in told["not_proven"] if "no run put on record what the account held of BTC" in line]), 2, told["not_proven"])
        self.alter("UPDATE fills SET price = '1' WHERE id = 1")
        self.assertEqual(len(self.messages(self.online(code=24), "differs")), 1)

    def test_books_made_anew_from_the_venues_are_proven_by_trades(self):
        path = self.task_file("btc", "BTC/USDT", "mexc_spot", "gateio_spot", "0.02", "0.01", more="max_capital_fraction = 1\n")
        self.assertEqual(self.live(path).returncode, 0)
        self.db = os.path.join(self.dir, "anew", "dn.db")
        done = self.recover("--from-venue", path, "--apply", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = self.online("--from", "1h")
        self.assertEqual(told["findings"], [])
        self.assertEqual(told["chains"][0]["unchained"], 0)

    def test_a_venue_that_does_not_tell_leaves_it_open(self):
        self.run_live_task("btc", "mexc_spot", "gateio_spot")
        self.exchange.fault(venue="mexc_spot", what="query", fault="http_503_accepted", count=50)
        told = self.online(code=69)
        self.assertTrue(any("mexc_spot" in line for line in told["not_proven"]), told)
        self.assertEqual({line["exchange"] for line in told["accounts"]}, {"gateio_spot"})
        self.write_credentials(mexc_secret="wrong")
        self.exchange.control("POST", "faults", {"clear": True})
        self.assertEqual(self.online(code=77)["findings"], [])


class Tokens(OnlineAudit):
    settings = {"mexc_mx_price": "2.9", "gate_gt_price": "7.3"}

    def test_fees_in_the_venues_own_tokens_are_proven(self):
        before = self.exchange.ledger()
        self.run_live_task("btc", "mexc_spot", "gateio_spot")
        told = self.online()
        self.assert_all_explained(told, before, *Spot.ASSETS, ("mexc_spot", "MX"), ("gateio_spot", "GT"))
        fees = {(line["exchange"], line["asset"]): Decimal(line["fees"]) for line in told["ledger"]}
        self.assertEqual({asset for (_, asset), fee in fees.items() if fee > 0}, {"MX", "GT"})
        self.alter("UPDATE fills SET fee = '0.000001' WHERE fee_asset = 'GT' AND id = (SELECT max(id) FROM fills WHERE fee_asset = 'GT')")
        self.assertTrue(any(m.startswith("GT moved by") for m in self.messages(self.online(code=24), "balance")))


class Perpetual(OnlineAudit):
    def test_an_open_position_is_proven_by_its_entry_and_a_closed_one_to_the_last_digit(self):
        before = self.exchange.ledger()
        self.run_live_task("open", "mexc_spot", "gateio_futures")
        told = self.online()
        self.assert_all_explained(told, before, ("mexc_spot", "BTC"), ("mexc_spot", "USDT"), ("gateio_futures", "USDT"))
        done = self.rebalance("--task", "open", "--flatten", "--yes", "--max-notional", "100000", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = self.online()
        (line,) = [line for line in told["accounts"] if line["exchange"] == "gateio_futures"]
        self.assertEqual((line["rounded"], line["difference"]), ("0", "0"))
        self.assert_all_explained(told, before, *{(x["exchange"], x["asset"]) for x in told["accounts"]})

    def carry(self):
        path = self.task_file("carry", "BTC/USDT", "mexc_spot", "gateio_futures", "0.02", "0.01", more='max_capital_fraction = 1\nmax_hold = "12h"\n')
        with open(path, encoding="utf-8") as f:
            text = f.read()
        return self.write("carry.toml", "exit_after_fundings = 1\n" + text)

    def test_a_round_with_funding_is_proven(self):
        before = self.exchange.ledger()
        self.exchange.control("POST", "funding_terms", {"symbol": "BTC_USDT", "rate": "0.0003", "interval": 3600, "in": 4})
        run = self.begin_live(self.carry(), "--ndjson")
        for line in run.stdout:
            if json.loads(line).get("code") == "holding":
                self.exchange.control("POST", "funding", {"symbol": "BTC_USDT", "rate": "0.0003"})
        self.assertEqual(run.wait(), 0, run.stderr.read())
        run.communicate()
        told = self.online()
        self.assertEqual(told["findings"], [])
        (line,) = [line for line in told["ledger"] if line["holds"] == "margin"]
        self.assertGreater(Decimal(line["funding"]), 0)
        (change,) = [c for c in told["accounts"] if c["exchange"] == "gateio_futures"]
        after = self.exchange.ledger()
        moved = Decimal(after["balances"]["gate_futures"]["USDT"]["total"]) - Decimal(before["balances"]["gate_futures"]["USDT"]["total"])
        self.assertEqual((Decimal(change["booked"]), Decimal(change["difference"]), change["rounded"]), (moved, 0, "0"))
        self.alter("UPDATE fundings SET amount = '99'")
        found = self.online(code=24)
        self.assertTrue(any("99 in the books" in m for m in self.messages(found, "differs")), found["findings"])
        self.assertTrue(any(m.startswith("USDT moved by") for m in self.messages(found, "balance")), found["findings"])

    def test_funding_for_a_position_by_hand_is_named(self):
        self.run_live_task("open", "mexc_spot", "gateio_futures")
        done = self.rebalance("--task", "open", "--flatten", "--yes", "--max-notional", "100000", "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        status, placed = Gate(self.exchange).signed("POST", "/futures/usdt/orders", body={"contract": "BTC_USDT", "size": 10, "price": "0", "tif": "ioc", "text": "t-hand"})
        self.assertEqual(status, 201, placed)
        self.exchange.control("POST", "funding", {"symbol": "BTC_USDT", "rate": "0.0003"})
        told = self.online()
        self.assertEqual({f["finding"] for f in told["findings"]}, {"foreign"})
        self.assertTrue(any("was paid for a position of another hand" in m for m in self.messages(told)), told["findings"])
        for line in told["accounts"]:
            self.assertTrue(line["explained"], line)


if __name__ == "__main__":
    unittest.main()

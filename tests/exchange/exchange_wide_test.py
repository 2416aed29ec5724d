#!/usr/bin/env python3
"""dn-exchange beyond the bare trading: candles, statistics, books that change, batches, amendments, leverage."""

import json
import time
import unittest
from decimal import Decimal
from urllib.parse import quote

from exchange_case import Case, poll
from exchange_client import protobuf


class Book:
    """A book kept by changes: absolute sizes, nothing left out."""

    def __init__(self):
        self.bids, self.asks, self.version = {}, {}, None

    def start(self, bids, asks, version):
        self.bids = {Decimal(p): Decimal(q) for p, q in bids}
        self.asks = {Decimal(p): Decimal(q) for p, q in asks}
        self.version = version

    def change(self, bids, asks, first, last):
        if last <= self.version:
            return
        assert first <= self.version + 1, (first, self.version)
        for side, levels in ((self.bids, bids), (self.asks, asks)):
            for price, size in levels:
                side[Decimal(price)] = Decimal(size)
                if not Decimal(size):
                    del side[Decimal(price)]
        self.version = last

    def is_like(self, bids, asks):
        return self.bids == {Decimal(p): Decimal(q) for p, q in bids} and self.asks == {Decimal(p): Decimal(q) for p, q in asks}


class MexcWideTest(Case):
    def code(self, answer):
        return answer[0], answer[1]["code"]

    def topics(self, ws, *names):
        ws.send({"method": "SUBSCRIPTION", "params": list(names)})
        return ws.until(lambda m: isinstance(m, dict))["msg"]

    def test_candles_and_statistics(self):
        poll(lambda: self.mexc.public("trades", "symbol=ETHUSDT")[1], lambda list: len(list) > 3)
        row = self.mexc.public("klines", "symbol=ETHUSDT&interval=1m&limit=5")[1][-1]
        self.assertEqual([type(cell) for cell in row], [int, str, str, str, str, str, int, str])
        self.assertEqual((row[0] % 60000, row[6] - row[0]), (0, 60000))
        self.assertLessEqual(Decimal(row[3]), Decimal(row[4]))
        before = sum(Decimal(r[5]) for r in self.mexc.public("klines", "symbol=ETHUSDT&interval=60m")[1])
        day = self.mexc.public("ticker/24hr", "symbol=ETHUSDT")[1]
        after = sum(Decimal(r[5]) for r in self.mexc.public("klines", "symbol=ETHUSDT&interval=1d")[1])
        self.assertLessEqual(before, Decimal(day["volume"]))
        self.assertLessEqual(Decimal(day["volume"]), after)
        self.assertLessEqual(abs(Decimal(day["priceChangePercent"])), 1)
        self.assertIsNone(day["count"])
        self.assertGreater(len(self.mexc.public("ticker/24hr")[1]), 1)
        self.assertEqual(self.mexc.public("avgPrice", "symbol=ETHUSDT")[1]["mins"], 5)
        trade = self.mexc.public("aggTrades", "symbol=ETHUSDT&limit=1")[1][0]
        self.assertEqual((trade["a"], trade["T"] % 1000), (None, 0))
        for path, code in [
            ("klines?symbol=ETHUSDT&interval=1h", -1121),
            ("klines?symbol=NOUSDT&interval=1m", -1121),
            ("klines?symbol=ETHUSDT&interval=1m&limit=1001", 33333),
            ("aggTrades?symbol=ETHUSDT&startTime=0&endTime=3600002", -1127),
            ("ticker/24hr?symbol=NOUSDT", -1121),
        ]:
            self.assertEqual(self.code(self.mexc.public(*path.split("?"))), (400, code), path)

    def test_what_needs_a_signature(self):
        for path in ("capital/config/getall", "uid", "mxDeduct/enable"):
            self.assertEqual(self.mexc.public(path)[0], 400, path)
        coins = self.mexc.signed("GET", "capital/config/getall")[1]
        self.assertIn("USDT", [c["coin"] for c in coins])
        self.assertTrue(self.mexc.signed("GET", "uid")[1]["uid"].isdigit())
        self.assertEqual(self.mexc.public("symbol/offline"), (200, {"data": []}))

    def batch(self, *orders):
        return self.mexc.signed("POST", "batchOrders", "batchOrders=" + quote(json.dumps(orders), safe=""))

    def test_many_at_once(self):
        order = {"symbol": "ETHUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": self.mexc_price("bidPrice")}
        status, rows = self.batch({**order, "newClientOrderId": "many-1"}, {**order, "quantity": "0.0001", "newClientOrderId": "many-2"}, order)
        self.assertEqual(status, 200)
        self.assertEqual((rows[0]["newClientOrderId"], rows[0]["orderListId"]), ("many-1", -1))
        self.assertEqual((rows[1]["newClientOrderId"], rows[1]["code"]), ("many-2", 30002))
        self.assertEqual(set(rows[2]), {"symbol", "orderId", "orderListId"})
        self.assertEqual(self.code(self.batch(order, {**order, "symbol": "BTCUSDT"})), (400, 33333))
        self.assertEqual(self.code(self.batch(*[order] * 21)), (400, 33333))
        self.assertEqual(len(self.mexc.signed("GET", "openOrders", "symbol=ETHUSDT")[1]), 2)
        gone = self.mexc.signed("DELETE", "order/all")[1]
        self.assertEqual((gone["code"], gone["msg"]), (200, "success"))
        self.assertEqual(self.mexc.signed("GET", "openOrders")[1], [])

    def test_a_book_kept_by_changes(self):
        ws = self.ws("mexcWs")
        topic = "spot@public.aggre.depth.v3.api.pb@10ms@ETHUSDT"
        self.assertEqual(self.topics(ws, topic), topic)
        book = Book()

        def levels(body, side):
            return [(l[1][0].decode(), l[2][0].decode()) for l in map(protobuf, body.get(side, []))]

        def same(message):
            body = protobuf(protobuf(message)[313][0])
            first, last = int(body[4][0]), int(body[5][0])
            snapshot = self.mexc.public("depth", "symbol=ETHUSDT&limit=5000")[1]
            if book.version is None:
                self.assertGreaterEqual(snapshot["lastUpdateId"], last)
                book.start(snapshot["bids"], snapshot["asks"], snapshot["lastUpdateId"])
                return False
            book.change(levels(body, 2), levels(body, 1), first, last)
            return last == snapshot["lastUpdateId"] and book.is_like(snapshot["bids"], snapshot["asks"])

        ws.until(same)

    def test_other_topics(self):
        ws = self.ws("mexcWs")
        names = [
            "spot@public.kline.v3.api.pb@ETHUSDT@Min1",
            "spot@public.miniTicker.v3.api.pb@ETHUSDT@UTC+8",
            "spot@public.miniTickers.v3.api.pb@UTC+8",
            "spot@public.bookTicker.batch.v3.api.pb@ETHUSDT",
        ]
        self.assertEqual(self.topics(ws, *names), ",".join(names))
        seen = {}
        while set(seen) != {308, 309, 310, 311}:
            wrapper = protobuf(ws.until(lambda m: isinstance(m, bytes)))
            seen.update({tag: wrapper for tag in wrapper if tag > 300})
        kline = protobuf(seen[308][308][0])
        self.assertEqual((kline[1], kline[2][0] % 60, kline[9][0] - kline[2][0]), ([b"Min1"], 0, 60))
        self.assertTrue(4 in seen[308] and 5 in seen[308] and 6 not in seen[308])
        for bad in ("spot@public.kline.v3.api.pb@ETHUSDT@Min2", "spot@public.miniTicker.v3.api.pb@ETHUSDT@CET", "spot@public.aggre.depth.v3.api.pb@50ms@ETHUSDT"):
            self.assertIn("Blocked", self.topics(self.ws("mexcWs"), bad))


class GateWide(Case):
    def label(self, answer):
        return answer[0], answer[1]["label"]

    def subscribe(self, ws, channel, payload):
        stamp = int(time.time())
        auth = {"method": "api_key", "KEY": self.gate.key, "SIGN": self.gate.sign(f"channel={channel}&event=subscribe&time={stamp}")}
        ws.send({"time": stamp, "channel": channel, "event": "subscribe", "payload": payload, "auth": auth})
        ack = ws.until(lambda m: m.get("channel") == channel and m.get("event") == "subscribe")
        return ack["error"]["code"] if "error" in ack else ack["result"]["status"]

    def login(self, ws, prefix):
        stamp = str(int(time.time()))
        payload = {"req_id": "l", "api_key": self.gate.key, "timestamp": stamp, "signature": self.gate.sign(f"api\n{prefix}.login\n\n{stamp}")}
        ws.send({"time": 1, "channel": prefix + ".login", "event": "api", "payload": payload})
        self.assertEqual(ws.until(lambda m: m.get("request_id") == "l")["header"]["status"], "200")

    def call(self, ws, channel, param):
        ws.send({"time": 1, "channel": channel, "event": "api", "payload": {"req_id": channel, "req_param": param}})
        return ws.until(lambda m: m.get("request_id") == channel and not m.get("ack"))["data"]

    def is_kept(self, ws, channel, snapshot):
        """Follows a channel of changes until it has what the exchange has."""
        book = Book()

        def pairs(levels):
            return [(l["p"], l["s"]) if isinstance(l, dict) else l for l in levels]

        def same(message):
            if message.get("channel") != channel or message["event"] != "update":
                return False
            change = message["result"]
            bids, asks, version = snapshot()
            if change.get("full"):
                book.start(pairs(change["b"]), pairs(change["a"]), change["u"])
            elif book.version is None:
                book.start(bids, asks, version)
            else:
                book.change(pairs(change["b"]), pairs(change["a"]), change["U"], change["u"])
            return book.version == version and book.is_like(bids, asks)

        ws.until(same)


class GateSpotWideTest(GateWide):
    def place(self, **order):
        return self.gate.signed("POST", "/spot/orders", "", {"currency_pair": "ETH_USDT", "side": "buy", **order})

    def price(self, away="0.98", side="bids"):
        book = self.gate.public("/spot/order_book", "currency_pair=ETH_USDT")[1]
        return str((Decimal(book[side][0][0]) * Decimal(away)).quantize(Decimal("0.01")))

    def test_candles_and_statistics(self):
        rows = poll(lambda: self.gate.public("/spot/candlesticks", "currency_pair=ETH_USDT&interval=10s&limit=5")[1], len)
        self.assertEqual((len(rows[-1]), int(rows[-1][0]) % 10, rows[-1][7]), (8, 0, "false"))
        self.assertTrue(all(isinstance(cell, str) for cell in rows[-1]))
        ticker = self.gate.public("/spot/tickers", "currency_pair=ETH_USDT")[1][0]
        self.assertGreater(Decimal(ticker["base_volume"]), 0)
        self.assertLessEqual(Decimal(ticker["low_24h"]), Decimal(ticker["last"]))
        for query in ("interval=2m", "limit=1001", "limit=5&from=1", "from=5&to=1"):
            self.assertEqual(self.label(self.gate.public("/spot/candlesticks", "currency_pair=ETH_USDT&" + query)), (400, "INVALID_PARAM_VALUE"), query)
        self.assertEqual(self.label(self.gate.public("/spot/candlesticks", "currency_pair=NO_USDT")), (400, "INVALID_CURRENCY_PAIR"))

    def test_currencies_and_fees(self):
        self.assertIn("ETH", [c["currency"] for c in self.gate.public("/spot/currencies")[1]])
        self.assertEqual(self.gate.public("/spot/currencies/ETH")[1]["currency"], "ETH")
        self.assertEqual(self.label(self.gate.public("/spot/currencies/NO")), (400, "INVALID_CURRENCY"))
        fees = self.gate.signed("GET", "/spot/batch_fee", "currency_pairs=ETH_USDT,BTC_USDT")[1]
        self.assertEqual(set(fees), {"ETH_USDT", "BTC_USDT"})
        self.assertEqual(self.gate.public("/delivery/usdt/contracts"), (200, []))

    def test_an_order_is_changed(self):
        order = self.place(amount="0.02", price=self.price(), text="t-change.1")[1]
        where = "/spot/orders/" + order["id"]
        pair = {"currency_pair": "ETH_USDT"}
        changed = self.gate.signed("PATCH", where, "", {**pair, "amount": "0.03", "price": self.price("0.97"), "amend_text": "more"})
        self.assertEqual((changed[0], changed[1]["id"], changed[1]["amount"], changed[1]["amend_text"]), (200, order["id"], "0.03", "more"))
        self.assertEqual(self.gate.signed("PATCH", "/spot/orders/t-change.1", "currency_pair=ETH_USDT", {"amount": "0.02"})[1]["left"], "0.02")
        big = [self.place(amount="1000", price=self.price("0.99"))[1]["id"] for _ in range(2)]
        for change, label in [
            ({}, "MISSING_REQUIRED_PARAM"),
            ({"amount": "0.02"}, "NO_CHANGE"),
            ({"amount": "0.000001"}, "INVALID_PRECISION"),
            ({"amount": "1000"}, "BALANCE_NOT_ENOUGH"),
            ({"amount": "0.02", "account": "unified"}, "INVALID_PARAM_VALUE"),
        ]:
            self.assertEqual(self.label(self.gate.signed("PATCH", where, "", {**pair, **change})), (400, label), change)
        for id in big:
            self.assertEqual(self.gate.signed("DELETE", "/spot/orders/" + id, "currency_pair=ETH_USDT")[0], 200)
        self.assertTrue(self.order_in_ledger("t-change.1")["open"])
        filled = self.gate.signed("PATCH", where, "", {**pair, "price": self.price("1.01", "asks")})[1]
        self.assertEqual((filled["status"], filled["left"]), ("closed", "0"))
        self.assertEqual(self.order_in_ledger("t-change.1")["filled"], "0.02")
        self.assertEqual(self.label(self.gate.signed("PATCH", where, "", {**pair, "amount": "1"})), (400, "ORDER_CLOSED"))

    def test_many_at_once(self):
        order = {"currency_pair": "ETH_USDT", "side": "buy", "amount": "0.01", "price": self.price()}
        rows = self.gate.signed("POST", "/spot/batch_orders", "", [{**order, "text": "t-b.1"}, {**order, "text": "t-b.2", "amount": "0.0001"}])[1]
        self.assertEqual((rows[0]["succeeded"], rows[0]["order_id"], rows[0]["status"]), (True, rows[0]["id"], "open"))
        self.assertEqual((rows[1]["succeeded"], rows[1]["text"], rows[1]["label"]), (False, "t-b.2", "INVALID_PARAM_VALUE"))
        self.assertEqual(self.label(self.gate.signed("POST", "/spot/batch_orders", "", [order])), (400, "MISSING_REQUIRED_PARAM"))
        self.assertEqual(self.label(self.gate.signed("POST", "/spot/batch_orders", "", [{**order, "text": "t-b.3"}] * 11)), (400, "TOO_MANY_ORDERS"))
        changes = [{"order_id": rows[0]["id"], "currency_pair": "ETH_USDT", "amount": "0.02"}, {"order_id": "1", "currency_pair": "ETH_USDT", "amount": "1"}]
        self.assertEqual([r["succeeded"] for r in self.gate.signed("POST", "/spot/amend_batch_orders", "", changes)[1]], [True, False])
        self.gate.signed("DELETE", "/spot/orders", "currency_pair=ETH_USDT")

    def test_books_kept_by_changes(self):
        def snapshot():
            book = self.gate.public("/spot/order_book", "currency_pair=ETH_USDT&limit=100&with_id=true")[1]
            return book["bids"], book["asks"], book["id"]

        ws = self.ws("gateWs")
        self.assertEqual(self.subscribe(ws, "spot.order_book_update", ["ETH_USDT", "100ms"]), "success")
        self.is_kept(ws, "spot.order_book_update", snapshot)
        ws = self.ws("gateWs")
        self.assertEqual(self.subscribe(ws, "spot.obu", ["ob.ETH_USDT.400"]), "success")
        self.assertEqual(self.subscribe(ws, "spot.obu", ["ob.ETH_USDT.400"]), 2)
        self.assertEqual(self.subscribe(ws, "spot.order_book_update", ["ETH_USDT", "50ms"]), 2)
        self.is_kept(self.again(ws), "spot.obu", snapshot)

    def again(self, ws):
        """A fresh connection whose snapshot is not read yet."""
        ws.socket.close()
        ws = self.ws("gateWs")
        ws.send({"time": 1, "channel": "spot.obu", "event": "subscribe", "payload": ["ob.ETH_USDT.400"]})
        return ws

    def test_candles_and_second_versions(self):
        ws = self.ws("gateWs")
        self.assertEqual(self.subscribe(ws, "spot.candlesticks", ["1m", "ETH_USDT"]), "success")
        candle = ws.until(lambda m: m["channel"] == "spot.candlesticks" and m["event"] == "update")["result"]
        self.assertEqual((candle["n"], int(candle["t"]) % 60, candle["w"]), ("1m_ETH_USDT", 0, False))
        self.assertEqual(self.subscribe(ws, "spot.candlesticks", ["7m", "ETH_USDT"]), 2)
        for channel in ("spot.orders_v2", "spot.usertrades_v2"):
            self.assertEqual(self.subscribe(ws, channel, ["ETH_USDT"]), "success")
        self.place(type="market", amount="50", time_in_force="ioc")
        seen = {}
        while set(seen) != {"spot.orders_v2", "spot.usertrades_v2"}:
            push = ws.until(lambda m: m["channel"].endswith("_v2"))
            seen[push["channel"]] = push["result"][0]
        self.assertFalse(any("fee" in row for row in seen.values()))

    def test_trading_over_websocket(self):
        ws = self.ws("gateWs")
        self.login(ws, "spot")
        order = {"currency_pair": "ETH_USDT", "side": "buy", "amount": "0.01", "price": self.price()}
        rows = self.call(ws, "spot.order_place", [{**order, "text": "t-w.1"}, {**order, "text": "t-w.2"}])["result"]
        changed = self.call(ws, "spot.order_amend", {"order_id": rows[0]["id"], "currency_pair": "ETH_USDT", "amount": "0.02"})["result"]
        self.assertEqual((changed["id"], changed["amount"]), (rows[0]["id"], "0.02"))
        self.assertEqual(len(self.call(ws, "spot.order_cancel_cp", {"currency_pair": "ETH_USDT"})["result"]), 2)
        errs = self.call(ws, "spot.order_amend", {"order_id": rows[0]["id"], "currency_pair": "ETH_USDT", "amount": "0.03"})["errs"]
        self.assertEqual(errs["label"], "ORDER_CANCELLED")


class GateFuturesWideTest(GateWide):
    decimal = {"X-Gate-Size-Decimal": "1"}

    def place(self, **order):
        return self.gate.signed("POST", "/futures/usdt/orders", "", {"contract": "BTC_USDT", **order})

    def price(self, away="0.98"):
        book = self.gate.public("/futures/usdt/order_book", "contract=BTC_USDT")[1]
        return str((Decimal(book["bids"][0]["p"]) * Decimal(away)).quantize(Decimal("0.1")))

    def test_candles_and_statistics(self):
        candle = poll(lambda: self.gate.public("/futures/usdt/candlesticks", "contract=BTC_USDT&interval=1m&limit=5")[1], len)[-1]
        self.assertEqual((candle["t"] % 60, type(candle["v"]), type(candle["o"])), (0, int, str))
        decimal = self.gate.public("/futures/usdt/candlesticks", "contract=BTC_USDT&limit=1", self.decimal)[1][-1]
        self.assertIsInstance(decimal["v"], str)
        self.assertNotIn("v", self.gate.public("/futures/usdt/candlesticks", "contract=mark_BTC_USDT&limit=1")[1][0])
        self.assertGreater(Decimal(self.gate.public("/futures/usdt/tickers", "contract=BTC_USDT")[1][0]["volume_24h_base"]), 0)
        self.assertEqual(self.gate.public("/futures/usdt/risk_limit_tiers", "contract=BTC_USDT")[1][0]["tier"], 1)
        self.assertEqual(self.label(self.gate.public("/futures/usdt/candlesticks", "contract=NO_USDT")), (404, "CONTRACT_NOT_FOUND"))

    def test_an_order_is_changed(self):
        order = self.place(size=-3, price=self.price("1.02"), text="t-fc.1")[1]
        where = f"/futures/usdt/orders/{order['id']}"
        changed = self.gate.signed("PUT", where, "", {"size": -2, "price": self.price("1.03"), "amend_text": "less"})[1]
        self.assertEqual((changed["id"], changed["size"], changed["left"], changed["amend_text"]), (order["id"], -2, -2, "less"))
        self.assertEqual(self.label(self.gate.signed("PUT", where, "", {"size": 2})), (400, "INVALID_PARAM_VALUE"))
        self.assertEqual(self.label(self.gate.signed("PUT", where, "", {"size": -2})), (400, "NO_CHANGE"))
        self.assertEqual(self.label(self.gate.signed("PUT", where, "", {"price": "1"})), (400, "PRICE_TOO_DEVIATED"))
        self.assertEqual(self.gate.signed("PUT", "/futures/usdt/orders/t-fc.1", "", {"size": -1})[1]["size"], -1)
        listed = self.gate.signed("GET", "/futures/usdt/orders_timerange", f"contract=BTC_USDT&from={int(time.time()) - 60}")[1]
        self.assertIn(order["id"], [o["id"] for o in listed])
        self.gate.signed("DELETE", where)
        self.assertEqual(self.label(self.gate.signed("PUT", where, "", {"size": -3})), (400, "ORDER_FINISHED"))

    def test_many_at_once(self):
        order = {"contract": "BTC_USDT", "size": 1, "price": self.price()}
        rows = self.gate.signed("POST", "/futures/usdt/batch_orders", "", [order, {**order, "price": "1"}])[1]
        self.assertEqual((rows[0]["succeeded"], rows[0]["status"]), (True, "open"))
        self.assertEqual((rows[1]["succeeded"], rows[1]["label"]), (False, "PRICE_TOO_DEVIATED"))
        self.assertEqual(self.label(self.gate.signed("POST", "/futures/usdt/batch_orders", "", [order, {"contract": "BTC_USDT"}])), (400, "INVALID_PARAM_VALUE"))
        changes = [{"order_id": rows[0]["id"], "size": 2}, {"order_id": 1, "size": 2}]
        self.assertEqual([r["succeeded"] for r in self.gate.signed("POST", "/futures/usdt/batch_amend_orders", "", changes)[1]], [True, False])
        self.assertEqual(len(self.gate.signed("DELETE", "/futures/usdt/orders", "contract=BTC_USDT")[1]), 1)

    def test_leverage_and_mode(self):
        where = "/futures/usdt/positions/ETH_USDT/leverage"

        def margin():
            return Decimal(self.exchange.ledger()["balances"]["gate_futures"]["USDT"]["margin"])

        self.gate.signed("POST", "/futures/usdt/orders", "", {"contract": "ETH_USDT", "size": 2, "price": "0", "tif": "ioc"})
        before = margin()
        position = self.gate.signed("POST", where, "leverage=20")[1]
        self.assertEqual((position["leverage"], position["pos_margin_mode"]), ("20", "isolated"))
        self.assertLess(margin(), before)
        cross = self.gate.signed("POST", where, "leverage=0&cross_leverage_limit=10")[1]
        self.assertEqual((cross["leverage"], cross["cross_leverage_limit"], margin()), ("0", "10", before))
        self.assertEqual(self.label(self.gate.signed("POST", where, "leverage=101")), (400, "INVALID_PARAM_VALUE"))
        self.assertEqual(self.label(self.gate.signed("POST", where)), (400, "MISSING_REQUIRED_PARAM"))
        self.assertEqual(self.label(self.gate.signed("POST", "/futures/usdt/dual_mode", "dual_mode=false")), (400, "NO_CHANGE"))
        self.assertEqual(self.label(self.gate.signed("POST", "/futures/usdt/dual_mode", "dual_mode=true")), (400, "POSITION_HOLDING"))
        self.gate.signed("POST", "/futures/usdt/orders", "", {"contract": "ETH_USDT", "size": 0, "close": True, "price": "0", "tif": "ioc"})
        self.assertEqual(margin(), 0)

    def test_the_wallets_book(self):
        for size in (2, -2):
            self.place(size=size, price="0", tif="ioc")
        self.place(size=3, price="0", tif="ioc")
        self.exchange.control("POST", "funding", {"symbol": "BTC_USDT", "rate": "0.0001"})
        rows = self.gate.signed("GET", "/futures/usdt/account_book", "contract=BTC_USDT")[1]
        self.assertEqual((rows[0]["type"], rows[0]["text"], rows[0]["trade_id"]), ("fund", "BTC_USDT", ""))
        self.assertLess(Decimal(rows[0]["change"]), 0)
        for newer, older in zip(rows, rows[1:]):
            self.assertEqual(Decimal(newer["balance"]) - Decimal(newer["change"]), Decimal(older["balance"]))
        self.assertEqual(rows[0]["balance"], self.exchange.ledger()["balances"]["gate_futures"]["USDT"]["total"])
        self.assertEqual({r["type"] for r in self.gate.signed("GET", "/futures/usdt/account_book", "type=fee")[1]}, {"fee"})
        self.place(size=0, close=True, price="0", tif="ioc")

    def test_books_kept_by_changes(self):
        def snapshot():
            book = self.gate.public("/futures/usdt/order_book", "contract=BTC_USDT&limit=100&with_id=true", self.decimal)[1]
            return [[(l["p"], l["s"]) for l in book[side]] for side in ("bids", "asks")] + [book["id"]]

        ws = self.ws("gateFuturesWs", self.decimal)
        self.assertEqual(self.subscribe(ws, "futures.order_book_update", ["BTC_USDT", "20ms", "100"]), 2)
        self.assertEqual(self.subscribe(ws, "futures.order_book_update", ["BTC_USDT", "100ms", "100"]), "success")
        self.is_kept(ws, "futures.order_book_update", snapshot)
        self.assertEqual(self.subscribe(ws, "futures.candlesticks", ["1m", "BTC_USDT"]), "success")
        self.assertIsInstance(ws.until(lambda m: m["channel"] == "futures.candlesticks")["result"][0]["v"], str)

    def test_trading_over_websocket(self):
        ws = self.ws("gateFuturesWs")
        self.login(ws, "futures")
        order = {"contract": "BTC_USDT", "size": 1, "price": self.price()}
        rows = self.call(ws, "futures.order_batch_place", [order, order])["result"]
        changed = self.call(ws, "futures.order_amend", {"order_id": str(rows[0]["id"]), "size": 3})["result"]
        self.assertEqual((changed["id"], changed["size"]), (rows[0]["id"], 3))
        self.assertEqual(len(self.call(ws, "futures.order_cancel_cp", {"contract": "BTC_USDT"})["result"]), 2)


if __name__ == "__main__":
    unittest.main()

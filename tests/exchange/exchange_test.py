#!/usr/bin/env python3
"""dn-exchange as a client meets it: signatures, orders, streams, faults and the ledger on all three venues."""

import json
import os
import ssl
import tempfile
import time
import unittest
from decimal import Decimal

from exchange_case import PROGRAM, Case, poll
from exchange_client import Exchange, Mexc, WebSocket, protobuf


class MexcTest(Case):
    def code(self, answer):
        return answer[0], answer[1]["code"]

    def test_signatures(self):
        self.assertEqual(self.mexc.public("ping"), (200, {}))
        self.assertEqual(self.mexc.signed("GET", "account")[0], 200)
        self.assertEqual(self.code(self.mexc.signed("GET", "account", secret="wrong")), (400, 700002))
        self.assertEqual(self.code(self.mexc.signed("GET", "account", key="mx0other")), (401, 10072))
        self.assertEqual(self.code(self.mexc.signed("GET", "account", stamp=1700000000000)), (400, 700003))
        self.assertEqual(self.code(self.mexc.signed("GET", "account", "recvWindow=60001")), (400, 700005))
        order = "symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.01&price=" + self.mexc_price("bidPrice")
        self.assertEqual(self.mexc.signed("POST", "order/test", order), (200, {}))
        # All in a form, and half and half: joined with nothing between.
        self.assertEqual(self.mexc.signed("POST", "order/test", "", order), (200, {}))
        half = order.index("&quantity")
        self.assertEqual(self.mexc.signed("POST", "order/test", order[:half], order[half + 1 :]), (200, {}))

    def test_filters(self):
        price = self.mexc_price("bidPrice")
        for query, code in [
            ("symbol=NOUSDT&side=BUY&type=LIMIT&quantity=1&price=1", 10007),
            ("symbol=TRXUSDT&side=BUY&type=LIMIT&quantity=100&price=0.3", 10007),
            (f"symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.0100001&price={price}", 400),
            (f"symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.01&price={price}1", 400),
            (f"symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.0001&price={price}", 30002),
            ("symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.01&price=9000", 30087),
            ("symbol=ETHUSDT&side=BUY&type=MARKET", -1128),
            ("symbol=ETHUSDT&side=BUY&type=LIMIT_ORDER&quantity=0.01&price=9000", 30041),
        ]:
            self.assertEqual(self.code(self.mexc.signed("POST", "order", query)), (400, code), query)
        self.assertEqual(self.code(self.mexc.signed("POST", "order", "symbol=LTCUSDT&side=SELL&type=MARKET&quantity=5")), (400, 30005))
        self.assertGreater(self.exchange.ledger()["counters"]["filter_violations"], 0)

    def test_an_order_lives_and_is_cancelled(self):
        price = self.mexc_price("bidPrice")
        ask = "symbol=ETHUSDT&origClientOrderId=life-1"
        status, ack = self.mexc.signed("POST", "order", f"symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.01&price={price}&newClientOrderId=life-1")
        self.assertEqual(status, 200)
        self.assertNotIn("status", ack)
        self.assertEqual(self.code(self.mexc.signed("GET", "order", ask)), (400, -2013))
        seen = poll(lambda: self.mexc.signed("GET", "order", ask), lambda a: a[0] == 200)[1]
        self.assertEqual((seen["status"], seen["orderId"]), ("NEW", ack["orderId"]))
        self.assertEqual(len(self.mexc.signed("GET", "openOrders", "symbol=ETHUSDT")[1]), 1)
        self.assertEqual(self.mexc.signed("DELETE", "order", ask)[0], 200)
        self.assertEqual(self.code(self.mexc.signed("DELETE", "order", ask)), (400, -2011))
        self.assertEqual(self.mexc.signed("GET", "order", ask)[1]["status"], "CANCELED")
        self.assertEqual(self.code(self.mexc.signed("GET", "order", "symbol=ETHUSDT")), (400, 700004))
        again = self.mexc.signed("POST", "order", f"symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.01&price={price}&newClientOrderId=life-1")
        self.assertEqual(self.code(again), (400, 400))
        self.assertFalse(self.order_in_ledger("life-1")["open"])

    def test_a_taker_pays_in_quote(self):
        _, ack = self.mexc.signed("POST", "order", "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=0.01&newClientOrderId=take-1")
        trades = poll(lambda: self.mexc.signed("GET", "myTrades", "symbol=ETHUSDT&orderId=" + ack["orderId"])[1], len)
        self.assertEqual({t["commissionAsset"] for t in trades}, {"USDT"})
        self.assertEqual(sum(Decimal(t["qty"]) for t in trades), Decimal("0.01"))
        self.assertEqual(self.order_in_ledger("take-1")["filled"], "0.01")

    def test_streams(self):
        key = self.mexc.signed("POST", "userDataStream")[1]["listenKey"]
        ws = self.ws(("mexcWs", "?listenKey=" + key))
        topics = ["spot@private.orders.v3.api.pb", "spot@private.deals.v3.api.pb", "spot@private.account.v3.api.pb", "spot@public.aggre.bookTicker.v3.api.pb@10ms@ETHUSDT"]
        ws.send({"method": "SUBSCRIPTION", "params": topics, "id": 5})
        self.assertEqual(ws.until(lambda m: isinstance(m, dict)), {"id": 5, "code": 0, "msg": ",".join(topics)})
        ws.send({"method": "SUBSCRIPTION", "params": ["spot@public.kline.v3.api@ETHUSDT@Min1"]})
        self.assertIn("Not Subscribed successfully!", ws.until(lambda m: isinstance(m, dict))["msg"])
        ws.send({"method": "PING"})
        self.assertEqual(ws.until(lambda m: isinstance(m, dict))["msg"], "PONG")
        ticker = protobuf(protobuf(ws.until(lambda m: isinstance(m, bytes) and 315 in protobuf(m)))[315][0])
        self.assertLess(Decimal(ticker[1][0].decode()), Decimal(ticker[3][0].decode()))
        self.mexc.signed("POST", "order", "symbol=ETHUSDT&side=SELL&type=MARKET&quantity=0.02&newClientOrderId=ws-1")
        seen = set()
        while seen != {304, 306, 307}:
            seen |= set(protobuf(ws.until(lambda m: isinstance(m, bytes)))) & {304, 306, 307}
        self.mexc.signed("DELETE", "userDataStream", "listenKey=" + key)
        self.assertEqual(ws.close_code(), 1000)

    def test_a_stranger_hears_nothing(self):
        ws = self.ws(("mexcWs", "?listenKey=nobody"))
        self.assertEqual(ws.frame(), (1, b"Invalid listen key"))
        self.assertEqual(ws.close_code(), 1008)

    def test_faults(self):
        price = self.mexc_price("bidPrice")
        order = f"symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=0.01&price={price}&newClientOrderId="
        self.exchange.fault(venue="mexc_spot", what="place", fault="reset_after")
        with self.assertRaises((ConnectionError, ssl.SSLError)):
            self.mexc.signed("POST", "order", order + "fault-1")
        self.assertTrue(self.order_in_ledger("fault-1")["open"])
        self.exchange.fault(venue="mexc_spot", what="place", fault="http_500_accepted")
        self.assertEqual(self.mexc.signed("POST", "order", order + "fault-2")[0], 500)
        self.assertTrue(self.order_in_ledger("fault-2")["open"])
        self.exchange.fault(venue="mexc_spot", what="place", fault="rate_limit")
        self.assertEqual(self.mexc.signed("POST", "order", order + "fault-3")[0], 429)
        self.assertIn("Retry-After", self.mexc.headers)
        self.exchange.fault(venue="mexc_spot", what="query", fault="html_403")
        self.assertEqual(self.mexc.signed("GET", "account")[0], 403)
        self.assertEqual(len(self.mexc.signed("DELETE", "openOrders", "symbol=ETHUSDT")[1]), 2)


class VectorsTest(unittest.TestCase):
    """Signatures that the venues and others published, at the times they were made for. MEXC's own keys are from its documents."""

    def run_with(self, config, check):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "config.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(config, f)
            with Exchange(PROGRAM, folder, "--config", path) as exchange:
                check(exchange)

    def test_mexc(self):
        made = 1644489390087
        key = "mx0aBYs33eIilxBWC5"
        config = {"mexc_key": key, "mexc_secret": "45d0b3c26f2644f19bfb98b07741b2f5", "skew_ms": made - int(time.time() * 1000)}
        first, rest = "symbol=BTCUSDT&side=BUY&type=LIMIT", f"quantity=1&price=11&recvWindow=5000&timestamp={made}"

        def check(exchange):
            mexc = Mexc(exchange)
            headers = {"X-MEXC-APIKEY": key, "Content-Type": "application/json"}
            good = "fd3e4e8543c5188531eb7279d68ae7d26a573d0fc5ab0d18eb692451654d837a"
            mixed = "d1a676610ceb39174c8039b3f548357994b2a34139a8addd33baadba65684592"
            slip = "323c96ab85a745712e95e63cad28903dd8292e4a905e99c4ee3932023843a117"  # printed by MEXC, and wrong
            for query, body, code in [
                (f"?{first}&{rest}&signature={good}", "", None),
                ("", f"{first}&{rest}&signature={good}", None),
                (f"?{first}", f"{rest}&signature={mixed}", None),
                ("", f"{first}&{rest}&signature={slip}", 700002),
                (f"?{first}&{rest}&signature={good.upper()}", "", 700002),
            ]:
                answer = mexc.send("POST", "/api/v3/order/test" + query, body, headers)
                self.assertEqual(answer[1].get("code"), code, (query, body, answer))
            mexc.connection.close()

        self.run_with(config, check)

    def test_gate(self):
        made = 1700000000
        config = {"gate_key": "test-key", "gate_secret": "test-secret", "skew_ms": made * 1000 - int(time.time() * 1000)}
        sign = "48c67de39ba434f1c9dc1e664cb9e13b32b42f10356e65405b79ee975e5c1fdecd7277bc4b7603bc67ff8d4f099362ac4313b90e176d749e5c79d721ebaa96e6"

        def check(exchange):
            ws = WebSocket(exchange, exchange.urls["gateWs"])
            auth = {"method": "api_key", "KEY": "test-key", "SIGN": sign}
            ws.send({"time": made, "channel": "spot.orders", "event": "subscribe", "payload": ["!all"], "auth": auth})
            self.assertEqual(ws.until(lambda m: m["channel"] == "spot.orders")["result"], {"status": "success"})
            ws.socket.close()

        self.run_with(config, check)


class GateSpotTest(Case):
    def place(self, **order):
        return self.gate.signed("POST", "/spot/orders", "", {"currency_pair": "ETH_USDT", "side": "buy", **order})

    def price(self, away="0.98"):
        book = self.gate.public("/spot/order_book", "currency_pair=ETH_USDT&with_id=true")[1]
        return str((Decimal(book["bids"][0][0]) * Decimal(away)).quantize(Decimal("0.01")))

    def label(self, answer):
        return answer[0], answer[1]["label"]

    def test_signatures_in_the_venues_order(self):
        self.assertEqual(self.gate.signed("GET", "/spot/accounts")[0], 200)
        self.assertEqual(self.gate.signed("GET", "/spot/accounts", stamp=f"{time.time():.3f}")[0], 200)
        self.assertEqual(self.label(self.gate.public("/spot/accounts")), (400, "MISSING_REQUIRED_HEADER"))
        self.assertEqual(self.label(self.gate.signed("GET", "/spot/accounts", extra={"KEY": "no"}, stamp=1)), (403, "REQUEST_EXPIRED"))
        self.assertEqual(self.label(self.gate.signed("GET", "/spot/accounts", extra={"KEY": "no"})), (401, "INVALID_KEY"))
        self.assertEqual(self.label(self.gate.signed("GET", "/spot/accounts", extra={"SIGN": "no"})), (401, "INVALID_SIGNATURE"))
        self.assertEqual(self.label(self.gate.signed("GET", "/unified/accounts")), (400, "USER_NOT_FOUND"))
        self.assertIn("X-Gate-RateLimit-Limit", self.gate.headers)

    def test_filters(self):
        price = self.price()
        for order, label in [
            ({"amount": "0.01", "price": price, "text": "abc"}, "INVALID_PARAM_VALUE"),
            ({"amount": "0.01", "price": price, "text": "t-" + "x" * 29}, "INVALID_PARAM_VALUE"),
            ({"amount": "0.01", "price": price, "currency_pair": "NO_USDT"}, "INVALID_CURRENCY_PAIR"),
            ({"amount": "0.00001", "price": price}, "INVALID_PRECISION"),
            ({"amount": "0.0005", "price": price}, "INVALID_PARAM_VALUE"),
            ({"amount": "1000", "price": self.price("0.99")}, "BALANCE_NOT_ENOUGH"),
            ({"amount": "0.01", "price": self.price("1.03"), "time_in_force": "poc"}, "POC_FILL_IMMEDIATELY"),
            ({"amount": "0.01", "price": price, "time_in_force": "fok"}, "FOK_NOT_FILL"),
        ]:
            if label == "BALANCE_NOT_ENOUGH":
                for _ in range(2):
                    self.assertEqual(self.place(**order)[0], 201)
            self.assertEqual(self.label(self.place(**order)), (400, label), order)
        self.assertEqual(len(self.gate.signed("DELETE", "/spot/orders", "currency_pair=ETH_USDT")[1]), 2)
        late = self.gate.signed("POST", "/spot/orders", "", {"currency_pair": "ETH_USDT", "side": "buy", "amount": "0.01", "price": price}, {"x-gate-exptime": "1"})
        self.assertEqual(self.label(late), (400, "REQUEST_EXPIRED"))

    def test_an_order_lives_and_is_cancelled(self):
        status, order = self.place(amount="0.01", price=self.price(), text="t-life.1")
        self.assertEqual((status, order["status"], order["left"], order["text"]), (201, "open", "0.01", "t-life.1"))
        self.assertNotIn("avg_deal_price", order)
        where = "currency_pair=ETH_USDT"
        self.assertEqual(self.gate.signed("GET", "/spot/orders/t-life.1", where)[1]["id"], order["id"])
        gone = self.gate.signed("DELETE", "/spot/orders/" + order["id"], where)
        self.assertEqual((gone[0], gone[1]["status"], gone[1]["finish_as"]), (200, "cancelled", "cancelled"))
        self.assertEqual(self.label(self.gate.signed("DELETE", "/spot/orders/" + order["id"], where)), (400, "ORDER_CANCELLED"))
        self.assertEqual(self.label(self.gate.signed("GET", "/spot/orders/t-life.1", where)), (404, "CLIENT_ID_NOT_FOUND"))
        self.assertEqual(self.gate.signed("GET", "/spot/orders", where + "&status=finished")[0], 200)

    def test_market_buy_spends_quote_and_pays_in_base(self):
        order = self.place(type="market", amount="50", time_in_force="ioc", text="t-take.1")[1]
        self.assertEqual((order["status"], order["finish_as"], order["fee_currency"]), ("closed", "filled", "ETH"))
        self.assertEqual(Decimal(order["left"]) + Decimal(order["filled_total"]), Decimal(50))
        trades = self.gate.signed("GET", "/spot/my_trades", "currency_pair=ETH_USDT&order_id=" + order["id"])[1]
        self.assertEqual(sum(Decimal(t["fee"]) for t in trades), Decimal(order["fee"]))

    def subscribe(self, ws, channel, payload, good=True):
        stamp = int(time.time())
        sign = self.gate.sign(f"channel={channel}&event=subscribe&time={stamp}") if good else "no"
        ws.send({"time": stamp, "id": 9, "channel": channel, "event": "subscribe", "payload": payload, "auth": {"method": "api_key", "KEY": self.gate.key, "SIGN": sign}})
        return ws.until(lambda m: m.get("channel") == channel and m.get("event") == "subscribe")

    def test_streams(self):
        ws = self.ws("gateWs")
        self.assertEqual(self.subscribe(ws, "spot.book_ticker", ["ETH_USDT"])["result"], {"status": "success"})
        self.assertEqual(self.subscribe(ws, "spot.trades", ["NO_USDT"])["error"]["code"], 2)
        self.assertEqual(self.subscribe(ws, "spot.orders", ["!all"], good=False)["error"]["code"], 4)
        for channel, payload in [("spot.orders", ["ETH_USDT"]), ("spot.usertrades", ["!all"]), ("spot.balances", [])]:
            self.assertEqual(self.subscribe(ws, channel, payload)["result"], {"status": "success"})
        ws.until(lambda m: m["channel"] == "spot.book_ticker" and m["event"] == "update")
        ws.send({"time": 1, "channel": "spot.ping"})
        ws.until(lambda m: m["channel"] == "spot.pong")
        self.place(type="market", amount="50", time_in_force="ioc")
        seen = set()
        while seen != {"spot.orders", "spot.usertrades", "spot.balances"}:
            seen.add(ws.until(lambda m: m["event"] == "update" and m["channel"] != "spot.book_ticker")["channel"])

    def test_trading_over_websocket(self):
        ws = self.ws("gateWs")
        param = {"currency_pair": "ETH_USDT", "side": "buy", "amount": "0.01", "price": self.price(), "text": "t-ws.1"}
        place = {"time": 1, "channel": "spot.order_place", "event": "api", "payload": {"req_id": "p1", "req_param": param}}
        ws.send(place)
        refused = ws.until(lambda m: m.get("request_id") == "p1")
        self.assertEqual((refused["header"]["status"], refused["data"]["errs"]["message"]), ("400", "Not login"))
        stamp = str(int(time.time()))
        login = {"req_id": "l1", "api_key": self.gate.key, "timestamp": stamp, "signature": self.gate.sign(f"api\nspot.login\n\n{stamp}")}
        ws.send({"time": 1, "channel": "spot.login", "event": "api", "payload": login})
        self.assertEqual(ws.until(lambda m: m["request_id"] == "l1")["data"]["result"]["uid"], self.gate.uid)
        ws.send(place)
        ack = ws.until(lambda m: m["request_id"] == "p1")
        self.assertTrue(ack["ack"])
        done = ws.until(lambda m: m["request_id"] == "p1")
        self.assertEqual((done["header"]["status"], done["data"]["result"]["status"]), ("200", "open"))
        ask = {"order_id": done["data"]["result"]["id"], "currency_pair": "ETH_USDT"}
        ws.send({"time": 1, "channel": "spot.order_cancel", "event": "api", "payload": {"req_id": "c1", "req_param": ask}})
        self.assertEqual(ws.until(lambda m: m["request_id"] == "c1")["data"]["result"]["status"], "cancelled")


class GateFuturesTest(Case):
    decimal = {"X-Gate-Size-Decimal": "1"}

    def place(self, extra=None, **order):
        return self.gate.signed("POST", "/futures/usdt/orders", "", {"contract": "BTC_USDT", **order}, extra)

    def label(self, answer):
        return answer[0], answer[1]["label"]

    def price(self, away="0.98"):
        book = self.gate.public("/futures/usdt/order_book", "contract=BTC_USDT")[1]
        return str((Decimal(book["bids"][0]["p"]) * Decimal(away)).quantize(Decimal("0.1")))

    def test_sizes_follow_the_header(self):
        contract = self.gate.public("/futures/usdt/contracts/ETH_USDT")[1]
        self.assertEqual((contract["enable_decimal"], contract["order_size_min"]), (True, 0))
        contract = self.gate.public("/futures/usdt/contracts/ETH_USDT", extra=self.decimal)[1]
        self.assertEqual(contract["order_size_min"], "0.1")

    def test_filters(self):
        price = self.price()
        for order, status, label in [
            ({"contract": "NO_USDT", "size": 1, "price": price}, 404, "CONTRACT_NOT_FOUND"),
            ({"size": "0.5", "price": price}, 400, "INVALID_PARAM_VALUE"),
            ({"size": 0, "price": price}, 400, "INVALID_ARGUMENT"),
            ({"size": 1, "price": "0"}, 400, "INVALID_ARGUMENT"),
            ({"size": 1, "price": self.price("0.5")}, 400, "PRICE_TOO_DEVIATED"),
            ({"size": 1, "price": self.price("1.02"), "tif": "poc"}, 400, "ORDER_POC_IMMEDIATE"),
            ({"size": -1, "price": "0", "tif": "ioc", "reduce_only": True, "contract": "LTC_USDT"}, 400, "INCREASE_POSITION"),
            ({"size": 12000000, "price": price}, 400, "INSUFFICIENT_AVAILABLE"),
        ]:
            self.assertEqual(self.label(self.place(**order)), (status, label), order)

    def test_an_order_lives_and_is_cancelled(self):
        status, order = self.place(size=-3, price=self.price("1.02"), text="t-f.1")
        self.assertEqual((status, order["size"], order["left"], order["status"]), (201, -3, -3, "open"))
        self.assertGreater(order["id"], 2**53)
        self.assertNotIn("finish_as", order)
        self.assertEqual(self.gate.signed("GET", "/futures/usdt/orders/t-f.1")[1]["id"], order["id"])
        self.assertEqual(self.gate.signed("DELETE", "/futures/usdt/orders/t-f.1")[1]["finish_as"], "cancelled")
        self.assertEqual(self.label(self.gate.signed("DELETE", "/futures/usdt/orders/t-f.1")), (400, "ORDER_FINISHED"))
        self.assertEqual(self.label(self.gate.signed("GET", "/futures/usdt/orders/12345")), (404, "ORDER_NOT_FOUND"))

    def test_a_position_opens_flips_and_closes(self):
        where = "/futures/usdt/positions/XRP_USDT"
        self.assertEqual(self.label(self.gate.signed("GET", where)), (400, "POSITION_NOT_FOUND"))
        market = {"contract": "XRP_USDT", "price": "0", "tif": "ioc"}
        order = self.place(self.decimal, size="0.5", **market)[1]
        self.assertEqual((order["left"], order["finish_as"]), ("0", "filled"))
        self.place(size=-1, **market)
        self.assertEqual(self.gate.signed("GET", where, extra=self.decimal)[1]["size"], "-0.5")
        self.place(size=0, close=True, **market)
        self.assertEqual(self.gate.signed("GET", where)[1]["size"], 0)
        trades = self.gate.signed("GET", "/futures/usdt/my_trades_timerange", f"contract=XRP_USDT&from={int(time.time()) - 60}")[1]
        self.assertTrue(all(Decimal(t["fee"]) > 0 for t in trades))
        self.assertEqual(self.exchange.ledger()["positions"]["XRP_USDT"]["quantity"], "0")

    def test_streams(self):
        ws = self.ws("gateFuturesWs", self.decimal)
        subscribe = GateSpotTest.subscribe
        self.assertEqual(subscribe(self, ws, "futures.book_ticker", ["BTC_USDT"])["result"], {"status": "success"})
        self.assertEqual(subscribe(self, ws, "futures.usertrades", ["1", "!all"])["result"], {"status": "success"})
        self.assertEqual(subscribe(self, ws, "futures.balances", [self.gate.uid])["result"], {"status": "success"})
        for channel in ("futures.orders", "futures.positions"):
            self.assertEqual(subscribe(self, ws, channel, [self.gate.uid, "!all"])["result"], {"status": "success"})
        self.assertIsInstance(ws.until(lambda m: m["channel"] == "futures.book_ticker" and m["event"] == "update")["result"]["B"], str)
        self.place(size=2, price="0", tif="ioc")
        seen = set()
        while seen != {"futures.orders", "futures.positions", "futures.balances"}:  # and no usertrades: that was another user's
            seen.add(ws.until(lambda m: m["event"] == "update" and m["channel"] != "futures.book_ticker")["channel"])


class ServerTest(Case):
    def test_bad_certificates_are_bad(self):
        for name, word in [("wrongName", "mismatch"), ("expired", "expired"), ("unknownCa", "self-signed|unable to get")]:
            rest = Mexc(self.exchange)
            rest.host = self.exchange.urls[name].split("//")[1]
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, word):
                rest.public("ping")

    def test_unmasked_frames_end_the_connection(self):
        ws = self.ws("gateWs")
        ws.socket.sendall(b"\x81\x02{}")
        self.assertEqual(ws.close_code(), 1002)
        ws = self.ws("mexcWs")
        ws.send(b"x" * 1025)
        self.assertEqual(ws.close_code(), 1009)

    def test_stream_faults(self):
        ws = self.ws("gateFuturesWs")
        ws.send({"time": 1, "channel": "futures.book_ticker", "event": "subscribe", "payload": ["BTC_USDT"]})
        ws.until(lambda m: m["event"] == "update")
        self.exchange.fault(venue="gateio_futures", fault="duplicate")
        seen = set()
        ws.until(lambda m: m["result"]["u"] in seen or seen.add(m["result"]["u"]))
        self.exchange.fault(venue="gateio_futures", fault="drop_stream")
        with self.assertRaises((ConnectionError, ssl.SSLError)):
            while True:
                ws.frame()

    def test_rate_limits(self):
        self.exchange.control("POST", "settings", {"rate_scale": "1"})
        answers = [self.mexc.signed("DELETE", "order", "symbol=ETHUSDT&orderId=no")[0] for _ in range(13)]
        self.exchange.control("POST", "settings", {"rate_scale": "20"})
        self.assertIn(429, answers)  # the thirteenth at the latest: other tests may have used some of the second's twelve
        self.assertGreater(self.exchange.ledger()["counters"]["rate_limit_breaches"], 0)

    def test_halt(self):
        self.exchange.control("POST", "halt", {"venue": "mexc_spot", "symbol": "SOLUSDT", "status": "halted"})
        answer = self.mexc.signed("POST", "order", "symbol=SOLUSDT&side=BUY&type=MARKET&quantity=1")
        self.assertEqual(answer[1]["code"], 30016)


if __name__ == "__main__":
    unittest.main()

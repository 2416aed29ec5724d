"""A small strict client for the loopback exchange, on the standard library alone: HTTPS with the venues' signatures, and RFC 6455."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import ssl
import struct
import subprocess
import time

WAIT = 20  # seconds until a test that waits for an event gives up


class Exchange:
    """dn-exchange as a process; use as a context."""

    def __init__(self, program, folder, *flags):
        self.process = subprocess.Popen([program, "--out", folder, *flags], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("READY "), line
        ready = json.loads(line[6:])
        self.ca, self.urls, self.keys = ready["ca"], ready["urls"], ready["keys"]
        self.tls = ssl.create_default_context(cafile=self.ca)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.status = self.process.wait(WAIT)
        self.process.stdout.close()

    def control(self, method, path, body=None):
        where = self.urls["control"].split("//")[1]
        host, root = where.split("/", 1)
        connection = http.client.HTTPConnection(host, timeout=WAIT)
        connection.request(method, f"/{root}/{path}", json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, (path, answer.status, text)
        return json.loads(text)

    def ledger(self):
        return self.control("GET", "ledger")

    def fault(self, **what):
        return self.control("POST", "faults", what)


class Rest:
    """One HTTPS connection."""

    def __init__(self, exchange, url):
        self.exchange = exchange
        self.host = url.split("//")[1].split("/")[0]
        self.connection = None

    def send(self, method, target, body="", headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(self.host, context=self.exchange.tls, timeout=WAIT)
        try:
            self.connection.request(method, target, body or None, headers or {})
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except Exception:
            self.connection.close()
            self.connection = None
            raise
        self.headers = dict(answer.getheaders())
        try:
            return answer.status, json.loads(text) if text else None
        except ValueError:
            return answer.status, text


class Mexc(Rest):
    def __init__(self, exchange):
        super().__init__(exchange, exchange.urls["mexcRest"])
        self.key, self.secret = exchange.keys["mexc"]["key"], exchange.keys["mexc"]["secret"]

    def public(self, path, query=""):
        return self.send("GET", "/api/v3/" + path + ("?" + query if query else ""))

    def signed(self, method, path, query="", body="", key=None, secret=None, stamp=None):
        stamp = int(time.time() * 1000) if stamp is None else stamp
        if body:
            body += f"&timestamp={stamp}"
        else:
            query += ("&" if query else "") + f"timestamp={stamp}"
        signature = hmac.new((secret or self.secret).encode(), (query + body).encode(), hashlib.sha256).hexdigest()
        if body:
            body += "&signature=" + signature
        else:
            query += "&signature=" + signature
        headers = {"X-MEXC-APIKEY": key or self.key, "Content-Type": "application/json"}
        return self.send(method, "/api/v3/" + path + ("?" + query if query else ""), body, headers)


class Gate(Rest):
    def __init__(self, exchange):
        super().__init__(exchange, exchange.urls["gateRest"])
        gate = exchange.keys["gate"]
        self.key, self.secret, self.uid = gate["key"], gate["secret"], gate["uid"]

    def sign(self, text):
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).hexdigest()

    def signed(self, method, path, query="", body=None, extra=None, stamp=None):
        text = json.dumps(body) if body is not None else ""
        stamp = str(int(time.time())) if stamp is None else str(stamp)
        path = "/api/v4" + path
        sign = self.sign("\n".join([method, path, query, hashlib.sha512(text.encode()).hexdigest(), stamp]))
        headers = {"KEY": self.key, "Timestamp": stamp, "SIGN": sign, "Content-Type": "application/json", **(extra or {})}
        return self.send(method, path + ("?" + query if query else ""), text, headers)

    def public(self, path, query="", extra=None):
        return self.send("GET", "/api/v4" + path + ("?" + query if query else ""), "", extra)


class WebSocket:
    """Client frames are masked, and a server's frame that is masked is an error."""

    def __init__(self, exchange, url, headers=None):
        host, path = url.split("//")[1].split("/", 1)
        name, port = host.split(":")
        self.socket = exchange.tls.wrap_socket(socket.create_connection((name, int(port)), WAIT), server_hostname=name)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET /{path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert head.startswith(b"HTTP/1.1 101") and accept in head, head

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        self.buffer += data

    def take(self, n):
        while len(self.buffer) < n:
            self.more()
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def send(self, message, opcode=1):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        mask = os.urandom(4)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data)))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def frame(self):
        """(opcode, payload) of the next frame; pings are answered."""
        first, second = self.take(2)
        assert second & 0x80 == 0 and first & 0x70 == 0
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.take(8))
        payload = self.take(length)
        if first & 15 == 9:
            self.send(payload, 10)
            return self.frame()
        return first & 15, payload

    def until(self, good):
        """The first text (as JSON) or binary (as bytes) message that is wanted."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            opcode, payload = self.frame()
            message = json.loads(payload) if opcode == 1 else payload
            if opcode in (1, 2) and good(message):
                return message
        raise TimeoutError("the message did not come")

    def close_code(self):
        while True:
            opcode, payload = self.frame()
            if opcode == 8:
                return struct.unpack(">H", payload[:2])[0]


def protobuf(data):
    """Fields of a message by number, in lists: whole numbers and bytes."""
    out, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        else:
            assert tag & 7 == 2
            size = varint()
            value = data[at : at + size]
            at += size
        out.setdefault(tag >> 3, []).append(value)
    return out

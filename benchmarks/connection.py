"""HTTP/1.1 for a client that is to cost little: one connection, one request after another."""

import asyncio
import time
import zlib
from typing import Protocol, cast


class Listener(Protocol):
    """Takes pieces of a stream, each with the time at which it came."""

    def feed(self, data: bytes, now_ns: int) -> None: ...


class Connection(asyncio.Protocol):
    """One keep-alive connection: whole responses, or a stream that goes to ``reader`` as it comes."""

    def __init__(self) -> None:
        self.reader: Listener | None = None
        self._end = b""
        self._received = b""
        self._done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError(f"closed after {self._received[:200]!r}"))
            self._done.exception()  # seen, also where nobody waits

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if self.reader is not None:
            self.reader.feed(data, now)
            data = self._received[-20:] + data
            self._received = data[-20:]
            if self._end in data and not self._done.done():
                self._done.set_result(b"")
            return
        self._received += data
        try:
            body = _whole_body(self._received)
        except ConnectionError as error:
            self._done.set_exception(error)
        else:
            if body is not None:
                self._done.set_result(body)

    async def ask(self, request: bytes) -> bytes:
        """Sends a request; returns the body of the response."""
        self._send(request)
        return await self._done

    async def read(self, request: bytes, reader: Listener, end: bytes) -> None:
        """Sends a request; gives what comes to ``reader``, until ``end`` is in it."""
        self._send(request)
        self.reader, self._end = reader, end
        await self._done

    def close(self) -> None:
        assert self._transport is not None
        self._transport.abort()

    def _send(self, request: bytes) -> None:
        assert self._transport is not None
        self._received = b""
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)


def request(method: str, path: str, body: bytes = b"", kind: str = "", *, accept: str = "text/html") -> bytes:
    """A request with the headers that a browser sends with htmx."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0",
        f"Accept: {accept}",
        "Accept-Encoding: gzip, deflate",
        "Accept-Language: en-US,en;q=0.9",
        "Sec-Fetch-Site: same-origin",
        "HX-Request: true",
        "HX-Request-Type: partial",
        *([f"Content-Type: {kind}", f"Content-Length: {len(body)}"] if method == "POST" else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _whole_body(received: bytes) -> bytes | None:
    """The body of a response, None as long as it is not whole. Raises ConnectionError for a status of failure."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return None
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if b"content-length" in fields:
        whole = body if len(body) >= int(fields[b"content-length"]) else None
    else:
        whole = _joined(body) if body.endswith(b"0\r\n\r\n") else None
    if whole is not None and not head.startswith(b"HTTP/1.1 2"):
        raise ConnectionError(f"{head[:30]!r}: {whole[:300]!r}")
    return zlib.decompress(whole, 31) if whole and fields.get(b"content-encoding") == b"gzip" else whole


def _joined(chunked: bytes) -> bytes:
    """The chunks of a body in one."""
    body = b""
    while chunked:
        size, _, rest = chunked.partition(b"\r\n")
        length = int(size, 16)
        body, chunked = body + rest[:length], rest[length + 2 :]
    return body

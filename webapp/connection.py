"""One client's connection: how much it may send before it is understood, and how long each step may take.

uvicorn waits for ever for the end of a head or a body, and for a reader who does not read. Here each has a time, which
a body and an answer earn anew with every byte, so that slow lines are served and those who only hold on are not.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 64_000
MAX_HEADERS: Final = 100
# Longer than routers keep a connection that they do not use, two minutes at most: if we closed it first, a request that
# is just on its way would be lost, and the router would answer it with a 502 of its own.
KEEP_ALIVE_SECONDS: Final = 130
HEAD_SECONDS: Final = 20.0  # for a whole head, from its first byte
BODY_SECONDS: Final = 30.0  # for a body, beside what it earns
READER_SECONDS: Final = 60.0  # for a reader to take what waits for it, beside what that earns
SLOWEST: Final = 4_000  # bytes a second

READING: Final = frozenset({"GET", "HEAD"})
_RESTARTING: Final = b"The server is restarting. Try again in a few seconds.\n"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to its patience and to the size of a head."""

    _is_idle = True  # between two requests
    _is_in_head = False
    _is_refused = False
    _head_bytes = 0
    _body_until = 0.0
    _due: asyncio.TimerHandle | None = None
    _reader_due: asyncio.TimerHandle | None = None
    _reading: asyncio.Task[Any] | None = None  # answers a question that changes nothing, and has not begun to

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._whole_app = self.app
        self.app = self._answer

    # From the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn names another
        super().connection_made(transport)
        self._allow(KEEP_ALIVE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)
        if self._reading is not None:
            self._reading.cancel()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._begin_head()
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def pause_writing(self) -> None:
        super().pause_writing()
        patience = READER_SECONDS + self.transport.get_write_buffer_size() / SLOWEST
        self._reader_due = self.loop.call_later(patience, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_waiting_for_reader()
        super().resume_writing()

    # From the parser

    def on_message_begin(self) -> None:
        self._begin_head()  # of a request that came in one piece with the one before
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) < MAX_HEADERS:
            super().on_header(name, value)
        else:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        if self._is_refused:
            return
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)  # it came in one piece
            return
        self._is_in_head = False
        super().on_headers_complete()
        self._body_until = self.loop.time() + BODY_SECONDS
        self._allow(BODY_SECONDS)

    def on_body(self, body: bytes) -> None:
        if self._is_refused:
            return
        super().on_body(body)
        if not self.cycle.response_complete:  # what comes after an answer earns nothing
            self._body_until += len(body) / SLOWEST

    def on_message_complete(self) -> None:
        if self._is_refused:
            return
        self._cancel()
        self._is_idle = True
        super().on_message_complete()

    # To the app

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Lets the app answer, and takes a cancellation for what it is: nobody waits for more, or the process ends.

        A page that nobody waits for is not made. What was sent to change something is done in any case.
        """
        if scope["method"] in READING:
            await asyncio.sleep(0)  # a client that has hung up since is known after the next look at its connection
            if self.transport.is_closing():
                await _tell_to_come_back(send)
                return
            self._reading = asyncio.current_task()
        has_begun = False

        async def send_on(message: Any) -> None:
            nonlocal has_begun
            has_begun, self._reading = True, None
            await send(message)

        try:
            await self._whole_app(scope, receive, send_on)
        except asyncio.CancelledError:
            if not has_begun:
                await _tell_to_come_back(send)
        finally:
            self._reading = None

    # Patience

    def _begin_head(self) -> None:
        if self._is_idle:
            self._is_idle, self._is_in_head, self._head_bytes = False, True, 0
            self._allow(HEAD_SECONDS)

    def _allow(self, seconds: float) -> None:
        self._cancel()
        self._due = self.loop.call_later(seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        """For a body, at the time that it had at its beginning; it may have earned more since."""
        left = self._body_until - self.loop.time()
        if not self._is_idle and not self._is_in_head and left > 0:
            self._allow(left)
        elif self._is_idle:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """In one line, where no answer has begun, and hangs up."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._cancel()
        has_begun = self.cycle is not None and self.cycle.response_started
        if has_begun and not self.cycle.response_complete:
            self.transport.abort()
            return
        if self._is_in_head or not has_begun:
            line = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(line.encode())
        self.transport.close()

    def _cancel(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _stop_waiting_for_reader(self) -> None:
        if self._reader_due is not None:
            self._reader_due.cancel()
            self._reader_due = None


async def _tell_to_come_back(send: Any) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_RESTARTING)).encode()),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"3"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": HTTPStatus.SERVICE_UNAVAILABLE.value, "headers": headers})
    await send({"type": "http.response.body", "body": _RESTARTING})

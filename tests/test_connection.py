"""A connection's patience and measure, with a clock that the test turns."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from webapp.connection import (
    BODY_SECONDS,
    HEAD_SECONDS,
    KEEP_ALIVE_SECONDS,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    READER_SECONDS,
    SLOWEST,
    BoundedProtocol,
)

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"


class Timer:
    def __init__(self, at: float, act: Callable[[], None]) -> None:
        self.at, self.act, self.is_cancelled = at, act, False

    def cancel(self) -> None:
        self.is_cancelled = True


class Clock:
    """An event loop whose time goes when it is told to; tasks run in the test's own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []
        self.create_task = asyncio.get_running_loop().create_task

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, act: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + delay, act))
        return self.timers[-1]

    def turn(self, seconds: float) -> None:
        until = self.now + seconds
        while due := min((one for one in self.timers if one.at <= until), key=lambda one: one.at, default=None):
            self.timers.remove(due)
            self.now = due.at
            if not due.is_cancelled:
                due.act()
        self.now = until


class Wire(asyncio.Transport):
    """The client's side: what it has got, and whether anybody still listens."""

    def __init__(self) -> None:
        super().__init__()
        self.got = b""
        self.waiting = 0
        self.is_open = True
        self.was_cut = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.got += bytes(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return not self.is_open

    def close(self) -> None:
        self.is_open = False

    def abort(self) -> None:
        self.is_open, self.was_cut = False, True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Client:
    """One connection to an app that answers when it has the whole body, or as its path says."""

    def __init__(self) -> None:
        self.clock, self.wire, self.asked = Clock(), Wire(), 0
        config = Config(
            cast("Any", self.app),
            interface="asgi3",
            log_config=None,
            lifespan="off",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self.protocol = BoundedProtocol(config, ServerState(), {}, cast("Any", self.clock))
        self.protocol.connection_made(self.wire)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        message = {"more_body": scope["path"] != "/at-once", "type": ""}
        while message["more_body"] and message["type"] != "http.disconnect":
            message = {"more_body": False, **await receive()}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": False})

    async def sends(self, data: bytes) -> None:
        if self.wire.is_open:
            self.protocol.data_received(data)
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def status(self) -> bytes:
        return self.wire.got[9:12]


async def test_a_request_is_answered_and_the_connection_kept_for_the_next() -> None:
    client = Client()
    for number in range(3):
        await client.sends(GET)
        assert (client.status, client.asked) == (b"200", number + 1)
        client.clock.turn(KEEP_ALIVE_SECONDS - 1)
        assert client.wire.is_open
    client.clock.turn(2)
    assert not client.wire.is_open


async def test_who_says_nothing_is_kept_as_long_as_between_requests() -> None:
    client = Client()
    client.clock.turn(KEEP_ALIVE_SECONDS - 1)
    assert client.wire.is_open
    client.clock.turn(2)
    assert (client.wire.is_open, client.wire.got) == (False, b"")


@pytest.mark.parametrize("beginning", [b"", GET])
@pytest.mark.parametrize("drop", [b"\r\n", b"x"])
async def test_a_head_that_comes_in_drops_has_its_time_and_no_more(beginning: bytes, drop: bytes) -> None:
    client = Client()
    if beginning:
        await client.sends(beginning)
    await client.sends(b"\r\n" if drop == b"\r\n" else b"GET /")
    for _ in range(int(HEAD_SECONDS)):
        assert client.wire.is_open
        await client.sends(drop)
        client.clock.turn(1.0)
    assert not client.wire.is_open
    assert b" 408 " in client.wire.got


async def test_a_body_earns_its_time_with_what_comes() -> None:
    client = Client()
    await client.sends(POST)
    for _ in range(100):
        await client.sends(b"x" * SLOWEST * 2)
        client.clock.turn(2.0)
    assert client.wire.is_open
    client.clock.turn(BODY_SECONDS + 1)
    assert (client.wire.is_open, client.status) == (False, b"408")


async def test_a_body_in_drops_has_its_time_and_no_more() -> None:
    client = Client()
    await client.sends(POST)
    for _ in range(int(BODY_SECONDS) + 1):
        await client.sends(b"x")
        client.clock.turn(1.0)
    assert (client.wire.is_open, client.status) == (False, b"408")


async def test_a_body_after_its_answer_earns_nothing() -> None:
    client = Client()
    await client.sends(POST.replace(b"POST /", b"POST /at-once"))
    assert client.status == b"200"
    for _ in range(int(BODY_SECONDS)):
        await client.sends(b"x" * SLOWEST)
        client.clock.turn(1.0)
    assert (client.wire.is_open, client.wire.got.count(b"HTTP/1.1")) == (False, 1)


async def test_a_reader_who_does_not_read_is_cut_off() -> None:
    client = Client()
    await client.sends(GET)
    client.wire.waiting = SLOWEST * 10
    client.protocol.pause_writing()
    client.clock.turn(READER_SECONDS + 9)
    assert not client.wire.was_cut
    client.protocol.resume_writing()
    client.protocol.pause_writing()
    client.clock.turn(READER_SECONDS + 9)
    assert not client.wire.was_cut
    client.clock.turn(2)
    assert client.wire.was_cut


@pytest.mark.parametrize(
    "head",
    [
        GET[:-2] + b"X-Long: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET /" + b"x" * MAX_HEAD_BYTES + GET[5:],
        GET[:-2] + b"X: y\r\n" * MAX_HEADERS + b"\r\n",
    ],
)
@pytest.mark.parametrize("piece", [1_000, 1_000_000])
async def test_a_head_above_the_measure_is_refused_however_it_comes(head: bytes, piece: int) -> None:
    client = Client()
    for start in range(0, len(head), piece):
        await client.sends(head[start : start + piece])
    assert (client.wire.is_open, client.status, client.asked) == (False, b"431", 0)


async def test_as_many_headers_as_are_taken_are_taken() -> None:
    client = Client()
    await client.sends(GET[:-2] + b"X: y\r\n" * (MAX_HEADERS - 1) + b"\r\n")
    assert client.status == b"200"


async def test_requests_in_one_piece_are_answered_one_by_one() -> None:
    client = Client()
    await client.sends(GET * 3)
    for _ in range(30):
        await asyncio.sleep(0)
    assert (client.wire.got.count(b"200 OK"), client.wire.is_open) == (3, True)


async def test_nothing_is_due_when_the_connection_is_gone() -> None:
    client = Client()
    await client.sends(POST)
    client.protocol.pause_writing()
    client.protocol.connection_lost(ConnectionResetError())
    assert all(timer.is_cancelled for timer in client.clock.timers)


class SlowClient(Client):
    """To an app that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.ending = ""

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/at-once":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        self.is_asked.set()
        try:
            await self.may_answer.wait()
            self.ending = "done"
        except asyncio.CancelledError:
            self.ending = "cancelled"
            raise

    @property
    def task(self) -> asyncio.Task[Any]:
        [task] = self.protocol.tasks
        return task


@pytest.mark.parametrize(("method", "ending"), [(b"GET", "cancelled"), (b"HEAD", "cancelled"), (b"POST", "")])
async def test_what_would_change_nothing_is_not_made_for_who_has_hung_up(method: bytes, ending: str) -> None:
    client = SlowClient()
    await client.sends(GET.replace(b"GET", method))
    assert client.is_asked.is_set()
    client.protocol.connection_lost(None)
    await client.sends(b"")
    assert client.ending == ending
    client.may_answer.set()
    await client.sends(b"")


async def test_nothing_is_begun_for_who_has_hung_up() -> None:
    client = SlowClient()
    client.protocol.data_received(GET)
    client.wire.is_open = False
    await client.sends(b"")
    assert not client.is_asked.is_set()


async def test_an_answer_that_has_begun_hears_of_it_as_usual() -> None:
    client = SlowClient()
    await client.sends(GET.replace(b"GET /", b"GET /at-once"))
    client.protocol.connection_lost(None)
    await client.sends(b"")
    assert client.ending == ""
    client.may_answer.set()
    await client.sends(b"")


@pytest.mark.parametrize("method", [b"GET", b"POST"])
async def test_who_waits_when_the_process_ends_is_told_to_come_back(
    method: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    client = SlowClient()
    await client.sends(GET.replace(b"GET", method))
    client.task.cancel()
    await client.sends(b"")
    assert client.status == b"503"
    assert b"retry-after: 3" in client.wire.got
    assert client.wire.got.endswith(b"\r\n\r\nThe server is restarting. Try again in a few seconds.\n")
    assert (client.wire.is_open, caplog.text) == (False, "")


async def test_what_was_half_told_when_the_process_ends_is_cut_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = SlowClient()
    await client.sends(GET.replace(b"GET /", b"GET /at-once"))
    client.task.cancel()
    await client.sends(b"")
    assert not client.wire.is_open
    assert [record.exc_info for record in caplog.records] == [None]


@given(st.lists(st.binary(max_size=60) | st.sampled_from([GET, POST, b"\r\n", GET[:20], GET[20:]]), max_size=8))
async def test_whatever_comes_nothing_breaks_and_nobody_holds_on(pieces: list[bytes]) -> None:
    client = Client()
    for piece in pieces:
        await client.sends(piece)
    client.clock.turn(10_000)
    await client.sends(b"")
    assert not client.wire.is_open


@pytest.mark.parametrize(
    "head",
    [
        POST[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST[:-2] + b"Content-Length: 4\r\n\r\nbody",
        POST[:-2].replace(b"1000000", b"+4") + b"\r\nbody",
        POST[:-2].replace(b"Content-Length: 1000000", b"Transfer-Encoding: identity, chunked, identity") + b"\r\n",
        POST[:-2].replace(b"Content-Length: 1000000", b"Transfer-Encoding: xchunked") + b"\r\n0\r\n\r\n",
        POST[:-2].replace(b"Content-Length:", b"Content-Length :") + b"\r\nbody",
    ],
)
async def test_a_request_that_can_end_in_two_places_is_refused(head: bytes) -> None:
    """A proxy in front may take the other one, and what is behind it for a request of somebody else's."""
    client = Client()
    await client.sends(head + GET)
    assert (client.wire.is_open, client.status) == (False, b"400")
    assert client.wire.got.count(b"HTTP/1.1 ") == 1

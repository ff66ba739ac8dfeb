"""A server that plays scripts byte by byte over a real socket, broken framing and all, and tells what it saw."""

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, NamedTuple


class Ending(Enum):
    """How a script may end the connection; without one it stays open for the next request."""

    CLOSE = "in order"
    RESET = "with a TCP reset"


Step = bytes | asyncio.Event | Ending
CLOSE, RESET = Ending.CLOSE, Ending.RESET

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
HEAD = STREAM + b"Connection: close\r\n\r\n"  # the body goes on until the connection is closed
CHUNKED = STREAM + b"Transfer-Encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def response(status: int, value: Any = None, *, body: bytes | None = None, **headers: str) -> bytes:
    """A whole response, JSON if a value is given."""
    content = json.dumps(value).encode() if body is None else body
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    fields |= {name.replace("_", "-").title(): text for name, text in headers.items()}
    lines = [f"HTTP/1.1 {status} Any", *(f"{name}: {text}" for name, text in fields.items()), "", ""]
    return "\r\n".join(lines).encode() + content


class Request(NamedTuple):
    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """Answers the n-th request with the n-th script. A script writes its bytes and waits for its gates."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.asked = asyncio.Event()  # a request came
        self.left = asyncio.Event()  # the client closed the connection while a script held it
        self.url = ""
        self._scripts: deque[tuple[Step, ...]] = deque()
        self._connections = 0

    def script(self, *steps: Step) -> None:
        """What the next request gets."""
        self._scripts.append(steps)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        try:
            while request := await _read_request(reader, number):
                self.requests.append(request)
                self.asked.set()
                if not self._scripts:
                    return  # which the client takes for a failure
                await self._play(self._scripts.popleft(), reader, writer)
        except ConnectionError:
            self.left.set()
        finally:
            writer.close()

    async def _play(self, steps: tuple[Step, ...], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in steps:
            match step:
                case bytes():
                    writer.write(step)
                    await writer.drain()
                case asyncio.Event():
                    await _hold(step, reader)
                case Ending.CLOSE:
                    raise _End
                case Ending.RESET:
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    writer.transport.abort()
                    raise _End


class _End(Exception):  # noqa: N818  # it is no error
    """The script ends the connection."""


async def _hold(gate: asyncio.Event, reader: asyncio.StreamReader) -> None:
    """Waits for the gate. Raises ConnectionError if the client leaves meanwhile."""
    opened, left = asyncio.ensure_future(gate.wait()), asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait([opened, left], return_when=asyncio.FIRST_COMPLETED)
        if left.done():
            raise ConnectionResetError
    finally:
        opened.cancel()
        left.cancel()


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode().rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(connection, method, target, headers, body)


@asynccontextmanager
async def running() -> AsyncIterator[Server]:
    server = Server()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            await server.serve(reader, writer)
        except _End:
            pass
        finally:
            tasks.discard(task)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/api/v1"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

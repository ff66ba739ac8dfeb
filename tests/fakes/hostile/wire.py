"""A model server that means ill, as a process: ``python -m tests.fakes.hostile.wire``, which prints its port.

The model's name says what comes: ``wire/NAME``, one of ``ANSWERS``. Below the path ``/models-NAME`` it lists models
likewise, as soon as somebody has asked for ``/release``.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import httpx

from tests.fakes.hostile.arena import Attack, Attacker, Deed

ROOT_PATH: Final = "/api/v1"
PIECE: Final = 65_536
MB: Final = 1_000_000

_STREAM: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
_WHOLE: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
_END: Final = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def _event(value: str) -> bytes:
    return f"data: {value}\n\n".encode()


def _delta(fields: str) -> bytes:
    return _event('{"id":"gen-1","choices":[{"delta":{' + fields + "}}]}")


def _said(text: str) -> bytes:
    return _delta(f'"content":{json.dumps(text)}')


def _list(item: str, count: int) -> str:
    return "[" + ",".join([item] * count) + "]"


def _answer(make: Callable[[], list[bytes]]) -> Callable[[], Iterator[bytes]]:
    """A stream of events, which are made when they are asked for: some have 30 MB."""
    return lambda: iter([_STREAM, *make(), _END])


def _endless(head: bytes, line: bytes, limit: int = 200 * MB) -> Callable[[], Iterator[bytes]]:
    def body() -> Iterator[bytes]:
        yield head
        many = line * max(1, PIECE // len(line))
        for _ in range(limit // len(many)):
            yield many

    return body


ANSWERS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "error of lists, 31 MB": lambda: iter((_STREAM, _event('{"error":' + _list("[]", 10_300_000) + "}"))),
    "error message of 31 MB": lambda: iter(
        (_STREAM, _event('{"error":{"code":500,"message":"' + "x " * 15_000_000 + '"}}'))
    ),
    "error of nested lists": lambda: iter((_STREAM, _event('{"error":' + "[" * 1_000_000 + "]" * 1_000_000 + "}"))),
    "error body of 100 MB": _endless(
        b"HTTP/1.1 500 No\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n", b"x" * 100
    ),
    "error body in JSON": lambda: iter(
        (
            b"HTTP/1.1 400 No\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n",
            ('{"error":' + _list("[]", 9_000_000)).encode(),
        )
    ),
    "one delta of 2.5 M characters": _answer(lambda: [_said("word " * 500_000)]),
    "one delta of 30 MB": _answer(lambda: [_said("word " * 6_000_000)]),
    "deltas of 1 M characters": _answer(lambda: [*[_said("word " * 200_000)] * 30]),
    "1 M deltas of a letter": _endless(_STREAM, _said("x"), 60 * MB),
    "thoughts of 30 MB": _answer(lambda: [_delta('"reasoning":"' + "word " * 6_000_000 + '"')]),
    "500,000 thoughts of a letter": _endless(_STREAM, _delta('"reasoning":"x"'), 30 * MB),
    "thoughts in details": _answer(lambda: [_delta('"reasoning_details":' + _list('{"text":"x"}', 2_000_000))]),
    "tags of thoughts": _answer(lambda: [*[_said("<think>" * 30_000 + "</think>" * 30_000)] * 4]),
    "halves of tags": _endless(_STREAM, _said("</thin"), 20 * MB),
    "spaces before it": _answer(lambda: [*[_said(" " * 500_000)] * 20]),
    "headers without end": _endless(b"HTTP/1.1 200 OK\r\n", b"x-header: yes\r\n"),
    "one header without end": _endless(b"HTTP/1.1 200 OK\r\nx-header: ", b"x"),
    "comments without end": _endless(_STREAM, b": OPENROUTER PROCESSING\n\n"),
    "empty lines without end": _endless(_STREAM, b"\n"),
    "a line without end": _endless(_STREAM + b"data: ", b"x"),
    "data lines without end": _endless(_STREAM, b"data:\n"),
    "empty events without end": _endless(_STREAM, b"data: {}\n\n"),
    "broken events without end": _endless(_STREAM, b"data: {\n\n"),
    "chunks of lists": _endless(_STREAM, _event('{"choices":' + _list("[]", 10) + "}")),
    "choices, 5 M": _answer(lambda: [_event('{"choices":' + _list("null", 6_000_000) + "}")]),
    "content of parts": _answer(lambda: [_delta('"content":' + _list('{"type":"text","text":"x"}', 1_000_000))]),
    "content of lists": _answer(lambda: [_delta('"content":' + _list("[]", 10_000_000))]),
    "sources, 300,000": _answer(
        lambda: [_delta('"annotations":' + _list('{"url_citation":{"url":"https://a.b/c"}}', 700_000))]
    ),
    "tool calls": _answer(lambda: [_delta('"tool_calls":' + _list('{"function":{"name":"x"}}', 1_000_000))]),
    "a tool's name of 30 MB": _answer(
        lambda: [_delta('"tool_calls":[{"function":{"name":"' + "x" * 30_000_000 + '"}}]')]
    ),
    "a picture of 30 MB": _answer(
        lambda: [_delta(f'"images":[{{"image_url":{{"url":"data:image/png;base64,{"A" * 30_000_000}"}}}}]')]
    ),
    "pictures, 100,000": _answer(
        lambda: [_delta('"images":' + _list('{"image_url":{"url":"data:image/png;base64,AAAA"}}', 500_000))]
    ),
    "unknown fields": _answer(lambda: [_event('{"choices":[],"x":' + _list("{}", 10_000_000) + "}")]),
    "a number of 30 M digits": _answer(lambda: [_event('{"choices":[],"usage":{"cost":' + "1" * 30_000_000 + "}}")]),
    "a large exponent": _answer(
        lambda: [_event('{"choices":[{"delta":{"content":"x"}}],"usage":{"cost":1e999999999,"prompt_tokens":1e300}}')]
    ),
    "names of 10 MB": _answer(
        lambda: [
            _event(
                '{"id":"'
                + "x" * 10_000_000
                + '","model":"'
                + "y" * 10_000_000
                + '","choices":[{"delta":{"content":"x"}}]}'
            )
        ]
    ),
    "half characters": _answer(lambda: [*[_delta('"content":"' + "\\ud83d" * 300_000 + '"')] * 4]),
    "not UTF-8": _answer(
        lambda: [b"data: " + b'{"choices":[{"delta":{"content":"' + b"\xff" * 10_000_000 + b'"}}]}\n\n']
    ),
    "one body of 60 MB": lambda: iter(
        (_WHOLE, b'{"choices":[{"message":{"content":"' + b"word " * 12_000_000 + b'"}}]}')
    ),
    "one body of lists": lambda: iter(
        (_WHOLE, b'{"choices":[{"message":{"content":[' + b"[]," * 20_000_000 + b"1]}}]}")
    ),
    "a compressed body": lambda: iter(
        (_STREAM.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n"), b"\x1f\x8b" * 1_000_000)
    ),
}

_MODEL: Final = '{"id":"a/b%s","name":"A: B","pricing":{"prompt":"0.1","completion":"0.1"}}'
LISTS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "300,000": lambda: iter((_WHOLE, ('{"data":[' + ",".join(_MODEL % n for n in range(300_000)) + "]}").encode())),
    "lists": lambda: iter((_WHOLE, ('{"data":' + _list("[]", 20_000_000) + "}").encode())),
    "long-names": lambda: iter(
        (_WHOLE, ('{"data":[' + ",".join(_MODEL % ("x" * 100_000) for _ in range(500)) + "]}").encode())
    ),
    "parameters": lambda: iter(
        (_WHOLE, ('{"data":[{"id":"a/b","supported_parameters":' + _list('"x"', 12_000_000) + "}]}").encode())
    ),
    "endless": _endless(_WHOLE + b'{"data":[', b"{},"),
}
_ORDINARY: Final = _WHOLE + b'{"data":[' + (_MODEL % "").encode() + b"]}"


class Server:
    def __init__(self) -> None:
        self._released = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length else b""
            for piece in await self._pieces(head.split(" ", 2)[1], body):
                for at in range(0, len(piece), PIECE):
                    writer.write(piece[at : at + PIECE])
                    await writer.drain()
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def _pieces(self, path: str, body: bytes) -> Iterator[bytes]:
        if path == "/release":
            self._released.set()
            return iter([_WHOLE])
        listed = re.match(r"/models-([\w-]+)/", path)
        if listed and path.endswith("/models"):
            await self._released.wait()
            return LISTS[listed[1]]()
        if path.endswith("/models"):
            return iter([_ORDINARY])
        model = json.loads(body)["model"] if body else ""
        found = [make for name, make in ANSWERS.items() if model_of(name) == model]
        return found[0]() if found else _answer(lambda: [_said("Hello.")])()


def model_of(name: str) -> str:
    return "wire/" + re.sub(r"[^a-z0-9]+", "-", name.lower())


@contextmanager
def wire(models: str = "") -> Iterator[str]:
    """The base URL of a running one, which lists its ``models`` in one of the ways of ``LISTS`` when it is released."""
    command = [sys.executable, "-m", "tests.fakes.hostile.wire"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}{f'/models-{models}' if models else ''}{ROOT_PATH}"
        process.terminate()


def wire_attacks() -> list[Attack]:
    """Each answer, from its question to its end; with the ordinary list of models."""
    return [Attack("upstream", name, _asking(name)) for name in ANSWERS]


def _asking(name: str) -> Any:
    async def prepare(attacker: Attacker) -> Deed:
        key = (await attacker.client.post("/conversations")).json()["id"]

        async def deed() -> str:
            sent = await attacker.client.post(
                f"/conversations/{key}/messages", json={"message": "Hi", "model": model_of(name)}
            )
            if sent.status_code != 201:
                return str(sent.status_code)
            size = 0
            async with attacker.client.stream("GET", f"/messages/{sent.json()['answer_id']}/events") as response:
                async for piece in response.aiter_bytes():
                    size += len(piece)
            message = (await attacker.client.get(f"/conversations/{key}")).json()["messages"][-1]
            return f"{message['status']}, {len(message['content']):,} characters, {size // 1000} kB"

        return deed

    return prepare


def list_attack(base_url: str, name: str) -> Attack:
    """What becomes of a list of models, from its release until it is there."""

    async def prepare(attacker: Attacker) -> Deed:
        async def deed() -> str:
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                await client.get(re.sub(r"(//[^/]*)/.*", r"\1/release", base_url))
            await asyncio.sleep(3)
            return str((await attacker.client.get("/models")).status_code)

        return deed

    return Attack("models", name, prepare)


async def main() -> None:
    server = await asyncio.start_server(Server().answer, "127.0.0.1", 0, limit=2**26)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  # to the one who started it
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

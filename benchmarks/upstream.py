"""A server that speaks just enough of OpenRouter's API to be measured against: ``python -m benchmarks.upstream``.

Each answer comes token by token at its own pace, and each token is a stamp of the time when it was written to the
socket. The question says how: its content is a ``Script`` as JSON. Hand-written on the event loop's sockets: it shares
the machine with what is measured, and is to take as little of it as it can.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from itertools import cycle
from typing import ClassVar, Final, cast

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.stamps import LENGTH, SPAN, stamp, units

MODEL: Final = "bench/quick-7b"
MODELS: Final = 350  # about as many as OpenRouter has, since a page lists them all
LEAST_DELAY: Final = 0.15  # seconds until the first token, in which readers come

_STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_PROCESSING: Final = b": OPENROUTER PROCESSING\n\n"
_DONE: Final = b"data: [DONE]\n\n"


class Script(Struct, frozen=True):
    """An answer: so many ``tokens`` at ``rate`` a second, from ``begin_ns`` (of time.monotonic_ns) on, if not later.

    The first ``ahead`` of them come as quickly as they can. ``formulas`` asks for some of them, too.
    """

    tokens: int
    rate: float
    begin_ns: int = 0
    ahead: int = 0
    formulas: bool = False


class _Prompt(Struct):
    content: str


class _Request(Struct):
    messages: list[_Prompt]


class Connection(asyncio.Protocol):
    """One client's connection, with one answer at a time."""

    arrived_ns: ClassVar[int] = 0  # when an answer was asked for last, over whichever connection

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _content_length(head):
            return
        self._received = b""
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/chat/completions"):
            Connection.arrived_ns = time.monotonic_ns()
            prompt = msgspec.json.decode(body, type=_Request).messages[-1].content
            self._answer(msgspec.json.decode(prompt, type=Script))
        elif path == b"/arrival":
            arrived = b"%d" % Connection.arrived_ns
            self._write(_JSON_HEAD % len(arrived) + arrived)
        else:
            self._write(_JSON_HEAD % len(_MODELS) + _MODELS if path.endswith(b"/models") else _NOT_FOUND)

    def _answer(self, script: Script) -> None:
        self._write(_STREAM_HEAD + _framed(_PROCESSING))
        now = self._loop.time()
        wait = max(LEAST_DELAY, (script.begin_ns - time.monotonic_ns()) / 1e9)
        begin = now + wait + random.random() / script.rate  # streams are not in step with each other
        self._timer = self._loop.call_at(begin, self._send, begin, script, 0, -1, tokens(formulas=script.formulas))

    def _send(self, begin: float, script: Script, count: int, last: int, text: Iterator[tuple[bytes, bytes]]) -> None:
        """Writes the next token, at its time or as soon after it as the machine allows."""
        now = units(time.monotonic_ns())
        is_later = last < 0 or 0 < (now - last) % SPAN < SPAN // 2
        last = now if is_later else (last + 1) % SPAN  # no two stamps of an answer are the same
        before, after = next(text)
        self._write(_framed(b"%b%b%b" % (before, stamp(last).encode(), after)))
        count += 1
        if count < script.tokens:
            when = begin + max(0, count - script.ahead) / script.rate
            self._timer = self._loop.call_at(when, self._send, begin, script, count, last, text)
        else:
            self._write(_framed(_last_chunks(count)) + _framed(_DONE) + b"0\r\n\r\n")

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)


def tokens(*, formulas: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """Chunks without end, in two halves between which a stamp goes: an ordinary answer in Markdown, round and round.

    A round has a heading, paragraphs with bold words and bits of code, a list, a table, a block of code.
    """
    return cycle(_CHUNKS_WITH_FORMULAS if formulas else _CHUNKS)


def mean_length(*, formulas: bool = False) -> float:
    """Characters of a token."""
    markdown = _markdown(_FORMULAS if formulas else "")
    stamps = markdown.count("@")
    return (len(markdown) + stamps * (LENGTH - 1)) / stamps


def _words(count: int) -> str:
    """So many words: "@" is where a stamp goes."""
    return " ".join("@" * count)


def _sentences(count: int) -> str:
    return " ".join(f"{_words(5)} **{_words(2)}** {_words(4)}, `@` {_words(3)}." for _ in range(count))


def _markdown(more: str = "") -> str:
    """One round, of 179 words, and ``more``."""
    items = "".join(f"- **@**: {_words(9)}\n" for _ in range(4))
    rows = "".join("| @ | @ | @ |\n" for _ in range(4))
    lines = "".join(f"    {_words(6)}\n" for _ in range(5))
    return (
        f"## {_words(3)}\n\n{_sentences(4)}\n\n{items}\n{_sentences(2)}\n\n| @ | @ | @ |\n|---|---|---|\n{rows}\n"
        f"@:\n\n```python\n{lines}```\n\n{more}"
    )


def _split(markdown: str) -> list[str]:
    """The tokens of a round, from its second word on to the next round's first: each ends with its stamp."""
    first, *others, last = markdown.split("@")
    return [f"{part}@" for part in (*others, last + first)]


def _chunk(delta: dict[str, str], **more: object) -> bytes:
    value = {
        "id": "gen-1790000000-Xa0cdefghijkLmnopqrs",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": MODEL,
        "provider": "Bench",
        "choices": [
            {"index": 0, "delta": delta, "finish_reason": None, "native_finish_reason": None, "logprobs": None, **more}
        ],
    }
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def _last_chunks(count: int) -> bytes:
    """The finish, and what it cost."""
    usage = {"prompt_tokens": 20, "completion_tokens": count, "total_tokens": 20 + count, "cost": 0.0001}
    closing = json.dumps({"id": "gen-1790000000-Xa0cdefghijkLmnopqrs", "choices": [], "usage": usage})
    return _chunk({"content": ""}, finish_reason="stop", native_finish_reason="stop") + f"data: {closing}\n\n".encode()


def _halves(token: str) -> tuple[bytes, bytes]:
    before, _, after = _chunk({"role": "assistant", "content": token}).partition(b"@")
    return before, after


def _models() -> bytes:
    """A list of models that is about as long, and packs about as well, as the real one."""
    some = random.Random(7)
    makers = [_name(some) for _ in range(60)]
    ids = [MODEL, *(f"{some.choice(makers)}/{_name(some)}-{some.randint(1, 405)}b" for _ in range(MODELS - 1))]
    return json.dumps({"data": [_model(model, some) for model in ids]}).encode()


def _name(some: random.Random) -> str:
    return "".join(some.choice(["ka", "lo", "mi", "ser", "tan", "vex", "qui", "gem", "or", "ph"]) for _ in range(3))


def _model(model: str, some: random.Random) -> dict[str, object]:
    maker, _, name = model.partition("/")
    return {
        "id": model,
        "canonical_slug": model,
        "name": f"{maker.title()}: {name.replace('-', ' ').title()}",
        "created": 1790000000,
        "context_length": 131072,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
        "pricing": {"prompt": f"0.{some.randint(1, 9999):08}", "completion": f"0.{some.randint(1, 9999):08}"},
        "supported_parameters": ["max_tokens", "temperature"],
    }


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _content_length(head: bytes) -> int:
    _, found, value = head.lower().partition(b"\r\ncontent-length:")
    return int(value.split(b"\r\n", 1)[0]) if found else 0


_FORMULAS: Final = (
    "$$\n\\sum_{i=1}^{n} \\frac{x_i^2}{2} = \\sqrt{a}\n$$\n\n@ where $x_i$ is what $a$ was @ $n$ @ @.\n\n"
)
_CHUNKS: Final = [_halves(token) for token in _split(_markdown())]
_CHUNKS_WITH_FORMULAS: Final = [_halves(token) for token in _split(_markdown(_FORMULAS))]
_JSON_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
_MODELS: Final = _models()


async def serve() -> None:
    """Serves on a free port of this machine, which it prints, until it is ended."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())

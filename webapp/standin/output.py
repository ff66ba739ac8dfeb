"""Two ways to send an answer: as a stream of events, and as one JSON document. The player need not know which."""

from itertools import chain
from typing import Protocol, TypeVar

from msgspec import UNSET, UnsetType

from webapp.standin import http
from webapp.standin.errors import ErrorBody, ErrorDetail, metadata_of
from webapp.standin.http import Connection
from webapp.standin.journal import Seen
from webapp.standin.steps import Closing, Framing, Status
from webapp.standin.wire import Completion, Delta, Generation, StreamChoice, Usage, WholeChoice, WholeMessage

_T = TypeVar("_T")


class Output(Protocol):
    """Where the parts of an answer go, one after another. Nothing may follow ``close``."""

    async def delta(self, delta: Delta, finish: str | None = None, native: str | None = None) -> None:
        """More of the message; with its finish reason, if it ends here."""

    async def usage(self, usage: Usage, closing: Closing) -> None: ...

    async def error(self, error: ErrorDetail, form: str, usage: Usage) -> None:
        """An error in one of the forms of ``steps.Error``."""

    async def comment(self, text: str) -> None: ...

    async def event(self, data: str) -> None: ...

    async def raw(self, data: bytes) -> None: ...

    async def done(self) -> None: ...

    async def refuse(self, step: Status) -> None:
        """Sends this in place of an answer; only as the first thing."""

    async def close(self) -> None:
        """Sends what is left and ends the response properly."""

    def frame(self, framing: Framing) -> None:
        """How bytes are written from here on."""


class EventStream:
    """Server-sent events in OpenRouter's dialect. The headers go out with the first write."""

    def __init__(self, connection: Connection, generation: Generation, seen: Seen) -> None:
        self._connection = connection
        self._generation = generation
        self._seen = seen
        self._framing = Framing()
        self._finish: tuple[str | None, str | None] = ("stop", "stop")

    async def delta(self, delta: Delta, finish: str | None = None, native: str | None = None) -> None:
        if finish:
            self._finish = (finish, native)
        await self._chunk(StreamChoice(delta, finish, native))

    async def usage(self, usage: Usage, closing: Closing) -> None:
        match closing:
            case "repeated":
                await self._chunk(StreamChoice(Delta(), *self._finish), usage=usage, service_tier="default")
            case "null":
                await self._chunk(StreamChoice(Delta()), usage=usage)
            case "empty":
                await self._chunk(usage=usage)

    async def error(self, error: ErrorDetail, form: str, usage: Usage) -> None:
        match form:
            case "finish":
                await self._chunk(StreamChoice(Delta(), "error", "error"), error=error)
            case "null":
                await self._chunk(StreamChoice(Delta()), error=error, usage=usage)
            case "empty":
                await self._chunk(error=error)
            case _:
                await self._event(http.encode({"error": error}))

    async def comment(self, text: str) -> None:
        await self.raw(f": {text}{self._framing.line_end * 2}".encode())

    async def event(self, data: str) -> None:
        await self._event(*data.encode().split(b"\n"))

    async def raw(self, data: bytes) -> None:
        await self._start()
        size = self._framing.write_size or len(data) or 1
        for start in range(0, len(data), size):
            self._seen.writes += 1
            await self._connection.write(data[start : start + size])

    async def done(self) -> None:
        await self._event(b"[DONE]")

    async def refuse(self, step: Status) -> None:
        await _refuse(self._connection, step)

    async def close(self) -> None:
        await self._start()
        await self._connection.end()

    def frame(self, framing: Framing) -> None:
        self._framing = framing

    async def _chunk(self, *choices: StreamChoice, **more: object) -> None:
        await self._event(http.encode(self._generation.chunk(*choices, **more)))

    async def _event(self, *lines: bytes) -> None:
        line_end = self._framing.line_end.encode()
        field = b"data: " if self._framing.space else b"data:"
        await self.raw(b"".join(chain.from_iterable((field, line, line_end) for line in lines)) + line_end)

    async def _start(self) -> None:
        if not self._connection.started:
            await self._connection.start(200, {"content-type": "text/event-stream", **headers(self._generation)})


class WholeAnswer:
    """One completion, sent when it is closed. Comments, raw bytes and framing have no place in it."""

    def __init__(self, connection: Connection, generation: Generation, seen: Seen) -> None:
        self._connection = connection
        self._generation = generation
        self._seen = seen
        self._message = WholeMessage()
        self._finish: tuple[str | None, str | None] = (None, None)
        self._usage: Usage | UnsetType = UNSET
        self._error: ErrorDetail | UnsetType = UNSET

    async def delta(self, delta: Delta, finish: str | None = None, native: str | None = None) -> None:
        message = self._message
        if delta.content:
            message.content = (message.content or "") + delta.content
        if delta.reasoning:
            message.reasoning = (message.reasoning or "") + delta.reasoning
        message.refusal = delta.refusal or message.refusal
        message.reasoning_details = _joined(message.reasoning_details, delta.reasoning_details)
        message.annotations = _joined(message.annotations, delta.annotations)
        message.images = _joined(message.images, delta.images)
        message.tool_calls = _joined(message.tool_calls, delta.tool_calls)
        if finish:
            self._finish = (finish, native)

    async def usage(self, usage: Usage, closing: Closing) -> None:
        self._usage = usage

    async def error(self, error: ErrorDetail, form: str, usage: Usage) -> None:
        self._error, self._finish = error, ("error", "error")

    async def comment(self, text: str) -> None: ...

    async def event(self, data: str) -> None: ...

    async def raw(self, data: bytes) -> None: ...

    async def done(self) -> None: ...

    async def refuse(self, step: Status) -> None:
        await _refuse(self._connection, step)

    async def close(self) -> None:
        self._seen.writes += 1
        if self._error and self._message.content is None:
            status = self._error.code if isinstance(self._error.code, int) else 500
            await self._connection.respond(status, http.encode(ErrorBody(self._error)), headers(self._generation))
            return
        choice = WholeChoice(self._message, *self._finish, error=self._error)
        who = self._generation
        completion = Completion(who.id, who.created, who.model, who.provider, [choice], self._usage)
        await self._connection.respond(200, http.encode(completion), headers(who))

    def frame(self, framing: Framing) -> None: ...


def headers(generation: Generation) -> dict[str, str]:
    """The headers of an answer."""
    return {
        "cache-control": "no-cache",
        "x-generation-id": generation.id,
        "x-provider-name": generation.provider,
    }


def _joined(*lists: list[_T] | UnsetType) -> list[_T] | UnsetType:
    """The lists as one; absent if there is none."""
    return [item for items in lists if items for item in items] or UNSET


async def _refuse(connection: Connection, step: Status) -> None:
    """Sends the step's response; without a body of its own it is OpenRouter's for that status."""
    body = step.body
    if body is None:
        metadata = metadata_of(step.status, step.error_type, step.metadata)
        detail = ErrorDetail(step.message, step.status, metadata, step.availability or UNSET)
        body = http.encode(ErrorBody(detail)).decode()
    await connection.respond(step.status, body.encode(), step.headers, step.content_type)

"""Event streams as we send them, and the response that carries them.

Lines end in a bare newline: htmx's parser takes a CRLF that two reads cut in half for two line ends.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from litestar.response import Stream

COMMENT: Final = b":\n\n"  # keeps a connection open, and says nothing

# Each of these keeps some proxy from holding tokens back.
STREAM_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


def encode_event(data: str, *, event: str = "", cursor: str = "") -> bytes:
    """One event. `event` names it, `cursor` is what a reader that comes back sends as Last-Event-ID."""
    lines = [f"event: {event}"] if event else []
    if cursor:
        lines.append(f"id: {cursor}")
    lines.extend(f"data: {line}" for line in data.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return ("\n".join(lines) + "\n\n").encode()


def event_stream(events: AsyncIterator[bytes]) -> Stream:
    """The response for a stream of encoded events; its content type is exactly `text/event-stream`."""
    return Stream(events, headers={**STREAM_HEADERS, "content-type": "text/event-stream"})

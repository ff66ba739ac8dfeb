"""One answer of a model, put together from the body of its response. Pure: bytes in, typed events out."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Final, cast

from msgspec import Raw

from webapp.services import chunks, refusals
from webapp.services.chunks import Chunk, Halves, Message, text_of
from webapp.services.errors import NetworkError, OpenRouterError, name_of
from webapp.services.events import Citation, Finish, Image, Reasoning, Started, StreamEvent, Text, Usage
from webapp.services.sse import Decoder
from webapp.services.usage import usage_of

MOST_TOOLS: Final = 8
MAX_MALFORMED: Final = 1_000  # chunks of an answer: where so many can't be read, no more is tried
_OTHER_REASONS: Final = {  # of other servers, in OpenRouter's words
    "max_tokens": "length",
    "max_length": "length",
    "model_length": "length",
    "safety": "content_filter",
}
_DONE: Final = (b"[DONE]", b'"[DONE]"')
LONGEST_DONE: Final = 100  # bytes with the space around it


class Answer:
    """Feed it an event stream piece by piece, or give it a whole JSON body: it returns the events as they become known.

    Then close it, and ``error`` says whether that was an answer. It is over at ``[DONE]``, at an error or at the end of
    the body, not at the first finish reason: usage, and sometimes a second reason, come after that.
    """

    def __init__(self, clock: Callable[[], float], on_malformed: Callable[[str], None]) -> None:
        """``clock`` gives the seconds since 1970; ``on_malformed`` hears why, for each chunk that is skipped."""
        self.chunks = 0
        self.malformed = 0
        self.started: Started | None = None
        self.usage: Usage | None = None
        self.error: OpenRouterError | None = None
        self.has_content = False
        self.is_over = False
        self._finish_reason = ""
        self._native_reason = ""
        self.tools: tuple[str, ...] = ()  # that the model asked for, by name
        self._cited: set[str] = set()
        self._text, self._thoughts = Halves(), Halves()
        self._decoder = Decoder()
        self._clock = clock
        self._on_malformed = on_malformed

    def feed(self, data: bytes) -> list[StreamEvent]:
        """The events in a piece of an event stream. Raises sse.EventTooLargeError."""
        events: list[StreamEvent] = []
        for payload in self._decoder.feed(data):
            self._take(payload, events)
        return events

    def whole(self, body: bytes) -> list[StreamEvent]:
        """The events of an answer that came as one JSON body, which happens also where a stream was asked for."""
        events: list[StreamEvent] = []
        self._take(body, events)
        self.is_over = True
        return events

    def close(self, broken: OpenRouterError | None = None) -> list[StreamEvent]:
        """The last events: usage and the finish; usage alone where the answer failed and ``error`` is set.

        ``broken`` is what ended the body before its time. It does not matter if the model had finished by then.
        """
        events: list[StreamEvent] = []
        for payload in self._decoder.close():
            self._take(payload, events, is_cut=True)
        self.error = self.error or self._verdict(broken)
        events += [Reasoning(rest)] if (rest := self._thoughts.close()) else []
        events += [Text(rest)] if (rest := self._text.close()) else []
        if self.usage:
            events.append(self.usage)
        if self.error is None:
            events.append(Finish(self._finish_reason, self._native_reason))
        return events

    def _verdict(self, broken: OpenRouterError | None) -> OpenRouterError | None:
        """What is wrong with an answer in which no error was told: it broke off, or it is none."""
        native = self._native_reason
        if self._finish_reason == "error":
            return OpenRouterError("upstream_down", said=native, retryable=True)
        if self.malformed and not self.has_content:
            return OpenRouterError("malformed", detail=f"{self.malformed} malformed chunks and nothing else")
        if not (self.is_over or self._finish_reason or self.usage):
            return broken or NetworkError("cut", retryable=True, detail="the body ended without a finish")
        if self.has_content or self.usage:
            return None
        if self._finish_reason == "content_filter":
            return OpenRouterError("moderated", said=native)
        detail = f"finish reason {name_of(self._finish_reason)}"
        return OpenRouterError("empty", said=native, retryable=True, detail=detail)

    def _take(self, payload: bytes, events: list[StreamEvent], *, is_cut: bool = False) -> None:
        """Appends to ``events`` what one chunk says. One that cannot be read is counted and skipped."""
        if self.is_over or not payload:
            return
        if len(payload) < LONGEST_DONE and payload.strip() in _DONE:
            self.is_over = True
            return
        try:
            chunk = chunks.decode(payload)
        except (ValueError, RecursionError) as problem:
            if not is_cut:
                self._note_malformed(str(problem))
            return
        self.chunks += 1
        self._read(chunk, events)

    def _note_malformed(self, why: str) -> None:
        self.malformed += 1
        self._on_malformed(why)
        if self.malformed >= MAX_MALFORMED:
            self.error = OpenRouterError("malformed", detail=f"{MAX_MALFORMED:,} malformed chunks")
            self.is_over = True

    def _read(self, chunk: Chunk, events: list[StreamEvent]) -> None:
        error = chunk.failure
        choice = chunk.choices[0] if chunk.choices else None
        if choice is not None:
            error = error or choice.error
            if self.started is None and not error:
                self.started = Started(*map(text_of, (chunk.id, chunk.model, chunk.provider)))
                events.append(self.started)
            message = choice.delta or choice.message
            if message is not None:
                self._read_message(message, events, has_halves=chunk.has_halves)
            if reason := text_of(choice.finish_reason):
                self._finish_reason = _OTHER_REASONS.get(reason.lower(), reason)
                self._native_reason = text_of(choice.native_finish_reason)
        self.usage = usage_of(chunk) or self.usage
        if error:
            self._read_error(error)

    def _read_message(self, message: Message, events: list[StreamEvent], *, has_halves: bool) -> None:
        count = len(events)
        if message.annotations:
            events += self._new_citations(message.annotations)
        if reasoning := chunks.reasoning(message):
            self._add(Reasoning(reasoning), events, has_halves=has_halves)
        for part in chunks.parts(message.content or ""):
            self._add(part, events, has_halves=has_halves)
        if refusal := text_of(message.refusal):
            self._add(Text(refusal), events, has_halves=has_halves)
        if message.audio and (spoken := chunks.transcript(message.audio)):
            self._add(Text(spoken), events, has_halves=has_halves)
        if message.images:
            events += chunks.images(message.images)
        self._note_tools(message)
        if len(events) > count or message.tool_calls or message.function_call:
            self.has_content = True

    def _add(self, event: Text | Reasoning | Image, events: list[StreamEvent], *, has_halves: bool) -> None:
        match event:
            case Text(text):
                if whole := self._text.join(text, has_halves=has_halves):
                    events.append(Text(whole))
            case Reasoning(text):
                if whole := self._thoughts.join(text, has_halves=has_halves):
                    events.append(Reasoning(whole))
            case Image():
                events.append(event)

    def _note_tools(self, message: Message) -> None:
        for name in chunks.tools(message):
            if name not in self.tools and len(self.tools) < MOST_TOOLS:
                self.tools += (name,)

    def _new_citations(self, annotations: Raw) -> Iterator[Citation]:
        for citation in chunks.citations(annotations):
            if citation.url not in self._cited:
                self._cited.add(citation.url)
                yield citation

    def _read_error(self, error: object) -> None:
        """An error is the end of an answer; one that reports the length limit is an ordinary end."""
        if refusals.means_truncated(error) and (self.has_content or self._finish_reason == "length"):
            self._finish_reason = "length"
        else:
            self.error = refusals.from_answer(error, self._clock())
            self.is_over = True


def merged(events: list[StreamEvent]) -> list[StreamEvent]:
    """The same events with neighbouring pieces of text joined into one, and those of reasoning likewise."""
    if len(events) < 2:
        return events
    result: list[StreamEvent] = []
    for kind, run in groupby(events, type):
        if kind is Text or kind is Reasoning:
            result.append(kind("".join(piece.text for piece in cast("Iterator[Text | Reasoning]", run))))
        else:
            result.extend(run)
    return result

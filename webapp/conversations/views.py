"""A growing answer as its readers get it: frames for a page, a document without JavaScript, JSON events.

A reader has a cursor, not a place in a queue: it is sent what it lacks, however long it was away.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Final, NamedTuple, Self

import msgspec
from markupsafe import escape

from webapp.conversations.messages import Message, Status
from webapp.conversations.reply import Reply
from webapp.conversations.waiting import Wait
from webapp.rendering.growing import OpenBlock
from webapp.rendering.stream import Prose, Tail
from webapp.web.refusals import RefusalError, SignedOutError
from webapp.web.sse import COMMENT, encode_event

CONNECTION_SECONDS: Final = 300.0  # proxies cut long connections anyhow: better we do, between two frames
STEP_PAUSE: Final = 0.005  # seconds at least between two parts of what came at once: others have their turn
COUNT_INTERVAL: Final = 1.0  # how often a page is told the number of tokens
WAS_THOUGHT: Final = "What stands above were the model's thoughts. Its answer:"
DOCUMENT_INTERVAL: Final = 0.4  # a document can only add, so its unfinished end is sent anew less often


class Cursor(NamedTuple):
    """What a page has: settled text up to an offset, and characters of reasoning."""

    settled: int = 0
    reasoning: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor of an event's id. Anything else is one who has nothing, and is sent everything."""
        parts = text.split("-")
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
            return cls()
        return cls(*map(int, parts))

    @classmethod
    def at(cls, reply: Reply) -> Self:
        """The cursor of one who has all of `reply` but its open end."""
        blocks = reply.blocks.blocks()
        return cls(blocks[-1].end if blocks else 0, len(reply.reasoning))

    def __str__(self) -> str:
        return f"{self.settled}-{self.reasoning}"


class PageView:
    """What one page shows of an answer, and the frames that bring it up to date."""

    def __init__(self, cursor: Cursor, prefix: str, model_name: str, show: Callable[[str, Wait], str]) -> None:
        """`prefix` is the id of the message's element, with which the ids of its parts begin.

        `show` makes the HTML of `thinking` and `notice`, which tell what the answer is at.
        """
        self._model_name = model_name
        self._show = show
        self._told: Wait | None = None
        self._told_at = 0.0
        self._cursor = cursor
        self._prefix = prefix
        self._tail: Tail = Prose("")
        self._is_new = True

    def frame(self, reply: Reply) -> str:
        """What is new since the last frame, as partials for htmx; "" for nothing.

        Of much that came at once it is the first part: the reply's blocks are behind then.
        """
        reply.blocks.step()
        if self._is_rethought(reply):
            parts = [self._partial("body", "innerHTML", "")]
            self._cursor = self._cursor._replace(settled=0)
            self._is_new = True
        elif self._is_new and reply.is_live and self._cursor.settled > reply.blocks.reached:
            return ""  # this process has yet to hear of what the page has, or to render it: it will
        elif self._is_new and self._is_lost(reply):
            parts = [self._partial("body", "innerHTML", ""), self._partial("reasoning", "innerHTML", "")]
            self._cursor = Cursor()
        else:
            parts = []
        parts += [self._reasoning(reply), self._settled(reply), self._tail_part(reply)]
        if reply.is_live:
            parts.append(self._wait_part(reply.wait_state(self._model_name)))
        self._is_new = False
        return "".join(parts)

    @property
    def cursor(self) -> Cursor:
        return self._cursor

    def _is_rethought(self, reply: Reply) -> bool:
        """Whether text that the page may have has been found to be thoughts, which it has not."""
        return self._cursor.reasoning < reply.rethought and (self._cursor.settled > 0 or not self._is_new)

    def _is_lost(self, reply: Reply) -> bool:
        """Whether the cursor is none that this answer ever gave."""
        return not reply.blocks.is_boundary(self._cursor.settled) or self._cursor.reasoning > len(reply.reasoning)

    def _reasoning(self, reply: Reply) -> str:
        new = reply.reasoning[self._cursor.reasoning :]
        if not new:
            return ""
        self._cursor = self._cursor._replace(reasoning=len(reply.reasoning))
        return self._partial("reasoning", "beforeend", escape(new))

    def _settled(self, reply: Reply) -> str:
        blocks = reply.blocks.blocks(after=self._cursor.settled)
        if not blocks:
            return ""
        self._cursor = self._cursor._replace(settled=blocks[-1].end)
        return self._partial("body", "beforeend", "".join(block.html for block in blocks))

    def _tail_part(self, reply: Reply) -> str:
        tail, old = reply.blocks.tail, self._tail
        if tail is old and not self._is_new:
            return ""
        self._tail = tail
        if not self._is_new and isinstance(tail, OpenBlock) and isinstance(old, OpenBlock) and tail.start == old.start:
            new = tail.inside(after=old.length)
            if tail.element == "tbody":
                return self._partial("tail tbody", "beforeend", new)
            return self._partial("tail code", "beforeend", new)
        return self._partial("tail", "innerHTML", tail.html)

    def _wait_part(self, wait: Wait) -> str:
        """At once when something else begins; that there are more tokens, every COUNT_INTERVAL."""
        told, now = self._told, time.monotonic()
        is_other = told is None or (told.stage, told.notice) != (wait.stage, wait.notice)
        if told is not None and not is_other and (told.tokens == wait.tokens or now - self._told_at < COUNT_INTERVAL):
            return ""
        self._told, self._told_at = wait, now
        part = self._partial("notice", "innerHTML", self._show("notice", wait))
        if is_other and self._cursor.reasoning:
            part += self._partial("thinking", "innerHTML", self._show("thinking", wait))
        return part

    def _partial(self, part: str, swap: str, html: str) -> str:
        return f'<hx-partial hx-target="#{self._prefix}-{part}" hx-swap="{swap}">{html}</hx-partial>'


class SourceView(PageView):
    """One that has the model's own text as well, for a page that has to know it where the answer never ends."""

    _sent = 0
    _rethought = 0

    def frame(self, reply: Reply) -> str:
        frame = super().frame(reply)
        if reply.rethought != self._rethought:  # what was text so far has turned out to be thoughts
            self._rethought, self._sent = reply.rethought, 0
            frame += self._partial("source", "innerHTML", "")
        new, self._sent = reply.text[self._sent :], len(reply.text)
        return frame + self._partial("source", "beforeend", escape(new)) if new else frame


async def frames(
    follow: AsyncGenerator[Reply, None], view: PageView, *, longest: float | None = None
) -> AsyncGenerator[bytes, None]:
    """The event stream of a page: a comment at once, frames, and `done` when the answer has ended.

    The connection ends after `longest` seconds, CONNECTION_SECONDS unless told otherwise.

    Without `done` the reader is to connect again: the process goes down, or the connection is old. To one who has been
    signed out it is said as well: the page then asks for the message, and learns why it gets none.
    """
    deadline = asyncio.get_running_loop().time() + (CONNECTION_SECONDS if longest is None else longest)
    yield COMMENT
    try:
        async with aclosing(follow) as versions:
            async for reply in versions:
                frame, worked = _timed(view, reply)
                if frame:
                    yield encode_event(frame, cursor=str(view.cursor))
                while reply.blocks.is_behind:
                    await _give_way(worked)
                    frame, worked = _timed(view, reply)
                    if frame:
                        yield encode_event(frame, cursor=str(view.cursor))
                if not reply.is_live:
                    break
                if not frame:
                    yield COMMENT
                if asyncio.get_running_loop().time() > deadline:
                    return
                if worked > STEP_PAUSE:
                    await _give_way(worked)
            else:
                return
    except SignedOutError:
        pass
    yield encode_event("", event="done")


def _timed(view: PageView, reply: Reply) -> tuple[str, float]:
    """The view's next frame, and the seconds of the processor that it took."""
    began = time.thread_time()
    return view.frame(reply), time.thread_time() - began


async def _give_way(worked: float) -> None:
    """Lets others go on for as long as a step has taken, of the processor: a page of theirs takes several turns."""
    await asyncio.sleep(max(worked, STEP_PAUSE))


async def growing_text(follow: AsyncGenerator[Reply, None]) -> AsyncGenerator[tuple[str, bool], None]:
    """Pieces of HTML of an answer that grows, to be put one after the other; and whether it still does.

    They can only add: each open end covers the one before, by a style rule.
    """
    yield '<p class="live__tail">The answer is on its way.</p>', True
    settled, tail, rethought = 0, "", 0
    with suppress(SignedOutError):
        async with aclosing(follow) as versions:
            async for reply in versions:
                piece = ""
                if reply.rethought != rethought and (settled or tail):
                    settled, tail = 0, ""
                    piece = f'<p class="live__tail">{WAS_THOUGHT}</p>'
                rethought = reply.rethought
                while True:
                    began = time.thread_time()
                    reply.blocks.step()
                    blocks = reply.blocks.blocks(after=settled)
                    if blocks:
                        settled = blocks[-1].end
                        piece += "".join(block.html for block in blocks)
                    worked = time.thread_time() - began
                    if not reply.blocks.is_behind:
                        break
                    yield piece, True
                    piece = ""
                    await _give_way(worked)
                if reply.blocks.tail.html != tail:
                    tail = reply.blocks.tail.html
                    piece += f'<div class="live__tail">{tail}</div>'
                yield piece, reply.is_live
                if not reply.is_live:
                    break
                await asyncio.sleep(DOCUMENT_INTERVAL)


async def growing_document(
    head: str, follow: AsyncGenerator[Reply, None], message: Message
) -> AsyncGenerator[str, None]:
    """A document that is kept open and grows, and leads back to the page of the answer in the end."""
    is_live = True
    async with aclosing(growing_text(follow)) as pieces:
        async for piece, is_live in pieces:  # noqa: B007  # the last one counts
            if head or piece:
                yield head + piece
            head = ""
    words = "Show the page again: the answer goes on." if is_live else "The answer has ended. Show it with its buttons."
    # By way of the message's own address, above the document's: to the place on the page around it would not load that
    # page anew.
    yield f'<p class="live__done"><a href="../{message.id}">{words}</a></p></main></body></html>'


async def content_events(
    follow: AsyncGenerator[Reply, None], finished: Callable[[], Awaitable[Message]]
) -> AsyncGenerator[bytes, None]:
    """The JSON API's stream: pieces of text from the first on, an error if it did not end well, and `done`.

    `restart` says that the pieces so far have been found to be thoughts: the answer begins behind it.
    """
    sent = rethought = 0
    yield COMMENT
    try:
        async with aclosing(follow) as versions:
            async for reply in versions:
                text = reply.text
                if reply.rethought != rethought and sent:
                    yield _json_event({"restart": True})
                    sent = 0
                rethought = reply.rethought
                if len(text) > sent:
                    yield _json_event({"content": text[sent:]})
                    sent = len(text)
                elif reply.is_live:
                    yield COMMENT
                if not reply.is_live:
                    break
            else:
                return
        problem = await _problem(finished)
    except SignedOutError as refusal:
        problem = {"code": refusal.code, "message": refusal.sentence}
    if problem is not None:
        yield _json_event({"error": problem})
    yield _json_event({"done": True})


async def _problem(finished: Callable[[], Awaitable[Message]]) -> dict[str, str] | None:
    """What to tell of an answer that did not end well."""
    try:
        message = await finished()
    except RefusalError as refusal:  # it was deleted while it was read
        return {"code": refusal.code, "message": refusal.sentence}
    if message.status is Status.COMPLETE:
        return None
    return {
        "code": message.error_code or message.status.value,
        "message": message.error_message or "The answer was cut short.",
    }


def _json_event(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"

"""What readers are sent: frames for a page, a document without JavaScript, events of the JSON API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import msgspec
import pytest
from markupsafe import escape
from msgspec.structs import replace

from tests.fakes.page import PREFIX, Page
from webapp.conversations import views
from webapp.conversations.messages import Message, Status
from webapp.conversations.reply import Reply
from webapp.conversations.views import Cursor, PageView, SourceView, content_events, frames, growing_document
from webapp.conversations.waiting import Wait
from webapp.db.types import new_id
from webapp.services.events import Reasoning, Retrying, Text
from webapp.web.refusals import NotFoundError
from webapp.web.sse import COMMENT

HOSTILE = "</hx-partial><script>alert(1)</script><img src=x onerror=alert(1)>"
ANSWER = Message(new_id(), new_id(), new_id(), None, "assistant", "", Status.STREAMING, datetime.now(UTC))
CODE = "```py\n"


def new_reply(*texts: str) -> Reply:
    reply = Reply(ANSWER)
    for text in texts:
        reply.take(Text(text))
    return reply


def view(cursor: Cursor = Cursor()) -> PageView:  # noqa: B008  # a value
    return PageView(cursor, PREFIX, "One", tell)


def tell(part: str, wait: Wait) -> str:
    return f"{part}: {escape(wait.notice or wait.stage)}"


async def follow(*steps: Callable[[Reply], None], ends: bool = True) -> AsyncGenerator[Reply, None]:
    """A reply as its readers follow it: once as it is, and after each step."""
    reply = new_reply()
    yield reply
    for step in steps:
        step(reply)
        yield reply
    if ends:
        reply.end(Status.COMPLETE)
        yield reply


def says(text: str) -> Callable[[Reply], None]:
    return lambda reply: reply.take(Text(text))


def nothing(_reply: Reply) -> None:
    pass


# Cursors


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert Cursor.parse(str(Cursor(12, 3))) == Cursor(12, 3)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1-2-3", "a-b", "-1-2", "1--3", "1-", " 1-2", "1_0-2", "+1-2", "١-٢", "²-0", "1.0-2", "9" * 10 + "-0",
     "9" * 5000 + "-0", "1-2\n", "\0", "<script>", "null", "0x1-0"],
)  # fmt: skip
def test_any_other_text_is_the_cursor_of_one_who_has_nothing(text: str) -> None:
    assert Cursor.parse(text) == Cursor(0, 0)


async def test_the_cursor_of_a_whole_page_stands_behind_what_has_settled() -> None:
    reply = new_reply("One.\n\nTw")
    reply.take(Reasoning("Hm."))
    reply.blocks.step()
    assert Cursor.at(reply) == Cursor(reply.blocks.blocks()[-1].end, 3)
    assert Cursor.at(new_reply("Open")) == Cursor(0, 0)


# Frames


async def test_a_frame_has_what_is_new_and_no_more() -> None:
    reply, page, watching = new_reply("One.\n\nTw"), Page(), view()
    page.apply(watching.frame(reply))
    assert page.parts["body"] == "<p>One.</p>\n"
    assert page.parts["tail"] == "<p>Tw</p>\n"
    reply.take(Text("o"))
    frame = watching.frame(reply)
    page.apply(frame)
    assert "One" not in frame
    assert page.parts["tail"] == "<p>Two</p>\n"
    assert watching.frame(reply) == ""


async def test_a_page_that_comes_back_gets_what_it_lacks() -> None:
    reply, page, watching = new_reply("One.\n\nTw"), Page(), view()
    page.apply(watching.frame(reply))
    reply.take(Text("o.\n\nThree."))
    frame = view(watching.cursor).frame(reply)
    page.apply(frame)
    assert "One" not in frame
    assert page.html == "<p>One.</p>\n<p>Two.</p>\n<p>Three.</p>\n"


@pytest.mark.parametrize("cursor", [Cursor(3), Cursor(0, 99)])
async def test_a_cursor_that_this_answer_never_gave_begins_anew(cursor: Cursor) -> None:
    reply, page = new_reply("One.\n\nTwo.\n\nThree."), Page()
    reply.take(Reasoning("Hm."))
    page.parts["body"] = page.parts["reasoning"] = "what the page had"
    page.apply(view(cursor).frame(reply))
    assert page.html == "<p>One.</p>\n<p>Two.</p>\n<p>Three.</p>\n"
    assert page.parts["reasoning"] == "Hm."


async def test_a_cursor_ahead_of_a_lagging_copy_waits_for_it() -> None:
    reply, ahead = new_reply("One.\n\n"), new_reply("One.\n\nTwo.\n\nThree")
    page, watching = Page(), view()
    page.apply(watching.frame(ahead))
    waiting = view(watching.cursor)
    assert waiting.frame(reply) == ""
    reply.catch_up(ahead.progress())
    page.apply(waiting.frame(reply))
    assert page.html == "<p>One.</p>\n<p>Two.</p>\n<p>Three</p>\n"


async def test_hostile_text_stays_text() -> None:
    reply = new_reply(HOSTILE, "\n\n```\n", HOSTILE)
    reply.take(Reasoning(HOSTILE))
    reply.notice = HOSTILE
    page, watching = Page(), view()
    frame = watching.frame(reply)
    reply.take(Text(HOSTILE))
    reply.notice = ""
    frame += watching.frame(reply)
    page.apply(frame)
    assert "<script" not in frame
    assert "<img" not in frame
    assert frame.count("</hx-partial>") == frame.count("<hx-partial")
    assert page.parts["reasoning"].startswith("&lt;/hx-partial&gt;")
    assert page.parts["tail"].count("&lt;script&gt;") == 2


async def test_open_code_grows_by_its_new_part_alone() -> None:
    reply, page, watching = new_reply(CODE, "x = 1\n" * 1_000), Page(), view()
    while reply.blocks.is_behind:
        page.apply(watching.frame(reply))
    reply.take(Text("if x < 2:\n"))
    frame = watching.frame(reply)
    page.apply(frame)
    assert frame == (f'<hx-partial hx-target="#{PREFIX}-tail code" hx-swap="beforeend">if x &lt; 2:\n</hx-partial>')
    assert page.parts["tail"].endswith("x = 1\nif x &lt; 2:\n</code></pre></div>\n")


async def test_a_second_block_of_code_is_not_put_into_the_first() -> None:
    reply, page, watching = new_reply(CODE, "first\n"), Page(), view()
    page.apply(watching.frame(reply))
    reply.take(Text("```\n\n```py\nsecond\nand more\n"))
    page.apply(watching.frame(reply))
    assert page.parts["body"].count("<pre") == page.parts["tail"].count("<pre") == 1
    assert "second" not in page.parts["body"]
    assert "second\nand more\n" in page.parts["tail"]
    assert "first" not in page.parts["tail"]


async def test_a_page_is_told_at_once_when_something_else_begins() -> None:
    reply, page, watching = new_reply(), Page(), view()
    told = []
    for event in (None, Retrying(1, 2.0, "Busy."), Reasoning("Hm."), Text("Here.")):
        if event:
            reply.take(event)
        page.apply(watching.frame(reply))
        told.append(page.parts["notice"])
    assert told == [f"notice: {one}" for one in ("waiting", "Busy. Trying again in 2 s.", "thinking", "writing")]
    assert page.parts["thinking"] == "thinking: writing"


async def test_a_page_is_told_of_more_tokens_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    reply, watching = new_reply("One"), view()
    assert "-notice" in watching.frame(reply)
    reply.take(Text(" and two"))
    assert "-notice" not in watching.frame(reply)
    monkeypatch.setattr(views, "COUNT_INTERVAL", 0.0)
    reply.take(Text(" and three"))
    assert "-notice" in watching.frame(reply)
    assert watching.frame(reply) == ""


async def test_every_connection_is_told_how_long_it_has_been() -> None:
    reply = new_reply("One.\n\n")
    page, watching = Page(), view()
    page.apply(watching.frame(reply))
    assert "-notice" in view(watching.cursor).frame(reply)


async def test_an_answer_that_has_ended_waits_for_nothing() -> None:
    reply = new_reply("One.")
    reply.end(Status.COMPLETE)
    assert "-notice" not in view().frame(reply)


# The event stream of a page


async def all_of(events: AsyncIterator[bytes]) -> list[bytes]:
    async with asyncio.timeout(30):
        return [event async for event in events]


async def test_the_stream_speaks_at_once_and_says_when_it_is_done() -> None:
    first, *events, last = await all_of(frames(follow(says("One.\n\n"), says("Two")), view()))
    assert first == COMMENT
    assert last == b"event: done\ndata: \n\n"
    assert next(event for event in events if b"One." in event).startswith(b"id: ")


async def test_a_frame_carries_the_cursor_of_who_has_it() -> None:
    events = await all_of(frames(follow(says("One.\n\nTwo.\n\n"), says("Three")), view()))
    ids = [line.removeprefix("id: ") for event in events for line in event.decode().split("\n") if line[:3] == "id:"]
    assert ids[-1] == str(Cursor(len("One.\n\nTwo.\n\nThree")))


async def test_a_version_without_news_keeps_the_connection_open() -> None:
    events = await all_of(frames(follow(says("One."), nothing, nothing), view()))
    assert events.count(COMMENT) >= 3


async def test_a_stream_that_is_sent_away_ends_without_done() -> None:
    events = await all_of(frames(follow(says("One."), ends=False), view()))
    assert b"One." in b"".join(events)
    assert not [event for event in events if event.startswith(b"event:")]


async def test_an_old_connection_is_ended_between_two_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "CONNECTION_SECONDS", -1.0)
    events = await all_of(frames(follow(says("One.")), view()))
    assert len(events) == 2
    assert not [event for event in events if event.startswith(b"event:")]


async def test_who_leaves_a_stream_leaves_the_answer() -> None:
    following = follow(says("One."))
    stream = frames(following, view())
    await anext(stream)
    await anext(stream)
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(following)


# The document without JavaScript


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "DOCUMENT_INTERVAL", 0.0)


async def document(*steps: Callable[[Reply], None]) -> list[str]:
    async with asyncio.timeout(30):
        return [part async for part in growing_document("<html><body>", follow(*steps), ANSWER)]


@pytest.mark.usefixtures("quick")
async def test_the_document_begins_at_once_grows_and_leads_back() -> None:
    parts = await document(says("One.\n\n"), says("Tw"), says("o."))
    assert parts[0].startswith('<html><body><p class="live__tail">The answer is on its way.')
    assert parts[1:4] == [
        "<p>One.</p>\n",
        '<div class="live__tail"><p>Tw</p>\n</div>',
        '<div class="live__tail"><p>Two.</p>\n</div>',
    ]
    assert f'href="../{ANSWER.id}"' in parts[-1]
    assert parts[-1].endswith("</body></html>")


@pytest.mark.usefixtures("quick")
async def test_the_document_has_each_settled_block_once_and_no_script() -> None:
    text = "".join(await document(says("One.\n\n"), says("Two.\n\n"), nothing, says(HOSTILE)))
    assert text.count("<p>One.</p>") == text.count("<p>Two.</p>") == 1
    assert "<script" not in text
    assert "<img" not in text


# The JSON API


async def events(
    following: AsyncGenerator[Reply, None], finished: Callable[[], Awaitable[Message]]
) -> list[dict[str, object]]:
    parts = await all_of(content_events(following, finished))
    assert parts[0] == COMMENT
    assert all(part == COMMENT or (part.startswith(b"data: ") and part.endswith(b"\n\n")) for part in parts)
    return [msgspec.json.decode(part.removeprefix(b"data: ")) for part in parts if part != COMMENT]


def ended(status: Status, code: str = "", sentence: str = "") -> Callable[[], Awaitable[Message]]:
    async def finished() -> Message:
        return replace(ANSWER, status=status, error_code=code, error_message=sentence)

    return finished


async def test_the_api_sends_pieces_and_then_done() -> None:
    sent = await events(follow(says("One\n"), says("two …")), ended(Status.COMPLETE))
    assert sent == [{"content": "One\n"}, {"content": "two …"}, {"done": True}]


async def test_the_api_keeps_a_silent_connection_open() -> None:
    parts = await all_of(content_events(follow(nothing, nothing), ended(Status.COMPLETE)))
    assert parts.count(COMMENT) == 4


@pytest.mark.parametrize(
    ("finished", "code", "message"),
    [
        (ended(Status.FAILED, "no_credit", "There is too little credit."), "no_credit", "There is too little credit."),
        (ended(Status.STOPPED), "stopped", "The answer was cut short."),
        (ended(Status.INTERRUPTED), "interrupted", "The answer was cut short."),
    ],
)
async def test_the_api_tells_an_error_before_done(
    finished: Callable[[], Awaitable[Message]], code: str, message: str
) -> None:
    sent = await events(follow(says("Half")), finished)
    assert sent == [{"content": "Half"}, {"error": {"code": code, "message": message}}, {"done": True}]


async def test_the_api_tells_of_a_deletion_in_mid_answer() -> None:
    async def gone() -> Message:
        raise NotFoundError("There is no such message.")

    sent = await events(follow(says("Half")), gone)
    assert sent == [
        {"content": "Half"},
        {"error": {"code": "not_found", "message": "There is no such message."}},
        {"done": True},
    ]


async def test_the_api_does_not_say_done_when_it_is_sent_away() -> None:
    assert await events(follow(says("Half"), ends=False), ended(Status.STREAMING)) == [{"content": "Half"}]


# Text that is found to be thoughts


async def test_a_page_takes_thoughts_out_of_the_text_when_they_are_found_to_be_some() -> None:
    page, reply, seen = Page(), new_reply(), view()
    for text in ("One.\n\nTwo", ".\n\n```\ncode", "\n```\n</think>\n\nThe ", "answer."):
        reply.take(Text(text))
        page.apply(seen.frame(reply))
    assert "One." not in page.html
    assert "The answer." in page.html
    assert page.parts["reasoning"] == "One.\n\nTwo.\n\n```\ncode\n```"


async def test_the_source_of_an_answer_is_without_what_turned_out_to_be_thoughts() -> None:
    page, reply, seen = Page(), new_reply(), SourceView(Cursor(), PREFIX, "One", tell)
    for text in ("One.", " Two.\n</think>\n\n", "The *answer* ", "& more."):
        reply.take(Text(text))
        page.apply(seen.frame(reply))
    assert page.parts["source"] == str(escape("The *answer* & more."))


async def test_who_comes_back_with_a_cursor_from_before_gets_the_answer_alone() -> None:
    reply = new_reply("One.\n\nTwo.\n\n")
    reply.blocks.step()
    cursor = Cursor.at(reply)
    reply.take(Text("</think>\n\nHi"))
    assert cursor.settled > len(reply.text)
    frame = view(cursor).frame(reply)
    assert "One." in frame
    assert f'hx-target="#{PREFIX}-body" hx-swap="innerHTML"></hx-partial>' in frame
    assert "Hi" in frame
    assert view(Cursor.at(reply)).frame(reply).count("One.") == 0


async def test_what_can_only_be_added_to_says_that_it_was_thoughts() -> None:
    steps = (says("One.\n\n"), says("</think>\n\nHi"))
    pieces = "".join([piece async for piece, _ in views.growing_text(follow(*steps))])
    assert pieces.index("One.") < pieces.index(views.WAS_THOUGHT) < pieces.index("Hi")


async def test_programs_are_told_to_begin_again() -> None:
    async def finished() -> Message:
        return replace(ANSWER, status=Status.COMPLETE)

    events = [event async for event in content_events(follow(says("One."), says("\n</think>\n\nHi")), finished)]
    assert [msgspec.json.decode(event[6:]) for event in events if event != COMMENT] == [
        {"content": "One."},
        {"restart": True},
        {"content": "Hi"},
        {"done": True},
    ]

"""One answer in memory: what it takes from events, and when it wakes those who wait for more."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.fakes.doubling import is_linear
from webapp.conversations.messages import Message, Receipt, Source, Status
from webapp.conversations.replies_store import Progress
from webapp.conversations.reply import (
    BURST,
    FRAME_INTERVAL,
    LONGEST_FRAME_INTERVAL,
    MAX_CHARACTERS,
    Reply,
    TooLongError,
    frame_interval,
)
from webapp.conversations.waiting import Stage
from webapp.db.types import new_id
from webapp.services.events import Citation, Metrics, Reasoning, Retrying, Started, Text, Usage


def answer(content: str = "", receipt: Receipt = Receipt(model="asked/model")) -> Message:  # noqa: B008  # frozen
    return Message(
        id=new_id(),
        conversation_id=new_id(),
        owner_id=new_id(),
        parent_id=new_id(),
        role="assistant",
        content=content,
        status=Status.STREAMING,
        created_at=datetime.now(UTC),
        receipt=receipt,
    )


async def woken(reply: Reply, seen: int) -> float:
    """Waits for a version after `seen`; returns the loop's time."""
    async with asyncio.timeout(30):
        await reply.wait(seen)
    return asyncio.get_running_loop().time()


async def test_the_first_piece_goes_out_at_once() -> None:
    reply = Reply(answer())
    reply.take(Text("a"))
    waiting = asyncio.create_task(reply.wait(0))
    for _ in range(3):  # turns of the loop, and no time
        await asyncio.sleep(0)
    assert waiting.done()


async def test_then_pieces_are_gathered_for_the_length_of_a_frame() -> None:
    reply = Reply(answer())
    reply.take(Text("a"))
    first = await woken(reply, 0)
    for _ in range(20):
        reply.take(Text("b"))
        await asyncio.sleep(0)
    second = await woken(reply, 1)
    assert reply.text == "a" + 20 * "b"
    assert second - first >= FRAME_INTERVAL * 0.9


async def test_a_writer_rests_until_a_frame_is_due_and_what_it_then_reads_is_in_it() -> None:
    reply = Reply(answer())
    reply.frame_interval = frame_interval(20)
    reply.take(Text("a"))
    await reply.rest()  # the first piece goes out at once, and the second may follow
    await woken(reply, 0)
    reply.take(Text("b"))
    frame = asyncio.create_task(woken(reply, 1))
    await reply.rest()
    assert not frame.done()
    reply.take(Text("c"))
    await frame
    assert (reply.text, reply.version) == ("abc", 2)


async def test_an_answer_that_grows_alone_is_read_without_a_rest() -> None:
    reply = Reply(answer())
    reply.take(Text("a"))
    await woken(reply, 0)
    for _ in range(100):
        reply.take(Text("b"))
        await reply.rest()
    assert reply.version == 1  # all of it before the second frame


async def test_a_burst_is_read_without_a_rest() -> None:
    reply = Reply(answer())
    reply.frame_interval = frame_interval(20)
    reply.take(Text("a"))
    await woken(reply, 0)
    for _ in range(100):
        reply.take(Text("b" * (BURST + 1)))
        await reply.rest()
    assert reply.version == 1  # all of it before the second frame


def test_a_busy_process_makes_fewer_frames_and_no_reader_waits_for_long() -> None:
    intervals = [frame_interval(live) for live in (1, 2, 20, 100, 200, 1_000)]
    assert intervals[0] == FRAME_INTERVAL
    assert intervals == sorted(intervals)
    assert intervals[-1] == LONGEST_FRAME_INTERVAL


async def test_the_first_piece_after_a_pause_goes_out_at_once_too() -> None:
    reply = Reply(answer())
    reply.take(Text("a"))
    await woken(reply, 0)
    await asyncio.sleep(FRAME_INTERVAL * 1.1)
    reply.take(Text("b"))
    waiting = asyncio.create_task(reply.wait(1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert waiting.done()


async def test_all_who_wait_are_woken_and_one_who_left_is_no_harm() -> None:
    reply = Reply(answer())
    waiting = [asyncio.create_task(reply.wait(0)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    reply.take(Text("a"))
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in done] == [type(None), asyncio.CancelledError, type(None)]


async def test_who_has_missed_a_version_does_not_wait() -> None:
    reply = Reply(answer())
    reply.take(Text("a"))
    await woken(reply, 0)
    await woken(reply, 0)


async def test_the_end_wakes_at_once_and_once() -> None:
    reply = Reply(answer())
    reply.take(Text("a"))
    await woken(reply, 0)
    reply.take(Text("b"))
    reply.end(Status.COMPLETE)
    assert reply.version == 2
    assert not reply.is_live
    await asyncio.sleep(FRAME_INTERVAL * 1.5)
    assert reply.version == 2


async def test_idle_is_the_time_since_the_last_waking() -> None:
    reply, loop = Reply(answer()), asyncio.get_running_loop()
    before = loop.time()
    reply.wake()
    assert reply.idle_for <= loop.time() - before
    await asyncio.sleep(FRAME_INTERVAL)
    assert reply.idle_for >= FRAME_INTERVAL * 0.9


async def test_an_answer_that_goes_on_begins_with_what_it_has() -> None:
    reply = Reply(answer("One, "))
    reply.take(Text("two"))
    assert reply.text == "One, two"
    assert reply.progress() == Progress(reply.id, "One, two", "", ())
    reply.blocks.step()
    assert "One, two" in reply.blocks.tail.html


async def test_catching_up_adds_what_is_missing_once() -> None:
    reply = Reply(answer("One, "))
    sources = (Source("https://example.org", "A"),)
    for _ in range(2):
        reply.catch_up(Progress(reply.id, "One, two", "Hm.", sources))
    assert (reply.text, reply.reasoning, reply.sources) == ("One, two", "Hm.", sources)
    reply.blocks.step()
    assert "One, two" in reply.blocks.tail.html


async def test_the_text_after_a_place_is_the_end_of_the_text() -> None:
    reply = Reply(answer("One, "))
    for piece in ("two, ", "three", ""):
        reply.take(Text(piece))
    for place in range(20):
        assert reply.text_after(place) == "One, two, three"[place:]
    assert reply.text == "One, two, three"
    assert [reply.text_after(place) for place in range(16)] == [reply.text[place:] for place in range(16)]


async def test_catching_up_with_less_takes_nothing_away() -> None:
    reply = Reply(answer("One, two"))
    reply.extend("", "Hm.")
    assert not reply.catch_up(Progress(reply.id, "One, ", "H", ()))
    assert (reply.text, reply.reasoning) == ("One, two", "Hm.")


async def test_catching_up_with_nothing_new_wakes_nobody() -> None:
    reply = Reply(answer("One"))
    waiting = asyncio.create_task(reply.wait(0))
    reply.catch_up(Progress(reply.id, "One", "", ()))
    await asyncio.sleep(FRAME_INTERVAL)
    assert not waiting.done()
    reply.catch_up(Progress(reply.id, "One", "Hm.", ()))
    async with asyncio.timeout(30):
        await waiting


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org", "", "x"],
)
async def test_a_source_that_is_no_web_page_is_left_out(url: str) -> None:
    reply = Reply(answer())
    reply.take(Citation(url, "A"))
    assert reply.sources == ()


@pytest.mark.parametrize("url", ["http://[", "https://[::", "https://a:b:c", "https://\x00"])
async def test_a_source_with_an_address_that_makes_no_sense_is_no_harm(url: str) -> None:
    reply = Reply(answer())
    reply.take(Citation(url, "A"))
    reply.take(Text("Text."))
    assert reply.text == "Text."


async def test_a_server_that_does_not_name_the_model_leaves_the_one_that_was_asked() -> None:
    reply = Reply(answer())
    reply.take(Started("gen-1", "", ""))
    assert (reply.receipt.model, reply.receipt.generation_id) == ("asked/model", "gen-1")


ONE, TWO = Decimal("0.1"), Decimal("0.2")


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [(None, None, None), (None, ONE, ONE), (ONE, None, ONE), (ONE, TWO, Decimal("0.3"))],
)
async def test_costs_add_up_where_they_are_said(
    before: Decimal | None, now: Decimal | None, after: Decimal | None
) -> None:
    reply = Reply(answer(receipt=Receipt(cost=before)))
    reply.take(Usage(cost=now))
    assert reply.receipt.cost == after


async def test_a_call_without_a_first_token_keeps_the_time_of_the_one_before() -> None:
    reply = Reply(answer(receipt=Receipt(first_token_ms=250, duration_ms=1000)))
    reply.take(Metrics(None, 0.5, 0, 0, 0, "cancelled"))
    assert (reply.receipt.first_token_ms, reply.receipt.duration_ms) == (250, 1500)


@pytest.mark.parametrize(
    ("delay", "words"), [(0.2, "Busy. Trying again."), (1.0, "Busy. Trying again in 1 s."), (12.4, "again in 12 s.")]
)
async def test_another_try_is_announced(delay: float, words: str) -> None:
    reply = Reply(answer())
    reply.take(Retrying(1, delay, "Busy."))
    assert words in reply.notice
    reply.take(Reasoning("Hm."))
    assert reply.notice == ""


# What it is at


async def test_a_reply_waits_then_thinks_then_writes() -> None:
    reply = Reply(answer())
    stages = [reply.stage]
    for event in (Reasoning("Hm."), Text("So"), Reasoning("Hm again.")):
        reply.take(event)
        stages.append(reply.stage)
    assert stages == [Stage.WAITING, Stage.THINKING, Stage.WRITING, Stage.WRITING]


async def test_the_time_of_thinking_is_that_until_the_first_word() -> None:
    reply = Reply(answer())
    reply.take(Reasoning("Hm."))
    await asyncio.sleep(0.02)
    reply.take(Text("So"))
    thought = reply.receipt.reasoning_ms
    assert thought is not None
    assert thought >= 20
    await asyncio.sleep(0.02)
    reply.take(Text(" be it."))
    reply.end_thinking()
    assert reply.receipt.reasoning_ms == thought


async def test_a_model_that_is_stopped_while_it_thinks_has_thought() -> None:
    reply = Reply(answer())
    reply.take(Reasoning("Hm."))
    reply.end_thinking()
    assert reply.receipt.reasoning_ms is not None


async def test_an_answer_without_thoughts_has_no_time_of_thinking() -> None:
    reply = Reply(answer())
    reply.take(Text("So"))
    assert reply.receipt.reasoning_ms is None


async def test_tokens_are_counted_from_where_it_goes_on() -> None:
    reply = Reply(answer("What had come. " * 100))
    reply.take(Text("x" * 400))
    assert reply.wait_state("One").tokens == 100


# Thoughts in the text


async def test_thoughts_in_tags_are_thoughts_and_no_text() -> None:
    reply = Reply(answer())
    for piece in ("<thi", "nk>\nHm", "m.\n</th"):
        reply.take(Text(piece))
    assert (reply.reasoning, reply.text, reply.stage) == ("Hmm.", "", Stage.THINKING)
    reply.take(Text("ink>\n\nHello"))
    reply.close_text()
    assert (reply.reasoning, reply.text, reply.stage) == ("Hmm.", "Hello", Stage.WRITING)
    assert reply.receipt.reasoning_ms is not None
    assert reply.length == len("Hello")


async def test_of_too_long_a_piece_what_fits_is_taken() -> None:
    reply = Reply(answer("It began. "))
    with pytest.raises(TooLongError):
        reply.take(Text("x" * (3 * MAX_CHARACTERS)))
    assert reply.length == len(reply.text) == MAX_CHARACTERS
    assert reply.text.startswith("It began. x")


async def test_of_too_long_thoughts_what_fits_is_taken() -> None:
    reply = Reply(answer())
    for piece in ("x", "y" * (2 * MAX_CHARACTERS), "z"):
        reply.take(Reasoning(piece))
    reply.take(Text("Yes."))
    assert (len(reply.reasoning), reply.reasoning[:2], reply.text) == (MAX_CHARACTERS, "xy", "Yes.")


async def test_thoughts_that_come_letter_by_letter_take_time_for_their_letters_alone() -> None:
    def think(letters: int) -> None:
        reply = Reply(answer())
        for _ in range(letters):
            reply.take(Reasoning("x"))
        assert len(reply.reasoning) == letters

    assert is_linear(think, 100_000)


async def test_text_becomes_thoughts_when_a_closing_tag_comes() -> None:
    reply = Reply(answer())
    reply.take(Text("Okay, hi.\n"))
    assert reply.text == "Okay, hi.\n"
    reply.take(Text("</think>\n\nHello"))
    assert (reply.reasoning, reply.text, reply.rethought) == ("Okay, hi.", "Hello", len("Okay, hi."))
    reply.blocks.step()
    assert [block.html for block in reply.blocks.blocks()] == []
    assert "Hello" in reply.blocks.tail.html
    assert "Okay" not in reply.blocks.tail.html


async def test_what_was_held_back_is_there_in_the_end() -> None:
    reply = Reply(answer())
    reply.take(Text("1 <"))
    assert reply.text == "1 "
    reply.close_text()
    assert reply.text == "1 <"


async def test_a_continued_answer_is_never_taken_for_thoughts() -> None:
    reply = Reply(answer("It began"))
    reply.take(Text(" and ended.\n</think>\n"))
    reply.close_text()
    assert (reply.text, reply.reasoning) == ("It began and ended.\n</think>\n", "")

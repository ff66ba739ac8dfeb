"""The streaming core: an answer is generated once, in the background, whoever reads it and whatever happens to them."""

import asyncio
import logging
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.fakes.scene import Scene
from webapp.conversations.messages import Beginning, Source, Status
from webapp.conversations.reply import Reply
from webapp.services.errors import OpenRouterError
from webapp.services.events import Citation, Finish, Metrics, Reasoning, Retrying, Started, StreamEvent, Text, Usage
from webapp.web.refusals import NotFoundError

# Growing


async def test_an_answer_grows_without_readers(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Hel", "lo.")
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.status, ended.content, ended.html) == (Status.COMPLETE, "Hello.", "<p>Hello.</p>\n")


async def test_a_growing_answer_is_found_in_memory_by_its_owner_alone(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    assert scene.here.replies.find(scene.alice, answer.id) == answer
    assert scene.here.replies.find(scene.bob, answer.id) is None
    await call.ends()
    await scene.ended(answer)
    assert scene.here.replies.find(scene.alice, answer.id) is None


async def test_the_model_is_asked_with_the_whole_branch(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice, "One")
    await call.says("First.")
    await call.ends()
    await scene.ended(answer)
    _, call = await scene.here.ask(scene.alice, "Two", answer.conversation_id)
    assert call.model == "some/model"
    assert [(one["role"], one["content"]) for one in call.messages] == [
        ("user", "One"),
        ("assistant", "First."),
        ("user", "Two"),
    ]


async def test_every_reader_gets_all_of_it_whenever_they_come(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    early = scene.here.follow(answer)
    await call.says("One ")
    await early.sees("One ")
    middle = scene.here.follow(answer)
    await middle.sees("One ")
    await call.says("two ", "three.")
    await call.ends()
    for reader in (early, middle, scene.here.follow(answer)):
        assert await reader.ended() is Status.COMPLETE
        assert reader.texts[-1] == "One two three."


async def test_a_reader_that_leaves_changes_nothing_for_the_others(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    leaving, staying = scene.here.follow(answer), scene.here.follow(answer)
    await leaving.hears(1)
    await leaving.leaves()
    await call.says("All.")
    await staying.sees("All.")
    await call.ends()
    assert await staying.ended() is Status.COMPLETE


async def test_thoughts_and_sources_are_kept_with_the_text(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Reasoning("Hm, "), Reasoning("yes."), Citation("https://example.org/a", "A"))
    await call.says("Yes.")
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.reasoning, ended.sources) == ("Hm, yes.", (Source("https://example.org/a", "A"),))


async def test_the_receipt_says_who_answered_and_what_it_cost(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model-2026", "Provider"))
    await call.says("Yes.")
    await call.gives(Usage(10, 5, 2, 1, Decimal("0.0015")), Finish("stop"), Metrics(0.25, 1.5, 0, 3, 0, "complete"))
    await call.ends()
    receipt = (await scene.ended(answer)).receipt
    assert (receipt.model, receipt.provider, receipt.generation_id) == ("some/model-2026", "Provider", "gen-1")
    assert (receipt.prompt_tokens, receipt.completion_tokens, receipt.reasoning_tokens) == (10, 5, 2)
    assert (receipt.cached_tokens, receipt.cost, receipt.finish_reason) == (1, Decimal("0.0015"), "stop")
    assert (receipt.first_token_ms, receipt.duration_ms) == (250, 1500)


async def test_a_reader_hears_something_though_nothing_grows(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.conversations.replies.KEEP_ALIVE_INTERVAL", 0.0)
    answer, _ = await scene.here.ask(scene.alice)
    reader = scene.here.follow(answer)
    await reader.hears(3)
    assert set(reader.texts) == {""}


# Ending badly


async def test_an_error_before_any_text_is_a_failure_with_its_sentence(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    error = OpenRouterError("no_credit")
    await call.fails(error)
    ended = await scene.ended(answer)
    assert (ended.status, ended.content) == (Status.FAILED, "")
    assert (ended.error_code, ended.error_message) == ("no_credit", error.sentence)


async def test_an_error_after_some_text_interrupts_and_keeps_it(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half an ")
    await call.fails(OpenRouterError("cut"))
    ended = await scene.ended(answer)
    assert (ended.status, ended.content, ended.error_code) == (Status.INTERRUPTED, "Half an ", "cut")
    assert ended.can_continue


@pytest.mark.parametrize(("said", "status"), [("", Status.FAILED), ("So far", Status.INTERRUPTED)])
async def test_an_error_of_ours_is_told_as_ours_without_its_text(scene: Scene, said: str, status: Status) -> None:
    answer, call = await scene.here.ask(scene.alice)
    if said:
        await call.says(said)
    await call.fails(RuntimeError("/srv/secret/path"))
    ended = await scene.ended(answer)
    assert (ended.status, ended.content, ended.error_code) == (status, said, "internal")
    assert "went wrong here" in ended.error_message
    assert "secret" not in ended.error_message


async def test_an_error_of_ours_in_mid_answer_closes_the_call(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("So far")
    monkeypatch.setattr(Reply, "take", broken)
    await call.says(" and no further")
    await call.was_closed()
    ended = await scene.ended(answer)
    assert (ended.status, ended.content, ended.error_code) == (Status.INTERRUPTED, "So far", "internal")


def broken(_reply: Reply, _event: StreamEvent) -> None:
    raise RuntimeError("/srv/secret/path")


async def test_an_answer_of_nothing_is_a_failure(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Finish("stop"))
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.status, ended.error_code) == (Status.FAILED, "empty")


@pytest.mark.parametrize(
    ("reason", "words"), [("stop", "thought, and then gave no answer"), ("length", "used up its length limit")]
)
async def test_an_answer_of_thoughts_alone_says_so(scene: Scene, reason: str, words: str) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("<think>\nSo the final answer: 42\n")
    await call.gives(Finish(reason))
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.content, ended.reasoning, ended.status) == ("", "So the final answer: 42", Status.FAILED)
    assert words in ended.error_message


def metrics(malformed: int = 0, tools: tuple[str, ...] = ()) -> Metrics:
    return Metrics(None, 1.0, retries=0, chunks=1, malformed=malformed, outcome="complete", tools=tools)


@pytest.mark.parametrize(("lost", "words"), [(0, ""), (1, "A piece of this answer"), (3, "3 pieces of this answer")])
async def test_a_piece_that_could_not_be_read_is_told_with_the_answer(scene: Scene, lost: int, words: str) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Text("Some words."), metrics(malformed=lost))
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.status, ended.content) == (Status.COMPLETE, "Some words.")
    assert ended.error_message.startswith(words)
    assert bool(ended.error_message) == bool(lost)


@pytest.mark.parametrize(
    ("text", "tools", "status", "words"),
    [
        ("", ("get_weather",), Status.FAILED, "asked for the tool 'get_weather', which this chat doesn't have"),
        ("", ("a", "b"), Status.FAILED, "asked for the tools 'a' and 'b'"),
        ("", (), Status.FAILED, "asked for a tool, which"),
        ("Let me look.", ("get_weather",), Status.COMPLETE, "'get_weather'"),
    ],
)
async def test_a_model_that_asks_for_a_tool_says_so(
    scene: Scene, text: str, tools: tuple[str, ...], status: Status, words: str
) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says(*filter(None, [text]))
    await call.gives(Finish("tool_calls"), metrics(tools=tools))
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.status, ended.error_code, ended.content) == (status, "tool_call", text)
    assert words in ended.error_message


async def test_thoughts_in_the_text_are_not_sent_back(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("<think>\nHm.\n</think>\n\nHello")
    await call.ends()
    kept = await scene.ended(answer)
    assert (kept.content, kept.reasoning) == ("Hello", "Hm.")
    _, again = await scene.here.ask(scene.alice, "And?", kept.conversation_id)
    assert [message["content"] for message in again.messages] == ["Go", "Hello", "And?"]


# Stopping


async def test_a_stop_keeps_what_came_and_closes_the_call(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half ")
    reader = scene.here.follow(answer)
    await scene.here.replies.stop(scene.alice, answer.id)
    await call.was_closed()
    assert await reader.ended() is Status.STOPPED
    ended = await scene.message(answer)
    assert (ended.status, ended.content, ended.error_message) == (Status.STOPPED, "Half ", "")


async def test_a_stop_works_while_nothing_has_come(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await scene.here.replies.stop(scene.alice, answer.id)
    await call.was_closed()
    assert (await scene.message(answer)).status is Status.STOPPED


async def test_a_second_stop_does_not_disturb_the_first(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half ")
    call.may_close.clear()
    stops = [asyncio.create_task(scene.here.replies.stop(scene.alice, answer.id)) for _ in range(2)]
    await call.is_being_closed()
    await scene.here.store.checkpointed()  # which hears of the stop too
    call.may_close.set()
    await asyncio.gather(*stops)
    await call.was_closed()
    assert (await scene.message(answer)).content == "Half "
    await scene.here.replies.stop(scene.alice, answer.id)
    assert (await scene.message(answer)).status is Status.STOPPED


async def test_a_stop_while_the_whole_answer_is_being_kept_comes_too_late(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Whole.")
    scene.here.store.may_end.clear()
    await call.ends()
    await scene.here.store.is_ending()
    stop = asyncio.create_task(scene.here.replies.stop(scene.alice, answer.id))
    await scene.here.store.checkpointed()
    assert not stop.done()
    scene.here.store.may_end.set()
    await stop
    ended = await scene.message(answer)
    assert (ended.status, ended.content) == (Status.COMPLETE, "Whole.")


async def test_nobody_stops_what_belongs_to_another(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await scene.here.replies.stop(scene.bob, answer.id)
    await call.says("Hers.")
    await call.ends()
    assert (await scene.ended(answer)).status is Status.COMPLETE


async def test_a_stop_left_in_the_database_by_another_process_is_heard(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half ")
    assert await scene.here.store.request_stop(scene.alice, answer.id)
    await call.was_closed()
    ended = await scene.ended(answer)
    assert (ended.status, ended.content) == (Status.STOPPED, "Half ")


async def test_a_conversation_deleted_in_mid_answer_ends_the_call_and_stays_deleted(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half ")
    reader = scene.here.follow(answer)
    await reader.sees("Half ")
    scene.here.replies.abandon((await scene.here.conversations.delete(scene.alice, answer.conversation_id)).live)
    await call.was_closed()
    assert await reader.ended() is not Status.STREAMING
    with pytest.raises(NotFoundError):
        await scene.message(answer)


async def test_an_answer_given_up_before_it_has_begun_ends(scene: Scene) -> None:
    exchange = await scene.here.conversations.add_exchange(scene.alice, None, "Go", "some/model", "c1")
    scene.here.replies.start(Beginning(exchange.answer, "some/model", exchange.prompt))
    scene.here.replies.abandon([exchange.answer.id])
    reader = scene.here.follow(exchange.answer)
    assert await reader.ended() is not Status.STREAMING
    assert scene.here.model.calls == []


# Going on


async def test_an_answer_that_goes_on_adds_up_text_tokens_and_cost(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One, ")
    await call.gives(Usage(10, 2, 0, 0, Decimal("0.01")), Finish("length"), Metrics(0.5, 1.0, 0, 2, 0, "complete"))
    await call.ends()
    cut = await scene.ended(answer)
    assert cut.receipt.finish_reason == "length"
    call = await scene.here.resume(scene.alice, cut)
    assert call.messages[-1] == {"role": "assistant", "content": "One, "}
    reader = scene.here.follow(await scene.message(answer))
    await call.says("two.")
    await call.gives(Usage(12, 3, 0, 0, Decimal("0.02")), Finish("stop"), Metrics(0.5, 2.0, 0, 2, 0, "complete"))
    await call.ends()
    assert await reader.ended() is Status.COMPLETE
    ended = await scene.message(answer)
    assert (ended.content, ended.html) == ("One, two.", "<p>One, two.</p>\n")
    receipt = ended.receipt
    assert (receipt.prompt_tokens, receipt.completion_tokens, receipt.cost) == (22, 5, Decimal("0.03"))
    assert (receipt.finish_reason, receipt.duration_ms) == ("stop", 3000)


async def test_a_stop_of_the_first_part_does_not_stop_the_second(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One, ")
    await scene.here.replies.stop(scene.alice, answer.id)
    call = await scene.here.resume(scene.alice, answer)
    await scene.here.store.checkpointed()
    await call.says("two.")
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.status, ended.content) == (Status.COMPLETE, "One, two.")


# Keeping


async def test_a_checkpoint_keeps_what_has_come_so_far(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Reasoning("Hm."), Citation("https://example.org", "A"))
    await call.says("So far")
    await scene.here.store.checkpointed()
    kept = await scene.message(answer)
    assert (kept.status, kept.content, kept.reasoning) == (Status.STREAMING, "So far", "Hm.")
    assert kept.sources == (Source("https://example.org", "A"),)


async def test_the_first_words_of_an_answer_that_goes_on_are_kept_too(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One, ")
    await scene.here.store.checkpointed()
    await scene.here.replies.stop(scene.alice, answer.id)
    call = await scene.here.resume(scene.alice, answer)
    await call.says("two")
    await scene.here.store.checkpointed()
    assert (await scene.message(answer)).content == "One, two"


async def test_a_checkpoint_that_fails_is_made_good_by_the_next(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    scene.here.store.failing["checkpoint"] = 2
    await call.says("So far")
    await scene.here.store.checkpointed()
    assert scene.here.store.failing["checkpoint"] == 0
    assert (await scene.message(answer)).content == "So far"


async def test_a_silent_answer_has_a_heartbeat(scene: Scene) -> None:
    answer, _ = await scene.here.ask(scene.alice)
    await scene.here.store.silence(answer.id, timedelta(minutes=1))
    await scene.here.store.checkpointed()
    kept = await scene.here.store.read([answer.id], timedelta(seconds=10))
    assert not kept[answer.id].is_silent


async def test_an_end_that_cannot_be_kept_at_once_is_kept_later_and_whole(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = scene.here.follow(answer)
    await call.says("Every word.")
    scene.here.store.failing["end"] = 2
    with caplog.at_level(logging.ERROR):
        await call.ends()
        assert await reader.ended() is Status.COMPLETE
    ended = await scene.message(answer)
    assert (ended.status, ended.content) == (Status.COMPLETE, "Every word.")
    assert [record.message for record in caplog.records] == [f"Reply {answer.id} could not be kept"]


async def test_a_notice_of_another_try_goes_when_the_answer_comes(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Retrying(1, 3.2, "Too many requests."))
    reply = scene.here.replies.snapshot(answer)
    assert reply.notice == "Too many requests. Trying again in 3 s."
    await call.gives(Started("gen-2", "some/model", "Provider"))
    assert reply.notice == ""


async def test_an_answer_of_thoughts_alone_that_was_cut_says_what_used_up_its_length(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Reasoning("Hm. " * 10), Finish("length"))
    await call.ends()
    ended = await scene.ended(answer)
    assert ended.status == Status.FAILED
    assert "length limit for thinking" in ended.error_message

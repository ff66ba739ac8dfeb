"""One chunk, and an answer put together from chunks."""

import json
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.samples import DONE, SAMPLES, STARTED, STOP, USAGE, Sample, chunk, error, event, no_choices, text
from webapp.services import chunks
from webapp.services.answer import MAX_MALFORMED, Answer, merged
from webapp.services.errors import NetworkError
from webapp.services.events import Citation, Finish, Image, Reasoning, StreamEvent, Text, Usage


def new_answer(heard: Callable[[str], None] = lambda _reason: None) -> Answer:
    return Answer(lambda: 0.0, heard)


def events_of(answer: Answer, *pieces: bytes) -> tuple[StreamEvent, ...]:
    return tuple([found for piece in pieces for found in answer.feed(piece)] + answer.close())


def code_of(answer: Answer) -> str:
    return answer.error.code if answer.error else ""


sample_streams = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())


@sample_streams
def test_a_stream_means_the_same_in_one_piece(sample: Sample) -> None:
    answer = new_answer()
    assert (events_of(answer, sample.body), code_of(answer)) == (sample.events, sample.code)
    assert answer.malformed == 0


@sample_streams
def test_a_stream_means_the_same_byte_by_byte(sample: Sample) -> None:
    size = max(1, len(sample.body) // 20_000)  # the picture's two megabytes in larger bites
    pieces = [sample.body[start : start + size] for start in range(0, len(sample.body), size)]
    answer = new_answer()
    assert (events_of(answer, *pieces), code_of(answer)) == (sample.events, sample.code)


@sample_streams
def test_a_stream_means_the_same_with_other_line_ends(sample: Sample) -> None:
    answer = new_answer()
    body = sample.body.replace(b"\n", b"\r\n").replace(b"data: ", b"data:")
    assert (events_of(answer, body), code_of(answer)) == (sample.events, sample.code)


def whole(finish: str = "stop", **message: object) -> bytes:
    choice = {"index": 0, "finish_reason": finish, "native_finish_reason": finish, "message": message}
    top = {"id": "gen-1", "model": "openai/gpt-5-mini", "provider": "OpenAI", "choices": [choice], "usage": USAGE}
    return json.dumps(top).encode()


def test_json_in_place_of_a_stream_gives_the_same_events() -> None:
    answer = new_answer()
    body = b"\n  \n" + whole(role="assistant", content="Hi", reasoning="Hm", annotations=[], refusal=None)
    assert answer.whole(body) == [STARTED, Reasoning("Hm"), Text("Hi")]
    assert [type(last) for last in answer.close()] == [Usage, Finish]
    assert answer.error is None


def test_an_error_in_json_in_place_of_a_stream_is_that_error() -> None:
    answer = new_answer()
    body = json.dumps({"error": error(429, "Slow down"), "user_id": None}).encode()
    assert answer.whole(body) + answer.close() == []
    assert code_of(answer) == "rate_limited"


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"[]", b'"yes"', b'{"choices": 7}'])
def test_a_body_that_is_no_answer_is_malformed_or_empty(body: bytes) -> None:
    answer = new_answer()
    assert answer.whole(body) + answer.close() == []
    assert code_of(answer) == ("malformed" if body else "empty")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"choices": [', id="cut"),
        pytest.param(b"{choices}", id="no JSON"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"choices": {}}', id="another shape"),
        pytest.param(b'{"a":' + b"[" * 100_000 + b"}", id="too deep"),
        pytest.param(b"NaN", id="no number"),
    ],
)
def test_a_malformed_chunk_is_told_and_skipped(payload: bytes) -> None:
    heard: list[str] = []
    answer = new_answer(heard.append)
    body = text("Hi") + b"data: " + payload + b"\n\n" + text("!") + DONE
    assert events_of(answer, body) == (STARTED, Text("Hi"), Text("!"), Finish(""))
    assert answer.malformed == len(heard) == 1


def test_nothing_but_malformed_chunks_is_an_error() -> None:
    answer = new_answer()
    assert events_of(answer, b"data: {oops\n\n" + DONE) == ()
    assert code_of(answer) == "malformed"


def test_an_answer_ends_where_too_many_chunks_are_malformed() -> None:
    answer = new_answer()
    body = text("Hi") + b"data: {oops\n\n" * (MAX_MALFORMED + 10) + text("!") + DONE
    assert events_of(answer, body) == (STARTED, Text("Hi"))
    assert (answer.malformed, code_of(answer)) == (MAX_MALFORMED, "malformed")


def test_data_without_content_are_no_chunk() -> None:
    answer = new_answer()
    events_of(answer, b"data:\n\n" + text("Hi") + DONE)
    assert (answer.chunks, answer.malformed) == (1, 0)


def raw_text(content: str) -> bytes:
    """A chunk with `content` as it stands in JSON, escapes and all."""
    return text("~").replace(b"~", content.encode())


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["Hi \\ud83d", "\\ude00 there \\ud83c\\udf89 and lone \\ud83d end"], "Hi 😀 there 🎉 and lone \ufffd end"),
        (["\\ud83d"], "\ufffd"),
        (["\\ude00"], "\ufffd"),
        (["\\ud83d", "x"], "\ufffdx"),
        (["\\ud83d", "\\ud83d", "\\ude00"], "\ufffd😀"),
        (["\\ude00\\ud83d"], "\ufffd\ufffd"),
        (["a\\ud83d", "", "\\ude00"], "a😀"),
        (["\U0010f83d and \U0010ffff"], "\U0010f83d and \U0010ffff"),
    ],
)
def test_halves_of_a_character_in_two_chunks_are_one_character(pieces: list[str], said: str) -> None:
    answer = new_answer()
    events = events_of(answer, *map(raw_text, pieces), DONE)
    assert "".join(one.text for one in events if isinstance(one, Text)) == said
    assert answer.malformed == 0


def test_halves_in_thoughts_and_in_text_are_told_apart() -> None:
    thought = chunk(reasoning="~").replace(b"~", b"\\ud83d")
    events = events_of(new_answer(), thought, raw_text("\\ude00"), thought.replace(b"d83d", b"de00"), DONE)
    assert events[1:3] == (Text("\ufffd"), Reasoning("😀"))


@pytest.mark.parametrize(
    ("content", "events"),
    [
        (
            [{"type": "text", "text": "Hi"}, "!", {"type": "text", "text": {"value": "?"}}],
            (Text("Hi"), Text("!"), Text("?")),
        ),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "Hi"}],
            (Reasoning("Hm"), Text("Hi")),
        ),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}],
            (Image("data:image/png;base64,AA"),),
        ),
        ([{"type": "new"}, None, 7, []], ()),
        ([{"type": "refusal", "refusal": "No."}], (Text("No."),)),
    ],
)
def test_content_may_be_a_list_of_parts(content: list[object], events: tuple[StreamEvent, ...]) -> None:
    answer = new_answer()
    assert events_of(answer, chunk(content=content), text("."), DONE)[1:-1] == (*events, Text("."))
    assert answer.malformed == 0


@pytest.mark.parametrize(
    ("content", "events"),
    [
        ({"type": "text", "text": "Hi"}, (Text("Hi"),)),
        ([{"type": "reasoning", "text": "Hm"}], (Reasoning("Hm"),)),
        ([{"type": "image_url", "image_url": "data:image/png;base64,AA"}], (Image("data:image/png;base64,AA"),)),
        (False, ()),
        (7, ()),
    ],
)
def test_content_of_an_odd_shape_is_read_as_far_as_it_goes(content: object, events: tuple[StreamEvent, ...]) -> None:
    answer = new_answer()
    assert events_of(answer, chunk(content=content), text("."), DONE)[1:-1] == (*events, Text("."))
    assert answer.malformed == 0


@pytest.mark.parametrize(
    "delta",
    [
        {"thinking": "Hm"},
        {"reasoning_content": ["Hm"]},
        {"reasoning": {"text": "Hm"}},
        {"reasoning": "Hm", "reasoning_content": "Hm"},
    ],
)
def test_thoughts_have_many_names_and_shapes(delta: dict[str, Any]) -> None:
    assert new_answer().feed(chunk(**delta))[1:] == [Reasoning("Hm")]


@pytest.mark.parametrize("top", [{"id": 7}, {"model": {"id": "a"}}, {"provider": ["a"]}, {"created": "now"}])
def test_an_odd_field_costs_no_word(top: dict[str, object]) -> None:
    answer = new_answer()
    events = events_of(answer, event({"choices": [{"delta": {"content": "Hi"}, "finish_reason": 1}], **top}), DONE)
    assert events[1:] == (Text("Hi"), Finish(""))
    assert answer.malformed == 0


def test_the_tools_that_a_model_asks_for_are_known_by_name() -> None:
    answer = new_answer()
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"city": "'}}
    body = chunk(tool_calls=[call]) + chunk(tool_calls=[more, None, 7]) + chunk(function_call={"name": "old"})
    events_of(answer, body, chunk("tool_calls"), DONE)
    assert (answer.tools, answer.error) == (("get_weather", "old"), None)


@pytest.mark.parametrize(
    "told", [{"detail": "Busy"}, {"object": "error", "message": "Busy", "code": 500}, {"error": "Busy"}]
)
def test_an_error_of_another_shape_ends_a_stream(told: dict[str, object]) -> None:
    answer = new_answer()
    events_of(answer, event(told), DONE)
    assert answer.error is not None
    assert "Busy" in answer.error.sentence


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"object": "error", "message": "This is too odd", "type": "BadRequestError", "code": 400}, "bad_request"),
        ({"error": "`inputs` must have less than 4096 tokens", "error_type": "validation"}, "bad_request"),
        ({"error": "Request failed during generation", "error_type": "generation"}, "upstream_down"),
        ({"error": {"message": "Filtered", "type": None, "code": "content_filter"}}, "moderated"),
        ({"error": {"message": "Too many tokens", "type": "exceed_context_size_error"}}, "context_too_long"),
        ({"error": {"message": "Overloaded", "type": "overloaded_error"}}, "overloaded"),
        ({"error": {"message": "maximum context length is 8", "type": "server_error"}}, "context_too_long"),
        ({"error": {"message": "Slow down", "code": "429"}}, "rate_limited"),
    ],
)
def test_other_servers_name_the_kind_of_error_in_their_own_places(told: dict[str, object], code: str) -> None:
    answer = new_answer()
    events_of(answer, event(told), DONE)
    assert code_of(answer) == code


@pytest.mark.parametrize(
    "line",
    [b'error: {"code":500,"message":"Busy","type":"server_error"}\n\n', b'{"error":"Busy"}\n', b'{"error":"Busy"}'],
)
def test_an_error_beside_the_data_ends_a_stream(line: bytes) -> None:
    answer = new_answer()
    assert events_of(answer, text("Hi"), line)[1:] == (Text("Hi"),)
    assert answer.error is not None
    assert "Busy" in answer.error.sentence


def test_json_of_an_unknown_type_in_place_of_a_stream_is_the_answer() -> None:
    assert events_of(new_answer(), whole(content="Hi"))[1] == Text("Hi")


@pytest.mark.parametrize(
    ("told", "reason"),
    [("model_length", "length"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("eos", "eos")],
)
def test_reasons_of_other_servers_are_in_the_words_of_one(told: str, reason: str) -> None:
    assert events_of(new_answer(), text("Hi"), chunk(told), DONE)[-1] == Finish(reason)


@pytest.mark.parametrize("done", [b"data: [DONE] \n\n", b'data: "[DONE]"\n\n'])
def test_an_end_in_another_spelling_is_no_lost_piece(done: bytes) -> None:
    answer = new_answer()
    events_of(answer, text("Hi"), done)
    assert (answer.malformed, answer.error) == (0, None)


def test_a_broken_character_costs_only_itself() -> None:
    broken = text("a~b").replace(b"~", b"\xff") + text("c~d").replace(b"~", b"\\ud83d")
    answer = new_answer()
    assert events_of(answer, broken + DONE)[1:3] == (Text("a\ufffdb"), Text("c\ufffdd"))
    assert answer.malformed == 0


def test_a_failing_connection_is_the_error_of_an_unfinished_answer() -> None:
    broken = NetworkError("cut")
    answer = new_answer()
    answer.feed(text("Half an"))
    assert answer.close(broken) == []
    assert answer.error is broken


@pytest.mark.parametrize(
    "end", [chunk("stop", "completed"), DONE, text("", usage=USAGE)], ids=["finish", "done", "usage"]
)
def test_a_failing_connection_does_no_harm_to_a_finished_answer(end: bytes) -> None:
    answer = new_answer()
    answer.feed(text("All of it") + end)
    assert isinstance(answer.close(NetworkError("cut"))[-1], Finish)
    assert answer.error is None


def test_an_error_ends_the_answer() -> None:
    answer = new_answer()
    events = events_of(answer, text("Hi") + no_choices(error=error(502, "Gone")) + text("late") + DONE)
    assert events == (STARTED, Text("Hi"))
    assert answer.is_over


def test_usage_is_told_also_where_the_answer_fails() -> None:
    answer = new_answer()
    events = events_of(answer, text("Hi") + no_choices(error=error(502, "Gone"), usage={"prompt_tokens": 3}))
    assert events[-1] == Usage(prompt_tokens=3)


def test_a_length_error_before_anything_came_is_an_error() -> None:
    answer = new_answer()
    events_of(answer, no_choices(error=error(400, "Token limit reached")))
    assert code_of(answer) == "bad_request"


@pytest.mark.parametrize(
    ("number", "cost"),
    [
        ("0.0077585", "0.0077585"),
        ("1e-7", "0.0000001"),
        ("0.1", "0.1"),
        ('"0.30"', "0.30"),
        ("0", "0"),
        ("3.00000000000000000001", "3.00000000000000000001"),
    ],
)
def test_cost_is_an_exact_decimal(number: str, cost: str) -> None:
    answer = new_answer()
    answer.feed(text("Hi") + b'data: {"choices":[],"usage":{"cost":%s}}\n\n' % number.encode())
    assert answer.usage == Usage(cost=Decimal(cost))


@pytest.mark.parametrize("cost", [None, "NaN", "Infinity"])
def test_a_cost_that_is_no_amount_is_none(cost: str | None) -> None:
    answer = new_answer()
    answer.feed(no_choices(usage={"prompt_tokens": 3, "cost": cost}))
    assert answer.usage == Usage(prompt_tokens=3)


def test_with_an_own_provider_key_its_bill_is_part_of_the_cost() -> None:
    answer = new_answer()
    bill = {"upstream_inference_cost": 0.02}
    answer.feed(no_choices(usage={"cost": 0.001, "is_byok": True, "cost_details": bill}))
    assert answer.usage == Usage(cost=Decimal("0.021"))
    answer.feed(no_choices(usage={"cost": 0.021, "is_byok": False, "cost_details": bill}))
    assert answer.usage == Usage(cost=Decimal("0.021"))


def test_usage_of_another_shape_costs_no_text() -> None:
    answer = new_answer()
    assert events_of(answer, text("Hi", usage=[1]) + DONE) == (STARTED, Text("Hi"), Finish(""))


@pytest.mark.parametrize("odd", [{"prompt_tokens_details": []}, {"cost": {}}, {"completion_tokens": "many"}])
def test_an_odd_number_costs_only_itself(odd: dict[str, object]) -> None:
    answer = new_answer()
    answer.feed(no_choices(usage={"prompt_tokens": 3, **odd}))
    assert answer.usage == Usage(prompt_tokens=3)


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [{"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 3}}]},
        {"choices": [{"delta": {}}], "usage": None, "x_groq": {"id": "req_1", "usage": {"prompt_tokens": 3}}},
    ],
)
def test_usage_is_read_where_other_servers_put_it(last: dict[str, object]) -> None:
    answer = new_answer()
    answer.feed(text("Hi") + event(last))
    assert answer.usage == Usage(prompt_tokens=3)


def test_citations_keep_their_titles() -> None:
    link = {"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "A", "content": "..."}}
    answer = new_answer()
    assert answer.feed(chunk(annotations=[link]))[1:] == [Citation("https://a.example/", "A")]


def test_reasoning_beside_encrypted_details_is_told_once() -> None:
    answer = new_answer()
    details = [{"type": "reasoning.encrypted", "data": "gAAA"}, {"type": "reasoning.summary", "summary": "Let"}]
    assert answer.feed(chunk(reasoning="Let me", reasoning_details=details))[1:] == [Reasoning("Let me")]


def test_neighbouring_texts_are_merged() -> None:
    image = Image("data:image/png;base64,")
    events: list[StreamEvent] = [Reasoning("a"), Reasoning("b"), Text("c"), Text("d"), image, image, Text("e"), STOP]
    assert merged(events) == [Reasoning("ab"), Text("cd"), image, image, Text("e"), STOP]
    assert merged([Text("a")]) == [Text("a")]


@given(st.lists(st.builds(Text, st.text(min_size=1)) | st.builds(Reasoning, st.text(min_size=1)) | st.just(STOP)))
def test_merging_changes_no_text(events: list[StreamEvent]) -> None:
    def words(events: list[StreamEvent], kind: type[Text | Reasoning]) -> str:
        return "".join(found.text for found in events if isinstance(found, kind))

    result = merged(events)
    assert all(words(result, kind) == words(events, kind) for kind in (Text, Reasoning))
    assert all(type(one) is not type(next_one) or one is STOP for one, next_one in pairwise(result))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "choices",
    "delta",
    "message",
    "content",
    "reasoning",
    "usage",
    "error",
    "code",
    "metadata",
    "raw",
    "annotations",
]
CHUNKS = st.recursive(
    JSON, lambda inner: st.dictionaries(st.sampled_from(FIELDS), inner | st.lists(inner, max_size=2), max_size=4)
)


@given(st.lists(CHUNKS, max_size=4))
def test_no_json_makes_it_fail(values: list[object]) -> None:
    answer = new_answer()
    body = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)
    events = events_of(answer, body)
    assert answer.error is not None or isinstance(events[-1], Finish)


@given(st.text())
def test_every_text_arrives_as_it_was_sent(content: str) -> None:
    answer = new_answer()
    raw = json.dumps({"choices": [{"delta": {"content": content}}]}, ensure_ascii=False).encode()
    answer.feed(b"data: " + raw + b"\n\n")
    answer.feed(event({"choices": [{"delta": {"content": content}}]}))
    assert answer.has_content == bool(content)
    assert chunks.decode(raw).choices == [chunks.Choice(delta=chunks.Message(content=content))]


@pytest.mark.parametrize(
    "payload",
    [
        b'{"error": [' + b"[]," * 6_000_000 + b"[]]}",
        b'{"choices": [], "x": [' + b"{}," * 6_000_000 + b"{}]}",
        b'{"choices": [], "usage": {"cost": [' + b"1," * 9_000_000 + b"1]}}",
    ],
    ids=["lists", "objects", "numbers"],
)
def test_a_chunk_of_too_many_parts_is_malformed(payload: bytes) -> None:
    """They would take gigabytes, and seconds in which nobody else is served."""
    answer = new_answer()
    began = time.process_time()
    assert events_of(answer, b"data: " + payload + b"\n\n" + text("Hi") + DONE) == (STARTED, Text("Hi"), Finish(""))
    assert answer.malformed == 1
    assert time.process_time() - began < 0.5


def test_a_long_chunk_of_few_parts_is_read() -> None:
    picture = b"data:image/png;base64," + b"A" * 16_000_000
    payload = b'{"choices": [{"delta": {"images": [{"image_url": {"url": "' + picture + b'"}}]}}]}'
    events = events_of(new_answer(), b"data: " + payload + b"\n\n" + DONE)
    assert Image(picture.decode()) in events


def test_of_a_list_in_a_chunk_a_thousand_items_are_looked_at() -> None:
    link = b'{"url_citation": {"url": "https://a.example/"}}'
    payload = b'{"choices": [{"delta": {"content": "x", "annotations": [' + b",".join([link] * 40_000) + b"]}}]}"
    began = time.process_time()
    assert Text("x") in events_of(new_answer(), b"data: " + payload + b"\n\n" + DONE)
    assert time.process_time() - began < 0.5


def test_a_message_of_an_error_is_looked_at_as_far_as_it_is_shown() -> None:
    answer = new_answer()
    payload = b'{"error": {"code": 500, "message": "' + b"No room. " * 2_000_000 + b'"}}'
    began = time.process_time()
    events_of(answer, b"data: " + payload + b"\n\n")
    assert answer.error is not None
    assert "No room." in answer.error.sentence
    assert time.process_time() - began < 0.5

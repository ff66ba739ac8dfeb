"""Thoughts in the text of an answer, told apart from it, however the text is cut."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fakes.doubling import is_linear
from webapp.conversations.thoughts import LONGEST_SPACE, MAX_TAGS, Kind, Thoughts, split


def collected(pieces: Iterable[str], before: str = "") -> tuple[str, str]:
    """What a reader of the pieces has in the end: thoughts and answer."""
    thoughts, answer, writer = "", "", Thoughts(before)
    for piece in pieces:
        for kind, text in writer.feed(piece):
            thoughts, answer = _added(thoughts, answer, kind, text)
    for kind, text in writer.close():
        thoughts, answer = _added(thoughts, answer, kind, text)
    return thoughts, answer


def _added(thoughts: str, answer: str, kind: Kind, text: str) -> tuple[str, str]:
    if kind is Kind.ALL_WAS_THOUGHT:
        return answer.strip(), ""
    return (thoughts + text, answer) if kind is Kind.THOUGHT else (thoughts, answer + text)


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("<think>\nFirst.\n\nSecond.\n</think>\n\nHello there!", "First.\n\nSecond.", "Hello there!"),
        ("\n <THINK>x</Think>y", "x", "y"),
        ("<think>\n\n</think>\n\nShort answer.", "", "Short answer."),
        ("<think>\nThe answer is 42.\n\nSo: 42\n", "The answer is 42.\n\nSo: 42", ""),
        ("<think>a</think>\n<think>b</think>\nc", "a\n\nb", "c"),
        ("<think></think><think>b</think>c", "b", "c"),
        ("<think>the tag `</think>` ends it</think>Yes.", "the tag `</think>` ends it", "Yes."),
        *((f"<{name}>plan</{name}>Hi.", "plan", "Hi.") for name in ("thought", "thinking", "reasoning", "seed:think")),
        ("[THINK]plan[/THINK]Hi.", "plan", "Hi."),
        ("◁think▷plan◁/think▷Hi.", "plan", "Hi."),
        ("<|begin_of_thought|>plan<|end_of_thought|>Hi.", "plan", "Hi."),
        ("<think>a</thinking>b</think>c", "a</thinking>b", "c"),
        ('<think lang="en">plan</think>Hi.', "plan", "Hi."),
        ("<THINK >plan</THINK>Hi.", "plan", "Hi."),
        ("<|START_THINKING|>plan<|END_THINKING|>Hi.", "plan", "Hi."),
        ("<|channel>thought\nplan<channel|>Hi.", "plan", "Hi."),
        *(
            (f"{begin}<|channel|>{channel}<|message|>plan{end}<|channel|>final<|message|>Hi.", "plan", "Hi.")
            for begin, channel in (("", "analysis"), ("", "commentary"), ("<|start|>assistant", "analysis"))
            for end in ("<|end|><|start|>assistant", "<|start|>assistant", "")
        ),
        ("<|channel|>final<|message|>Hi.", "", "Hi."),
    ],
)
def test_thoughts_at_the_beginning_are_no_answer(text: str, thoughts: str, answer: str) -> None:
    assert split(text) == (thoughts, answer)
    assert collected(text) == (thoughts, answer)


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("Okay, the user says hi.\n</think>\n\nHello there!", "Okay, the user says hi.", "Hello there!"),
        ("I should answer.</think>Hello", "I should answer.", "Hello"),
        ("a\n```\ncode\n```\n</think>\n\nb", "a\n```\ncode\n```", "b"),
        ("</think>\n\nHello", "", "Hello"),
        ("plan</think><think>more</think>Hello", "plan\n\nmore", "Hello"),
        ("first</think>\n\nThe tag </think> ends it.", "first", "The tag </think> ends it."),
    ],
)
def test_a_closing_tag_alone_makes_thoughts_of_what_is_above(text: str, thoughts: str, answer: str) -> None:
    assert split(text) == (thoughts, answer)
    assert collected(text) == (thoughts, answer)


@pytest.mark.parametrize(
    "text",
    [
        "What is `<think>` for? The tag <think> opens and </think> closes it.\n\n```xml\n<think>x</think>\n```",
        "Sure.\n<think>later</think>\nDone.",
        "Close it by `</think>`.",
        'The closing tag is "</think>".',
        "The tag </think> closes it.",
        "```\na\n</think>\nb\n```\n",
        "~~~xml\n<a>\n</think>\n",
        "```xml\n<think>draft</think>\n```",
        "`<think>` is a tag.",
        "<thinker>no</thinker>",
        "<thin",
        " \n ",
        "1 < 2",
    ],
)
def test_tags_later_or_in_code_are_text(text: str) -> None:
    assert split(text) == ("", text)
    assert collected(text) == ("", text)


@pytest.mark.parametrize("end", ["</think>", "</think>\n\n", "\n</reasoning>\n"])
def test_a_closing_tag_at_the_very_end_takes_no_answer_away(end: str) -> None:
    assert split(f"The answer is 42.{end}")[0] == ""
    assert collected(f"The answer is 42.{end}")[1].strip() == "The answer is 42."


def test_half_a_tag_behind_thoughts_is_an_answer() -> None:
    assert collected("plan</think>\n\n<thi") == ("plan", "<thi")


def test_a_tag_with_endless_attributes_is_text() -> None:
    text = f"<think {'a' * 1_000}>x"
    assert collected(text) == ("", text)


def test_what_goes_on_from_text_cannot_turn_out_to_be_thoughts() -> None:
    assert collected([" and on.\n</think>\n\nMore"], "It began") == ("", " and on.\n</think>\n\nMore")
    assert collected(["<think>hm</think> and on"], "It began") == ("hm", "and on")
    assert collected(["<think>x</think>"], "```xml\n") == ("", "<think>x</think>")


def test_where_thoughts_come_by_themselves_text_is_none() -> None:
    writer = Thoughts()
    writer.note_reasoning()
    assert [*writer.feed("Text.\n</think>\nMore"), *writer.close()] == [(Kind.ANSWER, "Text.\n</think>\nMore")]


TOKENS = st.sampled_from(
    [
        "<think>",
        "</think>",
        "<thinking>",
        "</THINKING>",
        "[think]",
        "<",
        "/",
        "think",
        ">",
        "`",
        "```\n",
        "\n",
        " ",
        "a",
        "“",
    ]
)
TEXTS = st.lists(TOKENS, max_size=14).map("".join)


@given(TEXTS, st.lists(st.integers(0, 80), max_size=12), st.sampled_from(["", "before ", "```\n"]))
@example("<think>` </think>a", [8, 9], "")
@example(" " * LONGEST_SPACE + "<think>a</think>", [LONGEST_SPACE], "")
def test_however_a_text_is_cut_the_same_comes_out(text: str, cuts: list[int], before: str) -> None:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[begin:end] for begin, end in pairwise(places)]
    assert collected(pieces, before) == collected([text], before)
    if not before:
        assert collected(pieces) == split(text)


@given(TEXTS)
def test_nothing_is_lost_but_tags_and_space(text: str) -> None:
    def bare(some: str) -> str:
        return "".join(some.split()).lower()

    thoughts, answer = split(text)
    assert bare(answer) in bare(text)
    assert all(bare(line) in bare(text) for line in thoughts.splitlines())


@pytest.mark.parametrize("shape", ["<think>{}", "{}</think>", " {}", "<think>x{}", "a\n{}"])
@pytest.mark.parametrize("unit", [" ", "<", "</think", "`</think>", "\n```", "<think", "x "])
def test_the_time_grows_with_the_text(shape: str, unit: str) -> None:
    def collect(count: int) -> None:
        text = shape.format(unit * count)
        collected([text[place : place + 50] for place in range(0, len(text), 50)])

    assert is_linear(collect, 10_000)


@pytest.mark.parametrize("unit", ["<think>", "<think></think>", "<think>x</think>", "</think>", "[think] [/think] "])
def test_the_time_of_tags_in_one_piece_grows_with_the_text(unit: str) -> None:
    assert is_linear(lambda count: collected([unit * count]), 20_000)


def test_behind_a_thousand_tags_all_is_the_answer() -> None:
    thoughts, said = split("<think>a</think>" * MAX_TAGS + "<think>b</think>Yes.")
    assert thoughts.count("a") == MAX_TAGS
    assert said == "<think>b</think>Yes."

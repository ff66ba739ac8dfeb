"""A text that comes at once is rendered in steps, and becomes what it would have been."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rendering.samples import DOCUMENT
from webapp.rendering import paced
from webapp.rendering.paced import PacedStream
from webapp.rendering.stream import BlockStream


def all_of(stream: BlockStream | PacedStream) -> tuple[str, str]:
    return "".join(block.html for block in stream.blocks()), stream.tail.html


def stepped(stream: PacedStream) -> int:
    """Steps until all is shown; how many that took."""
    steps = 0
    while stream.is_behind:
        stream.step()
        steps += 1
    return steps


def test_nothing_is_shown_before_the_first_step() -> None:
    stream = PacedStream("One.\n\nTwo")
    assert (stream.blocks(), stream.tail.html, stream.reached, stream.is_behind) == ([], "", 0, True)
    stream.step()
    assert all_of(stream) == all_of(BlockStream("One.\n\nTwo"))
    assert (stream.reached, stream.is_behind) == (9, False)


def test_what_comes_in_small_pieces_is_shown_with_the_next_step() -> None:
    stream = PacedStream()
    for number in range(10):
        stream.append(f"Line {number}\n\n")
    stream.step()
    assert not stream.is_behind
    assert stream.reached == 80


def test_a_long_text_takes_several_steps_and_one_full_of_marks_more() -> None:
    prose = stepped(PacedStream("Words. " * 3_000))
    marks = stepped(PacedStream("$x$ and " * 3_000))
    assert 5 < prose < 15
    assert marks > 4 * prose


def test_the_end_is_settled_by_the_last_step() -> None:
    stream = PacedStream("Words. " * 1_000 + "*emphasis")
    stream.finish()
    stepped(stream)
    assert stream.tail.html == ""
    assert stream.is_boundary(stream.reached)


@pytest.mark.parametrize("step", [1, 40, 2_500])
@pytest.mark.parametrize("text", [DOCUMENT, DOCUMENT * 3, "```py\nx = 1\n" * 200])
def test_steps_make_what_the_whole_makes(text: str, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paced, "STEP", step)
    monkeypatch.setattr(paced, "SHORTEST", 1)
    stream, whole = PacedStream(text), BlockStream(text)
    stepped(stream)
    assert all_of(stream) == all_of(whole)
    stream.finish()
    whole.finish()
    stepped(stream)
    assert all_of(stream) == all_of(whole)


@given(st.lists(st.text("ab \n*`$[", max_size=400), max_size=8))
def test_no_character_is_lost_or_doubled(pieces: list[str]) -> None:
    stream, whole = PacedStream(), BlockStream("".join(pieces))
    for piece in pieces:
        stream.append(piece)
        stream.step()
    stepped(stream)
    assert stream.reached == sum(map(len, pieces))
    assert all_of(stream) == all_of(whole)

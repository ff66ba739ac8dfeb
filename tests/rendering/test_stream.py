"""A growing text: settled blocks stay, however it is cut; together they show what the whole shows."""

import random
import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.rendering.reading import tidy, words
from tests.rendering.samples import DOCUMENT, FOOTNOTES, any_markdown, independent
from webapp.rendering.markdown import render
from webapp.rendering.stream import Block, BlockStream, OpenCode, Prose

PROPERTY = settings(deadline=None, max_examples=300, derandomize=True)


def grown(text: str, cuts: list[int] | None = None) -> BlockStream:
    """A stream to which ``text`` came in pieces, with somebody looking after each of them."""
    stream = BlockStream()
    for start, end in pairwise([0, *sorted(cut for cut in cuts or [] if cut <= len(text)), len(text)]):
        stream.append(text[start:end])
        assert stream.blocks() is not None
        assert stream.tail.html is not None
    return stream


def finished(text: str) -> str:
    stream = BlockStream(text)
    stream.finish()
    return "".join(block.html for block in stream.blocks())


def code(text: str) -> OpenCode:
    tail = BlockStream(text).tail
    assert isinstance(tail, OpenCode)
    return tail


cuts = st.lists(st.integers(0, 120), max_size=8)


@PROPERTY
@given(any_markdown, cuts)
@example(DOCUMENT + FOOTNOTES, [7, 99, 100, 800])
def test_any_cutting_comes_to_the_same(text: str, cuts: list[int]) -> None:
    cut, whole = grown(text, cuts), BlockStream(text)
    assert cut.blocks() == whole.blocks()
    assert cut.tail == whole.tail
    cut.finish()
    whole.finish()
    assert cut.blocks() == whole.blocks()


@PROPERTY
@given(any_markdown, st.integers(0, 120))
@example(DOCUMENT + FOOTNOTES, 500)
@example("- # h\n[a]:\n/url\n\nb\n", 11)
@example("* * *\n\n?>\n", 7)
def test_what_is_settled_stays(text: str, cut: int) -> None:
    early, late = BlockStream(text[:cut]).blocks(), BlockStream(text).blocks()
    assert late[: len(early)] == early


@PROPERTY
@given(any_markdown)
def test_settled_blocks_follow_each_other_to_the_end(text: str) -> None:
    stream = BlockStream(text)
    stream.finish()
    ends = [block.end for block in stream.blocks()]
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([len(text)] if text else [])
    assert stream.tail == Prose("")


@PROPERTY
@given(independent)
@example(DOCUMENT)
@example("- a\n\n<div>\n\n- b\n- c\n")
@example("para\n2. y\n  |---|\n")
@example("<!-- a\n\n# b -->\n# c")
@example("# a\n\ufeffb")
@example("- a\n\n- b\n\n<b>\n\nc")
def test_the_blocks_show_what_the_whole_shows(text: str) -> None:
    assert words(finished(text)) == words(render(text))
    assert tidy(finished(text)) == tidy(render(text))


def test_a_document_in_blocks_is_the_document() -> None:
    joined = re.sub(r'</([uo]l)>\s*<\1(?: start="\d+")? class="continued">\s*', "", finished(DOCUMENT))
    assert joined.split() == render(DOCUMENT).split()


@PROPERTY
@given(any_markdown)
@example(DOCUMENT)
def test_code_only_grows(text: str) -> None:
    stream, before = BlockStream(), OpenCode(-1, "", "", "")
    for character in text:
        stream.append(character)
        if isinstance(stream.tail, OpenCode):
            if stream.tail.start == before.start:
                assert stream.tail.code.startswith(before.code)
            before = stream.tail


def test_a_reader_gets_what_is_behind_his_offset() -> None:
    stream = BlockStream("# a\n\nb\n\n- c\n- d\n")
    first, second, third = stream.blocks()
    assert [first.end, second.end, third.end] == [4, 7, 12]
    assert stream.blocks(first.end) == [second, third]
    assert stream.blocks(third.end) == stream.blocks(999) == []


def test_only_ends_of_blocks_are_boundaries() -> None:
    stream = BlockStream("# a\n# b\n")
    assert [offset for offset in range(-1, 10) if stream.is_boundary(offset)] == [0, 4, 8]


def test_the_tail_is_rendered_once_until_something_comes() -> None:
    stream = BlockStream("a")
    tail = stream.tail
    assert stream.tail is tail
    stream.append("b")
    assert stream.tail == Prose("<p>ab</p>\n")


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("# a\n", "# a\n"),
        ("# a", ""),
        ("a\n\n", "a\n"),
        ("a\n", ""),
        ("a\n# b\n", "a\n# b\n"),
        ("a\n```\n", "a\n"),
        ("```\na\n```\n", "```\na\n```\n"),
        ("```\na\n```", ""),
        ("***\n", "***\n"),
        ("a\n---\n", "a\n---\n"),
        ("> a\n\n", "> a\n"),
        ("> a\n", ""),
        ("|a|\n|-|\n|b|\n\n", "|a|\n|-|\n|b|\n"),
        ("|a|\n|-|\n|b|\n", ""),
        ("- a\n\n", ""),
        ("- a\n- b\n", "- a\n"),
        ("- a\n  - b\n", ""),
        ("- a\n\nb\n", "- a\n\n"),
        ("- ```\n  a\n\n  b\n", ""),
        ("    a\n\n", ""),
        ("    a\n\nb\n", "    a\n\n"),
        ("<pre>\n\n# a\n", ""),
        ("[a]:\n\n", "[a]:\n"),
        ("[^1]: a\n\n", ""),
        ("[^1]: a\n\n    b\n\nc\n", "[^1]: a\n\n    b\n\n"),
    ],
)
def test_a_block_is_settled_when_no_line_can_change_it(text: str, settled: str) -> None:
    blocks = BlockStream(text).blocks()
    assert text[: blocks[-1].end if blocks else 0] == settled


def test_a_long_list_is_settled_item_by_item() -> None:
    stream = BlockStream("7. a\n1. b\n1. c\n")
    assert stream.blocks() == [
        Block(5, '<ol start="7">\n<li>a</li>\n</ol>\n'),
        Block(10, '<ol start="8" class="continued">\n<li>b</li>\n</ol>\n'),
    ]
    assert stream.tail == Prose('<ol start="9" class="continued">\n<li>c</li>\n</ol>\n')


def test_items_of_a_list_of_paragraphs_are_paragraphs() -> None:
    stream = BlockStream("- a\n\n- b\n- c")
    assert [block.html for block in stream.blocks()] == ["<ul>\n<li>\n<p>a</p>\n</li>\n</ul>\n"]
    stream.append("\n")
    assert stream.blocks()[1].html == '<ul class="continued">\n<li>\n<p>b</p>\n</li>\n</ul>\n'
    assert stream.tail == Prose('<ul class="continued">\n<li>\n<p>c</p>\n</li>\n</ul>\n')


def test_open_code_is_told_as_text() -> None:
    tail = code("a\n\n```python\nx < 1\n")
    assert tail.start == len("a\n\n```python\n")
    assert tail.code == "x < 1\n"
    assert tail.html == render("```python\nx < 1\n")


@pytest.mark.parametrize("ending", ["`", "``", "```", "```  ", " ", "  ``", "\r", "```\r"])
def test_half_a_closing_line_is_not_code(ending: str) -> None:
    assert code(f"```\na\n{ending}").code == "a\n"


@pytest.mark.parametrize("ending", ["b`", "`b", "~~~", "    b"])
def test_what_cannot_close_is_code(ending: str) -> None:
    assert code(f"```\na\n{ending}").code == f"a\n{ending}"


def test_half_a_line_end_is_not_code() -> None:
    assert code("```\na\r").code == "a"


def test_the_indent_of_a_fence_is_taken_from_its_code() -> None:
    assert code("  ```\n  a\n   b\nc\n").code == "a\n b\nc\n"


def test_closed_code_is_settled_as_the_reader_has_seen_it() -> None:
    tail, stream = code("~~~js\na\n\nb"), BlockStream("~~~js\na\n\nb\n~~~\n")
    assert stream.blocks() == [Block(len("~~~js\na\n\nb\n~~~\n"), tail.html.replace("b<", "b\n<"))]
    assert stream.tail == Prose("")


def test_code_inside_of_a_list_is_prose() -> None:
    assert isinstance(BlockStream("- ```\n  a\n").tail, Prose)


def test_code_behind_raw_html_is_prose_with_it() -> None:
    assert BlockStream("<!-- x -->\n```\na").tail == Prose(render("<!-- x -->\n```\na"))


def test_a_link_defined_before_is_a_link() -> None:
    assert 'href="http://b.example"' in finished("[a]: http://b.example\n\nc\n\nd [a]\n\n")


def test_code_defines_no_links() -> None:
    assert "<a " not in finished("```\n[a]: http://b.example\n```\n\n[a]\n\n")


def test_a_reference_to_a_footnote_is_shown_before_its_text_has_come() -> None:
    stream = BlockStream("a[^2] b[^x]\n\n[^2]: c *d*\n\ne\n")
    assert [block.html for block in stream.blocks()] == [
        '<p>a<sup class="footnote-ref">2</sup> b[^x]</p>\n',
        '<section class="footnotes">\n<ol start="2">\n<li>\n<p>c <em>d</em> </p>\n</li>\n</ol>\n</section>\n',
    ]


def test_a_carriage_return_may_be_half_of_a_line_end() -> None:
    stream = BlockStream("# a\r")
    assert stream.blocks() == []
    stream.append("\nb")
    assert [block.end for block in stream.blocks()] == [len("# a\r\n")]


def test_tokens_of_a_long_answer_come_to_its_text() -> None:
    text = DOCUMENT * 10
    stream, cursor, shown, pace = BlockStream(), 0, "", random.Random(1)
    position = 0
    while position < len(text):
        step = pace.randint(1, 40)
        stream.append(text[position : position + step])
        position += step
        for block in stream.blocks(cursor):
            shown, cursor = shown + block.html, block.end
    assert words(shown + stream.tail.html) == words(render(text))

"""A growing text: settled blocks stay, however it is cut; together they show what the whole shows."""

import html
import random
import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.rendering.reading import tidy, words
from tests.rendering.samples import DOCUMENT, FOOTNOTES, any_markdown, independent
from webapp.rendering import stream as stream_module
from webapp.rendering.growing import OpenBlock
from webapp.rendering.markdown import render
from webapp.rendering.stream import LONGEST_SHOWN, Block, BlockStream, Prose, Tail

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


def open_code(text: str) -> OpenBlock:
    tail = BlockStream(text).tail
    assert isinstance(tail, OpenBlock)
    assert tail.element == "code"
    return tail


def code(text: str) -> str:
    return html.unescape(open_code(text).inside())


def seen(tail: Tail) -> tuple[str, int]:
    """What two tails have in common if they show the same."""
    return tail.html, tail.start if isinstance(tail, OpenBlock) else -1


cuts = st.lists(st.integers(0, 120), max_size=8)


@PROPERTY
@given(any_markdown, cuts)
@example(DOCUMENT + FOOTNOTES, [7, 99, 100, 800])
def test_any_cutting_comes_to_the_same(text: str, cuts: list[int]) -> None:
    cut, whole = grown(text, cuts), BlockStream(text)
    assert cut.blocks() == whole.blocks()
    assert seen(cut.tail) == seen(whole.tail)
    cut.finish()
    whole.finish()
    assert cut.blocks() == whole.blocks()


@PROPERTY
@given(any_markdown, cuts)
@example(DOCUMENT + FOOTNOTES, [7, 99, 100, 800])
def test_any_cutting_of_a_long_end_comes_to_the_same(text: str, cuts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_module, "WINDOWS", (*range(32, 2_000, 7), 3_000))
        cut, whole = grown(text, cuts), BlockStream(text)
        assert cut.blocks() == whole.blocks()
        assert seen(cut.tail) == seen(whole.tail)


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
    joined = re.sub(r'</([uo]l)>\s*<\1(?: start="\d+")? class="continued" dir="auto">\s*', "", finished(DOCUMENT))
    assert joined.split() == render(DOCUMENT).split()


@PROPERTY
@given(any_markdown)
@example(DOCUMENT)
def test_code_and_tables_only_grow(text: str) -> None:
    stream, start, before = BlockStream(), -1, ""
    for character in text:
        stream.append(character)
        tail = stream.tail
        if isinstance(tail, OpenBlock):
            assert tail.start != start or tail.inside().startswith(before)
            start, before = tail.start, tail.inside()


_ROWS = [
    *(
        "| a | *b* |",
        "|",
        "x",
        "x | `a|b` | \\| | c",
        "| [l] | $x$ |",
        "||",
        "| a[^1]",
        "| a@b.c |",
        "  | a",
        "|---|---|",
    ),
    *("> q", "- i", "# h", "```", "$$ y |", "\\[", "---", "===", "1. a", "    code", "", "<div>", "[l]: http://x.y"),
]
tables = st.lists(
    st.tuples(st.sampled_from(_ROWS), st.sampled_from(["\n", "\n", "\r\n"])).map("".join), max_size=8
).map("".join)


@PROPERTY
@given(st.sampled_from(["", "[l]: http://b.example\n\n", "words\n"]), tables, cuts)
def test_a_growing_table_is_what_the_whole_shows(above: str, rows: str, cuts: list[int]) -> None:
    text = f"{above}| a | b | c |\n|:--|--:|---|\n{rows}"
    cut, whole = grown(text, cuts), BlockStream(text)
    assert cut.blocks() == whole.blocks()
    assert seen(cut.tail) == seen(whole.tail)
    tail = whole.tail
    whole.finish()
    if isinstance(tail, OpenBlock) and tail.element == "tbody":
        assert tidy(tail.html).replace("<tbody></tbody>", "") == tidy(whole.blocks()[-1].html)


def test_a_table_shows_its_complete_rows() -> None:
    stream = BlockStream("| a |\n|---|\n| **b** |\n| c")
    tail = stream.tail
    assert isinstance(tail, OpenBlock)
    assert tail.inside() == "<tr>\n<td><strong>b</strong></td>\n</tr>\n"
    stream.append(" |\n\n")
    assert stream.tail == Prose("")
    assert stream.blocks()[0].html == render("| a |\n|---|\n| **b** |\n| c |\n")


@pytest.mark.parametrize("line", ["words\n", "> quote\n", "- item\n  more\n", f"| a |\n|---|\n| {'b' * 60} |\n"])
def test_a_block_of_any_length_is_settled_when_it_ends(line: str) -> None:
    last = line.splitlines(keepends=True)[-1]
    text = line + last * (150_000 // len(last)) + "\n" + "words\n\n" * 2_000
    whole, cut = BlockStream(text), BlockStream()
    for at in range(0, len(text), 9_999):
        cut.append(text[at : at + 9_999])
        cut.blocks()
    assert cut.blocks() == whole.blocks()
    assert whole.blocks()[-1].html == "<p>words</p>\n"


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
        Block(5, '<ol start="7" dir="auto">\n<li>a</li>\n</ol>\n'),
        Block(10, '<ol start="8" class="continued" dir="auto">\n<li>b</li>\n</ol>\n'),
    ]
    assert stream.tail == Prose('<ol start="9" class="continued" dir="auto">\n<li>c</li>\n</ol>\n')


def test_items_of_a_list_of_paragraphs_are_paragraphs() -> None:
    stream = BlockStream("- a\n\n- b\n- c")
    assert [block.html for block in stream.blocks()] == ['<ul dir="auto">\n<li>\n<p>a</p>\n</li>\n</ul>\n']
    stream.append("\n")
    assert stream.blocks()[1].html == '<ul class="continued" dir="auto">\n<li>\n<p>b</p>\n</li>\n</ul>\n'
    assert stream.tail == Prose('<ul class="continued" dir="auto">\n<li>\n<p>c</p>\n</li>\n</ul>\n')


def test_open_code_is_told_as_text() -> None:
    tail = open_code("a\n\n```python\nx < 1\n")
    assert tail.start == len("a\n\n```python\n")
    assert tail.inside() == "x &lt; 1\n"
    assert tail.html == render("```python\nx < 1\n").replace('<span class="n">1</span>', "1")


def test_code_gets_its_colours_when_it_is_closed() -> None:
    text = "```python\nx = 1\n```\n"
    [block] = BlockStream(text).blocks()
    assert block.html == render(text)
    assert '<span class="n">1</span>' in block.html
    assert 'class="n"' not in open_code(text[:-4]).html


def test_code_in_a_growing_list_is_plain() -> None:
    stream = BlockStream("- ```js\n  1\n  ```\n")
    assert 'class="n"' not in stream.tail.html
    stream.finish()
    assert 'class="n"' in stream.blocks()[0].html


@pytest.mark.parametrize("ending", ["`", "``", "```", "```  ", " ", "  ``", "\r", "```\r"])
def test_half_a_closing_line_is_not_code(ending: str) -> None:
    assert code(f"```\na\n{ending}") == "a\n"


@pytest.mark.parametrize("ending", ["b`", "`b", "~~~", "    b"])
def test_what_cannot_close_is_code(ending: str) -> None:
    assert code(f"```\na\n{ending}") == f"a\n{ending}"


def test_half_a_line_end_is_not_code() -> None:
    assert code("```\na\r") == "a"


def test_the_indent_of_a_fence_is_taken_from_its_code() -> None:
    assert code("  ```\n  a\n   b\nc\n") == "a\n b\nc\n"


def test_closed_code_is_settled_as_the_reader_has_seen_it() -> None:
    tail, stream = open_code("~~~js\na\n\nb"), BlockStream("~~~js\na\n\nb\n~~~\n")
    assert stream.blocks() == [Block(len("~~~js\na\n\nb\n~~~\n"), tail.html.replace("b<", "b\n<"))]
    assert stream.tail == Prose("")


def test_code_inside_of_a_list_is_prose() -> None:
    assert isinstance(BlockStream("- ```\n  a\n").tail, Prose)


def test_code_behind_raw_html_is_prose_with_it() -> None:
    assert BlockStream("<!-- x -->\n```\na").tail == Prose(render("<!-- x -->\n```\na"))


@pytest.mark.parametrize("line", ["words and `code` ", "- a\n  - b\n", "> q\n", "- $x$\n  $$\n  y\n  $$\n"])
def test_a_very_long_end_is_rendered_more_rarely_and_settled_whole(line: str) -> None:
    first, step = (line[:-1], "\n") if line[-1] == "\n" else (line, "")
    text = first + step + (line.splitlines(keepends=True)[-1] * 6_000)[:40_000]
    stream, tails = BlockStream(), 0
    last = stream.tail
    for at in range(0, len(text), 40):
        stream.append(text[at : at + 40])
        tails, last = tails + (stream.tail is not last), stream.tail
    assert tails < 300
    stream.finish()
    assert stream.blocks()[-1].end == len(text)


def test_of_an_endless_paragraph_the_beginning_is_shown_until_it_ends() -> None:
    stream = BlockStream("word " * (LONGEST_SHOWN // 4))
    tail = stream.tail
    stream.append("word " * 100_000)
    assert stream.tail is tail
    assert isinstance(tail, Prose)
    assert len(tail.html) <= LONGEST_SHOWN + 100
    stream.finish()
    assert "".join(block.html for block in stream.blocks()).count("word") == LONGEST_SHOWN // 4 + 100_000


@pytest.mark.parametrize("piece", ["*|\n", "\\[\n", "> - > 1. a\n", "|\n\\("])
def test_a_long_end_of_marks_is_shown_and_no_more_looked_through(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    whole, cut = grown(text), grown(text, list(range(0, len(text), 999)))
    assert cut.blocks() == whole.blocks()
    assert (seen(cut.tail), seen(whole.tail)) == (seen(whole.tail), seen(cut.tail))
    whole.append("\n\nThe end.")
    whole.finish()
    assert "The end." in whole.blocks()[-1].html


def test_a_link_defined_before_is_a_link() -> None:
    assert 'href="http://b.example"' in finished("[a]: http://b.example\n\nc\n\nd [a]\n\n")


def test_code_defines_no_links() -> None:
    assert "<a " not in finished("```\n[a]: http://b.example\n```\n\n[a]\n\n")


def test_a_reference_to_a_footnote_is_shown_before_its_text_has_come() -> None:
    stream = BlockStream("a[^2] b[^x]\n\n[^2]: c *d*\n\ne\n")
    notes = '<section class="footnotes">\n<ol start="2" dir="auto">\n'
    assert [block.html for block in stream.blocks()] == [
        '<p>a<sup class="footnote-ref">2</sup> b[^x]</p>\n',
        f"{notes}<li>\n<p>c <em>d</em> </p>\n</li>\n</ol>\n</section>\n",
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

"""Twice the text takes twice the time, in each step of rendering that looks at it again by itself."""

from collections.abc import Callable

import pytest

from tests.fakes.doubling import is_linear
from webapp.rendering.formulas import fenced, lines_of, marked
from webapp.rendering.markup import Headings, shape
from webapp.rendering.masks import masked
from webapp.rendering.tags import let_through
from webapp.rendering.tex import prepared, without_unknown


def grows_evenly(step: Callable[[str], object], piece: str, around: str = "{}", length: int = 20_000) -> bool:
    """Whether ``step`` takes no more than twice the time, and half of that again, for twice as many pieces."""

    return is_linear(lambda size: step(around.replace("{}", piece * (size // len(piece)))), length)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "\\text{",
            "\\text{a}",
            "\\text{$",
            "\\text{\\(",
            "\\text",
            "\\text   ",
            "\\mbox{",
            "}",
            "{",
            "$",
            "\\)",
            "_#",
        ),
        *("\\begin{split}", "\\begin{", "\\begin{alignat}{2}", "\\label{", "\\label{a}", "\\require{", "\\tag", "\\"),
    ],
)
def test_tex_is_prepared_in_time(piece: str) -> None:
    assert grows_evenly(prepared, piece, "\\text{a} {}")


@pytest.mark.parametrize("piece", ["\\foo", "\\foo{", "\\", "\\fo", "\\foox"])
def test_unknown_commands_are_replaced_in_time(piece: str) -> None:
    assert grows_evenly(lambda tex: without_unknown(tex, 'Unknown command "\\foo"'), piece)


@pytest.mark.parametrize(
    "piece",
    [
        *("\\[\n", "\\[\n\n", "\\[\na\n\n", "$$\n\n", "$$\n\na\n", "$$\n\nb", "\\begin{align}\n\n", "\\begin{align}"),
        *(
            "> \\[\n>\n",
            "- \\[\n\n",
            "  $$\n\n",
            "\\[\n\n\\]\n",
            "$$\na\n\n$$ x\n",
            "\n\n",
            "\\[",
            "\\]",
            "$$",
            "> ",
            "- ",
        ),
    ],
)
def test_formulas_with_gaps_are_found_in_time(piece: str) -> None:
    assert grows_evenly(lambda text: fenced(lines_of(text)), piece, "\\[\n\na\n{}")
    assert grows_evenly(marked, piece, "$$\n{}", 10_000)


@pytest.mark.parametrize(
    "piece",
    [
        *("&lt;sub&gt;", "&lt;/sub&gt;", "&lt;sub&gt;&lt;/sub&gt;", "&lt;sub&gt;<em>", "</em>&lt;/sub&gt;", "&lt;br"),
        *(
            "&lt;br&gt;",
            "&lt;BR /&gt;<br />",
            "<em>",
            "</em>",
            "<code>&lt;u&gt;</code>",
            "<code>",
            "&lt;",
            "&lt;u&gt;<code>",
        ),
        *("<p>\n&lt;", "<p>\n&lt;div&gt;\n", '<p class="raw-html">', "<br>", "<p>&lt;u&gt;</p>"),
    ],
)
def test_tags_are_let_through_in_time(piece: str) -> None:
    assert grows_evenly(let_through, piece, "<p>&lt;u&gt;x&lt;/u&gt;{}</p>")


@pytest.mark.parametrize(
    "piece",
    [
        "<br>\n",
        "\n<br",
        "> <br>\n",
        "- <br/>",
        "www.",
        "中www.",
        "http://中",
        "中www.a ",
        "**",
        "**a:**b",
        "**`",
        "**a`",
        "`**`",
        "*",
        "**a",
        "##",
        "##a\n",
        "> ",
    ],
)
def test_breaks_and_addresses_are_masked_in_time(piece: str) -> None:
    assert grows_evenly(masked, piece, "中 http://a <br>\n{}")


@pytest.mark.parametrize("piece", ["<code>", "א", "<code>א</code>", '<p class="markdown-alert-title">\n'])
def test_directions_are_written_in_time(piece: str) -> None:
    assert grows_evenly(lambda html: shape(html, None, Headings()), piece, "א {}")

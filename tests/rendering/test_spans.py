"""Code binds before formulas, and neither is divided by the cells of a table."""

import html as entities
import re

import pytest

from tests.fakes.doubling import is_linear
from tests.rendering.reading import tags
from webapp.rendering.markdown import render
from webapp.rendering.spans import hidden
from webapp.rendering.stream import BlockStream
from webapp.rendering.unfinished import complete_tail


def codes(html: str) -> list[str]:
    return [entities.unescape(code) for code in re.findall(r"<code>(.*?)</code>", html)]


def formulas(html: str) -> list[str]:
    return [tag.attributes["alttext"] for tag in tags(html) if tag.name == "math"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("It costs $10, code `$x$` here.", ["$x$"]),
        ("Or $1,000 (`$ sudo apt`) and `$ ls`.", ["$ sudo apt", "$ ls"]),
        ("From $5 to $10 in `$USD`.", ["$USD"]),
        ("Set `$HOME`, then `$PATH`; it is $5.", ["$HOME", "$PATH"]),
        ("For \\( use `\\(x\\)`, for \\[ use `\\[x\\]`.", ["\\(x\\)", "\\[x\\]"]),
        ("`` a ` $x `` costs $5 and `b`", ["a ` $x", "b"]),
        ("It's \\`$5 and `$x$`", ["$x$"]),
        ("`a\\` costs $5 or `$b`", ["a\\", "$b"]),
        ("- costs $5\n- `$x$`\n- or $6", ["$x$"]),
        ("> $5 `$a` $6", ["$a"]),
        ("## $5 `$a` $6", ["$a"]),
    ],
)
def test_code_binds_before_formulas(text: str, code: list[str]) -> None:
    assert codes(render(text)) == code
    assert formulas(render(text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("costs $10 and $x$ is", ["x"]),
        ("`$a` and $b$ and `$c` and $d$", ["b", "d"]),
        ("$5 and $10, so $x = 5$.", ["x = 5"]),
        ("`a` \\(x\\) `\\)` \\(y\\)", ["x", "y"]),
        ("```sh\necho $x\n```\nThen $y$ and\n```sh\n$z$\n```", ["y"]),
        ("1. ```sh\n   $a\n   ```\n2. so $y$", ["y"]),
        ("> ```\n> $a\n\nso $y$", ["y"]),
    ],
)
def test_formulas_beside_code_and_prices_are_formulas(text: str, found: list[str]) -> None:
    assert formulas(render(text)) == found


def cells(text: str) -> list[str]:
    """The cells of a table, formulas as their source."""
    html = re.sub(r'(?s)<math[^>]*alttext="([^"]*)".*?</math>', r"[\1]", render(text))
    return [entities.unescape(re.sub(r"</?code>", "`", cell)) for cell in re.findall(r"<t[dh]>(.*?)</t[dh]>", html)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("| `Array<A>|undefined` | text | $P(A|B)$ |", ["`Array<A>|undefined`", "text", "[P(A|B)]"]),
        ("| `a \\| b` | $P(A\\|B)$ | \\(P(A \\mid B)\\) |", ["`a | b`", "[P(A|B)]", "[P(A \\mid B)]"]),
        ("| \\(|x|\\) | $|x|$ | $\\|x\\|$ |", ["[|x|]", "[|x|]", "[|x|]"]),
        ("`a || b` | ``c`|d`` | e", ["`a || b`", "`c`|d`", "e"]),
        ("| $5 | $6 | `$7|` |", ["$5", "$6", "`$7|`"]),
        ("|$5|$6|$7|", ["$5", "$6", "$7"]),
        ("| $HOME | $PATH | $USER |", ["$HOME", "$PATH", "$USER"]),
        ("|$HOME|$PATH|$USER|", ["$HOME", "$PATH", "$USER"]),
        ("| 5$ | 6$ | 7$ |", ["5$", "6$", "7$"]),
        ("|$|€|$|", ["$", "€", "$"]),
        ("| a ` b | c | d |", ["a ` b", "c", "d"]),
    ],
)
def test_pipes_in_code_and_formulas_divide_no_cells(row: str, expected: list[str]) -> None:
    table = f"| a | b | c |\n|---|---|---|\n{row}\n"
    assert cells(table)[3:] == expected
    stream = BlockStream()
    for character in table:
        stream.append(character)
    assert "<table" in stream.tail.html
    stream.finish()
    assert [block.html for block in stream.blocks()] == [render(table)]


def test_pipes_in_the_head_of_a_table_divide_no_cells() -> None:
    assert cells("| `a|b` | c |\n|---|---|\n| 1 | 2 |") == ["`a|b`", "c", "1", "2"]
    assert complete_tail("| `a|b` | c |\n") == "| `a|b` | c |\n|---|---|\n"


@pytest.mark.parametrize(
    "piece",
    ["`", "$", "`$", "$`", "``$` ", "\\", "\\`", "\\(", "\\(|", "$$", "$x$", "$a|", "`a|` ", "\\text{", "\\text{$",
     "- ```\n", "> `", "- a\n", "~~~\n", "```\n", "$\\$", "| `a|b` ", "|--", "\n- "],
)  # fmt: skip
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    def hide(length: int) -> None:
        text = f"$ | ` {piece * (length // len(piece))}"
        assert len(hidden(text)) == len(text)

    assert is_linear(hide, 20_000)

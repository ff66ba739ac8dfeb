"""Colours for code: the text stays the same, what matters has a class, and no text takes long."""

import html
import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendering.samples import DOCUMENT
from webapp.rendering.highlight import MAX_CODE, highlight
from webapp.rendering.languages import names
from webapp.rendering.languages.grammar import CLASSES, Grammar

PROPERTY = settings(deadline=None, max_examples=300, derandomize=True)

COLOURED = [name for name in names.NAMES if (known := names.find(name)) and known.grammar]

# What opens something, what looks like half of something, and what expressions that backtrack are slow on.
# fmt: off
PIECES = [
    '"', "'", "`", '"""', "'''", "\\", "\\\\", "/", "//", "/*", "/*a", "=/", "=/[", "#", "#{", "${", "$(", "%(", "%{",
    "{{", "{%", "{", "}", "(", ")", "(*", "[", "[[", "]", "<", "</", "<a", "<a=", "<!--", "<?", "<%", "<script>",
    "<style>", "&a", "@", "@a", "!", "?", "~", "-", "--", "--[[", "=", ":", ".", "a", "a.", "a(", "a:", "A", "0",
    "0x", "1.", "_", "$", "k:", "-\\\\", ">>>", "---", "```", "~~~", "**a", "*a", "![a", "[a](", "qw(", "=~",
    "=begin", "\t", "\n", " ", "\\ ", " a", "a\n", "\n ", "$ ", "# ", "- ", "> ", "k: ", ' "', "a = ", "~ m/", "\xa0",
    "\x00",
]
# fmt: on


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def classes_of(language: str, code: str) -> dict[str, str]:
    """The parts that have a colour, each with its class."""
    spans = re.findall(r'<span class="(\w)">([^<]*)</span>', highlight(language, code))
    return {html.unescape(text): name for name, text in spans}


@PROPERTY
@given(st.sampled_from(COLOURED), st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60))
def test_the_text_stays_the_same(language: str, code: str) -> None:
    shown = highlight(language, code)
    assert text_of(shown) == code
    assert set(re.findall(r"<[^>]*>", shown)) <= {"</span>", *(f'<span class="{name}">' for name in CLASSES)}


@pytest.mark.parametrize("language", COLOURED)
def test_a_document_stays_the_same(language: str) -> None:
    assert text_of(highlight(language, DOCUMENT)) == DOCUMENT


def grammars() -> Iterator[Grammar]:
    """All of them, once, those inside of others as well."""
    waiting = [known.grammar for name in COLOURED if (known := names.find(name)) and known.grammar]
    seen: set[int] = set()
    while waiting:
        grammar = waiting.pop()
        if id(grammar) not in seen:
            seen.add(id(grammar))
            waiting += grammar.inner.values()
            yield grammar


def seconds(grammar: Grammar, text: str) -> float:
    began = time.process_time()
    assert "".join(part for _, part in grammar.parts(text)) == text
    return time.process_time() - began


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Eight times the text may take 24 times as long here; where an expression looks back it would be 64 times."""
    for grammar in grammars():
        assert any(is_steady(grammar, piece) for _ in range(3)), grammar.pattern.pattern[:80]


def is_steady(grammar: Grammar, piece: str) -> bool:
    short, long = (seconds(grammar, piece * (length // len(piece))) for length in (500, 4_000))
    return long < 24 * short + 0.03


@pytest.mark.parametrize("code", ["x" * (MAX_CODE + 1), "if x:\n" * MAX_CODE])
def test_a_long_block_is_plain(code: str) -> None:
    assert highlight("python", code) == code


@pytest.mark.parametrize("language", ["", "brainfuck", "text", "mermaid", "<script>"])
def test_other_languages_are_plain(language: str) -> None:
    assert highlight(language, "if a < b: return 1") == "if a &lt; b: return 1"


def test_names_are_found_in_whatever_case() -> None:
    assert highlight("Python", "if") == highlight("PYTHON3", "if") == '<span class="k">if</span>'


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        (
            "python",
            "@cache\ndef f(x: int) -> str:  # why",
            {"@cache": "a", "def": "k", "f": "f", "int": "t", "# why": "c"},
        ),
        ("js", "const a = `b ${c}` ; c = /x+/g;", {"const": "k", "${c}": "e", "/x+/g": "e", "`b ": "s"}),
        ("ts", "interface A { b: string }", {"interface": "k", "A": "t", "string": "t"}),
        ("jsx", "return <Box size={2} />", {"return": "k", "<Box": "k", "size": "a", "2": "n"}),
        ("json", '{"a": [1, true, "b"]}', {'"a"': "a", "1": "n", "true": "n", '"b"': "s"}),
        ("yaml", "a: yes # b\nc: 'd'\n", {"a": "a", "yes": "n", "# b": "c", "'d'": "s"}),
        ("toml", "[a]\nb = 1\n", {"[a]": "h", "b": "a", "1": "n"}),
        ("bash", 'for f in *; do echo "$f"; done # x', {"for": "k", "echo": "f", "# x": "c"}),
        ("console", "me@host:~$ ls -l\nfor\n", {"me@host:~$ ": "c", "ls": "f", "-l": "a"}),
        ("html", '<a href="x">&amp;</a>', {"<a": "k", "href": "a", '"x"': "s", "&amp;": "e"}),
        ("html", "<script>let a</script>", {"<script>": "k", "let": "k", "</script>": "k"}),
        ("css", ".a { color: #fff; width: 2px }", {".a": "t", "color": "a", "#fff": "n", "2px": "n"}),
        ("sql", "SELECT count(*) FROM a -- b", {"SELECT": "k", "count": "f", "FROM": "k", "-- b": "c"}),
        ("java", "public class A { void f() {} }", {"public": "k", "A": "t", "void": "t", "f": "f"}),
        ("c", "#include <a.h>\nint main(void)", {"#include": "a", "<a.h>": "s", "int": "t", "main": "f"}),
        ("rust", "fn f<'a>(x: &'a str) { g!() }", {"fn": "k", "'a": "v", "str": "t", "g!": "f"}),
        ("go", "func f() error { return nil }", {"func": "k", "error": "t", "nil": "n"}),
        ("ruby", "def a?(b) = :c", {"def": "k", "a?": "f", ":c": "n"}),
        ("php", "<?php echo $a;", {"<?php": "a", "echo": "k", "$a": "v"}),
        ("haskell", "f :: Int -> a -- b", {"::": "e", "Int": "t", "-- b": "c"}),
        ("clojure", "(defn f [x] :a)", {"defn": "k", ":a": "n"}),
        ("dockerfile", "FROM a AS b\nRUN apt-get x", {"FROM": "k", "AS": "k", "apt-get": "f"}),
        ("makefile", "a: b\n\techo $(C)\n", {"a": "f", "$(C)": "v"}),
        ("diff", "@@ x\n-a\n+b\n c\n", {"@@ x": "a", "-a": "d", "+b": "i"}),
        ("latex", "\\begin{a} % b", {"\\begin": "k", "a": "t", "% b": "c"}),
        ("asm", "main:\n  mov eax, 1 ; x", {"main": "f", "eax": "v", "1": "n", "; x": "c"}),
        ("pycon", ">>> if 1\nif\n", {">>>": "c", "if": "k", "1": "n"}),
    ],
)
def test_what_matters_has_a_class(language: str, code: str, expected: dict[str, str]) -> None:
    found = classes_of(language, code)
    assert {part: found.get(part) for part in expected} == expected


def test_what_is_never_closed_runs_to_its_end_and_no_further() -> None:
    assert classes_of("js", "let a = 'b\nlet c")["let"] == "k"
    assert list(classes_of("js", "/* a\nlet b").values()) == ["c"]

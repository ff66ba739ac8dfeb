"""Addresses in plain text become links, and the text stays the same."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.doubling import is_linear
from webapp.rendering.addresses import LONGEST
from webapp.rendering.links import MOST, linked

PLAIN = re.compile(r"<[^>]*>")


def links(text: str) -> list[str]:
    """The addresses that the text leads to."""
    return [html.unescape(found) for found in re.findall(r'href="([^"]*)"', linked(text))]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("see HTTP://EXAMPLE.com.", "HTTP://EXAMPLE.com"),
        ("(https://example.com/a)", "https://example.com/a"),
        ("https://en.wikipedia.org/wiki/A_(b)", "https://en.wikipedia.org/wiki/A_(b)"),
        ("<https://example.com/>", "https://example.com/"),
        ('"https://example.com/"', "https://example.com/"),
        ("**https://example.com/**", "https://example.com/"),
        ("is it https://example.com/?!", "https://example.com/"),
        ("https://example.com/guide，详见", "https://example.com/guide"),
        ("https://example.com。", "https://example.com"),
        ("见https://example.com/docs（中文说明）", "https://example.com/docs"),
        ("https://ja.wikipedia.org/wiki/サクラ", "https://ja.wikipedia.org/wiki/サクラ"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        ("http://localhost:8000/a&b", "http://localhost:8000/a&b"),
        ("one\nhttps://example.com/\ntwo", "https://example.com/"),
    ],
)
def test_an_address_is_a_link(text: str, address: str) -> None:
    assert links(text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com",
        "xhttps://example.com",
        "https://",
        "https://.",
        "https:// example.com",
        "https://evil.example\\@example.com".replace("evil.example", ""),
        "https://www.example.com@evil.example/",
        "https://example.com/" + "a" * LONGEST,
        "example.com",
    ],
)
def test_anything_else_is_text(text: str) -> None:
    assert links(text) == []


def test_a_text_has_so_many_links_and_no_more() -> None:
    text = "https://example.com/ " * (MOST + 5)
    assert len(links(text)) == MOST
    assert html.unescape(PLAIN.sub("", linked(text))) == text


@pytest.mark.parametrize("end", [")" * 1_900, "]." * 900, "?!" * 900])
def test_no_end_however_long_is_part_of_an_address(end: str) -> None:
    assert links(f"https://example.com/a{end} and on") == ["https://example.com/a"]


def test_what_is_typed_stays_text_around_a_link() -> None:
    assert linked("<b>&'\" https://example.com/?a=1&b=<i>") == (
        "&lt;b&gt;&amp;&#x27;&quot; "
        '<a href="https://example.com/?a=1&amp;b=" target="_blank" rel="noopener nofollow">https://example.com/?a=1&amp;b=</a>'
        "&lt;i&gt;"
    )


@given(st.text(st.sampled_from("https:/.ab()<>&\"'@\\ \n。,!"), max_size=200) | st.text())
def test_the_text_is_never_changed_and_nothing_but_links_is_made(text: str) -> None:
    made = linked(text)
    assert html.unescape(PLAIN.sub("", made)) == html.unescape(html.escape(text))
    assert set(re.findall(r"<(\S+)", made)) <= {"a", "/a>"}


@pytest.mark.parametrize(
    "shape", ["https://a.b/", "https://a.b/)", "https://", ")", "https://a.b/)))))) ", "h", "((https://a.b/"]
)
def test_the_time_grows_with_the_text(shape: str) -> None:
    assert is_linear(lambda size: linked(("https://a.b/" + shape * size)[:size]), 200_000)

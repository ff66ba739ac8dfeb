"""Addresses: which may be followed, and to which host. A browser reads the same ones in tests/browser."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fakes.hostile_addresses import ADDRESSES, OTHER_SCHEMES
from tests.rendering.reading import tags
from webapp.rendering.addresses import LONGEST, host_of, is_mail_address, is_web_address, safe_link
from webapp.rendering.links import linked
from webapp.rendering.markdown import render
from webapp.rendering.safety import sanitize

HOST = re.compile(r"\[[0-9a-f:]+\]|[a-z0-9._-]+")
PIECES = st.sampled_from(
    ["https:", "http://", "//", "\\", "@", ":", "80", "%40", "evil.example", "\u202e", "\t", "[", "]"]
)
JOINED = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org", "example.org"),
        ("HTTPS://www.Example.ORG:8443/a?b=c@d#e", "www.example.org"),
        ("http://localhost:8000", "localhost"),
        ("http://192.168.0.1/a", "192.168.0.1"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("https://exa_mple.org./", "exa_mple.org."),
        ("https://münchen.example/ä", "xn--mnchen-3ya.example"),
        ("https://m%C3%BCnchen.example/", "xn--mnchen-3ya.example"),
        ("https://例え.テスト/", "xn--r8jz45g.xn--zckzah"),
        ("https://gооgle.com/", "xn--ggle-55da.com"),  # two letters of it are Cyrillic
        ("https://example.org/?q=a:b@c|d", "example.org"),
    ],
)
def test_the_host_is_what_is_looked_up(url: str, host: str) -> None:
    assert host_of(url) == host
    assert safe_link(url) == url


@pytest.mark.parametrize("url", OTHER_SCHEMES)
def test_another_scheme_is_no_address(url: str) -> None:
    assert not is_web_address(url)
    assert not is_mail_address(url)


def test_what_is_too_long_is_no_link_of_a_source() -> None:
    assert safe_link("https://example.org/".ljust(LONGEST, "a"))
    assert not safe_link("https://example.org/".ljust(LONGEST + 1, "a"))


@given(st.sampled_from(ADDRESSES) | JOINED)
@example("https://evil.example\\@www.google.com/")
def test_a_host_is_plain_or_there_is_none(url: str) -> None:
    host = host_of(url)
    assert not host or HOST.fullmatch(host)
    if host:
        assert re.match(r"https?://", url, re.IGNORECASE | re.ASCII)
        assert not re.search(r"[\\\s\x00-\x20\x7f\u202a-\u202e\u2066-\u2069]", url)
        assert "@" not in re.split(r"[/?#]", url.partition("://")[2])[0]


def hrefs(markup: str) -> list[str]:
    return [tag.attributes["href"] for tag in tags(markup) if "href" in tag.attributes]


@given(st.sampled_from(ADDRESSES) | JOINED)
def test_no_page_leads_elsewhere_than_to_the_web_or_to_mail(url: str) -> None:
    written = html.escape(url)
    pages = [
        linked(f"a {url} b"),
        *(
            render(text, anchor="m-")
            for text in (url, f"[a](<{url}>)", f"![a]({url})", f"[a][b]\n\n[b]: {url}", f"<{url}>")
        ),
        sanitize(f'<a href="{written}">a</a>'),
    ]
    for page in pages:
        for href in hrefs(page):
            assert is_web_address(href) or is_mail_address(href) or href.startswith("#m-fn")

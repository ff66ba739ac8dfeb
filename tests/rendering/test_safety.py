"""Whatever a model says, only harmless HTML comes out: held against a list of its own, not the renderer's."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.rendering.reading import tags
from tests.rendering.samples import DOCUMENT, FOOTNOTES, any_markdown
from webapp.rendering import markup
from webapp.rendering.markdown import render, to_html
from webapp.rendering.markup import Headings
from webapp.rendering.safety import sanitize
from webapp.rendering.stream import BlockStream

PROPERTY = settings(deadline=None, max_examples=300, derandomize=True)

TAGS = re.compile(
    "a|blockquote|br|button|code|del|div|em|h[3-6]|hr|input|kbd|li|mark|ol|p|pre|s|section|span|strong|sub|sup|table|tbody|td|th|thead|tr|u|ul"
    "|math|mfrac|mi|mn|mo|mover|mrow|mspace|msqrt|mroot|msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover|menclose"
)
VALUES = {
    "href": r"(?i:https?://|mailto:)[^\s]+|#m-fn(ref)?-[^\s]+",
    "id": r"m-fn(ref)?-[^\s]+",
    "title": r"(?s:.*)",
    "rel": r"noopener nofollow",
    "target": r"_blank",
    "class": r"[a-z_-]+( markdown-alert-[a-z]+)?|language-[A-Za-z0-9+#._-]{1,40}",
    "data-language": r"[A-Za-z0-9+#._-]{1,40}",
    "tabindex": r"0",
    "role": r"group",
    "aria-label": r"Table|Formula|Done|Not done|Back to reference [\d-]+",
    "start": r"\d+",
    "dir": r"auto",
    "align": r"left|center|right",
    "type": r"checkbox|button",
    "aria-pressed": r"false",
    "checked": r"",
    "disabled": r"",
    "display": r"block",
    "alttext": r"(?s:.*)",
    "displaystyle": r"true|false",
    "form": r"prefix|infix|postfix",
    "scriptlevel": r"\d",
    "stretchy": r"true|false",
    "mathvariant": r"normal",
    "mathcolor": r"#[0-9A-F]{6}",
    "notation": r"box|(up|down)diagonalstrike",
    **dict.fromkeys(("accent", "accentunder", "symmetric", "movablelimits", "largeop", "fence"), r"true|false"),
    **dict.fromkeys(("lspace", "rspace", "minsize", "maxsize", "width", "height", "linethickness"), r"-?[\d.]+(em)?"),
}


def assert_harmless(html: str) -> None:
    for tag in tags(html):
        assert TAGS.fullmatch(tag.name), tag
        for name, value in tag.attributes.items():
            assert re.fullmatch(VALUES[name], value), (name, value)


TRAPS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    '<div hx-get="/x" hx-trigger="load">',
    '<a data-hx-get="/x" style="color:red" id="composer">',
    '<meta http-equiv="refresh" content="0;url=http://x">',
    "<iframe srcdoc='<script>x</script>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<?xml ><img src=x onerror=alert(1)>?>",
    "<style>@import 'http://x'</style>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "[a](javascript:alert(1))",
    "[a](JaVa\tScRiPt:alert(1))",
    "[a](&#x6A;avascript&colon;alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](//evil.example)",
    "[a](http://x \"' onmouseover=alert(1) x='\")",
    "[a](http://x'\"onmouseover=alert(1))",
    "![a](x' onerror='alert(1))",
    '![" onerror="alert(1)](http://x/y)',
    "[![a](http://x/y)](javascript:alert(1))",
    "[a]\n\n[a]: javascript:alert(1)",
    "[a][b]\n\n[b]: <data:text/html,x>",
    "<javascript:alert(1)>",
    "<http://a.example/\"onclick='x'>",
    '```" onclick="x\ncode\n```',
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    '[^"><script>]\n\n[^"><script>]: a',
    "[^composer]\n\n[^composer]: a",
    "| <script> | a |\n|---|---|\n| <img src=x onerror=alert(1)> | <br onload=x> |",
    '> [!NOTE] <img src=x onerror=alert(1)>\n> "',
    "- [x] <input autofocus onfocus=alert(1)>",
    "# <h1 onclick=x>\n\n<h1 onclick=x>",
    "[[a](http://b)](http://c)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href='x'\n\nonclick=y>",
    "\u202e<script>\u2066",
    "$\\text{<img src=x onerror=alert(1)>}$",
    "\\(\\href{javascript:alert(1)}{x}\\) $\\url{javascript:x}$",
    '\\[\n\\text{"><script>alert(1)</script>}\n\\]\n',
    "$$\n</annotation><style>x</style>\n= a\n$$\n",
    '$\\text{</mtext></math><script>}\\label{a" onclick=x}$',
    "```math\n\\text{<mglyph><style>}\n```\n",
]
hostile = st.lists(st.one_of(st.sampled_from(TRAPS), any_markdown), max_size=5).map("".join)


@PROPERTY
@given(hostile)
@example("".join(TRAPS))
@example("\n\n".join(TRAPS))
def test_only_harmless_html_comes_out(text: str) -> None:
    assert_harmless(render(text, anchor="m-"))


@PROPERTY
@given(hostile)
@example("\n\n".join(TRAPS))
def test_only_harmless_html_comes_out_while_the_text_grows(text: str) -> None:
    stream = BlockStream()
    for piece in re.findall(r"(?s).{1,9}", text):
        stream.append(piece)
        assert_harmless(stream.tail.html)
    stream.finish()
    assert_harmless("".join(block.html for block in stream.blocks()))


@pytest.mark.parametrize("trap", TRAPS)
def test_the_sanitiser_alone_is_enough(trap: str) -> None:
    assert_harmless(
        sanitize(trap + '<a href="javascript:x" onclick="y" id="z">a</a><div style="x" class="evil">b</div>')
    )


def test_the_sanitiser_takes_nothing_from_an_honest_text() -> None:
    before = markup.shape(to_html(DOCUMENT + FOOTNOTES), "m-", Headings())
    after = sanitize(before)
    assert [tag for tag in tags(after) if tag.name != "a"] == [tag for tag in tags(before) if tag.name != "a"]
    assert [{**tag.attributes, "rel": ""} for tag in tags(after)] == [
        {**tag.attributes, "rel": ""} for tag in tags(before)
    ]


@PROPERTY
@given(hostile)
def test_what_is_sanitised_stays_as_it_is(text: str) -> None:
    html = render(text, anchor="m-")
    assert sanitize(html) == html

"""Markdown as models write it becomes the HTML of our pages."""

import re
from urllib.parse import unquote

import pytest

from tests.fakes.doubling import is_linear
from tests.rendering.reading import Tag, tags, words
from webapp.rendering.markdown import render
from webapp.rendering.masks import masked


def html(text: str) -> str:
    return render(text).strip()


def only(name: str, text: str) -> Tag:
    [tag] = [tag for tag in tags(render(text)) if tag.name == name]
    return tag


def test_headings_begin_below_those_of_the_page() -> None:
    assert html("# a\n## b\n### c") == "<h3>a</h3>\n<h4>b</h4>\n<h5>c</h5>"


def test_no_level_of_headings_is_left_out() -> None:
    assert re.findall(r"<h(\d)>", html("## a\n\n#### b\n\n### c\n\n# d\n\n###### e\n\n## f\n")) == list("344344")


def test_an_empty_cell_in_the_head_of_a_table_heads_nothing() -> None:
    assert "<tr>\n<td></td>\n<th>a</th>\n</tr>" in html("| | a |\n|---|---|\n| x | y |")


def test_a_table_scrolls_in_its_own_box() -> None:
    box, table, *_ = tags(render("| a |\n|---|\n| b |"))
    assert box == Tag(
        "div", {"class": "table-scroll", "tabindex": "0", "role": "group", "aria-label": "Table", "dir": "auto"}
    )
    assert table == Tag("table", {})


def test_cells_keep_their_alignment() -> None:
    assert only("th", "| a |\n|--:|").attributes == {"align": "right"}


def test_a_br_breaks_a_line() -> None:
    assert "<td>a<br>b<code>&lt;br&gt;</code></td>" in render("|x|\n|-|\n|a<br>b`<br>`|")
    assert html("a<br>b<br/>c<br />d") == "<p>a<br>b<br>c<br>d</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("H<sub>2</sub>O, x<sup>2</sup>", "H<sub>2</sub>O, x<sup>2</sup>"),
        ("<kbd>Ctrl</kbd>+<kbd>C</kbd>", "<kbd>Ctrl</kbd>+<kbd>C</kbd>"),
        ("<mark>**m**</mark> <u>u</u> <s>s</s>", "<mark><strong>m</strong></mark> <u>u</u> <s>s</s>"),
        ("**a <u>b</u>**", "<strong>a <u>b</u></strong>"),
        ("`<u>a</u>`", "<code>&lt;u&gt;a&lt;/u&gt;</code>"),
        ("a<br>\nb", "a<br>\nb"),
        ("a <u>b", "a &lt;u&gt;b"),
        ("a</u> b", "a&lt;/u&gt; b"),
        ("*a <u>b* c</u>", "<em>a &lt;u&gt;b</em> c&lt;/u&gt;"),
        ("<u>a <s>b</u> c</s>", "&lt;u&gt;a <s>b&lt;/u&gt; c</s>"),
        ("\\<u>a\\</u> &lt;u&gt;b&lt;/u&gt;", "&lt;u&gt;a&lt;/u&gt; &lt;u&gt;b&lt;/u&gt;"),
        ('<u class="x">a</u>', '&lt;u class="x"&gt;a&lt;/u&gt;'),
        ("<b>a</b> <i>c</i>", "&lt;b&gt;a&lt;/b&gt; &lt;i&gt;c&lt;/i&gt;"),
    ],
)
def test_a_few_tags_without_attributes_are_tags(text: str, expected: str) -> None:
    assert html(text) == f"<p>{expected}</p>"


def test_code_says_its_language_and_offers_what_can_be_done() -> None:
    assert html("```python\na < b\n```") == (
        '<div class="code" data-language="python"><div class="code__bar"><span class="code__language">Python</span>'
        '<button type="button" class="code__wrap" aria-pressed="false">Wrap</button>'
        '<button type="button" class="code__copy">Copy</button></div>'
        '<pre tabindex="0"><code class="language-python">a &lt; b\n</code></pre></div>'
    )


def test_a_language_that_nobody_knows_is_called_as_it_is_written() -> None:
    assert words(render("```Brainfuck\n```")) == "BrainfuckWrapCopy"


def test_a_diagram_can_be_shown_as_one() -> None:
    assert words(render("```Mermaid\ngraph TD\n```")) == "MermaidDiagramWrapCopygraphTD"


def test_code_has_colours() -> None:
    assert '<code class="language-js"><span class="k">let</span> a = <span class="n">1</span>' in render(
        "```js\nlet a = 1\n```"
    )


@pytest.mark.parametrize(
    ("info", "language"),
    [("c++", "c++"), ("C# x y", "C#"), ("{.python}", "python"), ('"><script>', "script"), ("a" * 60, "a" * 40)],
)
def test_a_language_is_made_of_harmless_characters(info: str, language: str) -> None:
    box = tags(render(f"```{info}\n```"))[0]
    assert box.attributes["data-language"] == language


def test_code_without_a_language_has_none() -> None:
    assert html("    a").startswith('<div class="code"><div class="code__bar"><span class="code__language">Code</span>')
    assert html("    a").endswith('<pre tabindex="0"><code>a\n</code></pre></div>')


def test_raw_html_is_shown_as_text_with_its_lines() -> None:
    assert html('<div hx-get="/x">\na\n</div>\n\nb <i>c</i>') == (
        '<p class="raw-html">&lt;div hx-get="/x"&gt;<br>\na<br>\n&lt;/div&gt;</p>\n<p>b &lt;i&gt;c&lt;/i&gt;</p>'
    )


@pytest.mark.parametrize("text", ["- a\n\n  <b>\n  c", "> <b>\n> c", "- <b>\n  c", "# a\n<b>\nc", "|a|\n|-|\n<p>\nc"])
def test_raw_html_inside_of_other_blocks_is_a_paragraph(text: str) -> None:
    assert '<p class="raw-html">' in render(text)


def test_a_link_opens_in_a_new_tab_that_knows_nothing_of_this_one() -> None:
    link = only("a", '[b](https://example.org/?a=1&b=2 "t")')
    assert link.attributes == {
        "href": "https://example.org/?a=1&b=2",
        "title": "t",
        "target": "_blank",
        "rel": "noopener nofollow",
    }


def test_mail_addresses_and_bare_addresses_are_links() -> None:
    found = [tag.attributes["href"] for tag in tags(render("a@b.example, www.c.example and http://d.example"))[1:]]
    assert found == ["mailto:a@b.example", "http://www.c.example", "http://d.example"]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("访问 https://a.example/docs（中文说明）了解更多。", ["https://a.example/docs"]),
        ("见https://a.example/guide，详见", ["https://a.example/guide"]),
        ("https://a.example。", ["https://a.example"]),
        ("https://a.example/docs了解更多，https://b.example看", ["https://a.example/docs", "https://b.example"]),
        ("https://a.example/docs를 보세요", ["https://a.example/docs"]),
        ("「https://a.example/x」と『https://b.example』", ["https://a.example/x", "https://b.example"]),
        ("تفضل https://a.example/a، ثم https://b.example؟", ["https://a.example/a", "https://b.example"]),
        ("“https://a.example/x” — «https://b.example»", ["https://a.example/x", "https://b.example"]),
        ("**https://a.example/x：**说明", ["https://a.example/x"]),
        ("| https://a.example/x，文 |\n|---|", ["https://a.example/x"]),
        ("https://ja.example/wiki/サクラ。", ["https://ja.example/wiki/サクラ"]),
        ("https://例子.测试/文档，见", ["https://例子.测试/文档"]),
        ("https://a.example/Michelson–Morley", ["https://a.example/Michelson–Morley"]),
        ("https://a.example/l’eau", ["https://a.example/l’eau"]),
        ("<https://a.example/文，b>", ["https://a.example/文，b"]),
    ],
)
def test_a_bare_address_ends_before_what_belongs_to_the_sentence(text: str, addresses: list[str]) -> None:
    shown = render(text)
    assert re.findall(r"<a [^>]*>([^<]*)</a>", shown) == addresses
    hrefs = [unquote(tag.attributes["href"]).removeprefix("http://") for tag in tags(shown) if tag.name == "a"]
    assert hrefs == addresses
    assert words(shown) == re.sub(r"[\s*|<>-]", "", text)


@pytest.mark.parametrize(
    "text", ["[a](https://a.example/文，b)", "[a](<https://a.example/文，b>)", "[a]\n\n[a]: https://a.example/文，b"]
)
def test_the_address_of_a_link_is_what_was_written(text: str) -> None:
    assert unquote(only("a", text).attributes["href"]) == "https://a.example/文，b"


def test_an_address_in_code_is_what_was_written() -> None:
    assert html("`https://a.example，b`") == "<p><code>https://a.example，b</code></p>"


@pytest.mark.parametrize(
    "piece", ["https://", "https://a", "www.", "](", "]: ", "<https:", "文", "，", "https://文", "~", "\\"]
)
def test_masks_cost_no_more_than_the_text_is_long(piece: str) -> None:
    assert is_linear(lambda length: masked(f"https://a.example，~{piece * (length // len(piece))}"), 50_000)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java&Tab;script:alert(1)",
        "java&NewLine;script:alert(1)",
        "&#1;javascript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript&colon;alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "blob:https://example.org/1",
        "ms-msdt:x",
        "//evil.example",
        "\\\\evil.example",
        "/conversations",
        "c/1",
        "#fn-1",
        "?a",
        "https:evil.example",
        "http:///evil.example",
        "https://evil.example\\@www.example.org/",
        "https://www.example.org@evil.example/",
        "https://www.example.org%5c@evil.example/",
        "https://:80/",
        "https://0x7f.1/",
        "mailto:",
        "x:http://a.example",
        "",
    ],
)
def test_any_other_address_leaves_only_the_words(address: str) -> None:
    assert html(f"a [b](<{address}>) ![c](<{address}>) d") == "<p>a b c d</p>"


def test_a_link_without_words_shows_where_it_leads() -> None:
    assert words(render("[](https://Example.org:80/a)")) == "example.org"
    assert words(render("[](https://münchen.example/)")) == "xn--mnchen-3ya.example"


def test_a_picture_is_a_link_to_it() -> None:
    picture = only("a", "![a *cat*](https://example.org/cat.png)")
    assert picture.attributes["href"] == "https://example.org/cat.png"
    assert picture.attributes["class"] == "image-link"
    assert words(render("![a *cat*](https://example.org/cat.png) ![](https://example.org/1)")) == "acatexample.org"


def test_no_link_stands_inside_a_link() -> None:
    assert only("a", "[![cat](https://b.example/c.png) <http://c.example>](http://d.example)").attributes["href"] == (
        "http://d.example"
    )
    assert words(render("[![cat](https://b.example/c.png)](http://d.example)")) == "cat"


def test_footnotes_of_two_messages_do_not_meet() -> None:
    found = tags(render("a[^1]\n\n[^1]: b", anchor="m-7-"))
    names = [tag.attributes[name] for tag in found for name in ("id", "href") if name in tag.attributes]
    assert names == ["m-7-fnref-1", "#m-7-fn-1", "m-7-fn-1", "#m-7-fnref-1"]


def test_a_task_is_a_box_with_a_name_that_nobody_can_tick() -> None:
    boxes = [tag.attributes for tag in tags(render("- [ ] a\n- [x] b")) if tag.name == "input"]
    assert boxes == [
        {"type": "checkbox", "disabled": "", "aria-label": "Not done"},
        {"type": "checkbox", "checked": "", "disabled": "", "aria-label": "Done"},
    ]


def test_the_box_of_a_task_stands_in_its_paragraph() -> None:
    assert '<li>\n<p><input type="checkbox" disabled="" aria-label="Not done"> a</p>' in render("- [ ] a\n\n  b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~~a~~", "<p><del>a</del></p>"),
        ("重点**强调。**后", "<p>重点<strong>强调。</strong>后</p>"),
        ("$5 and $6", "<p>$5 and $6</p>"),
        ("3. a\n4. b", '<ol start="3" dir="auto">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("a\r\nb", "<p>a<br>\nb</p>"),
        ("", ""),
    ],
)
def test_what_models_write(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "大约3~5天，价格100~200元",
        "takes ~3~5 minutes",
        "~/a and ~/b",
        "喵呜~♡好呦~",
        "H~2~O",
        "~a~",
        "a `~b~` ~c~",
    ],
)
@pytest.mark.parametrize("around", ["{}", "# {}", "- **{}**", "> {}", "| {} |\n|---|\n| {} |", "{}\n{}"])
def test_one_tilde_is_a_tilde(text: str, around: str) -> None:
    shown = render(around.replace("{}", text))
    assert "<del>" not in shown
    assert text.replace("`", "") in re.sub(r"</?code>", "", shown)


def test_two_tildes_strike_out_and_three_begin_code() -> None:
    assert html("~~3~5~~ \\~~a~~ ~~~b~~~") == "<p><del>3~5</del> ~~a~~ ~~~b~~~</p>"
    assert "<pre" in render("~~~\n~a~\n~~~")
    assert 'href="https://a.example/~b/~c"' in render("https://a.example/~b/~c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Roses are red,\nViolets are blue,", "<p>Roses are red,<br>\nViolets are blue,</p>"),
        ("*Name:* J\n*Age:* 3", "<p><em>Name:</em> J<br>\n<em>Age:</em> 3</p>"),
        ("a  \nb\\\nc", "<p>a<br>\nb<br>\nc</p>"),
        ("- a\n  b\n- c", '<ul dir="auto">\n<li>a<br>\nb</li>\n<li>c</li>\n</ul>'),
        ("> a\n> b", '<blockquote dir="auto">\n<p>a<br>\nb</p>\n</blockquote>'),
        ("*a\nb* [c\nd](http://e.example)", None),
        ("a\nb\n===\nc", "<h3>a\nb</h3>\n<p>c</p>"),
        ("`a\nb`", "<p><code>a b</code></p>"),
        ("a\n\nb\n# c\nd", "<p>a</p>\n<p>b</p>\n<h3>c</h3>\n<p>d</p>"),
        ("    a\n    b", None),
    ],
)
def test_a_new_line_is_a_new_line(text: str, expected: str | None) -> None:
    assert expected is None or html(text) == expected
    assert html(text).count("<br>") == (2 if "[c" in text else (expected or "").count("<br>"))


def test_an_alert_says_its_kind() -> None:
    assert html("> [!WARNING]\n> a").startswith(
        '<div class="markdown-alert markdown-alert-warning" dir="auto">\n<p class="markdown-alert-title">Warning</p>'
    )


def test_what_is_no_character_becomes_a_replacement() -> None:
    assert html("a\x00b\ud800c") == "<p>a\ufffdb\ufffdc</p>"


def test_quotes_in_quotes_have_an_end() -> None:
    assert 0 < render(">" * 10_000 + "a").count("<blockquote") <= 100
    assert 0 < render("> - " * 10_000 + "a").count("<blockquote") <= 100


def test_many_quotes_beside_each_other_stay() -> None:
    assert render("> a\n\n" * 200).count("<blockquote") == 200


@pytest.mark.parametrize(
    "piece", ["[", "*", "**a ", "_", "`", "![", "](", "[a](", "<", "<!--", "~~", "- ", "1. ", "|", "[^1]", "&", "#"]
)
def test_ten_thousand_of_anything_are_rendered(piece: str) -> None:
    assert render(piece * 10_000).startswith("<")


def test_a_line_of_a_megabyte_is_rendered() -> None:
    assert len(render("word " * 200_000)) > 999_000

"""Comrak's HTML in our shape: links and pictures, tables that scroll, code with its language, footnotes, check boxes.

Comrak escapes ``<``, ``>``, ``"`` and ``&`` in text and in attributes, so a pattern for a tag matches tags only.
"""

import html as entities
import re
from typing import Final

from webapp.rendering.safety import host_of, is_mail_address, is_web_address

_TAG = re.compile(
    r"""<(?:
      (?P<close>/?)h(?P<level>[1-6])>
    | a[ ]href="(?P<href>[^"]*)"(?:[ ]title="(?P<title>[^"]*)")?>
    | (?P<end>/a)>
    | img[ ]src="(?P<src>[^"]*)"[ ]alt="(?P<alt>[^"]*)"[^>]*>
    | pre><code(?:[ ]class="language-(?P<language>[^"]*)")?>(?P<code>[^<]*)</code></pre>
    | (?P<table>/?table)>
    | input[ ]type="checkbox"(?P<checked>[ ]checked="")?[^>]*>(?P<loose>[ ]\n<p>)?
    | a[ ]href="\#(?P<target>[^"]*)"(?:[ ]id="(?P<reference>[^"]*)")?(?P<backward>[ ]class="footnote-backref")?
      [ ]data-footnote[^>]*?(?P<label>[ ]aria-label="[^"]*")?>
    | li[ ]id="(?P<note>[^"]*)">
    | (?P<notes>section)[ ]class="footnotes"[^>]*>
    )""",
    re.VERBOSE,
)


def shape(html: str, anchor: str | None) -> str:
    """``html`` as comrak made it, in our shape. Ids start with ``anchor``; None leaves out ids and links to them."""
    if "&lt;" in html:
        html = _break_lines_in_cells(_wrap_raw_html(html))
    return _TAG.sub(_Shaper(anchor), html)


class _Shaper:
    """Rewrites one tag after the other. Knows what the ends of open links become: HTML has no link inside a link."""

    def __init__(self, anchor: str | None) -> None:
        self._anchor = anchor
        self._link_ends: list[str] = []

    def __call__(self, tag: re.Match[str]) -> str:
        match tag.lastgroup:
            case "level":
                return f"<{tag['close']}h{min(int(tag['level']) + 2, 6)}>"  # h1 and h2 are the page's own
            case "href" | "title":
                return self._link(tag)
            case "end":
                return self._link_ends.pop() if self._link_ends else ""
            case "alt":
                return self._picture(tag["src"], tag["alt"])
            case "code":
                return code_block(_language(tag["language"] or ""), tag["code"])
            case "table":
                return _table(tag["table"])
            case "note":
                return f'<li id="{self._anchor}{tag["note"]}">' if self._anchor is not None else "<li>"
            case "notes":
                return '<section class="footnotes">'
            case _:
                return self._footnote(tag) if tag["target"] is not None else _check_box(tag)

    def _link(self, tag: re.Match[str]) -> str:
        url = tag["href"]
        opening = "" if self._link_ends else _anchor(url, title=tag["title"] or "")
        self._link_ends.append("</a>" if opening else "")
        is_empty = tag.string.startswith("</a>", tag.end())
        return opening + (host_of(url) or url if opening and is_empty else "")

    def _picture(self, url: str, alt: str) -> str:
        words = alt or host_of(url) or "image"
        if self._link_ends or not is_web_address(url):
            return words
        return f"{_anchor(url, kind='image-link')}{words}</a>"

    def _footnote(self, tag: re.Match[str]) -> str:
        if self._anchor is None or self._link_ends:
            self._link_ends.append("")
            return ""
        self._link_ends.append("</a>")
        reference = f' id="{self._anchor}{tag["reference"]}"' if tag["reference"] else ""
        return f'<a href="#{self._anchor}{tag["target"]}"{reference}{tag["backward"] or ""}{tag["label"] or ""}>'


def _anchor(url: str, *, title: str = "", kind: str = "") -> str:
    """The opening tag of a link, "" for an address that nobody should follow. All arguments are escaped already.

    Pages open in a new tab: the answer that is being read, or still grows, stays where it is.
    """
    if not is_web_address(url) and not is_mail_address(url):
        return ""
    attributes = [f'href="{url}"']
    if title:
        attributes.append(f'title="{title}"')
    if kind:
        attributes.append(f'class="{kind}"')
    if is_web_address(url):
        attributes.append('target="_blank"')
    return f'<a {" ".join(attributes)} rel="noopener nofollow">'


_NOT_IN_LANGUAGE = re.compile(r"[^A-Za-z0-9+#._-]")


def _language(info: str) -> str:
    return _NOT_IN_LANGUAGE.sub("", entities.unescape(info)).lstrip(".")[:40]


def code_block(language: str, code: str) -> str:
    """A block of code: a box that names the language, and in it the text, escaped already, which scrolls."""
    data, kind = (f' data-language="{language}"', f' class="language-{language}"') if language else ("", "")
    return f'<div class="code"{data}><pre tabindex="0"><code{kind}>{code}</code></pre></div>'


def _table(tag: str) -> str:
    """A group, not a region: a page with many tables would have as many landmarks of the same name."""
    if tag == "table":
        return '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>'
    return "</table></div>"


def _check_box(tag: re.Match[str]) -> str:
    """A box that only shows; in a list of paragraphs it goes into the paragraph that it belongs to."""
    state = ' checked="" disabled="" aria-label="Done"' if tag["checked"] else ' disabled="" aria-label="Not done"'
    box = f'<input type="checkbox"{state}>'
    return f"\n<p>{box} " if tag["loose"] else box


_BLOCK_TAG: Final = r"(?:p|[ou]l|li|blockquote|div|pre|table|section|h[1-6]|hr)"
_RAW_HTML = re.compile(rf"(\A|</?{_BLOCK_TAG}(?:[ ][^>]*)?>\n)([ ]{{0,3}}&lt;[^<]*)")


def _wrap_raw_html(html: str) -> str:
    """Blocks of raw HTML stand in comrak's output as bare text: each becomes a paragraph that keeps its lines."""

    def paragraph(found: re.Match[str]) -> str:
        lines = found[2].rstrip("\n").replace("\n", "<br>\n")
        return f'{found[1]}<p class="raw-html">{lines}</p>\n'

    return _RAW_HTML.sub(paragraph, html)


_CELL_PART = re.compile(r"<(?P<close>/?)td\b[^>]*>|<code>[^<]*</code>|(?P<br>&lt;br ?/?&gt;)")


def _break_lines_in_cells(html: str) -> str:
    """Lets ``<br>`` break a line in a cell of a table, where Markdown has no other way. All other tags stay text."""
    in_cell = False

    def part(found: re.Match[str]) -> str:
        nonlocal in_cell
        if found["close"] is not None:
            in_cell = not found["close"]
        return "<br>" if found["br"] and in_cell else found[0]

    return _CELL_PART.sub(part, html) if "&lt;br" in html else html

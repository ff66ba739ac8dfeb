"""Comrak's HTML in our shape: links and pictures, tables that scroll, code with its language, formulas, footnotes.

Comrak escapes ``<``, ``>``, ``"`` and ``&`` in text and in attributes, so a pattern for a tag matches tags only.
"""

import html as entities
import re
from typing import Final

from webapp.rendering import tags
from webapp.rendering.addresses import host_of, is_mail_address, is_web_address
from webapp.rendering.formulas import DELIMITERS, MARK, unmarked
from webapp.rendering.highlight import highlight
from webapp.rendering.languages import names
from webapp.rendering.maths import to_mathml

_TAG = re.compile(
    rf"""<(?:
      (?P<close>/?)h(?P<level>[1-6])>
    | th(?P<nameless>(?:[ ]align="[a-z]+")?)></th>
    | a[ ]href="(?P<href>[^"]*)"(?:[ ]title="(?P<title>[^"]*)")?>
    | (?P<end>/a)>
    | img[ ]src="(?P<src>[^"]*)"[ ]alt="(?P<alt>[^"]*)"[^>]*>
    | p><span[ ]data-math-style="display">(?P<alone>[^<]*)</span></p>
    | span[ ]data-math-style="(?P<style>inline|display)">(?P<tex>[^<]*)</span>
    | pre><code[ ]class="language-(?P<delimiters>{MARK}[a-z-]+|math)"(?:[ ]data-math-style="display")?>
      (?P<lines>[^<]*)</code></pre>
    | pre><code(?:[ ]class="language-(?P<language>[^"]*)")?>(?P<code>[^<]*)</code></pre>
    | (?P<table>/?table)>
    | (?P<directed>blockquote|[uo]l(?:[ ][^>]*)?|div[ ]class="markdown-alert[^"]*")>
    | input[ ]type="checkbox"(?P<checked>[ ]checked="")?[^>]*>(?P<loose>[ ]\n<p>)?
    | a[ ]href="\#(?P<target>[^"]*)"(?:[ ]id="(?P<reference>[^"]*)")?(?P<backward>[ ]class="footnote-backref")?
      [ ]data-footnote[^>]*?(?P<label>[ ]aria-label="[^"]*")?>
    | li[ ]id="(?P<note>[^"]*)">
    | (?P<notes>section)[ ]class="footnotes"[^>]*>
    )""",
    re.VERBOSE,
)


class Headings:
    """The headings that a text has had so far, by which the next one gets its level on the page."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def copy(self) -> "Headings":
        """The same so far, and then on its own."""
        other = Headings()
        other._open = self._open.copy()
        return other

    def level(self, written: int) -> int:
        """The level for a heading that the text puts at ``written``: none is left out, whatever the text leaves out.

        h1 and h2 are the page's own.
        """
        while self._open and self._open[-1] >= written:
            self._open.pop()
        self._open.append(written)
        return min(2 + len(self._open), 6)


def shape(html: str, anchor: str | None, headings: Headings, *, colours: bool = True) -> str:
    """``html`` as comrak made it, in our shape. Ids start with ``anchor``; None leaves out ids and links to them.

    Without ``colours`` code stays plain, as where it is soon to be rendered again.
    """
    if "&lt;" in html:
        html = tags.let_through(html)
    return _with_directions(unmarked(_TAG.sub(_Shaper(anchor, headings, colours=colours), html)))


_LETTER: Final = "[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]"
_RIGHT_TO_LEFT = re.compile(_LETTER)
_LINE = re.compile(rf"^[^\n]*{_LETTER}[^\n]*", re.MULTILINE)
_ALERT_TITLE: Final = r'<p class="markdown-alert-title"'
_TITLE = re.compile(rf"{_ALERT_TITLE}(?=[^\n]*\n[^\n]*{_LETTER})")


def _with_directions(html: str) -> str:
    """Marks code in right-to-left lines, and the titles of alerts above them.

    Browsers take the direction of a list or box from its first letter. An element with a direction doesn't count.
    """
    if html.isascii() or not _RIGHT_TO_LEFT.search(html):
        return html
    html = _TITLE.sub(f'{_ALERT_TITLE} dir="auto"', html)
    return _LINE.sub(lambda line: line[0].replace("<code>", '<code dir="ltr">'), html)


MAX_MATHML: Final = 1_000_000  # characters of all formulas; those behind are shown as their source


class _Shaper:
    """Rewrites one tag after the other. Knows what the ends of open links become: HTML has no link inside a link."""

    def __init__(self, anchor: str | None, headings: Headings, *, colours: bool) -> None:
        self._anchor = anchor
        self._colours = colours
        self._headings = headings
        self._level = 0
        self._mathml_left = MAX_MATHML
        self._link_ends: list[str] = []

    def __call__(self, tag: re.Match[str]) -> str:
        match tag.lastgroup:
            case "level":
                return self._heading(tag)
            case "nameless":
                return f"<td{tag['nameless']}></td>"
            case "alone":
                return self._display(tag["alone"], "div")
            case "tex":
                return self._inline(tag)
            case "lines":
                return self._fenced(tag["delimiters"], tag["lines"])
            case "href" | "title":
                return self._link(tag)
            case "end":
                return self._link_ends.pop() if self._link_ends else ""
            case "alt":
                return self._picture(tag["src"], tag["alt"])
            case "code":
                return code_block(_language(tag["language"] or ""), tag["code"], colours=self._colours)
            case "directed":
                return f'<{tag["directed"]} dir="auto">'
            case "table":
                return _table(tag["table"])
            case "note":
                return f'<li id="{self._anchor}{tag["note"]}">' if self._anchor is not None else "<li>"
            case "notes":
                return '<section class="footnotes">'
            case _:
                return self._footnote(tag) if tag["target"] is not None else _check_box(tag)

    def _heading(self, tag: re.Match[str]) -> str:
        if not tag["close"]:
            self._level = self._headings.level(int(tag["level"]))
        return f"<{tag['close']}h{self._level}>"

    def _inline(self, tag: re.Match[str]) -> str:
        tex = tag["tex"]
        if tag["style"] == "display":
            return self._display(tex, "span")
        if tex.startswith(MARK):
            return self._mathml(tex) or f"<code>\\({tex}\\)</code>"
        return self._mathml(tex.strip("`")) or f"<code>${tex}$</code>"

    def _display(self, tex: str, element: str) -> str:
        opener, closer = ("\\[", "\\]") if tex.startswith(MARK) else ("$$", "$$")
        source = f"<code>{opener}{tex.strip()}{closer}</code>"
        return self._scrolling(tex, element) or (f"<p>{source}</p>" if element == "div" else source)

    def _fenced(self, delimiters: str, tex: str) -> str:
        opener, closer = DELIMITERS.get(delimiters, ("", ""))
        source = f"{opener}\n{tex}{closer}\n" if opener else tex
        whole = source if opener.startswith("\\begin") else tex
        return self._scrolling(whole, "div") or code_block("latex", source, colours=self._colours)

    def _scrolling(self, tex: str, element: str) -> str:
        mathml = self._mathml(tex, display=True)
        attributes = 'class="math-scroll" tabindex="0" role="group" aria-label="Formula"'
        return f"<{element} {attributes}>{mathml}</{element}>" if mathml else ""

    def _mathml(self, tex: str, *, display: bool = False) -> str:
        """The formula as MathML; "" if it cannot be shown, or there has been too much of it."""
        if self._mathml_left <= 0:
            return ""
        mathml = to_mathml(entities.unescape(tex).replace(MARK, ""), display=display) or ""
        self._mathml_left -= len(mathml) or len(tex)
        return mathml

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


def code_block(language: str, code: str, *, colours: bool) -> str:
    """A block of code: a bar with the language and what can be done, and the text, escaped already, which scrolls.

    The buttons stand in every block, so that nothing moves or goes when a growing one is settled.
    """
    known = names.find(language)
    label = known.label if known else language or "Code"
    data, kind = (f' data-language="{language}"', f' class="language-{language}"') if language else ("", "")
    bar = f'<div class="code__bar"><span class="code__language">{label}</span>{_buttons(language)}</div>'
    shown = highlight(language, entities.unescape(code)) if colours and language else code
    return f'<div class="code"{data}>{bar}<pre tabindex="0"><code{kind}>{shown}</code></pre></div>'


def _buttons(language: str) -> str:
    diagram = '<button type="button" class="code__diagram" aria-pressed="false">Diagram</button>'
    return (
        f"{diagram if language.lower() == 'mermaid' else ''}"
        '<button type="button" class="code__wrap" aria-pressed="false">Wrap</button>'
        '<button type="button" class="code__copy">Copy</button>'
    )


def _table(tag: str) -> str:
    """A group, not a region: a page with many tables would have as many landmarks of the same name."""
    if tag == "table":
        return '<div class="table-scroll" tabindex="0" role="group" aria-label="Table" dir="auto"><table>'
    return "</table></div>"


def _check_box(tag: re.Match[str]) -> str:
    """A box that only shows; in a list of paragraphs it goes into the paragraph that it belongs to."""
    state = ' checked="" disabled="" aria-label="Done"' if tag["checked"] else ' disabled="" aria-label="Not done"'
    box = f'<input type="checkbox"{state}>'
    return f"\n<p>{box} " if tag["loose"] else box

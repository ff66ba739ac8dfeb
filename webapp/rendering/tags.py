"""HTML that a model wrote, as comrak escaped it: a few tags become tags again, all others are shown as text."""

import re
from typing import Final


def let_through(html: str) -> str:
    """Comrak's HTML with plain tags as tags, if they are closed where they were opened, and blocks of HTML in lines.

    What it lets through has no attributes.
    """
    return _with_plain_tags(_wrap_raw_html(html))


_BLOCK_TAG: Final = r"(?:p|[ou]l|li|blockquote|div|pre|table|section|h[1-6]|hr)"
_RAW_HTML = re.compile(rf"(\A|</?{_BLOCK_TAG}(?:[ ][^>]*)?>\n)([ ]{{0,3}}&lt;[^<]*)")


def _wrap_raw_html(html: str) -> str:
    """Blocks of raw HTML stand in comrak's output as bare text: each becomes a paragraph that keeps its lines."""

    def paragraph(found: re.Match[str]) -> str:
        lines = found[2].rstrip("\n").replace("\n", "<br>\n")
        return f'{found[1]}<p class="raw-html">{lines}</p>\n'

    return _RAW_HTML.sub(paragraph, html)


PLAIN_TAGS: Final = "sub|sup|kbd|mark|u|s"
_MAY_BE_TAG = re.compile(rf"&lt;/(?:{PLAIN_TAGS})&gt;|&lt;br", re.IGNORECASE)
_VOID: Final = frozenset({"br", "hr", "img", "input"})
_PART = re.compile(
    rf"""<code[^>]*>[^<]*</code> | <p[ ]class="raw-html">(?:[^<]|<br>)*+
      | <(?P<close>/?)(?P<element>[a-z][a-z0-9]*)[^>]*>
      | &lt;(?P<end>/?)(?P<tag>(?i:{PLAIN_TAGS}))&gt; | (?P<br>&lt;(?i:br)[ ]?/?&gt;(?:<br[ ]/>)?)""",
    re.VERBOSE | re.DOTALL,
)


def _with_plain_tags(html: str) -> str:
    if _MAY_BE_TAG.search(html) is None:
        return html
    pieces: list[str] = []
    open_tags: list[tuple[str, int]] = []  # each with its piece; those of comrak's own have none
    position = 0
    for part in _PART.finditer(html):
        pieces += [html[position : part.start()], "<br>" if part["br"] else part[0]]
        position = part.end()
        if part["tag"]:
            _take_plain_tag(part, pieces, open_tags)
        elif part["element"] and part["element"] not in _VOID:
            _take_element(part, open_tags)
    return "".join([*pieces, html[position:]])


def _take_plain_tag(part: re.Match[str], pieces: list[str], open_tags: list[tuple[str, int]]) -> None:
    name = part["tag"].lower()
    if not part["end"]:
        open_tags.append((name, len(pieces) - 1))
    elif open_tags and open_tags[-1][0] == name and (place := open_tags.pop()[1]) >= 0:
        pieces[place], pieces[-1] = f"<{name}>", f"</{name}>"


def _take_element(part: re.Match[str], open_tags: list[tuple[str, int]]) -> None:
    """What was opened in an element and is not closed at its end stays text."""
    if not part["close"]:
        open_tags.append((part["element"], -1))
        return
    while open_tags and open_tags.pop() != (part["element"], -1):
        pass

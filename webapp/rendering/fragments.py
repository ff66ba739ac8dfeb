"""Parts of a growing text, each rendered once, the way that they will look in the whole.

What a part needs to know of the rest is little: which item of a list comes next, whether that list's items are
paragraphs, and which definitions of links came before. A definition that comes later is missed: the finished text,
rendered as a whole, has it.
"""

import re
from typing import Final

from msgspec import Struct

from webapp.rendering import markdown
from webapp.rendering.markup import Headings
from webapp.rendering.safety import escape, readable
from webapp.rendering.weight import SMALL_PART, is_small


class _List(Struct, frozen=True):
    """A list that goes on with the next part: how its next item begins, its number, whether items are paragraphs."""

    marker: str
    number: int
    is_loose: bool


class Context:
    """What the parts so far mean for the next one."""

    def __init__(self) -> None:
        self._list: _List | None = None
        self._definitions: list[str] = []
        self._headings = Headings()

    def settle(self, source: str, next_marker: str = "") -> str:
        """The HTML of a finished part, which becomes context for those behind it. One that isn't small stays plain.

        ``next_marker`` is how the next part begins if that is the next item of the same list.
        """
        if not is_small(source, SMALL_PART):
            return self.skip(markdown.as_it_is(source))
        source = readable(source)
        html, is_loose = self._render(source, next_marker)
        self._definitions = _more_definitions(self._definitions, source, html)
        number = self._list.number if self._list else _number(html)
        self._list = _List(next_marker, number + 1, is_loose) if next_marker else None
        return markdown.finish(html, None, self._headings)

    def skip(self, html: str) -> str:
        """Takes a finished part as the HTML that it has already."""
        self._list = None
        return html

    def draft(self, source: str) -> str:
        """The HTML of the unfinished part at the end, its code plain: it is rendered again with every frame."""
        if not is_small(source, SMALL_PART):
            return markdown.as_it_is(source)
        return markdown.finish(self._render(source, "")[0], None, self._headings.copy(), colours=False)

    def _render(self, source: str, next_marker: str) -> tuple[str, bool]:
        """Comrak's HTML for a part, and whether it is of a list of paragraphs."""
        was = self._list
        html, is_loose = self._with_next_item(source, next_marker)
        return (_continued(html, was.number) if was else html), is_loose

    def _with_next_item(self, source: str, marker: str) -> tuple[str, bool]:
        """Puts an item behind the part, so that comrak knows what kind of list it renders, and takes it out again."""
        was_loose = self._list is not None and self._list.is_loose
        if was_loose and self._list and source.strip():
            source, marker = source.rstrip("\n") + "\n\n", marker or self._list.marker
        if marker:
            html = self._to_html(f"{source}{marker} {_SENTINEL}")
            found = _SENTINEL_ITEM.search(html)
            if found:
                end = "" if found["alone"] else found["end"]
                return html[: found.start()] + end, was_loose or found["loose"] is not None
        return self._to_html(source), was_loose

    def _to_html(self, source: str) -> str:
        prelude = _prelude(source, self._definitions) if "[" in source else ""
        html = markdown.part_to_html(prelude + source)
        if prelude:
            html = html.partition(_SEPARATED)[2]
            html = html if "<section" in html else html.removesuffix(_NOTES_END)
        return _keep_note_numbers(html) if _NOTES_CLASS in html else html


_SENTINEL: Final = "x"
_SENTINEL_ITEM = re.compile(r"(?P<alone><[uo]l[^>]*>\n)?<li>(?P<loose>\n<p>)?x(?:</p>\n)?</li>\n(?P<end></[uo]l>\n)\Z")
_LIST = re.compile(r'<(?P<kind>[uo]l)(?: start="(?P<number>\d+)")?>')


def _number(html: str) -> int:
    """The number of the first item of the list in ``html``."""
    found = _LIST.search(html)
    return int(found["number"] or 1) if found else 1


def _continued(html: str, number: int) -> str:
    """``html``, which begins with a list, marked as the further course of the list before, from ``number`` on."""
    found = _LIST.match(html)
    if not found:
        return html
    start = f' start="{number}"' if found["kind"] == "ol" else ""
    return f'<{found["kind"]}{start} class="continued">{html[found.end() :]}'


_SEPARATOR: Final = "\n\n***\n\n"
_SEPARATED: Final = "<hr />\n"
_NOTES_END: Final = "</ol>\n</section>\n"
_NOTE = re.compile(r"\[\^(\d{1,3})\](?!:)")
_NOTE_DEFINITION = re.compile(r"^[ >]*\[\^[^\]\s]+\]:", re.MULTILINE)


def _prelude(source: str, definitions: list[str]) -> str:
    """What must stand before ``source`` so that links and footnotes in it find what they refer to.

    A footnote's text comes last as a rule, so a reference to a number is taken at its word.
    """
    notes = [] if _NOTE_DEFINITION.search(source) else sorted(set(_NOTE.findall(source)))
    lines = [*definitions, *(f"[^{number}]: x\n" for number in notes)]
    return "\n".join(lines) + _SEPARATOR if lines else ""


_NOTES_CLASS: Final = 'class="footnote'
_NOTE_LINK = re.compile(r'(<a href="#fn-(\d+)"[^>]*data-footnote-ref>)\d+')
_NOTE_LIST = re.compile(r'(<section class="footnotes"[^>]*>\n<ol)(>\n<li id="fn-(\d{1,9})">)')


def _keep_note_numbers(html: str) -> str:
    """Comrak counts the footnotes of each part from 1; the numbers that the text gives them go through all parts."""
    return _NOTE_LIST.sub(r'\1 start="\3"\2', _NOTE_LINK.sub(r"\1\2", html))


_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*\S[^\n]*$", re.MULTILINE)
_MAX_DEFINITIONS: Final = 2000  # characters of them all: every later part is parsed with them before it


def _more_definitions(known: list[str], source: str, html: str) -> list[str]:
    """``known`` and the definitions of links in ``source``: lines of that form which left no trace in its HTML."""
    if "]:" not in source:
        return known
    found = [line for line in dict.fromkeys(_DEFINITION.findall(source)) if len(line) < _MAX_DEFINITIONS]
    new = [line for line in found if line not in known and escape(line.strip()) not in html and _is_definition(line)]
    more = [*known, *new]
    return more if sum(map(len, more)) <= _MAX_DEFINITIONS else known


def _is_definition(line: str) -> bool:
    return not markdown.part_to_html(line)

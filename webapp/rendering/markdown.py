"""Markdown that a model wrote, to HTML that is safe in a page. The text is hostile: whatever it says, nothing runs.

Raw HTML in it is shown as text. Three steps, each sound alone: comrak escapes all text, ``markup`` gives its tags our
shape, ``safety`` removes what is not on its list.
"""

import re
from typing import Final

import comrak

from webapp.rendering import markup
from webapp.rendering.drawings import framed, spaced
from webapp.rendering.formulas import marked
from webapp.rendering.markup import Headings
from webapp.rendering.masks import masked, unmasked
from webapp.rendering.nested import lengthened
from webapp.rendering.safety import escape, readable, sanitize
from webapp.rendering.spans import hidden
from webapp.rendering.weight import is_heavy

# Part of every stored rendering; a higher number makes the stored ones be rendered again.
RENDERER_VERSION: Final = 4
UNRENDERED: Final = 0  # the version of what is only the text as it is, and is rendered when it's next looked at

_EXTENSIONS: Final = (
    "table",
    "tasklist",
    "strikethrough",
    "autolink",
    "footnotes",
    "alerts",
    "cjk_friendly_emphasis",
    "math_dollars",
    "math_latex",
)


def render(text: str, *, anchor: str = "") -> str:
    """The whole of ``text`` as HTML: a sequence of block elements.

    ``anchor`` goes before every id, so that the footnotes of two messages on a page do not meet; it takes letters,
    digits, hyphens and underscores. Never raises for any text.
    """
    return finish(to_html(text), anchor)


def finish(html: str, anchor: str | None, headings: Headings | None = None, *, colours: bool = True) -> str:
    """What ``to_html`` gave, in our shape and sanitised. Ids start with ``anchor``; there are none if it is None.

    ``headings`` are those before it, and get those in it; without them it begins a text. Without ``colours`` code
    stays plain.
    """
    return sanitize(markup.shape(html, anchor, headings or Headings(), colours=colours))


def _extensions() -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    for name in _EXTENSIONS:
        setattr(options, name, True)
    return options


def _escaping() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.escape = True
    options.unsafe_ = False
    options.hardbreaks = True  # a model that begins a new line means one: verses, addresses, lists without marks
    return options


def _parsing(*, in_place: bool) -> comrak.ParseOptions:
    options = comrak.ParseOptions()
    options.leave_footnote_definitions = in_place
    options.relaxed_autolinks = True  # also of hosts without a dot, and in brackets
    return options


_AS_WRITTEN: Final = _parsing(in_place=False)
_IN_PLACE: Final = _parsing(in_place=True)
_EXTENSION_OPTIONS: Final = _extensions()
_RENDER_OPTIONS: Final = _escaping()


def to_html(text: str) -> str:
    """Comrak's own HTML for ``text``: all text escaped, and not yet fit for a page."""
    if is_heavy(text):
        return as_it_is(text)
    return _rendered(text, _AS_WRITTEN)


def part_to_html(text: str) -> str:
    """The same for a part of a text: the definitions of footnotes stay where they are, also unused ones."""
    if is_heavy(text):
        return as_it_is(text)
    return _rendered(text, _IN_PLACE)


def _rendered(text: str, parsing: comrak.ParseOptions) -> str:
    source = marked(hidden(masked(spaced(lengthened(readable(text))))))
    html = unmasked(comrak.render_markdown(source, _EXTENSION_OPTIONS, parsing, _RENDER_OPTIONS))
    return framed(_HEADING.sub(_in_one_line, html)) if "<br />" in html else html


_HEADING = re.compile(r"<(h[1-6])>.*?</\1>", re.DOTALL)


def _in_one_line(heading: re.Match[str]) -> str:
    """A heading of several lines is one sentence as a rule: it was underlined, its lines were not meant to stand."""
    return heading[0].replace("<br />", "")


MAX_PLAIN: Final = 2_500_000  # characters of HTML: any answer of ordinary words; two million line breaks make twelve


def as_it_is(text: str) -> str:
    """A paragraph with the text as it is, where Markdown would cost too much.

    What would make more HTML than MAX_PLAIN is cut, and a sentence says how much is missing.
    """
    shown, html = text, _plain(text)
    while len(html) > MAX_PLAIN:
        shown = shown[: len(shown) * MAX_PLAIN // len(html)]
        html = _plain(shown)
    return html if len(shown) == len(text) else html + _MISSING.format(len(text) - len(shown))


def _plain(text: str) -> str:
    lines = escape(readable(text).replace("\u00a0", " ")).split("\n")
    return f"<p>{'<br />'.join(lines)}</p>\n"


_MISSING: Final = (
    "<p><em>The last {:,} characters are too much for this page. "
    "To read them, export the conversation as text.</em></p>\n"
)

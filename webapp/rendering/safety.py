"""What HTML a model's answer may become: the sanitiser that has the last word.

``ALLOWED`` is the whole list: elements, their attributes, and for each attribute the values it may have. No element on
it holds anything but tags and text to a parser (no style, script, textarea, noscript, comment), so that what is written
once is read as the same tags wherever it stands, in MathML as in HTML.
"""

import html
import re
from typing import Final

import nh3

from webapp.rendering.addresses import is_mail_address, is_web_address
from webapp.rendering.maths import MATHML

LANGUAGE: Final = r"[A-Za-z0-9+#._-]{1,40}"
_FOOTNOTE_ID: Final = r"[A-Za-z0-9_-]*fn(?:ref)?-[^\s\"'<>]+"
_ALERT: Final = r"markdown-alert(?: markdown-alert-(?:note|tip|important|warning|caution))?"
_BY_ITS_TEXT: Final = {"dir": r"auto"}  # marks, bars and columns are where its language has them
_ALIGNED: Final = {"align": r"left|center|right"}

ALLOWED: Final[dict[str, dict[str, str]]] = {
    "a": {
        "href": rf"(?i:https?://|mailto:).+|#{_FOOTNOTE_ID}",
        "title": r".*",
        "class": r"image-link|footnote-backref",
        "id": _FOOTNOTE_ID,
        "aria-label": r"Back to reference [\d-]+",
        "target": r"_blank",
    },
    "blockquote": _BY_ITS_TEXT,
    "br": {},
    "button": {"type": r"button", "class": r"code__(?:copy|wrap|diagram)", "aria-pressed": r"false"},
    "code": {"class": rf"language-{LANGUAGE}", "dir": r"ltr"},
    "del": {},
    "div": {
        "class": rf"table-scroll|math-scroll|code|code__bar|{_ALERT}",
        "data-language": LANGUAGE,
        "tabindex": r"0",
        "role": r"group",
        "aria-label": r"Table|Formula",
        **_BY_ITS_TEXT,
    },
    "em": {},
    "h3": {},
    "h4": {},
    "h5": {},
    "h6": {},
    "hr": {},
    "kbd": {},
    "mark": {},
    "s": {},
    "sub": {},
    "u": {},
    "input": {"type": r"checkbox", "checked": r"", "disabled": r"", "aria-label": r"Done|Not done"},
    "li": {"id": _FOOTNOTE_ID},
    "ol": {"start": r"\d{1,10}", "class": r"continued", **_BY_ITS_TEXT},
    "p": {"class": r"markdown-alert-title|raw-html|drawing", **_BY_ITS_TEXT},
    "pre": {"tabindex": r"0"},
    "section": {"class": r"footnotes"},
    "span": {
        "class": r"[acdefhiknstv]|code__language|math-scroll",
        "tabindex": r"0",
        "role": r"group",
        "aria-label": r"Formula",
    },
    "strong": {},
    "sup": {"class": r"footnote-ref"},
    "table": {},
    "tbody": {},
    "td": _ALIGNED,
    "th": _ALIGNED,
    "thead": {},
    "tr": {},
    "ul": {"class": r"continued", **_BY_ITS_TEXT},
    **MATHML,
}

_REL: Final = "noopener nofollow"
_VALUES = {
    (element, attribute): re.compile(values, re.DOTALL)
    for element, attributes in {**ALLOWED, "a": {**ALLOWED["a"], "rel": _REL}}.items()
    for attribute, values in attributes.items()
}


def _checked(element: str, attribute: str, value: str) -> str | None:
    pattern = _VALUES.get((element, attribute))
    if pattern is None or not pattern.fullmatch(value):
        return None
    return value if element != "a" or attribute != "href" or _may_be_followed(value) else None


def _may_be_followed(url: str) -> bool:
    return url.startswith("#") or is_web_address(url) or is_mail_address(url)


_CLEANER = nh3.Cleaner(
    tags=set(ALLOWED),
    attributes={element: set(attributes) for element, attributes in ALLOWED.items()},
    attribute_filter=_checked,
    set_tag_attribute_values={"button": {"type": "button"}, "input": {"type": "checkbox", "disabled": ""}},
    url_schemes={"http", "https", "mailto"},
    url_relative="pass_through",  # the only relative addresses that ALLOWED lets through are footnotes'
    link_rel=_REL,
)


def sanitize(markup: str) -> str:
    """``markup`` without any element, attribute or value that is not in ``ALLOWED``; every link gets its ``rel``."""
    return _CLEANER.clean(markup)


_SURROGATES = re.compile("[\ud800-\udfff]")
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef]")  # the renderer's own marks
_MARKERS = re.compile(r"^[ \t>+*\-0-9.)]{200,}", re.MULTILINE)
_QUOTE_DEPTH: Final = 100


def characters(text: str) -> str:
    """``text`` with ``\\n`` for every kind of line end, and U+FFFD for what is no character of a page."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        # A byte order mark counts only at the very beginning of a text, and a part of a text begins elsewhere.
        text = _SURROGATES.sub("\ufffd", text).replace("\ufeff", "\u2060")
        text = _NONCHARACTERS.sub("\ufffd", text)
    return text.replace("\0", "\ufffd")


def readable(text: str) -> str:
    """``characters(text)`` with quotes in quotes cut at a hundred levels; the lines stay the same.

    No reader needs more, and the work of browsers and sanitisers grows with the square of the depth.
    """
    text = characters(text)
    return _MARKERS.sub(_cut_quotes, text) if text.count(">") > _QUOTE_DEPTH else text


def _cut_quotes(markers: re.Match[str]) -> str:
    parts = markers[0].split(">")
    kept, rest = parts[: _QUOTE_DEPTH + 1], parts[_QUOTE_DEPTH + 1 :]
    return "\\>".join([">".join(kept), *rest])


_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def unturned(text: str) -> str:
    """A name or a title without characters that turn the writing: behind one, "gnp.exe" looks like "exe.png".

    Each script keeps its own direction, and the marks that only join or part letters stay.
    """
    return text if text.isascii() else _TURNS.sub("", text)


def escape(text: str) -> str:
    """``text`` as it stands between two tags."""
    return html.escape(text, quote=False)

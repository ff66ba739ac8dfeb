"""What is still open at the end of a Markdown text: in a file with several texts it would swallow the next ones."""

import re
from typing import Final

import comrak

_OPENED: Final = re.compile(r"^[ >\d.)*+-]*(`{3,}|~{3,})", re.MULTILINE)
_CLOSERS: Final = (
    ("<!--", "-->"),
    ("<?", "?>"),
    ("<![cdata[", "]]>"),
    ("<!", ">"),
    ("<pre", "</pre>"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("<textarea", "</textarea>"),
)
_NEXT: Final = "\n\n# next\n"
_HEADING: Final = "<h1>next</h1>\n"


def closing_of(markdown: str) -> str | None:
    """A line that closes what is open at the end of a text; "" if nothing is, None if no one line does.

    By CommonMark, so that every program reads a heading below it as a heading.
    """
    if "```" not in markdown and "~~~" not in markdown and "<" not in markdown:
        return ""
    return next((one for one in ("", *_candidates(markdown)) if _is_closed(markdown, one)), None)


def _candidates(markdown: str) -> list[str]:
    """The last fences that are open may be any of those lengths; of HTML what ends the kinds that are in the text."""
    fences = list(dict.fromkeys(found[1] for found in _OPENED.finditer(markdown)))[-5:]
    small = markdown.lower()
    return fences[::-1] + [closer for opener, closer in _CLOSERS if opener in small]


def _is_closed(markdown: str, closing: str) -> bool:
    """Whether a heading below the text and the closing line is one."""
    html = comrak.render_markdown(f"{markdown}\n\n{closing}{_NEXT}", _EXTENSIONS, _PARSING, _RENDERING)
    return html.endswith(_HEADING)


def _options() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.unsafe_ = True
    return options


_EXTENSIONS: Final = comrak.ExtensionOptions()
_PARSING: Final = comrak.ParseOptions()
_RENDERING: Final = _options()

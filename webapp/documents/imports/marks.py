"""How a conversation names what cannot come with it, and how it shows what comes as a block of its own.

The words read well both in answers, which are Markdown, and in questions, which are plain text.
"""

import mimetypes
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from webapp.documents.document import Document
from webapp.rendering.safety import unturned

Kind = Literal["Image", "File", "Audio", "Video", "Part"]

MAX_NAMED: Final = 200  # characters of a name in a mark

_BACKTICKS: Final = re.compile("`{3,}")
_UNFIT: Final = re.compile(r"[^\w+#.-]+")
_MARK: Final = re.compile(r"^\[(Image|File|Audio|Video|Part) not imported[\]:]|^\[(Tool) (?:used|failed)", re.MULTILINE)
_SHORTENED: Final = re.compile(r"^\[Part not imported: [\d,]{1,20} more characters\]\Z", re.MULTILINE)
_KINDS: Final[Mapping[str, Kind]] = {"image": "Image", "audio": "Audio", "video": "Video"}
_COUNTED: Final = {
    "Image": ("image", "images"),
    "File": ("file", "files"),
    "Audio": ("recording", "recordings"),
    "Video": ("video", "videos"),
    "Part": ("part of another kind", "parts of other kinds"),
    "Tool": ("use of a tool", "uses of tools"),
}
_LANGUAGES: Final = {
    "text/html": "html",
    "text/markdown": "markdown",
    "text/x-python": "python",
    "application/json": "json",
    "application/xml": "xml",
    "application/javascript": "javascript",
    "text/javascript": "javascript",
    "text/css": "css",
    "image/svg+xml": "svg",
    "application/vnd.mermaid": "mermaid",
    "application/vnd.ant.mermaid": "mermaid",
    "application/vnd.react": "jsx",
    "application/vnd.ant.react": "jsx",
}


def kind_of(title: str, media_type: str = "") -> Kind:
    """What a file is, by its media type or else by the ending of its name."""
    kind = media_type or mimetypes.guess_type(line(title))[0] or ""
    return _KINDS.get(kind.partition("/")[0], "File")


def missing(kind: Kind, title: str = "") -> str:
    """The mark in the place of something that cannot come: "[Image not imported: fox.png]"."""
    return f"[{kind} not imported: {line(title)}]" if line(title) else f"[{kind} not imported]"


def shortened(text: str, longest: int) -> str:
    """The beginning of a text that is longer than that, with a mark in the place of the rest."""
    kept = max(0, longest - MAX_NAMED)
    return f"{text[:kept]}\n\n{missing('Part', f'{len(text) - kept:,} more characters')}"[:longest]


def is_shortened(text: str) -> bool:
    return _SHORTENED.search(text, max(0, len(text) - MAX_NAMED)) is not None


def tool(title: str, *, times: int = 1, error: str = "") -> str:
    """The mark in the place of a tool's call and of what it returned: "[Tool used: web_search]".

    With an error it says how the tool failed.
    """
    named = line(title) or "unknown"
    if error:
        return f"[Tool failed: {named}: {line(error)}]"
    return f"[Tool used {times} times: {named}]" if times > 1 else f"[Tool used: {named}]"


def block(title: str, body: str, language: str = "") -> str:
    """An artifact, a canvas or the text of a file: a line that says what it is, and the text between fences."""
    return f"{line(title) or 'Untitled'}\n\n{fenced(body, language)}"


def fenced(body: str, language: str = "") -> str:
    """A block of code whose fence is longer than any in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(body)), default=2)
    fence = "`" * (longest + 1)
    newline = "" if body.endswith("\n") or not body else "\n"
    return f"{fence}{_UNFIT.sub('', language)[:40]}\n{body}{newline}{fence}"


def language_of(media_type: str) -> str:
    """What follows the fence for a media type that artifacts have; "" for text and what is unknown."""
    return _LANGUAGES.get(media_type.partition(";")[0].strip().lower(), "")


def line(title: str) -> str:
    """A name from a file on one line, and not longer than a line."""
    whole = " ".join(unturned(title).split())
    return whole if len(whole) <= MAX_NAMED else f"{whole[: MAX_NAMED - 1]}…"


def told(document: Document) -> str:
    """One sentence on how much is only named in a conversation; "" where all came."""
    counts = Counter(kind for one in document.messages for kind in _kinds(one.content))
    parts = [f"{count:,} {_COUNTED[kind][count != 1]}" for kind, count in sorted(counts.items())]
    if not parts:
        return ""
    return f"{_listed(parts)} can't be imported, and {'is' if counts.total() == 1 else 'are'} only named."


def unmarked(content: str) -> str:
    """A text without what is only named in it; all of it if there is nothing else."""
    return "\n".join(one for one in content.split("\n") if not _MARK.match(one)).strip() or content


def _kinds(content: str) -> Iterable[str]:
    return (found[1] or found[2] for found in _MARK.finditer(content))


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

"""The branch that is shown, as Markdown and as plain text: blocks with a blank line between two.

A turn is written in three parts, what stands above its text, the text, what stands below: of an answer that still
grows the text comes bit by bit, and nobody knows yet what will stand below.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from webapp.documents.document import Document, DocumentMessage, DocumentPicture

BETWEEN: Final = "\n\n"  # two blocks

_SPEAKERS: Final = {"user": "You", "system": "System"}

_BACKTICKS: Final = re.compile("`{3,}")
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~#&$])")
_LIVE: Final = re.compile(
    r"[\\`*_\[\]<>|~#&$]|^(?: {4}|\t)|^ *(?:[-+=]|\d{1,9}[.)])|https?://|www\.", re.MULTILINE | re.IGNORECASE
)

UNSHOWN: Final = "A picture that can't be shown."

Address = Callable[[DocumentPicture], str]


class Writer(Protocol):
    """Each method returns blocks; `closing` is the line that an answer's text needs below it, None where none does."""

    def head(self, document: Document) -> list[str]: ...

    def above(self, message: DocumentMessage) -> list[str]: ...

    def text(self, message: DocumentMessage, closing: str | None) -> list[str]: ...

    def below(self, message: DocumentMessage, closing: str | None) -> list[str]: ...


class Markdown:
    def __init__(self, address: Address) -> None:
        """`address` leads to a picture, and is "" where nothing does."""
        self._address = address

    def head(self, document: Document) -> list[str]:
        prompt = ["**System prompt**", _plain(document.system_prompt)] if document.system_prompt else []
        return [f"# {_escaped(document.title)}", *prompt]

    def above(self, message: DocumentMessage) -> list[str]:
        return [f"## {_escaped(_speaker(message))} · {_moment(message.created_at)}"]

    def text(self, message: DocumentMessage, closing: str | None) -> list[str]:
        """An answer as it is. What is shown plain on the page is no Markdown here either."""
        is_closed = message.role == "assistant" and closing is not None
        shown = message.content if is_closed else _plain(message.content)
        return [shown] if shown else []

    def below(self, message: DocumentMessage, closing: str | None) -> list[str]:
        sources = [
            f"{number}. [{_escaped(one.title or one.url)}](<{_address(one.link)}>)"
            for number, one in enumerate(message.sources, 1)
        ]
        return [
            *([closing] if closing and message.role == "assistant" else []),
            *(f"*{_escaped(told)}*" for told in _ending(message)),
            *(f"![Picture]({at})" if at else f"*{UNSHOWN}*" for at in map(self._address, message.pictures)),
            *(["\n".join(sources)] if sources else []),
        ]


class PlainText:
    def __init__(self, address: Address) -> None:
        self._address = address

    def head(self, document: Document) -> list[str]:
        title = _line(document.title)
        prompt = [f"System prompt:\n{document.system_prompt}"] if document.system_prompt else []
        return [f"{title}\n{'=' * len(title)}", *prompt]

    def above(self, message: DocumentMessage) -> list[str]:
        line = f"{_speaker(message)}, {_moment(message.created_at)}"
        return [f"{line}\n{'-' * len(line)}"]

    def text(self, message: DocumentMessage, closing: str | None) -> list[str]:  # plain text has none
        return [message.content] if message.content else []

    def below(self, message: DocumentMessage, closing: str | None) -> list[str]:
        sources = [f"[{number}] {_line(one.title)} {one.url}" for number, one in enumerate(message.sources, 1)]
        return [
            *(f"({told})" for told in _ending(message)),
            *(f"Picture: {at}" if at else f"({UNSHOWN})" for at in map(self._address, message.pictures)),
            *(["\n".join(sources)] if sources else []),
        ]


def written(writer: Writer, document: Document, closings: Mapping[str, str | None]) -> str:
    """The whole of it, as it stands. `closings` has those of its answers, by their ids."""
    blocks = writer.head(document)
    for message in document.branch:
        closing = closings.get(message.id)
        blocks += [*writer.above(message), *writer.text(message, closing), *writer.below(message, closing)]
    return BETWEEN.join(blocks) + "\n"


def _speaker(message: DocumentMessage) -> str:
    return _SPEAKERS.get(message.role) or _line(message.model) or "Answer"


def _ending(message: DocumentMessage) -> list[str]:
    """How it ended, where that was not well."""
    if message.status in ("complete", "streaming"):
        return []
    return [f"{message.status.capitalize()}. {_line(message.error_message)}".rstrip()]


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _plain(text: str) -> str:
    """A text that is none of Markdown: as it is, or, if it would be read as some, as a block of code."""
    if not _LIVE.search(text):
        return text
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _line(text))


def _address(url: str) -> str:
    return _line(url).replace("<", "%3C").replace(">", "%3E")


def _line(text: str) -> str:
    return " ".join(text.split())

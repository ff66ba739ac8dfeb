"""Puts a message together from the parts that a file has of it, in their order."""

import re
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from webapp.conversations.messages import Source
from webapp.conversations.pictures import picture_of, read_picture
from webapp.documents.document import DocumentMessage, DocumentPicture
from webapp.documents.imports import marks
from webapp.documents.imports.marks import Kind
from webapp.documents.imports.reading import ConversationError
from webapp.documents.imports.scanning import code_in
from webapp.documents.imports.soundness import MAX_BYTES, MAX_SOURCES, TOO_LONG
from webapp.rendering.addresses import safe_link

_LINK: Final = re.compile(
    r"(?P<image>!?)\[(?P<label>[^\[\]\n]*)\]"
    r"\((?P<address>data:image/[^()\s]*|/(?:api/v1/files|cache|images|files)/[^()\s]*)\)"
)
BETWEEN: Final = "\n\n"
_MARK_SIZE: Final = 20  # characters that stand around what is only named


class _Used(NamedTuple):
    """A tool that did what it should; several in a row are one mark."""

    title: str


class Said:
    """What a message says, thinks, cites, shows, and what of it can only be named.

    Each method takes the next part of the message as the file has it. Empty ones leave no trace. Together they raise
    ConversationError above what a conversation may be: a file can name the same words again and again.
    """

    def __init__(self) -> None:
        self._parts: list[str | _Used] = []
        self._thoughts: list[str] = []
        self._sources: dict[str, Source] = {}
        self._pictures: list[DocumentPicture] = []
        self._size = 0  # characters

    def text(self, words: str) -> None:
        """Words as they are, Markdown in an answer. Marks of the file's own language are out of them already."""
        if words.strip():
            self._count(words)
            self._parts.append(words)

    def markdown(self, words: str) -> None:
        """The same of an answer whose pictures and files are links: those that are in it come, those that only the
        server has that wrote the file are named."""
        is_code, place = code_in(words), 0
        for found in _LINK.finditer(words):
            if is_code(found.start()):
                continue
            self.text(words[place : found.start()].strip("\n"))
            title = found["label"] or found["address"].rpartition("/")[2].partition("?")[0]
            if found["address"].startswith("data:"):
                self.picture(found["address"], found["label"])
            else:
                self.missing("Image" if found["image"] else marks.kind_of(title), title)
            place = found.end()
        self.text(words[place:].strip("\n") if place else words)

    def thought(self, words: str) -> None:
        if words.strip():
            self._count(words)
            self._thoughts.append(words)

    def block(self, title: str, body: str, language: str = "") -> None:
        """A text with a name, "File: notes.txt": see marks.block."""
        self._count(body)
        self._parts.append(marks.block(title, body, language))

    def code(self, body: str, language: str = "") -> None:
        if body.strip():
            self._count(body)
            self._parts.append(marks.fenced(body, language))

    def missing(self, kind: Kind, title: str = "") -> None:
        self._count(title)
        self._parts.append(marks.missing(kind, title))

    def tool(self, title: str, error: str = "") -> None:
        """A tool that was called. What it was told and returned stays behind, unless it failed."""
        self._count(title)
        self._parts.append(marks.tool(title, error=error) if error else _Used(title))

    def source(self, url: str, title: str = "") -> None:
        """A web page that is cited; each once, and by its first title. Other addresses are left out."""
        url = url.strip().replace(" ", "%20")
        if safe_link(url) and len(self._sources) < MAX_SOURCES:
            known = self._sources.get(url)
            if known is None or not known.title:
                self._sources[url] = Source(url, "" if title == url else marks.line(title))

    def picture(self, data: str | bytes, title: str = "") -> None:
        """A picture that is in the file, as a data URL or as bytes; one that cannot be read is named."""
        read = read_picture(data) if isinstance(data, str) else picture_of(data)
        if read is None:
            self.missing("Image", title)
            return
        key = f"picture {len(self._pictures)}"
        self._pictures.append(
            DocumentPicture(id=key, media_type=read.media_type, name=marks.line(title), data=read.data)
        )

    def add(self, other: "Said") -> None:
        """All that another one has, behind what is here."""
        self._size += other._size
        self._count("")
        self._parts += other._parts
        self._thoughts += other._thoughts
        for one in other._sources.values():
            self.source(one.url, one.title)
        for picture in other._pictures:
            self.picture(picture.data or b"", picture.name)

    @property
    def size(self) -> int:
        """About how many characters it has."""
        return self._size

    def _count(self, words: str) -> None:
        self._size += len(words) + _MARK_SIZE
        if self._size > MAX_BYTES:
            raise ConversationError(TOO_LONG)

    @property
    def content(self) -> str:
        return BETWEEN.join(_shown(self._parts))

    @property
    def reasoning(self) -> str:
        return BETWEEN.join(self._thoughts)

    @property
    def is_empty(self) -> bool:
        return not (self._parts or self._thoughts or self._sources or self._pictures)

    @property
    def has_words(self) -> bool:
        """Whether there is something to see of it, sources aside."""
        return bool(self._parts or self._thoughts or self._pictures)

    def message(
        self, key: str, role: Literal["system", "user", "assistant"], when: datetime, **fields: Any
    ) -> DocumentMessage:
        """The message of it. `fields` are further ones of DocumentMessage."""
        return DocumentMessage(
            id=key,
            role=role,
            content=self.content,
            reasoning=self.reasoning,
            created_at=when,
            sources=tuple(self._sources.values()),
            pictures=tuple(self._pictures),
            **fields,
        )


def _shown(parts: list[str | _Used]) -> list[str]:
    shown, used, times = list[str](), "", 0
    for part in [*parts, ""]:
        if isinstance(part, _Used) and times and part.title == used:
            times += 1
            continue
        if times:
            shown.append(marks.tool(used, times=times))
        used, times = (part.title, 1) if isinstance(part, _Used) else ("", 0)
        if isinstance(part, str) and part:
            shown.append(part)
    return shown

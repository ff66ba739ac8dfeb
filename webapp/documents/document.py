"""A conversation as a document: the whole tree of messages as one value, and the form that it has as JSON.

The same for exports of all kinds and for imports. docs/formats.md describes it for other programs; `VERSION` goes up
when something in it comes to mean another thing.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from webapp.conversations.messages import Sent, Source

VERSION: Final = 1
MAX_ORIGINS: Final = 100
MAX_NAME: Final = 60  # characters of a title that become part of a file's name

_UNFIT: Final = re.compile(r"[^\w .,()-]+")  # in the name of a file, on any system

Name = Annotated[str, Meta(max_length=200)]
Origin = Annotated[str, Meta(max_length=240)]
Moment = Annotated[datetime, Meta(tz=True)]
Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what databases keep


class DocumentPicture(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture of a message. `data` is its bytes, or None where they are in a file beside the document.

    One that can't be shown has no bytes in either place: they are as they came, with whatever else is in them.
    """

    id: Name
    media_type: Name
    name: Name = ""
    data: bytes | None = None

    @property
    def is_shown(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def path(self) -> str:
        """Where a zip has it, beside the documents."""
        return f"pictures/{self.id}.{fit_name(self.media_type.rpartition('/')[2].partition('+')[0]) or 'bin'}"


class DocumentMessage(Struct, frozen=True, kw_only=True):
    """A message with all that is worth taking along; `parent_id` makes a tree of them.

    `origin` is the id that it had where it first came from; "" for one that was written where this document was.
    """

    id: Name
    parent_id: Name | None = None
    role: Literal["system", "user", "assistant"]
    content: str = ""
    reasoning: str = ""
    status: Literal["streaming", "complete", "stopped", "interrupted", "failed"] = "complete"
    created_at: Moment
    finished_at: Moment | None = None
    model: str = ""
    provider: str = ""
    generation_id: str = ""
    finish_reason: str = ""
    prompt_tokens: Number | None = None
    completion_tokens: Number | None = None
    reasoning_tokens: Number | None = None
    cached_tokens: Number | None = None
    cost: Decimal | None = None
    first_token_ms: Number | None = None
    duration_ms: Number | None = None
    reasoning_ms: Number | None = None
    error_code: str = ""
    error_message: str = ""
    sent: Sent | None = None
    origin: Annotated[str, Meta(max_length=200)] = ""
    sources: tuple[Source, ...] = ()
    pictures: tuple[DocumentPicture, ...] = ()

    @property
    def first_id(self) -> str:
        """The id by which it is known again, wherever it was taken."""
        return self.origin or self.id


class Document(Struct, frozen=True, kw_only=True, tag_field="format", tag="open-chat"):
    """A conversation. `active_leaf_id` is the message at the end of the branch that is shown.

    Ids are names within the document: who reads it gives the messages ids of their own. `messages` comes last, parents
    before their children, so that it can be written message by message. `origins` are names that the conversation had
    elsewhere, as "format:id", by which it is known again when it comes back.
    """

    version: int = VERSION
    id: Name
    title: str
    title_is_given: bool = True
    model: str = ""
    system_prompt: str = ""
    parameters: dict[str, Any] = {}
    pinned: bool = False
    archived: bool = False
    created_at: Moment
    updated_at: Moment
    active_leaf_id: Name | None = None
    origins: Annotated[tuple[Origin, ...], Meta(max_length=MAX_ORIGINS)] = ()
    messages: tuple[DocumentMessage, ...] = ()

    @property
    def branch(self) -> list[DocumentMessage]:
        """The messages from the first to the one at the end of what is shown."""
        by_id = {message.id: message for message in self.messages}
        return list(_upwards(by_id, self.active_leaf_id))[::-1]

    @property
    def file_name(self) -> str:
        """A name for people, which no two have: day, title, and the random end of the id."""
        title = fit_name(self.title)[:MAX_NAME].strip(" .") or "Untitled"
        return f"{self.created_at:%Y-%m-%d} {title} {fit_name(self.id).replace('-', '')[-8:]}"


def _upwards(by_id: dict[str, DocumentMessage], leaf: str | None) -> Iterator[DocumentMessage]:
    while leaf is not None and (message := by_id.pop(leaf, None)) is not None:  # taken once, whatever the rows say
        yield message
        leaf = message.parent_id


def fit_name(text: str) -> str:
    """What of a text can be part of a file's name, on any system."""
    return " ".join(_UNFIT.sub("-", text).split())

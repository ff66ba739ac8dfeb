"""What readers of all formats share: the one error that they raise, and careful looks into JSON that others made.

Each reader is a function from a decoded JSON object to a `Document`. What it cannot make sense of it leaves out, or it
refuses the whole conversation with a `ConversationError`, and raises nothing else whatever it is given.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from webapp.conversations.messages import title_from
from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.marks import unmarked
from webapp.rendering.safety import unturned

MAX_ID: Final = 200
MAX_TITLE: Final = 200
MAX_MESSAGES: Final = 20_000  # of one conversation


class ConversationError(Exception):
    """A conversation that cannot be taken. The text is one sentence for its owner."""


class BrokenError(ConversationError):
    """A part of a file that is no JSON at all."""


class EmptyError(ConversationError):
    """A conversation in which nobody has said anything. It is left out, and that is no fault."""


def text(value: Any) -> str:
    """A text as it is; "" for anything else."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; of anything else none."""
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def name(value: Any) -> str | None:
    """An id of another program's; None for what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID else None


def accepts(value: Any, /, **kinds: type | tuple[type, ...]) -> bool:
    """Whether a value out of a file is an object that has all these keys, with values of these types."""
    return isinstance(value, dict) and all(isinstance(value.get(key), kind) for key, kind in kinds.items())


def made_id(*parts: Any) -> str:
    """An id for what has none in its file: the same for the same parts.

    Take what stays the same when a conversation grows, as its first message and when that was written. Without such a
    time two conversations can begin alike: then take all of it.
    """
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:32]


def chained(messages: Iterable[DocumentMessage]) -> list[DocumentMessage]:
    """Messages that are a plain list in their file, each below the one before; their ids do not matter.

    The ids they get come from what is said down to each. So the same list has the same ids when it has grown.
    """
    made = list[DocumentMessage]()
    above: str | None = None
    for one in messages:
        key = made_id(above, one.role, one.content, one.reasoning)
        made.append(replace(one, id=key, parent_id=above))
        above = key
    return made


def document(
    key: str | None,
    title: Any,
    messages: Sequence[DocumentMessage],
    *,
    leaf: str | None = None,
    created_at: datetime | None = None,
    updated_at: datetime | None = None,
    model: str = "",
    system_prompt: str = "",
    archived: bool = False,
    pinned: bool = False,
) -> Document:
    """A conversation of another program's. What it does not say of itself, its messages say.

    Without a key it gets an id that it keeps when it grows, if it says when it was begun.
    """
    if not messages:
        raise EmptyError("There is no message in it.")
    if key is None:
        alike = messages if created_at is None else messages[:1]
        key = made_id(created_at, [(one.role, one.content) for one in alike])
    first = next((unmarked(one.content) for one in messages if one.role == "user" and one.content.strip()), "")
    begun = created_at or messages[0].created_at
    return Document(
        id=key,
        title=" ".join(unturned(text(title)).split()) or title_from(first),
        model=model or next((one.model for one in reversed(messages) if one.model), ""),
        system_prompt=system_prompt,
        archived=archived,
        pinned=pinned,
        created_at=begun,
        updated_at=updated_at or max(one.created_at for one in messages),
        active_leaf_id=leaf if any(one.id == leaf for one in messages) else messages[-1].id,
        messages=tuple(messages),
    )


def without_skipped(
    messages: Sequence[DocumentMessage], parents: Mapping[str, str | None]
) -> tuple[list[DocumentMessage], "Skipped"]:
    """The messages, each below the nearest kept one above it. `parents` knows those of what is left out, too."""
    skipped = Skipped({one.id for one in messages}, parents)
    return [replace(one, parent_id=skipped.kept_above(one.id)) for one in messages], skipped


class Skipped:
    """The way up through what is left out."""

    def __init__(self, kept: set[str], parents: Mapping[str, str | None]) -> None:
        self._kept = kept
        self._parents = parents
        self._known: dict[str, str | None] = {}  # each is walked through once, however many are below it

    def kept_above(self, key: str) -> str | None:
        """The nearest kept message above another; None if there is none. ConversationError where it leads in a ring."""
        way, above = dict.fromkeys([key]), self._parents.get(key)
        while above is not None and above not in self._kept:
            if above in way:
                raise ConversationError(f"Its messages answer each other in a ring, at {above[:40]!r}.")
            if above in self._known:
                above = self._known[above]
                break
            way[above] = None
            above = self._parents.get(above)
        self._known.update(dict.fromkeys(way, above))
        return above

    def kept_at(self, key: str | None) -> str | None:
        """The message itself if it is kept, or else the nearest above it."""
        return key if key is None or key in self._kept else self.kept_above(key)

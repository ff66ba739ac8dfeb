"""Whether a document holds together: a tree, in an order in which it can be stored, within limits."""

from datetime import UTC, datetime
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Final

from msgspec.structs import replace

from webapp.documents.document import VERSION, Document, DocumentMessage
from webapp.documents.imports import marks
from webapp.documents.imports.reading import MAX_MESSAGES, MAX_TITLE, ConversationError
from webapp.rendering.safety import unturned

MAX_COST: Final = Decimal(1_000_000)
MAX_CHARACTERS: Final = 2_000_000  # of a message, and of its thoughts; the longest answer that can come here
MAX_SOURCES: Final = 500  # of a message
MAX_PICTURES: Final = 1_000  # of a conversation,
MAX_PICTURE_BYTES: Final = 30_000_000  # together
MAX_BYTES: Final = 20_000_000  # of a conversation as JSON, its pictures aside
TOO_LONG: Final = f"It is larger than {MAX_BYTES // 1_000_000} MB, its pictures aside."

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)


def sound(document: Document) -> Document:
    """The same conversation, parents before their children, and nothing in it growing.

    ConversationError says what does not fit: ids that are there twice, a parent that is not there, a ring.
    """
    if document.version > VERSION:
        raise ConversationError("It was written by a newer Open Chat. Update this one, then import it again.")
    if len(document.messages) > MAX_MESSAGES:
        raise ConversationError(f"It has {len(document.messages):,} messages; at most {MAX_MESSAGES:,} are taken.")
    messages = [_settled(message) for message in _in_order(document.messages)]
    times = (document.created_at, document.updated_at, *(_times(messages)))
    if not all(_FIRST <= when <= _LAST for when in times):
        raise ConversationError("A time in it is before 1970 or after 9000.")
    if any(one.cost is not None and not (one.cost.is_finite() and 0 <= one.cost <= MAX_COST) for one in messages):
        raise ConversationError("The cost of a message is not an amount of dollars.")
    if any(len(one.sources) > MAX_SOURCES for one in messages):
        raise ConversationError(f"A message in it has more than {MAX_SOURCES} sources.")
    leaf = document.active_leaf_id
    if leaf is not None and all(message.id != leaf for message in messages):
        raise ConversationError("The message that it ends with is not in it.")
    title = unturned(document.title)[:MAX_TITLE] or "Untitled"
    return replace(document, title=title, messages=tuple(messages))


def shortened(document: Document, longest: int) -> Document:
    """The same without what no message here can have: of a text that is longer a mark says how much is left out."""
    if all(len(one.content) <= longest and len(one.reasoning) <= longest for one in document.messages):
        return document
    messages = (
        replace(one, content=_cut(one.content, longest), reasoning=_cut(one.reasoning, longest))
        for one in document.messages
    )
    return replace(document, messages=tuple(messages))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else marks.shortened(text, longest)


def _times(messages: list[DocumentMessage]) -> list[datetime]:
    return [when for one in messages for when in (one.created_at, one.finished_at) if when is not None]


def _settled(message: DocumentMessage) -> DocumentMessage:
    """Nobody writes on at what was growing when it was taken along. Sources lead to the web, or are left out."""
    if message.status == "streaming":
        message = replace(message, status="interrupted")
    if not all(source.link for source in message.sources):
        message = replace(message, sources=tuple(source for source in message.sources if source.link))
    return message


def _in_order(messages: tuple[DocumentMessage, ...]) -> list[DocumentMessage]:
    """In the order that they have, but each after its parent."""
    places = {message.id: place for place, message in enumerate(messages)}
    if len(places) < len(messages):
        raise ConversationError("Two of its messages have the same id.")
    children: dict[str | None, list[int]] = {}
    for place, message in enumerate(messages):
        if message.parent_id is not None and message.parent_id not in places:
            raise ConversationError(f"A message answers {message.parent_id[:40]!r}, which is not in it.")
        children.setdefault(message.parent_id, []).append(place)
    ready, ordered = children.get(None, []), list[DocumentMessage]()
    heapify(ready)
    while ready:
        message = messages[heappop(ready)]
        ordered.append(message)
        for child in children.get(message.id, ()):
            heappush(ready, child)
    if len(ordered) < len(messages):
        raise ConversationError("Its messages answer each other in a ring.")
    return ordered

"""Whether a document holds together: a tree, in an order in which it can be stored, within limits."""

from datetime import UTC, datetime
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Final

from msgspec.structs import replace

from webapp.documents.document import VERSION, Document, DocumentMessage
from webapp.documents.imports.reading import MAX_MESSAGES, MAX_TITLE, ConversationError
from webapp.rendering.safety import unturned

MAX_COST: Final = Decimal(1_000_000)

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
    leaf = document.active_leaf_id
    if leaf is not None and all(message.id != leaf for message in messages):
        raise ConversationError("The message that it ends with is not in it.")
    title = unturned(document.title)[:MAX_TITLE] or "Untitled"
    return replace(document, title=title, messages=tuple(messages))


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

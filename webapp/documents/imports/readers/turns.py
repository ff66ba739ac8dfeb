"""Conversations that are lists in their file: turn after turn, some of them with several versions.

The id of a message is made of what it says, and of its key in the file, or, if it has none there, of what is said down
to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from msgspec.structs import replace

from webapp.documents.document import DocumentMessage
from webapp.documents.imports.reading import ConversationError, made_id
from webapp.documents.imports.said import BETWEEN, Said
from webapp.documents.imports.soundness import MAX_BYTES, TOO_LONG
from webapp.documents.imports.times import Clock, moment

Role = Literal["system", "user", "assistant"]

_ROLES: Final[dict[str, Role]] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "system": "system",
    "developer": "system",
}


class Turn(NamedTuple):
    """What is said at once. An answer that `goes_on` has only called tools: the next one is the rest of it.

    By the `key` that it has in its file it is known again when messages around it are gone or say something else.
    """

    role: Role
    said: Said
    when: datetime | None = None
    model: str = ""
    error: str = ""
    goes_on: bool = False
    key: str = ""

    def message(self, key: str, clock: Clock) -> DocumentMessage:
        return self.said.message(
            key,
            self.role,
            clock.at(self.when),
            model=self.model if self.role == "assistant" else "",
            status="failed" if self.error else "complete",
            error_message=self.error,
        )

    @property
    def is_empty(self) -> bool:
        return self.said.is_empty and not self.error


class Versions(NamedTuple):
    """Turns in one place of a conversation, of which the one at `chosen` is shown and gone on with."""

    turns: Sequence[Turn]
    chosen: int = 0


class Laid(NamedTuple):
    """The messages of a conversation, and the one at the end of what is shown."""

    messages: list[DocumentMessage]
    leaf: str | None


def role_of(value: Any) -> Role | None:
    """Who speaks, by any of the names that programs have for it; None for others."""
    return _ROLES.get(value.lower()) if isinstance(value, str) else None


def laid(places: Iterable[Versions], clock: Clock) -> Laid:
    """Each turn below the chosen one of the place before. Empty ones are left out.

    ConversationError where they come to more than a conversation may be: the same words can stand in many versions.
    """
    messages, above, taken, size = list[DocumentMessage](), None, set[str](), 0
    for turns, chosen in _joined(places):
        below = None
        for number, turn in enumerate(turns):
            if turn.is_empty:
                continue
            one = turn.message("", clock)
            size += len(one.content) + len(one.reasoning)
            if size > MAX_BYTES:
                raise ConversationError(TOO_LONG)
            key = made_id(turn.key, one.role, one.content, one.reasoning)
            if not turn.key or key in taken:
                key = made_id(above, number, one.role, one.content, one.reasoning)
            taken.add(key)
            messages.append(replace(one, id=key, parent_id=above))
            below = key if below is None or number == chosen else below
        above = below or above
    return Laid(messages, above)


def in_turn(turns: Iterable[Turn], clock: Clock) -> list[DocumentMessage]:
    """A plain list of turns, each below the one before."""
    return laid((Versions([turn]) for turn in turns), clock).messages


def _joined(places: Iterable[Versions]) -> Iterator[Versions]:
    """What an answer does with tools before it says something is part of that answer."""
    begun: Turn | None = None
    for turns, chosen in places:
        if all(one.is_empty for one in turns):
            continue
        if begun is not None and all(one.role == "assistant" for one in turns):
            turns, begun = _continued(begun, turns), None
        elif begun is not None:
            yield Versions([begun])
            begun = None
        if len(turns) == 1 and turns[0].goes_on:
            begun = turns[0]
        else:
            yield Versions(turns, chosen)
    if begun is not None:
        yield Versions([begun])


def _continued(begun: Turn, turns: Sequence[Turn]) -> list[Turn]:
    """The turns, each behind what was begun. The last one takes that over as it is: a long way of tools stays short."""
    if begun.said.size * len(turns) > MAX_BYTES:
        raise ConversationError(TOO_LONG)
    made = list[Turn]()
    for turn in turns:
        said = begun.said if turn is turns[-1] else Said()
        if said is not begun.said:
            said.add(begun.said)
        said.add(turn.said)
        made.append(turn._replace(said=said, when=begun.when or turn.when, model=turn.model or begun.model))
    return made


def only_tools(said: Said) -> bool:
    """Whether an answer has done nothing but call tools."""
    return bool(said.content) and all(line.startswith("[Tool used") for line in said.content.split(BETWEEN))


def instructions(turns: Sequence[Turn]) -> tuple[str, Sequence[Turn]]:
    """The system prompt with which a conversation begins, and the turns below it."""
    count = next((place for place, turn in enumerate(turns) if turn.role != "system"), len(turns))
    return BETWEEN.join(turn.said.content for turn in turns[:count] if turn.said.content), turns[count:]


def in_time(values: Iterable[Mapping[str, Any]], *keys: str) -> list[Mapping[str, Any]]:
    """Objects by the time under one of the keys, oldest first. One without a time stays behind the one before it."""
    timed, last = list[tuple[datetime, Mapping[str, Any]]](), datetime.min.replace(tzinfo=UTC)
    for one in values:
        last = next((when for key in keys if (when := moment(one.get(key)))), last)
        timed.append((last, one))
    return [one for _, one in sorted(timed, key=lambda pair: pair[0])]

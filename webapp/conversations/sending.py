"""What a model is sent for an answer: put down when that begins to grow, and told again when somebody asks later."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from webapp.catalog.models import Model
from webapp.conversations.messages import Message, PromptMessage, Sent
from webapp.library.parameters import kept_parameters, options_for

OptionsOf = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class Said(Struct, frozen=True):
    """A message above an answer as it is now."""

    role: str
    content: str
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


class Line(Struct, frozen=True):
    """A message of a request, and what is to be said of it, or ""."""

    role: str
    text: str
    remark: str = ""


class Retold(Struct, frozen=True):
    """A request as far as it can be told: `remarks` say what cannot, and are none where it is told exactly."""

    sent: Sent
    lines: tuple[Line, ...]
    remarks: tuple[str, ...] = ()


def all_options(model: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """All of a conversation's parameters as options, whatever the model takes."""
    return options_for(kept_parameters(parameters), ())


def supported_options(find: Callable[[str], Model | None]) -> OptionsOf:
    """What of a conversation's parameters a model takes, as far as `find` knows it; a variant takes what it does."""

    def options_of(model: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        known = find(model) or find(model.partition(":")[0])
        return options_for(kept_parameters(parameters), known.supported_parameters if known else ())

    return options_of


def sent_with(
    model: str, options: dict[str, Any], system_prompt: str, prompt: Sequence[PromptMessage], *, continued: int = 0
) -> Sent:
    """What is to be kept of a request that is made now."""
    return Sent(model, options, system_prompt, datetime.now(UTC), digest_of(prompt), continued)


def digest_of(prompt: Iterable[PromptMessage]) -> str:
    """The same for the same messages alone."""
    return blake2b(msgspec.json.encode([(one.role, one.content) for one in prompt]), digest_size=16).hexdigest()


def retold(answer: Message, sent: Sent, above: Iterable[Said]) -> Retold:
    """The request for an answer, from what stands `above` it by now, oldest first and with what is deleted."""
    above = list(above)
    there = [one for one in above if one.deleted_at is None and one.content]
    system = [Line("system", sent.system_prompt)] if sent.system_prompt else []
    beginning = [Line("assistant", answer.content[: sent.continued], "how the answer began")] if sent.continued else []
    lines = (*system, *(Line(one.role, one.content) for one in there), *beginning)
    if digest_of(PromptMessage(line.role, line.text) for line in lines) == sent.digest:
        return Retold(sent, lines)
    marked = [Line(one.role, one.content, "edited since" if _is_since(one.edited_at, sent) else "") for one in there]
    edited = sum(bool(line.remark) for line in marked) + bool(beginning and _is_since(answer.edited_at, sent))
    deleted = sum(_is_since(one.deleted_at, sent) for one in above)
    return Retold(sent, (*system, *marked, *beginning), _remarks(edited, deleted))


def _is_since(moment: datetime | None, sent: Sent) -> bool:
    return moment is not None and moment > sent.at


def _remarks(edited: int, deleted: int) -> tuple[str, ...]:
    if not edited and not deleted:
        return ("Messages have been changed or deleted since. What stands here is what there is now.",)
    told = (
        (edited, "edited since, and stands here as it is now.", "edited since, and stand here as they are now."),
        (deleted, "deleted since, and does not stand here.", "deleted since, and do not stand here."),
    )
    return tuple(
        f"One message has been {one}" if number == 1 else f"{number} messages have been {several}"
        for number, one, several in told
        if number
    )

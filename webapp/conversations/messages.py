"""What a conversation is made of, as values: the stores make them, everything else reads them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from webapp.accounts.budgets import Terms
from webapp.rendering.addresses import host_of, safe_link
from webapp.rendering.safety import unturned

UNLIMITED: Final = Terms()


class Status(StrEnum):
    """How an answer stands. Questions are `complete` from the start."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"  # by the user; what came is kept
    INTERRUPTED = "interrupted"  # the process or the upstream died half way; what came is kept
    FAILED = "failed"  # nothing usable came; error_message says why


class Feedback(StrEnum):
    """What a reader thinks of an answer."""

    NONE = ""
    UP = "up"
    DOWN = "down"


_SPOKEN: Final = {
    Status.STREAMING: "",
    Status.COMPLETE: "The answer has ended.",
    Status.STOPPED: "The answer was stopped.",
    Status.INTERRUPTED: "The answer was interrupted.",
    Status.FAILED: "No answer came.",
}


def anchor(message_id: UUID) -> str:
    """The id of a message's element on its page, and the beginning of all ids within it."""
    return f"m-{message_id}"


class Source(Struct, frozen=True):
    """A web page that an answer cites."""

    url: str
    title: str

    @property
    def link(self) -> str:
        """The address where it may be followed, else ""."""
        return safe_link(self.url)

    @property
    def host(self) -> str:
        """The name of the site, as a browser reads it; "" for an address that has none."""
        return host_of(self.url).removeprefix("www.")


def kept_sources(kept: Iterable[Mapping[str, str]]) -> tuple[Source, ...]:
    """The sources of a row. One that may not be followed, from before that was looked at, is left out."""
    return tuple(source for source in (Source(**one) for one in kept) if source.link)


class KeptPicture(Struct, frozen=True):
    """A picture of a message, its sides in pixels, if they are known, and whether it can be shown at all."""

    id: UUID
    width: int | None = None
    height: int | None = None
    is_shown: bool = True


class Receipt(Struct, frozen=True):
    """What is known of how an answer came. None or "" where it was not said; cost in US dollars."""

    model: str = ""
    provider: str = ""
    generation_id: str = ""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cost: Decimal | None = None
    first_token_ms: int | None = None
    duration_ms: int | None = None
    reasoning_ms: int | None = None  # from the first thought to the first word


class Sent(Struct, frozen=True):
    """What a model was sent for an answer when that last began to grow, beside the messages above it.

    `options` are fields of the request. `continued` characters of the answer were there, to go on from. By the `digest`
    of all messages, the system prompt included, it can be told later whether they are still the same.
    """

    model: str
    options: dict[str, Any]
    system_prompt: str
    at: Annotated[datetime, Meta(tz=True)]
    digest: str
    continued: int = 0


class Message(Struct, frozen=True):
    """A question or an answer.

    `html` and `reasoning_html` are None until an answer has been rendered by the present renderer. `run` is the
    number under which it is written, by the model or by whoever edits it. `versions` are the messages of which one is
    shown in its place, itself among them; where they have been looked up, `parent_id` is the nearest above that is not
    deleted. A copy's tokens and cost are with the message that it was `copied_from`. `sent` is None for questions, and
    for answers of which it was not kept.
    """

    id: UUID
    conversation_id: UUID
    owner_id: UUID
    parent_id: UUID | None
    role: Literal["system", "user", "assistant"]
    content: str
    status: Status
    created_at: datetime
    reasoning: str = ""
    sources: tuple[Source, ...] = ()
    pictures: tuple[KeptPicture, ...] = ()
    html: str | None = None
    reasoning_html: str | None = None
    error_code: str = ""
    error_message: str = ""
    receipt: Receipt = Receipt()
    sent: Sent | None = None
    run: int = 0
    edited_at: datetime | None = None
    copied_from: UUID | None = None
    feedback: Feedback = Feedback.NONE
    feedback_note: str = ""
    versions: tuple[UUID, ...] = ()

    @property
    def is_live(self) -> bool:
        return self.status is Status.STREAMING

    @property
    def spoken(self) -> str:
        """What is announced when it has ended, for those who do not see it; "" while it grows."""
        return self.error_message or _SPOKEN[self.status]

    @property
    def can_continue(self) -> bool:
        """Whether there is a beginning that the model can go on from."""
        cut = self.status is Status.COMPLETE and self.receipt.finish_reason == "length"
        return bool(self.content) and (cut or self.status in (Status.STOPPED, Status.INTERRUPTED))


class Conversation(Struct, frozen=True):
    id: UUID
    title: str
    model: str
    system_prompt: str
    active_leaf_id: UUID | None
    created_at: datetime
    updated_at: datetime


class PromptMessage(Struct, frozen=True):
    """A message as the model is to read it."""

    role: str
    content: str


class Exchange(Struct, frozen=True):
    """A question and its answer, and what the model is to read for it; a repeated send finds the first one's."""

    conversation: Conversation
    question: Message
    answer: Message
    prompt: tuple[PromptMessage, ...] = ()
    is_new: bool = True
    terms: Terms = UNLIMITED
    options: Mapping[str, Any] = {}


class Beginning(Struct, frozen=True):
    """An answer that is to grow, anew or further, by `model`, what that is to read for it, and who pays.

    `options` are further fields of the request.
    """

    answer: Message
    model: str
    prompt: tuple[PromptMessage, ...]
    terms: Terms = UNLIMITED
    options: Mapping[str, Any] = {}


class Rendering(Struct, frozen=True):
    """A message's texts as HTML: what it says, and what was thought before."""

    html: str
    reasoning_html: str


class Window(Struct, frozen=True):
    """Some turns of a branch, oldest first; whether there are more above, and below. `is_newest` at the shown end.

    `is_hidden`: of a branch that is not the shown one.
    """

    messages: tuple[Message, ...]
    has_earlier: bool
    has_later: bool = False
    is_newest: bool = True
    is_hidden: bool = False


def title_from(text: str) -> str:
    """A title from a question's first words: its first line with anything in it, at most 60 characters."""
    line = next((line for line in text.splitlines() if line.strip()), "New conversation")
    words = " ".join(unturned(line).split()).lstrip("#>*- ")
    if len(words) <= 60:
        return words or "New conversation"
    return words[:60].rsplit(" ", 1)[0].rstrip(" ,;:.") + " …"

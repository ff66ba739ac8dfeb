"""What a conversation is made of, as values: the stores make them, everything else reads them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID

from msgspec import Struct

from webapp.rendering.safety import host_of


class Status(StrEnum):
    """How an answer stands. Questions are `complete` from the start."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"  # by the user; what came is kept
    INTERRUPTED = "interrupted"  # the process or the upstream died half way; what came is kept
    FAILED = "failed"  # nothing usable came; error_message says why


def anchor(message_id: UUID) -> str:
    """The id of a message's element on its page, and the beginning of all ids within it."""
    return f"m-{message_id}"


class Source(Struct, frozen=True):
    """A web page that an answer cites."""

    url: str
    title: str

    @property
    def host(self) -> str:
        """The name of the site, for people; "" for an address that has none."""
        return host_of(self.url).removeprefix("www.")


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


class Message(Struct, frozen=True):
    """A question or an answer. `html` is None until an answer has been rendered by the present renderer."""

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
    pictures: tuple[UUID, ...] = ()
    html: str | None = None
    error_code: str = ""
    error_message: str = ""
    receipt: Receipt = Receipt()

    @property
    def is_live(self) -> bool:
        return self.status is Status.STREAMING

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


class Beginning(Struct, frozen=True):
    """An answer that is to grow, anew or further, by `model`, and what that is to read for it."""

    answer: Message
    model: str
    prompt: tuple[PromptMessage, ...]


class Window(Struct, frozen=True):
    """Some turns of a conversation's shown branch, oldest first; `has_earlier` if there are more above."""

    messages: tuple[Message, ...]
    has_earlier: bool


def title_from(text: str) -> str:
    """A title from a question's first words: its first line with anything in it, at most 60 characters."""
    line = next((line for line in text.splitlines() if line.strip()), "New conversation")
    words = " ".join(line.split()).lstrip("#>*- ")
    if len(words) <= 60:
        return words or "New conversation"
    return words[:60].rsplit(" ", 1)[0].rstrip(" ,;:.") + " …"

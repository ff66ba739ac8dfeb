"""What the templates of conversations are given, and how it is made from the values of the stores."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID
from zlib import crc32

import msgspec
from markupsafe import Markup
from msgspec import Struct

from webapp.catalog.models import Model
from webapp.conversations.listing import Group, Listed, Moved, Tag, View, grouped
from webapp.conversations.messages import Conversation, Message, Receipt, Rendering, Source, Status, anchor
from webapp.conversations.reply import Reply
from webapp.conversations.views import Cursor
from webapp.conversations.waiting import Wait
from webapp.db.types import new_id
from webapp.library.parameters import labelled
from webapp.library.prompts import Persona
from webapp.rendering.links import linked


class ConversationList(Struct, frozen=True):
    """A page of a list, as it is at the time `now`. `older_url` leads to the next, None on the last.

    `above` is the moment of the last one of the page above, None on the first.
    """

    conversations: tuple[Listed, ...]
    older_url: str | None
    now: datetime
    current: UUID | None = None
    above: datetime | None = None

    def groups(self, offset: int) -> tuple[Group, ...]:
        """The conversations below their headings, where the clock is `offset` minutes ahead of UTC."""
        return grouped(self.conversations, self.now.astimezone(timezone(timedelta(minutes=offset))), self.above)

    @property
    def has_live(self) -> bool:
        """Whether something grows in one that is not looked at: whoever shows the list is to look again."""
        return any(one.is_live and one.id != self.current for one in self.conversations)

    def version(self, offset: int) -> str:
        """Says whether a list is still as it was, where the clock is `offset` minutes ahead of UTC."""
        day = (self.now + timedelta(minutes=offset)).date()
        return f"{crc32(msgspec.json.encode((self.conversations, day, offset))):x}"


class Editing(Struct, frozen=True):
    """A text that is being changed by its owner: of the message as it was written in `run`; what was wrong, or ""."""

    text: str
    run: int
    error: str = ""
    owner: UUID | None = None


class Turn(Struct, frozen=True):
    """A message as it is shown. `body` is safe HTML; of a growing answer, what has settled, and `tail` the rest.

    `reasoning` is safe HTML when the answer has ended, and text while it grows; `wait` is what it is at then.

    Only a whole page has the frame for browsers without scripts: htmx would take it out of its `noscript`, and load it.
    `is_hidden`: of a branch that is not the shown one, where nothing is done but to look.
    """

    message: Message
    anchor: str
    body: Markup
    model_name: str
    tail: Markup = Markup()
    reasoning: str = ""
    sources: tuple[Source, ...] = ()
    cursor: str = ""
    wait: Wait | None = None
    is_on_whole_page: bool = False
    is_hidden: bool = False
    editing: Editing | None = None

    @property
    def version(self) -> int:
        """Which of the message's versions it is, from 1; 0 if it is the only one."""
        versions = self.message.versions
        return versions.index(self.message.id) + 1 if len(versions) > 1 and self.message.id in versions else 0

    @property
    def earlier_version(self) -> UUID | None:
        return self.message.versions[self.version - 2] if self.version > 1 else None

    @property
    def later_version(self) -> UUID | None:
        return self.message.versions[self.version] if 0 < self.version < len(self.message.versions) else None

    @property
    def tokens_per_second(self) -> int | None:
        """How fast the answer came, from its first token on."""
        receipt = self.receipt
        if not receipt.completion_tokens or receipt.duration_ms is None:
            return None
        passed = receipt.duration_ms - (receipt.first_token_ms or 0)
        return round(receipt.completion_tokens * 1000 / passed) if passed > 0 else None

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Those that the model was sent, for people."""
        return labelled(self.message.sent.options) if self.message.sent else []

    @property
    def receipt(self) -> Receipt:
        return self.message.receipt

    @property
    def thought_ms(self) -> int | None:
        """How long the model thought, once it has."""
        return self.wait.thought_ms if self.wait else self.receipt.reasoning_ms


class ModelGroup(Struct, frozen=True):
    """A maker's models, for the select."""

    maker: str
    models: tuple[Model, ...]


class DeletedMessages(Struct, frozen=True):
    """A deletion that can be taken back: by the message that was deleted, with how many in all."""

    message_id: UUID
    count: int


class Composer(Struct, frozen=True):
    """The form at the bottom. `client_id` makes a send that the browser repeats count once; `owner` is whose it is.

    Below earlier messages, to which an answer cannot be appended, the form loads the whole page. `note` tells of a
    limit of the month that has been passed. A temporary chat's takes along what was `said`, and keeps nothing.
    """

    action: str
    model: str
    groups: tuple[ModelGroup, ...]
    client_id: str
    starts_conversation: bool
    owner: UUID | None = None
    is_below_earlier: bool = False
    live_answer: UUID | None = None
    text: str = ""
    error: str = ""
    note: str = ""
    persona: str = ""
    undo: DeletedMessages | None = None
    is_temporary: bool = False
    said: tuple[str, ...] = ()


class Undo(Struct, frozen=True):
    """That conversations were deleted, and may be brought back by the moment at which it happened."""

    moment: int  # microseconds since 1970
    count: int


class Latest(Struct, frozen=True):
    """The last message that a page has: what is below it is news."""

    conversation_id: UUID
    message_id: UUID


class ChatPage(Struct, frozen=True):
    """A conversation, or the beginning of one: then `conversation` is None. `spent` is the month in a few words.

    `is_branched` if there is more of it than what is shown. `hidden` is the message for whose sake turns of another
    branch are on the page.
    """

    title: str
    list: ConversationList
    composer: Composer
    is_demo: bool
    conversation: Conversation | None = None
    turns: tuple[Turn, ...] = ()
    earlier_url: str | None = None
    later_url: str | None = None
    newest_url: str | None = None
    spent: str = ""
    is_branched: bool = False
    hidden: UUID | None = None
    personas: tuple[Persona, ...] = ()
    undo: Undo | None = None

    @property
    def latest(self) -> Latest | None:
        """None on a page that does not reach down to the newest messages."""
        if self.conversation is None or not self.turns or self.later_url or self.newest_url:
            return None
        return Latest(self.conversation.id, self.turns[-1].message.id)


class MoreTurns(Struct, frozen=True):
    """What stands above or below the turns of a page, for the link that asks for it; `url` leads on, to yet more."""

    turns: tuple[Turn, ...]
    url: str | None


class OlderPage(Struct, frozen=True):
    """The next part of the list at the side; its first one `takes_focus`, unless it was scrolled to."""

    list: ConversationList
    takes_focus: bool = True


class ListPage(Struct, frozen=True):
    """All conversations of a view, to be put in order; `count` is how many there are."""

    title: str
    list: ConversationList
    is_demo: bool
    rows: ConversationList
    view: View
    tag: Tag | None
    tags: tuple[Tag, ...]
    count: int
    undo: Undo | None = None
    moved: Moved | None = None

    @property
    def query(self) -> str:
        """What the address says of the view, "" for that of those at hand."""
        parts = {"shelf": self.view.shelf, "tag": self.view.tag}
        return urlencode({name: value for name, value in parts.items() if value})


class OrganisePage(Struct, frozen=True):
    """What can be done with a conversation; `others` are tags that it does not have."""

    title: str
    list: ConversationList
    is_demo: bool
    conversation: Listed
    others: tuple[Tag, ...]


class TitlePage(Struct, frozen=True):
    """A title that is to be changed where it stands."""

    conversation: Listed


class RenamedPage(Struct, frozen=True):
    """A title that was changed; `is_shown` on the page of that conversation."""

    conversation: Conversation
    is_shown: bool


class ClearingPage(Struct, frozen=True):
    """How far it is with what is deleted for good: `left` of `total` are still there."""

    title: str
    list: ConversationList
    is_demo: bool
    left: int
    total: int


class News(Struct, frozen=True):
    """What has changed since a page was last looked at: the list, or turns below the last one and what they bring."""

    list: ConversationList


class NewsOfTurns(Struct, frozen=True):
    turns: tuple[Turn, ...]
    latest: Latest
    composer: Composer


class NewTurns(Struct, frozen=True):
    """What a send changes on the page that sent it."""

    turns: tuple[Turn, ...]
    list: ConversationList
    composer: Composer

    @property
    def latest(self) -> Latest:
        last = self.turns[-1].message
        return Latest(last.conversation_id, last.id)


class FinishedTurn(Struct, frozen=True):
    """A message on its own, and what the month has cost.

    At the end of what is shown also the composer's button, and that it is the `latest`.
    """

    turn: Turn
    composer: Composer | None
    latest: Latest | None = None
    spent: str = ""


def listed(
    conversations: Sequence[Listed],
    limit: int,
    current: UUID | None = None,
    above: datetime | None = None,
    query: str = "",
) -> ConversationList:
    """A page of the list; `conversations` has one more than `limit` if there is an older page."""
    pinned = sum(one.is_on_top for one in conversations)
    shown = tuple(conversations[: limit + pinned])
    older = f"/c?before={shown[-1].id}{query}" if len(conversations) > len(shown) else None
    return ConversationList(shown, older, datetime.now(UTC), current, above)


def question_turn(message: Message) -> Turn:
    return Turn(message, anchor(message.id), Markup(linked(message.content)), "")  # noqa: S704  # which escapes


def finished_turn(message: Message, rendering: Rendering, model_name: str) -> Turn:
    return Turn(
        message,
        anchor(message.id),
        rendered(rendering.html),
        model_name,
        reasoning=rendered(rendering.reasoning_html),
        sources=message.sources,
    )


def growing_turn(message: Message, reply: Reply, model_name: str) -> Turn:
    """A growing answer as far as it's rendered, with the cursor from which its event stream goes on."""
    reply.blocks.step()
    return Turn(
        message,
        anchor(message.id),
        rendered("".join(block.html for block in reply.blocks.blocks())),
        model_name,
        tail=rendered(reply.blocks.tail.html),
        reasoning=reply.reasoning,
        cursor=str(Cursor.at(reply)),
        wait=reply.wait_state(model_name),
    )


def rendered(html: str) -> Markup:
    """What the renderer gave, for a template to show as it is."""
    return Markup(html)  # noqa: S704  # the renderer sanitises, last of all


def grouped_models(models: Sequence[Model], chosen: str) -> tuple[ModelGroup, ...]:
    """The models by maker, in the order of names; one that is chosen but not on offer stands first, by its id."""
    ordered = sorted(models, key=lambda model: (model.maker.lower(), model.short_name.lower()))
    by_maker = (tuple(some) for _, some in groupby(ordered, key=lambda model: model.maker.lower()))
    groups = [ModelGroup(some[0].maker, some) for some in by_maker]
    if chosen and all(model.id != chosen for model in models):
        groups.insert(0, ModelGroup("Chosen", (Model(chosen, chosen),)))
    return tuple(groups)


def make_composer(
    models: Sequence[Model],
    model: str,
    conversation: UUID | None,
    *,
    owner: UUID | None = None,
    live_answer: UUID | None = None,
    text: str = "",
    error: str = "",
) -> Composer:
    return Composer(
        action="/c" if conversation is None else f"/c/{conversation}/messages",
        model=model,
        groups=grouped_models(models, model),
        client_id=str(new_id()),
        starts_conversation=conversation is None,
        owner=owner,
        live_answer=live_answer,
        text=text,
        error=error,
    )


def live_answer_of(messages: Sequence[Message]) -> UUID | None:
    return next((message.id for message in messages if message.status is Status.STREAMING), None)

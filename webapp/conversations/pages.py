"""What the templates of conversations are given, and how it is made from the values of the stores."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from markupsafe import Markup
from msgspec import Struct

from webapp.catalog.models import Model
from webapp.conversations.messages import Conversation, Message, Receipt, Source, Status, anchor
from webapp.conversations.reply import Reply
from webapp.conversations.views import Cursor
from webapp.db.types import new_id


class ListedConversation(Struct, frozen=True):
    id: UUID
    title: str
    is_current: bool


class ConversationList(Struct, frozen=True):
    """A page of the list at the side. `older_url` leads to the next, None on the last."""

    conversations: tuple[ListedConversation, ...]
    older_url: str | None


class Turn(Struct, frozen=True):
    """A message as it is shown. `body` is safe HTML; of a growing answer, what has settled, and `tail` the rest.

    Only a whole page has the frame for browsers without scripts: htmx would take it out of its `noscript`, and load it.
    """

    message: Message
    anchor: str
    body: Markup
    model_name: str
    tail: Markup = Markup()
    reasoning: str = ""
    sources: tuple[Source, ...] = ()
    cursor: str = ""
    is_on_whole_page: bool = False

    @property
    def receipt(self) -> Receipt:
        return self.message.receipt


class ModelGroup(Struct, frozen=True):
    """A maker's models, for the select."""

    maker: str
    models: tuple[Model, ...]


class Composer(Struct, frozen=True):
    """The form at the bottom. `client_id` makes a send that the browser repeats count once.

    Below earlier messages, to which an answer cannot be appended, the form loads the whole page.
    """

    action: str
    model: str
    groups: tuple[ModelGroup, ...]
    client_id: str
    starts_conversation: bool
    is_below_earlier: bool = False
    live_answer: UUID | None = None
    text: str = ""
    error: str = ""


class ChatPage(Struct, frozen=True):
    """A conversation, or the beginning of one: then `conversation` is None."""

    title: str
    list: ConversationList
    composer: Composer
    is_demo: bool
    conversation: Conversation | None = None
    turns: tuple[Turn, ...] = ()
    earlier_url: str | None = None
    newest_url: str | None = None


class ListPage(Struct, frozen=True):
    title: str
    list: ConversationList
    is_demo: bool


class NewTurns(Struct, frozen=True):
    """What a send changes on the page that sent it."""

    turns: tuple[Turn, ...]
    list: ConversationList
    composer: Composer


class FinishedTurn(Struct, frozen=True):
    """What the end of an answer changes: the answer, and the composer's button."""

    turn: Turn
    composer: Composer


def listed(conversations: Sequence[Conversation], limit: int, current: UUID | None = None) -> ConversationList:
    """A page of the list; `conversations` has one more than `limit` if there is an older page."""
    shown = conversations[:limit]
    older = f"/c?before={shown[-1].id}" if len(conversations) > limit else None
    return ConversationList(tuple(ListedConversation(one.id, one.title, one.id == current) for one in shown), older)


def finished_turn(message: Message, html: str, model_name: str) -> Turn:
    return Turn(
        message, anchor(message.id), rendered(html), model_name, reasoning=message.reasoning, sources=message.sources
    )


def growing_turn(message: Message, reply: Reply, model_name: str) -> Turn:
    """A growing answer as it stands, with the cursor from which its event stream goes on."""
    return Turn(
        message,
        anchor(message.id),
        rendered("".join(block.html for block in reply.blocks.blocks())),
        model_name,
        tail=rendered(reply.blocks.tail.html),
        reasoning=reply.reasoning,
        sources=reply.sources,
        cursor=str(Cursor.at(reply)),
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
        live_answer=live_answer,
        text=text,
        error=error,
    )


def live_answer_of(messages: Sequence[Message]) -> UUID | None:
    return next((message.id for message in messages if message.status is Status.STREAMING), None)

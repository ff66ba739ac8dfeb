"""Makes the typed contexts of the templates from what the stores have, and renders them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from webapp.accounts.budgets_store import BudgetStore
from webapp.background import Turns
from webapp.catalog.allowed import NotAllowedError
from webapp.catalog.catalog import Catalog
from webapp.conversations import pages
from webapp.conversations.listing import View
from webapp.conversations.listing_store import Listing
from webapp.conversations.messages import Conversation, Exchange, Message, Rendering, Window
from webapp.conversations.renderings import Renderer
from webapp.conversations.replies import Replies
from webapp.conversations.replies_store import NewRendering, ReplyStore
from webapp.conversations.store import PAGE, Conversations
from webapp.conversations.tree_store import Branches
from webapp.conversations.waiting import Wait
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.web.appearance import UNKNOWN, Reader
from webapp.web.refusals import RefusalError
from webapp.web.templating import Templates

WINDOW: Final = 60  # messages on a page; others are a link away, and come by themselves when one scrolls there
WEIGHT: Final = 250_000  # characters of a page's messages, unless the last exchange alone has more


class LiveHead(Struct, frozen=True):
    """The beginning of a growing answer's own document. Who may stop the answer has its id there."""

    title: str
    answer: UUID | None = None


class WaitPart(Struct, frozen=True):
    """What tells what a growing answer is at."""

    wait: Wait


class Place(NamedTuple):
    """Which turns of a conversation: above, below or around a message; the last ones if none is named."""

    before: UUID | None = None
    after: UUID | None = None
    at: UUID | None = None


NEWEST: Final = Place()


class Month(NamedTuple):
    """What pages tell of it: what was spent, and of a limit that has been passed."""

    spent: str
    note: str


class Frame(NamedTuple):
    """What stands around a page."""

    list: pages.ConversationList
    is_demo: bool


class Presenter:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(
        self,
        templates: Templates,
        conversations: Conversations,
        branches: Branches,
        reply_store: ReplyStore,
        replies: Replies,
        catalog: Catalog,
        listing: Listing,
        *,
        is_demo: bool,
        max_message_bytes: int,
        renderer: Renderer,
        budgets: BudgetStore | None = None,
    ) -> None:
        """Without `budgets` pages tell nothing of the month."""
        self._templates = templates
        self._conversations = conversations
        self._branches = branches
        self._reply_store = reply_store
        self._replies = replies
        self._catalog = catalog
        self._listing = listing
        self._is_demo = is_demo
        self._budgets = budgets
        self.max_message_bytes = max_message_bytes
        self.renderer = renderer

    def render(self, template: str, page: Struct, appearance: Reader = UNKNOWN) -> str:
        return self._templates.render(template, page, appearance)

    async def find(self, owner: UUID, message_id: UUID) -> Message:
        return await self._conversations.find_message(owner, message_id)

    async def frame(self, owner: UUID) -> Frame:
        """What stands around every page of other features."""
        return Frame(await self.sidebar(owner), self._is_demo)

    async def sidebar(self, owner: UUID, current: UUID | None = None) -> pages.ConversationList:
        """The list beside every page; `current` is the conversation that the page shows."""
        return pages.listed(await self._listing.page(owner, View(), PAGE + 1), PAGE, current)

    async def new_page(self, owner: UUID, model: str = "") -> pages.ChatPage:
        """The beginning of a conversation, with that model, else with the one that was used last."""
        listed = await self.sidebar(owner)
        last = max(listed.conversations, key=lambda one: one.updated_at, default=None)
        model = model or self._catalog.default(last.model if last else "")
        month = await self.month(owner)
        return pages.ChatPage(
            title="New conversation",
            list=listed,
            composer=replace(self.composer(owner, model, None), note=month.note),
            is_demo=self._is_demo,
            spent=month.spent,
        )

    async def chat_page(
        self,
        owner: UUID,
        conversation_id: UUID,
        place: Place = NEWEST,
        *,
        whole: bool = True,
        deleted: UUID | None = None,
    ) -> pages.ChatPage:
        """A conversation's turns at a place; `whole` if it is not a part for htmx. What was `deleted` can come back."""
        conversation = await self._conversations.find(owner, conversation_id)
        window = await self._window(owner, conversation_id, place)
        live_answer = pages.live_answer_of(window.messages)
        composer = self.composer(owner, conversation.model, conversation_id, live_answer)
        month = await self.month(owner)
        if window.is_newest:
            await self._listing.mark_read(owner, conversation_id)
        return pages.ChatPage(
            title=conversation.title,
            list=await self.sidebar(owner, conversation_id),
            composer=replace(
                composer,
                is_below_earlier=not window.is_newest,
                note=month.note,
                undo=await self._undo(owner, conversation_id, deleted) if deleted else None,
            ),
            is_demo=self._is_demo,
            spent=month.spent,
            conversation=conversation,
            turns=tuple(
                [
                    replace(turn, is_on_whole_page=whole, is_hidden=window.is_hidden)
                    for turn in await self.turns(window.messages)
                ]
            ),
            earlier_url=_earlier_url(conversation_id, window),
            later_url=later_url(conversation_id, window),
            newest_url=None if window.is_newest else f"/c/{conversation_id}",
            is_branched=await self._branches.is_branched(owner, conversation_id),
            hidden=place.at if window.is_hidden else None,
        )

    async def earlier_turns(self, owner: UUID, conversation_id: UUID, before: UUID) -> pages.MoreTurns:
        """The turns above the message `before`, for a page that has that one."""
        window = await self._window(owner, conversation_id, Place(before=before))
        return pages.MoreTurns(await self.turns(window.messages), _earlier_url(conversation_id, window))

    async def later_turns(self, owner: UUID, conversation_id: UUID, after: UUID) -> pages.MoreTurns:
        """The turns below the message `after`, for a page that has that one."""
        window = await self._window(owner, conversation_id, Place(after=after))
        return pages.MoreTurns(await self.turns(window.messages), later_url(conversation_id, window))

    async def refused_page(
        self, owner: UUID, conversation_id: UUID | None, refusal: RefusalError, *, text: str, model: str, client_id: str
    ) -> pages.ChatPage:
        """The page that a refused send came from, with what was typed still in the box."""
        page = await (self.new_page(owner) if conversation_id is None else self.chat_page(owner, conversation_id))
        model = model or page.composer.model
        composer = self.composer(owner, model, conversation_id, page.composer.live_answer)
        client_id, note = client_id or composer.client_id, page.composer.note
        composer = replace(composer, text=text, error=refusal.sentence, client_id=client_id, note=note)
        return replace(page, composer=composer)

    async def new_turns(self, owner: UUID, exchange: Exchange) -> pages.NewTurns:
        """What a send changes on the page that sent it."""
        conversation, answer = exchange.conversation, exchange.answer
        return pages.NewTurns(
            turns=await self.turns((exchange.question, answer)),
            list=await self.sidebar(owner, conversation.id),
            composer=self.button(conversation, answer),
        )

    async def news_of_turns(self, owner: UUID, conversation_id: UUID, after: UUID) -> pages.NewsOfTurns | None:
        """What came below the last message `after` of a page, None where nothing did. NotFoundError if that is gone."""
        window = await self._window(owner, conversation_id, Place(after=after))
        if not window.messages:
            return None
        await self._listing.mark_read(owner, conversation_id)
        conversation = await self._conversations.find(owner, conversation_id)
        last = window.messages[-1]
        latest = pages.Latest(conversation_id, last.id)
        return pages.NewsOfTurns(await self.turns(window.messages), latest, self.button(conversation, last))

    async def turn(self, owner: UUID, message: Message) -> pages.FinishedTurn:
        """A message as it is now, which has been looked at by that; of the last, also what it means for the rest."""
        message = await self._conversations.turn(owner, message.id)
        conversation = await self._conversations.find(owner, message.conversation_id)
        month = await self.month(owner)
        [turn] = await self.turns((message,))
        if message.id != conversation.active_leaf_id:
            return pages.FinishedTurn(turn, None, spent=month.spent)
        await self._listing.mark_read(owner, conversation.id)
        composer = replace(self.button(conversation, message), note=month.note)
        return pages.FinishedTurn(turn, composer, pages.Latest(conversation.id, message.id), month.spent)

    def wait_part(self, name: str, wait: Wait) -> str:
        """The part `thinking` or `notice` of a growing answer."""
        return self._templates.render(f"conversations/{name}.hx.html", WaitPart(wait))

    def model_name(self, message: Message) -> str:
        """The name of an answer's model, for people."""
        return self.name_of_model(message.receipt.model)

    def name_of_model(self, model_id: str) -> str:
        model = self._catalog.find(model_id)
        return model.short_name if model else model_id

    def live_head(self, appearance: Reader, answer: UUID | None = None) -> str:
        return self._templates.render("conversations/live.html", LiveHead("Answer", answer), appearance)

    async def month(self, owner: UUID) -> Month:
        """What pages tell of the month; empty words where they tell nothing."""
        if self._budgets is None:
            return Month("", "")
        standing = await self._budgets.standing(owner)
        return Month(standing.summary, standing.note(datetime.now(UTC)))

    def button(self, conversation: Conversation, answer: Message) -> pages.Composer:
        """What a fragment changes of the composer: Send or Stop, and the client id. Its models stay as they are."""
        live_answer = pages.live_answer_of((answer,))
        return pages.make_composer((), conversation.model, conversation.id, live_answer=live_answer)

    async def _undo(self, owner: UUID, conversation_id: UUID, deleted: UUID) -> pages.DeletedMessages | None:
        count = await self._branches.deleted_with(owner, conversation_id, deleted)
        return pages.DeletedMessages(deleted, count) if count else None

    def composer(
        self, owner: UUID, model: str, conversation_id: UUID | None, live_answer: UUID | None = None
    ) -> pages.Composer:
        """With a sentence where the model may not be used any more: another is to be chosen."""
        is_fit = not model or self._catalog.allows(model)
        models, error = self._catalog.models, "" if is_fit else NotAllowedError(model).sentence
        return pages.make_composer(models, model, conversation_id, owner=owner, live_answer=live_answer, error=error)

    async def _window(self, owner: UUID, conversation_id: UUID, place: Place) -> Window:
        store = self._conversations
        if place.at is not None:
            return await store.window_around(owner, conversation_id, place.at, WINDOW, WEIGHT)
        if place.after is not None:
            return await store.window_after(owner, conversation_id, place.after, WINDOW, WEIGHT)
        return await store.window(owner, conversation_id, place.before, WINDOW, WEIGHT)

    async def turns(self, messages: Sequence[Message]) -> tuple[pages.Turn, ...]:
        renderings = await self._renderings([one for one in messages if one.role != "user" and not one.is_live])
        turns, shown = Turns(), list[pages.Turn]()
        for message in messages:  # questions may be full of addresses
            shown.append(self._turn(message, renderings))
            await turns.pass_on()
        return tuple(shown)

    def _turn(self, message: Message, renderings: Mapping[UUID, Rendering]) -> pages.Turn:
        if message.role == "user":
            return pages.question_turn(message)
        name = self.model_name(message)
        if message.is_live:
            return pages.growing_turn(message, self._replies.snapshot(message), name)
        return pages.finished_turn(message, renderings[message.id], name)

    async def _renderings(self, answers: Sequence[Message]) -> dict[UUID, Rendering]:
        """The HTML of finished answers. What an older renderer made is made again and kept, all in one transaction."""
        kept = {one.id: _kept_rendering(one) for one in answers}
        missing = [one for one in answers if kept[one.id] is None]
        new = await self.renderer.several(missing)
        final = [NewRendering(one.id, one.run, new[one.id].rendering) for one in missing if new[one.id].is_final]
        if final:
            await self._reply_store.save_renderings_soon(final, RENDERER_VERSION)
        made = {key: one.rendering for key, one in new.items()}
        return made | {key: one for key, one in kept.items() if one is not None}


def _kept_rendering(answer: Message) -> Rendering | None:
    if answer.html is None or (answer.reasoning and answer.reasoning_html is None):
        return None
    return Rendering(answer.html, answer.reasoning_html or "")


def _earlier_url(conversation_id: UUID, window: Window) -> str | None:
    return f"/c/{conversation_id}?before={window.messages[0].id}" if window.has_earlier else None


def later_url(conversation_id: UUID, window: Window) -> str | None:
    return f"/c/{conversation_id}?after={window.messages[-1].id}" if window.has_later else None

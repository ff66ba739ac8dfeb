"""Makes the typed contexts of the templates from what the stores have, and renders them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from webapp.catalog.catalog import Catalog
from webapp.conversations import pages
from webapp.conversations.messages import Conversation, Exchange, Message, Source, anchor
from webapp.conversations.replies import Replies
from webapp.conversations.replies_store import ReplyStore
from webapp.conversations.store import PAGE, Conversations
from webapp.rendering.markdown import RENDERER_VERSION, render
from webapp.web.refusals import RefusalError
from webapp.web.templating import Templates

WINDOW: Final = 60  # messages on a page; older ones are a link away


class LiveHead(Struct, frozen=True):
    title: str


class Sources(Struct, frozen=True):
    sources: tuple[Source, ...]


class Presenter:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(
        self,
        templates: Templates,
        conversations: Conversations,
        reply_store: ReplyStore,
        replies: Replies,
        catalog: Catalog,
        *,
        is_demo: bool,
        max_message_bytes: int,
    ) -> None:
        self._templates = templates
        self._conversations = conversations
        self._reply_store = reply_store
        self._replies = replies
        self._catalog = catalog
        self._is_demo = is_demo
        self.max_message_bytes = max_message_bytes

    def render(self, template: str, page: Struct) -> str:
        return self._templates.render(template, page)

    async def find(self, owner: UUID, message_id: UUID) -> Message:
        return await self._conversations.find_message(owner, message_id)

    async def new_page(self, owner: UUID) -> pages.ChatPage:
        """The beginning of a conversation, with the model that was used last."""
        conversations = await self._conversations.page(owner, limit=PAGE + 1)
        model = self._catalog.default(conversations[0].model if conversations else "")
        return pages.ChatPage(
            title="New conversation",
            list=pages.listed(conversations, PAGE),
            composer=self._composer(model, None),
            is_demo=self._is_demo,
        )

    async def chat_page(
        self, owner: UUID, conversation_id: UUID, before: UUID | None = None, *, whole: bool = True
    ) -> pages.ChatPage:
        """A conversation's last turns, or those above the message `before`; `whole` if it is not a part for htmx."""
        conversation = await self._conversations.find(owner, conversation_id)
        window = await self._conversations.window(owner, conversation_id, before, WINDOW)
        earlier = f"/c/{conversation_id}?before={window.messages[0].id}" if window.has_earlier else None
        composer = self._composer(conversation.model, conversation_id, pages.live_answer_of(window.messages))
        return pages.ChatPage(
            title=conversation.title,
            list=await self._list(owner, conversation_id),
            composer=replace(composer, is_below_earlier=before is not None),
            is_demo=self._is_demo,
            conversation=conversation,
            turns=tuple([replace(turn, is_on_whole_page=whole) for turn in await self._turns(window.messages)]),
            earlier_url=earlier,
            newest_url=f"/c/{conversation_id}" if before is not None else None,
        )

    async def refused_page(
        self, owner: UUID, conversation_id: UUID | None, refusal: RefusalError, *, text: str, model: str, client_id: str
    ) -> pages.ChatPage:
        """The page that a refused send came from, with what was typed still in the box."""
        page = await (self.new_page(owner) if conversation_id is None else self.chat_page(owner, conversation_id))
        composer = self._composer(model or page.composer.model, conversation_id, page.composer.live_answer)
        composer = replace(composer, text=text, error=refusal.sentence, client_id=client_id or composer.client_id)
        return replace(page, composer=composer)

    async def list_page(self, owner: UUID, before: UUID | None) -> pages.ListPage:
        """The conversations that were used before `before` was, or the first ones."""
        place = None
        if before is not None:
            last = await self._conversations.find(owner, before)
            place = (last.updated_at, last.id)
        conversations = await self._conversations.page(owner, before=place, limit=PAGE + 1)
        return pages.ListPage("Older conversations", pages.listed(conversations, PAGE), self._is_demo)

    async def new_turns(self, owner: UUID, exchange: Exchange) -> pages.NewTurns:
        """What a send changes on the page that sent it."""
        conversation, answer = exchange.conversation, exchange.answer
        return pages.NewTurns(
            turns=await self._turns((exchange.question, answer)),
            list=await self._list(owner, conversation.id),
            composer=self._button(conversation, answer),
        )

    async def turn(self, owner: UUID, message: Message) -> pages.FinishedTurn:
        """A message on its own, with what its state means for the composer."""
        conversation = await self._conversations.find(owner, message.conversation_id)
        composer = self._button(conversation, message)
        return pages.FinishedTurn((await self._turns((message,)))[0], composer)

    def sources(self, sources: tuple[Source, ...]) -> str:
        """The list of pages that an answer cites."""
        return self._templates.render("conversations/sources.hx.html", Sources(sources))

    def live_head(self) -> str:
        return self._templates.render("conversations/live.html", LiveHead("Answer"))

    async def _list(self, owner: UUID, current: UUID) -> pages.ConversationList:
        conversations: Sequence[Conversation] = await self._conversations.page(owner, limit=PAGE + 1)
        return pages.listed(conversations, PAGE, current)

    def _button(self, conversation: Conversation, answer: Message) -> pages.Composer:
        """What a fragment changes of the composer: Send or Stop, and the client id. Its models stay as they are."""
        live_answer = pages.live_answer_of((answer,))
        return pages.make_composer((), conversation.model, conversation.id, live_answer=live_answer)

    def _composer(self, model: str, conversation_id: UUID | None, live_answer: UUID | None = None) -> pages.Composer:
        return pages.make_composer(self._catalog.models, model, conversation_id, live_answer=live_answer)

    async def _turns(self, messages: Sequence[Message]) -> tuple[pages.Turn, ...]:
        return tuple([await self._turn(message) for message in messages])

    async def _turn(self, message: Message) -> pages.Turn:
        model = self._catalog.find(message.receipt.model)
        name = model.short_name if model else message.receipt.model
        if message.is_live:
            return pages.growing_turn(message, self._replies.snapshot(message), name)
        if message.role == "user" or message.html is not None:
            return pages.finished_turn(message, message.html or "", name)
        html = render(message.content, anchor=anchor(message.id))
        await self._reply_store.save_html(message.id, html, RENDERER_VERSION)
        return pages.finished_turn(message, html, name)

"""What a person does in a conversation, each as one step: stores, streaming core and catalogue put together."""

from typing import Final
from uuid import UUID

from webapp.catalog.catalog import Catalog
from webapp.conversations.messages import Beginning, Conversation, Exchange, Message
from webapp.conversations.replies import Replies
from webapp.conversations.store import Conversations
from webapp.web.refusals import InvalidError, TooLargeError

MAX_TITLE: Final = 200


class Chat:
    """The same for pages and API. Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(self, store: Conversations, replies: Replies, catalog: Catalog, *, max_message_bytes: int) -> None:
        self._store = store
        self._replies = replies
        self._catalog = catalog
        self._max_message_bytes = max_message_bytes

    async def ask(
        self, owner: UUID, conversation_id: UUID | None, text: str, *, model: str = "", client_id: str = ""
    ) -> Exchange:
        """Stores a question and sets its answer growing; in a new conversation if `conversation_id` is None.

        Without a `model` the conversation's own is taken. Raises RefusalError before anything is stored.
        """
        self._check_text(text)
        self._replies.check_open()
        chosen = await self._choose(owner, conversation_id, model)
        exchange = await self._store.add_exchange(owner, conversation_id, text, chosen, client_id)
        if exchange.is_new:
            self._replies.start(Beginning(exchange.answer, chosen, exchange.prompt))
        return exchange

    async def retry(self, owner: UUID, answer_id: UUID, model: str = "") -> Message:
        """Sets another answer to the same question growing, by `model` or else by the one of the old answer."""
        self._replies.check_open()
        old = await self._store.find_message(owner, answer_id)
        chosen = await self._catalog.require(model or (await self._store.find(owner, old.conversation_id)).model)
        beginning = await self._store.add_retry(owner, answer_id, chosen)
        self._replies.start(beginning)
        return beginning.answer

    async def resume(self, owner: UUID, answer_id: UUID) -> Message:
        """Lets a cut answer grow on from where it ends."""
        self._replies.check_open()
        beginning = await self._store.resume(owner, answer_id)
        self._replies.start(beginning)
        return beginning.answer

    async def rename(self, owner: UUID, conversation_id: UUID, title: str) -> Conversation:
        """Gives a conversation a title of 1 to 200 characters, on one line."""
        line = " ".join(title.split())
        if not line or len(line) > MAX_TITLE or not _is_text(line):
            raise InvalidError(f"A title has 1 to {MAX_TITLE} characters.")
        return await self._store.rename(owner, conversation_id, line)

    async def delete(self, owner: UUID, conversation_id: UUID) -> None:
        """Deletes a conversation for good, and stops what grows in it."""
        self._replies.abandon(await self._store.delete(owner, conversation_id))

    async def start_empty(self, owner: UUID, model: str = "") -> Conversation:
        """A conversation without messages, for the API."""
        last = await self._store.page(owner, limit=1)
        chosen = model or self._catalog.default(last[0].model if last else "")
        return await self._store.add(owner, await self._catalog.require(chosen))

    async def _choose(self, owner: UUID, conversation_id: UUID | None, model: str) -> str:
        if not model and conversation_id is not None:
            model = (await self._store.find(owner, conversation_id)).model
        return await self._catalog.require(model or self._catalog.default())

    def _check_text(self, text: str) -> None:
        if not text.strip():
            raise InvalidError("The message is empty. Write something, then send.")
        if not _is_text(text):
            raise InvalidError("The message holds characters that are not text.")
        if len(text.encode()) > self._max_message_bytes:
            raise TooLargeError(f"The message is too long: at most {self._max_message_bytes // 1000} kB fit in one.")


def _is_text(text: str) -> bool:
    """Whether every database can keep it: JSON can carry NUL and half a surrogate pair, which they cannot."""
    return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)

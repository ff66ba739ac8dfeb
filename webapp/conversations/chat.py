"""What a person does in a conversation, each as one step: stores, streaming core and catalogue put together."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from webapp.catalog.catalog import Catalog
from webapp.conversations.listing import View
from webapp.conversations.listing_store import Listing
from webapp.conversations.messages import Beginning, Conversation, Exchange, Feedback, Message
from webapp.conversations.renderings import Renderer
from webapp.conversations.replies import Replies
from webapp.conversations.store import Conversations
from webapp.conversations.titles import Titles
from webapp.conversations.tree_store import Branches
from webapp.library.prompts import Persona
from webapp.rendering.safety import unturned
from webapp.web.refusals import InvalidError, TooLargeError

_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
MAX_TITLE: Final = 200
MAX_NOTE: Final = 2_000


class Chat:
    """The same for pages and API. Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(
        self,
        store: Conversations,
        branches: Branches,
        listing: Listing,
        replies: Replies,
        catalog: Catalog,
        titles: Titles,
        renderer: Renderer,
        *,
        max_message_bytes: int,
    ) -> None:
        self._store = store
        self._branches = branches
        self._listing = listing
        self._replies = replies
        self._catalog = catalog
        self._titles = titles
        self._renderer = renderer
        self._max_message_bytes = max_message_bytes

    async def ask(
        self,
        owner: UUID,
        conversation_id: UUID | None,
        text: str,
        *,
        model: str = "",
        client_id: str = "",
        persona: Persona | None = None,
    ) -> Exchange:
        """Stores a question and sets its answer growing; in a new conversation if `conversation_id` is None.

        A new one starts from the `persona`. Without a `model` the conversation's own is taken. Raises RefusalError
        before anything is stored.
        """
        check_text(text, self._max_message_bytes)
        self._replies.check_open()
        chosen = await self._choose(owner, conversation_id, model)
        exchange = await self._store.add_exchange(
            owner,
            conversation_id,
            text,
            chosen,
            client_id,
            system_prompt=persona.system_prompt if persona else "",
            parameters=persona.parameters if persona else {},
        )
        if exchange.is_new:
            self._replies.start(_beginning(exchange, chosen))
            if self._titles.is_wanted(exchange):
                self._replies.when_ended(exchange.answer.id, lambda: self._titles.start(exchange))
        return exchange

    async def ask_edited(self, owner: UUID, question_id: UUID, run: int, text: str, *, model: str = "") -> Exchange:
        """Asks a question anew in other words, beside the old one, which was read in `run`."""
        check_text(text, self._max_message_bytes)
        self._replies.check_open()
        old = await self._store.find_message(owner, question_id)
        chosen = await self._choose(owner, old.conversation_id, model)
        exchange = await self._store.add_edited(owner, question_id, run, text, chosen)
        self._replies.start(_beginning(exchange, chosen))
        return exchange

    async def edit(self, owner: UUID, message_id: UUID, run: int, text: str) -> None:
        """Changes the text of a question or answer, which was read in `run`, in place; the earlier one is kept too."""
        check_text(text, self._max_message_bytes)
        old = await self._store.find_message(owner, message_id)
        made = await self._renderer.one(owner, old.id, text, old.reasoning) if old.role == "assistant" else None
        await self._branches.edit(owner, message_id, run, text, made.rendering if made and made.is_final else None)

    async def rate(self, owner: UUID, answer_id: UUID, feedback: str, note: str) -> UUID:
        """Keeps what a reader thinks of an answer: `up`, `down` or nothing, and a note of up to 2000 characters.

        Returns the conversation.
        """
        if feedback not in set(Feedback):
            raise InvalidError("An answer is judged up or down, or not at all.")
        if len(note) > MAX_NOTE or not _is_text(note):
            raise InvalidError(f"A note has at most {MAX_NOTE} characters.")
        return await self._branches.rate(owner, answer_id, Feedback(feedback), note.strip())

    async def retry(self, owner: UUID, message_id: UUID, model: str = "") -> Message:
        """Sets another answer growing, to the same question or to the message if it is one, by `model` or as before."""
        self._replies.check_open()
        old = await self._store.find_message(owner, message_id)
        chosen = await self._choose(owner, old.conversation_id, model)
        beginning = await self._store.add_retry(owner, message_id, chosen)
        self._replies.start(beginning)
        return beginning.answer

    async def resume(self, owner: UUID, answer_id: UUID) -> Message:
        """Lets a cut answer grow on from where it ends. NotAllowedError if its model is not to be used any more."""
        self._replies.check_open()
        cut = await self._store.find_message(owner, answer_id)
        self._catalog.check_allowed((await self._store.find(owner, cut.conversation_id)).model)
        beginning = await self._store.resume(owner, answer_id)
        self._replies.start(beginning)
        return beginning.answer

    async def rename(self, owner: UUID, conversation_id: UUID, title: str) -> Conversation:
        """Gives a conversation a title of 1 to 200 characters, on one line."""
        line = " ".join(unturned(title).split())
        if not line or len(line) > MAX_TITLE or not _is_text(line):
            raise InvalidError(f"A title has 1 to {MAX_TITLE} characters.")
        return await self._store.rename(owner, conversation_id, line)

    async def delete(self, owner: UUID, conversation_id: UUID) -> datetime:
        """Deletes a conversation, and stops what grows in it; returns the moment by which it can be brought back."""
        deleted = await self._store.delete(owner, conversation_id)
        self._replies.abandon(deleted.live)
        return deleted.moment

    async def delete_many(self, owner: UUID, chosen: Iterable[UUID] | View) -> datetime:
        """The same for some, or for all of a view."""
        deleted = await self._listing.delete(owner, chosen)
        self._replies.abandon(deleted.live)
        return deleted.moment

    async def start_empty(self, owner: UUID, model: str = "") -> Conversation:
        """A conversation without messages, for the API."""
        last = await self._store.page(owner, limit=1)
        return await self._store.add(owner, await self._catalog.choose(model, last[0].model if last else ""))

    async def _choose(self, owner: UUID, conversation_id: UUID | None, model: str) -> str:
        if not model and conversation_id is not None:
            model = (await self._store.find(owner, conversation_id)).model
        return await self._catalog.choose(model)


def check_text(text: str, max_bytes: int) -> None:
    """Raises InvalidError or TooLargeError for what is no message."""
    if not text.strip():
        raise InvalidError("The message is empty. Write something, then send.")
    if not _is_text(text):
        raise InvalidError("The message holds characters that are not text.")
    if len(text.encode()) > max_bytes:
        raise TooLargeError(f"The message is too long: at most {max_bytes // 1000} kB fit in one.")


def _beginning(exchange: Exchange, model: str) -> Beginning:
    return Beginning(exchange.answer, model, exchange.prompt, exchange.terms, exchange.options)


def _is_text(text: str) -> bool:
    """Whether every database can keep it: JSON can carry NUL and half a surrogate pair, which they cannot."""
    return _NO_TEXT.search(text) is None

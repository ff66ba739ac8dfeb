"""Chats that are in no table. What was said is with the page that shows it and comes back with each question.

So any process can answer the next one, and nothing of it is left when the page is closed; an answer ends with the
connection that follows it. Limits and the ledger hold as they do for other answers.
"""

from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import cycle
from math import ceil
from time import monotonic
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from webapp.catalog.catalog import Catalog
from webapp.conversations.chat import check_text
from webapp.conversations.messages import Beginning, Message, PromptMessage, Receipt, Status
from webapp.conversations.replies import Replies
from webapp.conversations.replies_store import Ending
from webapp.conversations.reply import Reply
from webapp.conversations.store import Conversations
from webapp.db.types import new_id
from webapp.temporary.unkept import Unkept
from webapp.web.refusals import InvalidError, TooManyError

MINUTE: Final = 60.0


class Asked(Struct, frozen=True):
    """What was said before, the question, and the answer that is to grow."""

    earlier: tuple[Message, ...]
    question: Message
    beginning: Beginning

    @property
    def answer(self) -> Message:
        return self.beginning.answer


class TemporaryChat:
    def __init__(
        self,
        replies: Replies,
        unkept: Unkept,
        conversations: Conversations,
        catalog: Catalog,
        *,
        max_live: int,
        max_per_minute: int,
        max_message_bytes: int,
    ) -> None:
        """`replies` is a streaming core of its own, kept by `unkept`. A `max_per_minute` of 0 is no limit."""
        self._replies = replies
        self._unkept = unkept
        self._conversations = conversations
        self._catalog = catalog
        self._max_live = max_live
        self._pace = Pace(max_per_minute)
        self._max_message_bytes = max_message_bytes

    async def ask(self, owner: UUID, said: Sequence[str], text: str, model: str) -> Asked:
        """An answer that may grow to `text`, after what was `said`: questions and answers by turns.

        Raises RefusalError, as a send into a conversation does.
        """
        check_text(text, self._max_message_bytes)
        self._replies.check_open()
        chosen = await self._catalog.choose(model)
        if (live := self._replies.count_of(owner)) >= self._max_live:
            raise TooManyError(f"{live} temporary answers are growing already. Wait for one to end.", retry_after=5)
        self._pace.take(owner)
        earlier, question = earlier_messages(owner, said), _message(owner, "user", text)
        answer = replace(_message(owner, "assistant", ""), status=Status.STREAMING, receipt=Receipt(model=chosen))
        prompt = tuple([PromptMessage(one.role, one.content) for one in (*earlier, question)])
        options, terms = await self._conversations.begin_unkept(answer, prompt)
        return Asked(earlier, question, Beginning(answer, chosen, prompt, terms, options))

    async def grow(self, beginning: Beginning) -> AsyncGenerator[Reply, None]:
        """Sets the answer growing, and yields it as the streaming core does. It ends with whoever follows it."""
        answer = beginning.answer
        self._unkept.expect(answer.id)
        self._replies.start(beginning)
        try:
            async with aclosing(self._replies.follow(answer)) as versions:
                async for reply in versions:
                    yield reply
        finally:
            self._replies.abandon([answer.id])

    async def ended(self, answer: Message) -> Message:
        """The answer as it is when it has grown, which it does no longer."""
        await self._replies.stop(answer.owner_id, answer.id)
        ending = self._unkept.take(answer.id)
        return answer if ending is None else _finished(answer, ending)

    def forget(self, answer: Message) -> None:
        """Nobody is going to ask how it ended."""
        self._unkept.take(answer.id)


class Pace:
    """How many questions a person may send within a minute to this process; 0 for as many as they like."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: defaultdict[UUID, deque[float]] = defaultdict(deque)

    def take(self, owner: UUID) -> None:
        """Counts one. Raises TooManyError, which says when another may be sent."""
        if not self._most:
            return
        now = monotonic()
        for known in list(self._taken):
            self._drop(known, now - MINUTE)
        taken = self._taken[owner]
        if len(taken) >= self._most:
            seconds = max(1, ceil(taken[0] + MINUTE - now))
            raise TooManyError(
                f"{len(taken)} messages were sent within a minute, as many as may be. Send again in {seconds} s.",
                retry_after=seconds,
            )
        taken.append(now)

    def _drop(self, owner: UUID, before: float) -> None:
        taken = self._taken[owner]
        while taken and taken[0] <= before:
            taken.popleft()
        if not taken:
            del self._taken[owner]


def earlier_messages(owner: UUID, said: Sequence[str]) -> tuple[Message, ...]:
    """What was said, as messages: a question, its answer, the next question. Raises InvalidError for half a turn."""
    if len(said) % 2:
        raise InvalidError("What was said before does not fit: to each question there is one answer.")
    roles: cycle[Literal["user", "assistant"]] = cycle(("user", "assistant"))
    return tuple([_message(owner, role, text) for role, text in zip(roles, said, strict=False)])


def _message(owner: UUID, role: Literal["user", "assistant"], text: str) -> Message:
    return Message(new_id(), new_id(), owner, None, role, text, Status.COMPLETE, datetime.now(UTC))


def _finished(answer: Message, ending: Ending) -> Message:
    progress = ending.progress
    return replace(
        answer,
        content=progress.content,
        reasoning=progress.reasoning,
        sources=progress.sources,
        status=ending.status,
        receipt=ending.receipt,
        html=ending.rendering.html,
        reasoning_html=ending.rendering.reasoning_html,
        error_code=ending.error_code,
        error_message=ending.error_message,
    )

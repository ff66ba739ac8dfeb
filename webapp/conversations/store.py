"""Conversations and their messages: queries and commands. Each is one transaction and takes the owner first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import UUID

from msgspec import to_builtins
from msgspec.structs import replace
from sqlalchemy import Uuid, and_, bindparam, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.budgets import Standing, Terms
from webapp.accounts.budgets_store import Budgets
from webapp.accounts.storage_store import UNLIMITED as BOUNDLESS
from webapp.accounts.storage_store import Quota
from webapp.conversations.listing_store import Deleted, delete_for_a_while
from webapp.conversations.messages import (
    Beginning,
    Conversation,
    Exchange,
    KeptPicture,
    Message,
    PromptMessage,
    Sent,
    Status,
    Window,
    title_from,
)
from webapp.conversations.quotes import TariffOf, quoted, without_tariffs
from webapp.conversations.reservations_store import LEASE, reserve
from webapp.conversations.rows_store import (
    add_answer,
    as_conversation,
    as_message,
    check_unchanged,
    copy_pictures,
    find_conversation,
    find_message,
    new_conversation,
    new_message,
    pictures_of,
    prompt,
)
from webapp.conversations.sending import OptionsOf, all_options, sent_with
from webapp.conversations.windows_store import above, below, nearest, versions
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import IS_LIVE, IS_THERE
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import UtcDateTime, first_id
from webapp.web.refusals import ConflictError, NotFoundError, TooManyError

PAGE: Final = 40
MINUTE: Final = timedelta(minutes=1)
UNLIMITED: Final = Budgets()

# Made once: to put a statement together costs more than to execute it.
_OWNER: Final[Any] = bindparam("owner")
_PLACE: Final = (ConversationRow.updated_at, ConversationRow.id)
_LISTED: Final = (
    select(*(getattr(ConversationRow, name) for name in Conversation.__struct_fields__))
    .where(ConversationRow.owner_id == _OWNER, ConversationRow.archived.is_(False), IS_THERE)
    .order_by(*(column.desc() for column in _PLACE))
    .limit(bindparam("limit"))
)
_LISTED_BELOW: Final = _LISTED.where(
    tuple_(*_PLACE) < tuple_(bindparam("time", type_=UtcDateTime()), bindparam("key", type_=Uuid()))
)
_QUESTION_SENT: Final = select(MessageRow).where(
    MessageRow.owner_id == _OWNER, MessageRow.client_id == bindparam("client_id")
)
# By itself SQLite goes through all messages of the owner: it cannot know that there are more of them.
_GROWING: Final = (
    select(MessageRow.id)
    .where(MessageRow.owner_id == _OWNER, IS_LIVE)
    .with_hint(MessageRow, "INDEXED BY ix_messages_live", "sqlite")
)
# Keys are in the order of time, so that only the last messages of all are looked at: hence no WHERE for the owner.
# Copies of answers have begun nothing.
_IS_BEGUN: Final[Any] = and_(
    MessageRow.owner_id == _OWNER, MessageRow.role == "assistant", MessageRow.copied_from.is_(None)
)
_BEGUN_SINCE: Final = select(
    func.count().filter(_IS_BEGUN).label("begun"), func.min(MessageRow.created_at).filter(_IS_BEGUN).label("first")
).where(MessageRow.id >= bindparam("since"))


class Conversations:
    def __init__(
        self,
        database: Database,
        *,
        max_live: int,
        renderer_version: int,
        max_per_minute: int = 0,
        budgets: Budgets = UNLIMITED,
        quota: Quota = BOUNDLESS,
        options_of: OptionsOf = all_options,
        tariff_of: TariffOf = without_tariffs,
    ) -> None:
        """`max_live` answers may grow at once for one owner, and as many begin as `max_per_minute` says; 0 for any.

        What they cost is held to `budgets`, and what they may cost at most, by `tariff_of`, is reserved. What is kept
        of them and of questions is held to `quota`. `options_of` says what of a conversation's parameters its model is
        sent. HTML of another `renderer_version` is not handed out.
        """
        self._database = database
        self._max_live = max_live
        self._max_per_minute = max_per_minute
        self._budgets = budgets
        self._quota = quota
        self._options_of = options_of
        self._tariff_of = tariff_of
        self._renderer_version = renderer_version

    # Conversations

    async def add(self, owner: UUID, model: str, title: str = "New conversation") -> Conversation:
        async with self._database.write(owner) as session:
            conversation = new_conversation(session, owner, model, title)
            await self._quota.check(session, owner)
            return as_conversation(conversation)

    async def find(self, owner: UUID, conversation_id: UUID) -> Conversation:
        async with self._database.read() as session:
            return as_conversation(await find_conversation(session, owner, conversation_id))

    async def page(
        self, owner: UUID, before: tuple[datetime, UUID] | None = None, limit: int = PAGE
    ) -> list[Conversation]:
        """The owner's conversations, the last used first; `before` is the place of the last one of the page above."""
        query = _LISTED if before is None else _LISTED_BELOW
        place = {} if before is None else {"time": before[0], "key": before[1]}
        async with self._database.read() as session:
            rows = await session.execute(query, {"owner": owner, "limit": limit, **place})
            return [Conversation(*row) for row in rows]

    async def entitle(self, owner: UUID, conversation_id: UUID, title: str) -> None:
        """Gives a conversation a title that was made for it, unless its owner has given it one, or deleted it."""
        async with self._database.write(owner) as session:
            await session.execute(
                update(ConversationRow)
                .where(ConversationRow.id == conversation_id, ConversationRow.owner_id == owner, IS_THERE)
                .where(ConversationRow.title_is_given.is_(False))
                .values(title=title)
            )

    async def rename(self, owner: UUID, conversation_id: UUID, title: str) -> Conversation:
        async with self._database.write(owner) as session:
            row = await find_conversation(session, owner, conversation_id)
            row.title, row.title_is_given = title, True
            return as_conversation(row)

    async def delete(self, owner: UUID, conversation_id: UUID) -> Deleted:
        """Deletes a conversation, so that it can be brought back for a while."""
        async with self._database.write(owner) as session:
            await find_conversation(session, owner, conversation_id)
            return await delete_for_a_while(session, owner, [ConversationRow.id == conversation_id])

    # Messages

    async def find_message(self, owner: UUID, message_id: UUID) -> Message:
        async with self._database.read() as session:
            row = await find_message(session, owner, message_id)
            return self._message(row, (await pictures_of(session, [row.id])).get(row.id, ()))

    async def turn(self, owner: UUID, message_id: UUID) -> Message:
        """A message with its versions."""
        async with self._database.read() as session:
            row = await find_message(session, owner, message_id)
            return (await self._window(session, [row])).messages[0]

    async def window(
        self,
        owner: UUID,
        conversation_id: UUID,
        before: UUID | None = None,
        limit: int = PAGE,
        weight: int | None = None,
    ) -> Window:
        """The last `limit` messages of the shown branch, or those above the message `before`.

        With a `weight` in whole exchanges, and no more characters than that, but the last exchange in any case.
        """
        async with self._database.read() as session:
            leaf = (await find_conversation(session, owner, conversation_id)).active_leaf_id
            if before is not None:
                leaf = (await find_message(session, owner, before, conversation_id)).parent_id
            rows = await above(session, leaf, limit, weight)
            return await self._window(session, rows[::-1], has_later=before is not None, is_newest=before is None)

    async def window_after(self, owner: UUID, conversation_id: UUID, after: UUID, limit: int, weight: int) -> Window:
        """The first messages of the shown branch under the message `after`."""
        async with self._database.read() as session:
            leaf = (await find_conversation(session, owner, conversation_id)).active_leaf_id
            await find_message(session, owner, after, conversation_id)
            found = await below(session, leaf, after, limit, weight)
            if found is None:
                raise NotFoundError("Another answer has taken the place of this one. Show the conversation anew.")
            rows, has_later = found
            return await self._window(session, rows, has_later=has_later, is_newest=not has_later)

    async def window_around(self, owner: UUID, conversation_id: UUID, at: UUID, limit: int, weight: int) -> Window:
        """The last messages if `at` is among them, else those around it; of a branch that is not shown, its end."""
        async with self._database.read() as session:
            leaf = (await find_conversation(session, owner, conversation_id)).active_leaf_id
            await find_message(session, owner, at, conversation_id)
            newest = await above(session, leaf, limit, weight)
            if any(row.id == at for row in newest):
                return await self._window(session, newest[::-1])
            higher = await above(session, at, limit // 2, weight // 2)
            found = await below(session, leaf, at, limit // 2, weight // 2)
            lower, has_later = found or ([], False)
            is_hidden = found is None
            return await self._window(
                session, higher[::-1] + lower, has_later=has_later, is_newest=False, is_hidden=is_hidden
            )

    async def window_from(self, owner: UUID, message_id: UUID, limit: int, weight: int) -> Window:
        """A message of the shown branch and those below it."""
        async with self._database.read() as session:
            row = await find_message(session, owner, message_id)
            leaf = (await find_conversation(session, owner, row.conversation_id)).active_leaf_id
            rows, has_later = await below(session, leaf, row.id, limit, weight) or ([], False)
            return await self._window(session, [row, *rows], has_later=has_later, is_newest=not has_later)

    async def window_up_to(
        self, owner: UUID, conversation_id: UUID, message_id: UUID, limit: int, weight: int
    ) -> Window:
        """The message and those above it, whatever branch is shown; bounded as `window` is."""
        async with self._database.read() as session:
            last = await find_message(session, owner, message_id, conversation_id)
            rows = await above(session, last.id, limit, weight)
            return await self._window(session, rows[::-1])

    async def latest_answer(self, owner: UUID, conversation_id: UUID) -> Message:
        """The answer at the end of the shown branch. NotFoundError where nothing has been asked."""
        window = await self.window(owner, conversation_id, limit=1)
        if not window.messages or window.messages[0].role != "assistant":
            raise NotFoundError("Nothing has been asked in this conversation yet.")
        return window.messages[0]

    # Exchanges

    async def add_exchange(
        self,
        owner: UUID,
        conversation_id: UUID | None,
        text: str,
        model: str,
        client_id: str,
        *,
        system_prompt: str = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> Exchange:
        """Adds a question and its empty answer at the end of a conversation's shown branch, or of a new one.

        That is told `system_prompt` and `parameters`.

        A send that is repeated with its `client_id` and text finds what the first one made; without a `client_id`
        none is. Raises NotFoundError, ConflictError while an answer is growing there, TooManyError above the limits of
        growing answers and of messages a minute, BudgetError where what is left of the month's money does not pay for
        it, NoRoomError where the owner has as much here as may be. The answer is kept whole, however much it is.
        """
        async with self._database.write(owner) as session:
            earlier = await _find_question(session, owner, client_id) if client_id else None
            if earlier is not None and (first := await self._repeated(session, owner, earlier, text)) is not None:
                return first
            live, standing = await self._check_room(session, owner)
            await self._quota.check(session, owner, len(text.encode()))
            if conversation_id is None:
                conversation = new_conversation(session, owner, model, title_from(text))
                conversation.system_prompt, conversation.parameters = system_prompt, dict(parameters or {})
            else:
                conversation = await find_conversation(session, owner, conversation_id)
                _check_settled(conversation, live)
                if conversation.active_leaf_id is None and not conversation.title_is_given:
                    conversation.title = title_from(text)
            given = await prompt(session, conversation, conversation.active_leaf_id, PromptMessage("user", text))
            question = new_message(conversation, conversation.active_leaf_id, "user", Status.COMPLETE, content=text)
            # A page that the browser kept sends its id again, with another text: that is another question.
            question.client_id = client_id if client_id and earlier is None else None
            return self._asked(session, conversation, question, model, given, standing)

    async def add_edited(self, owner: UUID, question_id: UUID, run: int, text: str, model: str) -> Exchange:
        """Adds another version of a question beside it, with an empty answer, and shows them; the old one is kept.

        Raises ConflictError if the question has been edited since it was read in `run`, or while an answer is growing
        at the end of what is shown.
        """
        async with self._database.write(owner) as session:
            old = await find_message(session, owner, question_id, role="user")
            conversation = await find_conversation(session, owner, old.conversation_id)
            check_unchanged(old, run)
            live, standing = await self._check_room(session, owner)
            _check_settled(conversation, live)
            given = await prompt(session, conversation, old.parent_id, PromptMessage("user", text))
            old.run += 1  # whoever edits it as well is told
            question = new_message(conversation, old.parent_id, "user", Status.COMPLETE, content=text)
            exchange = self._asked(session, conversation, question, model, given, standing)
            await copy_pictures(session, {old.id: question.id})
            await self._quota.check(session, owner)
            return exchange

    async def add_retry(self, owner: UUID, message_id: UUID, model: str) -> Beginning:
        """Adds an answer, empty and growing, and shows it: beside another answer, which is kept, or to a question."""
        async with self._database.write(owner) as session:
            old = await find_message(session, owner, message_id)
            conversation = await find_conversation(session, owner, old.conversation_id)
            live, standing = await self._check_room(session, owner)
            await self._quota.check(session, owner, 1)
            _check_settled(conversation, live)
            parent = old.id if old.role == "user" else old.parent_id
            given = await prompt(session, conversation, parent)
            if not given or given[-1].role != "user":
                raise ConflictError("There is no question here to answer: it has been deleted.")
            sent, terms = self._sent(conversation, model, given, standing)
            answer = self._add_answer(session, conversation, parent, sent, terms)
            return Beginning(self._message(answer), model, given, terms, sent.options)

    async def resume(self, owner: UUID, answer_id: UUID) -> Beginning:
        """Makes a cut answer grow again, from the text that it has. ConflictError if it is not one."""
        async with self._database.write(owner) as session:
            row = await find_message(session, owner, answer_id, role="assistant")
            conversation = await find_conversation(session, owner, row.conversation_id)
            if conversation.active_leaf_id != row.id:
                raise ConflictError("Only the last answer of a conversation can be continued.")
            if not self._message(row).can_continue:
                raise ConflictError("This answer cannot be continued: it is whole, still growing, or empty.")
            _, standing = await self._check_room(session, owner)
            await self._quota.check(session, owner, 1)
            given = await prompt(session, conversation, row.parent_id, PromptMessage("assistant", row.content))
            sent, terms = self._sent(conversation, conversation.model, given, standing, continued=len(row.content))
            row.sent = to_builtins(sent)
            row.status, row.stop_requested, row.html = Status.STREAMING, False, None
            row.error_code = row.error_message = row.finish_reason = row.generation_id = ""
            row.heartbeat_at = moment()
            row.running_cost, row.by_own_key = terms.hold.prompt or None, terms.own_key is not None
            row.run += 1
            reserve(session, owner, row.id, row.run, conversation.model, terms)
            return Beginning(self._message(row), conversation.model, given, terms, sent.options)

    def _asked(
        self,
        session: AsyncSession,
        conversation: ConversationRow,
        question: MessageRow,
        model: str,
        given: tuple[PromptMessage, ...],
        standing: Standing,
    ) -> Exchange:
        """Adds the question, and below it an empty answer by `model`, which is `given` what it is to read."""
        sent, terms = self._sent(conversation, model, given, standing)
        session.add(question)
        answer = self._add_answer(session, conversation, question.id, sent, terms)
        return Exchange(
            as_conversation(conversation),
            self._message(question),
            self._message(answer),
            given,
            terms=terms,
            options=sent.options,
        )

    def _add_answer(
        self, session: AsyncSession, conversation: ConversationRow, parent: UUID | None, sent: Sent, terms: Terms
    ) -> MessageRow:
        """An empty answer that is going to grow, with what it may cost reserved."""
        answer = add_answer(session, conversation, parent, sent, terms)
        conversation.model = sent.model
        reserve(session, conversation.owner_id, answer.id, 0, sent.model, terms)
        return answer

    def _sent(
        self,
        conversation: ConversationRow,
        model: str,
        given: Sequence[PromptMessage],
        standing: Standing,
        *,
        continued: int = 0,
    ) -> tuple[Sent, Terms]:
        """What the model is sent, and on what terms: no longer an answer than is left for. Raises BudgetError."""
        wanted = self._options_of(model, conversation.parameters)
        options, terms = self._terms(model, wanted, given, standing)
        return sent_with(model, options, conversation.system_prompt, given, continued=continued), terms

    def _terms(
        self, model: str, options: Mapping[str, Any], given: Sequence[PromptMessage], standing: Standing
    ) -> tuple[dict[str, Any], Terms]:
        """The options of a call that can be paid for. Raises BudgetError."""
        hold = standing.hold(quoted(self._tariff_of(model), model, given, options), datetime.now(UTC))
        cut = {} if hold.max_tokens is None else {"max_tokens": hold.max_tokens}
        return {**options, **cut}, standing.terms(hold)

    async def _window(
        self,
        session: AsyncSession,
        rows: list[MessageRow],
        *,
        has_later: bool = False,
        is_newest: bool = True,
        is_hidden: bool = False,
    ) -> Window:
        if not rows:
            return Window((), has_earlier=False, has_later=has_later, is_newest=is_newest)
        ids = [row.id for row in rows]
        pictures = await pictures_of(session, ids)
        parents = [await nearest(session, rows[0].parent_id), *ids[:-1]]
        beside = await versions(session, rows[0].conversation_id, parents)
        messages = tuple(
            replace(self._message(row, pictures.get(row.id, ())), parent_id=parent, versions=beside.get(parent, ()))
            for row, parent in zip(rows, parents, strict=True)
        )
        return Window(messages, parents[0] is not None, has_later, is_newest, is_hidden)

    async def _repeated(self, session: AsyncSession, owner: UUID, question: MessageRow, text: str) -> Exchange | None:
        """The exchange of an earlier send, if it was of the same text and is still there."""
        if question.content != text or question.deleted_at is not None:
            return None
        conversation = await find_conversation(session, owner, question.conversation_id)
        answers = select(MessageRow).where(
            MessageRow.parent_id == question.id, MessageRow.owner_id == owner, MessageRow.deleted_at.is_(None)
        )
        answer = await session.scalar(answers.order_by(MessageRow.id).limit(1))
        if answer is None:
            return None
        return Exchange(as_conversation(conversation), self._message(question), self._message(answer), is_new=False)

    async def begin_unkept(self, answer: Message, given: Sequence[PromptMessage]) -> tuple[dict[str, Any], Terms]:
        """The options and terms of an answer that is not to be kept, `given` what it is to read.

        What it may cost is reserved, as long as its process renews that. Raises as a send does.
        """
        owner, model = answer.owner_id, answer.receipt.model
        async with self._database.write(owner) as session:
            _, standing = await self._check_room(session, owner)
            options, terms = self._terms(model, {}, given, standing)
            reserve(session, owner, answer.id, answer.run, model, terms, lease=LEASE)
            return options, terms

    async def _check_room(self, session: AsyncSession, owner: UUID) -> tuple[list[UUID], Standing]:
        """The owner's growing answers, and where the owner stands.

        Raises TooManyError if no other may grow beside them, BudgetError where the month's money is spent.
        """
        live = list(await session.scalars(_GROWING, {"owner": owner}))
        if len(live) >= self._max_live:
            raise TooManyError(
                f"{len(live)} answers are growing already, as many as may at once. Stop one, or wait for one to end.",
                retry_after=5,
            )
        if self._max_per_minute:
            await self._check_pace(session, owner)
        standing = await self._budgets.of(session, owner)
        standing.check(datetime.now(UTC))
        return live, standing

    async def _check_pace(self, session: AsyncSession, owner: UUID) -> None:
        """Raises TooManyError where as many answers have begun within a minute as may; it says when one more may."""
        now = datetime.now(UTC)
        row = (await session.execute(_BEGUN_SINCE, {"owner": owner, "since": first_id(now - MINUTE)})).one()
        if row.begun < self._max_per_minute:
            return
        seconds = max(1, ceil((row.first + MINUTE - now).total_seconds()))
        raise TooManyError(
            f"{row.begun} messages were sent within a minute, as many as may be. Send again in {seconds} s.",
            retry_after=seconds,
        )

    def _message(self, row: MessageRow, pictures: tuple[KeptPicture, ...] = ()) -> Message:
        return as_message(row, self._renderer_version, pictures)


async def _find_question(session: AsyncSession, owner: UUID, client_id: str) -> MessageRow | None:
    row: MessageRow | None = await session.scalar(_QUESTION_SENT, {"owner": owner, "client_id": client_id})
    return row


def _check_settled(conversation: ConversationRow, live: Sequence[UUID]) -> None:
    """An answer that is still growing cannot be asked on: the model would not have read it."""
    if conversation.active_leaf_id in live:
        raise ConflictError("The answer above is still growing. Wait for its end or stop it, then send.")

"""What the streaming core keeps of growing answers. Found by id alone: whoever starts a reply has found its owner."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Row, and_, bindparam, func, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from webapp.conversations.bills_store import Call, OpenBill, Reaped, book_calls, take_back
from webapp.conversations.messages import Receipt, Rendering, Source, Status, kept_sources
from webapp.conversations.observing import spent_between
from webapp.conversations.pictures import Picture
from webapp.conversations.reservations_store import Expired, release, release_all, take_expired
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import IS_LIVE
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Message as MessageRow


class Progress(Struct, frozen=True):
    """An answer so far, in the run whose writer has it, and what its call is taken to have cost."""

    id: UUID
    content: str
    reasoning: str
    sources: tuple[Source, ...]
    run: int = 0
    generation_id: str = ""
    running_cost: Decimal | None = None


class NewRendering(NamedTuple):
    """What an answer's text, as it was read in `run`, looks like by a newer renderer."""

    id: UUID
    run: int
    rendering: Rendering


class Ending(Struct, frozen=True):
    """How an answer ended. `rendering` is by `renderer_version`.

    `before` is the receipt with which it began to grow: what came since goes into the ledger, and so does the estimate
    of an `open_bill`, in place of what was `reserved`. `payer` and `by_own_key` say whose that is where the message is
    gone.
    """

    progress: Progress
    status: Status
    receipt: Receipt
    rendering: Rendering
    renderer_version: int
    pictures: tuple[Picture, ...] = ()
    error_code: str = ""
    error_message: str = ""
    before: Receipt = Receipt()
    open_bill: OpenBill | None = None
    payer: UUID | None = None
    by_own_key: bool = False
    reserved: Decimal = Decimal(0)


class Kept(Struct, frozen=True):
    """What a writer learns at a checkpoint: answers that somebody asked to stop, and those that are no longer its own.

    The latter have ended or gone, by another process's doing, or have another writer by now.
    """

    stopped: frozenset[UUID]
    lost: frozenset[UUID]


class Checkpoint(Struct, frozen=True):
    """An answer as the database has it. `is_silent`: it should be growing, and has no heartbeat."""

    progress: Progress
    status: Status
    is_silent: bool


class ReplyKeeper(Protocol):
    """Where the streaming core keeps growing answers: the database, or nowhere. See ReplyStore for each method."""

    async def checkpoint(self, changed: Iterable[Progress], live: Mapping[UUID, int]) -> Kept: ...

    async def end(self, ending: Ending, now: datetime) -> bool: ...

    async def request_stop(self, owner: UUID, message_id: UUID) -> bool: ...

    async def read(self, message_ids: Iterable[UUID], silent_after: timedelta) -> dict[UUID, Checkpoint]: ...

    async def reap(self, silent_after: timedelta) -> int: ...


SUMMED: Final = ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "cost")


class ReplyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def checkpoint(self, changed: Iterable[Progress], live: Mapping[UUID, int]) -> Kept:
        """Keeps the texts of `changed` and a heartbeat for all `live`, given with their runs, in one transaction.

        Answers that have ended, and those of another run, are left alone.
        """
        texts = [
            {
                "key": one.id,
                "in_run": one.run,
                "text": one.content,
                "thoughts": one.reasoning,
                "cited": msgspec.to_builtins(one.sources),
                "generation": one.generation_id,
                "costs": one.running_cost,
            }
            for one in sorted(changed, key=lambda one: one.id)  # two writers that take turns at rows do it in one order
        ]
        async with self._database.write() as session:
            connection = await session.connection()
            if texts:
                await connection.execute(_KEEP_TEXT, texts)
            if silent := list(live.keys() - {one["key"] for one in texts}):
                await connection.execute(_HEARTBEAT, {"keys": silent})
            rows = (await connection.execute(_GROWING, {"keys": list(live)})).all()
        own = {row.id for row in rows if row.run == live[row.id]}
        return Kept(frozenset(row.id for row in rows if row.stop_requested and row.id in own), frozenset(live) - own)

    async def end(self, ending: Ending, now: datetime) -> bool:
        """Keeps how an answer ended, also where its writer was taken for dead: it has more than was kept.

        In the same transaction what it has cost goes into the ledger. False if it has ended otherwise, has another
        writer, or is gone: then nothing is changed, but what one that is gone has cost is in the ledger all the same.
        """
        progress = ending.progress
        values = {
            "key": progress.id,
            "in_run": progress.run,
            "content": progress.content,
            "reasoning": progress.reasoning,
            "citations": msgspec.to_builtins(progress.sources),
            "html": ending.rendering.html,
            "reasoning_html": ending.rendering.reasoning_html,
            "renderer_version": ending.renderer_version,
            "status": ending.status,
            "error_code": ending.error_code,
            "error_message": ending.error_message,
            "finished_at": now,
            "stop_requested": False,
            **{name: getattr(ending.receipt, name) for name in Receipt.__struct_fields__ if name not in SUMMED},
            **{f"more_{name}": _more(ending, name) for name in SUMMED},
        }
        async with self._database.write() as session:
            connection = await session.connection()
            row = (await connection.execute(_END, values)).first()
            if row is not None:
                await self._book(connection, ending, now, row)
                session.add_all(_attachment(progress.id, picture, now) for picture in ending.pictures)
                return True
            if ending.payer is not None and not await session.scalar(_IS_THERE, {"key": progress.id}):
                await _settle(connection, call_of(ending, ending.payer, by_own_key=ending.by_own_key), now)
            return False

    async def _book(
        self, connection: AsyncConnection, ending: Ending, now: datetime, row: Row[UUID, bool, datetime | None]
    ) -> None:
        call = call_of(ending, row.owner_id, by_own_key=row.by_own_key)
        if row.heartbeat_at is None:  # it was taken for dead, and an estimate is in the ledger
            taken = await take_back(connection, call.message_id)
            call = replace(call, answers=0, spent=replace(call.spent, cost=call.spent.cost - taken))
        await _settle(connection, call, now)

    async def request_stop(self, owner: UUID, message_id: UUID) -> bool:
        """Leaves word for whichever process writes the answer. False if the owner has no such growing answer."""
        async with self._database.write() as session:
            result = await session.execute(
                update(MessageRow)
                .where(MessageRow.id == message_id, MessageRow.owner_id == owner, IS_LIVE)
                .values(stop_requested=True)
                .returning(MessageRow.id)
            )
            return result.first() is not None

    async def read(self, message_ids: Iterable[UUID], silent_after: timedelta) -> dict[UUID, Checkpoint]:
        """The answers' last checkpoints, without those that are gone. No heartbeat for so long makes one silent."""
        query = select(MessageRow, _is_silent(silent_after)).where(MessageRow.id.in_(message_ids))
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return {row.id: _checkpoint(row, is_silent) for row, is_silent in rows}

    async def reap(self, silent_after: timedelta) -> int:
        """Marks growing answers without a heartbeat for so long as interrupted: whoever wrote them has died.

        Those at which somebody is writing just now are left for the next time; and all of them, for as long, where the
        database was away, as then the living could leave no heartbeat either. What they had cost by their last
        checkpoints goes into the ledger in place of what was reserved for them, and so does that of calls without a
        message whose reservations have expired. Returns how many answers.
        """
        silent = select(MessageRow.id).where(IS_LIVE, _is_silent(silent_after)).with_for_update(skip_locked=True)
        async with self._database.write() as session:
            await session.connection()  # for which it may have had to wait
            if self._database.was_away(within=silent_after):
                return 0
            connection = await session.connection()
            result = await connection.execute(
                update(MessageRow)
                .where(MessageRow.id.in_(silent), IS_LIVE)
                .values(status=Status.INTERRUPTED, finished_at=moment(), stop_requested=False, heartbeat_at=None)
                .returning(*(getattr(MessageRow, name) for name in Reaped._fields))
            )
            reaped = [Reaped(*row) for row in result]
            reserved = await release_all(connection, [one.id for one in reaped]) if reaped else {}
            calls = [one.call(reserved.get(one.id, Decimal(0))) for one in reaped]
            calls += [_left(one) for one in await take_expired(connection) if _is_to_be_booked(one)]
            if calls:
                await book_calls(connection, calls, datetime.now(UTC))
            return len(reaped)

    async def save_renderings_soon(self, renderings: Sequence[NewRendering], renderer_version: int) -> None:
        """The same, and holds no reader up. Where it can't be done soon, the next reader makes them again."""
        save = partial(self.save_renderings, renderings, renderer_version)
        await self._database.background.do(("renderings", *(one.id for one in renderings)), save, keep=False)

    async def save_renderings(self, renderings: Sequence[NewRendering], renderer_version: int) -> None:
        """Keeps finished answers' HTML by a newer renderer, in one transaction; what is by it already stays."""
        rows = [
            {
                "key": one.id,
                "read_in": one.run,
                "new": one.rendering.html,
                "thoughts": one.rendering.reasoning_html,
                "version": renderer_version,
            }
            for one in sorted(renderings, key=lambda one: one.id)  # as at checkpoints: in one order
        ]
        async with self._database.write() as session:
            connection = await session.connection()
            await connection.execute(_KEEP_RENDERING, rows)


def _checkpoint(row: MessageRow, is_silent: bool) -> Checkpoint:
    sources = kept_sources(row.citations)
    progress = Progress(row.id, row.content, row.reasoning, sources, row.run)
    return Checkpoint(progress, Status(row.status), is_silent)


def call_of(ending: Ending, payer: UUID, *, by_own_key: bool) -> Call:
    """What is to be booked for an answer that has ended."""
    progress, spent = ending.progress, spent_between(ending.before, ending.receipt)
    return Call(
        progress.id,
        payer,
        ending.receipt.model,
        spent,
        int(progress.run == 0),  # a continued one has been counted
        by_own_key,
        ending.open_bill,
        progress.run,
        ending.reserved,
    )


async def _settle(connection: AsyncConnection, call: Call, now: datetime) -> None:
    """Puts what a call has cost into the ledger in place of what was reserved for it."""
    if call.reserved:
        await release(connection, call.message_id, call.run)
    await book_calls(connection, [call], now)


def _is_to_be_booked(one: Expired) -> bool:
    """Whether the call had been made, and is not booked with its message."""
    return not one.has_message and bool(one.generation_id or one.running_cost)


def _left(one: Expired) -> Call:
    """What to book for a call without a message whose process has died."""
    names = one.message_id, one.user_id, one.model, one.generation_id
    return Reaped(*names, one.running_cost, by_own_key=False, run=one.run).call(one.amount)


def _attachment(message_id: UUID, picture: Picture, now: datetime) -> AttachmentRow:
    size = picture.size
    return AttachmentRow(
        message_id=message_id,
        name=picture.name,
        media_type=picture.media_type,
        size=len(picture.data),
        width=size.width if size else None,
        height=size.height if size else None,
        data=picture.data,
        created_at=now,
    )


def _is_silent(silent_after: timedelta) -> ColumnElement[bool]:
    """By the database's clock alone, whatever the clocks of those who write and those who look say."""
    return MessageRow.heartbeat_at <= moment(ago=silent_after)


def _grown(name: str) -> ColumnElement[Any]:
    """A sum of the receipt with what is new; as it is where nothing is."""
    column: Any = getattr(MessageRow, name)
    return func.coalesce(
        func.coalesce(column, literal_column("0")) + bindparam(f"more_{name}", type_=column.type), column
    )


def _more(ending: Ending, name: str) -> Any:
    before, after = getattr(ending.before, name), getattr(ending.receipt, name)
    return None if after is None else after - (before or 0)


_OWN: Final = and_(MessageRow.id == bindparam("key"), MessageRow.run == bindparam("in_run"))
_KEEP_TEXT: Final = (
    update(MessageRow.__table__)  # type: ignore[arg-type]  # a declared class's table is a Table, typed more widely
    .where(_OWN, IS_LIVE)
    .values(
        content=bindparam("text"),
        reasoning=bindparam("thoughts"),
        citations=bindparam("cited"),
        generation_id=bindparam("generation"),
        running_cost=bindparam("costs"),
        heartbeat_at=moment(),
    )
)
# Each row is changed once in a transaction. When it is changed again, Postgres looks for its parent as well, and that
# waits for whoever deletes the conversation, who waits for this.
_HEARTBEAT: Final = (
    update(MessageRow.__table__)  # type: ignore[arg-type]  # as above
    .where(MessageRow.id.in_(bindparam("keys", expanding=True)), IS_LIVE)
    .values(heartbeat_at=moment())
)
_GROWING: Final = select(MessageRow.id, MessageRow.run, MessageRow.stop_requested).where(
    MessageRow.id.in_(bindparam("keys", expanding=True)), IS_LIVE
)
# A writer's own end ends its run too, so in the same run only the reaper can have interrupted it. Sums grow by what is
# new: meanwhile an earlier call may have been billed.
_END: Final = (
    update(MessageRow.__table__)  # type: ignore[arg-type]  # as above
    .where(_OWN, or_(IS_LIVE, MessageRow.status == Status.INTERRUPTED))
    .values(run=MessageRow.run + 1, running_cost=None, **{name: _grown(name) for name in SUMMED})
    .returning(MessageRow.owner_id, MessageRow.by_own_key, MessageRow.heartbeat_at)
)
_IS_THERE: Final = select(MessageRow.id).where(MessageRow.id == bindparam("key"))
# An edit may have changed the text meanwhile: what was made of the earlier one doesn't go with it.
_KEEP_RENDERING: Final = (
    update(MessageRow.__table__)  # type: ignore[arg-type]  # as above
    .where(
        MessageRow.id == bindparam("key"),
        MessageRow.run == bindparam("read_in"),
        MessageRow.status != Status.STREAMING,
        MessageRow.renderer_version.is_distinct_from(bindparam("version")),
    )
    .values(html=bindparam("new"), reasoning_html=bindparam("thoughts"), renderer_version=bindparam("version"))
)

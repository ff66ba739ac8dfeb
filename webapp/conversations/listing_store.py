"""The list of conversations, and what keeps it in order. Every method takes the owner first."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Uuid, bindparam, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from webapp.conversations.listing import Listed, Tag, View
from webapp.conversations.messages import Status
from webapp.db.engine import Database
from webapp.db.tables import IS_LIVE, IS_THERE
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import Tag as TagRow
from webapp.db.tables import Tagging as TaggingRow
from webapp.db.types import UtcDateTime
from webapp.web.refusals import NotFoundError

Conditions = Sequence[ColumnElement[bool]]

MOST_PINNED: Final = 100  # shown above all others
AT_ONCE: Final = 1_000  # ids in a query

# What is being deleted for good says that it was deleted then: it is on no list, and the next sweep goes on with it.
FOR_GOOD: Final = datetime(1970, 1, 1, tzinfo=UTC)

_leaf: Final = aliased(MessageRow)
_SHOWN: Final = (
    select(
        ConversationRow.id,
        ConversationRow.title,
        ConversationRow.model,
        ConversationRow.pinned,
        ConversationRow.archived,
        ConversationRow.updated_at,
        ConversationRow.deleted_at,
        func.coalesce(_leaf.status == Status.STREAMING, False).label("is_live"),
        func.coalesce(_leaf.finished_at > ConversationRow.read_at, False).label("is_unread"),
    )
    .outerjoin(_leaf, _leaf.id == ConversationRow.active_leaf_id)
    .where(ConversationRow.owner_id == bindparam("owner"))
)
_LAST_USED: Final = (ConversationRow.updated_at, ConversationRow.id)
_LAST_DELETED: Final = (ConversationRow.deleted_at, ConversationRow.id)
_BELOW: Final = tuple_(bindparam("time", type_=UtcDateTime()), bindparam("key", type_=Uuid()))


class Deleted(Struct, frozen=True):
    """When conversations were deleted, how many, and the answers that grow in them."""

    moment: datetime
    count: int
    live: list[UUID]


class Put(Struct, frozen=True):
    """Conversations that were put into the archive, or taken out, and those of them that were pinned."""

    archived: bool
    ids: list[UUID]
    pinned: list[UUID]


class Listing:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, owner: UUID, view: View, limit: int, before: tuple[datetime, UUID] | None = None
    ) -> list[Listed]:
        """The last used first, or the last deleted; the first page of those at hand has the pinned ones on top.

        `before` is the place of the last one of the page above.
        """
        values: dict[str, Any] = {"owner": owner}
        if before is not None:
            values |= {"time": before[0], "key": before[1]}
        async with self._database.read() as session:
            rows = (await session.execute(_page(view, limit, is_first=before is None), values)).all()
            if not before and not view.shelf:
                rows = [*(await session.execute(_pinned(view), values)), *rows]
            return [Listed(**row._mapping) for row in rows]

    async def with_tags(self, owner: UUID, listed: Sequence[Listed]) -> list[Listed]:
        """The same, each with its tags."""
        query = (
            select(TaggingRow.conversation_id, TagRow.id, TagRow.name)
            .join(TagRow, TagRow.id == TaggingRow.tag_id)
            .where(TagRow.owner_id == owner, TaggingRow.conversation_id.in_([one.id for one in listed]))
            .order_by(TagRow.folded)
        )
        tags: dict[UUID, tuple[Tag, ...]] = {}
        async with self._database.read() as session:
            for conversation, key, name in await session.execute(query):
                tags[conversation] = (*tags.get(conversation, ()), Tag(key, name))
        return [Listed(**{**_fields(one), "tags": tags.get(one.id, ())}) for one in listed]

    async def find(self, owner: UUID, conversation_id: UUID) -> Listed:
        """One of the owner's, with its tags; also where it is deleted and can be brought back."""
        query = _SHOWN.where(ConversationRow.id == conversation_id, _is_kept())
        async with self._database.read() as session:
            row = (await session.execute(query, {"owner": owner})).first()
        if row is None:
            raise NotFoundError("There is no such conversation. It may have been deleted.")
        return (await self.with_tags(owner, [Listed(**row._mapping)]))[0]

    async def count(self, owner: UUID, view: View) -> int:
        return await self._count(ConversationRow.owner_id == owner, *_are(view))

    # What is done with one, with some, or with all of a view

    async def pin(self, owner: UUID, conversation_id: UUID, pinned: bool) -> None:
        await self._set(owner, [ConversationRow.id == conversation_id, IS_THERE], pinned=pinned)

    async def archive(self, owner: UUID, chosen: Iterable[UUID] | View, archived: bool) -> Put:
        """Puts conversations into the archive, or takes them out; one that goes there is pinned no more.

        Returns those that were not there yet.
        """
        are_meant = [ConversationRow.owner_id == owner, IS_THERE, *are_chosen(chosen)]
        are_meant.append(ConversationRow.archived.is_(not archived))
        values = {"archived": True, "pinned": False} if archived else {"archived": False}
        async with self._database.write(owner) as session:
            query = select(ConversationRow.id, ConversationRow.pinned).where(*are_meant).order_by(ConversationRow.id)
            before = (await session.execute(query)).all()
            await session.execute(update(ConversationRow).where(*are_meant).values(**values))
        return Put(archived, [row.id for row in before], [row.id for row in before if row.pinned])

    async def put_back(self, owner: UUID, put: Put) -> None:
        """Takes back what `archive` has done, for those of them that are still there."""
        async with self._database.write(owner) as session:
            for ids, values in ((put.ids, {"archived": not put.archived}), (put.pinned, {"pinned": True})):
                for first in range(0, len(ids), AT_ONCE):
                    some = ids[first : first + AT_ONCE]
                    are_those = [ConversationRow.owner_id == owner, IS_THERE, ConversationRow.id.in_(some)]
                    await session.execute(update(ConversationRow).where(*are_those).values(**values))

    async def delete(self, owner: UUID, chosen: Iterable[UUID] | View) -> Deleted:
        """Deletes conversations, so that they can be brought back for a while, all of them by the moment it happened.

        Answers that grow there are asked to stop.
        """
        async with self._database.write(owner) as session:
            return await delete_for_a_while(session, owner, are_chosen(chosen))

    async def restore(self, owner: UUID, chosen: Iterable[UUID] | View | datetime) -> int:
        """Brings conversations back, or those that were deleted at one moment; returns how many."""
        conditions = [_is_kept(), ConversationRow.deleted_at.is_not(None)]
        if isinstance(chosen, datetime):
            return await self._set(owner, [*conditions, ConversationRow.deleted_at == chosen], deleted_at=None)
        return await self._set(owner, [*conditions, *are_chosen(chosen)], deleted_at=None)

    async def delete_for_good(self, owner: UUID) -> int:
        """Takes all that was deleted out of reach; returns how many are still to be cleared away."""
        await self._set(owner, [ConversationRow.deleted_at.is_not(None)], deleted_at=FOR_GOOD)
        return await self.count_going(owner)

    async def clear(self, owner: UUID, deleted_before: datetime, limit: int) -> int:
        """Deletes up to `limit` conversations for good that were deleted before a moment; returns how many are gone."""
        going = select(ConversationRow.id).where(
            ConversationRow.owner_id == owner, ConversationRow.deleted_at < deleted_before
        )
        async with self._database.write(owner) as session:
            ids = list(await session.scalars(going.order_by(ConversationRow.deleted_at).limit(limit)))
            if ids:
                await session.execute(delete(MessageRow).where(MessageRow.conversation_id.in_(ids)))
                await session.execute(delete(ConversationRow).where(ConversationRow.id.in_(ids)))
            return len(ids)

    async def count_deleted_at(self, owner: UUID, moment: datetime) -> int:
        return await self._count(ConversationRow.owner_id == owner, ConversationRow.deleted_at == moment)

    async def count_going(self, owner: UUID) -> int:
        """How many of those that are deleted for good are still there."""
        return await self._count(ConversationRow.owner_id == owner, ConversationRow.deleted_at == FOR_GOOD)

    async def mark_read(self, owner: UUID, conversation_id: UUID) -> None:
        """Notes that the owner has seen what is there; writes only where something was new, and holds no reader up."""
        newer = select(MessageRow.id).where(
            MessageRow.id == ConversationRow.active_leaf_id, MessageRow.finished_at > ConversationRow.read_at
        )
        is_unread = [
            ConversationRow.id == conversation_id,
            ConversationRow.owner_id == owner,
            or_(newer.exists(), ConversationRow.read_at.is_(None)),
        ]
        async with self._database.read() as session:
            if (await session.execute(select(ConversationRow.id).where(*is_unread))).first() is None:
                return
        mark = partial(self._set, owner, is_unread, read_at=datetime.now(UTC))
        await self._database.background.do(("read", owner, conversation_id), mark)

    async def _set(self, owner: UUID, conditions: Conditions, **values: Any) -> int:
        query = update(ConversationRow).where(ConversationRow.owner_id == owner, *conditions).values(**values)
        async with self._database.write(owner) as session:
            return len((await session.scalars(query.returning(ConversationRow.id))).all())

    async def _count(self, *conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(ConversationRow).where(*conditions)
        async with self._database.read() as session:
            return (await session.execute(query)).scalar_one()


async def delete_for_a_while(session: AsyncSession, owner: UUID, conditions: Conditions) -> Deleted:
    """Deletes those of the owner's conversations that meet the conditions, as `Listing.delete` says."""
    now = datetime.now(UTC)
    is_owners = ConversationRow.owner_id == owner
    deleted = update(ConversationRow).where(is_owners, IS_THERE, *conditions).values(deleted_at=now)
    count = len((await session.scalars(deleted.returning(ConversationRow.id))).all())
    gone = select(ConversationRow.id).where(is_owners, ConversationRow.deleted_at == now)
    live = await session.scalars(
        update(MessageRow)
        .where(MessageRow.owner_id == owner, IS_LIVE, MessageRow.conversation_id.in_(gone))
        .values(stop_requested=True)
        .returning(MessageRow.id)
    )
    return Deleted(now, count, list(live))


def _pinned(view: View) -> Select[*tuple[Any, ...]]:
    query = _SHOWN.where(*_are(view), ConversationRow.pinned.is_(True))
    return query.order_by(*(column.desc() for column in _LAST_USED)).limit(MOST_PINNED)


def _page(view: View, limit: int, *, is_first: bool) -> Select[*tuple[Any, ...]]:
    place = _LAST_DELETED if view.shelf == "deleted" else _LAST_USED
    query = _SHOWN.where(*_are(view))
    if not view.shelf:
        query = query.where(ConversationRow.pinned.is_(False))
    if not is_first:
        query = query.where(tuple_(*place) < _BELOW)
    return query.order_by(*(column.desc() for column in place)).limit(limit)


def _are(view: View) -> Conditions:
    """Conditions that the conversations of a view meet."""
    if view.shelf == "deleted":
        return [ConversationRow.deleted_at.is_not(None), _is_kept()]
    shelf = [IS_THERE, ConversationRow.archived.is_(view.shelf == "archive")]
    return [*shelf, _has(view.tag)] if view.tag else shelf


def _has(tag: UUID) -> ColumnElement[bool]:
    return exists().where(TaggingRow.conversation_id == ConversationRow.id, TaggingRow.tag_id == tag)


def _is_kept() -> ColumnElement[bool]:
    """Whether it is there, or can be brought back."""
    return or_(IS_THERE, ConversationRow.deleted_at > FOR_GOOD)


def are_chosen(chosen: Iterable[UUID] | View) -> Conditions:
    """Conditions that conversations of somebody meet if they are among those, or of a view."""
    if isinstance(chosen, View):
        return _are(chosen)
    return [ConversationRow.id.in_(list(chosen))]


def _fields(one: Listed) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Listed.__struct_fields__}

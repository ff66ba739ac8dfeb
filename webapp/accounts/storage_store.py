"""How many bytes a user has here. Triggers keep count in the transaction of each change (migrations 0017, 0018).

So nobody who stores or deletes has to think of it, and the figure is that of all that is committed. On Postgres each
change is a row: nobody waits for a row that another holds. `Storage.fold` sums them up.
"""

import asyncio
from collections.abc import Collection, Mapping
from functools import reduce
from operator import add
from time import monotonic
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.storage import NoRoomError, Used, no_room
from webapp.db.engine import Database
from webapp.db.octets import octets
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Import as ImportRow
from webapp.db.tables import ImportItem as ItemRow
from webapp.db.tables import ImportPiece as PieceRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import Persona as PersonaRow
from webapp.db.tables import Prompt as PromptRow
from webapp.db.tables import User as UserRow

ROW: Final = 500  # bytes that a row counts beside its texts: a million empty messages aren't nothing
FRESH: Final = 10.0  # seconds for which what was found of what is deleted holds
MOST_FOUND: Final = 1_000  # owners for whom it is kept
MANY: Final = 20  # rows of a user that are worth summing up

_STORAGE: Final = table("storage", column("user_id", Uuid()), column("kind", String()), column("bytes", BigInteger()))
_OWNER: Final[Any] = bindparam("owner", type_=Uuid())
_USED: Final = select(func.coalesce(func.sum(_STORAGE.c.bytes), 0)).where(_STORAGE.c.user_id == _OWNER)
_BY_KIND: Final = (
    select(_STORAGE.c.kind, func.sum(_STORAGE.c.bytes)).where(_STORAGE.c.user_id == _OWNER).group_by(_STORAGE.c.kind)
)
# One statement, so that what others add meanwhile is neither lost nor counted twice. SQLite has one row of each kind.
_FOLD: Final = text(
    "WITH gone AS (DELETE FROM storage WHERE user_id = :owner RETURNING kind, bytes) "
    "INSERT INTO storage (user_id, kind, bytes) SELECT :owner, kind, sum(bytes) FROM gone GROUP BY kind"
).bindparams(_OWNER)


class Quota:
    """Asked in the transaction that stores, under the owner's key, so that of many at once none passes it."""

    def __init__(self, most: int = 0) -> None:
        """`most` bytes for each user; 0 for any number."""
        self.most = most

    async def check(self, session: AsyncSession, owner: UUID, coming: int = 0) -> None:
        """Raises NoRoomError where the owner has more than may be, with what the session has added and is `coming`."""
        if not self.most:
            return
        await session.flush()
        used = int(await session.scalar(_USED, {"owner": owner}) or 0)
        if used + coming > self.most:
            raise NoRoomError(no_room(used, self.most, coming))


UNLIMITED: Final = Quota()


class Storage:
    """The same for those who have no transaction, and what there is to show and to keep in order."""

    def __init__(self, database: Database, quota: Quota = UNLIMITED) -> None:
        self._database = database
        self._quota = quota
        self._looking = asyncio.Lock()
        self._found = dict[UUID, tuple[float, int]]()  # how much of an owner's is deleted, and when that was found

    @property
    def most(self) -> int:
        """Bytes that each user may have; 0 for any number."""
        return self._quota.most

    async def used(self, owner: UUID) -> Used:
        """What the owner has, by kind, and how much of it is deleted, which takes a look at all of that."""
        async with self._database.read() as session:
            by_kind = {kind: int(count) for kind, count in await session.execute(_BY_KIND, {"owner": owner})}
        used = Used(by_kind, self.most)
        return replace(used, deleted=min(await self._deleted(owner), used.total))

    async def _deleted(self, owner: UUID) -> int:
        """One look at a time, and not again for FRESH: SQLite reads all that is deleted for it."""
        async with self._looking:
            looked_at, found = self._found.pop(owner, (-FRESH, 0))
            if monotonic() - looked_at >= FRESH:
                async with self._database.read() as session:
                    found = sum([int(await session.scalar(one, {"owner": owner}) or 0) for one in _DELETED])
                looked_at = monotonic()
            self._found[owner] = looked_at, found
            if len(self._found) > MOST_FOUND:
                del self._found[next(iter(self._found))]
            return found

    async def used_by(self, owners: Collection[UUID]) -> Mapping[UUID, int]:
        """How many bytes each of several has; nothing of those who have none."""
        async with self._database.read() as session:
            rows = await session.execute(_USED_BY, {"owners": list(owners)})
            return {row.user_id: int(row.total) for row in rows}

    async def of_all(self) -> int:
        """How many bytes all users have together."""
        async with self._database.read() as session:
            return int(await session.scalar(select(func.sum(_STORAGE.c.bytes))) or 0)

    async def fold(self) -> None:
        """Sums up the rows of those who have many."""
        if not self._database.is_shared:
            return  # an SQLite file has one for each kind, and is alone in taking turns
        async with self._database.read() as session:
            owners = list(await session.scalars(_WITH_MANY))
        for owner in owners:
            async with self._database.write(owner) as session:
                await session.execute(_FOLD, {"owner": owner})

    async def recount(self, owner: UUID) -> int:
        """Counts all that the owner has, and puts the figure right. Returns by how many bytes it was wrong.

        The app may run: what was wrong is found on one snapshot, and stays wrong by as much until it is put right.
        """
        async with self._database.read() as session:
            wrong = {kind: int(count) for kind, count in await session.execute(_WRONG, {"owner": owner}) if count}
        if wrong:
            await self._correct(owner, wrong)
        return sum(abs(count) for count in wrong.values())

    async def _correct(self, owner: UUID, wrong: Mapping[str, int]) -> None:
        async with self._database.write(owner) as session:
            for kind, count in wrong.items():
                await session.execute(
                    _CORRECT[self._database.is_shared], {"owner": owner, "kind": kind, "bytes": count}
                )

    async def owners(self) -> list[UUID]:
        """Everybody who may have something here."""
        async with self._database.read() as session:
            return list(await session.scalars(select(UserRow.id).order_by(UserRow.id)))


def _size(*columns: Any) -> ColumnElement[int]:
    """What a row with these texts counts."""
    return reduce(add, map(octets, columns), literal_column(str(ROW)))


_CONVERSATION: Final = _size(
    ConversationRow.title, ConversationRow.system_prompt, ConversationRow.parameters, ConversationRow.origins
)
# An answer that grows counts when it has ended: so nothing is added up while it does.
_MESSAGE: Final = case(
    (MessageRow.status == "streaming", 0),
    else_=_size(
        *(MessageRow.content, MessageRow.reasoning, MessageRow.html, MessageRow.reasoning_html),
        *(MessageRow.citations, MessageRow.sent, MessageRow.error_message, MessageRow.feedback_note),
    ),
)
_PICTURE: Final = AttachmentRow.size + ROW
_ITEM: Final = _size(ItemRow.title, ItemRow.remark, ItemRow.document)
_PIECE: Final = _size(PieceRow.data)
_PROMPT: Final = _size(PromptRow.name, PromptRow.text)
_PERSONA: Final = _size(PersonaRow.name, PersonaRow.system_prompt, PersonaRow.parameters)


def _of(kind: str, size: Any) -> Any:
    return select(literal_column(f"'{kind}'").label("kind"), size.label("bytes"))


_FULL: Final = (
    _of("conversations", _CONVERSATION).where(ConversationRow.owner_id == _OWNER),
    _of("conversations", _MESSAGE).where(MessageRow.owner_id == _OWNER),
    _of("pictures", _PICTURE)
    .join_from(AttachmentRow, MessageRow, MessageRow.id == AttachmentRow.message_id)
    .where(MessageRow.owner_id == _OWNER),
    _of("imports", _ITEM)
    .join_from(ItemRow, ImportRow, ImportRow.id == ItemRow.import_id)
    .where(ImportRow.user_id == _OWNER),
    _of("imports", _PIECE).where(PieceRow.owner_id == _OWNER),
    _of("library", _PROMPT).where(PromptRow.owner_id == _OWNER),
    _of("library", _PERSONA).where(PersonaRow.owner_id == _OWNER),
)
_KEPT: Final = select(_STORAGE.c.kind, -_STORAGE.c.bytes).where(_STORAGE.c.user_id == _OWNER)
_ALL: Final = union_all(*_FULL, _KEPT).subquery()
_WRONG: Final = select(_ALL.c.kind, func.sum(_ALL.c.bytes)).group_by(_ALL.c.kind)
_ADD: Final = "INSERT INTO storage (user_id, kind, bytes) VALUES (:owner, :kind, :bytes)"
_CORRECT: Final = {
    True: text(_ADD).bindparams(_OWNER),
    False: text(f"{_ADD} ON CONFLICT (user_id, kind) DO UPDATE SET bytes = storage.bytes + excluded.bytes").bindparams(
        _OWNER
    ),
}
_GONE: Final = select(ConversationRow.id).where(
    ConversationRow.owner_id == _OWNER, ConversationRow.deleted_at.is_not(None)
)
_WITH_CONVERSATION: Final = MessageRow.conversation_id.in_(_GONE)
# So that SQLite goes by the index of what is deleted, and not through all messages of the owner.
_IS_OWNERS: Final = case((MessageRow.owner_id == _OWNER, 1), else_=0) == 1
_BY_ITSELF: Final = and_(MessageRow.deleted_at.is_not(None), _IS_OWNERS, ~_WITH_CONVERSATION)
_DELETED: Final = (
    select(func.sum(_CONVERSATION)).where(ConversationRow.id.in_(_GONE)),
    select(func.sum(_MESSAGE)).where(_WITH_CONVERSATION),
    select(func.sum(_MESSAGE)).where(_BY_ITSELF),
    select(func.sum(_PICTURE)).where(AttachmentRow.message_id.in_(select(MessageRow.id).where(_WITH_CONVERSATION))),
    select(func.sum(_PICTURE)).where(AttachmentRow.message_id.in_(select(MessageRow.id).where(_BY_ITSELF))),
)
_USED_BY: Final = (
    select(_STORAGE.c.user_id, func.sum(_STORAGE.c.bytes).label("total"))
    .where(_STORAGE.c.user_id.in_(bindparam("owners", expanding=True, type_=Uuid())))
    .group_by(_STORAGE.c.user_id)
)
_WITH_MANY: Final = select(_STORAGE.c.user_id).group_by(_STORAGE.c.user_id).having(func.count() > MANY)

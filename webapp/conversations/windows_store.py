"""Which messages of a conversation a page shows: a part of a branch, bounded by number and by weight.

The work grows with the part, not with the conversation; to find a message far above, ids alone are walked through.
Deleted messages are passed through on the way up, and count for nothing. Found by ids of a conversation whose owner the
caller has checked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CTE, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.background import by_turns
from webapp.db.tables import Message as MessageRow

# The characters that a message has on a page.
_WEIGHT: Final = func.length(func.coalesce(MessageRow.html, MessageRow.content)) + func.length(
    func.coalesce(MessageRow.reasoning_html, MessageRow.reasoning)
)
_IS_THERE: Final = MessageRow.deleted_at.is_(None)
# When a text came to be: by that, siblings have their order.
_AT: Final = func.coalesce(MessageRow.edited_at, MessageRow.created_at)

Versions = dict[UUID | None, tuple[UUID, ...]]


async def above(session: AsyncSession, leaf: UUID | None, limit: int, weight: int | None = None) -> list[MessageRow]:
    """The message `leaf` and those above it, from the bottom up, at most `limit`.

    With a `weight` at most so many characters, but in whole exchanges: an answer comes with its question, and the
    lowest message comes in any case.
    """
    if leaf is None:
        return []
    branch = _branch(leaf, limit, weight)
    rows = select(MessageRow).join(branch, MessageRow.id == branch.c.id).where(_IS_THERE)
    return list(await session.scalars(rows.order_by(branch.c.place)))


def _branch(leaf: UUID, limit: int, weight: int | None) -> CTE:
    """The ids from `leaf` up, with their places. A deleted one has the place and the role of the one below it."""
    first = select(
        MessageRow.id,
        MessageRow.parent_id,
        case((_IS_THERE, MessageRow.role), else_="assistant").label("role"),
        case((_IS_THERE, 1), else_=0).label("place"),
    )
    if weight is not None:
        first = first.add_columns(case((_IS_THERE, _WEIGHT), else_=0).label("weight"))
    branch = first.where(MessageRow.id == leaf).cte("branch", recursive=True)
    columns: list[Any] = [
        MessageRow.id,
        MessageRow.parent_id,
        case((_IS_THERE, MessageRow.role), else_=branch.c.role),
        branch.c.place + case((_IS_THERE, 1), else_=0),
    ]
    goes_on: Any = branch.c.place < limit
    if weight is not None:
        total = branch.c.weight + case((_IS_THERE, _WEIGHT), else_=0)
        columns.append(total)
        goes_on = or_(branch.c.role == "assistant", and_(goes_on, total <= weight))
    return branch.union_all(select(*columns).join(branch, MessageRow.id == branch.c.parent_id).where(goes_on))


async def below(
    session: AsyncSession, leaf: UUID | None, message_id: UUID, limit: int, weight: int
) -> tuple[list[MessageRow], bool] | None:
    """The messages under `message_id` on the branch that ends with `leaf`, downwards, and whether there are more.

    At most `limit`, and `weight` characters, but in whole exchanges and at least one of them. None if the message is
    not on that branch.
    """
    ids = await _path(session, leaf, message_id, limit + 2)
    if not ids or ids[0] != message_id:
        return None
    weights = await session.execute(
        select(MessageRow.id, MessageRow.role, _WEIGHT.label("weight")).where(MessageRow.id.in_(ids[1 : limit + 1]))
    )
    found = {row.id: row for row in weights}
    shown = _within([found[one] for one in ids[1 : limit + 1]], weight)
    rows = await session.scalars(select(MessageRow).where(MessageRow.id.in_(shown)))
    by_id = {row.id: row for row in rows}
    return [by_id[one] for one in shown], len(ids) > len(shown) + 1


async def texts(session: AsyncSession, leaf: UUID) -> list[tuple[str, str]]:
    """The role and the text of each message from the top of the branch down to `leaf`."""
    path = _way_up(leaf)
    query = select(MessageRow.role, MessageRow.content).join(path, MessageRow.id == path.c.id).where(_IS_THERE)
    rows = await session.execute(query.order_by(path.c.place.desc()))
    return [(role, text) for role, text in rows]


async def said_above(
    session: AsyncSession, leaf: UUID | None
) -> list[tuple[str, str, datetime | None, datetime | None]]:
    """Role, text, and when it was edited and deleted, of each message from the top down to `leaf`.

    Of those that are deleted without the text.
    """
    path = _way_up(leaf)
    text = case((_IS_THERE, MessageRow.content), else_="")
    query = select(MessageRow.role, text, MessageRow.edited_at, MessageRow.deleted_at)
    rows = await session.execute(query.join(path, MessageRow.id == path.c.id).order_by(path.c.place.desc()))
    return [(role, content, edited_at, deleted_at) for role, content, edited_at, deleted_at in rows]


async def nearest(session: AsyncSession, message_id: UUID | None) -> UUID | None:
    """The message, or where it is deleted the nearest one above it that is not."""
    if message_id is None:
        return None
    start = select(MessageRow.id, MessageRow.parent_id, MessageRow.deleted_at).where(MessageRow.id == message_id)
    way = start.cte("way", recursive=True)
    step = select(MessageRow.id, MessageRow.parent_id, MessageRow.deleted_at)
    way = way.union_all(step.join(way, MessageRow.id == way.c.parent_id).where(way.c.deleted_at.is_not(None)))
    found: UUID | None = await session.scalar(select(way.c.id).where(way.c.deleted_at.is_(None)))
    return found


async def versions(session: AsyncSession, conversation_id: UUID, parents: Sequence[UUID | None]) -> Versions:
    """What stands right below each of `parents`, the oldest text first; with None, what stands at the top."""
    its = _under(MessageRow.parent_id).where(MessageRow.conversation_id == conversation_id)
    found: Versions = {}
    if ids := [one for one in parents if one is not None]:
        found |= await _read_versions(session, its.where(MessageRow.parent_id.in_(ids)))
    if None in parents:
        found |= await _read_versions(session, its.where(MessageRow.parent_id.is_(None)))
    return found


async def _read_versions(session: AsyncSession, start: Select[Any]) -> Versions:
    under = start.cte("under", recursive=True)
    further = _under(under.c.parent).join(under, MessageRow.parent_id == under.c.id)
    under = under.union_all(further.where(under.c.deleted_at.is_not(None)))
    there = select(under.c.parent, under.c.id).where(under.c.deleted_at.is_(None))
    found: dict[UUID | None, list[UUID]] = {}
    await session.flush()
    connection = await session.connection()  # which reads a row when it's asked for, and a session reads all
    async for parent, one in by_turns(await connection.execute(there.order_by(under.c.at, under.c.id))):
        found.setdefault(parent, []).append(one)
    return {parent: tuple(ids) for parent, ids in found.items()}


def _under(parent: Any) -> Select[Any]:
    return select(MessageRow.id, parent.label("parent"), MessageRow.deleted_at, _AT.label("at"))


async def way(session: AsyncSession, leaf: UUID) -> dict[UUID, bool]:
    """All messages from the top of the branch down to `leaf`, and whether each is there: not where it is deleted."""
    path = _way_up(leaf)
    rows = await session.execute(select(path.c.id, path.c.deleted_at).order_by(path.c.place.desc()))
    return {message_id: deleted_at is None for message_id, deleted_at in rows}


async def _path(session: AsyncSession, leaf: UUID | None, message_id: UUID, limit: int) -> Sequence[UUID]:
    """The highest `limit` messages of the way from `leaf` up to `message_id`, or to the root, from the top down."""
    path = _way_up(leaf, message_id)
    there = select(path.c.id).where(path.c.deleted_at.is_(None))
    return (await session.scalars(there.order_by(path.c.place.desc()).limit(limit))).all()


def _way_up(leaf: UUID | None, end: UUID | None = None) -> CTE:
    """The ids from `leaf` up to `end`, or to the root, each with its place from the bottom up."""
    columns = (MessageRow.id, MessageRow.parent_id, MessageRow.deleted_at)
    path = select(*columns, literal(1).label("place")).where(MessageRow.id == leaf).cte("path", recursive=True)
    step = select(*columns, path.c.place + 1).join(path, MessageRow.id == path.c.parent_id)
    return path.union_all(step if end is None else step.where(path.c.id != end))


def _within(rows: Sequence[Row[Any]], weight: int) -> list[UUID]:
    """The first of `rows` that together weigh no more, up to the end of an exchange; at least one exchange."""
    shown: list[UUID] = []
    total = 0
    for place, row in enumerate(rows):
        total += row.weight
        if total > weight and place > 1 and row.role == "user":
            break
        shown.append(row.id)
    return shown

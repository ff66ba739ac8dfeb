"""Several conversations go into the archive at once, and back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from tests.conversations.conftest import Cast
from webapp.accounts.purposes import Purpose
from webapp.accounts.tickets_store import Tickets
from webapp.conversations.archiving import Archiving
from webapp.conversations.listing import Moved, View
from webapp.conversations.listing_store import AT_ONCE, Listing
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Ticket as TicketRow

ARCHIVE = View("archive")


def archiving_of(cast: Cast) -> Archiving:
    return Archiving(Listing(cast.database), Tickets(cast.database))


async def made(cast: Cast, *titles: str) -> list[UUID]:
    return [(await cast.conversations.add(cast.alice, "m", title)).id for title in titles]


async def titles(cast: Cast, view: View) -> set[str]:
    return {each.title for each in await Listing(cast.database).page(cast.alice, view, 100)}


async def test_of_a_whole_view_those_come_back_that_went(cast: Cast) -> None:
    before, pinned, _ = await made(cast, "before", "pinned", "other")
    listing, archiving = Listing(cast.database), archiving_of(cast)
    await archiving.move(cast.alice, (before,), True)
    await listing.pin(cast.alice, pinned, True)
    secret = await archiving.move(cast.alice, View(), True)
    assert await archiving.moved(cast.alice, secret) == Moved(secret, True, 2)
    assert await titles(cast, ARCHIVE) == {"before", "pinned", "other"}
    assert await archiving.undo(cast.alice, secret) == Moved(secret, True, 2)
    assert (await titles(cast, View()), await titles(cast, ARCHIVE)) == ({"pinned", "other"}, {"before"})
    assert (await listing.find(cast.alice, pinned)).pinned


async def test_what_was_taken_out_goes_back_into_the_archive(cast: Cast) -> None:
    first, second = await made(cast, "one", "two")
    archiving = archiving_of(cast)
    await archiving.move(cast.alice, (first, second), True)
    secret = await archiving.move(cast.alice, (first,), False)
    assert await titles(cast, ARCHIVE) == {"two"}
    assert await archiving.undo(cast.alice, secret) == Moved(secret, False, 1)
    assert await titles(cast, ARCHIVE) == {"one", "two"}


async def test_it_is_undone_once(cast: Cast) -> None:
    keys = await made(cast, "one")
    archiving = archiving_of(cast)
    secret = await archiving.move(cast.alice, tuple(keys), True)
    assert await archiving.undo(cast.alice, secret) is not None
    await archiving.move(cast.alice, tuple(keys), True)
    assert await archiving.undo(cast.alice, secret) is None
    assert await archiving.moved(cast.alice, secret) is None
    assert await titles(cast, ARCHIVE) == {"one"}


async def test_it_is_undone_by_nobody_else_and_not_for_ever(cast: Cast) -> None:
    keys = await made(cast, "one")
    archiving = archiving_of(cast)
    secret = await archiving.move(cast.alice, tuple(keys), True)
    assert await archiving.moved(cast.bob, secret) is None
    assert await archiving.undo(cast.bob, secret) is None
    assert await archiving.undo(cast.alice, "made up") is None
    async with cast.database.write() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await session.execute(update(TicketRow).where(TicketRow.purpose == Purpose.ARCHIVED).values(expires_at=past))
    assert await archiving.undo(cast.alice, secret) is None
    assert await titles(cast, ARCHIVE) == {"one"}


async def test_where_nothing_moves_there_is_nothing_to_undo(cast: Cast) -> None:
    keys = await made(cast, "one")
    archiving = archiving_of(cast)
    assert await archiving.move(cast.bob, tuple(keys), True) == ""
    await archiving.move(cast.alice, tuple(keys), True)
    assert await archiving.move(cast.alice, tuple(keys), True) == ""
    assert await archiving.moved(cast.alice, "") is None


async def test_what_was_deleted_meanwhile_stays_deleted(cast: Cast) -> None:
    first, second = await made(cast, "one", "two")
    archiving = archiving_of(cast)
    secret = await archiving.move(cast.alice, View(), True)
    await Listing(cast.database).delete(cast.alice, [first])
    await archiving.undo(cast.alice, secret)
    assert (await titles(cast, View()), await titles(cast, View("deleted"))) == ({"two"}, {"one"})
    assert second


async def test_more_than_a_query_takes_come_back(cast: Cast) -> None:
    now = datetime.now(UTC)
    rows = [
        ConversationRow(owner_id=cast.alice, title=str(number), model="m", created_at=now, updated_at=now)
        for number in range(2 * AT_ONCE + 1)
    ]
    async with cast.database.write() as session:
        session.add_all(rows)
    listing, archiving = Listing(cast.database), archiving_of(cast)
    secret = await archiving.move(cast.alice, View(), True)
    assert await listing.count(cast.alice, View()) == 0
    await archiving.undo(cast.alice, secret)
    assert await listing.count(cast.alice, View()) == 2 * AT_ONCE + 1

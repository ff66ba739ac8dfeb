"""The security log."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from webapp.accounts.events_store import KEPT, Events, Kind, _first_id_at
from webapp.db.engine import Database
from webapp.db.tables import SecurityEvent as EventRow


@pytest.fixture
def events(database: Database) -> Events:
    return Events(database)


async def test_what_happened_is_told_the_latest_first(events: Events) -> None:
    await events.record(Kind.SIGNED_IN, "alice@example.org", detail="password", address="192.0.2.1")
    await events.record(Kind.INVITATION_MADE, "alice@example.org", "bob@example.org")
    made, signed_in = await events.page()
    assert (made.kind, made.actor, made.subject) == ("invitation_made", "alice@example.org", "bob@example.org")
    assert (signed_in.kind, signed_in.detail, signed_in.address) == ("signed_in", "password", "192.0.2.1")


async def test_pages_follow_each_other_without_gap_or_repetition(events: Events) -> None:
    for number in range(7):
        await events.record(Kind.SIGNED_IN, str(number))
    seen: list[str] = []
    before = None
    while page := await events.page(before, limit=3):
        seen += [one.actor for one in page]
        before = page[-1].id
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


async def test_what_is_too_long_is_cut(events: Events) -> None:
    await events.record(Kind.SIGN_IN_FAILED, "a" * 999, "b" * 999, "c" * 999, "d" * 999)
    (event,) = await events.page()
    assert [len(one) for one in (event.actor, event.subject, event.detail, event.address)] == [200, 200, 500, 64]


async def test_old_lines_go_when_new_ones_come(events: Events, database: Database) -> None:
    await events.record(Kind.SIGNED_IN, "long ago")
    async with database.write() as session:
        await session.execute(update(EventRow).values(id=_first_id_at(datetime.now(UTC) - 2 * KEPT)))
    await events.record(Kind.SIGNED_IN, "today")
    assert [one.actor for one in await events.page()] == ["today"]


def test_every_kind_fits_its_column_and_has_words() -> None:
    assert all(len(kind) <= 64 and kind.words.replace(" ", "_").lower() == kind for kind in Kind)

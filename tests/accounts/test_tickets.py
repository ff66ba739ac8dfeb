"""Tickets: each works once, for its purpose, and for a while."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from tests.accounts.people import ALICE, House
from webapp.accounts.purposes import Purpose
from webapp.db.tables import Ticket as TicketRow

DAY = timedelta(days=1)


async def test_a_ticket_may_be_looked_at_and_is_taken_once(house: House) -> None:
    secret = await house.tickets.make(Purpose.INVITATION, DAY, data={"role": "member"}, made_by=ALICE)
    for _ in range(2):
        found = await house.tickets.find(Purpose.INVITATION, secret)
        assert found is not None
        assert (found.data, found.made_by) == ({"role": "member"}, ALICE)
    assert await house.tickets.take(Purpose.INVITATION, secret) == found
    assert await house.tickets.take(Purpose.INVITATION, secret) is None
    assert await house.tickets.find(Purpose.INVITATION, secret) is None


async def test_of_many_who_bring_it_at_once_one_gets_in(house: House) -> None:
    secret = await house.tickets.make(Purpose.INVITATION, DAY)
    taken = await asyncio.gather(*(house.tickets.take(Purpose.INVITATION, secret) for _ in range(6)))
    assert sum(one is not None for one in taken) == 1


async def test_a_ticket_is_good_for_its_purpose_alone(house: House) -> None:
    secret = await house.tickets.make(Purpose.INVITATION, DAY)
    assert await house.tickets.take(Purpose.PASSWORD, secret) is None
    assert await house.tickets.find(Purpose.SETUP, secret) is None
    assert await house.tickets.take(Purpose.INVITATION, "another") is None
    assert await house.tickets.find(Purpose.INVITATION, secret) is not None


async def test_one_that_has_expired_is_good_for_nothing_and_goes_with_the_next(house: House) -> None:
    secret = await house.tickets.make(Purpose.INVITATION, DAY)
    async with house.database.write() as session:
        await session.execute(update(TicketRow).values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert await house.tickets.find(Purpose.INVITATION, secret) is None
    assert await house.tickets.take(Purpose.INVITATION, secret) is None
    assert await house.tickets.of(Purpose.INVITATION) == []
    await house.tickets.make(Purpose.PASSWORD, DAY)
    async with house.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(TicketRow)) == 1


async def test_tickets_are_listed_and_withdrawn_by_purpose_and_by_user(house: House) -> None:
    alice = await house.add(ALICE)
    invitation = await house.tickets.make(Purpose.INVITATION, DAY)
    own = await house.tickets.make(Purpose.PASSWORD, DAY, user_id=alice.id)
    other = await house.tickets.make(Purpose.PASSWORD, DAY)
    (listed,) = await house.tickets.of(Purpose.INVITATION)
    assert not await house.tickets.withdraw(Purpose.PASSWORD, listed.id)
    assert not await house.tickets.withdraw(Purpose.INVITATION, UUID(int=1))
    assert await house.tickets.withdraw(Purpose.INVITATION, listed.id)
    assert await house.tickets.find(Purpose.INVITATION, invitation) is None
    await house.tickets.withdraw_all(Purpose.PASSWORD, alice.id)
    assert await house.tickets.find(Purpose.PASSWORD, own) is None
    assert await house.tickets.find(Purpose.PASSWORD, other) is not None
    await house.tickets.withdraw_all(Purpose.PASSWORD)
    assert await house.tickets.find(Purpose.PASSWORD, other) is None

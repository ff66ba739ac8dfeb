"""What administrators can do to get into an account, and that its owner is shown it, whichever way they come in."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from tests.accounts.people import ALICE, BOB, ELSEWHERE, HOME, SITE, House
from webapp.accounts.events_store import Event, Kind
from webapp.accounts.history_section import HistorySections
from webapp.accounts.notices import BY_LINK_OF, NOTICED_FOR, SHOWN, notices_in
from webapp.accounts.purposes import Purpose
from webapp.accounts.resetting import LINK_LIFETIME, MAIL_LIFETIME, ResetLinks
from webapp.accounts.users import Caller, Role, User
from webapp.accounts.ways_in import Way, WaysIn
from webapp.config import Settings
from webapp.db.tables import SecurityEvent as EventRow
from webapp.db.types import new_id
from webapp.services.mail import Mail
from webapp.web.refusals import NotFoundError, UnavailableError

NEW: Final = "a stormy evening"
CLIENTS: Final = Settings(app_url=SITE, oidc_issuer="https://accounts.example.org")


@pytest.fixture
async def alice(house: House) -> User:
    return await house.add(ALICE, Role.ADMINISTRATOR)


@pytest.fixture
async def bob(house: House) -> User:
    return await house.add(BOB)


def links_without_mail(house: House) -> ResetLinks:
    return ResetLinks(house.users, house.tickets, house.events, Mail(Settings()), WaysIn.of(Settings()), SITE)


async def shown(house: House, alice: User, bob: User) -> str:
    return (await links_without_mail(house).give(alice, bob.id, HOME.address)).rpartition("=")[2]


async def test_with_mail_an_administrator_never_sees_the_link(house: House, alice: User, bob: User) -> None:
    assert await house.reset_links.give(alice, bob.id, HOME.address) == ""
    ((to, _, text),) = await house.mail.emptied()
    assert to == BOB
    assert await house.resetting.reset(text.partition("token=")[2].split()[0], NEW, HOME) == bob
    assert await house.notices.of(bob) == ()
    assert {one.detail for one in await house.events.page(kind="reset_link_made")} == {"mailed to the user"}


async def test_a_mail_that_is_not_taken_leaves_no_link(house: House, alice: User, bob: User) -> None:
    house.mail.is_open = False
    with pytest.raises(UnavailableError, match="could not be sent"):
        await house.reset_links.give(alice, bob.id, HOME.address)
    assert await house.tickets.of(Purpose.PASSWORD) == []


async def test_without_mail_the_user_is_told_whichever_way_they_come_in(house: House, alice: User, bob: User) -> None:
    made = House(house.database, CLIENTS)
    assert not (await made.arrivals.begin(bob, Way.PASSWORD, HOME)).has_notices
    token = await shown(house, alice, bob)
    for way in Way:
        assert (await made.arrivals.begin(bob, way, HOME)).has_notices, way
    (notice,) = await house.notices.of(bob)
    assert (notice.made_by, notice.used_at) == (ALICE, None)
    await house.resetting.reset(token, NEW, ELSEWHERE)
    (notice,) = await house.notices.of(bob)
    assert notice.used_at is not None
    assert notice.used_from == ELSEWHERE.address
    assert await house.notices.of(alice) == ()


async def test_whoever_has_used_the_link_cannot_put_the_notice_away(house: House, alice: User, bob: User) -> None:
    await house.resetting.reset(await shown(house, alice, bob), NEW, ELSEWHERE)
    thief = await house.arrivals.begin(bob, Way.LINK, ELSEWHERE)
    caller = await house.sessions.find(thief.session)
    assert caller is not None
    await house.account.change_password(caller, NEW, "another evening out", ELSEWHERE)
    await house.account.end_other_sessions(caller, ELSEWHERE)
    assert len(await house.notices.of(bob)) == 1
    (method,) = [one.method for one in await house.sessions.of(bob.id)]
    assert method == Way.LINK


async def test_it_is_told_for_two_months_and_stays_in_the_log(house: House, alice: User, bob: User) -> None:
    await shown(house, alice, bob)
    later = datetime.now(UTC) - NOTICED_FOR - timedelta(hours=1)
    async with house.database.write() as session:
        old = int(later.timestamp() * 1000) << 80
        await session.execute(update(EventRow).values(id=type(bob.id)(int=old), created_at=later))
    assert await house.notices.of(bob) == ()
    assert len(await house.events.page()) == 1


async def test_the_history_has_what_was_done_to_the_account_and_nothing_of_others(
    house: House, alice: User, bob: User
) -> None:
    await shown(house, alice, bob)
    await shown(house, alice, await house.add("carol@example.org"))
    await house.reset_links.make("", bob.id)
    section = await HistorySections(house.events).section(Caller(bob))
    assert [(one.actor, one.subject) for one in section.events] == [("", BOB), (ALICE, BOB)]


async def test_who_has_an_address_after_another_is_not_told_of_them(house: House, alice: User) -> None:
    await house.events.record(Kind.RESET_LINK_MADE, ALICE, BOB, SHOWN)
    bob = await house.add(BOB)
    assert await house.notices.of(bob) == ()
    assert (await HistorySections(house.events).section(Caller(bob))).events == ()


async def test_mailed_links_live_for_ten_minutes_and_those_of_administrators_for_two_days(
    house: House, alice: User, bob: User
) -> None:
    await house.resetting.by_mail(BOB, HOME)
    await house.mail.emptied()
    (mailed,) = await house.tickets.of(Purpose.PASSWORD)
    assert mailed.expires_at - mailed.created_at == MAIL_LIFETIME == timedelta(minutes=10)
    await house.tickets.withdraw_all(Purpose.PASSWORD)
    await shown(house, alice, bob)
    (given_out,) = await house.tickets.of(Purpose.PASSWORD)
    assert given_out.expires_at - given_out.created_at == LINK_LIFETIME == timedelta(days=2)
    with pytest.raises(NotFoundError):
        await house.reset_links.give(alice, new_id(), HOME.address)


NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
MAKERS: Final = (ALICE, BOB, "", "the operator")
happened = st.lists(st.tuples(st.sampled_from(["made", "mailed", "used"]), st.sampled_from(MAKERS)), max_size=12)


@given(happened)
def test_every_link_that_another_has_seen_is_a_notice_and_no_use_comes_before_it(what: list[tuple[str, str]]) -> None:
    bob, events = User(new_id(), BOB), []
    for number, (kind, maker) in enumerate(what):
        at = NOW + timedelta(hours=number)
        if kind == "used":
            by = BY_LINK_OF + maker if maker else "by link"
            events.append(Event(new_id(), Kind.PASSWORD_RESET, BOB, "", by, "::1", at))
        else:
            detail = SHOWN if kind == "made" else "mailed to the user"
            events.append(Event(new_id(), Kind.RESET_LINK_MADE, maker, BOB, detail, "::1", at))
    notices = notices_in(bob, events[::-1])
    made = [NOW + timedelta(hours=at) for at, (kind, maker) in enumerate(what) if kind == "made" and maker != BOB]
    assert [one.made_at for one in notices] == made[::-1]
    assert all(one.used_at is None or one.used_at > one.made_at for one in notices)

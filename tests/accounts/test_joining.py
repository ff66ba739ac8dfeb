"""How people come in who have no account, and back in who have forgotten their password."""

import asyncio
import re
from uuid import UUID

import pytest

from tests.accounts.people import ALICE, BOB, HOME, PASSWORD, SITE, House
from webapp.accounts.limits import ACCOUNT, MAIL
from webapp.accounts.purposes import Purpose
from webapp.accounts.signing_in import WrongPasswordError
from webapp.accounts.users import Role, User
from webapp.accounts.ways_in import Way
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError, TooManyError

NEW = "a stormy evening"


@pytest.fixture
async def alice(house: House) -> User:
    return await house.add(ALICE, Role.ADMINISTRATOR)


def token_of(text: str, path: str) -> str:
    (token,) = re.findall(rf"{SITE}/{path}\?token=(\S+)", text)
    return str(token)


# Invitations


async def invite(house: House, alice: User, name: str = "", role: Role = Role.MEMBER) -> str:
    return token_of(await house.invitations.make(alice, role, name, 7, HOME), "join")


async def test_an_invitation_makes_one_account(house: House, alice: User) -> None:
    token = await invite(house, alice, role=Role.ADMINISTRATOR)
    assert (await house.invitations.check(token)).name == ""
    bob = await house.invitations.join(token, BOB, " Bob ", PASSWORD, HOME)
    assert (bob.name, bob.full_name, bob.role) == (BOB, "Bob", Role.ADMINISTRATOR)
    assert await house.signing_in.by_password(BOB, PASSWORD, HOME) == bob
    with pytest.raises(NotFoundError):
        await house.invitations.join(token, "charlie@example.org", "", PASSWORD, HOME)
    assert (await house.told())[:2] == ["invitation_made", "invitation_used"]


async def test_an_invitation_for_an_address_is_for_no_other(house: House, alice: User) -> None:
    token = await invite(house, alice, " Bob@Example.org")
    assert (await house.invitations.join(token, "charlie@example.org", "", PASSWORD, HOME)).name == BOB


async def test_what_does_not_do_leaves_the_invitation_good(house: House, alice: User) -> None:
    token = await invite(house, alice)
    for name, password in (("bob", PASSWORD), (BOB, "short")):
        with pytest.raises(InvalidError):
            await house.invitations.join(token, name, "", password, HOME)
    with pytest.raises(ConflictError):
        await house.invitations.join(token, ALICE, "", PASSWORD, HOME)
    await house.invitations.join(token, BOB, "", PASSWORD, HOME)


async def test_of_two_who_have_the_link_one_gets_in(house: House, alice: User) -> None:
    token = await invite(house, alice)
    names = (BOB, "charlie@example.org")
    made = await asyncio.gather(
        *(house.invitations.join(token, name, "", PASSWORD, HOME) for name in names), return_exceptions=True
    )
    assert [type(one) for one in made if not isinstance(one, User)] == [NotFoundError]
    assert len(await house.users.all()) == 2


async def test_invitations_are_listed_and_withdrawn(house: House, alice: User) -> None:
    token = await invite(house, alice, BOB)
    (listed,) = await house.invitations.all()
    assert (listed.name, listed.role, listed.made_by) == (BOB, Role.MEMBER, ALICE)
    await house.invitations.withdraw(alice, listed.id, HOME)
    with pytest.raises(NotFoundError):
        await house.invitations.check(token)
    with pytest.raises(NotFoundError):
        await house.invitations.withdraw(alice, listed.id, HOME)
    assert (await house.told())[-1] == "invitation_withdrawn"


@pytest.mark.parametrize(("name", "days"), [("bob", 7), (BOB, 0), (BOB, 365)])
async def test_an_invitation_that_cannot_be_is_refused(house: House, alice: User, name: str, days: int) -> None:
    with pytest.raises(InvalidError):
        await house.invitations.make(alice, Role.MEMBER, name, days, HOME)


# Signing up


async def test_who_has_an_address_of_the_domain_signs_up_by_a_mailed_link(house: House) -> None:
    await house.signing_up.ask(BOB.upper(), HOME)
    ((to, _, text),) = await house.mail.emptied()
    assert to == BOB
    token = token_of(text, "join")
    assert (await house.invitations.check(token)).name == BOB
    bob = await house.invitations.join(token, "somebody@else.example", "", PASSWORD, HOME)
    assert (bob.name, bob.role) == (BOB, Role.MEMBER)
    assert await house.told() == ["signed_up"]


async def test_addresses_elsewhere_are_told_where_one_can_sign_up(house: House) -> None:
    for name in ("bob@example.com", "bob@example.org.evil.example", "bob@evilexample.org"):
        with pytest.raises(InvalidError, match=r"address of example\.org can"):
            await house.signing_up.ask(name, HOME)
    assert await house.mail.emptied() == []


async def test_who_has_an_account_is_told_so_by_mail_alone(house: House, alice: User) -> None:
    await house.signing_up.ask(ALICE, HOME)
    ((to, subject, text),) = await house.mail.emptied()
    assert (to, subject) == (ALICE, "You have an account already")
    assert "token" not in text


async def test_nobody_s_letterbox_is_flooded(house: House, alice: User) -> None:
    for _ in range(MAIL.free):
        await house.resetting.by_mail(ALICE, HOME)
    with pytest.raises(TooManyError):
        await house.resetting.by_mail(ALICE, HOME)
    with pytest.raises(TooManyError):
        await house.signing_up.ask(ALICE, HOME)
    assert len(await house.mail.emptied()) == MAIL.free


# A forgotten password


async def test_a_mailed_link_sets_a_new_password_and_ends_all_sessions(house: House, alice: User) -> None:
    session = await house.arrivals.begin(alice, Way.PASSWORD, HOME)
    await house.resetting.by_mail(f" {ALICE} ", HOME)
    await house.resetting.by_mail(ALICE, HOME)
    (_, _, text), (_, _, other) = await house.mail.emptied()
    token = token_of(text, "password")
    assert await house.resetting.check(token) == alice
    assert await house.resetting.reset(token, NEW, HOME) == alice
    assert await house.sessions.find(session.session) is None
    assert not await house.devices.knows(ALICE, session.device)
    assert await house.signing_in.by_password(ALICE, NEW, HOME) == alice
    with pytest.raises(WrongPasswordError):
        await house.signing_in.by_password(ALICE, PASSWORD, HOME)
    for spent in (token, token_of(other, "password")):
        with pytest.raises(NotFoundError):
            await house.resetting.reset(spent, PASSWORD, HOME)


async def test_a_link_is_used_once_also_by_two_at_once(house: House, alice: User) -> None:
    token = token_of(await house.reset_links.make(ALICE, alice.id), "password")
    done = await asyncio.gather(
        *(house.resetting.reset(token, password, HOME) for password in (NEW, "another evening")), return_exceptions=True
    )
    assert sum(isinstance(one, User) for one in done) == 1
    assert sum(isinstance(one, NotFoundError) for one in done) == 1


async def test_a_weak_password_leaves_the_link_good(house: House, alice: User) -> None:
    token = token_of(await house.reset_links.make(ALICE, alice.id), "password")
    with pytest.raises(InvalidError):
        await house.resetting.reset(token, "short", HOME)
    await house.resetting.reset(token, NEW, HOME)
    assert (await house.told())[-2:] == ["reset_link_made", "password_reset"]


async def test_a_link_lets_in_who_was_kept_out_by_guessing(house: House, alice: User) -> None:
    for _ in range(ACCOUNT.free):
        with pytest.raises(WrongPasswordError):
            await house.signing_in.by_password(ALICE, "a wrong password", HOME)
    await house.resetting.reset(token_of(await house.reset_links.make(ALICE, alice.id), "password"), NEW, HOME)
    assert await house.signing_in.by_password(ALICE, NEW, HOME) == alice


async def test_nothing_tells_whether_an_address_is_known(house: House, alice: User) -> None:
    """What is done before the answer is the same; what differs is done after it."""
    without = await house.users.add(BOB, "", Role.MEMBER)
    assert without.name == BOB
    for name in ("nobody@example.org", BOB):
        await house.resetting.by_mail(name, HOME)
    assert await house.mail.emptied() == []
    assert await house.tickets.of(Purpose.PASSWORD) == []
    with pytest.raises(InvalidError):
        await house.resetting.by_mail("alice", HOME)


async def test_links_are_for_who_is_there(house: House) -> None:
    with pytest.raises(NotFoundError):
        await house.reset_links.make(ALICE, UUID(int=1))
    with pytest.raises(NotFoundError):
        await house.resetting.check("no token")

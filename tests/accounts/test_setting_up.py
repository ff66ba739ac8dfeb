"""The first administrator: from the settings, or by the link in the log."""

import asyncio
import re

import pytest

from tests.accounts.people import ALICE, BOB, PASSWORD, House
from webapp.accounts.setting_up import prepare_accounts
from webapp.accounts.users import Role, User
from webapp.config import SettingError, Settings
from webapp.conversations.store import Conversations
from webapp.db.address import Address
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError

ON = Settings(auth="on", app_url="https://chat.example.org/chat")
GIVEN = Settings(auth="on", admin_email="Alice@Example.org", admin_password=PASSWORD)


async def link(house: House, caplog: pytest.LogCaptureFixture) -> str:
    """The token of the link that a start writes into the log."""
    caplog.clear()
    await house.setting_up.prepare(ON)
    (token,) = re.findall(r"https://chat\.example\.org/chat/setup\?token=(\S+)", caplog.text)
    return str(token)


async def test_the_link_of_the_log_makes_the_first_administrator(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    token = await link(house, caplog)
    await house.setting_up.check(token)
    user = await house.setting_up.set_up(token, ALICE, " Alice ", PASSWORD)
    assert (user.name, user.full_name, user.role) == (ALICE, "Alice", Role.ADMINISTRATOR)
    assert await house.told() == ["set_up"]
    for work in (house.setting_up.check(token), house.setting_up.set_up(token, BOB, "", PASSWORD)):
        with pytest.raises(NotFoundError):
            await work
    caplog.clear()
    await house.setting_up.prepare(ON)
    assert caplog.text == ""


async def test_another_token_is_none(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await link(house, caplog)
    for token in ("", "another"):
        with pytest.raises(NotFoundError):
            await house.setting_up.set_up(token, ALICE, "", PASSWORD)


async def test_what_does_not_do_leaves_the_link_good(house: House, caplog: pytest.LogCaptureFixture) -> None:
    token = await link(house, caplog)
    for name, full_name, password in (("alice", "", PASSWORD), (ALICE, "x" * 200, PASSWORD), (ALICE, "", "short")):
        with pytest.raises(InvalidError):
            await house.setting_up.set_up(token, name, full_name, password)
    await house.setting_up.set_up(token, ALICE, "", PASSWORD)


async def test_of_two_who_have_the_link_one_is_the_first(house: House, caplog: pytest.LogCaptureFixture) -> None:
    token = await link(house, caplog)
    made = await asyncio.gather(
        *(house.setting_up.set_up(token, name, "", PASSWORD) for name in (ALICE, BOB)), return_exceptions=True
    )
    assert sum(isinstance(one, User) for one in made) == 1
    assert sum(isinstance(one, ConflictError | NotFoundError) for one in made) == 1


async def test_the_settings_make_the_first_administrator_once(
    house: House, address: Address, caplog: pytest.LogCaptureFixture
) -> None:
    await prepare_accounts(Settings(auth="on"), address)
    assert "/setup?token=" in caplog.text
    await house.setting_up.prepare(GIVEN)
    known = await house.users.credentials(ALICE)
    assert known is not None
    assert known.password_hash == f"hash of {PASSWORD}"
    await house.users.set_password(known.user.id, "changed since")
    await house.setting_up.prepare(GIVEN)
    known = await house.users.credentials(ALICE)
    assert known is not None
    assert known.password_hash == "changed since"


async def test_settings_that_do_not_do_end_the_start_with_a_line(house: House) -> None:
    weak = Settings(auth="on", admin_email=ALICE, admin_password="password123")
    with pytest.raises(SettingError, match="ADMIN_EMAIL or ADMIN_PASSWORD does not do"):
        await house.setting_up.prepare(weak)
    assert not await house.users.has_administrator()


async def test_without_accounts_nothing_is_set_up(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.setting_up.prepare(Settings(auth="off"))
    assert caplog.text == ""


async def test_conversations_from_before_accounts_are_the_first_administrator_s(house: House) -> None:
    conversations = Conversations(house.database, max_live=8, renderer_version=1)
    local = await house.users.local()
    before = await conversations.add(local.id, "a/model", "From before")
    await house.setting_up.prepare(GIVEN)
    alice = await house.users.credentials(ALICE)
    bob = await house.add(BOB)
    assert alice is not None
    assert [one.id for one in await conversations.page(alice.user.id)] == [before.id]
    assert await conversations.page(bob.id) == []

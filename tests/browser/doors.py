"""Signing in and out as people do it, and accounts to do it with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from playwright.async_api import Page, expect
from sqlalchemy import update

from tests.accounts.people import House, real_passwords
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.database import open_database
from tests.fakes.signed_in import NAME, PASSWORD
from webapp.accounts.passwords import CheckedPassword
from webapp.accounts.sessions_store import RECENT
from webapp.accounts.users import Role, User
from webapp.db.address import SqliteFile
from webapp.db.clock import moment
from webapp.db.tables import Session as SessionRow

BOB: Final = "bob@example.org"


@asynccontextmanager
async def behind(server: AppServer) -> AsyncIterator[House]:
    """The stores of a running server, for what another process of it would do."""
    async with open_database(SqliteFile(server.database)) as database:
        yield House(database)


async def add_user(server: AppServer, name: str = BOB) -> User:
    async with behind(server) as house:
        known = await house.users.credentials(name)
        if known is not None:
            return known.user
        password_hash = await real_passwords().hashed(CheckedPassword(PASSWORD))
        return await house.users.add(name, "", Role.MEMBER, password_hash=password_hash)


async def fill_in(page: Page, name: str = NAME, password: str = PASSWORD) -> None:
    """The form to sign in."""
    await page.get_by_label("E-mail address").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def sign_in(screen: Screen, name: str = NAME) -> None:
    """From wherever it is to a new conversation."""
    await screen.open("/login")
    await fill_in(screen.page, name)
    await expect(screen.box).to_be_visible()


async def end_sessions(server: AppServer, name: str = NAME) -> None:
    """What happens to somebody whose session has expired, or was ended elsewhere."""
    async with behind(server) as house:
        known = await house.users.credentials(name)
        assert known is not None
        await house.sessions.end_all(known.user.id)


async def grow_stale(server: AppServer) -> None:
    """It is a while since anybody has shown who they are."""
    async with behind(server) as house, house.database.write() as session:
        await session.execute(update(SessionRow).values(confirmed_at=moment(ago=RECENT + timedelta(minutes=1))))

"""However people sign in and out, and sessions end: exactly those that should be open are."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import update

from tests.accounts.people import HOME, House
from tests.fakes.database import migrated_file
from webapp.accounts.signing_in import WrongPasswordError
from webapp.accounts.users import User
from webapp.accounts.ways_in import Way
from webapp.db.engine import open_database
from webapp.db.tables import Session as SessionRow
from webapp.db.tables import User as UserRow

T = TypeVar("T")

PEOPLE = ("alice@example.org", "bob@example.org")
PAST = datetime(2026, 1, 1, tzinfo=UTC)
_PERSON = st.sampled_from(PEOPLE)


class Browser:
    """Who is signed in there, as the model has it, by which session."""

    def __init__(self, name: str, secret: str, session_id: UUID) -> None:
        self.name, self.secret, self.session_id = name, secret, session_id
        self.is_in = True


class Accounts(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self._folder = TemporaryDirectory()
        self._runner = asyncio.Runner()
        self._database = open_database(migrated_file(Path(self._folder.name) / "test.db"))
        self._house = House(self._database)
        self._passwords = dict.fromkeys(PEOPLE, "the first password")
        self._disabled: set[str] = set()
        self._browsers: list[Browser] = []
        self._people: dict[str, User] = {
            name: self._do(self._house.add(name, password=self._passwords[name])) for name in PEOPLE
        }

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def teardown(self) -> None:
        self._do(self._database.close())
        self._runner.close()
        self._folder.cleanup()

    @rule(name=_PERSON)
    def sign_in(self, name: str) -> None:
        try:
            user = self._do(self._house.signing_in.by_password(name, self._passwords[name], HOME))
        except WrongPasswordError:
            assert name in self._disabled
            return
        finally:
            self._do(self._house.attempts.forget(f"sign-in to {name}"))
        assert name not in self._disabled
        arrival = self._do(self._house.arrivals.begin(user, Way.PASSWORD, HOME))
        caller = self._do(self._house.sessions.find(arrival.session))
        assert caller is not None
        assert caller.credential is not None
        self._browsers.append(Browser(name, arrival.session, caller.credential))

    @rule(name=_PERSON)
    def try_an_old_password(self, name: str) -> None:
        try:
            self._do(self._house.signing_in.by_password(name, self._passwords[name] + "x", HOME))
        except WrongPasswordError:
            return
        finally:
            self._do(self._house.attempts.forget(f"sign-in to {name}"))
            self._do(self._house.attempts.forget(f"sign-in from {HOME.network}"))
        raise AssertionError

    @precondition(lambda self: self._browsers)
    @rule(data=st.data())
    def sign_out(self, data: st.DataObject) -> None:
        browser = data.draw(st.sampled_from(self._browsers))
        self._do(self._house.sessions.end(self._people[browser.name].id, browser.session_id))
        browser.is_in = False

    @precondition(lambda self: self._browsers)
    @rule(data=st.data(), name=_PERSON)
    def end_a_session_that_may_be_another_s(self, data: st.DataObject, name: str) -> None:
        browser = data.draw(st.sampled_from(self._browsers))
        self._do(self._house.sessions.end(self._people[name].id, browser.session_id))
        browser.is_in &= browser.name != name

    @rule(name=_PERSON, data=st.data())
    def end_all_others(self, name: str, data: st.DataObject) -> None:
        own = [browser for browser in self._browsers if browser.name == name]
        kept = data.draw(st.sampled_from([*own, None]))
        self._do(self._house.sessions.end_all(self._people[name].id, but=kept.session_id if kept else None))
        for browser in own:
            browser.is_in &= browser is kept

    @precondition(lambda self: self._browsers)
    @rule(data=st.data(), column=st.sampled_from(["expires_at", "last_seen_at"]))
    def time_passes_for_a_session(self, data: st.DataObject, column: str) -> None:
        browser = data.draw(st.sampled_from(self._browsers))
        self._change(update(SessionRow).where(SessionRow.id == browser.session_id).values({column: PAST}))
        browser.is_in = False

    @precondition(lambda self: any(browser.is_in for browser in self._browsers))
    @rule(data=st.data(), password=st.sampled_from(["a second password", "a third password"]))
    def change_the_password(self, data: st.DataObject, password: str) -> None:
        here = data.draw(st.sampled_from([browser for browser in self._browsers if browser.is_in]))
        if here.name in self._disabled:
            return
        caller = self._do(self._house.sessions.find(here.secret))
        assert caller is not None
        arrival = self._do(self._house.account.change_password(caller, self._passwords[here.name], password, HOME))
        here.secret = arrival.session
        self._passwords[here.name] = password
        for browser in self._browsers:
            browser.is_in &= browser.name != here.name or browser is here

    @rule(name=_PERSON)
    def disable(self, name: str) -> None:
        self._change(update(UserRow).where(UserRow.name == name).values(disabled_at=PAST))
        self._disabled.add(name)

    @rule(name=_PERSON)
    def enable(self, name: str) -> None:
        self._change(update(UserRow).where(UserRow.name == name).values(disabled_at=None))
        self._disabled.discard(name)

    def _change(self, statement: Any) -> None:
        async def change() -> None:
            async with self._database.write() as session:
                await session.execute(statement)

        self._do(change())

    @invariant()
    def exactly_those_are_in_that_should_be(self) -> None:
        for browser in self._browsers:
            caller = self._do(self._house.sessions.find(browser.secret))
            is_in = browser.is_in and browser.name not in self._disabled
            assert (caller is not None) == is_in, browser.name
            assert caller is None or (caller.user.name, caller.credential) == (browser.name, browser.session_id)
        alive = self._do(self._house.sessions.alive([browser.session_id for browser in self._browsers]))
        assert alive == {one.session_id for one in self._browsers if one.is_in and one.name not in self._disabled}

    @invariant()
    def everybody_s_list_has_what_is_open_and_nothing_else(self) -> None:
        for name in PEOPLE:
            listed = {one.id for one in self._do(self._house.sessions.of(self._people[name].id))}
            assert listed == {
                browser.session_id
                for browser in self._browsers
                if browser.name == name and browser.is_in and name not in self._disabled
            }


TestAccounts = Accounts.TestCase
TestAccounts.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

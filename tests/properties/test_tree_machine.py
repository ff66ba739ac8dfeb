"""Whatever people do to a conversation, the store shows what a plain list of messages says it should."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conversations.conftest import Cast
from tests.fakes.reply_store import TroubledReplyStore
from webapp.conversations.messages import Exchange, Rendering
from webapp.conversations.store import Conversations
from webapp.conversations.tree_store import Branches
from webapp.db.address import Address, PostgresServer
from webapp.db.engine import Database, open_database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, NotFoundError

T = TypeVar("T")
ANY = st.integers(0, 10**6)


class Said:
    """A message as the list has it. `at` counts; `deletion` is the number of the one that took it."""

    def __init__(self, key: UUID, parent: "Said | None", role: str, text: str, at: int) -> None:
        self.key, self.parent, self.role, self.text, self.at = key, parent, role, text, at
        self.run = 1 if role == "assistant" else 0
        self.deletion = 0

    @property
    def above(self) -> "Said | None":
        found = self.parent
        while found is not None and found.deletion:
            found = found.parent
        return found


class TreeMachine(RuleBasedStateMachine):
    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self.runner, self.database = runner, database
        self.conversations = Conversations(database, max_live=3, renderer_version=1)
        self.branches = Branches(database, renderer_version=1)
        self.all: list[Said] = []
        self.shown: Said | None = None
        self.clock = self.deletions = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.owner = new_id()
        self.do(self.add_owner())
        self.cast = Cast(
            self.database, self.conversations, self.branches, TroubledReplyStore(self.database), self.owner, self.owner
        )
        self.conversation = self.do(self.conversations.add(self.owner, "m")).id

    async def add_owner(self) -> None:
        async with self.database.write() as session:
            session.add(UserRow(id=self.owner, name=str(self.owner), created_at=datetime.now(UTC)))

    # The list

    @property
    def there(self) -> list[Said]:
        return [one for one in self.all if not one.deletion]

    def below(self, one: Said | None) -> list[Said]:
        return sorted((other for other in self.there if other.above is one), key=lambda other: other.at)

    def with_all_below(self, one: Said) -> list[Said]:
        return [one, *(deep for child in self.below(one) for deep in self.with_all_below(child))]

    def end_of(self, one: Said) -> Said:
        return max((deep for deep in self.with_all_below(one) if not self.below(deep)), key=lambda deep: deep.at)

    def path(self, one: Said | None) -> list[Said]:
        return [] if one is None else [*self.path(one.above), one]

    def show_with(self, one: Said) -> None:
        if one not in self.path(self.shown):
            self.shown = self.end_of(one)

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def add(self, key: UUID, parent: Said | None, role: str, text: str) -> Said:
        said = Said(key, parent, role, text, self.tick())
        self.all.append(said)
        return said

    def add_exchange(self, exchange: Exchange, parent: Said | None, text: str) -> None:
        question = self.add(exchange.question.id, parent, "user", text)
        self.end(exchange.answer.id, question)

    def end(self, answer: UUID, question: Said) -> None:
        text = f"Answer {self.tick()}"
        self.do(self.cast.end(answer, text))
        self.shown = self.add(answer, question, "assistant", text)

    def one_of(self, number: int, role: str | None = None) -> Said | None:
        """Most often one of those that are shown, where people act."""
        all_there = self.there if number % 4 == 0 else self.path(self.shown)[-4:]
        some = [one for one in all_there if role in (None, one.role)]
        return some[number // 4 % len(some)] if some else None

    # What people do

    @rule()
    def ask(self) -> None:
        text = f"Question {self.tick()}"
        exchange = self.do(self.conversations.add_exchange(self.owner, self.conversation, text, "m", ""))
        assert [one.content for one in exchange.prompt] == [*(one.text for one in self.path(self.shown)), text]
        self.add_exchange(exchange, self.shown, text)

    @rule(number=ANY)
    def edit_and_ask_again(self, number: int) -> None:
        if (old := self.one_of(number, "user")) is None:
            return
        text = f"Edited question {self.tick()}"
        exchange = self.do(self.conversations.add_edited(self.owner, old.key, old.run, text, "m"))
        old.run += 1
        assert [one.content for one in exchange.prompt] == [*(one.text for one in self.path(old.above)), text]
        self.add_exchange(exchange, old.parent, text)

    @rule(number=ANY)
    def retry(self, number: int) -> None:
        if (old := self.one_of(number)) is None:
            return
        question = old if old.role == "user" else old.parent
        left = self.path(old) if old.role == "user" else self.path(old.above)
        if not left or left[-1].role != "user":
            with pytest.raises(ConflictError):
                self.do(self.conversations.add_retry(self.owner, old.key, "m"))
            return
        assert question is not None
        beginning = self.do(self.conversations.add_retry(self.owner, old.key, "m"))
        assert [one.content for one in beginning.prompt] == [one.text for one in left]
        self.end(beginning.answer.id, question)

    @rule(number=ANY)
    def edit_in_place(self, number: int) -> None:
        if (old := self.one_of(number)) is None:
            return
        text, rendering = f"Edited {self.tick()}", Rendering("<p></p>", "") if old.role == "assistant" else None
        before = {one.key for one in self.all}
        self.do(self.branches.edit(self.owner, old.key, old.run, text, rendering))
        [kept] = set(self.do(self.ids())) - before
        earlier = Said(kept, old.parent, old.role, old.text, old.at)
        earlier.run = 0
        self.all.append(earlier)
        old.text, old.at, old.run = text, self.tick(), old.run + 1

    async def ids(self) -> list[UUID]:
        tree = (await self.branches.overview(self.owner, self.conversation)).tree
        return [one for top in tree.children(None) for one in tree.below(top)] + [
            one.key for one in self.all if one.deletion
        ]

    @rule(number=ANY)
    def show(self, number: int) -> None:
        if (one := self.one_of(number)) is not None:
            self.do(self.branches.show(self.owner, one.key))
            self.show_with(one)

    @rule(number=ANY, with_branch=st.booleans())
    def delete(self, number: int, with_branch: bool) -> None:
        if (victim := self.one_of(number)) is None:
            return
        gone = self.with_all_below(victim) if with_branch else [victim]
        siblings = self.below(victim.above)
        self.do(self.branches.delete(self.owner, victim.key, with_branch=with_branch))
        self.deletions += 1
        for one in gone:
            one.deletion = self.deletions
        if self.shown is not None and self.shown.deletion:
            place = siblings.index(victim)
            left = [one for one in (*siblings[:place][::-1], *siblings[place + 1 :]) if not one.deletion]
            above = victim.above
            self.shown = self.end_of(left[0]) if left else above and self.end_of(above)
        found = self.do(self.branches.deleted_with(self.owner, self.conversation, victim.key))
        assert found == len(gone)

    @precondition(lambda self: any(one.deletion for one in self.all))
    @rule(number=ANY)
    def restore(self, number: int) -> None:
        gone = [one for one in self.all if one.deletion]
        chosen = gone[number % len(gone)]
        self.do(self.branches.restore(self.owner, chosen.key))
        number = chosen.deletion
        for one in gone:
            if one.deletion == number:
                one.deletion = 0
        self.show_with(chosen)

    @rule(number=ANY)
    def fork(self, number: int) -> None:
        if (one := self.one_of(number)) is None:
            return
        fork = self.do(self.branches.fork(self.owner, one.key))
        window = self.do(self.conversations.window(self.owner, fork.id, limit=1_000))
        assert [message.content for message in window.messages] == [said.text for said in self.path(one)]
        assert all(message.copied_from and message.receipt.cost is None for message in window.messages)

    @rule(number=ANY)
    def write_what_was_written_elsewhere(self, number: int) -> None:
        if (one := self.one_of(number)) is not None:
            with pytest.raises(ConflictError):
                self.do(self.branches.edit(self.owner, one.key, one.run + 1, "Other", None))

    @precondition(lambda self: any(one.deletion for one in self.all))
    @rule()
    def use_what_is_deleted(self) -> None:
        gone = next(one for one in self.all if one.deletion)
        for attempt in (
            self.branches.edit(self.owner, gone.key, gone.run, "Other", None),
            self.branches.show(self.owner, gone.key),
            self.branches.fork(self.owner, gone.key),
            self.branches.delete(self.owner, gone.key, with_branch=True),
            self.conversations.add_retry(self.owner, gone.key, "m"),
        ):
            with pytest.raises(NotFoundError):
                self.do(attempt)

    # What is seen

    @invariant()
    def the_page_shows_what_the_list_says(self) -> None:
        if not hasattr(self, "conversation"):
            return
        window = self.do(self.conversations.window(self.owner, self.conversation, None, 1_000, 10**6))
        path = self.path(self.shown)
        assert [(one.id, one.content) for one in window.messages] == [(one.key, one.text) for one in path]
        assert not window.has_earlier
        for message, said in zip(window.messages, path, strict=True):
            assert message.versions == tuple(one.key for one in self.below(said.above))
            assert message.parent_id == (said.above.key if said.above else None)
        assert self.shown is None or not self.below(self.shown)

    @invariant()
    def it_comes_in_parts_too(self) -> None:
        path = self.path(self.shown)
        if len(path) < 2:
            return
        keys = [one.key for one in path]
        half = len(path) // 2
        before = self.do(self.conversations.window(self.owner, self.conversation, keys[half], 1_000, 10**6))
        after = self.do(self.conversations.window_after(self.owner, self.conversation, keys[half], 1_000, 10**6))
        assert [one.id for one in (*before.messages, *after.messages)] == keys[:half] + keys[half + 1 :]
        two = self.do(self.conversations.window(self.owner, self.conversation, None, 2))
        assert [one.id for one in two.messages] == keys[-2:]
        assert two.has_earlier == (len(keys) > 2)


def test_a_conversation_is_what_a_plain_list_says(address: Address) -> None:
    is_server = isinstance(address, PostgresServer)
    with asyncio.Runner() as runner:
        database = runner.run(opened(address))
        run_state_machine_as_test(
            lambda: TreeMachine(runner, database),  # type: ignore[arg-type]  # called without arguments, whatever it is
            settings=settings(
                max_examples=5 if is_server else 20,
                stateful_step_count=15 if is_server else 25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(database.close())


async def opened(address: Address) -> Database:
    return open_database(address)

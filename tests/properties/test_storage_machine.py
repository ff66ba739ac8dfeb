"""Whatever people do, what is kept as the number of their bytes is what a full count finds."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import update

from tests.accounts.test_storage import counted, end
from tests.fakes.documents import ASKED, NOW, document, message
from webapp.accounts.storage_store import Storage
from webapp.conversations.listing import View
from webapp.conversations.listing_store import Listing
from webapp.conversations.messages import Feedback, Rendering, Status
from webapp.conversations.replies_store import NewRendering, ReplyStore
from webapp.conversations.settings_store import ConversationSettings
from webapp.conversations.store import Conversations
from webapp.conversations.tree_store import Branches
from webapp.db.address import Address, PostgresServer
from webapp.db.engine import Database, open_database
from webapp.db.tables import Import as ImportRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.documents.document import DocumentPicture
from webapp.documents.imports.ids import message_names
from webapp.documents.imports.items import Item
from webapp.documents.imports.store import ImportStore
from webapp.library.store import Library
from webapp.operations.retention_store import RetentionStore
from webapp.web.refusals import ConflictError, NotFoundError

T = TypeVar("T")
ANY = st.integers(0, 10**6)
TEXT = st.sampled_from(["", "a", "ä" * 30, "😀", "x" * 300, "two\nlines"])
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


class StorageMachine(RuleBasedStateMachine):
    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self.runner, self.database = runner, database
        self.conversations = Conversations(database, max_live=1_000, renderer_version=1)
        self.branches = Branches(database, renderer_version=1)
        self.listing, self.library, self.imports = Listing(database), Library(database), ImportStore(database)
        self.storage, self.retention = Storage(database), RetentionStore(database)

    def do(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What may be refused in the state in which things are is refused, and changes nothing."""
        try:
            return self.runner.run(work)
        except (ConflictError, NotFoundError):
            return None

    @initialize()
    def begin(self) -> None:
        self.owner = new_id()
        self.talks: list[UUID] = []
        self.messages: list[UUID] = []
        self.growing: list[UUID] = []
        self.files: list[UUID] = []
        self.number = 0
        self.runner.run(self.add_owner())
        self.ask(0, "x")

    async def add_owner(self) -> None:
        async with self.database.write() as session:
            session.add(UserRow(id=self.owner, name=str(self.owner), created_at=datetime.now(UTC)))

    def pick(self, some: list[UUID], number: int) -> UUID:
        return some[number % len(some)] if some else new_id()

    # What people do

    @rule(number=ANY, text=TEXT)
    def ask(self, number: int, text: str) -> None:
        where = self.pick(self.talks, number) if number % 3 else None
        exchange = self.do(self.conversations.add_exchange(self.owner, where, f"Q{text}", "m", ""))
        if exchange is not None:
            self.talks.append(exchange.conversation.id)
            self.messages += [exchange.question.id, exchange.answer.id]
            self.growing.append(exchange.answer.id)

    @rule(number=ANY, text=TEXT)
    def end(self, number: int, text: str) -> None:
        if self.growing:
            self.do(end(self.database, self.growing.pop(number % len(self.growing)), text))

    @rule(number=ANY, text=TEXT)
    def resume(self, number: int, text: str) -> None:
        answer = self.pick(self.messages, number)
        self.do(self.cut(answer))
        if (beginning := self.do(self.conversations.resume(self.owner, answer))) is not None:
            self.growing.append(beginning.answer.id)

    async def cut(self, answer: UUID) -> None:
        async with self.database.write() as session:
            is_it = (MessageRow.id == answer, MessageRow.status == Status.COMPLETE, MessageRow.role == "assistant")
            await session.execute(update(MessageRow).where(*is_it).values(status=Status.STOPPED))

    @rule()
    def reap(self) -> None:
        self.do(ReplyStore(self.database).reap(timedelta(days=-1)))
        self.growing.clear()

    @rule(number=ANY, text=TEXT)
    def edit(self, number: int, text: str) -> None:
        self.do(self.branches.edit(self.owner, self.pick(self.messages, number), number % 2, f"E{text}", None))

    @rule(number=ANY, text=TEXT)
    def show(self, number: int, text: str) -> None:
        message = self.pick(self.messages, number)
        made = NewRendering(message, number % 2, Rendering(f"<p>{text}</p>", text))
        self.do(ReplyStore(self.database).save_renderings([made], number))

    @rule(number=ANY, text=TEXT)
    def rate(self, number: int, text: str) -> None:
        self.do(self.branches.rate(self.owner, self.pick(self.messages, number), Feedback("up"), text))

    @rule(number=ANY)
    def fork(self, number: int) -> None:
        if (fork := self.do(self.branches.fork(self.owner, self.pick(self.messages, number)))) is not None:
            self.talks.append(fork.id)

    @rule(number=ANY, with_branch=st.booleans())
    def delete_message(self, number: int, with_branch: bool) -> None:
        self.do(self.branches.delete(self.owner, self.pick(self.messages, number), with_branch=with_branch))

    @rule(number=ANY)
    def restore_message(self, number: int) -> None:
        self.do(self.branches.restore(self.owner, self.pick(self.messages, number)))

    @rule(number=ANY, text=TEXT)
    def settle(self, number: int, text: str) -> None:
        settings_ = ConversationSettings(self.database)
        self.do(settings_.change(self.owner, self.pick(self.talks, number), "m", text, {"temperature": 0.5}))
        self.do(self.conversations.rename(self.owner, self.pick(self.talks, number), f"T{text[:50]}"))

    @rule(number=ANY)
    def delete(self, number: int) -> None:
        self.do(self.conversations.delete(self.owner, self.pick(self.talks, number)))

    @rule()
    def restore_all(self) -> None:
        self.do(self.listing.restore(self.owner, View("deleted")))

    @rule(limit=st.integers(1, 3))
    def clear(self, limit: int) -> None:
        self.do(self.listing.clear(self.owner, datetime.now(UTC) + timedelta(days=1), limit))

    @rule()
    def purge(self) -> None:
        self.do(self.deleted_long_ago())
        self.do(self.retention.purge(self.owner, 10))

    async def deleted_long_ago(self) -> None:
        async with self.database.write() as session:
            gone = (MessageRow.owner_id == self.owner, MessageRow.deleted_at.is_not(None))
            await session.execute(update(MessageRow).where(*gone).values(deleted_at=NOW - timedelta(days=3_000)))

    @rule()
    def expire(self) -> None:
        self.do(self.retention.delete_unused(self.owner, timedelta(days=-1), 2))

    @rule(text=TEXT, count=st.integers(1, 3))
    def send_a_file(self, text: str, count: int) -> None:
        self.number += 1
        key = self.do(self.imports.begin(self.owner, "file.json"))
        if key is None:
            return
        self.files.append(key)
        picture = DocumentPicture(id="p", media_type="image/png", data=PNG)
        made = [
            document(ASKED, message(2, 1, "assistant", text, pictures=(picture,)), title=f"{self.number} {each}")
            for each in range(count)
        ]
        found = [
            Item(
                title=one.title,
                format="openchat",
                source_id=one.title,
                messages=message_names(one),
                origins=(f"openchat:{one.title}",),
                document=msgspec.json.encode(one),
            )
            for one in made
        ]
        self.do(self.imports.add_items(self.owner, key, 0, [*found, Item("Bad", "It's broken.")]))
        self.do(self.imports.turn(self.owner, key, "reading", "ready"))

    @rule(number=ANY)
    def bring_in(self, number: int) -> None:
        key = self.pick(self.files, number)
        self.do(self.imports.turn(self.owner, key, "ready", "importing"))
        while self.do(self.imports.bring_in(self.owner, key)):
            pass

    @rule(number=ANY)
    def let_go_of_a_file(self, number: int) -> None:
        self.do(self.imports.delete(self.owner, self.pick(self.files, number)))

    @rule()
    def sweep(self) -> None:
        self.do(self.expired())
        self.do(self.imports.sweep())

    async def expired(self) -> None:
        async with self.database.write() as session:
            old = update(ImportRow).where(ImportRow.user_id == self.owner, ImportRow.state == "ready")
            await session.execute(old.values(expires_at=NOW - timedelta(days=3_000)))

    @rule(text=TEXT)
    def keep_a_prompt(self, text: str) -> None:
        made = self.do(self.library.add_prompt(self.owner, "Name", text))
        if made is not None and not text:
            self.do(self.library.delete_prompt(self.owner, made.id))

    @rule()
    def sum_up(self) -> None:
        self.do(self.storage.fold())

    # What is kept

    @invariant()
    def the_figure_is_that_of_a_full_count(self) -> None:
        if not hasattr(self, "files"):
            return
        used = self.runner.run(self.storage.used(self.owner))
        assert used.total == self.runner.run(counted(self.database, self.owner))
        assert 0 <= used.deleted <= used.total
        assert self.runner.run(self.storage.recount(self.owner)) == 0


def test_what_is_kept_of_the_bytes_is_what_a_full_count_finds(address: Address) -> None:
    is_server = isinstance(address, PostgresServer)
    with asyncio.Runner() as runner:
        database = runner.run(opened(address))
        run_state_machine_as_test(
            lambda: StorageMachine(runner, database),  # type: ignore[arg-type]  # called without arguments
            settings=settings(
                max_examples=8 if is_server else 25,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(database.close())


async def opened(address: Address) -> Database:
    return open_database(address)

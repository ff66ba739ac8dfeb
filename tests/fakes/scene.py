"""The streaming core with the real stores on a database of its own, and a model in the test's hands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from tests.fakes.database import open_database
from tests.fakes.model import PATIENCE, Call, FakeModel
from tests.fakes.reader import Reader
from tests.fakes.reply_store import TroubledReplyStore
from webapp.accounts.budgets_store import Budgets, BudgetStore
from webapp.accounts.keys import Keys
from webapp.accounts.ledger_store import Ledger
from webapp.bus.bus import Bus
from webapp.conversations.bills_store import BillStore
from webapp.conversations.messages import Beginning, Message
from webapp.conversations.meter import Prices
from webapp.conversations.observing import Ended
from webapp.conversations.painter import Painter
from webapp.conversations.quotes import Tariff
from webapp.conversations.renderings import Renderer
from webapp.conversations.replies import Replies
from webapp.conversations.store import Conversations
from webapp.conversations.till import Till
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.sandbox.sandbox import Sandbox

QUICK = 0.01  # seconds between two checkpoints
PRICES = Prices(Decimal("0.001"), Decimal("0.002"))  # of some/model: "Go" costs $0.001, four characters $0.002
SECRET = "a secret of thirty-two characters"


class Observed:
    """An observer that remembers what it was told."""

    def __init__(self) -> None:
        self.endings: list[Ended] = []
        self.checkpoints: list[float] = []
        self._told = asyncio.Event()

    async def ending(self, number: int = 1) -> Ended:
        """The ending of that number, from 1; waits for it."""
        async with asyncio.timeout(PATIENCE):
            while len(self.endings) < number:
                self._told.clear()
                await self._told.wait()
        return self.endings[number - 1]

    def reply_ended(self, ended: Ended) -> None:
        self.endings.append(ended)
        self._told.set()

    def checkpoint_kept(self, seconds: float) -> None:
        self.checkpoints.append(seconds)


def tariff_of(model: str) -> Tariff | None:
    return Tariff(PRICES.prompt, PRICES.completion) if model == "some/model" else None


def prices_of(model: str) -> Prices | None:
    return PRICES if model == "some/model" else None


class Process(NamedTuple):
    """What one process of the app has. Two on the same database know of each other through it, and by a bus."""

    database: Database
    conversations: Conversations
    store: TroubledReplyStore
    model: FakeModel
    replies: Replies
    observed: Observed
    budgets: BudgetStore
    ledger: Ledger
    bills: BillStore
    sandbox: Sandbox

    async def ask(self, owner: UUID, text: str = "Go", conversation: UUID | None = None) -> tuple[Message, Call]:
        """Sets an answer growing; returns it, and the call to the model."""
        exchange = await self.conversations.add_exchange(owner, conversation, text, "some/model", str(new_id()))
        return exchange.answer, await self.start(
            Beginning(exchange.answer, "some/model", exchange.prompt, exchange.terms, exchange.options)
        )

    async def resume(self, owner: UUID, answer: Message) -> Call:
        return await self.start(await self.conversations.resume(owner, answer.id))

    async def start(self, beginning: Beginning) -> Call:
        self.replies.start(beginning)
        return await self.model.call(len(self.model.calls) + 1)

    def follow(self, answer: Message) -> Reader:
        return Reader(self.replies.follow(answer))


class Scene(NamedTuple):
    """Alice owns, Bob is another user. `here` is a running process of the app."""

    address: Address
    here: Process
    alice: UUID
    bob: UUID

    async def message(self, answer: Message) -> Message:
        """The answer as the database has it."""
        return await self.here.conversations.find_message(self.alice, answer.id)

    async def ended(self, answer: Message) -> Message:
        """The answer as the database has it when it has ended."""
        await self.here.follow(answer).ended()
        return await self.message(answer)


@asynccontextmanager
async def open_process(
    address: Address, bus: Bus | None = None, *, checkpoint_interval: float = QUICK
) -> AsyncIterator[Process]:
    """A process on the database `address` that does not run yet: its checkpoints are kept while `replies.running`."""
    sandbox = Sandbox()
    async with open_database(address) as database, sandbox.running():
        store, model = TroubledReplyStore(database), FakeModel()
        budgets = Budgets()
        budget_store = BudgetStore(database, budgets)
        conversations = Conversations(
            database, max_live=8, renderer_version=RENDERER_VERSION, budgets=budgets, tariff_of=tariff_of
        )
        observed, till = Observed(), Till(prices_of, budget_store, Keys(SECRET))
        replies = Replies(
            store,
            model,
            bus,
            painter=Painter(sandbox),
            renderer=Renderer(sandbox),
            observer=observed,
            till=till,
            checkpoint_interval=checkpoint_interval,
        )
        yield Process(
            database,
            conversations,
            store,
            model,
            replies,
            observed,
            budget_store,
            Ledger(database),
            BillStore(database),
            sandbox,
        )


@asynccontextmanager
async def running_process(
    address: Address, bus: Bus | None = None, *, checkpoint_interval: float = QUICK
) -> AsyncIterator[Process]:
    """One of several processes on the database `address`. At its end answers that still grow are interrupted."""
    opened = open_process(address, bus, checkpoint_interval=checkpoint_interval)
    async with opened as process, process.replies.running(alone=False, grace=0):
        yield process


@asynccontextmanager
async def open_scene(
    address: Address, bus: Bus | None = None, *, checkpoint_interval: float = QUICK
) -> AsyncIterator[Scene]:
    alice, bob, now = new_id(), new_id(), datetime.now(UTC)
    async with running_process(address, bus, checkpoint_interval=checkpoint_interval) as here:
        async with here.database.write() as session:
            session.add_all(
                [UserRow(id=alice, name="alice", created_at=now), UserRow(id=bob, name="bob", created_at=now)]
            )
        yield Scene(address, here, alice, bob)

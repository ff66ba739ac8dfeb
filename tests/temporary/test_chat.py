"""A chat that is kept nowhere: what the model is given, what is booked, and what of it is left."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pytest
from sqlalchemy import func, select, update

from tests.fakes.eventually import eventually
from tests.fakes.model import Call as ModelCall
from tests.fakes.model_source import FakeModelSource, entry
from tests.fakes.scene import QUICK, SECRET, Scene, open_scene, prices_of
from webapp.accounts.budgets import BudgetError, Limits
from webapp.accounts.keys import Keys
from webapp.accounts.spending import Line, Month
from webapp.catalog.catalog import Catalog
from webapp.catalog.store import ModelStore
from webapp.conversations import bills_store
from webapp.conversations.bills_store import BillStore, Call
from webapp.conversations.messages import Status
from webapp.conversations.painter import Painter
from webapp.conversations.renderings import Renderer
from webapp.conversations.replies import Replies
from webapp.conversations.reply import Reply
from webapp.conversations.reservations_store import Renewal
from webapp.conversations.till import Till
from webapp.db.address import Address
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Conversation, OpenBill, Reservation
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.services.events import Accepted, Finish, Started, Usage
from webapp.temporary import chat as module
from webapp.temporary import unkept as keeping
from webapp.temporary.chat import Asked, Pace, TemporaryChat, earlier_messages
from webapp.temporary.unkept import Unkept
from webapp.web.refusals import InvalidError, TooLargeError, TooManyError, UnavailableError

MODEL: Final = "some/model"


class HeldBills(BillStore):
    """The ledger, which a test can hold up."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.may_book = asyncio.Event()
        self.may_book.set()

    async def book_call(self, call: Call, now: datetime) -> None:
        await self.may_book.wait()
        await super().book_call(call, now)


class Temporary(NamedTuple):
    scene: Scene
    chat: TemporaryChat
    replies: Replies
    unkept: Unkept
    bills: HeldBills

    async def grows(self, number: int) -> None:
        """Returns when so many answers grow."""

        async def holds() -> bool:
            return self.replies.live_count == number

        await eventually(holds)

    async def ask(self, text: str = "Go", *said: str) -> tuple[Asked, AsyncGenerator[Reply, None], ModelCall]:
        """Asks, and reads the first of the growing answer."""
        asked = await self.chat.ask(self.scene.alice, said, text, MODEL)
        calls = len(self.scene.here.model.calls)
        versions = self.chat.grow(asked.beginning)
        await anext(versions)
        return asked, versions, await self.scene.here.model.call(calls + 1)

    async def lines(self) -> list[Line]:
        return await self.scene.here.ledger.models(self.scene.alice, Month.of(datetime.now(UTC)))

    async def rows(self, table: type[Any]) -> int:
        async with self.scene.here.database.read() as session:
            return int(await session.scalar(select(func.count()).select_from(table)) or 0)


@pytest.fixture
async def temporary(address: Address) -> AsyncIterator[Temporary]:
    async with open_scene(address) as scene:
        here = scene.here
        catalog = Catalog(ModelStore(here.database), FakeModelSource(entry(MODEL)), default_model=MODEL)
        bills = HeldBills(here.database)
        unkept = Unkept(bills)
        till = Till(prices_of, here.budgets, Keys(SECRET), counts_growing=True)
        replies = Replies(
            unkept,
            here.model,
            painter=Painter(here.sandbox),
            renderer=Renderer(here.sandbox),
            till=till,
            checkpoint_interval=QUICK,
        )
        await catalog.refresh()
        async with replies.running(alone=True, grace=0):
            chat = TemporaryChat(
                replies, unkept, here.conversations, catalog, max_live=2, max_per_minute=0, max_message_bytes=100
            )
            yield Temporary(scene, chat, replies, unkept, bills)


async def rest(versions: AsyncGenerator[Reply, None]) -> str:
    """Reads to the end, and returns the text."""
    text = ""
    async with aclosing(versions):
        async for reply in versions:
            text = reply.text
    return text


async def test_the_model_reads_what_was_said_and_only_the_cost_is_left(temporary: Temporary) -> None:
    asked, versions, call = await temporary.ask("And then?", "Go", "Yes.")
    assert [(one["role"], one["content"]) for one in call.messages] == [
        ("user", "Go"),
        ("assistant", "Yes."),
        ("user", "And then?"),
    ]
    await call.gives(Started("gen-1", MODEL, "P"))
    await call.says("The *end*.")
    await call.gives(Usage(10, 5, 2, 1, Decimal("0.0015")), Finish("stop"))
    await call.ends()
    assert await rest(versions) == "The *end*."
    ended = await temporary.chat.ended(asked.answer)
    assert (ended.status, ended.content, ended.receipt.cost) == (Status.COMPLETE, "The *end*.", Decimal("0.0015"))
    assert "<em>end</em>" in (ended.html or "")
    assert await temporary.lines() == [Line(MODEL, 1, 10, 5, Decimal("0.0015"), Decimal(0))]
    assert [await temporary.rows(table) for table in (Conversation, MessageRow, OpenBill)] == [0, 0, 0]
    assert temporary.unkept.take(asked.answer.id) is None


async def test_who_goes_away_ends_the_answer_and_its_bill_is_asked_for(temporary: Temporary) -> None:
    asked, versions, call = await temporary.ask()
    await call.gives(Started("gen-1", MODEL, "P"))
    await call.says("Half")
    await versions.aclose()
    temporary.chat.forget(asked.answer)
    await call.was_closed()
    await temporary.grows(0)
    assert [line.cost for line in await temporary.lines()] == [Decimal("0.003")]
    assert await temporary.rows(OpenBill) == 1
    assert temporary.unkept.take(asked.answer.id) is None


async def test_the_end_waits_for_no_ledger_that_cannot_be_written_and_is_booked_later(
    temporary: Temporary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bills_store, "BOOKING_PATIENCE", 0.01)
    temporary.bills.may_book.clear()
    asked, versions, call = await temporary.ask()
    await call.says("All.")
    await call.gives(Usage(10, 5, 2, 1, Decimal("0.0015")))
    await call.ends()
    async with asyncio.timeout(30):
        assert await rest(versions) == "All."
    assert (await temporary.chat.ended(asked.answer)).status is Status.COMPLETE
    assert await temporary.lines() == []
    temporary.bills.may_book.set()

    async def is_booked() -> bool:
        return [line.cost for line in await temporary.lines()] == [Decimal("0.0015")]

    await eventually(is_booked)


async def test_an_answer_that_comes_to_the_limit_is_stopped(temporary: Temporary) -> None:
    await temporary.scene.here.budgets.set_limits(temporary.scene.alice, Limits(hard=Decimal("1.1")))
    asked, versions, call = await temporary.ask()
    assert call.options == {"max_tokens": 547}
    await call.says("Half")
    await call.says("more" * 600)  # as a model does that does not know max_tokens
    await call.was_closed()
    await rest(versions)
    ended = await temporary.chat.ended(asked.answer)
    assert (ended.status, ended.content, ended.error_code) == (Status.STOPPED, "Half" + "more" * 600, "budget")
    with pytest.raises(BudgetError):
        await temporary.chat.ask(temporary.scene.alice, (), "Go", MODEL)


async def test_what_one_may_cost_is_held_while_it_grows_and_renewed_with_what_it_has_cost(
    temporary: Temporary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "RENEWED_EVERY", 0.0)
    alice, budgets = temporary.scene.alice, temporary.scene.here.budgets
    await budgets.set_limits(alice, Limits(hard=Decimal("1.1")))
    asked, versions, call = await temporary.ask()
    with pytest.raises(BudgetError, match="Wait for one of them to end"):
        await temporary.chat.ask(alice, (), "Go", MODEL)
    await call.gives(Accepted("gen-1"))
    await call.says("Half")

    async def is_renewed() -> bool:
        async with temporary.scene.here.database.read() as session:
            row = (await session.scalars(select(Reservation))).one()
            return (row.generation_id, row.running_cost) == ("gen-1", Decimal("0.003"))

    await eventually(is_renewed)
    await call.gives(Usage(10, 5, cost=Decimal("0.0015")))
    await call.ends()
    await rest(versions)
    await temporary.chat.ended(asked.answer)
    assert await temporary.rows(Reservation) == 0
    standing = await budgets.standing(alice)
    assert (standing.spent, standing.held) == (Decimal("0.0015"), Decimal(0))


async def test_one_that_was_taken_for_dead_and_comes_back_is_booked_once(temporary: Temporary) -> None:
    asked, versions, call = await temporary.ask()
    await call.gives(Accepted("gen-1"))
    await call.says("All.")
    bills = BillStore(temporary.scene.here.database)
    await bills.renew([Renewal(asked.answer.id, 0, "gen-1", Decimal("0.003"))])

    async def is_taken_for_dead() -> bool:
        async with temporary.scene.here.database.write() as session:
            await session.execute(update(Reservation).values(expires_at=moment(ago=timedelta(minutes=1))))
        return [line.cost for line in await temporary.lines()] == [Decimal("0.003")]

    await eventually(is_taken_for_dead)
    await call.gives(Usage(10, 5, cost=Decimal("0.0015")), Finish("stop"))
    await call.ends()
    await rest(versions)
    await temporary.chat.ended(asked.answer)
    assert await temporary.lines() == [Line(MODEL, 1, 10, 5, Decimal("0.0015"), Decimal(0))]
    assert await temporary.rows(OpenBill) == 0


async def test_one_that_is_stopped_before_its_first_piece_has_cost_its_prompt(temporary: Temporary) -> None:
    _, versions, call = await temporary.ask()
    await versions.aclose()
    await call.was_closed()
    await temporary.grows(0)
    assert [line.cost for line in await temporary.lines()] == [Decimal("0.001")]
    assert await temporary.rows(Reservation) == 0


async def test_when_the_process_goes_down_what_came_is_given_back(temporary: Temporary) -> None:
    asked, versions, call = await temporary.ask()
    await call.says("Half")
    temporary.replies.take_no_more()
    temporary.replies.send_away()
    await rest(versions)
    ended = await temporary.chat.ended(asked.answer)
    assert (ended.status, ended.content) == (Status.STOPPED, "Half")
    with pytest.raises(UnavailableError):
        await temporary.chat.ask(temporary.scene.alice, (), "Go", MODEL)


async def test_so_many_grow_at_once_and_those_of_others_do_not_count(temporary: Temporary) -> None:
    _, first, _ = await temporary.ask()
    _, second, _ = await temporary.ask()
    with pytest.raises(TooManyError, match="2 temporary answers"):
        await temporary.chat.ask(temporary.scene.alice, (), "Go", MODEL)
    await temporary.chat.ask(temporary.scene.bob, (), "Go", MODEL)
    await first.aclose()
    await temporary.grows(1)
    await temporary.chat.ask(temporary.scene.alice, (), "Go", MODEL)
    await second.aclose()


@pytest.mark.parametrize(
    ("said", "text", "model", "error"),
    [
        ((), " ", MODEL, InvalidError),
        ((), "x" * 101, MODEL, TooLargeError),
        (("Half a turn",), "Go", MODEL, InvalidError),
        ((), "Go", "no/such", InvalidError),
    ],
)
async def test_what_does_not_fit_is_refused(
    temporary: Temporary, said: tuple[str, ...], text: str, model: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await temporary.chat.ask(temporary.scene.alice, said, text, model)
    assert temporary.replies.live_count == 0


def test_what_was_said_is_by_turns() -> None:
    messages = earlier_messages(new_id(), ["One?", "One.", "Two?", "Two."])
    assert [(one.role, one.content) for one in messages] == [
        ("user", "One?"),
        ("assistant", "One."),
        ("user", "Two?"),
        ("assistant", "Two."),
    ]


def test_the_pace_is_each_person_s_own_and_a_minute_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    pace, alice, bob = Pace(2), new_id(), new_id()
    pace.take(alice)
    now = 10.0
    pace.take(alice)
    with pytest.raises(TooManyError, match="Send again in 50 s"):
        pace.take(alice)
    pace.take(bob)
    now = 60.0
    pace.take(alice)
    with pytest.raises(TooManyError, match="Send again in 10 s"):
        pace.take(alice)


async def test_thoughts_in_the_text_are_thoughts_here_too(temporary: Temporary) -> None:
    asked, versions, call = await temporary.ask()
    await call.says("I think.\n</think>\n\nHello")
    await call.ends()
    async with aclosing(versions):
        assert [reply.text async for reply in versions][-1] == "Hello"
    ended = await temporary.chat.ended(asked.answer)
    assert (ended.content, ended.reasoning) == ("Hello", "I think.")

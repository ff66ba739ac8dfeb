"""What answers have cost goes into the ledger, whatever becomes of them; what is not known is asked for afterwards."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.fakes.model import PATIENCE
from tests.fakes.scene import SECRET, Process, Scene, open_scene, running_process
from webapp.accounts.keys import Keys
from webapp.accounts.keys_store import KeyStore
from webapp.accounts.spending import Line, Month, Spent
from webapp.conversations.bills_store import BillStore
from webapp.conversations.messages import Message, Status
from webapp.conversations.settling import DELAYS, Settling
from webapp.db.address import Address
from webapp.db.tables import OpenBill
from webapp.services.errors import OpenRouterError
from webapp.services.events import Finish, Started, Usage
from webapp.services.listings import Generation

MINUTE = timedelta(minutes=1)
LEASE = timedelta(0)


@pytest.fixture
async def scene(address: Address) -> AsyncIterator[Scene]:
    async with open_scene(address) as scene:
        yield scene


@pytest.fixture
async def there(scene: Scene) -> AsyncIterator[Process]:
    """Another process on the same database."""
    async with running_process(scene.address) as process:
        yield process


class Cashier:
    """Tells what it is given to tell, or fails."""

    def __init__(self, *told: Generation | Exception | None) -> None:
        self._told = list(told)
        self.asked: list[tuple[str, str]] = []

    async def generation(self, generation_id: str, key: str = "") -> Generation | None:
        self.asked.append((generation_id, key))
        told = self._told.pop(0)
        if isinstance(told, Exception):
            raise told
        return told


TOLD = Generation("gen-1", total_cost=Decimal("0.05"), native_tokens_prompt=10, native_tokens_completion=20)


async def lines(scene: Scene) -> list[Line]:
    """What Alice's ledger has, by model."""
    return await scene.here.ledger.models(scene.alice, Month.of(datetime.now(UTC)))


async def line(scene: Scene) -> Line:
    (only,) = await lines(scene)
    return only


async def cost(scene: Scene) -> Decimal:
    return sum((one.cost for one in await lines(scene)), Decimal(0))


async def stopped(scene: Scene, text: str = "Half") -> Message:
    """An answer that was stopped before its usage came."""
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model", "P"))
    await call.says(text)
    await scene.here.replies.stop(scene.alice, answer.id)
    return await scene.ended(answer)


async def settle(scene: Scene, *told: Generation | Exception | None) -> Cashier:
    cashier = Cashier(*told)
    await Settling(scene.here.bills, cashier, Keys()).settle_due()
    return cashier


async def test_an_answer_is_booked_with_its_end(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model-2026", "P"))
    await call.says("Yes.")
    await call.gives(Usage(10, 5, 2, 1, Decimal("0.0015")), Finish("stop"))
    await call.ends()
    await scene.ended(answer)
    assert await line(scene) == Line("some/model-2026", 1, 10, 5, Decimal("0.0015"), Decimal(0))
    assert await scene.here.bills.claim(MINUTE) == []


async def test_nobody_sees_what_another_has_spent(scene: Scene) -> None:
    await stopped(scene)
    month = Month.of(datetime.now(UTC))
    assert await scene.here.ledger.months(scene.alice) == [month]
    assert await scene.here.ledger.months(scene.bob) == []
    assert await scene.here.ledger.days(scene.bob, month) == []
    assert {key: one.name for key, one in (await scene.here.ledger.users(month)).items()} == {scene.alice: "alice"}


async def test_one_that_goes_on_adds_the_difference_and_counts_once(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One, ")
    await call.gives(Usage(10, 2, 0, 0, Decimal("0.01")), Finish("length"))
    await call.ends()
    call = await scene.here.resume(scene.alice, await scene.ended(answer))
    await call.says("two.")
    await call.gives(Usage(12, 3, 0, 0, Decimal("0.02")), Finish("stop"))
    await call.ends()
    await scene.ended(answer)
    assert await line(scene) == Line("some/model", 1, 22, 5, Decimal("0.03"), Decimal(0))


async def test_a_failure_that_was_billed_is_booked(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model", "P"), Usage(10, 0, 0, 0, Decimal("0.001")))
    await call.fails(OpenRouterError("upstream_down"))
    await scene.ended(answer)
    assert await line(scene) == Line("some/model", 1, 10, 0, Decimal("0.001"), Decimal(0))


async def test_a_failure_before_anything_came_costs_nothing(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.fails(OpenRouterError("no_credit"))
    await scene.ended(answer)
    assert await cost(scene) == 0
    assert await scene.here.bills.claim(MINUTE) == []


async def test_a_stopped_one_is_estimated_until_the_truth_is_known(scene: Scene) -> None:
    answer = await stopped(scene)
    assert answer.receipt.cost is None
    assert await line(scene) == Line("some/model", 1, 0, 0, Decimal("0.003"), Decimal(0))
    cashier = await settle(scene, TOLD)
    assert cashier.asked == [("gen-1", "")]
    assert await line(scene) == Line("some/model", 1, 10, 20, Decimal("0.05"), Decimal(0))
    receipt = (await scene.message(answer)).receipt
    assert (receipt.cost, receipt.prompt_tokens, receipt.completion_tokens) == (Decimal("0.05"), 10, 20)
    assert await settle(scene) != cashier


async def test_what_an_own_key_has_paid_is_asked_for_with_it(scene: Scene) -> None:
    await KeyStore(scene.here.database, Keys(SECRET)).keep(scene.alice, "sk-or-v1-own")
    await stopped(scene)
    cashier = Cashier(TOLD)
    await Settling(scene.here.bills, cashier, Keys(SECRET)).settle_due()
    assert cashier.asked == [("gen-1", "sk-or-v1-own")]
    assert await line(scene) == Line("some/model", 1, 10, 20, Decimal("0.05"), Decimal("0.05"))


async def test_tokens_that_were_told_without_their_cost_count_once(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model", "P"))
    await call.says("Yes.")
    await call.gives(Usage(10, 20), Finish("stop"))
    await call.ends()
    await scene.ended(answer)
    assert await line(scene) == Line("some/model", 1, 10, 20, Decimal("0.05"), Decimal(0))  # by the catalogue's prices
    await settle(scene, Generation("gen-1", total_cost=Decimal("0.04"), native_tokens_completion=20))
    assert await line(scene) == Line("some/model", 1, 10, 20, Decimal("0.04"), Decimal(0))


async def test_what_is_never_told_stays_as_it_was_taken(scene: Scene) -> None:
    await stopped(scene)
    failures = [None, OpenRouterError("unreachable")] * 3
    for attempt in range(len(DELAYS) + 1):
        bills = await scene.here.bills.claim(LEASE)
        assert [bill.tries for bill in bills] == [attempt + 1]
        await Settling(scene.here.bills, Cashier(failures[attempt]), Keys())._settle(bills[0])
        await make_due(scene)
    assert await scene.here.bills.claim(LEASE) == []
    assert await cost(scene) == Decimal("0.003")


async def make_due(scene: Scene) -> None:
    async with scene.here.database.read() as session:
        bills = list(await session.scalars(select(OpenBill.id)))
    for bill in bills:
        await scene.here.bills.put_off(bill, timedelta(0))


async def test_a_bill_is_asked_for_by_one_process_at_a_time(scene: Scene, there: Process) -> None:
    for _ in range(5):
        await stopped(scene)
    found = await asyncio.gather(*(bills.claim(MINUTE) for bills in (scene.here.bills, there.bills) * 3))
    assert sorted(map(len, found)) == [0, 0, 0, 0, 0, 5]


async def test_the_truth_about_a_first_part_comes_while_the_second_grows(scene: Scene) -> None:
    answer = await stopped(scene)
    call = await scene.here.resume(scene.alice, answer)
    await settle(scene, TOLD)
    await call.gives(Started("gen-2", "some/model", "P"))
    await call.says(" and half.")
    await call.gives(Usage(12, 3, 0, 0, Decimal("0.02")), Finish("stop"))
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.receipt.cost, ended.receipt.prompt_tokens) == (Decimal("0.07"), 22)
    assert await line(scene) == Line("some/model", 1, 22, 23, Decimal("0.07"), Decimal(0))


async def test_what_a_deleted_one_has_cost_is_booked_all_the_same(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model", "P"))
    await call.says("Half")
    reader = scene.here.follow(answer)
    await reader.sees("Half")
    scene.here.replies.abandon((await scene.here.conversations.delete(scene.alice, answer.conversation_id)).live)
    await call.was_closed()
    await reader.ended()
    assert await cost(scene) == Decimal("0.003")
    await settle(scene, TOLD)
    assert await line(scene) == Line("some/model", 1, 10, 20, Decimal("0.05"), Decimal(0))


async def is_taken_for_dead(scene: Scene, there: Process, answer: Message) -> None:
    """By the last checkpoint that it had: another process's own rounds or this look find it, whichever comes first."""
    await scene.here.store.checkpointed()
    scene.here.store.failing["checkpoint"] = 10**6
    async with asyncio.timeout(PATIENCE):
        while (await scene.message(answer)).is_live:
            await scene.here.store.silence(answer.id, MINUTE)  # again, where a checkpoint was under way
            await there.store.reap(MINUTE / 4)


async def test_one_whose_process_died_is_taken_to_have_cost_what_its_checkpoint_says(
    scene: Scene, there: Process
) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model", "P"))
    await call.says("Half")
    await is_taken_for_dead(scene, there, answer)
    assert await line(scene) == Line("some/model", 1, 0, 0, Decimal("0.003"), Decimal(0))
    assert [bill.generation_id for bill in await there.bills.claim(LEASE)] == ["gen-1"]


async def test_one_that_was_taken_for_dead_and_comes_back_is_booked_once(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model", "P"))
    await call.says("Half")
    await is_taken_for_dead(scene, there, answer)
    await call.gives(Usage(10, 5, 0, 0, Decimal("0.04")), Finish("stop"))
    await call.ends()
    assert (await scene.ended(answer)).status is Status.COMPLETE
    assert await line(scene) == Line("some/model", 1, 10, 5, Decimal("0.04"), Decimal(0))
    assert await there.bills.claim(MINUTE) == []


class WatchedBills(BillStore):
    """Tells when a bill is settled."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.here.database)
        self.is_settled = asyncio.Event()

    async def settle(self, bill: UUID, told: Spent) -> None:
        await super().settle(bill, told)
        self.is_settled.set()


async def test_bills_are_settled_in_the_background_as_soon_as_they_are_left(scene: Scene) -> None:
    bills = WatchedBills(scene)
    settling = Settling(bills, Cashier(TOLD), Keys())
    async with settling.running():
        await stopped(scene)
        settling.look()
        async with asyncio.timeout(PATIENCE):
            await bills.is_settled.wait()
    assert await cost(scene) == TOLD.total_cost

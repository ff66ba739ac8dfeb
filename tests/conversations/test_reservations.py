"""What a call may cost is reserved when it begins, and released with its end: nobody passes a limit by sending at once.

"Go" is held with $0.005 and each token that may come with $0.002, so that a limit of $1.10 leaves 547 tokens to one.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tests.fakes.eventually import eventually
from tests.fakes.model import PATIENCE, Call
from tests.fakes.scene import SECRET, Process, Scene, open_scene, running_process
from webapp.accounts.budgets import BudgetError, Limits
from webapp.accounts.keys import Keys
from webapp.accounts.keys_store import KeyStore
from webapp.conversations.messages import Message, PromptMessage, Receipt, Status
from webapp.conversations.reservations_store import Renewal
from webapp.conversations.settling import Settling
from webapp.db.address import Address
from webapp.db.clock import moment
from webapp.db.tables import IS_LIVE, OpenBill, Reservation
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.services.errors import NetworkError, OpenRouterError, SlowError
from webapp.services.events import Accepted, Finish, Reasoning, Started, Usage
from webapp.services.listings import Generation
from webapp.web.refusals import RefusalError

MODEL: Final = "some/model"
NOTHING: Final = Decimal(0)
PROMPT: Final = Decimal("0.001")  # what "Go" is estimated to cost; held for it is more
WHOLE: Final = Decimal("1.099")  # the most that an answer costs which may have all of $1.10
MINUTE: Final = timedelta(minutes=1)


@pytest.fixture
async def scene(address: Address) -> AsyncIterator[Scene]:
    async with open_scene(address) as scene:
        yield scene


@pytest.fixture
async def there(scene: Scene) -> AsyncIterator[Process]:
    """Another process on the same database."""
    async with running_process(scene.address) as process:
        yield process


async def limit(scene: Scene, hard: str) -> None:
    await scene.here.budgets.set_limits(scene.alice, Limits(hard=Decimal(hard)))


async def sums(scene: Scene) -> tuple[Decimal, Decimal]:
    """What Alice has spent, and what is held for her."""
    standing = await scene.here.budgets.standing(scene.alice)
    return standing.spent, standing.held


async def reservations(scene: Scene) -> int:
    async with scene.here.database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(Reservation)) or 0)


# One after another


async def test_what_an_answer_may_cost_is_held_until_it_has_told_what_it_did(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    assert await sums(scene) == (NOTHING, WHOLE)
    assert call.options == {"max_tokens": 547}
    assert answer.sent is not None
    assert answer.sent.options == call.options
    await call.gives(Started("gen-1", MODEL, "P"))
    await call.says("Yes.")
    await call.gives(Usage(1, 1, cost=Decimal("0.003")), Finish("stop"))
    await call.ends()
    await scene.ended(answer)
    assert await sums(scene) == (Decimal("0.003"), NOTHING)
    assert await reservations(scene) == 0


async def test_without_a_limit_the_model_is_told_none_and_what_it_may_cost_is_held_all_the_same(scene: Scene) -> None:
    _, call = await scene.here.ask(scene.alice)
    assert call.options == {}
    assert (await sums(scene))[1] > 60
    await limit(scene, "50")
    with pytest.raises(BudgetError, match="is reserved for answers that are under way"):
        await scene.here.conversations.add_exchange(scene.alice, None, "Go", MODEL, "")


async def test_each_way_to_begin_an_answer_holds_what_it_may_cost(scene: Scene) -> None:
    await limit(scene, "100")
    store = scene.here.conversations
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half")
    await call.gives(Finish("length"))
    await call.ends()
    await scene.ended(answer)
    question = (await store.window(scene.alice, answer.conversation_id)).messages[0]
    for begin in (
        lambda: store.resume(scene.alice, answer.id),
        lambda: store.add_retry(scene.alice, answer.id, MODEL),
        lambda: store.add_edited(scene.alice, question.id, question.run, "Go", MODEL),
        lambda: store.add_exchange(scene.alice, answer.conversation_id, "Go", MODEL, ""),
    ):
        begun = await begin()
        assert 8 < begun.terms.hold.amount < 30
        assert (await sums(scene))[1] == begun.terms.hold.amount
        assert begun.options == {"max_tokens": begun.terms.hold.max_tokens}
        await dies(scene, begun.answer)
        assert await reservations(scene) == 0


async def test_a_send_that_is_repeated_holds_nothing_more(scene: Scene) -> None:
    await limit(scene, "1.1")
    for _ in range(2):
        await scene.here.conversations.add_exchange(scene.alice, None, "Go", MODEL, "the same")
    assert await sums(scene) == (NOTHING, WHOLE)


async def test_what_is_refused_leaves_nothing(scene: Scene) -> None:
    await limit(scene, "1")
    with pytest.raises(BudgetError, match=r"would cost \$1\.03 or more, and \$1\.00 is left of this month's \$1\.00"):
        await scene.here.conversations.add_exchange(scene.alice, None, "Go", MODEL, "")
    assert await scene.here.conversations.page(scene.alice) == []
    assert await sums(scene) == (NOTHING, NOTHING)


async def test_an_own_key_holds_nothing_and_is_told_no_limit(scene: Scene) -> None:
    await limit(scene, "0")
    await KeyStore(scene.here.database, Keys(SECRET)).keep(scene.alice, "sk-or-v1-own")
    answer, call = await scene.here.ask(scene.alice)
    assert (call.options, await sums(scene)) == ({}, (NOTHING, NOTHING))
    await scene.here.replies.stop(scene.alice, answer.id)
    await scene.ended(answer)
    standing = await scene.here.budgets.standing(scene.alice)
    assert (standing.spent, standing.own_spent) == (NOTHING, PROMPT)


async def test_an_answer_that_is_cut_for_want_of_money_says_so(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half")
    await call.gives(Usage(1, 547, cost=Decimal("1.09")), Finish("length"))
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.status, ended.error_code, ended.can_continue) == (Status.COMPLETE, "budget", True)
    assert "what is left of this month's money" in ended.error_message


async def test_thoughts_that_took_all_the_money_say_so(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Reasoning("Hm."), Usage(1, 547, cost=Decimal("1.09")), Finish("length"))
    await call.ends()
    ended = await scene.ended(answer)
    assert (ended.status, ended.error_code) == (Status.FAILED, "budget")


async def test_an_answer_that_its_owner_wants_short_is_cut_by_nobody_s_money(scene: Scene) -> None:
    await limit(scene, "100")
    conversation = await scene.here.conversations.add(scene.alice, MODEL)
    async with scene.here.database.write() as session:
        await session.execute(update(ConversationRow).values(parameters={"max_tokens": 3}))
    answer, call = await scene.here.ask(scene.alice, conversation=conversation.id)
    assert (call.options, (await sums(scene))[1]) == ({"max_tokens": 3}, Decimal("0.011"))
    await call.says("Half")
    await call.gives(Finish("length"))
    await call.ends()
    assert (await scene.ended(answer)).error_code == ""


# What is not told


async def test_one_that_is_stopped_before_its_first_piece_has_cost_its_prompt(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await scene.here.replies.stop(scene.alice, answer.id)
    await call.was_closed()
    await scene.ended(answer)
    assert await sums(scene) == (PROMPT, NOTHING)


async def test_one_that_is_stopped_is_held_whole_until_openrouter_says_what_it_cost(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", MODEL, "P"))
    await call.says("Half")
    await scene.here.replies.stop(scene.alice, answer.id)
    await scene.ended(answer)
    spent, held = await sums(scene)
    assert (spent, spent + held) == (Decimal("0.003"), WHOLE)
    with pytest.raises(BudgetError):
        await scene.here.conversations.add_exchange(scene.alice, None, "Go", MODEL, "")
    await settle(scene, Generation("gen-1", total_cost=Decimal("0.05")))
    assert await sums(scene) == (Decimal("0.05"), NOTHING)


async def test_one_that_openrouter_has_named_is_asked_for_also_where_no_piece_came(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Accepted("gen-1"))
    await scene.here.replies.stop(scene.alice, answer.id)
    await scene.ended(answer)
    spent, held = await sums(scene)
    assert (spent, spent + held) == (PROMPT, WHOLE)
    await settle(scene, Generation("gen-1", total_cost=Decimal("0.6")))
    assert await sums(scene) == (Decimal("0.6"), NOTHING)


async def test_what_openrouter_does_not_know_is_held_for_no_longer_than_it_is_asked_twice(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Accepted("gen-1"))
    await scene.here.replies.stop(scene.alice, answer.id)
    await scene.ended(answer)
    await settle(scene, None)
    assert sum(await sums(scene)) == WHOLE
    async with scene.here.database.write() as session:
        await session.execute(update(OpenBill).values(due_at=moment()))
    await settle(scene, None)
    assert await sums(scene) == (PROMPT, NOTHING)


async def settle(scene: Scene, told: Generation | None) -> None:
    class Cashier:
        async def generation(self, generation_id: str, key: str = "") -> Generation | None:
            return told

    await Settling(scene.here.bills, Cashier(), Keys()).settle_due()


@pytest.mark.parametrize(
    ("error", "spent"),
    [
        (OpenRouterError("no_credit", status=402), NOTHING),
        (OpenRouterError("upstream_down", status=502), NOTHING),
        (OpenRouterError("rate_limited"), NOTHING),
        (SlowError("timeout"), PROMPT),
        (NetworkError("cut"), PROMPT),
        (RuntimeError("broken here"), PROMPT),
    ],
    ids=str,
)
async def test_what_no_model_ran_for_costs_nothing_and_the_rest_its_prompt(
    scene: Scene, error: Exception, spent: Decimal
) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.fails(error)
    await scene.ended(answer)
    assert await sums(scene) == (spent, NOTHING)


async def test_one_whose_process_died_is_held_until_its_bill_is_settled(scene: Scene, there: Process) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", MODEL, "P"))
    await call.says("Half")
    await scene.here.store.checkpointed()
    scene.here.store.failing["checkpoint"] = 10**6
    async with asyncio.timeout(PATIENCE):
        while (await scene.message(answer)).is_live:
            await scene.here.store.silence(answer.id, MINUTE)
            await there.store.reap(MINUTE / 4)
    assert await reservations(scene) == 0
    spent, held = await sums(scene)
    assert (spent, spent + held) == (Decimal("0.003"), WHOLE)
    await call.gives(Usage(1, 1, cost=Decimal("0.02")), Finish("stop"))
    await call.ends()  # it was not dead
    await scene.ended(answer)
    assert await sums(scene) == (Decimal("0.02"), NOTHING)


async def test_one_whose_process_died_at_once_has_cost_its_prompt(scene: Scene) -> None:
    await limit(scene, "1.1")
    exchange = await scene.here.conversations.add_exchange(scene.alice, None, "Go", MODEL, "")
    await dies(scene, exchange.answer)
    assert await sums(scene) == (Decimal("0.005"), NOTHING)


async def test_a_temporary_one_whose_process_died_is_booked_as_it_was_renewed_last(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer = unkept(scene.alice)
    await scene.here.conversations.begin_unkept(answer, [PromptMessage("user", "Go")])
    await scene.here.bills.renew([Renewal(answer.id, 0, "gen-1", Decimal("0.003"))])
    assert await sums(scene) == (NOTHING, WHOLE)
    await expire(scene)
    assert await scene.here.store.reap(MINUTE) == 0
    spent, held = await sums(scene)
    assert (spent, spent + held) == (Decimal("0.003"), WHOLE)
    await settle(scene, Generation("gen-1", total_cost=Decimal("0.05")))
    assert await sums(scene) == (Decimal("0.05"), NOTHING)


async def test_a_temporary_one_that_never_began_costs_nothing(scene: Scene) -> None:
    await limit(scene, "1.1")
    await scene.here.conversations.begin_unkept(unkept(scene.alice), [PromptMessage("user", "Go")])
    await expire(scene)
    await scene.here.store.reap(MINUTE)
    assert await sums(scene) == (NOTHING, NOTHING)
    assert await scene.here.ledger.months(scene.alice) == []


async def test_one_that_another_version_has_reaped_is_released_and_not_booked_twice(scene: Scene) -> None:
    await limit(scene, "1.1")
    exchange = await scene.here.conversations.add_exchange(scene.alice, None, "Go", MODEL, "")
    async with scene.here.database.write() as session:
        ended = update(MessageRow).where(MessageRow.id == exchange.answer.id)
        await session.execute(ended.values(status=Status.INTERRUPTED, heartbeat_at=None))
    await expire(scene)
    await scene.here.store.reap(MINUTE)
    assert await sums(scene) == (NOTHING, NOTHING)


async def dies(scene: Scene, answer: Message) -> None:
    """Lets the process die that was to make the call, and that be noticed, by this look or by another process's."""
    await scene.here.store.silence(answer.id, MINUTE)

    async def is_noticed() -> bool:
        await scene.here.store.reap(MINUTE / 2)
        return not (await scene.message(answer)).is_live

    await eventually(is_noticed)


async def expire(scene: Scene) -> None:
    """Lets the time pass after which a call that nobody renews has nobody who makes it."""
    grows = select(MessageRow.id).where(MessageRow.id == Reservation.message_id, IS_LIVE).exists()
    async with scene.here.database.write() as session:
        await session.execute(update(Reservation).where(~grows).values(expires_at=moment(ago=MINUTE)))


def unkept(owner: UUID) -> Message:
    now = datetime.now(UTC)
    return Message(
        new_id(), new_id(), owner, None, "assistant", "", Status.STREAMING, now, receipt=Receipt(model=MODEL)
    )


# At once


async def test_sixteen_at_once_do_not_pass_a_limit_that_one_would_hit(scene: Scene, there: Process) -> None:
    """Each has a prompt of $0.94; eight are kept and eight are not, by two processes."""
    await limit(scene, "0.01")
    text = "x" * 2_806
    sends = [
        process.conversations.add_exchange(scene.alice, None, text, MODEL, "")
        if number % 2
        else process.conversations.begin_unkept(unkept(scene.alice), [PromptMessage("user", text)])
        for process in (scene.here, there)
        for number in range(8)
    ]
    refusals = await asyncio.gather(*sends, return_exceptions=True)
    assert {type(one) for one in refusals} == {BudgetError}
    assert await sums(scene) == (NOTHING, NOTHING)


async def test_sixteen_at_once_share_what_there_is(scene: Scene, there: Process) -> None:
    await limit(scene, "3")
    sends = [
        process.conversations.begin_unkept(unkept(scene.alice), [PromptMessage("user", "Go")])
        for process in (scene.here, there) * 8
    ]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert sum(not isinstance(one, BudgetError) for one in outcomes) == 1
    assert (await sums(scene))[1] <= 3


# Whatever happens


class Fate:
    """Two processes on one database, and what a seed has happen to the answers that grow there."""

    def __init__(self, scene: Scene, processes: Sequence[Process], seed: int) -> None:
        self.scene = scene
        self.processes = list(processes)
        self.dice = random.Random(seed)  # a schedule, no secret
        self.calls: list[tuple[Process, Message, Call]] = []
        self.told: dict[str, Decimal] = {}

    async def step(self) -> None:
        acts = [self.send, self.send, self.send_many, self.settle, self.say, self.end, self.stop, self.fail, self.die]
        await self.dice.choice(acts)()

    async def send(self) -> None:
        process = self.dice.choice(self.processes)
        try:
            answer, call = await process.ask(self.scene.alice, "Go" * self.dice.randrange(1, 40))
        except RefusalError:
            return
        self.calls.append((process, answer, call))

    async def send_many(self) -> None:
        """At once, and by several processes: none is ever begun, as when a process dies right after."""
        sends = [
            process.conversations.begin_unkept(unkept(self.scene.alice), [PromptMessage("user", "Go")])
            for process in self.processes * 4
        ]
        await asyncio.gather(*sends, return_exceptions=True)
        if self.dice.random() < 0.5:
            await expire(self.scene)

    async def say(self) -> None:
        if self.calls:
            _, answer, call = self.dice.choice(self.calls)
            generation = f"gen-{answer.id}"
            await call.gives(Started(generation, MODEL, "P"))
            await call.says("Half" * self.dice.randrange(1, 60))
            self.told[generation] = self.cost(call)

    async def end(self) -> None:
        if taken := self.take():
            _, answer, call = taken
            await call.says("Yes.")
            await call.gives(Usage(1, 1, cost=self.cost(call)), Finish("stop"))
            await call.ends()
            await self.ended(answer)

    async def stop(self) -> None:
        if taken := self.take():
            process, answer, _ = taken
            await process.replies.stop(self.scene.alice, answer.id)
            await self.ended(answer)

    async def fail(self) -> None:
        if taken := self.take():
            error = self.dice.choice([OpenRouterError("overloaded"), SlowError("timeout"), NetworkError("cut")])
            await taken[2].fails(error)
            await self.ended(taken[1])

    async def die(self) -> None:
        """What a process has begun, and not yet given to a task, when it is killed."""
        try:
            exchange = await self.dice.choice(self.processes).conversations.add_exchange(
                self.scene.alice, None, "Go", MODEL, ""
            )
        except RefusalError:
            return
        await self.scene.here.store.silence(exchange.answer.id, MINUTE)
        await self.dice.choice(self.processes).store.reap(MINUTE / 2)

    async def settle(self) -> None:
        class Cashier:
            async def generation(_, generation_id: str, key: str = "") -> Generation | None:  # noqa: N805
                return Generation(generation_id, total_cost=self.told.get(generation_id, PROMPT))

        await Settling(self.scene.here.bills, Cashier(), Keys()).settle_due()

    def cost(self, call: Call) -> Decimal:
        """Anything from nothing to the most that the call can cost: its prompt, and all tokens that it may have."""
        prompt = sum(len(one["content"]) for one in call.messages) // 3 * Decimal("0.001")
        most = prompt + (call.options["max_tokens"] or 0) * Decimal("0.002")
        return self.dice.choice([NOTHING, most / 20, most / 20, most])

    def take(self) -> tuple[Process, Message, Call] | None:
        return self.calls.pop(self.dice.randrange(len(self.calls))) if self.calls else None

    async def ended(self, answer: Message) -> None:
        async def holds() -> bool:
            return not (await self.scene.message(answer)).is_live

        await eventually(holds)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_no_limit_is_passed_and_nothing_is_held_in_the_end(
    scene: Scene, there: Process, seed: int
) -> None:
    hard = Decimal(30)
    await limit(scene, str(hard))
    fate = Fate(scene, [scene.here, there], seed)
    begun = 0
    for _ in range(60):
        await fate.step()
        spent, held = await sums(scene)
        assert spent + held <= hard
        begun += bool(held)
    assert begun > 10  # it was about something
    while fate.calls:
        await fate.stop()
    await expire(scene)

    async def is_settled() -> bool:
        await scene.here.store.reap(MINUTE / 2)
        await fate.settle()
        return not await reservations(scene)

    await eventually(is_settled)
    spent, held = await sums(scene)
    assert held == 0
    assert spent <= hard

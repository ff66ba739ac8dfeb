"""What ends answers or keeps them from beginning: the month's money, and how many may begin within a minute."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from tests.conversations.conftest import Cast
from tests.fakes.plans import steps
from tests.fakes.scene import SECRET, Process, Scene, open_scene, running_process
from webapp.accounts.budgets import COMFORTABLE, BudgetError, Limits
from webapp.accounts.budgets_store import _STANDING_OF
from webapp.accounts.keys import Keys
from webapp.accounts.keys_store import KeyStore
from webapp.accounts.spending import Month
from webapp.conversations.messages import Beginning, PromptMessage, Status
from webapp.conversations.meter import UNKNOWN, Meter, Prices
from webapp.conversations.store import _BEGUN_SINCE, Conversations
from webapp.db.address import Address
from webapp.db.tables import Message as MessageRow
from webapp.db.types import first_id
from webapp.services.errors import OpenRouterError
from webapp.services.events import Started, Usage
from webapp.web.refusals import TooManyError


@pytest.fixture
async def scene(address: Address) -> AsyncIterator[Scene]:
    async with open_scene(address) as scene:
        yield scene


@pytest.fixture
async def there(scene: Scene) -> AsyncIterator[Process]:
    """Another process on the same database."""
    async with running_process(scene.address) as process:
        yield process


# The meter


def test_a_call_costs_what_it_reads_and_what_it_writes() -> None:
    meter = Meter(Prices(Decimal("0.1"), Decimal(2)), [PromptMessage("user", "12345678"), PromptMessage("user", "1")])
    assert meter.estimate(0) == Decimal("0.3")
    assert meter.estimate(1) == Decimal("2.3")
    assert meter.estimate(8) == Decimal("4.3")
    assert meter.of_tokens(10, 1) == 3
    assert UNKNOWN.estimate(8) is UNKNOWN.of_tokens(1, 1) is None


# Money: "Go" is held with $0.005, and each token that may come with $0.002

LONG = "Half" * 600  # $1.20


async def limit(scene: Scene, hard: str) -> None:
    await scene.here.budgets.set_limits(scene.alice, Limits(hard=Decimal(hard)))


async def test_an_answer_that_comes_to_the_limit_is_stopped_and_kept(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    assert call.options == {"max_tokens": 547}
    await call.gives(Started("gen-1", "some/model", "P"))
    await call.says("Half")
    await scene.here.store.checkpointed()
    await call.says(LONG)  # as a model does that does not know max_tokens
    await call.was_closed()
    ended = await scene.ended(answer)
    assert (ended.status, ended.content, ended.error_code) == (Status.STOPPED, f"Half{LONG}", "budget")
    assert "$1.20 of $1.10" in ended.error_message


async def test_at_the_limit_nothing_begins_or_goes_on(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.says(LONG)
    await call.was_closed()
    await scene.ended(answer)
    store = scene.here.conversations
    for attempt in (
        store.add_exchange(scene.alice, answer.conversation_id, "Go", "m", ""),
        store.add_exchange(scene.alice, None, "Go", "m", ""),
        store.add_retry(scene.alice, answer.id, "m"),
        store.resume(scene.alice, answer.id),
    ):
        with pytest.raises(BudgetError, match="This month's money is spent"):
            await attempt
    assert (await scene.message(answer)).status is Status.STOPPED
    await store.add_exchange(scene.bob, None, "Mine", "m", "")


async def test_what_was_promised_to_an_answer_elsewhere_is_not_taken_by_one_that_runs_on(
    scene: Scene, there: Process
) -> None:
    await limit(scene, "20")
    here_answer, here_call = await scene.here.ask(scene.alice)
    _, there_call = await there.ask(scene.alice)
    assert here_call.options == there_call.options == {"max_tokens": COMFORTABLE}  # $8.20 each
    await there_call.says("Half")
    await here_call.says("Half" * COMFORTABLE)
    await scene.here.store.checkpointed()
    await here_call.says("Half" * 1_900)
    await here_call.was_closed()
    assert (await scene.ended(here_answer)).error_code == "budget"
    await there_call.says(" and half.")
    await there_call.ends()


async def test_what_openrouter_says_counts_before_any_estimate(scene: Scene) -> None:
    await limit(scene, "1.1")
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Started("gen-1", "some/model", "P"), Usage(1, 1, cost=Decimal("1.1")))
    await call.was_closed()
    assert (await scene.ended(answer)).error_code == "budget"


async def test_others_go_on_when_one_is_at_the_limit(scene: Scene) -> None:
    await limit(scene, "1.1")
    _, hers = await scene.here.ask(scene.alice)
    _, his = await scene.here.ask(scene.bob)
    await his.says("Half")
    await hers.says(LONG)
    await hers.was_closed()
    await his.says(" and half.")
    await his.ends()


# Pace


async def test_so_many_begin_within_a_minute_over_all_processes(cast: Cast) -> None:
    paced = Conversations(cast.database, max_live=9, renderer_version=1, max_per_minute=2)
    first = await paced.add_exchange(cast.alice, None, "One", "m", "")
    await cast.end(first.answer.id)
    await paced.add_retry(cast.alice, first.answer.id, "m")
    with pytest.raises(TooManyError) as caught:
        await paced.add_exchange(cast.alice, None, "Three", "m", "")
    assert caught.value.retry_after is not None
    assert 1 <= caught.value.retry_after <= 60
    assert f"Send again in {caught.value.retry_after} s" in caught.value.sentence
    await paced.add_exchange(cast.bob, None, "Mine", "m", "")


async def test_a_minute_later_more_may(cast: Cast) -> None:
    paced = Conversations(cast.database, max_live=9, renderer_version=1, max_per_minute=1)
    first = await paced.add_exchange(cast.alice, None, "One", "m", "")
    old = first.answer.created_at - timedelta(seconds=61)
    age = update(MessageRow).where(MessageRow.id == first.answer.id)
    async with cast.database.write() as session:
        await session.execute(age.values(id=first_id(old), created_at=old))
    await paced.add_exchange(cast.alice, None, "Two", "m", "")


async def plan(cast: Cast, statement: Any, **parameters: object) -> str:
    async with cast.database.read() as session:
        dialect = (await session.connection()).dialect
        query = statement.params(parameters).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        return " ".join(await steps(session, str(query), ()))


async def test_what_a_send_asks_is_found_by_indexes(cast: Cast) -> None:
    standing = await plan(cast, _STANDING_OF, owner=cast.alice, first_day="2026-11-01", last_day="2026-11-31")
    pace = await plan(cast, _BEGUN_SINCE, owner=cast.alice, since=cast.alice)
    assert "spending_user_id_day_model" in standing.replace("sqlite_autoindex_spending_2", "spending_user_id_day_model")
    assert "ix_messages_live" in standing
    assert "ix_reservations_user_id" in standing
    assert "ix_open_bills_user_id" in standing
    assert "pk_messages" in pace.replace("sqlite_autoindex_messages_1", "pk_messages")


# Own keys


async def own_key(scene: Scene, secret: str = SECRET) -> None:
    await KeyStore(scene.here.database, Keys(secret)).keep(scene.alice, "sk-or-v1-own")


async def test_an_own_key_pays_and_no_limit_holds(scene: Scene) -> None:
    await limit(scene, "0")
    await own_key(scene)
    answer, call = await scene.here.ask(scene.alice)
    assert call.key == "sk-or-v1-own"
    await call.says("Half")
    await scene.here.store.checkpointed()
    await call.gives(Usage(1, 1, cost=Decimal(3)))
    await call.ends()
    assert (await scene.ended(answer)).status is Status.COMPLETE
    (line,) = await scene.here.ledger.models(scene.alice, Month.of(datetime.now(UTC)))
    assert (line.cost, line.own_cost) == (Decimal(3), Decimal(3))
    standing = await scene.here.budgets.standing(scene.alice)
    assert (standing.spent, standing.own_spent) == (Decimal(0), Decimal(3))


async def test_others_are_paid_for_by_the_installation(scene: Scene) -> None:
    await own_key(scene)
    _, call = await scene.here.ask(scene.bob)
    assert call.key == ""


@pytest.mark.parametrize("said", ["", "Half"])
async def test_an_own_key_that_openrouter_refuses_is_named_as_what_is_wrong(scene: Scene, said: str) -> None:
    await own_key(scene)
    answer, call = await scene.here.ask(scene.alice)
    if said:
        await call.says(said)
    await call.fails(OpenRouterError("unauthorised"))
    ended = await scene.ended(answer)
    assert (ended.error_code, ended.content) == ("own_key", said)
    assert "does not accept your own key" in ended.error_message


async def test_an_own_key_that_cannot_be_read_is_not_replaced_by_the_installations(scene: Scene) -> None:
    await own_key(scene, "another secret of thirty-two characters")
    exchange = await scene.here.conversations.add_exchange(scene.alice, None, "Go", "some/model", "")
    scene.here.replies.start(Beginning(exchange.answer, "some/model", exchange.prompt, exchange.terms))
    ended = await scene.ended(exchange.answer)
    assert (ended.status, ended.error_code) == (Status.FAILED, "own_key")
    assert scene.here.model.calls == []

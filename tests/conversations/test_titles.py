"""Titles that a model writes: when, of what, and what becomes of whatever it says."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from webapp.accounts.budgets import BudgetError
from webapp.conversations.messages import Conversation, Exchange, Message, Status
from webapp.conversations.title_costs import TitleCall
from webapp.conversations.titles import Titles
from webapp.db.types import new_id
from webapp.services.errors import OpenRouterError
from webapp.services.events import Finish, Usage
from webapp.services.openrouter import Completion

NOW = datetime(2026, 11, 1, tzinfo=UTC)
USAGE = Usage(10, 5, cost=Decimal("0.0001"))


class Desk:
    """A writer and a store: what is asked of them, and what they say."""

    def __init__(self, says: str | Exception, own_key: str | Exception = "") -> None:
        self.says = says
        self.own_key = own_key
        self.asked: list[tuple[str, str]] = []
        self.titles: list[str] = []
        self.paid: list[tuple[UUID, str, Usage, bool]] = []
        self.keys: list[str] = []

    async def complete(
        self, messages: Sequence[Mapping[str, Any]], model: str, *, key: str, max_tokens: int
    ) -> Completion:
        self.keys.append(key)
        self.asked.append((model, messages[-1]["content"]))
        if isinstance(self.says, Exception):
            raise self.says
        return Completion(self.says, "", Finish("stop"), USAGE)

    async def find_message(self, owner: UUID, message_id: UUID) -> Message:
        return message(owner, "assistant", "It is a fox.")

    async def entitle(self, owner: UUID, conversation_id: UUID, title: str) -> None:
        self.titles.append(title)

    @asynccontextmanager
    async def paying(
        self, owner: UUID, model: str, prompt: Sequence[Mapping[str, str]], max_tokens: int
    ) -> AsyncIterator[TitleCall]:
        if isinstance(self.own_key, Exception):
            raise self.own_key
        call = TitleCall(self.own_key)
        yield call
        assert call.usage is not None
        self.paid.append((owner, model, call.usage, bool(call.key)))

    async def entitles(self, exchange: Exchange) -> None:
        """Lets a title be written, to the end."""
        titles = Titles(self, self, "cheap/one", self)
        async with titles.running():
            titles.start(exchange)
            await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "title"))


def message(owner: UUID, role: str, content: str) -> Message:
    made = Message(new_id(), new_id(), owner, None, "user", content, Status.COMPLETE, NOW)
    return replace(made, role=role)


def exchange() -> Exchange:
    owner = new_id()
    conversation = Conversation(new_id(), "What is it?", "m", "", None, NOW, NOW)
    return Exchange(conversation, message(owner, "user", "What is it?"), message(owner, "assistant", ""))


async def test_it_reads_the_first_exchange_and_writes_a_title_that_is_paid_for() -> None:
    desk, first = Desk("A fox"), exchange()
    await desk.entitles(first)
    ((model, text),) = desk.asked
    assert model == "cheap/one"
    assert "What is it?" in text
    assert "It is a fox." in text
    assert desk.titles == ["A fox"]
    assert desk.paid == [(first.question.owner_id, "cheap/one", USAGE, False)]


async def test_an_own_key_pays_for_the_title_too() -> None:
    desk = Desk("A fox", own_key="sk-own")
    await desk.entitles(exchange())
    assert desk.keys == ["sk-own"]
    assert [by_own_key for *_, by_own_key in desk.paid] == [True]


async def test_at_the_hard_limit_no_model_is_asked() -> None:
    desk = Desk("A fox", own_key=BudgetError("All is spent."))
    await desk.entitles(exchange())
    assert (desk.asked, desk.titles, desk.paid) == ([], [], [])


@pytest.mark.parametrize("says", [OpenRouterError("overloaded"), RuntimeError("broken"), "", "  \n", "***"])
async def test_where_none_comes_the_title_stays(says: str | Exception) -> None:
    desk = Desk(says)
    await desk.entitles(exchange())
    assert desk.titles == []


def test_it_is_wanted_once_for_the_first_exchange_alone() -> None:
    desk = Desk("")
    titles = Titles(desk, desk, "cheap/one", desk)
    first = exchange()
    assert titles.is_wanted(first)
    assert not titles.is_wanted(replace(first, is_new=False))
    assert not titles.is_wanted(replace(first, question=replace(first.question, parent_id=new_id())))
    assert not Titles(desk, desk, "", desk).is_wanted(first)

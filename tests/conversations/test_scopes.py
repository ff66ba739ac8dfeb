"""What a token may do is what its scopes say, at every operation that takes one."""

from itertools import combinations
from pathlib import Path
from typing import Final

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from tests.test_route_matrix import ROWS, SECRET, House, Row, alices, contents, handlers_of, open_house, send
from webapp.accounts.api_tokens_store import SCOPES, ApiTokens
from webapp.app import create_app
from webapp.config import Settings
from webapp.conversations.api import ConversationId, SentMessage
from webapp.standin.server import StandIn
from webapp.web.security import SAFE_METHODS

SETS: Final = [chosen for size in (1, 2) for chosen in combinations(SCOPES, size)]
# What an operation may answer to who is not to read: ids, and what they sent themselves.
BARE: Final = {ConversationId, SentMessage, type(None), None}
WORDS: Final = "In other words"  # what ROWS sends where it edits


def by_token(handler: HTTPRouteHandler) -> bool:
    return bool(handler.opt.get("api") or handler.opt.get("token"))


def needed(handler: HTTPRouteHandler, method: str) -> set[str]:
    """By what the answer is, and not by what the guard looks at."""
    answer = handler.parsed_fn_signature.return_type.annotation
    return ({"read"} if answer not in BARE else set()) | ({"write"} if method not in SAFE_METHODS else set())


HANDLERS: Final = handlers_of(create_app(Settings()))
TAKING_TOKENS: Final = [row for row in ROWS if row.route in HANDLERS and by_token(HANDLERS[row.route])]


async def answer_to(house: House, row: Row, ids: dict[str, str], scopes: tuple[str, ...]) -> httpx.Response:
    token = await ApiTokens(house.database).add(house.people["alice"].id, "script", scopes, None)
    async with house.as_("nobody") as client:
        client.headers["authorization"] = f"Bearer {token}"
        return await send(client, row, ids)


async def kept(house: House, ids: dict[str, str]) -> tuple[list[str], dict[str, int]]:
    """All that is kept of a conversation, and how many there are; answers to what was asked before go on growing."""
    everything = await contents(house.database)
    about = [row for rows in everything.values() for row in rows if ids["conversation_id"] in row]
    return about, {name: len(everything[name]) for name in ("conversations", "messages")}


@pytest.mark.parametrize("scopes", SETS, ids="+".join)
async def test_a_token_does_what_its_scopes_say_and_no_more(
    standin: StandIn, tmp_path: Path, scopes: tuple[str, ...]
) -> None:
    async with open_house(tmp_path, standin.base_url) as house:
        for row in TAKING_TOKENS:
            ids = await alices(house)
            method = row.route.split()[0]
            is_enough = needed(HANDLERS[row.route], method) <= set(scopes)
            before = await kept(house, ids)
            answer = await answer_to(house, row, ids, scopes)
            assert answer.status_code == (row.status if is_enough else 403), (row.route, answer.text)
            if "read" not in scopes:
                assert SECRET not in answer.text, row.route
                assert WORDS not in answer.text, row.route
            if not is_enough or "write" not in scopes:
                assert await kept(house, ids) == before, row.route


def test_the_law_is_about_all_that_takes_a_token() -> None:
    assert len(TAKING_TOKENS) == sum(by_token(one) for one in HANDLERS.values())
    assert {row.route.split()[0] for row in TAKING_TOKENS} == {"GET", "POST", "PATCH", "DELETE"}

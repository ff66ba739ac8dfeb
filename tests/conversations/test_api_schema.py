"""The JSON API does what its description says, asked all that the description allows and some that it does not."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.fakes.app_server import AppServer
from tests.fakes.database import open_database
from tests.fakes.signed_in import ADMINISTRATOR, NAME
from webapp.accounts.api_tokens_store import ApiTokens
from webapp.accounts.store import Users
from webapp.db.address import SqliteFile

AnyCase = Case[Any]


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {"AUTH": "on", **ADMINISTRATOR}


@pytest.fixture(scope="module")
def token(server: AppServer) -> str:
    return token_for(server, "read", "write")


@pytest.fixture(scope="module")
def reader(server: AppServer) -> str:
    return token_for(server, "read")


def token_for(server: AppServer, *scopes: str) -> str:
    async def make() -> str:
        async with open_database(SqliteFile(server.database)) as database:
            known = await Users(database).credentials(NAME)
            assert known is not None
            return await ApiTokens(database).add(known.user.id, "script", scopes, None)

    return asyncio.run(make())


@pytest.fixture(scope="module")
def description(server: AppServer) -> Any:
    told = httpx.get(f"{server.url}/schema/openapi.json", trust_env=False, verify=False).json()
    schema = schemathesis.openapi.from_dict(told)
    schema.config.update(base_url=server.url)
    return schema


def ask_everything(description: Any, examples: int, ask: Callable[[AnyCase], None]) -> None:
    """Asks each operation of the API that many times; what fails says which it was, and how to ask the same again."""
    operations = [found.ok() for found in description.get_all_operations()]
    assert len(operations) >= 14
    for operation in operations:

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def asked(case: AnyCase) -> None:
            ask(case)

        asked()


def test_every_answer_is_one_of_those_that_are_described(description: Any, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}

    # Whether it asks for a token is the other test's; and no description can say which models there are.
    excluded = [ignored_auth, positive_data_acceptance]

    def ask(case: AnyCase) -> None:
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    ask_everything(description, 25, ask)


def test_nothing_is_answered_without_a_token(description: Any) -> None:
    def ask(case: AnyCase) -> None:
        assert case.call(headers={"authorization": "Bearer oc_none"}).status_code == 401, case.operation.label

    ask_everything(description, 2, ask)  # who guesses on and on is made to wait


def test_a_token_to_read_with_writes_nothing(description: Any, reader: str) -> None:
    def ask(case: AnyCase) -> None:
        refused = case.call(headers={"authorization": f"Bearer {reader}"}).status_code == 403
        assert refused is (case.method != "GET"), case.operation.label

    ask_everything(description, 2, ask)

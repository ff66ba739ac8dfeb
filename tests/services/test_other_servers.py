"""Servers that are not OpenRouter: without a list of models, keys, prices or credit the app works with them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.other_server import OtherServer, serving
from webapp.cli import main
from webapp.config import Settings
from webapp.services.errors import OpenRouterError
from webapp.services.openrouter import OpenRouter
from webapp.services.transport import open_client

KEY = "a-key-of-some-server"
LISTED = [None, {"id": "qwen3:8b", "object": "model"}, 7]


@contextmanager
def app(other: OtherServer, folder: Path, **environ: str) -> Iterator[AppServer]:
    """The app, which asks `other`, from its first start on."""
    server = AppServer(folder, {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": other.url, **environ})
    server.start()
    try:
        yield server
        assert "Traceback" not in server.log()
    finally:
        server.stop()


@asynccontextmanager
async def first_start(other: OtherServer, folder: Path, **environ: str) -> AsyncIterator[httpx.AsyncClient]:
    with serving(other), app(other, folder, **environ) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=20) as client:
            yield client


async def ask(client: httpx.AsyncClient, conversation: str = "", **body: str) -> dict[str, Any]:
    """The answer to a question, when it has ended."""
    if not conversation:
        conversation = (await client.post("/conversations")).raise_for_status().json()["id"]
    path = f"/conversations/{conversation}"
    (await client.post(f"{path}/messages", json={"message": "Hi", **body})).raise_for_status()
    await client.get(f"{path}/stream")
    return dict((await client.get(path)).json()["messages"][-1])


async def model_of(client: httpx.AsyncClient, made: httpx.Response) -> str:
    return str((await client.get(f"/conversations/{made.json()['id']}")).json()["model"])


async def test_a_server_without_a_list_of_models_answers_with_the_one_that_is_set(tmp_path: Path) -> None:
    other = OtherServer()
    async with first_start(other, tmp_path, DEFAULT_MODEL="gpt-4o") as client:
        answer = await ask(client)
        assert (answer["content"], answer["status"], answer["model"]) == ("Hello.", "complete", "gpt-4o")
        assert (await ask(client, model="some-other/model"))["model"] == "some-other/model"
        assert [one["id"] for one in (await client.get("/models")).json()] == ["gpt-4o"]
        assert '<option value="gpt-4o" selected>' in (await client.get("/")).text
        assert [request["model"] for request in other.requests] == ["gpt-4o", "some-other/model"]


async def test_without_a_list_those_are_offered_that_may_be_used(tmp_path: Path) -> None:
    async with first_start(OtherServer(), tmp_path, ALLOWED_MODELS="b/two, a/one, c/*") as client:
        assert [one["id"] for one in (await client.get("/models")).json()] == ["a/one", "b/two"]
        assert (await ask(client))["model"] == "a/one"


async def test_without_any_model_a_sentence_says_what_the_operator_sets(tmp_path: Path) -> None:
    async with first_start(OtherServer(), tmp_path) as client:
        refused = await client.post("/conversations")
        assert refused.status_code == 503
        assert "DEFAULT_MODEL" in refused.json()["detail"]
        assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize(
    ("environ", "model"),
    [({}, "qwen3:8b"), ({"ALLOWED_MODELS": "qwen3:8b"}, "qwen3:8b"), ({"DEFAULT_MODEL": "set/model"}, "set/model")],
)
async def test_no_request_fails_as_the_first_list_has_not_come_yet(
    tmp_path: Path, environ: dict[str, str], model: str
) -> None:
    other = OtherServer(LISTED)
    other.may_list.clear()
    async with first_start(other, tmp_path, **environ) as client:
        page = (await client.get("/")).text
        assert "openrouter/auto" not in page
        assert other.was_asked_for_list.wait(5)
        request = client.build_request("POST", "/conversations")
        other.may_list.set()
        made = await client.send(request)
        assert (made.status_code, await model_of(client, made)) == (201, model)
        assert (await ask(client, made.json()["id"]))["status"] == "complete"


async def test_a_model_that_may_be_used_is_taken_while_the_list_hangs(tmp_path: Path) -> None:
    other = OtherServer(LISTED)
    other.may_list.clear()
    async with first_start(other, tmp_path, ALLOWED_MODELS="openai/gpt-5-mini") as client:
        made = await client.post("/conversations")
        assert (made.status_code, await model_of(client, made)) == (201, "openai/gpt-5-mini")


async def test_tokens_are_asked_for_and_not_where_a_server_refuses_that(tmp_path: Path) -> None:
    for refused, tokens, fields in (("", 7, [True]), ("stream_options", None, [True, False, False])):
        folder = tmp_path / f"refuses {refused}"
        folder.mkdir()
        other = OtherServer(LISTED, refused=refused or "nothing")
        async with first_start(other, folder) as client:
            answer = await ask(client)
            assert (answer["status"], answer["prompt_tokens"]) == ("complete", tokens)
            if refused:
                await ask(client)
        assert ["stream_options" in request for request in other.requests] == fields


async def test_what_a_server_does_not_have_is_no_error() -> None:
    with serving(OtherServer()) as other:
        settings = Settings(openrouter_api_key=KEY, openrouter_base_url=other.url)
        async with open_client(settings) as client:
            openrouter = OpenRouter(client, settings)
            contact = await openrouter.contact()
            assert contact.key is None
            assert contact.clock is not None
            assert await openrouter.credits() is None
            with pytest.raises(OpenRouterError) as failed:
                await openrouter.models()
    assert (failed.value.code, failed.value.status) == ("not_offered", 404)
    assert "OpenRouter does not" not in failed.value.sentence


def test_doctor_describes_another_server_in_words_that_are_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(OtherServer(LISTED)) as other:
        for name, value in (
            ("OPENROUTER_API_KEY", KEY),
            ("OPENROUTER_BASE_URL", other.url),
            ("DATA_DIR", str(tmp_path)),
        ):
            monkeypatch.setenv(name, value)
        assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "good  Model server    It answered within" in told
    assert "It does not tell of keys." in told
    assert "does not tell of credit" in told
    assert "OpenRouter" not in told


async def test_the_log_says_once_that_there_is_no_list(tmp_path: Path) -> None:
    with serving(OtherServer()) as other, app(other, tmp_path, DEFAULT_MODEL="gpt-4o") as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=20) as client:
            await ask(client)
        log = server.log()
    assert log.count("The model server does not list its models") == 1
    assert "Choose another model" not in log
    assert "ERROR" not in log

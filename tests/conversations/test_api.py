"""The JSON API: its contract, and what it says no to."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {"MAX_LIVE_REPLIES": "8"}


async def start(client: httpx.AsyncClient) -> str:
    return str((await client.post("/conversations")).json()["id"])


async def ask(client: httpx.AsyncClient, conversation: str, text: str, model: str) -> dict[str, Any]:
    answer = await client.post(f"/conversations/{conversation}/messages", json={"message": text, "model": model})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def read(client: httpx.AsyncClient, conversation: str) -> str:
    return (await client.get(f"/conversations/{conversation}/stream")).text


async def test_streaming_endpoint(client: httpx.AsyncClient) -> None:
    """The documented integration test, as it is written."""
    # Create conversation
    conv_response = await client.post("/conversations")
    conv_id = conv_response.json()["id"]

    # Send message
    await client.post(f"/conversations/{conv_id}/messages", json={"message": "Hello!"})

    # Stream response
    response = await client.get(f"/conversations/{conv_id}/stream")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"


async def test_the_stream_is_pieces_and_then_done(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("api", Say("Hel"), Say('lo "you"\n'), Say("…"))
    conversation = await start(client)
    await ask(client, conversation, "Hi", model)
    events = [line for line in (await read(client, conversation)).split("\n\n") if line.startswith("data: ")]
    assert events[-1] == 'data: {"done":true}'
    pieces = [httpx.Response(200, text=event.removeprefix("data: ")).json()["content"] for event in events[:-1]]
    assert "".join(pieces) == 'Hello "you"\n…'


async def test_a_late_reader_gets_all_of_it(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("late", Say("All of it."))
    conversation = await start(client)
    await ask(client, conversation, "Hi", model)
    first = await read(client, conversation)
    assert "All of it." in first
    assert (await read(client, conversation)).replace(":\n\n", "") == first.replace(":\n\n", "")


async def test_an_error_comes_before_done(client: httpx.AsyncClient) -> None:
    conversation = await start(client)
    await ask(client, conversation, "Hi", "standin/error-402")
    events = (await read(client, conversation)).replace(":\n\n", "").strip().split("\n\n")
    assert '"code":"no_credit"' in events[0]
    assert events[1] == 'data: {"done":true}'


async def test_a_conversation_is_read_with_its_messages(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("told", Say("Answer."))
    conversation = await start(client)
    sent = await ask(client, conversation, "Question?", model)
    await read(client, conversation)
    told = (await client.get(f"/conversations/{conversation}")).json()
    assert [(one["role"], one["content"], one["status"]) for one in told["messages"]] == [
        ("user", "Question?", "complete"),
        ("assistant", "Answer.", "complete"),
    ]
    assert told["title"] == "Question?"
    answer = told["messages"][1]
    assert answer["id"] == sent["answer_id"]
    assert float(answer["cost"]) > 0
    assert answer["completion_tokens"] > 0


async def test_conversations_are_listed_in_pages(client: httpx.AsyncClient) -> None:
    made = [await start(client) for _ in range(3)]
    first = (await client.get("/conversations", params={"limit": 2})).json()
    assert [one["id"] for one in first] == made[:0:-1]
    second = (await client.get("/conversations", params={"limit": 2, "before": first[-1]["id"]})).json()
    assert second[0]["id"] == made[0]


async def test_models_are_listed_with_their_prices(client: httpx.AsyncClient) -> None:
    models = (await client.get("/models")).json()
    assert len(models) >= 12
    assert any(model["prompt_price"] and float(model["prompt_price"]) > 0 for model in models)


async def test_a_repeated_send_counts_once(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("again", Say("Once."))
    conversation = await start(client)
    body = {"message": "Hi", "model": model, "client_id": str(uuid4())}
    answers = [(await client.post(f"/conversations/{conversation}/messages", json=body)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    await read(client, conversation)
    assert len(await upstream.requests("again")) == 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"json": {"message": ""}}, 422, "The message is empty"),
        ({"json": {"message": " \n\t"}}, 422, "The message is empty"),
        ({"json": {"message": "a\x00b"}}, 422, "not text"),
        ({"content": b'{"message": "\\ud800"}', "headers": {"content-type": "application/json"}}, 400, ""),
        ({"json": {"message": "x" * 256_001}}, 413, "at most 256 kB"),
        ({"json": {"message": "x" * 2_000_000}}, 413, ""),
        ({"json": {"message": "Hi", "model": "no/such"}}, 422, "There is no model 'no/such'"),
        ({"json": {"message": "Hi", "model": "x" * 201}}, 400, "model"),
        ({"json": {"message": 7}}, 400, "message"),
        ({"json": {}}, 400, "message"),
        ({"json": []}, 400, ""),
        ({"content": b'{"mess', "headers": {"content-type": "application/json"}}, 400, ""),
        ({"content": b'{"message": "\xff"}', "headers": {"content-type": "application/json"}}, 400, ""),
        ({"content": b'{"message": "Hi"}', "headers": {"content-type": "text/plain"}}, 415, "application/json"),
        ({"data": {"message": "Hi"}}, 415, "application/json"),
    ],
)
async def test_a_bad_message_is_refused_and_nothing_is_stored(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, words: str
) -> None:
    conversation = await start(client)
    answer = await client.post(f"/conversations/{conversation}/messages", **body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert words in answer.json()["detail"]
    assert answer.json()["detail"]
    assert (await client.get(f"/conversations/{conversation}")).json()["messages"] == []


@pytest.mark.parametrize("path", ["", "/messages", "/stream"])
async def test_a_conversation_that_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    method = "POST" if path == "/messages" else "GET"
    for name in (uuid4(), "not-an-id"):
        answer = await client.request(
            method, f"/conversations/{name}{path}", json={"message": "Hi"}, headers={"accept": "application/json"}
        )
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stream_of_nothing_is_not_there(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/conversations/{await start(client)}/stream")
    assert (answer.status_code, answer.json()["detail"]) == (404, "Nothing has been asked in this conversation yet.")


async def test_asking_over_a_growing_answer_is_a_conflict(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("busy", Hold("a"), Say("x"))
    conversation = await start(client)
    await ask(client, conversation, "Hi", model)
    answer = await client.post(f"/conversations/{conversation}/messages", json={"message": "More"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    await upstream.open("busy", "a")
    await read(client, conversation)


async def test_too_many_growing_answers_are_refused_with_words(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("crowd", Hold("a"), Say("x"))
    conversations = [await start(client) for _ in range(9)]
    for conversation in conversations[:8]:
        await ask(client, conversation, "Hi", model)
    answer = await client.post(f"/conversations/{conversations[8]}/messages", json={"message": "Hi", "model": model})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert "8 answers are growing" in answer.json()["detail"]
    await upstream.open("crowd", "a")
    for conversation in conversations[:8]:
        await read(client, conversation)


async def test_the_api_describes_itself(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/schema/openapi.json")).json()
    assert set(schema["paths"]) == {
        "/conversations",
        "/conversations/{conversation_id}",
        "/conversations/{conversation_id}/messages",
        "/conversations/{conversation_id}/messages/{message_id}",
        "/conversations/{conversation_id}/messages/{message_id}/continue",
        "/conversations/{conversation_id}/messages/{message_id}/edit",
        "/conversations/{conversation_id}/messages/{message_id}/restore",
        "/conversations/{conversation_id}/messages/{message_id}/retry",
        "/conversations/{conversation_id}/messages/{message_id}/show",
        "/conversations/{conversation_id}/stream",
        "/models",
    }


async def test_an_address_that_is_not_there_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing/here")
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text
    assert (await client.delete("/conversations")).status_code == 405


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/stream"), ("POST", "/messages")])
async def test_a_program_with_a_bad_id_or_method_gets_a_problem(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    for accept in ({}, {"accept": "*/*"}, {"accept": "application/problem+json"}):
        answer = await client.request(method, f"/conversations/not-an-id{path}", headers=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    page = await client.get("/conversations/not-an-id", headers={"accept": "text/html,*/*"})
    assert page.headers["content-type"].startswith("text/html")
    with_token = await client.get("/nowhere", headers={"authorization": "Bearer oc_x"})
    assert with_token.headers["content-type"] == "application/problem+json"


async def test_a_method_that_is_not_taken_is_told_those_that_are(client: httpx.AsyncClient) -> None:
    conversation = await start(client)
    for path, methods in (
        ("/conversations", {"GET", "POST"}),
        (f"/conversations/{conversation}/messages", {"POST"}),
        (f"/conversations/{conversation}/messages/{uuid4()}", {"GET", "PATCH", "DELETE"}),
        ("/models", {"GET"}),
    ):
        refused = await client.put(path)
        assert (refused.status_code, refused.headers["content-type"]) == (405, "application/problem+json")
        told = await client.options(path)
        for answer in (refused, told):
            assert set(answer.headers["allow"].split(", ")) - {"OPTIONS", "HEAD"} == methods
        assert told.status_code == 204


async def test_a_conversation_starts_with_the_model_that_is_asked_for(client: httpx.AsyncClient) -> None:
    model = (await client.get("/models")).json()[3]["id"]
    made = (await client.post("/conversations", json={"model": model})).json()
    assert (await client.get(f"/conversations/{made['id']}")).json()["model"] == model
    for body in ({}, {"model": ""}):
        assert (await client.post("/conversations", json=body)).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"json": {"model": "no/such"}}, 422, "There is no model 'no/such'"),
        ({"json": {"modle": "a/b"}}, 400, "modle"),
        ({"json": {"model": 7}}, 400, "model"),
        ({"json": []}, 400, ""),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, ""),
        ({"data": {"model": "a/b"}}, 415, "application/json"),
    ],
)
async def test_a_start_with_a_body_that_is_none_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await client.post("/conversations", **body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert words in answer.json()["detail"]


async def test_a_field_that_means_nothing_is_refused_by_name(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        f"/conversations/{await start(client)}/messages", json={"message": "Hi", "temperature": 1}
    )
    assert (answer.status_code, "temperature" in answer.json()["detail"]) == (400, True)


async def test_the_description_is_fit_to_make_a_client_of(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/schema/openapi.json")).json()
    operations = [one for item in schema["paths"].values() for one in item.values()]
    names = {one["operationId"] for one in operations}
    assert names >= {"list_models", "list_conversations", "create_message", "retry_message", "stream_answer"}
    assert len(names) == len(operations)
    for operation in operations:
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (operation["operationId"], status)
    components = schema["components"]["schemas"]
    for name in ("NewMessage", "Edit", "Question"):
        assert components[name]["properties"]["message"]["minLength"] == 1
        assert components[name]["additionalProperties"] is False
    assert schema["paths"]["/conversations"]["post"]["requestBody"]["required"] is False


async def test_examples_of_the_description_are_answered_as_described(client: httpx.AsyncClient) -> None:
    """A body made of its fields' examples is one that is taken."""
    schema = (await client.get("/schema/openapi.json")).json()
    fields = schema["components"]["schemas"]["NewMessage"]["properties"]
    body = {name: field["examples"][0] for name, field in fields.items()}
    answer = await client.post(f"/conversations/{await start(client)}/messages", json=body)
    assert answer.status_code == 201, answer.text


FIT: dict[str, dict[str, Any]] = {
    "NewMessage": {"message": "Hi"},
    "Edit": {"message": "Hi", "run": 0},
    "Question": {"message": "Hi", "run": 0},
    "Retry": {"model": ""},
}


async def test_refusals_that_are_described_happen(client: httpx.AsyncClient, upstream: Upstream) -> None:
    """Of each operation: what is no body, too large a one, one of another type, and an id that nothing has."""
    model = await upstream.script("described", Say("Answer."))
    conversation = await start(client)
    sent = await ask(client, conversation, "Hi", model)
    await read(client, conversation)
    ids = {"{conversation_id}": conversation, "{message_id}": str(sent["answer_id"])}
    json_type = {"content-type": "application/json"}
    bodies: dict[str, dict[str, Any]] = {
        "400": {"content": b"{", "headers": json_type},
        "413": {"content": b'{"message": "' + b"x" * 2_000_000 + b'"}', "headers": json_type},
        "415": {"content": b"{}", "headers": {"content-type": "text/plain"}},
    }
    schema = (await client.get("/schema/openapi.json")).json()
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            known, unknown = path, path
            for name, value in ids.items():
                known, unknown = known.replace(name, value), unknown.replace(name, str(uuid4()))
            has_body = "requestBody" in operation
            assert ("415" in operation["responses"]) is has_body
            assert "413" in operation["responses"] or not has_body  # to continue is refused where there is no room
            for status, body in bodies.items() if has_body else ():
                assert str((await client.request(method, known, **body)).status_code) == status, (method, known)
            if unknown != path:
                kind = str(operation.get("requestBody")).partition("schemas/")[2].partition("'")[0]
                answer = await client.request(method, unknown, json=FIT[kind] if has_body else None)
                assert answer.status_code == 404, (method, path, answer.text)

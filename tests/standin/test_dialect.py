"""The stand-in against the documented and recorded API, field by field."""

import base64
import json
import struct
import zlib
from decimal import Decimal

import httpx
import msgspec
import pytest

from tests.fakes.upstream import running_standin
from tests.standin.reading import Json, ask, chunks, client, finish_reasons, text_in, whole
from webapp.standin.catalog import Model
from webapp.standin.server import start_in_thread

PLAIN = "qwen/qwen3-235b-a22b-2507"
HELLO = [{"role": "user", "content": "Hello"}]


def names(value: Json) -> set[str]:
    return set(value)


async def test_a_stream_has_openrouters_headers(api: httpx.AsyncClient) -> None:
    answer = await ask(api, PLAIN)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["x-generation-id"] == chunks(answer.text)[0]["id"]


async def test_a_page_of_another_site_learns_nothing(api: httpx.AsyncClient) -> None:
    answer = await ask(api, PLAIN)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert (await api.get("/models", headers={"host": "evil.example"})).status_code == 421


async def test_without_controls_there_are_none() -> None:
    with start_in_thread() as standin:
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            address = standin.base_url.removesuffix("/api/v1")
            assert (await client.get(f"{address}/standin/requests")).status_code == 404
            assert (await client.post(f"{address}/standin/reset")).status_code == 404


async def test_a_stream_begins_with_comments_and_ends_with_done(api: httpx.AsyncClient) -> None:
    blocks = (await ask(api, PLAIN)).text.split("\n\n")
    assert blocks[:3] == [": OPENROUTER PROCESSING"] * 3
    assert blocks[-2:] == ["data: [DONE]", ""]
    assert all(block.startswith("data: {") for block in blocks[3:-2])


async def test_a_chunk_has_the_documented_fields(api: httpx.AsyncClient) -> None:
    got = chunks((await ask(api, PLAIN)).text)
    for chunk in got:
        assert names(chunk) - {"usage", "service_tier"} == {"id", "object", "created", "model", "provider", "choices"}
        assert chunk["object"] == "chat.completion.chunk"
        [choice] = chunk["choices"]
        assert names(choice) == {"index", "delta", "finish_reason", "native_finish_reason", "logprobs"}
        assert choice["delta"]["role"] == "assistant"
    assert len({chunk["id"] for chunk in got}) == 1
    assert got[0]["id"].startswith(f"gen-{got[0]['created']}-")
    assert got[0]["provider"] == "Alibaba"


async def test_the_answering_model_is_named_by_its_slug(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "anthropic/claude-sonnet-4.6")
    assert chunks(answer.text)[0]["model"] == "anthropic/claude-4.6-sonnet-20260217"


async def test_the_router_names_the_model_that_it_chose(api: httpx.AsyncClient) -> None:
    assert chunks((await ask(api, "openrouter/auto")).text)[0]["model"].startswith("anthropic/")


async def test_the_finish_comes_twice_and_the_usage_with_the_second(api: httpx.AsyncClient) -> None:
    *_, before, last, closing = chunks((await ask(api, PLAIN)).text)
    assert before["choices"][0]["finish_reason"] is None
    for chunk in (last, closing):
        assert chunk["choices"][0]["finish_reason"] == "stop"
        assert chunk["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "usage" not in last
    assert closing["service_tier"] == "default"
    assert names(closing["usage"]) == {
        "prompt_tokens", "completion_tokens", "total_tokens", "cost", "is_byok",
        "prompt_tokens_details", "completion_tokens_details", "cost_details",
    }  # fmt: skip


async def test_the_cost_follows_from_the_prices(api: httpx.AsyncClient) -> None:
    models = {model["id"]: model for model in (await api.get("/models")).json()["data"]}
    answer = await ask(api, "openai/gpt-5.6")
    usage = json.loads(answer.text.split("data: ")[-2], parse_float=Decimal)["usage"]
    price = models["openai/gpt-5.6"]["pricing"]
    expected = usage["prompt_tokens"] * Decimal(price["prompt"])
    expected += usage["completion_tokens"] * Decimal(price["completion"])
    assert usage["cost"] == expected > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert 0 < usage["completion_tokens_details"]["reasoning_tokens"] < usage["completion_tokens"]


async def test_a_free_model_costs_nothing(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "meta-llama/llama-3.3-70b-instruct:free")
    assert chunks(answer.text)[-1]["usage"]["cost"] == 0


async def test_a_long_conversation_is_partly_cached(api: httpx.AsyncClient) -> None:
    turns = [{"role": "user", "content": "word " * 2000}, {"role": "assistant", "content": "yes"}, *HELLO]
    answer = await api.post("/chat/completions", json={"model": PLAIN, "messages": turns})
    usage = answer.json()["usage"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == 1920 < usage["prompt_tokens"]


@pytest.mark.parametrize(
    ("name", "reasons", "choices"),
    [("repeated", ["stop", "stop"], 1), ("empty", [None, "stop"], 0), ("null", ["stop", None], 1)],
)
async def test_the_closing_chunk_has_the_shape_asked_for(
    api: httpx.AsyncClient, name: str, reasons: list[str | None], choices: int
) -> None:
    answer = await ask(api, f"standin/closing-{name}")
    assert finish_reasons(answer.text)[-2:] == reasons
    assert len(chunks(answer.text)[-1]["choices"]) == choices
    assert "usage" in chunks(answer.text)[-1]


async def test_the_closing_shape_can_be_set_for_all_answers() -> None:
    with running_standin(closing="empty") as standin:
        async with client(standin.base_url) as api:
            assert chunks((await ask(api, PLAIN)).text)[-1]["choices"] == []


async def test_a_whole_answer_has_the_documented_fields(api: httpx.AsyncClient) -> None:
    answer = (await ask(api, PLAIN, stream=False)).json()
    assert names(answer) == {
        "id", "object", "created", "model", "provider", "choices", "usage", "system_fingerprint", "service_tier",
    }  # fmt: skip
    assert answer["object"] == "chat.completion"
    [choice] = answer["choices"]
    assert names(choice) == {"index", "message", "finish_reason", "native_finish_reason", "logprobs"}
    assert names(choice["message"]) == {"role", "content", "refusal", "reasoning"}


async def test_a_whole_answer_says_the_same_as_a_stream(api: httpx.AsyncClient) -> None:
    streamed = text_in((await ask(api, PLAIN)).text)
    assert streamed == (await whole(api, PLAIN))["message"]["content"] == text_in((await ask(api, PLAIN)).text)


async def test_claude_thinks_in_text_and_signs_it(api: httpx.AsyncClient) -> None:
    got = chunks((await ask(api, "anthropic/claude-sonnet-4.6", reasoning={"effort": "high"})).text)
    deltas = [chunk["choices"][0]["delta"] for chunk in got]
    details = [delta["reasoning_details"][0] for delta in deltas if "reasoning_details" in delta]
    assert details[0] == {
        "type": "reasoning.text", "format": "anthropic-claude-v1", "text": deltas[0]["reasoning"],
        "id": None, "index": 0,
    }  # fmt: skip
    assert "signature" in details[-1]
    assert "text" not in details[-1]
    first_text = next(index for index, delta in enumerate(deltas) if delta["content"])
    assert not any("reasoning" in delta for delta in deltas[first_text:])


async def test_gpt_thinks_in_summaries_and_encrypts_the_rest(api: httpx.AsyncClient) -> None:
    details = (await whole(api, "openai/gpt-5-mini"))["message"]["reasoning_details"]
    assert details[0]["type"] == "reasoning.summary"
    assert details[-1]["type"] == "reasoning.encrypted"


async def test_citations_come_one_by_one_before_the_text(api: httpx.AsyncClient) -> None:
    got = chunks((await ask(api, "perplexity/sonar-pro")).text)
    cited = [chunk["choices"][0]["delta"] for chunk in got if "annotations" in chunk["choices"][0]["delta"]]
    assert len(cited) == 4 == sum(len(delta["annotations"]) for delta in cited)
    assert got[0]["choices"][0]["delta"] == cited[0]
    assert cited[0]["annotations"][0]["type"] == "url_citation"
    assert names(cited[0]["annotations"][0]["url_citation"]) == {"url", "title", "start_index", "end_index"}
    usage = got[-1]["usage"]
    assert usage["server_tool_use_details"] == {"web_search_requests": 1}
    assert usage["cost"] > usage["cost_details"]["upstream_inference_cost"]


async def test_a_picture_comes_in_one_chunk_with_the_finish(api: httpx.AsyncClient) -> None:
    *_, drawn, closing = chunks((await ask(api, "google/gemini-2.5-flash-image", "Draw a sunset")).text)
    [choice] = drawn["choices"]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("stop", "STOP")
    assert closing["usage"]["completion_tokens_details"]["image_tokens"] == 1290
    [image] = choice["delta"]["images"]
    assert (image["type"], image["index"]) == ("image_url", 0)
    check_png(base64.b64decode(image["image_url"]["url"].removeprefix("data:image/png;base64,")))


def check_png(data: bytes) -> None:
    """A PNG whose parts have the right checksums, and as many pixels as it says."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    pixels, position = b"", 8
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        part = data[position + 4 : position + 8 + length]
        assert struct.unpack(">I", data[position + 8 + length : position + 12 + length]) == (zlib.crc32(part),)
        pixels += part[4:] if part[:4] == b"IDAT" else b""
        position += length + 12
    assert len(zlib.decompress(pixels)) == height * (3 * width + 1)


async def test_the_models_have_all_documented_fields(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/models")).json()
    assert names(answer) == {"data", "total_count", "links"}
    assert answer["total_count"] == len(answer["data"]) >= 12
    assert answer["links"] == {"next": None}
    required = {
        "id", "canonical_slug", "name", "created", "description", "context_length", "architecture", "pricing",
        "top_provider", "supported_parameters", "links", "per_request_limits", "default_parameters", "supported_voices",
    }  # fmt: skip
    for model in answer["data"]:
        assert required <= names(model)
        assert names(model["architecture"]) == {
            "modality", "input_modalities", "output_modalities", "tokenizer", "instruct_type",
        }  # fmt: skip
        assert all(isinstance(price, str) for name, price in model["pricing"].items() if name != "overrides")


async def test_prices_are_plain_decimals(api: httpx.AsyncClient) -> None:
    prices = {model["id"]: model["pricing"] for model in (await api.get("/models")).json()["data"]}
    assert prices["openai/gpt-5.6"]["prompt"] == "0.00000125"
    assert prices["google/gemini-3.5-flash-lite"]["prompt"] == "0.0000001"
    assert prices["meta-llama/llama-3.3-70b-instruct:free"] == {"prompt": "0", "completion": "0"}
    assert prices["openrouter/auto"]["prompt"] == "-1"


async def test_the_list_of_models_stays_clean_unless_failures_are_asked_for(api: httpx.AsyncClient) -> None:
    plain = (await api.get("/models")).json()["data"]
    more = (await api.get("/models", params={"failures": "1"})).json()["data"]
    assert not any(model["id"].startswith("standin/") for model in plain)
    assert {"standin/error-429", "standin/drop"} <= {model["id"] for model in more}


async def test_a_standin_for_tests_lists_failures_and_scripts() -> None:
    with running_standin(list_failures=True) as standin:
        async with client(standin.base_url) as api:
            await api.put(standin.base_url.replace("/api/v1", "/standin/scripts/mine"), json={"takes": [[]]})
            listed = {model["id"] for model in (await api.get("/models")).json()["data"]}
    assert {"standin/drop", "script/mine"} <= listed


async def test_models_can_be_filtered_sorted_and_paged(api: httpx.AsyncClient) -> None:
    async def ids(**query: str) -> list[str]:
        return [model["id"] for model in (await api.get("/models", params=query)).json()["data"]]

    assert await ids(q="claude") == ["anthropic/claude-sonnet-4.6", "anthropic/claude-haiku-4.5"]
    assert "google/gemini-2.5-flash-image" in await ids(output_modalities="image")
    assert await ids(input_modalities="video") == ["google/gemini-3.5-flash-lite", "openrouter/auto"]
    assert "qwen/qwen3-235b-a22b-2507" not in await ids(supported_parameters="reasoning")
    assert (await ids(sort="newest"))[0] == "openai/gpt-5.6"
    assert await ids(offset="2", limit="3") == (await ids())[2:5]
    page = (await api.get("/models", params={"offset": "2", "limit": "3"})).json()
    assert page["links"] == {"next": "/api/v1/models?offset=5&limit=3"}


async def test_one_model_can_be_looked_up(api: httpx.AsyncClient) -> None:
    for model_id in (PLAIN, "meta-llama/llama-3.3-70b-instruct:free", "standin/drop"):
        assert (await api.get(f"/model/{model_id}")).json()["data"]["id"] == model_id
    assert (await api.get("/model/no/such-model")).status_code == 404


async def test_the_users_models_need_a_key(api: httpx.AsyncClient) -> None:
    assert (await api.get("/models/user")).json() == (await api.get("/models")).json()
    assert (await api.get("/models/user", headers={"Authorization": ""})).status_code == 401


async def test_the_key_tells_its_limits(api: httpx.AsyncClient) -> None:
    key = (await api.get("/key")).json()["data"]
    assert key["limit"] - key["usage"] == pytest.approx(key["limit_remaining"])
    assert key["rate_limit"]["requests"] == -1
    assert {"usage_daily", "byok_usage", "is_free_tier", "free_model_daily_requests", "budgets"} <= names(key)
    assert (await api.get("/auth/key")).json()["data"] == key


async def test_what_an_answer_cost_is_booked(api: httpx.AsyncClient) -> None:
    before = (await api.get("/credits")).json()["data"]
    cost = chunks((await ask(api, "openai/gpt-5.6")).text)[-1]["usage"]["cost"]
    after = (await api.get("/credits")).json()["data"]
    assert names(after) == {"total_credits", "total_usage"}
    assert after["total_usage"] - before["total_usage"] == pytest.approx(cost)


async def test_a_plain_key_may_not_see_the_credits(api: httpx.AsyncClient) -> None:
    answer = await api.get("/credits", headers={"Authorization": "Bearer sk-or-v1-plain"})
    assert answer.status_code == 403


async def test_a_generation_can_be_looked_up(api: httpx.AsyncClient) -> None:
    answer = await ask(api, PLAIN)
    found = (await api.get("/generation", params={"id": answer.headers["x-generation-id"]})).json()["data"]
    usage = chunks(answer.text)[-1]["usage"]
    assert found["total_cost"] == usage["cost"]
    assert found["native_tokens_completion"] == usage["completion_tokens"]
    assert (found["streamed"], found["cancelled"], found["finish_reason"]) == (True, False, "stop")


async def test_a_generation_is_not_found_at_once() -> None:
    with running_standin(generation_delay=60.0) as standin:
        async with client(standin.base_url) as api:
            generation = (await ask(api, PLAIN)).headers["x-generation-id"]
            assert (await api.get("/generation", params={"id": generation})).status_code == 404


@pytest.mark.parametrize("given", ["", "sk-or-v1-abc", "Bearer", "Bearer sk-abc", "Bearer sk-or-v1-expired"])
async def test_without_a_right_key_there_is_no_answer(api: httpx.AsyncClient, given: str) -> None:
    for answer in (
        await api.post("/chat/completions", json={"model": PLAIN, "messages": HELLO}, headers={"Authorization": given}),
        await api.get("/key", headers={"Authorization": given}),
    ):
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == 401
        assert answer.json()["error"]["metadata"] == {"error_type": "authentication"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": PLAIN}, "messages"),
        ({"model": PLAIN, "messages": []}, "messages"),
        ({"model": PLAIN, "messages": "hi"}, "messages"),
        ({"model": PLAIN, "prompt": "hi"}, "messages"),
        ({"model": "no/such-model", "messages": HELLO}, "no/such-model is not a valid model ID"),
        ({"model": "script/none", "messages": HELLO}, "script/none is not a valid model ID"),
        ({"model": PLAIN, "messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"model": PLAIN, "messages": [{"role": "user"}]}, "messages[0]"),
        ({"model": PLAIN, "messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "type"),
        ({"model": PLAIN, "messages": HELLO, "temperature": 2.5}, "temperature: expected float <= 2"),
        ({"model": PLAIN, "messages": HELLO, "max_tokens": 0}, "max_tokens"),
        ({"model": PLAIN, "messages": HELLO, "stop": ["a"] * 5}, "stop"),
        ({"model": PLAIN, "messages": HELLO, "reasoning": {"effort": "high", "max_tokens": 9}}, "Only one of"),
        ({"model": PLAIN, "messages": HELLO, "max_tokens": 999_999}, "maximum context length"),
        ({"model": "openai/gpt-5-mini", "messages": HELLO, "reasoning": {"effort": "none"}}, "mandatory"),
        ([], "JSON object"),
    ],
)
async def test_a_wrong_request_is_refused_in_words(api: httpx.AsyncClient, body: object, words: str) -> None:
    answer = await api.post("/chat/completions", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert answer.json()["error"]["code"] == 400
    assert "user_id" in answer.json()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"messages": "\xc3"}'])
async def test_a_body_that_is_not_json_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/chat/completions", content=body)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]


async def test_unknown_fields_and_nulls_are_accepted(api: httpx.AsyncClient) -> None:
    odd: Json = {
        "transforms": ["middle-out"],
        "usage": {"include": True},
        "temperature": None,
        "provider": {"zdr": True},
    }
    assert (await ask(api, PLAIN, **odd)).status_code == 200


async def test_a_model_that_cannot_see_refuses_pictures(api: httpx.AsyncClient) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    asked = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]}
    blind = await api.post("/chat/completions", json={"model": PLAIN, **asked})
    assert (blind.status_code, blind.json()["error"]["message"]) == (404, "No endpoints found that support image input")
    seeing = await api.post("/chat/completions", json={"model": "openai/gpt-5.6", **asked})
    assert "You attached a picture." in seeing.json()["choices"][0]["message"]["content"]


async def test_the_next_model_answers_where_the_first_cannot(api: httpx.AsyncClient) -> None:
    for first in ("no/such-model", "standin/error-503"):
        assert chunks((await ask(api, first, models=[PLAIN])).text)[0]["provider"] == "Alibaba"


async def test_variants_are_the_model_itself(api: httpx.AsyncClient) -> None:
    assert (await ask(api, f"{PLAIN}:nitro")).status_code == 200


async def test_unknown_paths_and_methods_are_refused(api: httpx.AsyncClient) -> None:
    assert (await api.get("/nothing")).status_code == 404
    assert (await api.get("/chat/completions")).status_code == 405
    assert (await api.delete("/models")).json()["error"]["code"] == 405


async def test_the_entries_of_the_list_are_those_that_answer(api: httpx.AsyncClient) -> None:
    listed = msgspec.convert((await api.get("/models")).json()["data"], list[Model])
    for model in listed:
        assert (await ask(api, model.id, "Say 'x'", stream=False)).status_code == 200


async def test_no_model_promises_what_the_stand_in_does_not_do(api: httpx.AsyncClient) -> None:
    promised = {name for model in (await api.get("/models")).json()["data"] for name in model["supported_parameters"]}
    assert promised.isdisjoint({"tools", "tool_choice", "response_format", "structured_outputs"})

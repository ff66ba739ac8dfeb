"""The official Python clients work against the stand-in: it speaks the language that they were made for."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam
from openrouter import OpenRouter, errors

from tests.fakes.upstream import KEY
from webapp.standin.catalog import MODELS
from webapp.standin.server import StandIn

MODEL = "openai/gpt-5.6"
HELLO = ChatCompletionUserMessageParam(role="user", content="Hello")


@pytest.fixture
async def openai_client(standin: StandIn) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=standin.base_url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def openrouter_client(standin: StandIn) -> AsyncIterator[OpenRouter]:
    async with OpenRouter(server_url=standin.base_url, api_key=KEY) as client:
        yield client


async def test_openai_reads_a_whole_answer(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(model=MODEL, messages=[HELLO])
    assert "stand-in" in (answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage
    assert answer.usage.completion_tokens > 0


async def test_openai_reads_a_stream(openai_client: openai.AsyncOpenAI) -> None:
    stream = await openai_client.chat.completions.create(model=MODEL, messages=[HELLO], stream=True)
    seen = [chunk async for chunk in stream]
    assert "stand-in" in "".join(chunk.choices[0].delta.content or "" for chunk in seen)
    assert seen[-1].usage
    assert seen[-1].choices[0].finish_reason == "stop"


async def test_openai_lists_the_models(openai_client: openai.AsyncOpenAI) -> None:
    assert MODEL in [model.id async for model in openai_client.models.list()]


async def test_openai_understands_errors(openai_client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        await openai_client.chat.completions.create(model="standin/error-429", messages=[HELLO])
    assert caught.value.response.headers["retry-after"] == "2"
    stream = await openai_client.chat.completions.create(
        model="standin/mid-stream-error", messages=[HELLO], stream=True
    )
    with pytest.raises(openai.APIError, match="disconnected"):
        [chunk async for chunk in stream]


async def test_openrouter_reads_a_whole_answer(openrouter_client: OpenRouter) -> None:
    answer = await openrouter_client.chat.send_async(model=MODEL, messages=_hello())
    assert "stand-in" in str(answer.choices[0].message.content)
    assert answer.usage
    assert answer.usage.cost


async def test_openrouter_reads_a_stream(openrouter_client: OpenRouter) -> None:
    stream = await openrouter_client.chat.send_async(model=MODEL, messages=_hello(), stream=True)
    async with stream:
        seen = [chunk async for chunk in stream]
    deltas = [chunk.choices[0].delta for chunk in seen]
    assert "stand-in" in "".join(delta.content or "" for delta in deltas)
    assert "stand-in" in "".join(delta.reasoning or "" for delta in deltas)
    assert seen[-1].usage


async def test_openrouter_lists_the_models(openrouter_client: OpenRouter) -> None:
    page = await openrouter_client.models.list_async(limit=5)
    assert page
    assert page.result.data[0].id == MODEL
    assert (len(page.result.data), page.result.total_count) == (5, len(MODELS))


async def test_openrouter_reads_the_account(openrouter_client: OpenRouter) -> None:
    credit = await openrouter_client.credits.get_credits_async()
    assert credit.data.total_credits > credit.data.total_usage


# The client warns of two old fields of the key, which the API still sends.
@pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED .. - This will be removed:DeprecationWarning")
async def test_openrouter_reads_the_key(openrouter_client: OpenRouter) -> None:
    key = await openrouter_client.api_keys.get_current_key_metadata_async()
    assert key.data.limit
    assert key.data.effective_budget


async def test_openrouter_looks_up_a_generation(openrouter_client: OpenRouter) -> None:
    answer = await openrouter_client.chat.send_async(model=MODEL, messages=_hello())
    found = await openrouter_client.generations.get_generation_async(id=answer.id)
    assert found.data.total_cost == answer.usage.cost if answer.usage else False


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("standin/error-402", errors.PaymentRequiredResponseError),
        ("standin/error-404", errors.NotFoundResponseError),
        ("standin/error-429", errors.TooManyRequestsResponseError),
        ("no/such-model", errors.BadRequestResponseError),
    ],
)
async def test_openrouter_understands_errors(openrouter_client: OpenRouter, model: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await openrouter_client.chat.send_async(model=model, messages=_hello())


def _hello() -> Any:
    return [HELLO]

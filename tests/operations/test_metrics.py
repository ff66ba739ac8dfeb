"""Figures: what is counted, by which labels, and how many of them there can be."""

import re
from decimal import Decimal

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes.upstream import Upstream
from webapp.accounts.spending import Spent
from webapp.app import ROOT
from webapp.conversations.messages import Status
from webapp.conversations.observing import Ended
from webapp.operations.metrics import MAX_MODELS, OTHER_MODELS, Metrics
from webapp.standin.steps import Hold, Say
from webapp.web.requests import Served

pytestmark = pytest.mark.own_server  # what it has counted is known

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Every sample of a scrape, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(scrape: str | bytes, name: str, **labels: str) -> float:
    text = scrape if isinstance(scrape, str) else scrape.decode()
    return samples(text).get((name, frozenset(labels.items())), 0.0)


def ended(
    model: str = "a/model", status: Status = Status.COMPLETE, code: str = "", cost: str = "0", retries: int = 0
) -> Ended:
    return Ended(model, status, code, 0.3, retries, Spent(10, 20, 5, 2, Decimal(cost)))


def test_answers_are_counted_by_their_ending() -> None:
    metrics = Metrics()
    metrics.reply_ended(ended())
    metrics.reply_ended(ended(status=Status.FAILED, code="no_credit", retries=2))
    text = metrics.text()
    assert value(text, "open_chat_replies_total", status="complete") == 1
    assert value(text, "open_chat_replies_total", status="failed") == 1
    assert value(text, "open_chat_upstream_errors_total", code="no_credit") == 1
    assert value(text, "open_chat_upstream_retries_total") == 2
    assert value(text, "open_chat_first_token_seconds_bucket", le="0.5") == 2
    assert value(text, "open_chat_tokens_total", model="a/model", kind="completion") == 40


def test_cost_is_summed_exactly() -> None:
    metrics = Metrics()
    for _ in range(1000):
        metrics.reply_ended(ended(cost="0.0001"))
    assert value(metrics.text(), "open_chat_cost_dollars_total", model="a/model") == 0.1


def test_an_upstream_cannot_make_ever_more_labels() -> None:
    metrics = Metrics()
    for number in range(MAX_MODELS + 50):
        metrics.reply_ended(ended(f'evil"\n{number}', cost="1"))
    text = metrics.text()
    assert value(text, "open_chat_cost_dollars_total", model=OTHER_MODELS) == 50
    assert text.count(b"open_chat_cost_dollars_total{") == MAX_MODELS + 1


def test_requests_are_counted_by_route() -> None:
    metrics = Metrics()
    metrics.request_served(Served("GET", "/c/{conversation_id}", 200, 0.004, 5_000))
    text = metrics.text()
    labels = {"method": "GET", "route": "/c/{conversation_id}"}
    assert value(text, "open_chat_requests_total", status="200", **labels) == 1
    assert value(text, "open_chat_request_duration_seconds_bucket", le="0.005", **labels) == 1


def test_two_apps_count_for_themselves() -> None:
    one, other = Metrics(), Metrics()
    one.reply_ended(ended())
    assert value(other.text(), "open_chat_replies_total", status="complete") == 0


async def test_the_whole_app_is_counted(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("counted", Say("Hello."), Hold("gate"))
    conversation = (await client.post("/conversations")).json()["id"]
    await client.post(f"/conversations/{conversation}/messages", json={"message": "Hi", "model": model})
    await upstream.reached("counted", "gate")
    async with client.stream("GET", f"/conversations/{conversation}/stream") as stream:
        lines = stream.aiter_lines()
        while "Hello" not in await anext(lines):
            pass
        growing = (await client.get("/metrics")).text
        await upstream.open("counted", "gate")
    assert value(growing, "open_chat_live_replies") == 1
    assert value(growing, "open_chat_followers") == 1
    while value(text := (await client.get("/metrics")).text, "open_chat_live_replies"):
        pass
    assert value(text, "open_chat_replies_total", status="complete") >= 1
    assert value(text, "open_chat_first_token_seconds_count") >= 1
    assert value(text, "open_chat_requests_total", method="POST", route="/conversations", status="201") >= 1
    assert value(text, "process_resident_memory_bytes") > 10**7
    assert value(text, "open_chat_database_connections_open") >= 1
    assert sum(count for (name, _), count in samples(text).items() if name == "open_chat_cost_dollars_total") > 0


async def test_what_is_asked_for_where_nothing_is_makes_one_label(client: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/else/where", "/.env"):
        assert (await client.get(path)).status_code == 404
    text = (await client.get("/metrics")).text
    assert value(text, "open_chat_requests_total", method="GET", route="none", status="404") >= 3
    assert "nowhere" not in text


async def test_every_figure_is_documented(client: httpx.AsyncClient) -> None:
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    ours = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    ours = {name for name in ours if name.startswith("open_chat_")}
    assert set(re.findall(r"`(open_chat_\w+)`", (ROOT / "docs" / "operations.md").read_text())) == ours


@pytest.mark.parametrize("headers", [{"x-forwarded-for": "192.0.2.1"}, {"host": "evil.example"}])
async def test_strangers_find_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.get("/metrics", headers=headers)).status_code == 404

"""Figures for Prometheus. Each process counts for itself, in a registry of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from webapp import __version__
from webapp.background import background
from webapp.bus.bus import Bus
from webapp.conversations.messages import Status
from webapp.conversations.observing import Ended
from webapp.conversations.replies import Replies
from webapp.db.engine import Database
from webapp.web.requests import Served

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LAG_INTERVAL: Final = 0.5  # seconds between two looks at how late the event loop is
MAX_MODELS: Final = 100  # that have lines of their own; models beyond it are counted together
OTHER_MODELS: Final = "other"

_REQUEST_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_FIRST_TOKEN_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
_CHECKPOINT_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_LAG_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
_TOKEN_KINDS: Final = ("prompt", "completion", "reasoning", "cached")


class Metrics:
    """Counts what it is told, as an `Observer` of replies and of requests, and asks for the rest when it is asked."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._models: set[str] = set()
        self._costs = _Costs()
        registry.register(self._costs)
        ProcessCollector(registry=registry)
        Gauge("open_chat_info", "The version that runs.", ["version"], registry=registry).labels(__version__).set(1)
        self._requests = Counter(
            "open_chat_requests", "Requests, by route.", ["method", "route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "open_chat_request_duration_seconds",
            "Time until the end of a response, or until the beginning of a stream.",
            ["method", "route"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self._replies = Counter("open_chat_replies", "Answers, by how they ended.", ["status"], registry=registry)
        self._first_token = Histogram(
            "open_chat_first_token_seconds",
            "Time from a question until the first piece of its answer, thoughts included.",
            buckets=_FIRST_TOKEN_SECONDS,
            registry=registry,
        )
        self._tokens = Counter("open_chat_tokens", "Tokens that were billed.", ["model", "kind"], registry=registry)
        self._errors = Counter("open_chat_upstream_errors", "Answers that failed.", ["code"], registry=registry)
        self._retries = Counter("open_chat_upstream_retries", "Calls that were tried again.", registry=registry)
        self._checkpoints = Histogram(
            "open_chat_checkpoint_duration_seconds",
            "Time that it took to keep the texts of all growing answers.",
            buckets=_CHECKPOINT_SECONDS,
            registry=registry,
        )
        self._expired = Counter(
            "open_chat_expired_conversations", "Conversations that nobody used for too long.", registry=registry
        )
        self._breaches = Counter(
            "open_chat_policy_breaches",
            "Breaches of the content policy that browsers told of.",
            ["directive"],
            registry=registry,
        )
        self._lag = Histogram(
            "open_chat_event_loop_lag_seconds",
            "How late the event loop comes to what is due.",
            buckets=_LAG_SECONDS,
            registry=registry,
        )
        for status in Status:
            if status is not Status.STREAMING:
                self._replies.labels(status)

    def watch(self, replies: Replies, database: Database, bus: Bus) -> None:
        """Asks these for their state whenever figures are asked for."""
        self._gauge("open_chat_bus_up", "Whether the bus works; 0 also where there is none.", lambda: bus.is_up)
        self._gauge("open_chat_live_replies", "Answers that grow.", lambda: replies.live_count)
        self._gauge("open_chat_followers", "Open event streams.", lambda: replies.follower_count)
        self._gauge(
            "open_chat_checkpoint_age_seconds",
            "Time since the growing answers were last kept; 0 while none grows.",
            lambda: replies.checkpoint_age,
        )
        self._gauge("open_chat_database_connections_busy", "Connections in use.", lambda: database.connections.busy)
        self._gauge("open_chat_database_connections_open", "Connections.", lambda: database.connections.open)
        self._gauge("open_chat_database_connections_most", "Their limit.", lambda: database.connections.most)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Measures the event loop while the block runs."""
        async with background(self._measure_lag(), name="event loop lag"):
            yield

    def text(self) -> bytes:
        """All figures, in Prometheus's text format."""
        return generate_latest(_WithoutBirthdays(self._registry))

    # What is told

    def request_served(self, served: Served) -> None:
        self._requests.labels(served.method, served.route, str(served.status)).inc()
        self._request_seconds.labels(served.method, served.route).observe(served.seconds)

    def reply_ended(self, ended: Ended) -> None:
        self._replies.labels(ended.status).inc()
        if ended.error_code:
            self._errors.labels(ended.error_code).inc()
        self._retries.inc(ended.retries)
        if ended.first_token is not None:
            self._first_token.observe(ended.first_token)
        model = self._name_of(ended.model)
        for kind in _TOKEN_KINDS:
            self._tokens.labels(model, kind).inc(max(0, getattr(ended.spent, f"{kind}_tokens")))
        self._costs.add(model, ended.spent.cost)

    def conversations_expired(self, count: int) -> None:
        self._expired.inc(count)

    def policy_breached(self, directive: str) -> None:
        self._breaches.labels(directive).inc()

    def checkpoint_kept(self, seconds: float) -> None:
        self._checkpoints.observe(seconds)

    def _name_of(self, model: str) -> str:
        """A label: the upstream says what a model is called, and may say something else each time."""
        if model not in self._models and len(self._models) >= MAX_MODELS:
            return OTHER_MODELS
        self._models.add(model)
        return model

    def _gauge(self, name: str, what: str, ask: Callable[[], float]) -> None:
        Gauge(name, what, registry=self._registry).set_function(ask)

    async def _measure_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            self._lag.observe(max(0.0, loop.time() - due))


class _Costs(Collector):
    """US dollars by model, summed exactly: a float is made of a sum, and not a sum of floats."""

    def __init__(self) -> None:
        self._sums: dict[str, Decimal] = {}

    def add(self, model: str, cost: Decimal) -> None:
        self._sums[model] = self._sums.get(model, Decimal(0)) + max(cost, Decimal(0))

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "open_chat_cost_dollars", "What OpenRouter billed, in US dollars.", labels=["model"]
        )
        for model, total in self._sums.items():
            family.add_metric([model], float(total))
        yield family


class _WithoutBirthdays(Collector):
    """Leaves out the samples that say since when a counter counts: a third of all, and of no use to Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric

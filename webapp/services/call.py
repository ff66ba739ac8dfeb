"""One call over all its tries: when it is sent again, and how it went. Time and chance are passed in."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from webapp.services.answer import Answer
from webapp.services.errors import OpenRouterError, name_of
from webapp.services.events import Metrics, Started, Usage

logger = logging.getLogger(__name__)

MOST_WARNINGS: Final = 5  # of chunks that were skipped; how many there were is in the last line of the call


class Clock(NamedTuple):
    """Time and chance. ``now`` counts seconds since 1970, ``monotonic`` from anywhere; ``jitter`` draws from 0 to 1."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


class Retries(Struct, frozen=True):
    """At most ``most`` further tries, with at most ``longest_wait`` seconds between them in all."""

    most: int = 2
    first_delay: float = 0.5
    longest_wait: float = 20.0

    def delay(self, error: OpenRouterError, *, retries: int, waited: float, jitter: float) -> float | None:
        """Seconds until the next try after ``retries`` earlier ones, None if there shall be none.

        The wait doubles each time. One that OpenRouter asks for is kept, and spread a little, so that many callers who
        were refused together do not come back together. If it asks for too long a wait, the user is told instead.
        """
        if not error.retryable or retries >= self.most:
            return None
        delay = self.first_delay * 2**retries * (1 + jitter) / 2 + (error.retry_after or 0.0)
        return delay if waited + delay <= self.longest_wait else None


DEFAULT_CLOCK: Final = Clock()
DEFAULT_RETRIES: Final = Retries()


class Call:
    """The book of one call."""

    def __init__(self, model: str, clock: Clock) -> None:
        self.retries = 0
        self._model = model
        self._clock = clock
        self._began = clock.monotonic()
        self._first_token: float | None = None
        self._waited = 0.0
        self._warnings = 0
        self._answers: list[Answer] = []
        self._metrics: Metrics | None = None

    def new_answer(self) -> Answer:
        """The answer of the try that begins."""
        self._answers.append(Answer(self._clock.now, self._warn_of_malformed))
        return self._answers[-1]

    def note_progress(self) -> None:
        """Takes the time when the first piece of the answer came."""
        if self._first_token is None and self._answers[-1].has_content:
            self._first_token = self._clock.monotonic() - self._began

    def delay(self, error: OpenRouterError, retries: Retries) -> float | None:
        """Seconds until another try, which is thereby counted; None if ``error`` is the end.

        Once a piece of the answer came there is no other try, so nothing is ever told twice.
        """
        if self._first_token is not None:
            return None
        delay = retries.delay(error, retries=self.retries, waited=self._waited, jitter=self._clock.jitter())
        if delay is not None:
            self.retries += 1
            self._waited += delay
        return delay

    def end(self, outcome: Literal["complete", "failed", "cancelled"]) -> Metrics:
        """How the call went, which goes into the log as well. Only the first outcome counts."""
        if self._metrics is None:
            self._metrics = Metrics(
                time_to_first_token=self._first_token,
                duration=self._clock.monotonic() - self._began,
                retries=self.retries,
                chunks=sum(answer.chunks for answer in self._answers),
                malformed=sum(answer.malformed for answer in self._answers),
                outcome=outcome,
                tools=self._answers[-1].tools if self._answers else (),
            )
            self._log(self._metrics)
        return self._metrics

    def _log(self, metrics: Metrics) -> None:
        last = self._answers[-1] if self._answers else None
        started = (last and last.started) or Started("", self._model, "")
        usage = (last and last.usage) or Usage()
        first = metrics.time_to_first_token
        logger.info(
            "Call %s: model=%s provider=%r generation=%s first_token=%s duration=%.3fs "
            "chunks=%d malformed=%d prompt_tokens=%d completion_tokens=%d cost=%s retries=%d",
            metrics.outcome,
            name_of(started.model),
            name_of(started.provider),
            name_of(started.generation_id),
            "-" if first is None else f"{first:.3f}s",
            metrics.duration,
            metrics.chunks,
            metrics.malformed,
            usage.prompt_tokens,
            usage.completion_tokens,
            "-" if usage.cost is None else usage.cost,
            metrics.retries,
        )

    def _warn_of_malformed(self, reason: str) -> None:
        self._warnings += 1
        if self._warnings <= MOST_WARNINGS:
            logger.warning("Skipped a malformed chunk from %s: %s", name_of(self._model), reason)

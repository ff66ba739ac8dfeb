"""What can go wrong with a call to OpenRouter: one small tree of errors, each with a sentence for the person who asked.

The tree stands on httpx's own, so ``except httpx.HTTPError`` around a call catches every failure of it, and
``httpx.HTTPStatusError``, ``httpx.TransportError`` and ``httpx.TimeoutException`` keep their meaning.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

import httpx

Code = Literal[
    "unauthorised",
    "no_credit",
    "forbidden",
    "moderated",
    "model_not_found",
    "no_provider",
    "context_too_long",
    "too_large",
    "bad_request",
    "rate_limited",
    "daily_limit",
    "overloaded",
    "upstream_down",
    "timeout",
    "unreachable",
    "cut",
    "empty",
    "malformed",
    "not_offered",
]


class MissingKeyError(ValueError):
    """There is no API key to call OpenRouter with."""

    for_log: Final = "OPENROUTER_API_KEY is not configured; set it to a key from openrouter.ai/settings/keys."

    def __init__(self) -> None:
        super().__init__(self.for_log)


class OpenRouterError(httpx.HTTPError):
    """A call that failed, or an answer that broke off.

    ``code`` is our word for the kind of failure, stable for programs. ``status`` is the HTTP status that OpenRouter
    answered with or named in its answer, None where there was none. ``sentence`` tells the user, in plain text, what
    happened and what to do next; ``reason`` is its first half. ``retryable`` says that the request may be sent again
    without asking as long as nothing of the answer came, ``retry_after`` in how many seconds, if OpenRouter said so.
    ``detail`` is for the log, and so never in the words of others; those are in ``raw``, which nobody is shown.
    """

    reason: str
    sentence: str

    def __init__(
        self,
        code: Code,
        *,
        said: str = "",
        advice: str = "",
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        detail: str = "",
        raw: str = "",
    ) -> None:
        self.code: Code = code
        self.status = status
        self.retryable = retryable
        self.retry_after = retry_after
        self.detail = plain(detail, 1_000)
        self.raw = plain(raw, 1_000)
        self._said = plain(said, 300).rstrip(" .;")
        self._advice = plain(advice, 200)
        httpx.HTTPError.__init__(self, "")
        self._put_into(_WORDS)

    @property
    def may_be_billed(self) -> bool:
        """Whether a model may have run for the call. What was refused before one did costs nothing."""
        return self.code in _UNTOLD

    def hide(self, secret: str) -> None:
        """Takes ``secret`` out of every text: a server may repeat the key that it was sent."""
        if secret:
            self.reason = self.reason.replace(secret, "***")
            self.sentence = self.sentence.replace(secret, "***")
            self.detail = self.detail.replace(secret, "***")
            self.raw = self.raw.replace(secret, "***")
            self._said = self._said.replace(secret, "***")
            self._advice = self._advice.replace(secret, "***")
            self.args = (self.sentence,)

    @property
    def for_log(self) -> str:
        """What the log says of it."""
        return f"{self.code} ({self.detail})" if self.detail else self.code

    def speak_of_another_server(self) -> None:
        """Puts every text into words that are true of a server that is not OpenRouter."""
        self._put_into(_WORDS | _WORDS_ELSEWHERE)

    def _put_into(self, words: Mapping[Code, tuple[str, str]]) -> None:
        what, usual_advice = words[self.code]
        happened = f"{what} ({self._said})" if self._said else what
        self.reason = f"{happened}."
        self.sentence = f"{happened}; {self._advice or usual_advice}."
        self.args = (self.sentence,)


# What went wrong while a model may have been at work, or after it was.
_UNTOLD: Final = frozenset({"timeout", "cut", "empty", "malformed", "unreachable"})


class StatusError(OpenRouterError, httpx.HTTPStatusError):
    """OpenRouter answered with a status that is no success; ``response`` is that answer."""

    response: httpx.Response

    @property
    def may_be_billed(self) -> bool:
        return self.code == "timeout"


class NetworkError(OpenRouterError, httpx.TransportError):
    """OpenRouter was not reached, or the connection to it broke. ``was_sent``: it may have got the request."""

    was_sent: bool = True

    @property
    def may_be_billed(self) -> bool:
        return self.was_sent


class SlowError(NetworkError, httpx.TimeoutException):
    """Nothing came for as long as this installation waits."""


# For each code what happened, and what to do next.
_WORDS: Final[dict[Code, tuple[str, str]]] = {
    "unauthorised": ("OpenRouter does not accept the API key", "check OPENROUTER_API_KEY in this server's settings"),
    "no_credit": (
        "There is too little credit at OpenRouter for this answer",
        "add credit at openrouter.ai/settings/credits, or choose a cheaper model",
    ),
    "forbidden": (
        "OpenRouter does not permit this request",
        "check the key's rights and limits at openrouter.ai/settings/keys, or choose another model",
    ),
    "moderated": ("The question was refused by moderation", "put it differently, or choose another model"),
    "model_not_found": ("OpenRouter does not offer this model", "choose another model"),
    "no_provider": (
        "No provider of this model fits the account's settings",
        "change them at openrouter.ai/settings/privacy, or choose another model",
    ),
    "context_too_long": (
        "The conversation is too long for this model",
        "start a new conversation, or choose a model with a longer context",
    ),
    "too_large": ("The request is too large for OpenRouter", "shorten the message"),
    "bad_request": ("The model cannot work with this request", "change it, or choose another model"),
    "rate_limited": ("Too many requests at the moment", "try again in a minute, or choose another model"),
    "daily_limit": (
        "Today's allowance for free models is used up",
        "wait until 00:00 UTC, or choose a model that is not free",
    ),
    "overloaded": ("The model is overloaded at the moment", "try again in a minute, or choose another model"),
    "upstream_down": ("The model's provider failed", "try again, or choose another model"),
    "timeout": ("The model took too long to answer", "try again, or choose another model"),
    "unreachable": (
        "OpenRouter cannot be reached",
        "try again, and if that does not help check this server's network and OPENROUTER_BASE_URL",
    ),
    "cut": ("The connection broke off before the answer was complete", "continue it, or try again"),
    "empty": ("The model gave no answer", "try again, or choose another model"),
    "malformed": (
        "OpenRouter's answer makes no sense",
        "try again, and if that does not help check OPENROUTER_BASE_URL",
    ),
    "not_offered": ("OpenRouter does not offer this", "check OPENROUTER_BASE_URL"),
}

# The same for a server that is not OpenRouter, where the words above would not be true of it.
_WORDS_ELSEWHERE: Final[dict[Code, tuple[str, str]]] = {
    "unauthorised": (
        "The model server does not accept the API key",
        "check OPENROUTER_API_KEY in this server's settings",
    ),
    "no_credit": (
        "There is too little credit at the model server for this answer",
        "add credit there, or choose a cheaper model",
    ),
    "forbidden": (
        "The model server does not permit this request",
        "check what the API key may do there, or choose another model",
    ),
    "model_not_found": ("The model server does not offer this model", "choose another model"),
    "no_provider": ("The model server has no provider for this request", "choose another model"),
    "too_large": ("The request is too large for the model server", "shorten the message"),
    "daily_limit": ("Today's allowance is used up", "wait until tomorrow, or choose another model"),
    "upstream_down": ("The model server failed", "try again, or choose another model"),
    "unreachable": (
        "The model server cannot be reached",
        "try again, and if that does not help check OPENROUTER_BASE_URL and whether that server runs",
    ),
    "malformed": (
        "The model server's answer makes no sense",
        "try again, and if that does not help check OPENROUTER_BASE_URL",
    ),
    "not_offered": ("The model server does not offer this", "check OPENROUTER_BASE_URL"),
}

_SECRET: Final = re.compile(r"\bsk-[\w-]{4,}|(?<=Bearer )\S+")


_NAME: Final = re.compile(
    r"[A-Za-z0-9~][A-Za-z0-9_.:/+~-]{0,119}|[A-Za-z0-9][\w.-]{0,19}( [\w.-]{1,20}){1,2}", re.ASCII
)


def name_of(text: object) -> str:
    """``text`` where it has the shape of an id, or of a name of up to three words; "-" for none, "?" for all else."""
    if not text:
        return "-"
    return text if isinstance(text, str) and _NAME.fullmatch(text) else "?"


def plain(text: str, limit: int) -> str:
    """``text`` on one line, of printable characters, without anything like a key, at most ``limit`` characters long."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * limit])
    line = _SECRET.sub("***", " ".join(printable.split()))
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"

"""From what OpenRouter or the network gave in place of success to an error with a code and a sentence. Pure.

OpenRouter's error object has many shapes, described at openrouter.ai/docs/api_reference/errors-and-debugging and found
on the wire, so it is read field by field, and nothing in it is relied on.
"""

import math
import re
import reprlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import msgspec

from webapp.services.errors import Code, NetworkError, OpenRouterError, SlowError, StatusError, name_of
from webapp.services.kinds import BY_MESSAGE, BY_STATUS, BY_WORD

_NEVER_SENT: Final = (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol, httpx.InvalidURL)
_RETRYABLE: Final[frozenset[Code]] = frozenset({"timeout", "overloaded", "upstream_down"})
_TRUNCATED: Final = frozenset({"token_limit_exceeded", "max_tokens_exceeded"})
_EMPTY_PHRASES: Final = frozenset({"provider returned error", "internal server error", "error"})
_ABRIDGED: Final = reprlib.Repr()
_ABRIDGED.maxstring = 400
_ABRIDGED.maxdict = 12
_NAMES: Final = ("message", "msg", "error", "detail", "details", "errors", "error_description", "reason", "title")
_PAGE: Final = re.compile(r"\s*<(?:!|\?|html|head|body|title|center|pre|h1|p|div)", re.IGNORECASE)
_MOST_REASONS: Final = 3
_MOST_KINDS: Final = 4
_LONGEST_LINE: Final = 200
_LONGEST_TEXT: Final = 10_000  # characters of a message that are looked at
_AFFORDABLE: Final = re.compile(r"can only afford (\d+)")


def from_response(response: httpx.Response, body: bytes, now: float) -> StatusError:
    """The error that a response without success means.

    ``body`` is its body or the first part of it; ``now`` is in seconds since 1970, for headers that name a moment.
    """
    status = response.status_code
    report = _Report(_decode(body), status, response.headers)
    if report.is_empty and status < 500 and status not in {401, 402, 403, 408, 413, 429}:
        text = _plain_text(body)
        said = f"HTTP {status}: {text}" if text else f"HTTP {status} without a reason"
        error = StatusError("malformed", said=said, status=status)
    else:
        error = StatusError(**report.summary(now))
    error.status = status
    error.response, error.request = response, response.request
    return error


def not_offered(error: StatusError, path: str) -> StatusError:
    """What it means that a server has nothing at ``path``, which is no address of one thing: it does not offer that."""
    other = StatusError("not_offered", said=path, status=error.status, detail=error.detail, raw=error.raw)
    other.response, other.request = error.response, error.response.request
    return other


def from_answer(error: object, now: float) -> OpenRouterError:
    """The error that an error object inside an answer means (``error`` as JSON decoded it). The HTTP status was 200."""
    return OpenRouterError(**_Report(error, None, {}).summary(now))


def means_truncated(error: object) -> bool:
    """Whether an error object only says that the answer reached its length limit, which is an end and no failure."""
    report = _Report(error, None, {})
    return report.message.strip(" .").lower() == "token limit reached" or not _TRUNCATED.isdisjoint(report.kinds)


def from_exception(error: httpx.HTTPError | httpx.InvalidURL, *, answering: bool) -> NetworkError:
    """The error that a failure of the connection means; ``answering`` once the response's headers are there."""
    detail = _kind(error)
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return SlowError("timeout", said="nothing came for too long", detail=detail)
    if isinstance(error, httpx.TimeoutException):
        slow = SlowError("unreachable", said="no connection in time", retryable=True, detail=detail)
        slow.was_sent = False
        return slow
    if answering:
        return NetworkError("cut", retryable=True, detail=detail)
    is_passing = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
    broken = NetworkError("unreachable", said=type(error).__name__, retryable=is_passing, detail=detail)
    broken.was_sent = not isinstance(error, _NEVER_SENT)
    return broken


def _kind(error: BaseException) -> str:
    """The kind of a failure, and of what the system said beneath it. Its words may hold what the other side sent."""
    kinds = [type(error).__name__]
    below = error.__cause__ or error.__context__
    while below is not None and len(kinds) < _MOST_KINDS:
        words = below.strerror if isinstance(below, OSError) and below.errno else ""
        kinds.append(f"{type(below).__name__}: {words}" if words else type(below).__name__)
        below = below.__cause__ or below.__context__
    return " < ".join(kinds)


class _Report:
    """One error object, whatever its shape, with the status and headers that came along."""

    def __init__(self, error: object, status: int | None, headers: Mapping[str, str]) -> None:
        self.error = _mapping(error) or {"message": error}
        self.metadata = _mapping(self.error.get("metadata"))
        self.availability = _mapping(self.error.get("availability"))
        self.headers = {**_lower(self.metadata.get("headers")), **_lower(headers)}
        self.message = _words(self.error)
        code = self.error.get("code")
        self.status = _status(code) or _status(self.error.get("http_status")) or status
        words = (self.availability.get("code"), self.error.get("error_type"), self.metadata.get("error_type"), code)
        self.kinds = [word for word in words if isinstance(word, str)]

    @property
    def is_empty(self) -> bool:
        return not self.message and not self.kinds

    def summary(self, now: float) -> dict[str, Any]:
        """The arguments of the error to raise."""
        code = self._code()
        retry_after = self._retry_after(code, now)
        said_so = self.availability.get("retryable")
        usual = code in _RETRYABLE or (code == "rate_limited" and retry_after is not None)
        return {
            "code": code,
            "said": self._said(),
            "advice": self._advice(code, retry_after),
            "status": self.status,
            "retryable": said_so if isinstance(said_so, bool) and code != "daily_limit" else usual,
            "retry_after": retry_after,
            "detail": self._for_log(),
            "raw": _ABRIDGED.repr(self.error),
        }

    def _for_log(self) -> str:
        """Words of the protocol and names. What else stands in it may be what somebody asked."""
        kinds = [kind for kind in self.kinds if kind in BY_WORD]
        provider, request = self.metadata.get("provider_name"), self.headers.get("x-request-id")
        about = [f"status {self.status}", *kinds]
        about += [f"provider {name_of(provider)}"] if provider else []
        about += [f"request {name_of(request)}"] if request else []
        return ", ".join([*about, f"{len(self.message)} characters of words"])

    def _code(self) -> Code:
        if self.metadata.get("limit_source") == "openrouter_free_tier_daily" or "per-day" in self.message:
            return "daily_limit"
        if self.metadata.get("reasons") or self.metadata.get("flagged_input"):
            return "moderated"
        for kind in self.kinds:
            if kind in BY_WORD:
                return BY_WORD[kind]
        for pattern, code in BY_MESSAGE:
            if pattern.search(f"{self.message} {self._raw()}"):
                return code
        family = self.error.get("type")  # which says the least, and often no more than the status
        if isinstance(family, str) and family in BY_WORD:
            return BY_WORD[family]
        if self.status is None or self.status >= 500:
            return BY_STATUS.get(self.status or 0, "upstream_down")
        return BY_STATUS.get(self.status, "bad_request")

    def _said(self) -> str:
        """What the provider or OpenRouter said, and the provider's name. "Provider returned error" says nothing."""
        reasons = [reason for reason in _list(self.metadata.get("reasons")) if isinstance(reason, str)]
        excluded = [name for name in _list(self.availability.get("excluded_by")) if isinstance(name, str)]
        message = self.message if self.message.strip(" .").lower() not in _EMPTY_PHRASES else ""
        said = ", ".join(reasons) or message or self._raw() or ", ".join(excluded)
        speaker = _words(self.metadata.get("provider_name"))
        return f"{speaker}: {said}" if speaker and said else said or speaker

    def _raw(self) -> str:
        """The provider's own words in ``metadata.raw``: a sentence, or JSON with one in it, or that JSON decoded."""
        raw = self.metadata.get("raw")
        if isinstance(raw, str):
            raw = _decode(raw[:_LONGEST_TEXT].encode("utf-8", "replace")) or raw
        return _words(raw)

    def _advice(self, code: Code, retry_after: float | None) -> str:
        """What to do next where this report knows better than its code does; "" otherwise."""
        affordable = _AFFORDABLE.search(self.message)
        if code == "no_credit" and affordable:
            return f"add credit at openrouter.ai/settings/credits, or limit the answer to {affordable[1]} tokens"
        if code in {"rate_limited", "overloaded", "daily_limit"} and retry_after is not None:
            return f"try again in {_duration(retry_after)}, or choose another model"
        fallback = next(iter(_list(self.availability.get("fallback_models"))), None)
        if code == "model_not_found" and isinstance(fallback, str):
            return f"choose another model, such as {fallback}"
        return ""

    def _retry_after(self, code: Code, now: float) -> float | None:
        for value in (self.headers.get("retry-after"), self.availability.get("retry_after")):
            seconds = _number(value)
            if seconds is None and isinstance(value, str):
                seconds = _seconds_until(value, now)
            if seconds is not None:
                return max(0.0, seconds)
        reset = _number(self.headers.get("x-ratelimit-reset"))  # milliseconds since 1970
        if reset is None or code not in {"rate_limited", "daily_limit"}:
            return None
        return max(0.0, reset / 1000 - now)


def _decode(body: bytes) -> Any:
    """The error object of a JSON body, None if there is none."""
    value = _json(body)
    if not isinstance(value, dict):
        return value
    error = value.get("error")
    # {"error": "Not Found", "message": "...", "error_type": "..."}: what stands beside a text says more.
    return value if isinstance(error, str) or not error else error


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def _words(value: object, depth: int = 5) -> str:
    """The sentence in a value of unknown shape: itself, or what stands in it under a name for such."""
    if not depth:
        return ""
    if isinstance(value, str):
        return _words_of_text(value[:_LONGEST_TEXT], depth)
    if isinstance(value, list):
        return "; ".join(filter(None, (_words(one, depth - 1) for one in value[:_MOST_REASONS])))
    if not isinstance(value, dict):
        return ""
    inner = (_words(value.get(name), depth - 1) for name in _NAMES)
    said = next(filter(None, inner), "")
    place = ".".join(str(step) for step in _list(value.get("loc")) if step != "body")
    return f"{place}: {said}" if place and said else said


def _words_of_text(text: str, depth: int) -> str:
    """A text, or the sentence in it if it is JSON. A page for a browser has none."""
    if text.lstrip()[:1] in ("{", "["):
        return _words(_json(text.encode("utf-8", "replace")), depth - 1) or text
    return "" if _PAGE.match(text) else text


def _plain_text(body: bytes) -> str:
    """The first line of a body that is neither JSON nor a page."""
    text = body[:_LONGEST_LINE].decode("utf-8", "replace").strip()
    return "" if _PAGE.match(text) or text[:1] in ("{", "[") else text.partition("\n")[0]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _lower(headers: object) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, Mapping) else {}


def _number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _status(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 100 <= number < 600 else None


def _seconds_until(date: str, now: float) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except ValueError:
        return None


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 5400 else f"{math.ceil(seconds / 3600)} h"

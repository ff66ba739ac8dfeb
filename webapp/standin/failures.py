"""Every failure that the API can show, and every oddity, each under a model name of its own: ``standin/<name>``."""

import re
import time
from collections.abc import Mapping
from typing import Final

from webapp.standin.catalog import Model, invented
from webapp.standin.showcase import SHOWCASE
from webapp.standin.steps import (
    Answer,
    AnyStep,
    CallTool,
    Cite,
    Comment,
    Done,
    Drop,
    End,
    Error,
    Event,
    Finish,
    Framing,
    Hang,
    Raw,
    Reason,
    Refuse,
    Say,
    Script,
    Show,
    Speed,
    Status,
    Usage,
    Whole,
    script,
)

PREFIX: Final = "standin/"

UNICODE_TEXT: Final = (
    "Grüße, naïve café, Ελληνικά, Русский, עברית, العربية, हिन्दी, 中文, 日本語, 한국어.\n\n"
    "Emoji: 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇪🇺. Combining: e\u0301 n\u0303. Zero width: a\u200bb. "
    "Line separator:\u2028next line, paragraph separator:\u2029next, next line:\u0085here, vertical tab:\u000bhere. "
    "Beyond the first plane: 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎. Quotes: \"'\\/ and a null-ish \u0001 control.\n"
)

_CDN_PAGE: Final = (
    "<!DOCTYPE html>\n<html><head><title>openrouter.ai | 502: Bad gateway</title></head>\n"
    "<body><h1>Bad gateway <span>Error code 502</span></h1>"
    "<p>The web server reported a bad gateway error.</p></body></html>\n"
)


def _midway(*steps: AnyStep) -> Script:
    """A good part of an answer, and then these steps."""
    return script(Answer(tokens=60), *steps)


def _daily_limit() -> Status:
    tomorrow = (int(time.time()) // 86_400 + 1) * 86_400_000
    limits = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(tomorrow)}
    return Status(
        429,
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
        headers=limits,
        metadata={"headers": limits, "limit_source": "openrouter_free_tier_daily"},
    )


_REFUSALS: Final[Mapping[str, Status]] = {
    "error-400": Status(
        400, "This endpoint's maximum context length is 128000 tokens.", error_type="context_length_exceeded"
    ),
    "error-401": Status(401, "User not found."),
    "error-402": Status(
        402,
        "This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, "
        "but can only afford 1270. To increase, visit https://openrouter.ai/settings/credits and add more credits",
    ),
    "error-403": Status(
        403,
        "The input was flagged by moderation.",
        metadata={
            "reasons": ["violence"],
            "flagged_input": "What is the best way to ... with a hammer",
            "provider_name": "OpenAI",
            "model_slug": "openai/gpt-5.6",
        },
    ),
    "error-404": Status(
        404,
        "No endpoints found that match your data policy.",
        availability={
            "code": "privacy_restricted",
            "retryable": False,
            "requested_models": ["standin/error-404"],
            "excluded_by": ["data_policy:zdr"],
            "fallback_models": ["openai/gpt-5-mini"],
            "docs_url": "https://openrouter.ai/docs/guides/privacy/data-collection",
        },
    ),
    "error-408": Status(408, "The request timed out."),
    "error-413": Status(413, "The request body is too large."),
    "error-422": Status(422, "The request was understood but cannot be processed."),
    "error-429": Status(
        429,
        "Provider returned error",
        headers={"Retry-After": "2"},
        metadata={
            "provider_name": "DeepInfra",
            "raw": "The model is temporarily rate-limited upstream. Please retry shortly.",
            "limit_source": "upstream_provider_shared_pool",
        },
    ),
    "error-500": Status(500, "Internal Server Error"),
    "error-502": Status(
        502,
        "Provider returned error",
        metadata={
            "provider_name": "Together",
            "raw": '{"error":{"message":"upstream connect error","type":"server_error"}}',
        },
    ),
    "error-503": Status(
        503,
        "No provider is available at the moment.",
        headers={"Retry-After": "1"},
        availability={
            "code": "temporarily_unavailable",
            "retryable": True,
            "retry_after": 1,
            "requested_models": ["standin/error-503"],
            "docs_url": "https://openrouter.ai/docs/api_reference/errors-and-debugging",
        },
    ),
    "error-504": Status(504, "The provider took too long to answer."),
    "error-524": Status(524, "A timeout occurred at the edge of the network."),
    "error-529": Status(529, "Provider returned error", metadata={"provider_name": "Anthropic", "raw": "Overloaded"}),
    "error-html": Status(502, "", body=_CDN_PAGE, content_type="text/html; charset=UTF-8"),
    "error-uncoded": Status(
        503, "", body='{"error":{"message":"Capacity exhausted","error_type":"provider_overloaded","http_status":503}}'
    ),
    "json-error": Status(
        200,
        "",
        body='{"error":{"message":"Network connection lost.","code":502,"metadata":{"error_type":"server"}}}',
    ),
}

_SCRIPTS: Final[Mapping[str, Script]] = {
    "refused": script(Drop()),
    "flaky": Script([[Status(503, "Briefly overloaded.")], [Answer()]], cycle=True),
    "json": script(Whole(), Answer()),
    "mid-stream-error": _midway(Error()),
    "string-code": _midway(Error("server_error", form="finish")),
    "empty-choices": script(Comment(), Error(form="empty")),
    "error-alone": script(Comment(), Error(message="Network connection lost.", form="alone")),
    "length-as-error": _midway(
        Finish("length", "length"), Error(400, "Token limit reached", "token_limit_exceeded", "null"), Done()
    ),
    "network-error": script(Say(""), Finish("stop", "network_error"), Done(), End()),
    "stall": _midway(Hang()),
    "silent": script(Hang()),
    "comments-only": script(Hang(comment_every=1.0)),
    "drop": _midway(Drop()),
    "reset": _midway(Drop(reset=True)),
    "no-done": script(Answer(), End()),
    "no-finish": _midway(End()),
    "malformed": script(
        Answer(tokens=20), Event('{"id":"gen-broken","choices":[{"delta":{"content":"'), Say(" And on.")
    ),
    "empty": script(Finish(), Usage()),
    "slow": script(Speed(3), Answer()),
    "crlf": script(Framing("\r\n"), Answer()),
    "cr": script(Framing("\r"), Answer()),
    "no-space": script(Framing(space=False), Answer()),
    "bytes": script(Framing(write_size=1), Answer(tokens=60)),
    "unicode": script(Framing(write_size=3), Say(UNICODE_TEXT, paced=True)),
    "everything": script(
        Reason(
            "The question is for everything at once.\n\n**The order.** Text, lists, tables, code, maths, notes.",
            paced=True,
        ),
        Cite("https://handbook.example.org/everything", "The handbook: everything"),
        Cite("https://library.example.edu/catalogue/all"),
        Say(SHOWCASE, paced=True),
        Show(seed=7, last=True),
        Usage(),
    ),
    "refusal": script(Refuse("I cannot help with that."), Finish("content_filter", "refusal")),
    "tool-call": script(CallTool("weather", ['{"city"', ': "Paris"}']), Finish("tool_calls", "tool_calls")),
    "large-picture": script(Say("Here you go: "), Comment(), Show(large=True, last=True), Usage("null")),
    "odd-chunks": script(
        Event('{"id":"gen-odd","choices":null}'),
        Event('{"id":"gen-odd","choices":[]}'),
        Event('{"id":"gen-odd","choices":[{"index":0,"delta":null,"finish_reason":null}]}'),
        Event('{"id":"gen-odd","choices":[{"index":0,"finish_reason":null}]}'),
        Event(
            '{"id":"gen-odd","novelty":{"a":[1]},"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}'
        ),
        Raw(b"event: message\nid: 7\nretry: 100\n\n:\n\n"),
        Event('{"id":"gen-odd",\n"choices":[{"index":0,"delta":{"content":"Odd, "}}]}'),
        Say("but well."),
        Finish("novel_reason", "novel"),
        Usage(),
        Usage(),
    ),
    "closing-repeated": _midway(Finish(), Usage("repeated")),
    "closing-empty": _midway(Finish(), Usage("empty")),
    "closing-null": _midway(Finish(), Usage("null")),
}

NAMES: Final = tuple(sorted([*_REFUSALS, "error-429-daily", *_SCRIPTS]))


def failure(model_id: str) -> Script | None:
    """The script of a ``standin/...`` model; ``standin/speed-<n>`` answers with n tokens per second."""
    if not model_id.startswith(PREFIX):
        return None
    name = model_id.removeprefix(PREFIX)
    if name == "error-429-daily":
        return script(_daily_limit())
    if name in _REFUSALS:
        return script(_REFUSALS[name])
    if speed := re.fullmatch(r"speed-([1-9]\d{0,6})", name):
        return script(Speed(float(speed[1])), Answer())
    return _SCRIPTS.get(name)


def failure_models() -> list[Model]:
    """Entries for GET /models, for whoever asks to see them."""
    return [invented(PREFIX + name, f"Stand-in: {name}", "shows one failure each time it is asked.") for name in NAMES]

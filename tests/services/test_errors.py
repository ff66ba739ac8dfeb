"""Refusals and failures, turned into errors with a code and a sentence."""

import json
from email.utils import formatdate
from typing import Any, get_args

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.samples import error
from webapp.services import refusals
from webapp.services.errors import Code, MissingKeyError, NetworkError, OpenRouterError, SlowError, StatusError, plain

NOW = 1_787_000_000.0
GENERIC = "Provider returned error"
EXCLUDED = {"code": "no_endpoints", "excluded_by": ["max_price", "geo"]}
RESET = {"X-RateLimit-Limit": "50", "X-RateLimit-Reset": str(int((NOW + 18_000) * 1000))}
KEY = "sk-or-v1-0123456789abcdef"


def refused(status: int, value: object = None, *, body: bytes | None = None, **headers: str) -> StatusError:
    request = httpx.Request("POST", "https://openrouter.ai/api/v1/chat/completions")
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx.Response(status, headers=fields, request=request)
    return refusals.from_response(response, json.dumps(value).encode() if body is None else body, NOW)


def said(status: int, message: str, *, code: object = None, **more: Any) -> StatusError:
    return refused(status, {"error": error(code or status, message, **more), "user_id": None})


def available(status: int, code: str, *, retryable: bool = False, **more: Any) -> StatusError:
    """The documentation's own form: no ``code`` beside the availability."""
    availability = {"code": code, "retryable": retryable, "requested_models": ["a/b"], "docs_url": "https://x", **more}
    body = {"message": "No.", "http_status": status, "error_type": "not_found", "availability": availability}
    return refused(status, {"error": body})


@pytest.mark.parametrize(
    ("failure", "code", "retryable"),
    [
        (said(400, "Input is invalid"), "bad_request", False),
        (said(400, "nope/nope is not a valid model ID"), "model_not_found", False),
        (said(400, "This endpoint's maximum context length is 8192 tokens."), "context_too_long", False),
        (said(400, GENERIC, metadata={"raw": "prompt is too long: 9 tokens > 8"}), "context_too_long", False),
        (said(400, "Too long", metadata={"error_type": "context_length_exceeded"}), "context_too_long", False),
        (said(400, "No", metadata={"error_type": "content_policy_violation"}), "moderated", False),
        (said(400, "No", metadata={"error_type": "image_too_small"}), "bad_request", False),
        (said(401, "No auth credentials found"), "unauthorised", False),
        (said(402, "Insufficient credits"), "no_credit", False),
        (said(403, "Only management keys can do this"), "forbidden", False),
        (said(403, "Flagged", metadata={"reasons": ["violence"], "flagged_input": "How to"}), "moderated", False),
        (said(403, "Blocked by guardrail", metadata={"patterns": ["secret"]}), "forbidden", False),
        (said(404, "No endpoints found for a/b."), "model_not_found", False),
        (said(408, "Timed out"), "timeout", True),
        (said(409, "Conflict"), "bad_request", False),
        (said(413, "Too large"), "too_large", False),
        (said(422, "Cannot"), "bad_request", False),
        (said(429, "Rate limited upstream"), "rate_limited", False),
        (said(429, "Rate limit exceeded: free-models-per-day"), "daily_limit", False),
        (said(429, "Rate limit", metadata={"limit_source": "openrouter_free_tier_daily"}), "daily_limit", False),
        (said(500, "Internal Server Error"), "upstream_down", True),
        (said(502, GENERIC, metadata={"raw": "oops", "provider_name": "xAI"}), "upstream_down", True),
        (said(503, "Overloaded"), "overloaded", True),
        (said(504, "Slow"), "timeout", True),
        (said(524, "Slow edge"), "timeout", True),
        (said(529, "Overloaded"), "overloaded", True),
        (said(599, "New"), "upstream_down", True),
        (said(418, "New"), "bad_request", False),
        (said(500, "Oops", code="server_error"), "upstream_down", True),
        (said(400, "Slow down", code="429"), "rate_limited", False),
        (said(400, "Bad key", code="invalid_api_key"), "unauthorised", False),
        (available(400, "model_not_found"), "model_not_found", False),
        (available(400, "wrong_endpoint"), "model_not_found", False),
        (available(404, "no_endpoints"), "model_not_found", False),
        (available(404, "model_deprecated"), "model_not_found", False),
        (available(404, "model_unavailable_upstream"), "model_not_found", False),
        (available(404, "free_variant_ended"), "model_not_found", False),
        (available(429, "capacity_exhausted", retryable=True), "overloaded", True),
        (available(503, "temporarily_unavailable", retryable=True), "overloaded", True),
        (available(503, "temporarily_unavailable", retryable=False), "overloaded", False),
        (available(403, "region_restricted"), "no_provider", False),
        (available(404, "privacy_restricted"), "no_provider", False),
        (available(404, "constraint_filtered"), "no_provider", False),
        (available(404, "something_new"), "model_not_found", False),
        (refused(401, {"error": "Unauthorized"}), "unauthorised", False),
        (refused(400, {"detail": "Nope"}), "bad_request", False),
        (refused(502, body=b"<html><h1>502 Bad Gateway</h1></html>"), "upstream_down", True),
        (refused(503, body=b""), "overloaded", True),
        (refused(403, body=b"<html>Attention Required! | Cloudflare</html>"), "forbidden", False),
        (refused(404, body=b"<html>Not here</html>"), "malformed", False),
        (refused(301, body=b""), "malformed", False),
        (refused(200 + 99, body=b"\xff\xfe"), "malformed", False),
    ],
)
def test_a_refusal_has_its_code(failure: StatusError, code: Code, retryable: bool) -> None:
    assert (failure.code, failure.retryable) == (code, retryable)
    assert failure.status == failure.response.status_code


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (said(401, "No auth credentials found"), ["No auth credentials found", "OPENROUTER_API_KEY"]),
        (said(402, "You requested 9000 tokens, but can only afford 120."), ["limit the answer to 120 tokens"]),
        (
            said(403, "Flagged", metadata={"reasons": ["violence", "hate"], "provider_name": "OpenAI"}),
            ["violence, hate"],
        ),
        (said(502, GENERIC, metadata={"raw": "Busy.", "provider_name": "xAI"}), ["(xAI: Busy)"]),
        (said(502, GENERIC, metadata={"raw": '{"error":{"message":"Busy"}}', "provider_name": "xAI"}), ["(xAI: Busy)"]),
        (said(502, GENERIC, metadata={"raw": '[{"error":{"message":"Busy"}}]', "provider_name": "G"}), ["(G: Busy)"]),
        (said(502, GENERIC, metadata={"raw": {"error": "Busy"}, "provider_name": "xAI"}), ["(xAI: Busy)"]),
        (said(502, GENERIC, metadata={"raw": {"detail": "Busy"}}), ["(Busy)"]),
        (said(502, GENERIC, metadata={"provider_name": "xAI"}), ["(xAI)"]),
        (said(502, GENERIC, metadata={"raw": "<html>Busy</html>"}), ["The model's provider failed; try again"]),
        (said(502, GENERIC, metadata=None), ["The model's provider failed; try again"]),
        (available(404, "model_deprecated", fallback_models=["a/c", "a/d"]), ["such as a/c."]),
        (available(404, "privacy_restricted"), ["openrouter.ai/settings/privacy"]),
        (available(404, "no_endpoints", excluded_by=["max_price", "geo"]), ["(No)"]),
        (refused(404, {"error": {"availability": EXCLUDED}}), ["(max_price, geo)"]),
        (said(429, "free-models-per-day", metadata={"headers": RESET}), ["try again in 5 h"]),
        (said(429, "free-models-per-day"), ["00:00 UTC"]),
        (refused(429, {"error": error(429, "Slow down")}, retry_after="30"), ["try again in 30 s, or"]),
        (refused(404, body=b"<html>Not here</html>"), ["HTTP 404", "OPENROUTER_BASE_URL"]),
        (refused(404, body=b"404 page not found\n"), ["(HTTP 404: 404 page not found)", "OPENROUTER_BASE_URL"]),
        (
            refused(422, {"detail": [{"loc": ["body", "messages", 0], "msg": "field required"}]}),
            ["(messages.0: field req"],
        ),
        (refused(422, {"detail": [{"msg": "One"}, {"msg": "Two"}]}), ["(One; Two)"]),
        (refused(500, {"detail": "Model crashed"}), ["(Model crashed)"]),
        (refused(404, {"error": "model 'x' not found"}), ["(model 'x' not found)"]),
        (refused(404, {"error": "Not Found", "message": "No route"}), ["(No route)"]),
        (refused(400, {"object": "error", "message": "Too long", "code": 40303}), ["(Too long)"]),
        (refused(400, {"errors": [{"message": "Bad"}]}), ["(Bad)"]),
        (refused(400, {"error": {"message": '{"error": {"message": "Deep"}}'}}), ["(Deep)"]),
        (refused(400, [{"error": {"message": "In a list"}}]), ["(In a list)"]),
        (refused(400, {"error": "<think> is not supported"}), ["(<think> is not supported)"]),
        (refused(400, {"error": "[Errno 111] Connection refused"}), ["([Errno 111] Connection refused)"]),
        (refused(500, {"error": {"message": "<!DOCTYPE html><h1>Oops</h1>"}}), ["The model's provider failed; try"]),
    ],
)
def test_the_sentence_says_what_happened_and_what_to_do(failure: StatusError, words: list[str]) -> None:
    assert all(word in failure.sentence for word in words), failure.sentence
    assert GENERIC not in failure.sentence
    assert failure.sentence.startswith(failure.reason.removesuffix("."))
    assert str(failure) == failure.sentence


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (refused(429, {"error": error(429, "Slow")}, retry_after="7"), 7.0),
        (refused(503, {"error": error(503, "Slow")}, retry_after="0.5"), 0.5),
        (refused(429, {"error": error(429, "Slow")}, retry_after=formatdate(NOW + 90, usegmt=True)), 90.0),
        (refused(429, {"error": error(429, "Slow")}, retry_after=formatdate(NOW - 90, usegmt=True)), 0.0),
        (refused(429, {"error": error(429, "Slow")}, retry_after="-3"), 0.0),
        (refused(429, {"error": error(429, "Slow")}, retry_after="soon"), None),
        (refused(429, {"error": error(429, "Slow")}, retry_after="inf"), None),
        (refused(429, {"error": error(429, "Slow")}, x_ratelimit_reset=str(int((NOW + 12) * 1000))), 12.0),
        (refused(400, {"error": error(400, "Bad")}, x_ratelimit_reset=str(int((NOW + 12) * 1000))), None),
        (available(429, "capacity_exhausted", retryable=True, retry_after=4), 4.0),
        (said(429, "Slow"), None),
    ],
)
def test_the_wait_is_what_openrouter_asks_for(failure: StatusError, seconds: float | None) -> None:
    assert failure.retry_after == (None if seconds is None else pytest.approx(seconds, abs=1e-3))


def test_a_rate_limit_is_retryable_once_it_says_when() -> None:
    assert refused(429, {"error": error(429, "Slow")}, retry_after="7").retryable
    assert not refused(429, {"error": error(429, "free-models-per-day")}, retry_after="7").retryable
    assert not said(429, "free-models-per-day", availability={"retryable": True}).retryable


@pytest.mark.parametrize(
    ("failure", "answering", "code", "retryable"),
    [
        (httpx.ConnectError("refused"), False, "unreachable", True),
        (httpx.ConnectTimeout("slow"), False, "unreachable", True),
        (httpx.PoolTimeout("full"), False, "unreachable", True),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), False, "unreachable", True),
        (httpx.ReadError("reset"), False, "unreachable", True),
        (httpx.ReadTimeout("slow"), False, "timeout", False),
        (httpx.WriteTimeout("slow"), False, "timeout", False),
        (httpx.UnsupportedProtocol("ftp"), False, "unreachable", False),
        (httpx.ProxyError("403"), False, "unreachable", False),
        (httpx.InvalidURL("no host"), False, "unreachable", False),
        (httpx.ReadTimeout("slow"), True, "timeout", False),
        (httpx.ReadError("reset"), True, "cut", True),
        (httpx.RemoteProtocolError("incomplete chunked read"), True, "cut", True),
        (httpx.DecodingError("bad gzip"), True, "cut", True),
    ],
)
def test_a_failing_connection_has_its_code(
    failure: httpx.HTTPError | httpx.InvalidURL, answering: bool, code: Code, retryable: bool
) -> None:
    translated = refusals.from_exception(failure, answering=answering)
    assert (translated.code, translated.retryable, translated.status) == (code, retryable, None)
    assert isinstance(translated, SlowError) == isinstance(failure, httpx.TimeoutException)
    assert type(failure).__name__ in translated.detail


def test_the_errors_are_httpx_errors_of_their_kind() -> None:
    assert isinstance(said(500, "Oops"), httpx.HTTPStatusError)
    assert said(500, "Oops").request.method == "POST"
    assert issubclass(NetworkError, httpx.TransportError)
    assert issubclass(SlowError, httpx.TimeoutException)
    assert issubclass(OpenRouterError, httpx.HTTPError)
    assert issubclass(MissingKeyError, ValueError)
    assert "OPENROUTER_API_KEY" in str(MissingKeyError())


@pytest.mark.parametrize("code", get_args(Code))
def test_every_code_has_a_sentence(code: Code) -> None:
    sentence = OpenRouterError(code).sentence
    assert sentence[0].isupper()
    assert "; " in sentence
    assert sentence.endswith(".")


def test_no_error_shows_a_key() -> None:
    failure = said(401, f"Invalid key {KEY}", metadata={"raw": f"Authorization: Bearer {KEY}x"})
    assert KEY not in failure.sentence + failure.reason + failure.detail + str(failure)
    other = said(401, "Invalid key hunter2")
    other.hide("hunter2")
    assert "hunter2" not in other.sentence + other.reason + other.detail + str(other)
    other.hide("")
    assert "Invalid key ***" in other.sentence


def test_a_sentence_is_short_plain_text_on_one_line() -> None:
    failure = said(400, "Bad\r\n\x1b[31m\u202ethings\u2028" + "long " * 10_000)
    assert len(failure.sentence) < 600
    assert failure.sentence.isprintable()


def test_plain_text_is_cut_with_an_ellipsis() -> None:
    assert plain("one two three", 8) == "one two…"
    assert plain(" one\n\ttwo ", 8) == "one two"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["error", "code", "message", "metadata", "raw", "reasons", "headers", "provider_name", "availability"]
MORE_FIELDS = [
    "retryable",
    "retry_after",
    "excluded_by",
    "fallback_models",
    "X-RateLimit-Reset",
    "http_status",
    "error_type",
]
REPORTS = st.recursive(
    JSON, lambda inner: st.dictionaries(st.sampled_from(FIELDS), inner | st.lists(inner, max_size=2))
)


@given(REPORTS, st.sampled_from([301, 400, 402, 403, 404, 429, 500, 503]))
def test_no_error_body_makes_it_fail(value: object, status: int) -> None:
    failure = refused(status, value)
    assert failure.code in get_args(Code)
    assert failure.sentence.isprintable()
    assert failure.retry_after is None or failure.retry_after >= 0
    assert refusals.from_answer(value, NOW).code in get_args(Code)


@given(st.binary(max_size=50))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    assert refused(500, body=body).code in get_args(Code)


def test_an_error_is_put_into_words_that_are_true_of_another_server() -> None:
    for code in get_args(Code):
        failure = OpenRouterError(code, said=f"because of {KEY}")
        failure.hide(KEY)
        failure.speak_of_another_server()
        assert "OpenRouter" not in failure.sentence + failure.reason
        assert "openrouter.ai" not in failure.sentence
        assert KEY not in failure.sentence
        assert str(failure) == failure.sentence

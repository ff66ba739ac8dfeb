"""Answers as OpenRouter streams them, in each form that is known, and the events that they mean."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from webapp.services.events import Citation, Finish, Image, Reasoning, Started, StreamEvent, Text, Usage

DONE = b"data: [DONE]\n\n"
COMMENT = b": OPENROUTER PROCESSING\n\n"
STARTED = Started("gen-1", "openai/gpt-5-mini", "OpenAI")
HEAD = {"id": "gen-1", "object": "chat.completion.chunk", "model": "openai/gpt-5-mini", "provider": "OpenAI"}
PICTURE = "data:image/png;base64," + "A" * 2_000_000


class Sample(NamedTuple):
    """``events`` ends with a Finish, or with ``code`` set the answer fails."""

    body: bytes
    events: tuple[StreamEvent, ...]
    code: str = ""


def event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def chunk(
    finish: str | None = None, native: str | None = None, top: Mapping[str, Any] | None = None, **delta: Any
) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": native, "logprobs": None}
    return event({**HEAD, "created": 1_787_000_000, "choices": [choice], **(top or {})})


def no_choices(**top: Any) -> bytes:
    return event({**HEAD, "choices": [], **top})


def text(content: str, **top: Any) -> bytes:
    return chunk(role="assistant", content=content, top=top)


def error(code: object, message: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, **more}


def cited(url: str) -> dict[str, Any]:
    link = {"url": url, "title": "", "start_index": 0, "end_index": 0}
    return {"type": "url_citation", "url_citation": link}


USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 10,
    "total_tokens": 22,
    "cost": 0.0077585,
    "is_byok": False,
    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
    "cost_details": {"upstream_inference_cost": None, "upstream_inference_prompt_cost": 0.0001},
    "completion_tokens_details": {"reasoning_tokens": 11, "image_tokens": 0},
    "server_tool_use_details": {"web_search_requests": 1},
}
USED = Usage(prompt_tokens=12, completion_tokens=10, reasoning_tokens=11, cached_tokens=4, cost=Decimal("0.0077585"))
STOP = Finish("stop", "completed")

SAMPLES = {
    "plain": Sample(
        5 * COMMENT
        + text("https")
        + text("://example.org")
        + chunk("stop", "completed", content="", role="assistant")
        + chunk("stop", "completed", {"usage": USAGE, "service_tier": "default"}, content="", role="assistant")
        + DONE,
        (STARTED, Text("https"), Text("://example.org"), USED, STOP),
    ),
    "usage with empty choices": Sample(
        3 * COMMENT + text("Hi") + chunk("stop", "completed", content="") + no_choices(usage=USAGE) + DONE,
        (STARTED, Text("Hi"), USED, STOP),
    ),
    "usage without a finish": Sample(
        text("")
        + chunk(
            reasoning=None,
            reasoning_details=[
                {
                    "type": "reasoning.encrypted",
                    "data": "gAAA",
                    "id": "rs_1",
                    "format": "openai-responses-v1",
                    "index": 0,
                }
            ],
        )
        + text("Hi")
        + chunk("stop", "completed", content="")
        + text("", usage=USAGE)
        + DONE,
        (STARTED, Text("Hi"), USED, STOP),
    ),
    "thinking": Sample(
        chunk(role="assistant", content="", reasoning=None, reasoning_details=[])
        + chunk(content="", reasoning="", reasoning_details=[{"type": "reasoning.text", "text": "", "signature": ""}])
        + chunk(content="", reasoning="Let me", reasoning_details=[{"type": "reasoning.text", "text": "Let me"}])
        + chunk(content="", reasoning=None, reasoning_details=[{"type": "reasoning.text", "text": " see.", "id": None}])
        + chunk(content="", reasoning_details=[{"type": "reasoning.summary", "summary": " Yes."}])
        + chunk(content="", reasoning_content=" So:")
        + chunk(content="", reasoning=None, reasoning_details=[{"type": "reasoning.text", "signature": "Eo0D"}])
        + text("Four")
        + chunk("stop", "completed", content="")
        + text("", usage=USAGE)
        + DONE,
        (
            STARTED,
            Reasoning("Let me"),
            Reasoning(" see."),
            Reasoning(" Yes."),
            Reasoning(" So:"),
            Text("Four"),
            USED,
            STOP,
        ),
    ),
    "citations": Sample(
        6 * COMMENT
        + chunk(content="", annotations=[cited("https://a.example/")])
        + chunk(content="", annotations=[cited("https://b.example/")])
        + chunk(content="", annotations=[cited("https://a.example/"), {"type": "file", "file": {"hash": "1"}}])
        + text("Found")
        + chunk("stop", "completed", content="")
        + chunk("stop", "completed", {"usage": USAGE}, content="")
        + DONE,
        (STARTED, Citation("https://a.example/", ""), Citation("https://b.example/", ""), Text("Found"), USED, STOP),
    ),
    "picture": Sample(
        15 * COMMENT
        + text("Here you go: ")
        + COMMENT
        + chunk("stop", "STOP", content="", images=[{"type": "image_url", "image_url": {"url": PICTURE}, "index": 0}])
        + text("", usage=USAGE)
        + DONE,
        (STARTED, Text("Here you go: "), Image(PICTURE), USED, Finish("stop", "STOP")),
    ),
    "tool call": Sample(
        chunk(
            role="assistant",
            content=None,
            tool_calls=[{"index": 0, "id": "c1", "type": "function", "function": {"name": "now", "arguments": ""}}],
        )
        + chunk(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}])
        + chunk("tool_calls", "tool_calls")
        + no_choices(usage=USAGE)
        + DONE,
        (STARTED, USED, Finish("tool_calls", "tool_calls")),
    ),
    "fallback": Sample(
        chunk(content="Hi", top={"model": "x-ai/grok-4", "provider": "xAI"})
        + chunk("stop", "stop", content="", top={"model": "x-ai/grok-4", "provider": "xAI"})
        + DONE,
        (Started("gen-1", "x-ai/grok-4", "xAI"), Text("Hi"), Finish("stop", "stop")),
    ),
    "error in mid-stream, documented": Sample(
        text("Half an")
        + chunk(
            "error", content="", top={"error": error(502, "Provider disconnected", metadata={"error_type": "server"})}
        ),
        (STARTED, Text("Half an")),
        "upstream_down",
    ),
    "error in mid-stream, string code": Sample(
        text("Half an") + chunk("error", content="", top={"error": error("server_error", "Oops")}) + DONE,
        (STARTED, Text("Half an")),
        "upstream_down",
    ),
    "truncation reported as an error": Sample(
        chunk("length", "max_output_tokens", content="Half an")
        + chunk("length", "max_output_tokens", content="")
        + chunk(content="", top={"error": error(400, "Token limit reached"), "usage": USAGE})
        + DONE,
        (STARTED, Text("Half an"), USED, Finish("length", "max_output_tokens")),
    ),
    "error with empty choices": Sample(
        no_choices(error=error(502, "Bad gateway", metadata={"error_type": "provider_unavailable"})),
        (),
        "upstream_down",
    ),
    "error and nothing else": Sample(
        event({"error": error(502, "Network connection lost.", metadata={"error_type": "provider_unavailable"})}),
        (),
        "upstream_down",
    ),
    "debug first": Sample(
        no_choices(debug={"echo_upstream_body": {"model": "gpt-5-mini"}})
        + text("Hi")
        + chunk("stop", "completed", content="")
        + no_choices(usage=USAGE)
        + DONE,
        (STARTED, Text("Hi"), USED, STOP),
    ),
    "silent failure": Sample(chunk("stop", "network_error", role="assistant", content="") + DONE, (STARTED,), "empty"),
    "cut": Sample(text("Half an") + text(" answer"), (STARTED, Text("Half an"), Text(" answer")), "cut"),
    "router metadata": Sample(
        text("Hi")
        + chunk("stop", "completed", content="")
        + no_choices(usage=USAGE, openrouter_metadata={"requested": "openai/gpt-5-mini", "attempt": 1})
        + DONE,
        (STARTED, Text("Hi"), USED, STOP),
    ),
    "audio": Sample(
        chunk(role="assistant", audio={"id": "a1", "data": "AAAA", "transcript": "Hel"})
        + chunk(audio={"data": "AAAA", "transcript": "lo"})
        + chunk(audio={"expires_at": 1_787_000_000})
        + chunk("stop", "completed")
        + DONE,
        (STARTED, Text("Hel"), Text("lo"), STOP),
    ),
    # Odd cases
    "no [DONE]": Sample(text("Hi") + chunk("stop", "completed", content=""), (STARTED, Text("Hi"), STOP)),
    "no finish": Sample(text("Hi") + DONE, (STARTED, Text("Hi"), Finish(""))),
    "no last blank line": Sample(
        text("Hi") + chunk("stop", "completed", content="!").rstrip(), (STARTED, Text("Hi"), Text("!"), STOP)
    ),
    "cut inside an event": Sample(text("Hi") + text("lost")[:40], (STARTED, Text("Hi")), "cut"),
    "cut before anything": Sample(COMMENT, (), "cut"),
    "nothing but [DONE]": Sample(DONE, (), "empty"),
    "usage and finish told twice": Sample(
        text("Hi")
        + 2 * chunk("stop", "completed", content="")
        + 2 * chunk("stop", "completed", {"usage": USAGE}, content="")
        + DONE,
        (STARTED, Text("Hi"), USED, STOP),
    ),
    "an error in the choice": Sample(
        text("Half an")
        + event(
            {**HEAD, "choices": [{"error": error(502, "Gone"), "delta": {"content": "!"}, "finish_reason": "error"}]}
        ),
        (STARTED, Text("Half an"), Text("!")),
        "upstream_down",
    ),
    "an error first, in the choice": Sample(
        event({**HEAD, "choices": [{"error": error(429, "Slow"), "delta": {"content": ""}}]}), (), "rate_limited"
    ),
    "finish error without an error": Sample(
        text("Half an") + chunk("error", "MALFORMED_RESPONSE", content="") + DONE,
        (STARTED, Text("Half an")),
        "upstream_down",
    ),
    "refusal": Sample(
        chunk(refusal="I will not.") + chunk("stop", "refusal") + DONE,
        (STARTED, Text("I will not."), Finish("stop", "refusal")),
    ),
    "filtered": Sample(chunk("content_filter", "SAFETY", content="") + DONE, (STARTED,), "moderated"),
    "an unknown finish reason": Sample(
        text("Hi") + chunk("bored", "BORED", content="") + DONE, (STARTED, Text("Hi"), Finish("bored", "BORED"))
    ),
    "nothing said, but billed": Sample(
        chunk("length", "MAX_TOKENS", content="") + no_choices(usage=USAGE) + DONE,
        (STARTED, USED, Finish("length", "MAX_TOKENS")),
    ),
    "nulls everywhere": Sample(
        event({**HEAD, "choices": None, "usage": None, "error": None})
        + event({**HEAD, "choices": [None]})
        + event({**HEAD, "choices": [{"delta": None, "finish_reason": None}]})
        + chunk(
            content=None,
            reasoning=None,
            reasoning_details=None,
            annotations=None,
            images=None,
            audio=None,
            refusal=None,
        )
        + text("Hi")
        + chunk("stop", None, content=None)
        + DONE,
        (STARTED, Text("Hi"), Finish("stop")),
    ),
    "odd parts": Sample(
        chunk(
            content="Hi",
            annotations=[7, None, {"type": "url_citation"}, {"type": "url_citation", "url_citation": {"url": None}}],
            reasoning_details=["thinking", {"text": 7}],
            images=[{"image_url": "https://a.example/a.png"}, {}],
            audio="beep",
            top={"usage": "much", "new_field": {"deep": [1]}},
        )
        + chunk("stop", "completed", content="")
        + DONE,
        (STARTED, Text("Hi"), STOP),
    ),
    "no model, no provider, no id": Sample(
        event({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}),
        (Started("", "", ""), Text("Hi"), Finish("stop")),
    ),
    "line separators inside JSON": Sample(
        'data: {"choices":[{"delta":{"content":"a\u2028b\u0085c\u2029d\x0be"}}]}\n\n'.encode() + DONE,
        (Started("", "", ""), Text("a\u2028b\u0085c\u2029d\x0be"), Finish("")),
    ),
    "text after [DONE]": Sample(text("Hi") + DONE + text("late"), (STARTED, Text("Hi"), Finish(""))),
}

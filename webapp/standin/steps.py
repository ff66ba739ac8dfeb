"""What an answer is made of: a list of steps, played one after another.

Every answer is such a script: the ordinary ones (``composer.py``), the failures by model name (``failures.py``),
and those that tests register over ``/standin/scripts``. A script that runs to its last step is closed as OpenRouter
closes an answer (finish ``stop``, usage, ``[DONE]``), each part unless a step has sent it already. After Error, End,
Drop, Hang or Status nothing is added.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

Closing = Literal["repeated", "empty", "null"]
"""The chunk with the usage: finish reason repeated (2026-08), no choices (2026-03), or finish reason null (2025)."""

LONGEST_WAIT = 300.0


class Step(Struct, frozen=True, tag_field="step", tag=str.lower, omit_defaults=True):
    """One thing to do."""


class Say(Step, frozen=True):
    """Text of the answer: in one chunk at once, or ``paced``: one token after another at the request's speed."""

    text: str
    paced: bool = False


class Reason(Step, frozen=True):
    """Text of the model's thinking, like Say. ``kind`` and ``format`` tell how ``reasoning_details`` carry it."""

    text: str
    paced: bool = False
    kind: Literal["text", "summary"] = "text"
    format: str = "unknown"


class Sign(Step, frozen=True):
    """What follows some models' thinking: a signature of it, or an encrypted copy."""

    kind: Literal["signature", "encrypted"] = "signature"
    format: str = "anthropic-claude-v1"


class Cite(Step, frozen=True):
    """A source, before the text, as a chunk of its own."""

    url: str
    title: str = ""


class Show(Step, frozen=True):
    """A picture in one chunk: a sunset, or ``large`` noise of nearly 2 MB. ``last`` finishes in the same chunk."""

    seed: int = 0
    large: bool = False
    last: bool = False


class CallTool(Step, frozen=True):
    """A call of one of the client's tools, its arguments in pieces. Follow it by Finish("tool_calls")."""

    name: str
    arguments: list[str] = field(default_factory=list)
    id: str = "call_standin_1"


class Refuse(Step, frozen=True):
    """Text in ``delta.refusal`` in place of content."""

    text: str


class Comment(Step, frozen=True):
    """Keep-alive comments."""

    text: str = "OPENROUTER PROCESSING"
    times: int = 1


class Answer(Step, frozen=True):
    """What the stand-in would say by itself to this conversation; only its first ``tokens`` tokens, if given."""

    tokens: Annotated[int, Meta(ge=0)] | None = None


class Wait(Step, frozen=True):
    """Does nothing for some seconds, plus the time of some tokens at the request's speed."""

    seconds: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 0.0
    tokens: Annotated[int, Meta(ge=0)] = 0


class Hold(Step, frozen=True):
    """Waits until the gate is opened; drops the connection if that does not happen in ``seconds``."""

    gate: str
    seconds: Annotated[float, Meta(gt=0, le=LONGEST_WAIT)] = 120.0


class Speed(Step, frozen=True):
    """Sets the speed of all paced steps that follow."""

    tokens_per_second: Annotated[float, Meta(gt=0)]


class Framing(Step, frozen=True):
    """How bytes are written from here on: line ends, a space after ``data:``, bytes per write (0: a whole event)."""

    line_end: Literal["\n", "\r\n", "\r"] = "\n"
    space: bool = True
    write_size: Annotated[int, Meta(ge=0)] = 0


class Event(Step, frozen=True):
    """One event with this data, whatever it is. Each line of it becomes a ``data:`` line."""

    data: str


class Raw(Step, frozen=True):
    """Bytes of the body as they are (base64 in JSON)."""

    data: bytes


class Finish(Step, frozen=True):
    """The chunk with the finish reason."""

    reason: str = "stop"
    native: str = "stop"


class Usage(Step, frozen=True):
    """The chunk with tokens and cost; where a number is None the stand-in has counted it."""

    shape: Closing | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None


class Done(Step, frozen=True):
    """``data: [DONE]``"""


class Error(Step, frozen=True):
    """An error inside the stream, in one of the forms that were seen.

    ``finish``: beside a choice with finish reason "error" (as documented); ``null``: beside a choice without a finish
    reason, and usage; ``empty``: beside ``choices: []``; ``alone``: nothing but the error.
    """

    code: int | str = 502
    message: str = "Provider disconnected unexpectedly"
    error_type: str = "provider_unavailable"
    form: Literal["finish", "null", "empty", "alone"] = "finish"


class Status(Step, frozen=True):
    """A whole response in place of an answer, before any part of it. Without ``body``, OpenRouter's for errors."""

    status: Annotated[int, Meta(ge=200, le=599)]
    message: str = ""
    error_type: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    availability: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    content_type: str = "application/json"


class Whole(Step, frozen=True):
    """From here on the answer is one JSON document, although a stream was asked for. Only as the first thing."""


class End(Step, frozen=True):
    """Ends the response properly, and adds nothing."""


class Drop(Step, frozen=True):
    """Closes the connection where it stands; ``reset`` with a TCP reset. As the first step: before any header."""

    reset: bool = False


class Hang(Step, frozen=True):
    """Silence until the client goes, or ``seconds`` have passed; then the connection is dropped.

    With ``comment_every`` the silence is filled with a keep-alive comment every so many seconds.
    """

    seconds: Annotated[float, Meta(gt=0, le=LONGEST_WAIT)] = LONGEST_WAIT
    comment_every: Annotated[float, Meta(gt=0)] | None = None


Pause = Wait | Hold | Hang
Extra = Sign | Cite | Refuse | CallTool
Spoken = Say | Reason
Last = Finish | Usage | Done | Error
Setting = Speed | Framing | Whole
AnyStep = Spoken | Extra | Show | Comment | Answer | Pause | Setting | Event | Raw | Last | Status | End | Drop


class Script(Struct, frozen=True):
    """The takes of a script: the first request plays the first, and so on.

    After the last take it is played again, or, with ``cycle``, the first is next.
    """

    takes: Annotated[list[list[AnyStep]], Meta(min_length=1)]
    cycle: bool = False

    def take(self, number: int) -> list[AnyStep]:
        """The steps for request ``number``, counted from 1."""
        index = (number - 1) % len(self.takes) if self.cycle else min(number, len(self.takes)) - 1
        return self.takes[index]


def script(*steps: AnyStep) -> Script:
    """A script with one take."""
    return Script([list(steps)])

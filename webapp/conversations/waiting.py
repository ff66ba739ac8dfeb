"""What a growing answer is at, for its readers: whether the model is silent, thinks or writes, and for how long."""

from enum import StrEnum

from msgspec import Struct


class Stage(StrEnum):
    WAITING = "waiting"
    THINKING = "thinking"
    WRITING = "writing"


class Wait(Struct, frozen=True):
    """Times are whole seconds as they are now; whoever shows them counts on. `notice` is a sentence for the moment."""

    stage: Stage
    seconds: int  # since the send, or since *Continue*
    thinking_seconds: int  # while it thinks
    thought_ms: int | None  # when it has thought
    tokens: int  # written since the send, more or less
    notice: str = ""
    model_name: str = ""

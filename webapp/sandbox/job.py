"""A job for the sandbox: a function that takes one value, yields answers, and may cost no more than its limits."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, get_type_hints

from msgspec import Struct

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Limits(Struct, frozen=True):
    """What one job may cost. `memory` and `output` are bytes, the rest seconds.

    - `processor`: of processor time, over the whole job.
    - `wait`: until its next answer, or its end, by the clock.
    - `patience`: until a process is free for it.
    - `memory`: of address space, which holds the program and its libraries as well (about 100 MB).
    - `output`: of all its answers, as MessagePack.
    - `files`: bytes of each temporary file; 0 where it writes none.
    """

    processor: int
    wait: float
    patience: float
    memory: int
    output: int
    files: int = 0


class Job(Struct, Generic[Question, Answer], frozen=True):
    """`work` is a function of a module, with types: a question in, answers out. Both are what msgspec can encode.

    It runs in another process, so it sees nothing but its question. An error that the asker can do something
    about is an answer as well; whatever else it raises ends the job with a SandboxError.

    An `is_long` job gets a process of its own, which ends with it, and takes no place of those that people wait for.
    """

    work: Callable[[Any], Iterator[Answer]]
    question: type[Question]
    answer: Any  # the type of an answer: a class, or a union
    limits: Limits
    is_long: bool = False

    @property
    def address(self) -> str:
        """Where the sandbox finds the function."""
        return f"{self.work.__module__}:{self.work.__qualname__}"


def question_type(work: Callable[..., object]) -> Any:
    """The type of what a function that is a job takes."""
    return next(iter(get_type_hints(work).values()))

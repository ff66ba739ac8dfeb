"""The program of a sandboxed process: reads orders from its input, and writes answers to its output, until that ends.

Started as `python -I program.py ROOT TEMPORARY`, with no environment, so it knows no key and no database. It sets its
own limits, which the system then holds, before any byte that a stranger wrote is looked at.
"""

import sys

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])  # -I leaves the folder of the app out

import gc
import importlib
import os
import resource
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from webapp.sandbox.frames import ANSWER, END, FAILED, HEAD, Ending, Failure, Order, frame
from webapp.sandbox.job import Limits, question_type

NICENESS: Final = 10  # behind the server, where both want the same processor
MAX_FILES: Final = 64

# What no job has a reason to do, by the names of Python's audit events.
_REFUSED: Final = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "ctypes.")


def main(root: str, temporary: str) -> None:
    """Works until its input ends, which it does when the server ends, however that comes about."""
    orders, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    os.chdir(root)
    tempfile.tempdir = temporary
    _lower()
    sys.addaudithook(_refuse)
    while head := orders.read(HEAD.size):
        order = msgspec.msgpack.decode(orders.read(HEAD.unpack(head)[1]), type=Order)
        _do(order, orders.read(HEAD.unpack(orders.read(HEAD.size))[1]), answers)


def _do(order: Order, body: bytes, answers: IO[bytes]) -> None:
    _limit(order.limits)
    try:
        work = _function(order.work)
        question = msgspec.msgpack.decode(body, type=question_type(work))
        del body  # it may be large
        for answer in work(question):
            answers.write(frame(ANSWER, msgspec.msgpack.encode(answer)))
            answers.flush()
        last = frame(END, msgspec.msgpack.encode(Ending(_peak())))
    except Exception as error:
        last = frame(FAILED, msgspec.msgpack.encode(_failure(error)))
    answers.write(last)
    answers.flush()
    gc.collect()


def _function(address: str) -> Callable[[Any], Iterator[Any]]:
    module, _, name = address.partition(":")
    work: Callable[[Any], Iterator[Any]] = getattr(importlib.import_module(module), name)
    return work


def _failure(error: Exception) -> Failure:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return Failure(type(error).__name__, f"{Path(last.filename).name}:{last.lineno}")


def _peak() -> int:
    """Bytes of memory that this program has had at most. `ru_maxrss` may be that of the server, which started it."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024
    return 0


def _lower() -> None:
    """Takes from this process, for good, what it does without."""
    with suppress(OSError):
        os.nice(NICENESS)
    with suppress(OSError):  # where memory runs out, this process ends, and not the server
        Path("/proc/self/oom_score_adj").write_text("1000")
    _set(resource.RLIMIT_CORE, 0, hard=0)
    _set(resource.RLIMIT_NOFILE, MAX_FILES, hard=MAX_FILES)
    _set(resource.RLIMIT_NPROC, 0, hard=0)


def _limit(limits: Limits) -> None:
    """The limits of the next job. The system ends a process that passes one, or refuses it the memory."""
    signal.setitimer(signal.ITIMER_PROF, limits.processor)  # RLIMIT_CPU counts from the start of the process
    _set(resource.RLIMIT_AS, limits.memory)
    _set(resource.RLIMIT_FSIZE, limits.files)


def _set(kind: int, soft: int, *, hard: int | None = None) -> None:
    with suppress(OSError, ValueError):  # a system that doesn't have this limit; the server's clock is left
        now = resource.getrlimit(kind)[1]
        most = now if hard is None else hard if now == resource.RLIM_INFINITY else min(hard, now)
        resource.setrlimit(kind, (soft if most == resource.RLIM_INFINITY else min(soft, most), most))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_REFUSED):
        raise PermissionError(f"{event} isn't for the sandbox")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Work for the sandbox in the place of reading a file, that goes wrong in each of the ways that it can."""

import os
import signal
import time
from collections.abc import Iterator

from webapp.documents.imports.items import Item
from webapp.documents.imports.reading_job import Batch, Sent, Unreadable

FIRST = Batch((Item("Before", "It's in a ring."),))


def never_end(sent: Sent) -> Iterator[Batch | Unreadable]:
    while True:
        pass


def end_never_after_the_first(sent: Sent) -> Iterator[Batch | Unreadable]:
    yield FIRST
    while True:
        pass


def die(sent: Sent) -> Iterator[Batch | Unreadable]:
    yield FIRST
    os.kill(os.getpid(), signal.SIGSEGV)


def be_killed(sent: Sent) -> Iterator[Batch | Unreadable]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield FIRST


def take_memory(sent: Sent) -> Iterator[Batch | Unreadable]:
    bytearray(10**12)
    yield FIRST


def fail(sent: Sent) -> Iterator[Batch | Unreadable]:
    yield Batch((Item("Bad", str(int(sent.path))),))


def wait(sent: Sent) -> Iterator[Batch | Unreadable]:
    time.sleep(3600)
    yield FIRST

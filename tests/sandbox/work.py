"""Work for the sandbox that misbehaves in each of the ways that it has to hold."""

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from webapp.rendering.texts import Texts


class Wish(Struct, frozen=True):
    """What the work does, with a number for how much."""

    what: str = ""
    number: int = 0


def echo(wish: Wish) -> Iterator[Wish]:
    yield wish


def count(wish: Wish) -> Iterator[int]:
    yield from range(wish.number)


def bytes_of(wish: Wish) -> Iterator[bytes]:
    yield bytes(wish.number)


def length_of(data: bytes) -> Iterator[int]:
    yield len(data)


def spin(wish: Wish) -> Iterator[int]:
    yield os.getpid()
    while True:
        pass


def sleep(wish: Wish) -> Iterator[int]:
    yield os.getpid()
    time.sleep(wish.number)


def take_memory(wish: Wish) -> Iterator[int]:
    yield len(bytearray(wish.number))


def die(wish: Wish) -> Iterator[int]:
    os.kill(os.getpid(), signal.SIGABRT)
    yield 0


def be_killed(wish: Wish) -> Iterator[int]:
    """As the system does with the process that has the most memory, when there is none left."""
    os.kill(os.getpid(), signal.SIGKILL)
    yield 0


def fail(wish: Wish) -> Iterator[int]:
    yield int(f"What {wish.what} wrote")


def write(wish: Wish) -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        yield file.write(bytes(wish.number))


def babble(wish: Wish) -> Iterator[int]:
    sys.stdout.write("babble" * 100)
    sys.stdout.flush()
    os.write(1, b"x" * 1000)
    yield 1


def connect(wish: Wish) -> Iterator[int]:
    with socket.socket() as one:
        one.connect(("127.0.0.1", wish.number))
    yield 1


def run_program(wish: Wish) -> Iterator[int]:
    yield subprocess.run([sys.executable, "-c", ""], check=True).returncode


class Surroundings(Struct, frozen=True):
    environment: dict[str, str]
    files: list[str]  # that the process has open
    niceness: int
    cores: int
    is_isolated: bool


def look_around(wish: Wish) -> Iterator[Surroundings]:
    found = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(one.readlink()))
        except OSError:
            continue  # that of the folder itself
    yield Surroundings(
        dict(os.environ),
        found,
        os.nice(0),
        resource.getrlimit(resource.RLIMIT_CORE)[0],
        bool(sys.flags.isolated),
    )


def burn(wish: Wish) -> Iterator[int]:
    """Takes `number` milliseconds of processor time."""
    until = time.process_time() + wish.number / 1000
    while time.process_time() < until:
        pass
    yield 1


def pieces(wish: Wish) -> Iterator[bytes]:
    """A hundred thousand bytes each, with its number in front."""
    for number in range(wish.number):
        yield number.to_bytes(4, "big") + bytes(100_000)


def die_of_texts(question: Texts) -> Iterator[str]:
    os.kill(os.getpid(), signal.SIGABRT)
    yield ""


def die_at_the_second_text(question: Texts) -> Iterator[str]:
    yield "<p>1</p>"
    os.kill(os.getpid(), signal.SIGABRT)


def sleep_over_texts(question: Texts) -> Iterator[str]:
    time.sleep(60)
    yield ""

"""The processes of a benchmark: started, measured by the kernel's own figures, and ended by their ids."""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final, Self

ROOT: Final = Path(__file__).parent.parent
START_TIMEOUT: Final = 20.0

_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_APP_VENV: Final = ".venv-app"
_INHERITED: Final = ("PATH", "HOME", "LANG")


class ProcessError(RuntimeError):
    """A process did not do what was asked of it. The text says which, and what it wrote."""


def app_python() -> str:
    """The Python of an environment with the app's own requirements and nothing more; made at the first call.

    The tests' packages bring others along that a library of ours loads when it finds them, at a price in memory and
    time.
    """
    environ = {**os.environ, "VENV": _APP_VENV}
    subprocess.run([ROOT / "bin" / "setup", "app"], cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
    return str(ROOT / _APP_VENV / "bin" / "python")


class Process:
    """``python -m`` something of this project, with its errors in a file. Ends with the block that it is used for."""

    def __init__(
        self, *arguments: str, log: Path, environ: Mapping[str, str] | None = None, python: str = sys.executable
    ) -> None:
        self._arguments = arguments
        self._log = log
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [python, "-m", *arguments],
                cwd=ROOT,
                env={**inherited, **(environ or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it, if it has not ended by itself."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def say(self, line: str) -> None:
        pipe = _pipe(self._process.stdin)
        pipe.write(line.encode() + b"\n")
        pipe.flush()

    def hear(self, timeout: float = START_TIMEOUT) -> str:
        """The next line that it prints. Raises ProcessError if none comes in time."""
        pipe = _pipe(self._process.stdout)
        ready, _, _ = select.select([pipe], [], [], timeout)
        line = pipe.readline().decode().strip() if ready else ""
        if not line:
            raise ProcessError(f"{' '.join(self._arguments)} said nothing:\n{self._log.read_text()[-2000:]}")
        return line

    def hear_port(self) -> int:
        """The port at the end of the line with which a server says that it serves."""
        return int(self.hear().rpartition(":")[2])

    def cpu_seconds(self) -> float:
        """Processor time that it and its workers have used so far, of all their threads, in user and in system."""
        # What clock_getcpuclockid(3) gives for a process.
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self._family())

    def pss_bytes(self) -> int:
        """Its memory and that of its workers, where what they share is divided by the number of those who do."""
        return sum(pss_of(pid) for pid in self._family())

    def _family(self) -> list[int]:
        """The process and those that it has started, which live as long as it does."""
        own = Path(f"/proc/{self._process.pid}/task")
        started = (child for task in own.iterdir() for child in (task / "children").read_text().split())
        return [self._process.pid, *map(int, started)]


def pss_of(pid: int) -> int:
    """Bytes of memory of a process, where what it shares is divided by the number of those who do."""
    found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    assert found is not None
    return int(found[1]) * 1024


def busy_seconds() -> float:
    """Processor time that all processes of the machine have used so far."""
    user, nice, system, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe

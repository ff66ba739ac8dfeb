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
_INHERITED: Final = ("PATH", "HOME", "LANG")


class ProcessError(RuntimeError):
    """A process did not do what was asked of it. The text says which, and what it wrote."""


class Process:
    """``python -m`` something of this project, with its errors in a file. Ends with the block that it is used for."""

    def __init__(self, *arguments: str, log: Path, environ: Mapping[str, str] | None = None) -> None:
        self._arguments = arguments
        self._log = log
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
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
        """Processor time that it has used so far, of all its threads, in user and in system."""
        return time.clock_gettime((~self._process.pid << 3) | 2)  # what clock_getcpuclockid(3) gives for a process

    def pss_bytes(self) -> int:
        """Its memory, where what it shares with other processes is divided by their number."""
        found = _PSS.search(Path(f"/proc/{self._process.pid}/smaps_rollup").read_text())
        assert found is not None
        return int(found[1]) * 1024


def busy_seconds() -> float:
    """Processor time that all processes of the machine have used so far."""
    user, nice, system, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
